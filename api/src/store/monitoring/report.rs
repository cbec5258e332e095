//! Monitoring reports: a month of a programme of an agreement, written as a draft and submitted.
//!
//! The digest of a draft says nothing of its answers, which not everybody who reads the trail may see; that of a submitted report covers them.

use std::collections::HashMap;
use std::sync::Arc;

use entity::kinds::MonitoringStatus;
use entity::{monitoring_field, monitoring_report, monitoring_value};
use sea_orm::{ActiveEnum, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::field;
use super::terms::{self, Of, Terms};
use crate::auth::{MasterPermit, MonitoringPermit, ReadMonitoringPermit};
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::MONITORING_FIELDS_AN_AMBITO_MAX;
use crate::store::activity::Month;
use crate::store::change::next_revision;
use crate::store::insert::{insert_row, insert_rows};
use crate::store::packed::IDS_A_STATEMENT;
use crate::store::pages::{self, Asked, Found, Place};
use crate::store::{Transaction, Write, digest, shape};

/// A report as it is written.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// Code of the agreement.
    pub agreement: String,
    /// Code of the programme.
    pub programme: String,
    /// The month.
    pub month: Month,
    /// Answers by the code of their field, in the place of those that there are.
    pub answers: Vec<(String, String)>,
    /// The revision that this is based on; none where there is no such report yet.
    pub revision: Option<i32>,
}

/// A report as it is read.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its row.
    pub row: monitoring_report::Model,
    /// The month.
    pub month: Month,
    /// Row id of the Ambito.
    pub ambito: i64,
    /// Code of the agreement.
    pub agreement: String,
    /// Row ids of the agreement's partners.
    pub partners: Vec<i64>,
    /// Name of the programme; none where the version that holds in the month has it no more.
    pub name: Option<String>,
    /// Answers in the order of their fields.
    pub answers: Vec<(Arc<monitoring_field::Model>, String)>,
}

impl Report {
    /// Whether it is there for whoever holds a permit of its Ambito.
    pub fn is_for(&self, permit: ReadMonitoringPermit) -> bool {
        permit.covers(&self.partners) && (permit.shows_drafts() || self.row.status == MonitoringStatus::Submitted)
    }
}

/// Writes a draft, or the answers of one that there is. Returns its row id.
pub async fn write(write: &Write, permit: &MonitoringPermit, new: NewReport, ambito: &str) -> Result<i64> {
    let tx = write.tx();
    let terms = terms::read(tx, Of::Ambiti(&[permit.ambito()])).await?;
    let terms = terms.into_iter().find(|terms| terms.code == new.agreement && permit.covers(&terms.partners));
    let terms = terms.ok_or_else(|| Refusal::new(Code::NotFound).argument("input.agreement"))?;
    check_place(&terms, &new, write)?;
    let fields = field::of_ambito(tx, permit.ambito()).await?;
    let answers = check_answers(&fields, new.answers)?;
    let old = monitoring_report::Entity::find()
        .filter(monitoring_report::Column::AgreementId.eq(terms.agreement))
        .filter(monitoring_report::Column::ProgrammeCode.eq(&new.programme))
        .filter(monitoring_report::Column::Month.eq(new.month.get()));
    let old = old.one(tx).await?;
    let subject = subject(ambito, &terms.code, &new.programme, new.month);
    let (id, before, revision) = match old {
        None if new.revision.is_some() => return Err(Refusal::new(Code::VersionConflict).argument(EXPECTED).into()),
        None => {
            let id = insert_row!(
                tx,
                monitoring_report {
                    agreement_id: terms.agreement,
                    programme_code: new.programme,
                    month: new.month.get(),
                    status: MonitoringStatus::Draft,
                    submitted_on: None,
                    written_by: permit.actor().to_owned(),
                }
            );
            (id, None, 1)
        }
        Some(old) => {
            let given = new.revision.ok_or_else(|| Refusal::new(Code::VersionConflict).argument(EXPECTED))?;
            let next = next_revision(old.row_version, given)?;
            expect(&old, MonitoringStatus::Draft)?;
            let gone = monitoring_value::Entity::delete_many().filter(monitoring_value::Column::ReportId.eq(old.id));
            gone.exec(tx).await?;
            let set = monitoring_report::ActiveModel {
                written_by: Set(permit.actor().to_owned()),
                row_version: Set(next),
                ..Default::default()
            };
            change(tx, old.id, set).await?;
            (old.id, Some(of_draft(&subject, old.row_version)?), next)
        }
    };
    insert_rows!(tx, &answers, monitoring_value, |_at, own| { report_id: id, field_id: own.0, value: own.1.clone() });
    write.audit(permit.actor(), "monitoring.write", &subject, before, Some(of_draft(&subject, revision)?)).await?;
    Ok(id)
}

