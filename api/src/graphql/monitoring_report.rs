//! Monitoring reports (relazioni di monitoraggio): what an Ambito asks of the programmes of its agreements, the reports that answer, and their submissions.

use std::sync::Arc;

use allocation::{Cents, Micros};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use entity::kinds::FieldKind;
use entity::monitoring_field;

use super::agreement::Agreement;
use super::batch::Batch;
use super::direct::by_library;
use super::enums::{MonitoringFieldKind, MonitoringStatus};
use super::id::Key;
use super::page::{Cursors, MonitoringReportConnection};
use super::partner::Partner;
use super::reading::{DayPage, page_of, together};
use super::scalars::{Date, Euro, ExactDecimal};
use super::sight::{Sight, sight};
use crate::auth::ReadMonitoringPermit;
use crate::error::{Error, Result};
use crate::store::activity::Month;
use crate::store::monitoring::field::{self, Field};
use crate::store::monitoring::report::{self, Answers, Report, Sought, Wanted};
use crate::store::monitoring::submission::Submission;
use crate::store::pages::Found;

/// Something that monitoring reports answer to (campo del monitoraggio).
#[derive(Clone)]
pub struct MonitoringField(pub(super) Arc<monitoring_field::Model>);

/// A month's report of a programme of an agreement (relazione mensile di monitoraggio).
#[derive(Clone)]
pub struct MonitoringReport(pub(super) Arc<Report>);

/// That a report was submitted (trasmissione).
pub struct MonitoringSubmission {
    report: Arc<Report>,
    at: usize,
}

/// The answer to a field (risposta).
#[derive(SimpleObject)]
pub struct MonitoringValue {
    /// What was asked (campo).
    pub field: MonitoringField,
    /// The answer as it was written: a text, a number such as `"12.5"`, an amount such as `"110000.00"`, `"YES"` or `"NO"`; none where it is withheld (risposta).
    pub value: Option<String>,
    /// The same where it is a number (numero).
    pub number: Option<ExactDecimal>,
    /// The same where it is an amount (importo).
    pub amount: Option<Euro>,
    /// The same where it is yes or no (sì o no).
    pub yes: Option<bool>,
    /// Whether it is not shown, because few people stand behind it or it would give such a number of the year back (risposta oscurata).
    pub withheld: bool,
}

/// Row ids of an Ambito and of a submission of one of its reports, and the month of that.
type SubmissionKey = (i64, i64, Month);

/// The reports that one request asks for.
#[derive(Default)]
pub(super) struct MonitoringReports {
    fields: Batch<i64, Arc<Vec<Field>>>,
    one_by_one: Batch<Sought, Arc<Report>>,
    pages: Batch<Wanted, Arc<Found<Arc<Report>>>>,
    submitted: Batch<SubmissionKey, Arc<Answers>>,
}

impl MonitoringField {
    /// Those of an Ambito as a month asks them, in order, those that are retired last.
    pub(super) async fn of_ambito(ctx: &Context<'_>, ambito: i64, day: Option<Date>) -> Result<Vec<Self>> {
        let month = Month::of(sight(ctx)?.day(day));
        let month =
            month.ok_or_else(|| Error::bad_request("Il mese va dal 1990 al 2200.", "A month is from 1990 to 2200."))?;
        let found = together(ctx, &sight(ctx)?.watched().reports.fields, ambito, |tx, keys| {
            Box::pin(async move { field::of_ambiti(tx, &keys).await })
        });
        let mut fields = field::in_month(&found.await?.unwrap_or_default(), month);
        fields.sort_by_key(|row| row.retired);
        Ok(fields.into_iter().map(|row| Self(Arc::new(row))).collect())
    }
}

/// How many people are enough for a count to be shown to the asker; none where all are.
fn people_min(sight: &Sight) -> Option<i64> {
    (!sight.asker().sees_small_counts_of_reports()).then_some(sight.people_min())
}

impl MonitoringReport {
    /// The one with this row id as it is now; none where it is not for the asker.
    pub(super) async fn find(ctx: &Context<'_>, id: i64) -> Result<Option<Self>> {
        Self::find_as_of(ctx, id, None).await
    }

