//! Monitoring reports as they are read: a month of a programme of an agreement, of one partner or of the managing body, as it is now or as it was submitted by a day.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use entity::kinds::MonitoringStatus;
use entity::{monitoring_field, monitoring_report, monitoring_value};
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter};

use super::field::{self, Field};
use super::peers;
use super::submission::{self, Submission};
use super::terms::{self, Of, Terms};
use crate::auth::ReadMonitoringPermit;
use crate::error::{Error, Result};
use crate::store::Transaction;
use crate::store::activity::Month;
use crate::store::packed::IDS_A_STATEMENT;
use crate::store::pages::{self, Asked, Found, Place};

/// Answers with their fields, as those were asked in the month, in the order of the report.
pub type Answers = Vec<(Arc<monitoring_field::Model>, String)>;

/// A report as it is read.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its row; of a report as it was on a day, as far as the row can say.
    pub row: monitoring_report::Model,
    /// The month.
    pub month: Month,
    /// Row id of the Ambito.
    pub ambito: i64,
    /// Code of the agreement.
    pub agreement: String,
    /// Code of the partner whose report it is; none where it is the managing body's.
    pub partner: Option<String>,
    /// Whether the version that holds in the month names that partner.
    pub is_named: bool,
    /// Name of the programme; none where the version that holds in the month has it no more.
    pub name: Option<String>,
    /// Answers in the order of their fields.
    pub answers: Answers,
    /// Its submissions, oldest first.
    pub submissions: Vec<Submission>,
    /// Row id of the submission that is shown; none of a draft.
    pub shown: Option<i64>,
    /// Row ids of the fields whose answers few people stand behind, or that would give such a number back.
    pub withheld: HashSet<i64>,
}

impl Report {
    /// Whether it is there for whoever holds a permit of its Ambito.
    pub fn is_for(&self, permit: ReadMonitoringPermit) -> bool {
        permit.covers(self.row.partner_id, self.is_named)
            && (permit.shows_drafts() || self.row.status == MonitoringStatus::Submitted)
    }
}

/// Which report is read, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sought {
    /// Row id.
    pub id: i64,
    /// As it was submitted by this day; without one, as it is now.
    pub as_of: Option<NaiveDate>,
    /// How many people are enough for a count to be shown; none where all are.
    pub people_min: Option<i64>,
}

impl Sought {
    /// The report as it is now, with every count.
    pub fn whole(id: i64) -> Self {
        Self { id, as_of: None, people_min: None }
    }
}