/// Submits a draft that is still at this revision, once its month is over: every answer that the Ambito asks for must be there.
pub async fn submit(write: &Write, permit: &MonitoringPermit, (id, revision): (i64, i32), ambito: &str) -> Result<()> {
    let old = one(write, id).await?;
    if old.ambito != permit.ambito() || !permit.covers(&old.partners) {
        return Err(Error::broken("monitoring_report", id));
    }
    let next = next_revision(old.row.row_version, revision)?;
    expect(&old.row, MonitoringStatus::Draft)?;
    let today = write.clock().today();
    if today <= old.month.last_day() {
        let (it, en) = ("Il mese non è ancora finito.", "The month is not over yet.");
        return Err(shape::invalid("input.report", it, en));
    }
    let fields = field::of_ambito(write.tx(), permit.ambito()).await?;
    let asked = fields.iter().filter(|field| field.required && !field.retired);
    for field in asked {
        if !old.answers.iter().any(|(answered, _)| answered.id == field.id) {
            let place = format!("report.values.{}", field.code);
            return Err(shape::invalid(&place, "Manca la risposta.", "The answer is missing."));
        }
    }
    let set = monitoring_report::ActiveModel {
        status: Set(MonitoringStatus::Submitted),
        submitted_on: Set(Some(today)),
        written_by: Set(permit.actor().to_owned()),
        row_version: Set(next),
        ..Default::default()
    };
    change(write.tx(), id, set).await?;
    let subject = subject(ambito, &old.agreement, &old.row.programme_code, old.month);
    let digests = (of_draft(&subject, old.row.row_version)?, of_submitted(&subject, &old)?);
    write.audit(permit.actor(), "monitoring.submit", &subject, Some(digests.0), Some(digests.1)).await
}

/// Makes a draft of a submitted report again, so that it can be corrected.
pub async fn send_back(write: &Write, permit: &MasterPermit, (id, revision): (i64, i32), ambito: &str) -> Result<()> {
    let old = one(write, id).await?;
    if old.ambito != permit.ambito() {
        return Err(Error::broken("monitoring_report", id));
    }
    let next = next_revision(old.row.row_version, revision)?;
    expect(&old.row, MonitoringStatus::Submitted)?;
    let set = monitoring_report::ActiveModel {
        status: Set(MonitoringStatus::Draft),
        submitted_on: Set(None),
        row_version: Set(next),
        ..Default::default()
    };
    change(write.tx(), id, set).await?;
    let subject = subject(ambito, &old.agreement, &old.row.programme_code, old.month);
    let digests = (of_submitted(&subject, &old)?, of_draft(&subject, next)?);
    write.audit(permit.actor(), "monitoring.send_back", &subject, Some(digests.0), Some(digests.1)).await
}

/// The argument that names a revision.
const EXPECTED: &str = "input.expectedVersion";

async fn change(tx: &Transaction, id: i64, set: monitoring_report::ActiveModel) -> Result<()> {
    let one = monitoring_report::Entity::update_many().set(set).filter(monitoring_report::Column::Id.eq(id));
    one.exec(tx).await?;
    Ok(())
}

