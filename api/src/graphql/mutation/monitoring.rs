//! Monitoring: what an Ambito asks, and the reports that partners or the managing body write.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, missing, needed, permit_by_code};
use super::{MonitoringFieldPayload, MonitoringReportPayload, asker};
use crate::auth::Viewer;
use crate::auth::viewer::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::graphql::enums::MonitoringFieldKind;
use crate::graphql::id::Key;
use crate::graphql::monitoring_report::{MonitoringField, MonitoringReport};
use crate::graphql::scalars::Date;
use crate::graphql::sight::Sight;
use crate::graphql::writing::Act;
use crate::store::activity::Month;
use crate::store::monitoring::field::{self, FieldChange, NewField};
use crate::store::monitoring::report::{self, Report, Sought};
use crate::store::monitoring::write::{self as stored, NewReport};

/// A field to be (campo del monitoraggio).
#[derive(InputObject)]
pub struct AddMonitoringFieldInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code, unique in the Ambito and never changed (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// What is asked (descrizione).
    pub name: String,
    /// What kind of answer it takes, never changed (tipo).
    pub kind: MonitoringFieldKind,
    /// Whether a report without it cannot be submitted; no where left out (obbligatorio).
    #[graphql(default)]
    pub required: bool,
    /// Its place in the report, 1 to 10000; the last where left out (ordine).
    pub position: Option<i32>,
    /// Whether its answers count people, so that small ones are withheld; a number does where left out, and nothing else can (conta persone).
    pub counts_people: Option<bool>,
    /// A day of the first month that it is asked of; all months where left out (valido dal mese).
    pub from: Option<Date>,
}

/// What becomes of a field (modifica del campo): what is left out stays.
#[derive(InputObject)]
pub struct UpdateMonitoringFieldInput {
    /// Identifier of the field (campo).
    pub field: ID,
    /// The field's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// What is asked (descrizione).
    pub name: MaybeUndefined<String>,
    /// Whether a report without it cannot be submitted (obbligatorio).
    pub required: MaybeUndefined<bool>,
    /// Its place in the report, 1 to 10000 (ordine).
    pub position: MaybeUndefined<i32>,
    /// Whether it is not asked any more; what was answered stays (non più richiesto).
    pub retired: MaybeUndefined<bool>,
    /// Whether its answers count people, so that small ones are withheld, of whatever month (conta persone).
    pub counts_people: MaybeUndefined<bool>,
    /// A day of the month from which this holds, not to come and not before the last change: reports of earlier months are asked what they were. This month where left out
    /// (valido dal mese).
    pub from: Option<Date>,
}

/// The answer to a field (risposta).
#[derive(InputObject)]
pub struct MonitoringValueInput {
    /// Code of the field (campo).
    pub field: String,
    /// The answer in the form of the field: a text of at most 4000 characters, a number such as `"12.5"`, an amount such as `"110000.00"`, `"YES"` or `"NO"`. It
    /// names no person (risposta).
    pub value: String,
}

/// A month's report of a programme (relazione mensile di monitoraggio).
#[derive(InputObject)]
pub struct WriteMonitoringReportInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code of the agreement (convenzione).
    pub agreement: String,
    /// Code of one of the programmes that it has in the month (programma).
    pub programme: String,
    /// A day of the month, which has begun (mese).
    pub month: Date,
    /// Code of the partner whose report it is, of those that the agreement has in the month. Left out: the partner that writes, or the only one that there is; where there are more,
    /// the managing body's own report of the whole programme (partner).
    pub partner: Option<String>,
    /// Its answers, in the place of those that there are (risposte).
    pub values: Vec<MonitoringValueInput>,
    /// The report's revision that this is based on; left out of a new one (revisione attesa).
    pub expected_version: Option<i32>,
}

/// A report to be submitted (trasmissione della relazione).
#[derive(InputObject)]
pub struct SubmitMonitoringReportInput {
    /// Identifier of the report (relazione).
    pub report: ID,
    /// The report's revision that this is based on (revisione attesa).
    pub expected_version: i32,
}

/// A report to be sent back (restituzione della relazione).
#[derive(InputObject)]
pub struct ReturnMonitoringReportInput {
    /// Identifier of the report (relazione).
    pub report: ID,
    /// The report's revision that this is based on (revisione attesa).
    pub expected_version: i32,
}

#[derive(Default)]
pub(super) struct MonitoringMutation;

#[Object]
impl MonitoringMutation {
    /// Adds something that monitoring reports are to answer (aggiunge un campo del monitoraggio). By the managing body.
    async fn add_monitoring_field(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The field (campo).")] input: AddMonitoringFieldInput,
    ) -> Option<Result<MonitoringFieldPayload>> {
        Some(add_field(ctx, input).await)
    }

    /// Changes what monitoring reports are to answer (modifica un campo del monitoraggio). By the managing body.
    async fn update_monitoring_field(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which field (modifica).")] input: UpdateMonitoringFieldInput,
    ) -> Option<Result<MonitoringFieldPayload>> {
        Some(update_field(ctx, input).await)
    }