    /// The same as it was submitted by a day, where one is given.
    pub(super) async fn find_as_of(ctx: &Context<'_>, id: i64, as_of: Option<NaiveDate>) -> Result<Option<Self>> {
        let sight = sight(ctx)?;
        let sought = Sought { id, as_of, people_min: people_min(sight) };
        let found = together(ctx, &sight.watched().reports.one_by_one, sought, |tx, keys| {
            Box::pin(async move { report::read(tx, &keys).await })
        });
        let is_for = |report: &Arc<Report>| {
            sight.asker().read_monitoring(report.ambito).is_some_and(|permit| report.is_for(permit))
        };
        Ok(found.await?.filter(is_for).map(Self))
    }

    /// A page of those of an Ambito, as they are now or as they were submitted by a day.
    pub(super) async fn of_ambito(
        ctx: &Context<'_>,
        (ambito, permit): (i64, ReadMonitoringPermit),
        (status, as_of): (Option<MonitoringStatus>, Option<Date>),
        asked: DayPage,
    ) -> Result<MonitoringReportConnection> {
        let sight = sight(ctx)?;
        let cursors = Cursors { order: "monitoringReports" };
        let asked = asked.asked(ctx, ambito, &cursors)?;
        let (status, as_of) = (status.map(Into::into), as_of.map(|day| day.0));
        let wanted = Wanted { page: asked, permit, status, as_of, people_min: people_min(sight) };
        let found = together(ctx, &sight.watched().reports.pages, wanted, |tx, keys| {
            Box::pin(async move {
                let pages = report::pages_of(tx, &keys).await?;
                Ok(pages.into_iter().map(|(wanted, page)| (wanted, Arc::new(page))).collect())
            })
        });
        let found = found.await?.unwrap_or_default();
        let place = |report: &Arc<Report>| (report.month.first_day(), report.row.id);
        page_of(&found, &asked, &cursors, place, |report| Self(report.clone())).map(Into::into)
    }
}

by_library!(MonitoringReport);

/// Something that monitoring reports answer to (campo del monitoraggio).
#[Object]
impl MonitoringField {
    /// Opaque identifier: what an update names (identificativo).
    async fn id(&self) -> ID {
        Key::MonitoringField(self.0.id).id()
    }

    /// Code, unique in its Ambito (codice).
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What is asked (descrizione).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What kind of answer it takes (tipo).
    async fn kind(&self) -> MonitoringFieldKind {
        self.0.kind.into()
    }

    /// Whether a report without it cannot be submitted (obbligatorio).
    async fn required(&self) -> bool {
        self.0.required
    }

    /// Whether it is not asked any more (non più richiesto).
    async fn retired(&self) -> bool {
        self.0.retired
    }

    /// Its place in the report (ordine).
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Whether its answers count people, so that small ones could name them and are withheld (conta persone).
    async fn counts_people(&self) -> bool {
        self.0.counts_people
    }

    /// First day of the month from which this is asked so; none where it has been from the beginning (valido dal).
    async fn from(&self) -> Option<Date> {
        self.0.from_month.and_then(Month::stored).map(|month| Date(month.first_day()))
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row_version
    }
}

/// A month's report of a programme of an agreement (relazione mensile di monitoraggio).
#[Object]
impl MonitoringReport {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::MonitoringReport(self.0.row.id).id()
    }

    /// The agreement (convenzione).
    async fn agreement(&self, ctx: &Context<'_>) -> Result<Agreement> {
        agreement(ctx, self.0.row.agreement_id)
    }

    /// The partner whose report it is; none where it is the managing body's own, of the whole programme (partner).
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        partner(ctx, self.0.row.partner_id)
    }

    /// Code of the programme (programma).
    async fn programme(&self) -> &str {
        &self.0.row.programme_code
    }

    /// Name of the programme; none where the version of the agreement that holds in the month has it no more (denominazione del programma).
    async fn programme_name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// First day of the month (mese).
    async fn month(&self) -> Date {
        Date(self.0.month.first_day())
    }

    /// How far it has come (stato).
    async fn status(&self) -> MonitoringStatus {
        self.0.row.status.into()
    }

    /// The day it was submitted (trasmessa il).
    async fn submitted_on(&self) -> Option<Date> {
        self.0.row.submitted_on.map(Date)
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row.row_version
    }

    /// Its answers, in the order of their fields, as these were asked in the month or when it was submitted (risposte).
    async fn values(&self) -> Result<Vec<MonitoringValue>> {
        values(&self.0.answers, |field| self.0.withheld.contains(&field.id))
    }

    /// Each time that it was submitted, oldest first (trasmissioni).
    async fn submissions(&self) -> Vec<MonitoringSubmission> {
        (0..self.0.submissions.len()).map(|at| MonitoringSubmission { report: self.0.clone(), at }).collect()
    }
}

