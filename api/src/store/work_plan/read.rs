//! Work plans as they are read: each by the version that holds on a day. Its milestones and what was reported of them are read where they are asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use entity::{work_plan, work_plan_milestone, work_plan_report, work_plan_version};
use sea_orm::{ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder};

use crate::error::Result;
use crate::store::Transaction;
use crate::store::load_master::group;
use crate::store::packed::{self, IDS_A_STATEMENT};

/// A work plan as it stood on a day.
#[derive(Clone, Debug)]
pub struct WorkPlan {
    /// Its row.
    pub row: work_plan::Model,
    /// The version that held on the day.
    pub version: work_plan_version::Model,
}

/// The milestones of a version in order, each with the last report of it.
pub type Standing = Vec<(work_plan_milestone::Model, Option<work_plan_report::Model>)>;

/// The work plans of programmes (row id) that there were on a day, by code.
pub async fn of_programmes(
    tx: &Transaction,
    asked: &[(i64, NaiveDate)],
) -> Result<HashMap<(i64, NaiveDate), Arc<Vec<Arc<WorkPlan>>>>> {
    let mut rows = Vec::new();
    let programmes: BTreeSet<i64> = asked.iter().map(|(programme, _)| *programme).collect();
    for some in programmes.into_iter().collect::<Vec<_>>().chunks(IDS_A_STATEMENT) {
        let of_some = Condition::all().add(work_plan::Column::ProgrammeId.is_in(some.iter().copied()));
        rows.extend(plans(tx, of_some).await?);
    }
    let by_programme = group(rows, |row| row.programme_id);
    let wanted = |(programme, day): &(i64, NaiveDate)| {
        let plans = by_programme.get(programme).into_iter().flatten();
        plans.map(|row| (row.clone(), *day)).collect::<Vec<_>>()
    };
    let mut found: BTreeMap<(i64, NaiveDate), Vec<Arc<WorkPlan>>> =
        asked.iter().map(|key| (*key, Vec::new())).collect();
    for ((_, day), plan) in whole(tx, asked.iter().flat_map(wanted).collect()).await? {
        found.entry((plan.row.programme_id, day)).or_default().push(plan);
    }
    let sorted = |mut plans: Vec<Arc<WorkPlan>>| {
        plans.sort_by(|one, other| one.row.code.cmp(&other.row.code));
        Arc::new(plans)
    };
    Ok(found.into_iter().map(|(key, plans)| (key, sorted(plans))).collect())
}

/// Work plans by row id, each as of a day. What was not there then is left out.
pub async fn with_ids(
    tx: &Transaction,
    asked: &[(i64, NaiveDate)],
) -> Result<HashMap<(i64, NaiveDate), Arc<WorkPlan>>> {
    let mut wanted = Vec::new();
    let ids: BTreeSet<i64> = asked.iter().map(|(id, _)| *id).collect();
    for some in ids.into_iter().collect::<Vec<_>>().chunks(IDS_A_STATEMENT) {
        for row in plans(tx, Condition::all().add(work_plan::Column::Id.is_in(some.iter().copied()))).await? {
            let days = asked.iter().filter(|(id, _)| *id == row.id);
            wanted.extend(days.map(|(_, day)| (row.clone(), *day)));
        }
    }
    Ok(whole(tx, wanted).await?.into_iter().collect())
}

async fn plans(tx: &Transaction, condition: Condition) -> Result<Vec<work_plan::Model>> {
    Ok(work_plan::Entity::find().filter(condition).all(tx).await?)
}

/// Each plan with what held on its day, by row id and day.
async fn whole(
    tx: &Transaction,
    wanted: Vec<(work_plan::Model, NaiveDate)>,
) -> Result<HashMap<(i64, NaiveDate), Arc<WorkPlan>>> {
    let mut by_day: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
    for (row, day) in &wanted {
        by_day.entry(*day).or_default().push(row.id);
    }
    let mut versions = HashMap::new();
    for (day, ids) in by_day {
        for some in ids.chunks(IDS_A_STATEMENT) {
            let held = versions_on(tx, some, day).await?;
            versions.extend(held.into_iter().map(|version| ((version.work_plan_id, day), version)));
        }
    }
    let plan = |(row, day): (work_plan::Model, NaiveDate)| {
        let version = versions.get(&(row.id, day))?.clone();
        Some(((row.id, day), Arc::new(WorkPlan { row, version })))
    };
    Ok(wanted.into_iter().filter_map(plan).collect())
}

