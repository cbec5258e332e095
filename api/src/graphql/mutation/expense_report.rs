//! Reports of expenses: begun, changed, removed and submitted by the partner, or by the managing body for it.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{missing, needed, optional};
use super::{ExpenseReportPayload, UserError, asker};
use crate::auth::{ReadExpensesPermit, ReportPermit, Viewer};
use crate::error::{Error, Result};
use crate::graphql::expense_report::ExpenseReport;
use crate::graphql::id::Key;
use crate::graphql::scalars::Date;
use crate::graphql::writing::Act;
use crate::store::Write;
use crate::store::expense::{self, NewReport, Recorded, ReportChange};

/// A report of expenses to be (rendicontazione).
#[derive(InputObject)]
pub struct AddExpenseReportInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code of the agreement (codice dell'accordo).
    pub agreement: String,
    /// Code of the partner; a partner's own where left out (codice del partner).
    pub partner: Option<String>,
    /// First day of the period, which lies within that of the agreement (periodo dal).
    pub period_from: Date,
    /// Last day of the period (periodo al).
    pub period_to: Date,
    /// A note; never with a person's tax code, e-mail, telephone or IBAN (nota).
    pub note: Option<String>,
}

/// What becomes of a draft (modifica della rendicontazione): what is left out stays.
#[derive(InputObject)]
pub struct UpdateExpenseReportInput {
    /// Identifier of the report (rendicontazione).
    pub report: ID,
    /// The report's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// First day of the period (periodo dal).
    pub period_from: MaybeUndefined<Date>,
    /// Last day of the period (periodo al).
    pub period_to: MaybeUndefined<Date>,
    /// A note (nota).
    pub note: MaybeUndefined<String>,
}

/// Declares inputs that name a report and nothing else.
macro_rules! of_report {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            /// Identifier of the report (rendicontazione).
            pub report: ID,
            /// The report's revision that this is based on (revisione attesa).
            pub expected_version: i32,
        }
    )*};
}

of_report! {
    /// A draft to be given up (bozza da eliminare).
    RemoveExpenseReportInput,
    /// A draft to be submitted (bozza da presentare).
    SubmitExpenseReportInput,
    /// A report whose review begins (rendicontazione da istruire).
    BeginExpenseReviewInput,
    /// A report to be admitted (rendicontazione da ammettere).
    AdmitExpenseReportInput,
}

#[derive(Default)]
pub(super) struct ExpenseReportMutation;

#[Object]
impl ExpenseReportMutation {
    /// Begins a report of what a partner spent under an agreement in a period (apre una rendicontazione). Periods of a partner's reports may overlap, since no document
    /// counts twice. By the partner, or by the managing body for it.
    async fn add_expense_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The report (rendicontazione).")] input: AddExpenseReportInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        Some(add(ctx, input).await)
    }

    /// Changes a draft (modifica una bozza di rendicontazione). By the partner, or by the managing body for it.
    async fn update_expense_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which report (modifica).")] input: UpdateExpenseReportInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let (report, revision) = (input.report.clone(), input.expected_version);
        let change = async |write: &Write, permit: &ReportPermit, key: (i64, i32)| {
            let change = ReportChange {
                period_from: needed(input.period_from, "input.periodFrom")?.map(|day| day.0),
                period_to: needed(input.period_to, "input.periodTo")?.map(|day| day.0),
                note: optional(input.note),
            };
            expense::update(write, permit, key, change).await
        };
        Some(of_report(ctx, (&report, revision), change).await)
    }

    /// Gives up a draft with its expenses (elimina una bozza di rendicontazione); the payload has no report then. By the partner, or by the managing body for it.
    async fn remove_expense_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft (bozza).")] input: RemoveExpenseReportInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let remove =
            async |write: &Write, permit: &ReportPermit, key: (i64, i32)| expense::remove(write, permit, key).await;
        Some(of_report(ctx, (&input.report, input.expected_version), remove).await)
    }

    /// Submits a draft to its review (presenta la rendicontazione), once its lines have room for all that it charges. By the partner, or by the managing body for it.
    async fn submit_expense_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft (bozza).")] input: SubmitExpenseReportInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let submit =
            async |write: &Write, permit: &ReportPermit, key: (i64, i32)| expense::submit(write, permit, key).await;
        Some(of_report(ctx, (&input.report, input.expected_version), submit).await)
    }
}

/// Whether somebody writes reports anywhere.
pub(super) fn may_report(viewer: &Viewer) -> bool {
    viewer.report_expenses().is_some()
}

/// Both rights of whoever writes reports: to write them, and to read what was written.
pub(super) fn permits(viewer: &Viewer) -> Result<(ReportPermit, ReadExpensesPermit)> {
    viewer.report_expenses().zip(viewer.standing.read_expenses()).ok_or(Error::Forbidden)
}

/// The row id of the report that an identifier names.
pub(super) fn report_id(id: &ID) -> Result<i64> {
    match Key::read(id) {
        Some(Key::ExpenseReport(id)) => Ok(id),
        _ => Err(missing("input.report")),
    }
}

/// The row id of the expense that an identifier names.
pub(super) fn expense_id(id: &ID) -> Result<i64> {
    match Key::read(id) {
        Some(Key::Expense(id)) => Ok(id),
        _ => Err(missing("input.expense")),
    }
}

/// What is told of an act: the report as it stands now, or why not.
pub(super) fn told(ended: std::result::Result<Option<Recorded>, Vec<UserError>>) -> ExpenseReportPayload {
    ended.map(|report| report.map(ExpenseReport::new)).into()
}

async fn add(ctx: &Context<'_>, input: AddExpenseReportInput) -> Result<ExpenseReportPayload> {
    let (sight, viewer) = asker(ctx, may_report)?;
    let (permit, reads) = permits(viewer)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let ambito = sight.ambito_by_code(&input.ambito).ok_or_else(|| missing("input.ambito"))?;
        let new = NewReport {
            agreement: input.agreement,
            partner: input.partner,
            period: (input.period_from.0, input.period_to.0),
            note: input.note,
        };
        let id = expense::add(act.write(), &permit, ambito, new).await?;
        expense::written(act.write(), &reads, id).await
    };
    let done = done.await;
    Ok(told(act.end(done).await?))
}

/// An act on a report that exists.
async fn of_report(
    ctx: &Context<'_>,
    (report, revision): (&ID, i32),
    change: impl AsyncFnOnce(&Write, &ReportPermit, (i64, i32)) -> Result<()>,
) -> Result<ExpenseReportPayload> {
    let (_, viewer) = asker(ctx, may_report)?;
    let (permit, reads) = permits(viewer)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let id = report_id(report)?;
        change(act.write(), &permit, (id, revision)).await?;
        expense::written(act.write(), &reads, id).await
    };
    let done = done.await;
    Ok(told(act.end(done).await?))
}
