//! The expenses of a draft: added, said anew, removed.

use async_graphql::{Context, ID, InputObject, Object};

use super::expense_report::{expense_id, may_report, permits, report_id, told};
use super::{ExpenseReportPayload, asker};
use crate::auth::ReportPermit;
use crate::error::Result;
use crate::graphql::enums::VatRegime;
use crate::graphql::scalars::{Date, Euro, ExactDecimal};
use crate::graphql::writing::Act;
use crate::store::Write;
use crate::store::expense::{self, GivenExpense};

/// What was spent, with its document (spesa). Net or gross is given and the rest follows; where several amounts are given they must fit together.
#[derive(InputObject)]
pub struct ExpenseInput {
    /// The day of the expense, within the report's period and not after today (data della spesa).
    pub spent_on: Date,
    /// What kind of cost it is: a line of at most 100 characters (categoria di costo).
    pub category: String,
    /// What it was for; never with a person's tax code, e-mail, telephone or IBAN (descrizione).
    pub description: Option<String>,
    /// How it is taxed (regime IVA).
    pub vat_regime: VatRegime,
    /// The rate in percent; only with the regime `RATE` (aliquota IVA).
    pub vat_rate: Option<ExactDecimal>,
    /// Without VAT (imponibile).
    pub net: Option<Euro>,
    /// The VAT (IVA).
    pub vat: Option<Euro>,
    /// With VAT (importo lordo).
    pub gross: Option<Euro>,
    /// Whether the partner recovers the VAT, so that it is no cost (IVA detraibile).
    #[graphql(default)]
    pub vat_recoverable: bool,
    /// Code of the agreement's line that it is charged to, which must be of the year of the expense; the partner bears it where left out (voce).
    pub line: Option<String>,
    /// What of the cost is charged to the line; all of it where left out, and the partner bears the rest (importo imputato alla voce).
    pub charged: Option<Euro>,
    /// The document, as it is cited: who issued it, its number and its day. Needed (riferimento del documento).
    pub document_reference: Option<String>,
    /// SHA-256 of the document, 64 hexadecimal digits. Needed (impronta del documento).
    pub document_digest: Option<String>,
}

/// An expense to be added to a draft (spesa da aggiungere).
#[derive(InputObject)]
pub struct AddExpenseInput {
    /// Identifier of the report (rendicontazione).
    pub report: ID,
    /// The report's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// The expense (spesa).
    pub cost: ExpenseInput,
}

/// An expense of a draft as it is from now on (modifica della spesa). What was said of it before is forgotten, a refusal among it.
#[derive(InputObject)]
pub struct UpdateExpenseInput {
    /// Identifier of the expense (spesa).
    pub expense: ID,
    /// The report's revision that this is based on (revisione attesa della rendicontazione).
    pub expected_version: i32,
    /// The expense, whole (spesa).
    pub cost: ExpenseInput,
}

/// An expense to be removed from a draft (spesa da eliminare).
#[derive(InputObject)]
pub struct RemoveExpenseInput {
    /// Identifier of the expense (spesa).
    pub expense: ID,
    /// The report's revision that this is based on (revisione attesa della rendicontazione).
    pub expected_version: i32,
}

#[derive(Default)]
pub(super) struct ExpenseMutation;

#[Object]
impl ExpenseMutation {
    /// Adds an expense to a draft (aggiunge una spesa). A document that any expense on the server has already, and was not refused, is refused. By the partner, or by the
    /// managing body for it.
    async fn add_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expense, and of which report (spesa).")] input: AddExpenseInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let add = async |write: &Write, permit: &ReportPermit| {
            let key = (report_id(&input.report)?, input.expected_version);
            expense::add_expense(write, permit, key, given(input.cost)?).await
        };
        Some(change(ctx, add).await)
    }

    /// Says an expense of a draft anew (modifica una spesa). By the partner, or by the managing body for it.
    async fn update_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which expense, and what it is (modifica).")] input: UpdateExpenseInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let update = async |write: &Write, permit: &ReportPermit| {
            let key = (expense_id(&input.expense)?, input.expected_version);
            expense::update_expense(write, permit, key, given(input.cost)?).await
        };
        Some(change(ctx, update).await)
    }

    /// Removes an expense from a draft (elimina una spesa). By the partner, or by the managing body for it.
    async fn remove_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which expense (spesa).")] input: RemoveExpenseInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let remove = async |write: &Write, permit: &ReportPermit| {
            let key = (expense_id(&input.expense)?, input.expected_version);
            expense::remove_expense(write, permit, key).await
        };
        Some(change(ctx, remove).await)
    }
}

fn given(input: ExpenseInput) -> Result<GivenExpense> {
    Ok(GivenExpense {
        spent_on: input.spent_on.0,
        category: input.category,
        description: input.description,
        regime: input.vat_regime.into(),
        rate: input.vat_rate.map(|rate| rate.micros()).transpose()?,
        net: input.net.map(|euro| euro.0),
        vat: input.vat.map(|euro| euro.0),
        gross: input.gross.map(|euro| euro.0),
        recoverable: input.vat_recoverable,
        line: input.line,
        charged: input.charged.map(|euro| euro.0),
        document_reference: input.document_reference,
        document_digest: input.document_digest,
    })
}

/// An act on the expenses of a report, of which it gives the row id.
async fn change(
    ctx: &Context<'_>,
    change: impl AsyncFnOnce(&Write, &ReportPermit) -> Result<i64>,
) -> Result<ExpenseReportPayload> {
    let (_, viewer) = asker(ctx, may_report)?;
    let (permit, reads) = permits(viewer)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let report = change(act.write(), &permit).await?;
        expense::written(act.write(), &reads, report).await
    };
    let done = done.await;
    Ok(told(act.end(done).await?))
}
