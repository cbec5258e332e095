//! An expense as it is given, and what of it is wrong by itself.

use allocation::vat::{Line, Vat, from_gross, from_net};
use allocation::{Cents, Micros};
use chrono::{Datelike, NaiveDate};
use entity::expense;
use entity::kinds::VatRegime;

use super::document::{Document, document};
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{EXPENSE_CATEGORY_CHARACTERS_MAX, EXPENSE_CENTS_MAX};
use crate::store::personal;
use crate::store::shape::{self, TEXT_CHARACTERS_MAX, YEAR_MAX, YEAR_MIN, invalid};
use crate::store::text::checked;

/// An expense to be.
#[derive(Clone, Debug)]
pub struct GivenExpense {
    /// Day of the expense.
    pub spent_on: NaiveDate,
    /// What kind of cost it is.
    pub category: String,
    /// What it was for.
    pub description: Option<String>,
    /// How VAT applies.
    pub regime: VatRegime,
    /// VAT rate in per cent; with the regime `Rate` only.
    pub rate: Option<Micros>,
    /// Net amount.
    pub net: Option<Cents>,
    /// VAT, to be compared.
    pub vat: Option<Cents>,
    /// Gross amount.
    pub gross: Option<Cents>,
    /// Whether the partner recovers the VAT, so that it is no cost.
    pub recoverable: bool,
    /// Code of the line that it is charged to; none where the partner bears it.
    pub line: Option<String>,
    /// What of the cost is charged to the line; all of it where left out.
    pub charged: Option<Cents>,
    /// The document, as it is cited.
    pub document_reference: Option<String>,
    /// SHA-256 of the document, in hexadecimal.
    pub document_digest: Option<String>,
}

/// An expense that is right by itself.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) spent_on: NaiveDate,
    pub(super) category: String,
    pub(super) description: Option<String>,
    pub(super) regime: VatRegime,
    pub(super) rate: Option<Micros>,
    pub(super) amounts: Line,
    pub(super) recoverable: bool,
    pub(super) line: Option<String>,
    pub(super) charged: Cents,
    pub(super) document: Document,
}

/// What of an expense is a cost: VAT that comes back is none.
fn cost(net: Cents, gross: Cents, recoverable: bool) -> Cents {
    if recoverable { net } else { gross }
}

/// The same of an expense that was written.
pub fn cost_of(expense: &expense::Model) -> Cents {
    cost(Cents::new(expense.net_cents), Cents::new(expense.gross_cents), expense.vat_recoverable)
}

/// Checks all that needs nothing but the expense itself.
pub(super) fn checked_expense(given: GivenExpense, today: NaiveDate) -> Result<Checked> {
    let spent_on = given.spent_on;
    if spent_on > today || !(YEAR_MIN..=YEAR_MAX).contains(&spent_on.year()) {
        return Err(invalid(
            "input.cost.spentOn",
            "Il giorno va dal 1990 a oggi.",
            "The day is one from 1990 to today.",
        ));
    }
    let category = shape::line_of(given.category, "input.cost.category", EXPENSE_CATEGORY_CHARACTERS_MAX)?;
    personal::refuse(&category, "input.cost.category")?;
    let description = text(given.description, "input.cost.description")?;
    let document = document(given.document_reference, given.document_digest)?;
    let amounts = amounts((given.regime, given.rate), (given.net, given.vat, given.gross))?;
    let cost = cost(amounts.net, amounts.gross, given.recoverable);
    let charged = charged(cost, given.line.as_deref(), given.charged)?;
    Ok(Checked {
        spent_on,
        category,
        description,
        regime: given.regime,
        rate: given.rate,
        amounts,
        recoverable: given.recoverable,
        line: given.line,
        charged,
        document,
    })
}

/// A text of several lines, or none.
pub(super) fn text(text: Option<String>, argument: &str) -> Result<Option<String>> {
    let text = text.map(|text| checked(text, argument, TEXT_CHARACTERS_MAX)).transpose()?;
    if let Some(text) = &text {
        personal::refuse(text, argument)?;
    }
    Ok(text)
}

