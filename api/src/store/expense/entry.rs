//! The expenses of a report: written, changed and removed while it is a draft.

use std::collections::BTreeSet;

use chrono::Datelike;
use entity::kinds::{ExpenseStatus, ReportStatus};
use entity::{expense, expense_report};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::given::{Checked, GivenExpense, checked_expense};
use super::held::Held;
use super::lines::{expect_room, of_report};
use crate::auth::ReportPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::EXPENSES_A_REPORT_MAX;
use crate::store::ambito::expect_room as expect_place;
use crate::store::{Write, packed};

/// Adds an expense to a draft that is still at this revision. Returns the report's row id.
pub async fn add(
    write: &Write,
    permit: &ReportPermit,
    (report, revision): (i64, i32),
    given: GivenExpense,
) -> Result<i64> {
    let covers = |ambito, partner| permit.covers(ambito, partner);
    let held = Held::find(write, (report, revision), "input.report", covers).await?;
    held.expect(&[ReportStatus::Draft])?;
    expect_place(held.expenses.len(), EXPENSES_A_REPORT_MAX, "input.report")?;
    let checked = fitting(&held, given, None).await?;
    let line = checked.line.clone();
    let position = held.expenses.last().map_or(Some(1), |last| last.position.checked_add(1));
    let position = position.ok_or_else(|| Error::from(Refusal::new(Code::Overflow)))?;
    let row = expense::ActiveModel { report_id: Set(report), position: Set(position), ..row(checked) };
    expense::Entity::insert(row).exec_without_returning(write.tx()).await?;
    close(held, line, permit.actor(), "expense.add").await
}

/// Says an expense of a draft anew. Returns the report's row id.
pub async fn update(
    write: &Write,
    permit: &ReportPermit,
    (expense, revision): (i64, i32),
    given: GivenExpense,
) -> Result<i64> {
    let covers = |ambito, partner| permit.covers(ambito, partner);
    let (held, _) = Held::find_by_expense(write, (expense, revision), covers).await?;
    held.expect(&[ReportStatus::Draft])?;
    let checked = fitting(&held, given, Some(expense)).await?;
    let line = checked.line.clone();
    let of = expense::Column::Id.eq(expense);
    expense::Entity::update_many().set(row(checked)).filter(of).exec(write.tx()).await?;
    close(held, line, permit.actor(), "expense.update").await
}

/// Removes an expense from a draft. Returns the report's row id.
pub async fn remove(write: &Write, permit: &ReportPermit, (expense, revision): (i64, i32)) -> Result<i64> {
    let covers = |ambito, partner| permit.covers(ambito, partner);
    let (held, _) = Held::find_by_expense(write, (expense, revision), covers).await?;
    held.expect(&[ReportStatus::Draft])?;
    expense::Entity::delete_by_id(expense).exec(write.tx()).await?;
    close(held, None, permit.actor(), "expense.remove").await
}

/// What was written stands once its line has room for it.
async fn close(held: Held<'_>, line: Option<String>, actor: &str, act: &str) -> Result<i64> {
    let line: BTreeSet<&str> = line.as_deref().into_iter().collect();
    expect_room(&held, held.write.clock().today(), &line, "input.cost.charged").await?;
    let id = held.row.id;
    held.close_changed(actor, act).await?;
    Ok(id)
}

/// An expense that fits its report, the agreement, and all others of the server.
async fn fitting(held: &Held<'_>, given: GivenExpense, own: Option<i64>) -> Result<Checked> {
    let today = held.write.clock().today();
    let checked = checked_expense(given, today)?;
    expect_in_period(&held.row, &checked)?;
    if let Some(code) = &checked.line {
        let lines = of_report(held.write.tx(), &held.row, today).await?;
        let line = lines.get(code);
        let line = line.ok_or_else(|| Error::from(Refusal::new(Code::OutsideAgreement).argument("input.cost.line")))?;
        if line.year != checked.spent_on.year() {
            let refusal = Refusal::new(Code::OutsidePeriod).argument("input.cost.spentOn").message(
                format!("La voce {code} è del {}.", line.year),
                format!("The line {code} is of {}.", line.year),
            );
            return Err(refusal.into());
        }
    }
    expect_unused(held, (&checked.key, &checked.digest), own, "input.cost").await?;
    Ok(checked)
}

fn expect_in_period(report: &expense_report::Model, checked: &Checked) -> Result<()> {
    if (report.period_from..=report.period_to).contains(&checked.spent_on) {
        return Ok(());
    }
    let refusal = Refusal::new(Code::OutsidePeriod).argument("input.cost.spentOn").message(
        format!("La rendicontazione va dal {} al {}.", report.period_from, report.period_to),
        format!("The report is from {} to {}.", report.period_from, report.period_to),
    );
    Err(refusal.into())
}

/// Refuses a document that another expense has, wherever on the server: by its digest; or by its reference, of the same partner or one of the same tax code, since
/// two organisations may number their invoices alike. Nothing is said of where it is.
pub(super) async fn expect_unused(
    held: &Held<'_>,
    (key, digest): (&str, &str),
    own: Option<i64>,
    argument: &str,
) -> Result<()> {
    let sql = "SELECT 1 FROM expense WHERE document_digest = $1 AND status <> 'REFUSED' AND id <> $2 \
               UNION ALL \
               SELECT 2 FROM expense e JOIN expense_report r ON r.id = e.report_id JOIN partner p ON p.id = r.partner_id \
               WHERE e.document_key = $3 AND e.status <> 'REFUSED' AND e.id <> $2 \
                 AND (p.id = $4 OR p.tax_code = $5)";
    // Row ids begin with 1, and no tax code is empty.
    let tax_code = held.partner.tax_code.clone().unwrap_or_default();
    let values = [digest.into(), own.unwrap_or(0).into(), key.into(), held.partner.id.into(), tax_code.into()];
    let found = packed::rows(held.write.tx(), sql, values).await?;
    let Some(row) = found.first() else { return Ok(()) };
    let by_digest: i32 = row.try_get_by_index(0)?;
    let field = if by_digest == 1 { "documentDigest" } else { "documentReference" };
    let argument = if argument == "input.cost" { format!("{argument}.{field}") } else { argument.to_owned() };
    Err(Refusal::new(Code::DocumentUsed).argument(argument).into())
}

/// The row of an expense that nobody has judged.
fn row(checked: Checked) -> expense::ActiveModel {
    expense::ActiveModel {
        spent_on: Set(checked.spent_on),
        category: Set(checked.category),
        description: Set(checked.description),
        line_code: Set(checked.line),
        net_cents: Set(checked.amounts.net.get()),
        vat_cents: Set(checked.amounts.vat.get()),
        gross_cents: Set(checked.amounts.gross.get()),
        vat_regime: Set(checked.regime),
        vat_rate_micros: Set(checked.rate.map(allocation::Micros::get)),
        vat_recoverable: Set(checked.recoverable),
        charged_cents: Set(checked.charged.get()),
        document_reference: Set(checked.reference),
        document_key: Set(checked.key),
        document_digest: Set(checked.digest),
        status: Set(ExpenseStatus::Reported),
        admitted_cents: Set(None),
        refusal: Set(None),
        ..Default::default()
    }
}