/// Reports by what is sought. What is not there is left out, and so is what was not submitted by the day that is asked about.
pub async fn read(tx: &Transaction, sought: &[Sought]) -> Result<HashMap<Sought, Arc<Report>>> {
    let ids: BTreeSet<i64> = sought.iter().map(|one| one.id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut rows: HashMap<i64, monitoring_report::Model> = HashMap::new();
    for some in ids.chunks(IDS_A_STATEMENT) {
        let of_some = monitoring_report::Column::Id.is_in(some.iter().copied());
        let found = monitoring_report::Entity::find().filter(of_some).all(tx).await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    let submissions = submission::of_reports(tx, &ids).await?;
    let agreements: BTreeSet<i64> = rows.values().map(|row| row.agreement_id).collect();
    let terms = terms::read(tx, Of::Ids(&agreements.into_iter().collect::<Vec<_>>())).await?;
    let terms: HashMap<i64, Terms> = terms.into_iter().map(|terms| (terms.agreement, terms)).collect();
    let ambiti: BTreeSet<i64> = terms.values().map(|terms| terms.ambito).collect();
    let fields = field::of_ambiti(tx, &ambiti.into_iter().collect::<Vec<_>>()).await?;
    let mut reports = Vec::new();
    for one in sought {
        let Some(row) = rows.get(&one.id) else { continue };
        let terms = terms.get(&row.agreement_id).ok_or_else(|| Error::broken("agreement", row.agreement_id))?;
        let of_report = submissions.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        reports.extend(without_answers(*one, row, of_report, terms)?.map(|report| (*one, report)));
    }
    fill_answers(tx, &mut reports, &fields).await?;
    peers::withhold(tx, &mut reports).await?;
    Ok(reports.into_iter().map(|(sought, report)| (sought, Arc::new(report))).collect())
}

/// A report but for its answers; none where it was not submitted by the day.
fn without_answers(
    sought: Sought,
    row: &monitoring_report::Model,
    submissions: &[Submission],
    terms: &Terms,
) -> Result<Option<Report>> {
    let month = Month::stored(row.month).ok_or_else(|| Error::broken("monitoring_report", row.id))?;
    let standing = submissions.iter().rfind(|one| one.stands(sought.as_of));
    if sought.as_of.is_some() && standing.is_none() {
        return Ok(None);
    }
    let mut row = row.clone();
    if let Some(standing) = standing {
        row.status = MonitoringStatus::Submitted;
        row.submitted_on = Some(standing.row.submitted_on);
    }
    let of_month = terms.partners(month).iter().find(|partner| Some(partner.id) == row.partner_id);
    let partner = of_month.or_else(|| terms.partner(row.partner_id?));
    Ok(Some(Report {
        month,
        ambito: terms.ambito,
        agreement: terms.code.clone(),
        partner: partner.map(|partner| partner.code.clone()),
        is_named: of_month.is_some(),
        name: terms.name(&row.programme_code, month).map(str::to_owned),
        answers: Vec::new(),
        submissions: submissions.to_vec(),
        shown: standing.map(|standing| standing.row.id),
        withheld: HashSet::new(),
        row,
    }))
}

/// Adds the answers: of a submission those that were submitted, of a draft those that it has now.
async fn fill_answers(
    tx: &Transaction,
    reports: &mut [(Sought, Report)],
    fields: &HashMap<i64, Arc<Vec<Field>>>,
) -> Result<()> {
    let shown: Vec<(i64, Month)> = reports.iter().filter_map(|(_, one)| Some((one.shown?, one.month))).collect();
    let all: Vec<&Field> = fields.values().flat_map(|fields| fields.iter()).collect();
    let submitted = submission::answers(tx, &shown, &all).await?;
    let drafts: Vec<i64> = reports.iter().filter(|(_, one)| one.shown.is_none()).map(|(_, one)| one.row.id).collect();
    let mut written: HashMap<(i64, i64), String> = HashMap::new();
    for some in drafts.chunks(IDS_A_STATEMENT) {
        let of_some = monitoring_value::Column::ReportId.is_in(some.iter().copied());
        let found = monitoring_value::Entity::find().filter(of_some).all(tx).await?;
        written.extend(found.into_iter().map(|row| ((row.report_id, row.field_id), row.value)));
    }
    for (_, report) in reports {
        if let Some(id) = report.shown {
            report.answers = submitted.get(&id).cloned().unwrap_or_default();
            continue;
        }
        let fields = fields.get(&report.ambito).map(|fields| field::in_month(fields, report.month));
        let answer = |field: monitoring_field::Model| {
            let value = written.get(&(report.row.id, field.id))?.clone();
            Some((Arc::new(field), value))
        };
        report.answers = fields.unwrap_or_default().into_iter().filter_map(answer).collect();
    }
    Ok(())
}

/// The answers of submissions, by row id, where they are of this report.
pub async fn submitted_answers(
    tx: &Transaction,
    asked: &[(i64, i64, Month)],
) -> Result<HashMap<(i64, i64, Month), Arc<Answers>>> {
    let ambiti: BTreeSet<i64> = asked.iter().map(|(ambito, ..)| *ambito).collect();
    let fields = field::of_ambiti(tx, &ambiti.into_iter().collect::<Vec<_>>()).await?;
    let all: Vec<&Field> = fields.values().flat_map(|fields| fields.iter()).collect();
    let ids: Vec<(i64, Month)> = asked.iter().map(|(_, id, month)| (*id, *month)).collect();
    let mut answers = submission::answers(tx, &ids, &all).await?;
    Ok(asked.iter().map(|one| (*one, Arc::new(answers.remove(&one.1).unwrap_or_default()))).collect())
}

/// The reports of an Ambito that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Which page, by month.
    pub page: Asked,
    /// Who asks.
    pub permit: ReadMonitoringPermit,
    /// Only those in this status.
    pub status: Option<MonitoringStatus>,
    /// As they were submitted by this day; without one, as they are now.
    pub as_of: Option<NaiveDate>,
    /// How many people are enough for a count to be shown; none where all are.
    pub people_min: Option<i64>,
}

/// Pages of the reports of Ambiti, by month.
pub async fn pages_of(tx: &Transaction, wanted: &[Wanted]) -> Result<HashMap<Wanted, Found<Arc<Report>>>> {
    let kind = |one: &Wanted| (one.permit, one.status, one.as_of);
    let mut kinds = Vec::new();
    for one in wanted {
        if !kinds.contains(&kind(one)) {
            kinds.push(kind(one));
        }
    }
    let mut found = HashMap::new();
    for (permit, status, as_of) in kinds {
        let these: Vec<&Wanted> = wanted.iter().filter(|one| kind(one) == (permit, status, as_of)).collect();
        let asked: Vec<Asked> = these.iter().map(|one| one.page).collect();
        let pages = pages::ids(tx, &place(tx.get_database_backend(), permit, (status, as_of)), &asked).await?;
        let rows_of = |one: &Wanted| pages.get(&one.page).map(|page| page.rows.as_slice()).unwrap_or_default();
        let sought = |one: &Wanted, id: i64| Sought { id, as_of, people_min: one.people_min };
        let all: Vec<Sought> = these.iter().flat_map(|one| rows_of(one).iter().map(|id| sought(one, *id))).collect();
        let reports = read(tx, &all).await?;
        for one in these {
            let Some(page) = pages.get(&one.page) else { continue };
            let report = |id: &i64| {
                reports.get(&sought(one, *id)).cloned().ok_or_else(|| Error::broken("monitoring_report", *id))
            };
            let rows = page.rows.iter().map(report).collect::<Result<_>>()?;
            found.insert(*one, Found { rows, has_next: page.has_next, total: page.total });
        }
    }
    Ok(found)
}

/// A column of days as a month: year times 100 plus month.
fn month_of(backend: DbBackend, day: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("CAST(to_char({day}, 'YYYYMM') AS INTEGER)"),
        _ => format!("CAST(substr({day}, 1, 4) || substr({day}, 6, 2) AS INTEGER)"),
    }
}