    /// Writes the draft of a monitoring report (scrive la relazione di monitoraggio in bozza). By the managing body, or by the partner whose report it is.
    async fn write_monitoring_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The report (relazione).")] input: WriteMonitoringReportInput,
    ) -> Option<Result<MonitoringReportPayload>> {
        Some(write(ctx, input).await)
    }

    /// Submits a monitoring report whose month is over, with every answer that is required (trasmette la relazione di monitoraggio). By the managing body, or by the
    /// partner whose report it is.
    async fn submit_monitoring_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report (relazione).")] input: SubmitMonitoringReportInput,
    ) -> Option<Result<MonitoringReportPayload>> {
        Some(submit(ctx, input).await)
    }

    /// Makes a draft of a submitted report again, so that it is corrected and submitted anew (restituisce la relazione di monitoraggio). By the managing body.
    async fn return_monitoring_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report (relazione).")] input: ReturnMonitoringReportInput,
    ) -> Option<Result<MonitoringReportPayload>> {
        Some(send_back(ctx, input).await)
    }
}

/// The month of a day from which something holds.
pub(super) fn month_from(day: Option<Date>) -> Result<Option<Month>> {
    let month = |day: Date| Month::of(day.0).ok_or_else(|| Refusal::new(Code::Invalid).argument("input.from").into());
    day.map(month).transpose()
}

fn writes_reports(viewer: &Viewer) -> bool {
    matches!(viewer.standing.role, Role::Azienda | Role::Partner)
}

async fn add_field(ctx: &Context<'_>, input: AddMonitoringFieldInput) -> Result<MonitoringFieldPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight, viewer, &input.ambito)?;
        let AddMonitoringFieldInput { code, name, kind, required, position, counts_people, from, .. } = input;
        let from = month_from(from)?;
        let new = NewField { code, name, kind: kind.into(), required, position, counts_people, from };
        let id = field::add(act.write(), &permit, new, sight.book()).await?;
        written_field(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn update_field(ctx: &Context<'_>, input: UpdateMonitoringFieldInput) -> Result<MonitoringFieldPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let Some(Key::MonitoringField(id)) = Key::read(&input.field) else { return Err(missing("input.field")) };
        let found = field::written(act.write(), id).await?;
        let permit = found.and_then(|row| viewer.keep_master(row.ambito_id)).ok_or_else(|| missing("input.field"))?;
        let change = FieldChange {
            name: needed(input.name, "input.name")?,
            required: needed(input.required, "input.required")?,
            position: needed(input.position, "input.position")?,
            retired: needed(input.retired, "input.retired")?,
            counts_people: needed(input.counts_people, "input.countsPeople")?,
            from: month_from(input.from)?,
        };
        field::update(act.write(), &permit, (id, input.expected_version), change, sight.book()).await?;
        written_field(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn written_field(act: &Act<'_>, id: i64) -> Result<MonitoringField> {
    let row = field::written(act.write(), id).await?;
    Ok(MonitoringField(row.ok_or_else(|| Error::broken("monitoring_field", id))?.into()))
}

async fn write(ctx: &Context<'_>, input: WriteMonitoringReportInput) -> Result<MonitoringReportPayload> {
    let (sight, viewer) = asker(ctx, writes_reports)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let ambito = sight.ambito_by_code(&input.ambito).ok_or_else(|| missing("input.ambito"))?;
        let permit = viewer.write_monitoring(ambito.row.id).ok_or_else(|| missing("input.ambito"))?;
        let month = Month::of(input.month.0).ok_or_else(|| Refusal::new(Code::Invalid).argument("input.month"))?;
        let new = NewReport {
            agreement: input.agreement,
            programme: input.programme,
            month,
            partner: input.partner,
            answers: input.values.into_iter().map(|one| (one.field, one.value)).collect(),
            revision: input.expected_version,
        };
        let id = stored::write(act.write(), &permit, new, &ambito.row.code).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn submit(ctx: &Context<'_>, input: SubmitMonitoringReportInput) -> Result<MonitoringReportPayload> {
    let (sight, viewer) = asker(ctx, writes_reports)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (found, ambito) = own(&act, sight, &input.report).await?;
        let is_own =
            |partner: Option<i64>| partner.is_none_or(|own| found.is_named && found.row.partner_id == Some(own));
        let permit = viewer.write_monitoring(found.ambito).filter(|permit| is_own(permit.partner()));
        let permit = permit.ok_or_else(|| missing("input.report"))?;
        stored::submit(act.write(), &permit, (found.row.id, input.expected_version), &ambito).await?;
        written(&act, found.row.id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn send_back(ctx: &Context<'_>, input: ReturnMonitoringReportInput) -> Result<MonitoringReportPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (found, ambito) = own(&act, sight, &input.report).await?;
        let permit = viewer.keep_master(found.ambito).ok_or_else(|| missing("input.report"))?;
        stored::send_back(act.write(), &permit, (found.row.id, input.expected_version), &ambito).await?;
        written(&act, found.row.id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

/// The report that an identifier names, and the code of its Ambito.
async fn own(act: &Act<'_>, sight: &Sight, id: &ID) -> Result<(std::sync::Arc<Report>, String)> {
    let Some(Key::MonitoringReport(id)) = Key::read(id) else { return Err(missing("input.report")) };
    let sought = Sought::whole(id);
    let found = report::read(act.write().tx(), &[sought]).await?.remove(&sought);
    let found = found.and_then(|found| Some((sight.ambito(found.ambito)?.row.code.clone(), found)));
    let (ambito, found) = found.ok_or_else(|| missing("input.report"))?;
    Ok((found, ambito))
}

async fn written(act: &Act<'_>, id: i64) -> Result<MonitoringReport> {
    let sought = Sought::whole(id);
    let found = report::read(act.write().tx(), &[sought]).await?.remove(&sought);
    Ok(MonitoringReport(found.ok_or_else(|| Error::broken("monitoring_report", id))?))
}
