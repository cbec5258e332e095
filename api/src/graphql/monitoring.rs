//! Monthly monitoring (monitoraggio): what an Ambito asks of the programmes of its agreements, the reports that answer, and which are missing on a day.

use std::sync::Arc;

use allocation::{Cents, Micros};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::kinds::FieldKind;
use entity::monitoring_field;

use super::agreement::Agreement;
use super::batch::Batch;
use super::direct::{Direct, Selected, Write};
use super::enums::{MonitoringFieldKind, MonitoringStatus};
use super::id::Key;
use super::page::{Cursors, MonitoringDutyConnection, MonitoringReportConnection, PageArguments, page};
use super::query::limits;
use super::reading::{DayPage, page_of, together};
use super::scalars::{Date, Euro, ExactDecimal};
use super::sight::sight;
use crate::auth::ReadMonitoringPermit;
use crate::error::{Error, Result};
use crate::limits::MONITORING_GRACE_DAYS_MAX;
use crate::store::monitoring::duty::{self, Duty};
use crate::store::monitoring::field;
use crate::store::monitoring::report::{self, Report, Wanted};
use crate::store::pages::Found;

/// Something that monitoring reports answer to (campo del monitoraggio).
#[derive(Clone)]
pub struct MonitoringField(pub(super) Arc<monitoring_field::Model>);

/// A month's report of a programme of an agreement (relazione mensile di monitoraggio).
#[derive(Clone)]
pub struct MonitoringReport(pub(super) Arc<Report>);

/// The answer to a field (risposta).
#[derive(SimpleObject)]
pub struct MonitoringValue {
    /// What was asked (campo).
    pub field: MonitoringField,
    /// The answer as it was written: a text, a number such as `"12.5"`, an amount such as `"110000.00"`, `"YES"` or `"NO"` (risposta).
    pub value: String,
    /// The same where it is a number (numero).
    pub number: Option<ExactDecimal>,
    /// The same where it is an amount (importo).
    pub amount: Option<Euro>,
    /// The same where it is yes or no (sì o no).
    pub yes: Option<bool>,
}

/// How far a report that was due had come on a day (stato dell'adempimento). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MonitoringState {
    /// Nothing was there (mancante); to whoever does not see drafts, what was begun only is missing too.
    Missing,
    /// It was begun, and not submitted (bozza).
    Draft,
    /// It was submitted (trasmessa).
    Submitted,
}

/// A report that was due (relazione dovuta).
#[derive(Clone)]
pub struct MonitoringDuty {
    duty: Duty,
    permit: ReadMonitoringPermit,
}

/// Which reports of an Ambito were due on a day, and what had become of them (stato del monitoraggio).
pub struct Monitoring {
    as_of: Date,
    duties: Vec<MonitoringDuty>,
    permit: ReadMonitoringPermit,
}

/// The reports that one request asks for.
#[derive(Default)]
pub(super) struct Reports {
    fields: Batch<i64, Arc<Vec<monitoring_field::Model>>>,
    by_id: Batch<i64, Arc<Report>>,
    pages: Batch<Wanted, Arc<Found<Arc<Report>>>>,
    duties: Batch<duty::Asked, Arc<Vec<Duty>>>,
}

impl MonitoringField {
    /// Those of an Ambito, in order, those that are retired last.
    pub(super) async fn of_ambito(ctx: &Context<'_>, ambito: i64) -> Result<Vec<Self>> {
        let found = together(ctx, &sight(ctx)?.watched().reports.fields, ambito, |tx, keys| {
            Box::pin(async move { field::of_ambiti(tx, &keys).await })
        });
        let mut fields: Vec<_> = found.await?.unwrap_or_default().iter().cloned().collect();
        fields.sort_by_key(|row| row.retired);
        Ok(fields.into_iter().map(|row| Self(Arc::new(row))).collect())
    }
}

