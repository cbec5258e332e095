//! The review of a report: each expense admitted, whole or in part, or refused with a reason; then the whole report admitted and paid.
//!
//! The reviewer is neither who submitted it nor who wrote any of its expenses, and so is who records the payment. Sent back it is a draft again: what was admitted is open, and what was refused stays so until it is said anew, since
//! its document may have been used since.

use allocation::Cents;
use chrono::NaiveDate;
use entity::kinds::{ExpenseStatus, ReportStatus};
use entity::{expense, expense_report};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::entry::expect_unused;
use super::given::text;
use super::held::Held;
use super::lines::{Beside, expect_agreed, expect_room, of_report};
use super::report::codes;
use crate::auth::ReviewPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::EXPENSE_REFERENCE_CHARACTERS_MAX;
use crate::store::Write;
use crate::store::personal;
use crate::store::shape::{invalid, line_of};

/// What a review says of an expense.
#[derive(Clone, Debug)]
pub enum Judgement {
    /// It is admitted: whole, or so much of what is charged and why no more.
    Admit(Option<Cents>, Option<String>),
    /// It is refused, and why.
    Refuse(Option<String>),
}

/// Begins the review of what was submitted.
pub async fn begin(write: &Write, permit: &ReviewPermit, (id, revision): (i64, i32)) -> Result<()> {
    let held = of(write, permit, (id, revision)).await?;
    held.expect(&[ReportStatus::Submitted])?;
    held.expect_another(permit.actor()).await?;
    let row = expense_report::ActiveModel {
        status: Set(ReportStatus::UnderReview),
        reviewed_by: Set(Some(permit.actor().to_owned())),
        ..Default::default()
    };
    held.close_with(row, permit.actor(), "expense_report.begin_review").await
}

/// Judges an expense of a report that is reviewed; it may be judged again. Returns the report's row id.
pub async fn judge(
    write: &Write,
    permit: &ReviewPermit,
    (id, revision): (i64, i32),
    judgement: Judgement,
) -> Result<i64> {
    let covers = |ambito, _| permit.covers(ambito);
    let (held, at) = Held::find_by_expense(write, (id, revision), covers).await?;
    held.expect(&[ReportStatus::UnderReview])?;
    held.expect_another(permit.actor()).await?;
    let old = &held.expenses[at];
    let (status, admitted, refusal) = judged(old, judgement)?;
    let is_taken_up = old.status == ExpenseStatus::Refused && status != ExpenseStatus::Refused;
    if is_taken_up {
        let document = (old.document_key.as_str(), old.document_digest.as_str());
        expect_unused(&held, document, (Some(id), true), "input.expense").await?;
    }
    let is_more = admitted.get() > old.admitted_cents.unwrap_or(0);
    let line = old.line_code.clone().filter(|_| is_more);
    let row = expense::ActiveModel {
        status: Set(status),
        admitted_cents: Set(Some(admitted.get())),
        refusal: Set(refusal),
        ..Default::default()
    };
    expense::Entity::update_many().set(row).filter(expense::Column::Id.eq(id)).exec(write.tx()).await?;
    // Each judgement must have room beside those before it. Where an amendment left too little for these, less is admitted, one expense after another: only what
    // takes more is refused.
    if status == ExpenseStatus::Admitted {
        let (lines, last) = of_report(&held).await?;
        expect_agreed(old.spent_on, last, "input.expense")?;
        let asking = line.as_deref().into_iter().collect();
        expect_room(&held, &lines, &asking, (Beside::Admitted, "input.admitted")).await?;
    }
    let report = held.row.id;
    held.close_changed(permit.actor(), "expense.judge").await?;
    Ok(report)
}

/// What an expense is once it is judged: its status, what of it is admitted, and why no more.
fn judged(expense: &expense::Model, judgement: Judgement) -> Result<(ExpenseStatus, Cents, Option<String>)> {
    let charged = Cents::new(expense.charged_cents);
    let (admitted, reason) = match judgement {
        Judgement::Refuse(reason) => {
            let reason = text(reason, "input.reason")?.ok_or_else(needs_reason)?;
            return Ok((ExpenseStatus::Refused, Cents::ZERO, Some(reason)));
        }
        Judgement::Admit(admitted, reason) => (admitted.unwrap_or(charged), text(reason, "input.reason")?),
    };
    if admitted > charged || admitted.is_negative() {
        return Err(invalid(
            "input.admitted",
            "Si ammette al massimo quanto è imputato alla voce.",
            "No more is admitted than is charged to the line.",
        ));
    }
    if admitted == Cents::ZERO && charged > Cents::ZERO {
        let (it, en) =
            ("Una spesa di cui non si ammette nulla si respinge.", "What is not admitted at all is refused.");
        return Err(invalid("input.admitted", it, en));
    }
    match (admitted < charged, reason) {
        (true, None) => Err(needs_reason()),
        (false, Some(_)) => {
            let (it, en) = ("Ammessa per intero, non serve un motivo.", "Admitted whole it needs no reason.");
            Err(invalid("input.reason", it, en))
        }
        (_, reason) => Ok((ExpenseStatus::Admitted, admitted, reason)),
    }
}

fn needs_reason() -> Error {
    invalid("input.reason", "Serve il motivo.", "The reason is needed.")
}