/// Of each plan the version that held on a day: the last of those that hold from it or an earlier one.
async fn versions_on(tx: &Transaction, plans: &[i64], day: NaiveDate) -> Result<Vec<work_plan_version::Model>> {
    let (names, mut values) = packed::parameters(plans);
    values.push(day.into());
    let day = format!("${}", values.len());
    let sql = format!(
        "SELECT v.* FROM work_plan_version v WHERE v.work_plan_id IN ({names}) AND v.effective_from <= {day} \
           AND NOT EXISTS (SELECT 1 FROM work_plan_version newer WHERE newer.work_plan_id = v.work_plan_id \
             AND newer.number > v.number AND newer.effective_from <= {day})"
    );
    let rows = packed::rows(tx, &sql, values).await?;
    rows.iter().map(|row| Ok(work_plan_version::Model::from_query_result(row, "")?)).collect()
}

/// The milestones of versions (row id of the plan, row id of the version), with the last report of each.
pub async fn standing(tx: &Transaction, asked: &[(i64, i64)]) -> Result<HashMap<(i64, i64), Arc<Standing>>> {
    let versions: BTreeSet<i64> = asked.iter().map(|(_, version)| *version).collect();
    let mut milestones = HashMap::new();
    for some in versions.into_iter().collect::<Vec<_>>().chunks(IDS_A_STATEMENT) {
        let column = work_plan_milestone::Column::VersionId;
        let rows = work_plan_milestone::Entity::find().filter(column.is_in(some.iter().copied()));
        let rows = rows.order_by_asc(work_plan_milestone::Column::Position).all(tx).await?;
        milestones.extend(group(rows, |row| row.version_id));
    }
    let plans: BTreeSet<i64> = asked.iter().map(|(plan, _)| *plan).collect();
    let mut last = HashMap::new();
    for some in plans.into_iter().collect::<Vec<_>>().chunks(IDS_A_STATEMENT) {
        last.extend(group(last_reports(tx, some).await?, |row| row.work_plan_id));
    }
    let of_version = |key: &(i64, i64)| {
        let of_plan: &[work_plan_report::Model] = last.get(&key.0).map_or(&[], Vec::as_slice);
        let with_report = |row: work_plan_milestone::Model| {
            let report = of_plan.iter().find(|report| report.code == row.code).cloned();
            (row, report)
        };
        let rows: Vec<work_plan_milestone::Model> = milestones.get(&key.1).cloned().unwrap_or_default();
        (*key, Arc::new(rows.into_iter().map(with_report).collect()))
    };
    Ok(asked.iter().map(of_version).collect())
}

/// The last report of each milestone of plans.
async fn last_reports(tx: &Transaction, plans: &[i64]) -> Result<Vec<work_plan_report::Model>> {
    let (names, values) = packed::parameters(plans);
    let sql = format!(
        "SELECT r.* FROM work_plan_report r WHERE r.work_plan_id IN ({names}) \
           AND NOT EXISTS (SELECT 1 FROM work_plan_report newer WHERE newer.work_plan_id = r.work_plan_id \
             AND newer.code = r.code AND newer.number > r.number)"
    );
    let rows = packed::rows(tx, &sql, values).await?;
    rows.iter().map(|row| Ok(work_plan_report::Model::from_query_result(row, "")?)).collect()
}

/// All that was reported of the milestones of each of these plans, by code, oldest first.
pub async fn reports(
    tx: &Transaction,
    plans: &[i64],
) -> Result<HashMap<i64, Arc<HashMap<String, Vec<work_plan_report::Model>>>>> {
    let mut found = HashMap::new();
    // Every milestone of a plan asks for it.
    let plans: BTreeSet<i64> = plans.iter().copied().collect();
    for some in plans.into_iter().collect::<Vec<_>>().chunks(IDS_A_STATEMENT) {
        let column = work_plan_report::Column::WorkPlanId;
        let rows = work_plan_report::Entity::find().filter(column.is_in(some.iter().copied()));
        let rows = rows.order_by_asc(work_plan_report::Column::Number).all(tx).await?;
        found.extend(group(rows, |row| row.work_plan_id));
    }
    let by_code = |(plan, rows)| (plan, Arc::new(group(rows, |row: &work_plan_report::Model| row.code.clone())));
    Ok(found.into_iter().map(by_code).collect())
}