/// That a report was submitted (trasmissione).
#[Object]
impl MonitoringSubmission {
    /// Counts the submissions of the report, from 1 (numero).
    async fn number(&self) -> i32 {
        self.stored().row.number
    }

    /// The day (trasmessa il).
    async fn submitted_on(&self) -> Date {
        Date(self.stored().row.submitted_on)
    }

    /// The day it was sent back, from which it does not stand any more (restituita il).
    async fn returned_on(&self) -> Option<Date> {
        self.stored().returned_on.map(Date)
    }

    /// Digest of its answers, by the code of their field: what the audit trail says of it; none of what was submitted before digests were taken (impronta).
    async fn digest(&self) -> Option<&str> {
        self.stored().row.digest.as_deref()
    }

    /// Its answers as they were submitted. Of one that does not stand any more, whoever may not see few people sees no count of people (risposte).
    async fn values(&self, ctx: &Context<'_>) -> Option<Result<Vec<MonitoringValue>>> {
        let find = async {
            let (sight, report) = (sight(ctx)?, &self.report);
            if report.shown == Some(self.stored().row.id) {
                return values(&report.answers, |field| report.withheld.contains(&field.id));
            }
            let key = (report.ambito, self.stored().row.id, report.month);
            let found = together(ctx, &sight.watched().reports.submitted, key, |tx, keys| {
                Box::pin(async move { report::submitted_answers(tx, &keys).await })
            });
            let sees_all = people_min(sight).is_none();
            values(&found.await?.unwrap_or_default(), |field| !sees_all && field.counts_people)
        };
        Some(find.await)
    }
}

impl MonitoringSubmission {
    fn stored(&self) -> &Submission {
        &self.report.submissions[self.at]
    }
}

/// The agreement that a report is of: it is there for whoever the report is there for.
pub(super) fn agreement(ctx: &Context<'_>, id: i64) -> Result<Agreement> {
    let found = sight(ctx)?.agreement(id);
    Ok(Agreement(found.ok_or_else(|| Error::broken("agreement", id))?.clone()))
}

/// The partner whose report something is: it is there for whoever the report is there for.
pub(super) fn partner(ctx: &Context<'_>, id: Option<i64>) -> Result<Option<Partner>> {
    let Some(id) = id else { return Ok(None) };
    let found = sight(ctx)?.partner(id).ok_or_else(|| Error::broken("partner", id))?;
    Ok(Some(Partner(found.clone())))
}

/// Answers as they are shown.
fn values(answers: &Answers, is_withheld: impl Fn(&monitoring_field::Model) -> bool) -> Result<Vec<MonitoringValue>> {
    answers.iter().map(|(field, value)| MonitoringValue::of(field, value, is_withheld(field))).collect()
}

impl MonitoringValue {
    fn of(field: &Arc<monitoring_field::Model>, value: &str, withheld: bool) -> Result<Self> {
        let is = |kind: FieldKind| field.kind == kind && !withheld;
        Ok(Self {
            field: MonitoringField(field.clone()),
            value: (!withheld).then(|| value.to_owned()),
            number: is(FieldKind::Number).then(|| Micros::parse(value)).transpose()?.map(Into::into),
            amount: is(FieldKind::Euro).then(|| Cents::parse(value)).transpose()?.map(Euro),
            yes: is(FieldKind::YesNo).then_some(value == field::YES),
            withheld,
        })
    }
}
