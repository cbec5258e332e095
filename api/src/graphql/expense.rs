//! An expense of a partner's report, and what the lines of the agreement say to it.

use allocation::{Cents, Micros};
use async_graphql::{ID, SimpleObject};
use entity::expense;

use super::enums::{ExpenseStatus, VatRegime};
use super::id::Key;
use super::scalars::{Date, Euro, ExactDecimal};
use crate::error::Result;
use crate::store::expense::{LineAccount, RefusedExpense, Totals, cost_of};

/// What a partner spent, with its document (spesa). `gross` is always `net` and `vat` together, and `cost` is `charged` and `ownResources`.
#[derive(SimpleObject)]
pub struct Expense {
    /// Opaque identifier, which acts name (identificativo).
    pub id: ID,
    /// Place in the report; the place of one that was removed stays free (numero progressivo).
    pub position: i32,
    /// The day of the expense (data della spesa).
    pub spent_on: Date,
    /// What kind of cost it is (categoria di costo).
    pub category: String,
    /// What it was for (descrizione).
    pub description: Option<String>,
    /// Code of the agreement's line that it is charged to; none where the partner bears it (voce).
    pub line: Option<String>,
    /// Without VAT (imponibile).
    pub net: Euro,
    /// The VAT (IVA).
    pub vat: Euro,
    /// With VAT (importo lordo).
    pub gross: Euro,
    /// How it is taxed (regime IVA).
    pub vat_regime: VatRegime,
    /// The rate in percent; only with the regime `RATE` (aliquota IVA).
    pub vat_rate: Option<ExactDecimal>,
    /// Whether the partner recovers the VAT, so that it is no cost (IVA detraibile).
    pub vat_recoverable: bool,
    /// What it costs: gross, or net where the VAT is recovered (costo ammissibile).
    pub cost: Euro,
    /// What of the cost is charged to the line (importo imputato alla voce).
    pub charged: Euro,
    /// What of the cost the partner bears by itself (risorse proprie).
    pub own_resources: Euro,
    /// The document, as it is cited (riferimento del documento).
    pub document_reference: String,
    /// SHA-256 of the document, in hexadecimal (impronta del documento).
    pub document_digest: String,
    /// What the review said of it (esito).
    pub status: ExpenseStatus,
    /// What of the charged amount was admitted; none until it is judged (importo ammesso).
    pub admitted: Option<Euro>,
    /// Why it was not admitted whole (motivo).
    pub refusal: Option<String>,
}

/// A line of the agreement as a report uses it (voce rendicontata).
#[derive(SimpleObject)]
pub struct ReportedLine {
    /// Code of the line (codice).
    pub code: String,
    /// The year (anno).
    pub year: i32,
    /// What it pays for (voce).
    pub item: Option<String>,
    /// Its amount with VAT in the version of the agreement that holds for the report; zero where that has no such line (importo della voce).
    pub budget: Euro,
    /// What the report charges to it (importo rendicontato).
    pub reported: Euro,
    /// What of that was admitted (importo ammesso).
    pub admitted: Euro,
    /// What of that was refused (importo non ammesso).
    pub refused: Euro,
    /// What was refused, and why (motivi).
    pub refusals: Vec<ExpenseRefusal>,
    /// What is admitted and within the line; to a partner, beside its own reports (importo rimborsabile).
    pub reimbursable: Euro,
    /// What was paid of the line by all reports so far; to a partner, by its own (importo liquidato).
    pub paid: Euro,
    /// The line's amount less what was admitted of it, by this report and by all that are admitted or paid; below zero where an amendment lowered it since. None to a
    /// partner where the agreement has others: it would tell what they were admitted (importo residuo).
    pub remaining: Option<Euro>,
}

/// What of an expense was refused (spesa non ammessa).
#[derive(SimpleObject)]
pub struct ExpenseRefusal {
    /// Place of the expense in the report (numero progressivo).
    pub position: i32,
    /// How much of it (importo non ammesso).
    pub amount: Euro,
    /// Why (motivo).
    pub reason: String,
}

/// What the expenses of a report add up to (totali della rendicontazione).
#[derive(SimpleObject)]
pub struct ExpenseTotals {
    /// What they cost (costo ammissibile).
    pub cost: Euro,
    /// What is charged to lines (importo imputato).
    pub charged: Euro,
    /// What of that was admitted (importo ammesso).
    pub admitted: Euro,
    /// What of that was refused (importo non ammesso).
    pub refused: Euro,
    /// What the partner bears by itself, of expenses that were not refused (risorse proprie).
    pub own_resources: Euro,
    /// What is admitted and within its lines (importo rimborsabile).
    pub reimbursable: Euro,
    /// What was paid (importo liquidato).
    pub paid: Euro,
}

impl Expense {
    pub(super) fn new(row: &expense::Model) -> Result<Self> {
        let euro = |cents| Euro(Cents::new(cents));
        let (cost, charged) = (cost_of(row), Cents::new(row.charged_cents));
        Ok(Self {
            id: Key::Expense(row.id).id(),
            position: row.position,
            spent_on: Date(row.spent_on),
            category: row.category.clone(),
            description: row.description.clone(),
            line: row.line_code.clone(),
            net: euro(row.net_cents),
            vat: euro(row.vat_cents),
            gross: euro(row.gross_cents),
            vat_regime: row.vat_regime.into(),
            vat_rate: row.vat_rate_micros.map(|rate| Micros::new(rate).into()),
            vat_recoverable: row.vat_recoverable,
            cost: Euro(cost),
            charged: Euro(charged),
            own_resources: Euro(cost.checked_sub(charged)?),
            document_reference: row.document_reference.clone(),
            document_digest: row.document_digest.clone(),
            status: row.status.into(),
            admitted: row.admitted_cents.map(euro),
            refusal: row.refusal.clone(),
        })
    }
}

impl ReportedLine {
    pub(super) fn new(line: &LineAccount) -> Self {
        let refusal = |one: &RefusedExpense| ExpenseRefusal {
            position: one.position,
            amount: Euro(one.amount),
            reason: one.reason.clone(),
        };
        Self {
            code: line.code.clone(),
            year: line.year,
            item: line.item.clone(),
            budget: Euro(line.budget),
            reported: Euro(line.reported),
            admitted: Euro(line.admitted),
            refused: Euro(line.refused),
            refusals: line.refusals.iter().map(refusal).collect(),
            reimbursable: Euro(line.reimbursable),
            paid: Euro(line.paid),
            remaining: line.remaining.map(Euro),
        }
    }
}

impl ExpenseTotals {
    pub(super) fn new(totals: &Totals) -> Self {
        Self {
            cost: Euro(totals.cost),
            charged: Euro(totals.charged),
            admitted: Euro(totals.admitted),
            refused: Euro(totals.refused),
            own_resources: Euro(totals.own_resources),
            reimbursable: Euro(totals.reimbursable),
            paid: Euro(totals.paid),
        }
    }
}