async fn one(write: &Write, id: i64) -> Result<Arc<Report>> {
    let found = with_ids(write.tx(), &[id]).await?.remove(&id);
    found.ok_or_else(|| Error::broken("monitoring_report", id))
}

/// Refuses a report that has come further, or not so far.
fn expect(row: &monitoring_report::Model, status: MonitoringStatus) -> Result<()> {
    if row.status == status {
        return Ok(());
    }
    let refusal = Refusal::new(Code::IllegalTransition).argument("input.report");
    let (it, en) = match row.status {
        MonitoringStatus::Draft => ("La relazione non è trasmessa.", "The report is not submitted."),
        MonitoringStatus::Submitted => ("La relazione è già trasmessa.", "The report is submitted already."),
    };
    Err(refusal.message(it, en).into())
}

/// Refuses a month that has not begun, or that the agreement does not cover, and a programme that it does not have then.
fn check_place(terms: &Terms, new: &NewReport, write: &Write) -> Result<()> {
    if new.month.first_day() > write.clock().today() {
        let (it, en) = ("Il mese non è ancora cominciato.", "The month has not begun yet.");
        return Err(shape::invalid("input.month", it, en));
    }
    if !terms.covers(new.month) {
        let refusal = Refusal::new(Code::OutsidePeriod).argument("input.month");
        let (it, en) = ("La convenzione non comprende il mese.", "The agreement does not cover the month.");
        return Err(refusal.message(it, en).into());
    }
    if terms.programmes(new.month).any(|programme| programme.code == new.programme) {
        return Ok(());
    }
    let refusal = Refusal::new(Code::OutsideAgreement).argument("input.programme");
    let (it, en) = (
        "Il programma non è della convenzione in vigore nel mese.",
        "The programme is not of the agreement in force in the month.",
    );
    Err(refusal.message(it, en).into())
}

/// Answers with the row ids of their fields.
fn check_answers(fields: &[monitoring_field::Model], given: Vec<(String, String)>) -> Result<Vec<(i64, String)>> {
    shape::at_most(given.len(), MONITORING_FIELDS_AN_AMBITO_MAX, "input.values")?;
    let mut answers: Vec<(i64, String)> = Vec::with_capacity(given.len());
    for (at, (code, text)) in given.into_iter().enumerate() {
        let place = |field: &str| format!("input.values.{at}.{field}");
        let field = fields.iter().find(|field| field.code == code);
        let field = field.ok_or_else(|| Refusal::new(Code::NotFound).argument(place("field")))?;
        if field.retired {
            let (it, en) = ("Il campo non è più richiesto.", "The field is not asked any more.");
            return Err(shape::invalid(&place("field"), it, en));
        }
        if answers.iter().any(|(known, _)| *known == field.id) {
            return Err(Refusal::new(Code::Duplicate).argument(place("field")).into());
        }
        answers.push((field.id, field::answer(field, text, &place("value"))?));
    }
    Ok(answers)
}

fn subject(ambito: &str, agreement: &str, programme: &str, month: Month) -> String {
    format!("monitoring:{ambito}/{agreement}/{programme}/{}", month.get())
}

fn of_draft(subject: &str, revision: i32) -> Result<String> {
    digest::of_value(&json!([subject, MonitoringStatus::Draft.to_value(), revision]))
}

fn of_submitted(subject: &str, report: &Report) -> Result<String> {
    let answers: Vec<_> = report.answers.iter().map(|(field, value)| (&field.code, value)).collect();
    digest::of_value(&json!([subject, MonitoringStatus::Submitted.to_value(), answers]))
}