fn place(
    backend: DbBackend,
    permit: ReadMonitoringPermit,
    (status, as_of): (Option<MonitoringStatus>, Option<NaiveDate>),
) -> Place {
    use std::fmt::Write;
    // Writing to a string does not fail.
    let mut condition = String::new();
    match as_of {
        // What was submitted by the day, whatever has become of it since; no draft of that day was kept.
        Some(_) if status == Some(MonitoringStatus::Draft) => condition.push_str(" AND 1 = 0"),
        Some(day) => {
            let _ = write!(
                condition,
                " AND EXISTS (SELECT 1 FROM monitoring_submission s LEFT JOIN monitoring_return t ON t.submission_id = s.id \
                   WHERE s.report_id = r.id AND s.submitted_on <= '{day}' AND (t.id IS NULL OR t.returned_on > '{day}'))"
            );
        }
        None => {
            if !permit.shows_drafts() {
                condition.push_str(" AND r.status = 'SUBMITTED'");
            }
            if let Some(status) = status {
                let _ = write!(condition, " AND r.status = '{}'", status.to_value());
            }
        }
    }
    if let Some(partner) = permit.partner() {
        let (effective, starts, ends) =
            (month_of(backend, "v.effective_from"), month_of(backend, "v.starts_on"), month_of(backend, "v.ends_on"));
        let _ = write!(
            condition,
            " AND r.partner_id = {partner} AND EXISTS (SELECT 1 FROM agreement_version v \
               JOIN agreement_partner p ON p.version_id = v.id AND p.partner_id = {partner} \
               WHERE {starts} <= r.month AND {ends} >= r.month AND v.id = (SELECT v.id FROM agreement_version v \
                 WHERE v.agreement_id = r.agreement_id AND {effective} <= r.month \
                 ORDER BY v.effective_from DESC, v.number DESC LIMIT 1))"
        );
    }
    Place {
        from: "monitoring_report r JOIN agreement a ON a.id = r.agreement_id",
        id: "r.id",
        owner: "a.ambito_id",
        day: "r.month",
        is_month: true,
        condition,
    }
}
