//! The expenses of a report: written, changed and removed while it is a draft.

use entity::kinds::{ExpenseStatus, ReportStatus};
use entity::{expense, expense_report};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::given::{Checked, GivenExpense, checked_expense};
use super::held::Held;
use super::lines::{Beside, Lines, expect_line, expect_room, of_draft, taken};
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
    let mut held = Held::find(write, (report, revision), "input.report", covers).await?;
    held.expect(&[ReportStatus::Draft])?;
    expect_place(held.expenses.len(), EXPENSES_A_REPORT_MAX, "input.report")?;
    let (checked, lines) = fitting(&mut held, given, None).await?;
    let line = checked.line.clone();
    let position = held.expenses.last().map_or(Some(1), |last| last.position.checked_add(1));
    let position = position.ok_or_else(|| Error::from(Refusal::new(Code::Overflow)))?;
    let row = expense::ActiveModel {
        report_id: Set(report),
        position: Set(position),
        created_by: Set(Some(permit.actor().to_owned())),
        ..row(checked)
    };
    expense::Entity::insert(row).exec_without_returning(write.tx()).await?;
    let asking = line.as_deref().into_iter().collect();
    expect_room(&held, &lines, &asking, (Beside::seen_by(permit), CHARGED)).await?;
    held.close_changed(permit.actor(), "expense.add").await?;
    Ok(report)
}

/// Says an expense of a draft anew. Returns the report's row id.
pub async fn update(
    write: &Write,
    permit: &ReportPermit,
    (expense, revision): (i64, i32),
    given: GivenExpense,
) -> Result<i64> {
    let covers = |ambito, partner| permit.covers(ambito, partner);
    let (mut held, at) = Held::find_by_expense(write, (expense, revision), covers).await?;
    held.expect(&[ReportStatus::Draft])?;
    let (checked, lines) = fitting(&mut held, given, Some(expense)).await?;
    let old = &held.expenses[at];
    // An amendment may have left less than is asked already: what asks no more is corrected, or lowered, all the same.
    let asks_more = checked.line != old.line_code || checked.charged > taken(old);
    let line = checked.line.clone().filter(|_| asks_more);
    let of = expense::Column::Id.eq(expense);
    let row = expense::ActiveModel { updated_by: Set(Some(permit.actor().to_owned())), ..row(checked) };
    expense::Entity::update_many().set(row).filter(of).exec(write.tx()).await?;
    let asking = line.as_deref().into_iter().collect();
    expect_room(&held, &lines, &asking, (Beside::seen_by(permit), CHARGED)).await?;
    let id = held.row.id;
    held.close_changed(permit.actor(), "expense.update").await?;
    Ok(id)
}

/// Removes an expense from a draft. Returns the report's row id.
pub async fn remove(write: &Write, permit: &ReportPermit, (expense, revision): (i64, i32)) -> Result<i64> {
    let covers = |ambito, partner| permit.covers(ambito, partner);
    let (held, _) = Held::find_by_expense(write, (expense, revision), covers).await?;
    held.expect(&[ReportStatus::Draft])?;
    expense::Entity::delete_by_id(expense).exec(write.tx()).await?;
    let id = held.row.id;
    held.close_changed(permit.actor(), "expense.remove").await?;
    Ok(id)
}

/// What asks for room of a line.
const CHARGED: &str = "input.cost.charged";

/// An expense that fits its report, the agreement, and all others of the server; and the lines that the report may charge.
async fn fitting(held: &mut Held<'_>, given: GivenExpense, own: Option<i64>) -> Result<(Checked, Lines)> {
    let checked = checked_expense(given, held.write.clock().today())?;
    expect_in_period(&held.row, &checked)?;
    let lines = of_draft(held).await?;
    if let Some(code) = &checked.line {
        expect_line(&lines, (code, checked.spent_on), ("input.cost.line", "input.cost.spentOn"))?;
    }
    expect_unused(held, (&checked.document.key, &checked.document.digest), own, "input.cost").await?;
    Ok((checked, lines))
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
/// two organisations may number their invoices alike. The digest is told of first. Nothing is said of where it is.
pub(super) async fn expect_unused(
    held: &Held<'_>,
    (key, digest): (&str, &str),
    own: Option<i64>,
    argument: &str,
) -> Result<()> {
    let sql = "SELECT 1 AS way FROM expense WHERE document_digest = $1 AND status <> 'REFUSED' AND id <> $2 \
               UNION ALL \
               SELECT 2 AS way FROM expense e JOIN expense_report r ON r.id = e.report_id JOIN partner p ON p.id = r.partner_id \
               WHERE e.document_key = $3 AND e.status <> 'REFUSED' AND e.id <> $2 \
                 AND (p.id = $4 OR p.tax_code = $5) \
               ORDER BY 1 LIMIT 1";
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
        document_reference: Set(checked.document.reference),
        document_key: Set(checked.document.key),
        document_digest: Set(checked.document.digest),
        status: Set(ExpenseStatus::Reported),
        admitted_cents: Set(None),
        refusal: Set(None),
        ..Default::default()
    }
}
