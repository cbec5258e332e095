//! Writing monitoring reports: a draft, its submission, and sending it back.
//!
//! The digest of a draft says nothing of its answers, which not everybody who reads the trail may see; that of a submitted report covers them, but for counts of people: small
//! ones are withheld, and a digest of few possible numbers is found by trying.

use std::sync::Arc;

use entity::kinds::{FieldKind, MonitoringStatus};
use entity::{monitoring_field, monitoring_report, monitoring_submission, monitoring_value};
use sea_orm::{ActiveEnum, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::report::{self, Report, Sought};
use super::terms::{self, Of, Partner, Terms};
use super::{field, submission};
use crate::auth::{MasterPermit, MonitoringPermit};
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{MONITORING_FIELDS_AN_AMBITO_MAX, MONITORING_SUBMISSIONS_A_REPORT_MAX};
use crate::store::activity::Month;
use crate::store::ambito::expect_room;
use crate::store::change::next_revision;
use crate::store::insert::{insert_row, insert_rows};
use crate::store::{Transaction, Write, digest, personal, shape};

/// A report as it is written.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// Code of the agreement.
    pub agreement: String,
    /// Code of the programme.
    pub programme: String,
    /// The month.
    pub month: Month,
    /// Code of the partner whose report it is; none where that is clear, or where it is the managing body's own.
    pub partner: Option<String>,
    /// Answers by the code of their field, in the place of those that there are.
    pub answers: Vec<(String, String)>,
    /// The revision that this is based on; none where there is no such report yet.
    pub revision: Option<i32>,
}

/// Writes a draft, or the answers of one that there is. Returns its row id.
pub async fn write(write: &Write, permit: &MonitoringPermit, new: NewReport, ambito: &str) -> Result<i64> {
    let tx = write.tx();
    let terms = terms::read(tx, Of::Ambiti(&[permit.ambito()])).await?;
    // Of an agreement of its own a partner is told that it does not cover the month.
    let names = |terms: &Terms, own: i64| {
        if terms.covers(new.month) { terms.names(own, new.month) } else { terms.partner(own).is_some() }
    };
    let is_own = |terms: &Terms| terms.code == new.agreement && permit.partner().is_none_or(|own| names(terms, own));
    let terms =
        terms.into_iter().find(is_own).ok_or_else(|| Refusal::new(Code::NotFound).argument("input.agreement"))?;
    check_month(&terms, &new, write)?;
    let partner = whose(&terms, permit, &new)?;
    let of_partner = partner.map(|partner| partner.id);
    let old = monitoring_report::Entity::find()
        .filter(monitoring_report::Column::AgreementId.eq(terms.agreement))
        .filter(monitoring_report::Column::ProgrammeCode.eq(&new.programme))
        .filter(monitoring_report::Column::Month.eq(new.month.get()))
        .filter(of_partner.map_or_else(
            || monitoring_report::Column::PartnerId.is_null(),
            |id| monitoring_report::Column::PartnerId.eq(id),
        ));
    let old = old.one(tx).await?;
    // What is there may be corrected, also where the agreement has changed since.
    if old.is_none() {
        check_programme(&terms, &new)?;
    }
    let fields = field::in_month(&field::of_ambito(tx, permit.ambito()).await?, new.month);
    let answers = check_answers(&fields, new.answers)?;
    let code = partner.map(|partner| partner.code.as_str());
    let subject = subject(ambito, (&terms.code, &new.programme), new.month, code);
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
                    partner_id: of_partner,
                    begun_on: Some(write.clock().today()),
                }
            );
            (id, None, 1)
        }
        Some(old) => {
            let given = new.revision.ok_or_else(|| Refusal::new(Code::VersionConflict).argument(EXPECTED))?;
            let next = next_revision(old.row_version, given)?;
            expect(&old, MonitoringStatus::Draft)?;
            rewrite(tx, permit, old.id, next).await?;
            (old.id, Some(of_draft(&subject, old.row_version)?), next)
        }
    };
    insert_rows!(tx, &answers, monitoring_value, |_at, own| { report_id: id, field_id: own.0, value: own.1.clone() });
    write.audit(permit.actor(), "monitoring.write", &subject, before, Some(of_draft(&subject, revision)?)).await?;
    Ok(id)
}

/// Takes the answers of a draft away, in the place of which others are written.
async fn rewrite(tx: &Transaction, permit: &MonitoringPermit, id: i64, next: i32) -> Result<()> {
    let gone = monitoring_value::Entity::delete_many().filter(monitoring_value::Column::ReportId.eq(id));
    gone.exec(tx).await?;
    let set = monitoring_report::ActiveModel {
        written_by: Set(permit.actor().to_owned()),
        row_version: Set(next),
        ..Default::default()
    };
    change(tx, id, set).await
}