/// Reports by row id. What is not there is left out.
pub async fn with_ids(tx: &Transaction, ids: &[i64]) -> Result<HashMap<i64, Arc<Report>>> {
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for some in ids.chunks(IDS_A_STATEMENT) {
        let of_some = monitoring_report::Column::Id.is_in(some.iter().copied());
        rows.extend(monitoring_report::Entity::find().filter(of_some).all(tx).await?);
        let of_some = monitoring_value::Column::ReportId.is_in(some.iter().copied());
        values.extend(monitoring_value::Entity::find().filter(of_some).all(tx).await?);
    }
    let mut agreements: Vec<i64> = rows.iter().map(|row| row.agreement_id).collect();
    agreements.sort_unstable();
    agreements.dedup();
    let terms = terms::read(tx, Of::Ids(&agreements)).await?;
    let mut ambiti: Vec<i64> = terms.iter().map(|terms| terms.ambito).collect();
    ambiti.sort_unstable();
    ambiti.dedup();
    let fields = field::of_ambiti(tx, &ambiti).await?;
    // In the order of the fields, which answers follow.
    let fields: Vec<Arc<monitoring_field::Model>> =
        fields.values().flat_map(|rows| rows.iter().cloned().map(Arc::new)).collect();
    let mut of_report: HashMap<(i64, i64), String> =
        values.into_iter().map(|row| ((row.report_id, row.field_id), row.value)).collect();
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let terms = terms.iter().find(|terms| terms.agreement == row.agreement_id);
        let terms = terms.ok_or_else(|| Error::broken("agreement", row.agreement_id))?;
        let month = Month::stored(row.month).ok_or_else(|| Error::broken("monitoring_report", row.id))?;
        let answer =
            |field: &Arc<monitoring_field::Model>| Some((field.clone(), of_report.remove(&(row.id, field.id))?));
        let answers = fields.iter().filter_map(answer).collect();
        let report = Report {
            month,
            ambito: terms.ambito,
            agreement: terms.code.clone(),
            partners: terms.partners.clone(),
            name: terms.name(&row.programme_code, month).map(str::to_owned),
            answers,
            row,
        };
        found.insert(report.row.id, Arc::new(report));
    }
    Ok(found)
}

/// The reports of an Ambito that somebody asks for, in one status or in any.
pub type Wanted = (Asked, ReadMonitoringPermit, Option<MonitoringStatus>);

/// Pages of the reports of Ambiti, by month.
pub async fn pages_of(tx: &Transaction, wanted: &[Wanted]) -> Result<HashMap<Wanted, Found<Arc<Report>>>> {
    let mut kinds: Vec<(ReadMonitoringPermit, Option<MonitoringStatus>)> = Vec::new();
    for (_, permit, status) in wanted {
        if !kinds.contains(&(*permit, *status)) {
            kinds.push((*permit, *status));
        }
    }
    let mut found = HashMap::new();
    for (permit, status) in kinds {
        let asked: Vec<Asked> =
            wanted.iter().filter(|one| (one.1, one.2) == (permit, status)).map(|one| one.0).collect();
        let pages = pages::ids(tx, &place(permit, status), &asked).await?;
        let all: Vec<i64> = pages.values().flat_map(|page| page.rows.iter().copied()).collect();
        let reports = with_ids(tx, &all).await?;
        for (asked, page) in pages {
            let report = |id: i64| reports.get(&id).cloned().ok_or_else(|| Error::broken("monitoring_report", id));
            let rows = page.rows.into_iter().map(report).collect::<Result<_>>()?;
            let page = Found { rows, has_next: page.has_next, total: page.total };
            found.insert((asked, permit, status), page);
        }
    }
    Ok(found)
}

fn place(permit: ReadMonitoringPermit, status: Option<MonitoringStatus>) -> Place {
    use std::fmt::Write;
    // Writing to a string does not fail.
    let mut condition = String::new();
    if !permit.shows_drafts() {
        condition.push_str(" AND r.status = 'SUBMITTED'");
    }
    if let Some(status) = status {
        let _ = write!(condition, " AND r.status = '{}'", status.to_value());
    }
    if let Some(partner) = permit.partner() {
        let _ = write!(
            condition,
            " AND r.agreement_id IN (SELECT v.agreement_id FROM agreement_version v \
               JOIN agreement_partner p ON p.version_id = v.id WHERE p.partner_id = {partner})"
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
