//! Work plans as they are read: each by the version that holds on a day, with everything that was reported of its milestones. Four statements, however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use entity::{work_plan, work_plan_milestone, work_plan_report, work_plan_version};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::error::Result;
use crate::store::Transaction;
use crate::store::load_master::group;
use crate::store::packed::IDS_A_STATEMENT;

/// A work plan as it stood on a day.
#[derive(Clone, Debug)]
pub struct WorkPlan {
    /// Its row.
    pub row: work_plan::Model,
    /// The version that held on the day.
    pub version: work_plan_version::Model,
    /// Its milestones, in order.
    pub milestones: Vec<work_plan_milestone::Model>,
    /// What was reported of each milestone, by code, oldest first.
    pub reports: Arc<HashMap<String, Vec<work_plan_report::Model>>>,
}

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
) -> Result<Vec<((i64, NaiveDate), Arc<WorkPlan>)>> {
    let ids: Vec<i64> = wanted.iter().map(|(row, _)| row.id).collect::<BTreeSet<_>>().into_iter().collect();
    let (mut versions, mut reports) = (HashMap::new(), HashMap::new());
    for some in ids.chunks(IDS_A_STATEMENT) {
        let column = work_plan_version::Column::WorkPlanId;
        let rows = work_plan_version::Entity::find().filter(column.is_in(some.iter().copied()));
        let rows = rows.order_by_asc(work_plan_version::Column::Number).all(tx).await?;
        versions.extend(group(rows, |row| row.work_plan_id));
        let column = work_plan_report::Column::WorkPlanId;
        let rows = work_plan_report::Entity::find().filter(column.is_in(some.iter().copied()));
        let rows = rows.order_by_asc(work_plan_report::Column::Number).all(tx).await?;
        let of_plan =
            |(id, rows)| (id, Arc::new(group::<String, _>(rows, |row: &work_plan_report::Model| row.code.clone())));
        reports.extend(group(rows, |row| row.work_plan_id).into_iter().map(of_plan));
    }
    let on_day = |(row, day): (work_plan::Model, NaiveDate)| {
        let all: &Vec<work_plan_version::Model> = versions.get(&row.id)?;
        let at = all.partition_point(|version| version.effective_from <= day);
        Some((all.get(at.checked_sub(1)?)?.clone(), row, day))
    };
    let found: Vec<_> = wanted.into_iter().filter_map(on_day).collect();
    let ids: Vec<i64> = found.iter().map(|(version, ..)| version.id).collect::<BTreeSet<_>>().into_iter().collect();
    let mut milestones = HashMap::new();
    for some in ids.chunks(IDS_A_STATEMENT) {
        let column = work_plan_milestone::Column::VersionId;
        let rows = work_plan_milestone::Entity::find().filter(column.is_in(some.iter().copied()));
        let rows = rows.order_by_asc(work_plan_milestone::Column::Position).all(tx).await?;
        milestones.extend(group(rows, |row| row.version_id));
    }
    let plan = |(version, row, day): (work_plan_version::Model, work_plan::Model, NaiveDate)| {
        let milestones = milestones.get(&version.id).cloned().unwrap_or_default();
        let reports = reports.get(&row.id).cloned().unwrap_or_default();
        ((row.id, day), Arc::new(WorkPlan { row, version, milestones, reports }))
    };
    Ok(found.into_iter().map(plan).collect())
}