/// Submits a draft that is still at this revision, once its month is over: every answer that the Ambito asks for must be there.
pub async fn submit(write: &Write, permit: &MonitoringPermit, (id, revision): (i64, i32), ambito: &str) -> Result<()> {
    let (tx, old) = (write.tx(), one(write, id).await?);
    let is_own = permit.partner().is_none_or(|own| old.is_named && old.row.partner_id == Some(own));
    if old.ambito != permit.ambito() || !is_own {
        return Err(Error::broken("monitoring_report", id));
    }
    let next = next_revision(old.row.row_version, revision)?;
    expect(&old.row, MonitoringStatus::Draft)?;
    let today = write.clock().today();
    if today <= old.month.last_day() {
        let (it, en) = ("Il mese non è ancora finito.", "The month is not over yet.");
        return Err(shape::invalid("input.report", it, en));
    }
    expect_room(old.submissions.len(), MONITORING_SUBMISSIONS_A_REPORT_MAX, "input.report")?;
    refuse_persons(&old)?;
    let fields = field::in_month(&field::of_ambito(tx, permit.ambito()).await?, old.month);
    for field in fields.iter().filter(|field| field.required && !field.retired) {
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
    change(tx, id, set).await?;
    let subject = subject_of(ambito, &old);
    let digests = (of_draft(&subject, old.row.row_version)?, of_submitted(&subject, &old)?);
    let number = i32::try_from(old.submissions.len()).map_err(Error::internal)?.saturating_add(1);
    let kept = monitoring_submission::Model {
        id: 0,
        report_id: id,
        number,
        submitted_on: today,
        submitted_by: permit.actor().to_owned(),
        digest: Some(digests.1.clone()),
    };
    submission::keep(tx, kept, &old.answers).await?;
    write.audit(permit.actor(), "monitoring.submit", &subject, Some(digests.0), Some(digests.1)).await
}

/// Refuses free answers that tell of somebody: a draft may be older than the check at its writing.
fn refuse_persons(report: &Report) -> Result<()> {
    for (field, text) in report.answers.iter().filter(|(field, _)| field.kind == FieldKind::Text) {
        personal::refuse(text, &format!("report.values.{}", field.code))?;
    }
    Ok(())
}

/// Makes a draft of a submitted report again, so that it can be corrected. What was submitted stays what it was until today.
pub async fn send_back(write: &Write, permit: &MasterPermit, (id, revision): (i64, i32), ambito: &str) -> Result<()> {
    let old = one(write, id).await?;
    if old.ambito != permit.ambito() {
        return Err(Error::broken("monitoring_report", id));
    }
    let next = next_revision(old.row.row_version, revision)?;
    expect(&old.row, MonitoringStatus::Submitted)?;
    // What cannot be submitted again is not taken back either: the report would be lost.
    expect_room(old.submissions.len(), MONITORING_SUBMISSIONS_A_REPORT_MAX, "input.report")?;
    let set = monitoring_report::ActiveModel {
        status: Set(MonitoringStatus::Draft),
        submitted_on: Set(None),
        row_version: Set(next),
        ..Default::default()
    };
    change(write.tx(), id, set).await?;
    let shown = old.shown.ok_or_else(|| Error::broken("monitoring_submission", id))?;
    submission::send_back(write.tx(), shown, write.clock().today(), permit.actor()).await?;
    let subject = subject_of(ambito, &old);
    let kept = old.submissions.iter().find(|one| one.row.id == shown).and_then(|one| one.row.digest.clone());
    let before = kept.map_or_else(|| of_submitted(&subject, &old), Ok)?;
    let digests = (before, of_draft(&subject, next)?);
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
    let sought = Sought::whole(id);
    let found = report::read(write.tx(), &[sought]).await?.remove(&sought);
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

/// Refuses a month that has not begun, or that the agreement does not cover.
fn check_month(terms: &Terms, new: &NewReport, write: &Write) -> Result<()> {
    if new.month.first_day() > write.clock().today() {
        let (it, en) = ("Il mese non è ancora cominciato.", "The month has not begun yet.");
        return Err(shape::invalid("input.month", it, en));
    }
    if !terms.covers(new.month) {
        let refusal = Refusal::new(Code::OutsidePeriod).argument("input.month");
        let (it, en) = ("La convenzione non comprende il mese.", "The agreement does not cover the month.");
        return Err(refusal.message(it, en).into());
    }
    Ok(())
}

/// Refuses a programme that the agreement does not have in the month.
fn check_programme(terms: &Terms, new: &NewReport) -> Result<()> {
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

/// Whose report it is: the partner's that writes, or is named; where the agreement has one partner alone, that one's; otherwise the managing body's own.
fn whose<'t>(terms: &'t Terms, permit: &MonitoringPermit, new: &NewReport) -> Result<Option<&'t Partner>> {
    let partners = terms.partners(new.month);
    let mine = partners.iter().filter(|partner| permit.partner().is_none_or(|own| own == partner.id));
    let mine: Vec<&Partner> = mine.collect();
    match (&new.partner, &mine[..]) {
        (Some(code), mine) => {
            let found = mine.iter().find(|partner| partner.code == *code);
            found
                .map(|partner| Some(*partner))
                .ok_or_else(|| Refusal::new(Code::NotFound).argument("input.partner").into())
        }
        (None, [alone]) => Ok(Some(alone)),
        (None, _) => Ok(None),
    }
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

fn subject_of(ambito: &str, report: &Report) -> String {
    subject(ambito, (&report.agreement, &report.row.programme_code), report.month, report.partner.as_deref())
}

fn subject(ambito: &str, (agreement, programme): (&str, &str), month: Month, partner: Option<&str>) -> String {
    let partner = partner.map(|code| format!("/{code}")).unwrap_or_default();
    format!("monitoring:{ambito}/{agreement}/{programme}/{}{partner}", month.get())
}

fn of_draft(subject: &str, revision: i32) -> Result<String> {
    digest::of_value(&json!([subject, MonitoringStatus::Draft.to_value(), revision]))
}

/// The answers by the code of their field: where a field stands in the report is no part of what was said. A count of people is there, and not what it is.
fn of_submitted(subject: &str, report: &Report) -> Result<String> {
    let told = |(field, value): &'_ (Arc<monitoring_field::Model>, String)| {
        (field.code.clone(), (!field.counts_people).then(|| value.clone()))
    };
    let mut answers: Vec<_> = report.answers.iter().map(told).collect();
    answers.sort_unstable();
    digest::of_value(&json!([subject, MonitoringStatus::Submitted.to_value(), answers]))
}