impl MonitoringReport {
    /// The one with this row id; none where it is not for the asker.
    pub(super) async fn find(ctx: &Context<'_>, id: i64) -> Result<Option<Self>> {
        let sight = sight(ctx)?;
        let found = together(ctx, &sight.watched().reports.by_id, id, |tx, keys| {
            Box::pin(async move { report::with_ids(tx, &keys).await })
        });
        let is_for = |report: &Arc<Report>| {
            sight.asker().read_monitoring(report.ambito).is_some_and(|permit| report.is_for(permit))
        };
        Ok(found.await?.filter(is_for).map(Self))
    }

    /// A page of those of an Ambito.
    pub(super) async fn of_ambito(
        ctx: &Context<'_>,
        (ambito, permit): (i64, ReadMonitoringPermit),
        status: Option<MonitoringStatus>,
        asked: DayPage,
    ) -> Result<MonitoringReportConnection> {
        let cursors = Cursors { order: "monitoringReports" };
        let asked = asked.asked(ctx, ambito, &cursors)?;
        let wanted = (asked, permit, status.map(Into::into));
        let found = together(ctx, &sight(ctx)?.watched().reports.pages, wanted, |tx, keys| {
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

impl Monitoring {
    /// That of an Ambito on a day, of one agreement or of all.
    pub(super) async fn of_ambito(
        ctx: &Context<'_>,
        (ambito, permit): (i64, ReadMonitoringPermit),
        (as_of, grace_days): (Option<Date>, Option<i32>),
        agreement: Option<&str>,
    ) -> Result<Self> {
        let sight = sight(ctx)?;
        let day = sight.day(as_of);
        let grace = u32::try_from(grace_days.unwrap_or(0))
            .ok()
            .filter(|days| *days <= MONITORING_GRACE_DAYS_MAX.unsigned_abs());
        let grace = grace.ok_or_else(|| {
            Error::bad_request(
                format!("I giorni di tolleranza vanno da 0 a {MONITORING_GRACE_DAYS_MAX}."),
                format!("Days of grace are from 0 to {MONITORING_GRACE_DAYS_MAX}."),
            )
        })?;
        let found = together(ctx, &sight.watched().reports.duties, (ambito, permit, day, grace), |tx, keys| {
            Box::pin(async move { duty::read(tx, &keys).await })
        });
        let found = found.await?.unwrap_or_default();
        let is_meant = |duty: &&Duty| agreement.is_none_or(|code| duty.agreement == code);
        let duties = found.iter().filter(is_meant).map(|duty| MonitoringDuty { duty: duty.clone(), permit }).collect();
        Ok(Self { as_of: Date(day), duties, permit })
    }

    fn count(&self, state: MonitoringState) -> i32 {
        let counted = self.duties.iter().filter(|duty| duty.state_now() == state).count();
        i32::try_from(counted).unwrap_or(i32::MAX)
    }
}

impl MonitoringDuty {
    fn state_now(&self) -> MonitoringState {
        if self.duty.submitted_on.is_some() {
            MonitoringState::Submitted
        } else if self.duty.report.is_some() && self.permit.shows_drafts() {
            MonitoringState::Draft
        } else {
            MonitoringState::Missing
        }
    }
}

/// Which reports of an Ambito were due on a day, and what had become of them (stato del monitoraggio).
#[Object]
impl Monitoring {
    /// The day it shows (alla data).
    async fn as_of(&self) -> Date {
        self.as_of
    }

    /// Reports due by then: one for each programme and month that was over, of the last 120 months (relazioni dovute).
    async fn due(&self) -> i32 {
        i32::try_from(self.duties.len()).unwrap_or(i32::MAX)
    }

    /// Those that were submitted by then (relazioni trasmesse).
    async fn submitted(&self) -> i32 {
        self.count(MonitoringState::Submitted)
    }

    /// Those that were begun and not submitted; none for whoever does not see drafts (relazioni in bozza).
    async fn drafts(&self) -> Option<i32> {
        self.permit.shows_drafts().then(|| self.count(MonitoringState::Draft))
    }

    /// Those of which nothing was there; for whoever does not see drafts, those too that were begun only (relazioni mancanti).
    async fn missing(&self) -> i32 {
        self.count(MonitoringState::Missing)
    }

    /// The reports that were due, by month, agreement and programme (relazioni dovute, una per una).
    async fn duties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that had come so far (stato).")] state: Option<MonitoringState>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<MonitoringDutyConnection>> {
        let arguments = PageArguments { first, after, ..PageArguments::default() };
        let find = || {
            let is_meant = |duty: &&MonitoringDuty| state.is_none_or(|state| duty.state_now() == state);
            let duties: Vec<&MonitoringDuty> = self.duties.iter().filter(is_meant).collect();
            let key = |duty: &&MonitoringDuty| {
                (duty.duty.month.get(), duty.duty.agreement.clone(), duty.duty.programme.clone())
            };
            let cursors = Cursors { order: "monitoringDuties" };
            page(&duties, &arguments, limits(ctx)?, &cursors, key, Ord::cmp, |duty| Ok((*duty).clone())).map(Into::into)
        };
        Some(find())
    }
}

/// Declares that the library writes these, one by one.
macro_rules! one_by_one {
    ($($name:ident),*) => {$(
        impl Direct for $name {
            const NAME: &'static str = stringify!($name);

            type Row<'a> = &'a Self;

            fn row(&self) -> &Self {
                self
            }

            fn field(_: &Selected<'_, Self>) -> Option<Write<Self>> {
                None
            }
        }
    )*};
}

one_by_one!(MonitoringDuty, MonitoringReport);

/// A report that was due (relazione dovuta).
#[Object]
impl MonitoringDuty {
    /// The agreement (convenzione).
    async fn agreement(&self, ctx: &Context<'_>) -> Result<Agreement> {
        agreement(ctx, self.duty.agreement_id)
    }

    /// Code of the programme (programma).
    async fn programme(&self) -> &str {
        &self.duty.programme
    }

    /// Name of the programme (denominazione del programma).
    async fn programme_name(&self) -> &str {
        &self.duty.name
    }

    /// First day of the month (mese).
    async fn month(&self) -> Date {
        Date(self.duty.month.first_day())
    }

    /// The day from which it is due: the first after its month, and after the days of grace (dovuta dal).
    async fn due_on(&self) -> Date {
        Date(self.duty.due_on)
    }

    /// How far it had come (stato).
    async fn state(&self) -> MonitoringState {
        self.state_now()
    }

    /// The day it was submitted, if it was by then (trasmessa il).
    async fn submitted_on(&self) -> Option<Date> {
        self.duty.submitted_on.map(Date)
    }

    /// The report, where there is one now for the asker (relazione).
    async fn report(&self, ctx: &Context<'_>) -> Option<Result<MonitoringReport>> {
        MonitoringReport::find(ctx, self.duty.report?).await.transpose()
    }
}

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

    /// Its answers, in the order of their fields (risposte).
    async fn values(&self) -> Result<Vec<MonitoringValue>> {
        self.0.answers.iter().map(|(field, value)| MonitoringValue::of(field, value)).collect()
    }
}

/// The agreement that a report is of: it is there for whoever the report is there for.
fn agreement(ctx: &Context<'_>, id: i64) -> Result<Agreement> {
    let found = sight(ctx)?.agreement(id);
    Ok(Agreement(found.ok_or_else(|| Error::broken("agreement", id))?.clone()))
}

impl MonitoringValue {
    fn of(field: &Arc<monitoring_field::Model>, value: &str) -> Result<Self> {
        let is = |kind: FieldKind| field.kind == kind;
        Ok(Self {
            field: MonitoringField(field.clone()),
            value: value.to_owned(),
            number: is(FieldKind::Number).then(|| Micros::parse(value)).transpose()?.map(Into::into),
            amount: is(FieldKind::Euro).then(|| Cents::parse(value)).transpose()?.map(Euro),
            yes: is(FieldKind::YesNo).then_some(value == field::YES),
        })
    }
}
