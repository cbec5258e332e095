//! The review of reports of expenses, and their payment: by the managing body.

use async_graphql::{Context, Enum, ID, InputObject, Object};

use super::expense_report::{AdmitExpenseReportInput, BeginExpenseReviewInput, expense_id, report_id, told};
use super::{ExpenseReportPayload, asker};
use crate::auth::{ReviewPermit, Viewer};
use crate::error::{Code, Error, Refusal, Result};
use crate::graphql::scalars::{Date, Euro};
use crate::graphql::writing::Act;
use crate::store::Write;
use crate::store::expense::{self, Judgement};

/// What a review says of an expense (esito). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ExpenseVerdict {
    /// It is admitted, whole or in part (ammessa).
    Admitted,
    /// It is refused (respinta).
    Refused,
}

/// What a review says of an expense (istruttoria della spesa).
#[derive(InputObject)]
pub struct JudgeExpenseInput {
    /// Identifier of the expense (spesa).
    pub expense: ID,
    /// The report's revision that this is based on (revisione attesa della rendicontazione).
    pub expected_version: i32,
    /// Whether it is admitted (esito).
    pub verdict: ExpenseVerdict,
    /// What of the charged amount is admitted; all of it where left out (importo ammesso).
    pub admitted: Option<Euro>,
    /// Why it is refused, or not admitted whole; needed then, and then only (motivo).
    pub reason: Option<String>,
}

/// A report to be sent back (rendicontazione da rinviare).
#[derive(InputObject)]
pub struct ReturnExpenseReportInput {
    /// Identifier of the report (rendicontazione).
    pub report: ID,
    /// The report's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Why (motivo).
    pub reason: String,
}

/// A payment of what was admitted (liquidazione).
#[derive(InputObject)]
pub struct PayExpenseReportInput {
    /// Identifier of the report (rendicontazione).
    pub report: ID,
    /// The report's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// The day of the payment: from that of the admission to today (data del pagamento).
    pub paid_on: Date,
    /// Reference of the transfer: a line of at most 200 characters (riferimento del pagamento).
    pub reference: String,
}

#[derive(Default)]
pub(super) struct ExpenseReviewMutation;

#[Object]
impl ExpenseReviewMutation {
    /// Begins the review of a report that was submitted (avvia l'istruttoria). Whoever submitted it, or wrote one of its expenses, may not. By the managing body.
    async fn begin_expense_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report (rendicontazione).")] input: BeginExpenseReviewInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let begin = async |write: &Write, permit: &ReviewPermit| {
            let id = report_id(&input.report)?;
            expense::begin(write, permit, (id, input.expected_version)).await?;
            Ok(id)
        };
        Some(review(ctx, begin).await)
    }

    /// Admits an expense of a report under review, whole or in part, or refuses it; it may be judged again (istruisce una spesa). The document of one that is refused may be
    /// used again, and what is above the line beside all that was admitted so far is not admitted. By the managing body, but not by whoever submitted it or wrote one of its expenses.
    async fn judge_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which expense, and what is said of it (esito).")] input: JudgeExpenseInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let judge = async |write: &Write, permit: &ReviewPermit| {
            let key = (expense_id(&input.expense)?, input.expected_version);
            let judgement = match (input.verdict, input.admitted) {
                (ExpenseVerdict::Admitted, admitted) => Judgement::Admit(admitted.map(|euro| euro.0), input.reason),
                (ExpenseVerdict::Refused, None) => Judgement::Refuse(input.reason),
                (ExpenseVerdict::Refused, Some(_)) => {
                    let refusal = Refusal::new(Code::Invalid).argument("input.admitted");
                    let (it, en) =
                        ("Di una spesa respinta non si ammette nulla.", "Nothing of what is refused is admitted.");
                    return Err(Error::from(refusal.message(it, en)));
                }
            };
            expense::judge(write, permit, key, judgement).await
        };
        Some(review(ctx, judge).await)
    }

    /// Sends a report back to be corrected (rinvia la rendicontazione): it is a draft again, and what was refused stays so until it is said anew. By the managing body.
    async fn return_expense_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report, and why (rinvio).")] input: ReturnExpenseReportInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let send_back = async |write: &Write, permit: &ReviewPermit| {
            let id = report_id(&input.report)?;
            expense::send_back(write, permit, (id, input.expected_version), input.reason).await?;
            Ok(id)
        };
        Some(review(ctx, send_back).await)
    }

    /// Admits a report whose expenses are all judged, once its lines have room for what was admitted (ammette la rendicontazione). By the managing body, but not by whoever
    /// submitted it or wrote one of its expenses.
    async fn admit_expense_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report (rendicontazione).")] input: AdmitExpenseReportInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let admit = async |write: &Write, permit: &ReviewPermit| {
            let id = report_id(&input.report)?;
            expense::admit(write, permit, (id, input.expected_version)).await?;
            Ok(id)
        };
        Some(review(ctx, admit).await)
    }

    /// Records that what was admitted was paid (liquida la rendicontazione), as far as its lines have room for it; from then on it never changes. Where nothing was
    /// admitted there is nothing to pay, and the report stays admitted. By the managing body, but not by whoever submitted it or wrote one of its expenses.
    async fn pay_expense_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report, when and how (liquidazione).")] input: PayExpenseReportInput,
    ) -> Option<Result<ExpenseReportPayload>> {
        let pay = async |write: &Write, permit: &ReviewPermit| {
            let id = report_id(&input.report)?;
            let payment = (input.paid_on.0, input.reference);
            expense::pay(write, permit, (id, input.expected_version), payment).await?;
            Ok(id)
        };
        Some(review(ctx, pay).await)
    }
}

fn may_review(viewer: &Viewer) -> bool {
    viewer.review_expenses().is_some()
}

/// An act of the review, which gives the row id of the report.
async fn review(
    ctx: &Context<'_>,
    change: impl AsyncFnOnce(&Write, &ReviewPermit) -> Result<i64>,
) -> Result<ExpenseReportPayload> {
    let (_, viewer) = asker(ctx, may_review)?;
    let permits = viewer.review_expenses().zip(viewer.standing.read_expenses());
    let (permit, reads) = permits.ok_or(Error::Forbidden)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let report = change(act.write(), &permit).await?;
        expense::written(act.write(), &reads, report).await
    };
    let done = done.await;
    Ok(told(act.end(done).await?))
}