/// Sends a report back to who wrote it, at the latest before it is paid: what was admitted may be a mistake, or an amendment may have taken its room.
pub async fn send_back(write: &Write, permit: &ReviewPermit, (id, revision): (i64, i32), reason: String) -> Result<()> {
    let held = of(write, permit, (id, revision)).await?;
    held.expect(&[ReportStatus::Submitted, ReportStatus::UnderReview, ReportStatus::Admitted])?;
    if held.row.status != ReportStatus::Submitted {
        held.expect_another(permit.actor()).await?;
        // Expenses are opened within a review.
        let reviewed = expense_report::ActiveModel {
            status: Set(ReportStatus::UnderReview),
            reviewed_at: Set(None),
            ..Default::default()
        };
        expense_report::Entity::update_many()
            .set(reviewed)
            .filter(expense_report::Column::Id.eq(id))
            .exec(write.tx())
            .await?;
        let open = expense::ActiveModel {
            status: Set(ExpenseStatus::Reported),
            admitted_cents: Set(None),
            refusal: Set(None),
            ..Default::default()
        };
        expense::Entity::update_many()
            .set(open)
            .filter(expense::Column::ReportId.eq(id))
            .filter(expense::Column::Status.eq(ExpenseStatus::Admitted))
            .exec(write.tx())
            .await?;
    }
    let reason = text(Some(reason), "input.reason")?;
    let row = expense_report::ActiveModel {
        status: Set(ReportStatus::Draft),
        submitted_by: Set(None),
        submitted_at: Set(None),
        reviewed_by: Set(None),
        returned_reason: Set(reason),
        ..Default::default()
    };
    held.close_with(row, permit.actor(), "expense_report.return").await
}

/// Admits a report whose expenses are all judged, once its lines have room for what was admitted.
pub async fn admit(write: &Write, permit: &ReviewPermit, (id, revision): (i64, i32)) -> Result<()> {
    let held = of(write, permit, (id, revision)).await?;
    held.expect(&[ReportStatus::UnderReview])?;
    held.expect_another(permit.actor()).await?;
    if held.expenses.iter().any(|expense| expense.status == ExpenseStatus::Reported) {
        let refusal = Refusal::new(Code::IllegalTransition).argument("input.report");
        let (it, en) = ("Non tutte le spese sono state istruite.", "Not every expense was judged.");
        return Err(refusal.message(it, en).into());
    }
    expect_covered(&held).await?;
    let row = expense_report::ActiveModel {
        status: Set(ReportStatus::Admitted),
        reviewed_by: Set(Some(permit.actor().to_owned())),
        reviewed_at: Set(Some(write.clock().now())),
        ..Default::default()
    };
    held.close_with(row, permit.actor(), "expense_report.admit").await
}

/// Records that what was admitted was paid. From then on nothing of the report changes. One of which nothing was admitted has come to its end already.
pub async fn pay(
    write: &Write,
    permit: &ReviewPermit,
    (id, revision): (i64, i32),
    (on, reference): (NaiveDate, String),
) -> Result<()> {
    let held = of(write, permit, (id, revision)).await?;
    held.expect(&[ReportStatus::Admitted])?;
    held.expect_another(permit.actor()).await?;
    if held.expenses.iter().all(|expense| expense.admitted_cents.unwrap_or(0) == 0) {
        let refusal = Refusal::new(Code::IllegalTransition).argument("input.report");
        let (it, en) = (
            "Non è stato ammesso nulla: non c'è nulla da liquidare.",
            "Nothing was admitted: there is nothing to pay.",
        );
        return Err(refusal.message(it, en).into());
    }
    let today = write.clock().today();
    let reviewed = held.row.reviewed_at.ok_or_else(|| Error::broken("review of report", id))?.date_naive();
    if on < reviewed || on > today {
        return Err(invalid(
            "input.paidOn",
            "Il pagamento va dal giorno dell'ammissione a oggi.",
            "A payment is of a day from that of the admission to today.",
        ));
    }
    let reference = line_of(reference, "input.reference", EXPENSE_REFERENCE_CHARACTERS_MAX)?;
    personal::refuse_reference(&reference, "input.reference")?;
    expect_covered(&held).await?;
    let row = expense_report::ActiveModel {
        status: Set(ReportStatus::Paid),
        paid_on: Set(Some(on)),
        payment_reference: Set(Some(reference)),
        paid_by: Set(Some(permit.actor().to_owned())),
        ..Default::default()
    };
    held.close_with(row, permit.actor(), "expense_report.pay").await
}

/// Refuses where what was admitted lies outside of what is agreed, or above its lines.
async fn expect_covered(held: &Held<'_>) -> Result<()> {
    let (lines, last) = of_report(held).await?;
    for expense in held.expenses.iter().filter(|expense| expense.status == ExpenseStatus::Admitted) {
        expect_agreed(expense.spent_on, last, "input.report")?;
    }
    expect_room(held, &lines, &codes(&held.expenses), (Beside::Admitted, "input.report")).await
}

async fn of<'w>(write: &'w Write, permit: &ReviewPermit, (id, revision): (i64, i32)) -> Result<Held<'w>> {
    Held::find(write, (id, revision), "input.report", |ambito, _| permit.covers(ambito)).await
}