/// Net, VAT and gross: what is not given follows from the rest, and all that is given must fit.
fn amounts(
    (regime, rate): (VatRegime, Option<Micros>),
    (net, vat, gross): (Option<Cents>, Option<Cents>, Option<Cents>),
) -> Result<Line> {
    let place = |field: &str| format!("input.cost.{field}");
    let regime = match (regime, rate) {
        (VatRegime::Rate, Some(rate)) if (Micros::ZERO..=Micros::HUNDRED).contains(&rate) => Vat::Rate(rate),
        (VatRegime::Exempt, None) => Vat::Exempt,
        (VatRegime::OutOfScope, None) => Vat::OutOfScope,
        _ => {
            return Err(invalid(
                &place("vatRate"),
                "Un'aliquota da 0 a 100 serve con il regime RATE, e solo con quello.",
                "A rate from 0 to 100 is needed with the regime RATE, and with no other.",
            ));
        }
    };
    for (amount, field) in [(net, "net"), (vat, "vat"), (gross, "gross")] {
        if amount.is_some_and(Cents::is_negative) {
            return Err(invalid(&place(field), "Un importo non è negativo.", "An amount is not below zero."));
        }
        if amount.is_some_and(|amount| amount > Cents::new(EXPENSE_CENTS_MAX)) {
            return Err(Refusal::new(Code::Overflow).argument(place(field)).into());
        }
    }
    let mismatch = |field: &str| Error::from(Refusal::new(Code::VatMismatch).argument(place(field)));
    let line = match (net, gross) {
        (None, None) => {
            let (it, en) = ("Serve l'importo netto o quello lordo.", "The net or the gross amount is needed.");
            return Err(invalid(&place("gross"), it, en));
        }
        (Some(net), None) => from_net(net, regime)?,
        (None, Some(gross)) => from_gross(gross, regime)?,
        (Some(net), Some(gross)) => {
            let ways = [from_net(net, regime)?, from_gross(gross, regime)?];
            let fits = |line: &Line| line.net == net && line.gross == gross;
            ways.into_iter().find(fits).ok_or_else(|| mismatch("gross"))?
        }
    };
    if vat.is_some_and(|vat| vat != line.vat) {
        return Err(mismatch("vat"));
    }
    if line.gross == Cents::ZERO {
        return Err(invalid(&place("gross"), "Una spesa è più di zero.", "An expense is above zero."));
    }
    if line.gross > Cents::new(EXPENSE_CENTS_MAX) {
        return Err(Refusal::new(Code::Overflow).argument(place("net")).into());
    }
    Ok(line)
}

/// What of a cost is charged to the line.
fn charged(cost: Cents, line: Option<&str>, charged: Option<Cents>) -> Result<Cents> {
    let refused = |it, en| Err(invalid("input.cost.charged", it, en));
    match (line, charged) {
        (None, None | Some(Cents::ZERO)) => Ok(Cents::ZERO),
        (None, Some(_)) => refused("Senza una voce non si imputa nulla.", "Without a line nothing is charged."),
        (Some(_), charged) => {
            let charged = charged.unwrap_or(cost);
            if charged <= Cents::ZERO {
                return refused("Alla voce si imputa più di zero.", "More than zero is charged to a line.");
            }
            if charged > cost {
                return refused(
                    "Alla voce non si imputa più del costo; l'IVA detraibile non è un costo.",
                    "No more than the cost is charged to a line; VAT that is recovered is no cost.",
                );
            }
            Ok(charged)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_follows_and_what_is_given_fits() {
        let rate = |percent: &str| (VatRegime::Rate, Micros::parse(percent).ok());
        let exempt = (VatRegime::Exempt, None);
        let euro = |text: &str| (!text.is_empty()).then(|| Cents::parse(text).unwrap());
        // Regime; net, VAT and gross as given; net, VAT and gross as they come out, or the code.
        let cases = [
            (rate("4"), ["38461.54", "", ""], "38461.54 1538.46 40000.00"),
            (rate("4"), ["", "", "40000.00"], "38461.54 1538.46 40000.00"),
            (rate("4"), ["38461.54", "1538.46", "40000.00"], "38461.54 1538.46 40000.00"),
            (rate("22"), ["100.00", "", "122.01"], "VAT_MISMATCH"),
            (rate("22"), ["100.00", "21.99", ""], "VAT_MISMATCH"),
            (exempt, ["", "", "10.00"], "10.00 0.00 10.00"),
            (exempt, ["10.00", "", "10.01"], "VAT_MISMATCH"),
            (exempt, ["", "", ""], "INVALID"),
            (exempt, ["", "", "0.00"], "INVALID"),
            (exempt, ["", "", "-1.00"], "INVALID"),
            (exempt, ["1000000000.01", "", ""], "OVERFLOW"),
            (rate("100"), ["600000000.00", "", ""], "OVERFLOW"),
            (rate("100.000001"), ["1.00", "", ""], "INVALID"),
            ((VatRegime::Rate, None), ["1.00", "", ""], "INVALID"),
            ((VatRegime::OutOfScope, Some(Micros::ZERO)), ["1.00", "", ""], "INVALID"),
        ];
        for (regime, [net, vat, gross], expected) in cases {
            let told = match amounts(regime, (euro(net), euro(vat), euro(gross))) {
                Ok(line) => format!("{} {} {}", line.net, line.vat, line.gross),
                Err(error) => error.code().as_str().to_owned(),
            };
            assert_eq!(told, expected, "{net} {vat} {gross}");
        }
    }
}
