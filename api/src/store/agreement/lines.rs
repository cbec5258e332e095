//! Checks the lines of an agreement: net, VAT and gross fit together, whichever of them is given.

use allocation::vat::{self, Given, Printed, Vat, from_gross, from_net};
use allocation::{Cents, Micros};
use entity::kinds::{PartGiven, TermGiven};

use super::check::{self, Scope, within};
use super::given::{GivenLine, GivenPart, GivenSize};
use super::terms::{Line, Part};
use crate::error::{Code, Error, Refusal, Result};
use crate::store::shape::{self, invalid};

/// Months of a part of a line.
const MONTHS_MAX: u32 = 1_200;

/// A line of a version. `place` is the way to it.
pub(super) fn line(given: GivenLine, place: &str, scope: &Scope<'_>) -> Result<Line> {
    let year = scope.year(given.year, place)?;
    if !(Micros::ZERO..=Micros::HUNDRED).contains(&given.vat.rate()) {
        let (it, en) = ("L'aliquota va da 0 a 100.", "A rate is from 0 to 100.");
        return Err(invalid(&format!("{place}.vatRate"), it, en));
    }
    for (field, amount) in [("net", given.net), ("vat", given.vat_amount), ("gross", given.gross)] {
        amount.map(|amount| within(amount, &format!("{place}.{field}"))).transpose()?;
    }
    let parts = given.parts.iter().enumerate();
    let parts = parts.map(|(at, part)| self::part(part, given.vat, &format!("{place}.parts.{at}")));
    let parts: Vec<Part> = parts.collect::<Result<_>>()?;
    let (term, amount) = amounts(&given, &parts, place)?;
    within(amount.gross, &format!("{place}.gross"))?;
    let service = |code| check::service(code, scope.ground, || format!("{place}.service"));
    Ok(Line {
        year,
        area: scope.area(given.area, place)?,
        item: given.item.map(|item| shape::line(item, &format!("{place}.item"))).transpose()?,
        service: given.service.map(service).transpose()?,
        code: shape::code(given.code, &format!("{place}.code"))?,
        given: term,
        vat: given.vat,
        amount,
        parts,
    })
}

fn part(given: &GivenPart, regime: Vat, place: &str) -> Result<Part> {
    let field = |name: &str| format!("{place}.{name}");
    let at = |name: &str| {
        let argument = field(name);
        move |fault: allocation::Error| Error::from(fault).at(&argument)
    };
    let (term, quantity, price, amount) = match given.size {
        GivenSize::Months(months, fee) => {
            if !(1..=MONTHS_MAX).contains(&months) {
                let (it, en) = ("I mesi vanno da 1 a 1200.", "The months are from 1 to 1200.");
                return Err(invalid(&field("months"), it, en));
            }
            within(fee, &field("monthlyFee"))?;
            let net = vat::months_times_fee(months, fee).map_err(at("monthlyFee"))?;
            let amount = from_net(within(net, &field("monthlyFee"))?, regime).map_err(at("monthlyFee"))?;
            (PartGiven::Months, Micros::new(i64::from(months) * Micros::SCALE), fee, amount)
        }
        GivenSize::Hours(hours, cost) => {
            if hours <= Micros::ZERO {
                return Err(invalid(&field("hours"), "Servono delle ore.", "There must be hours."));
            }
            within(cost, &field("hourlyCost"))?;
            let gross = vat::hours_times_cost(hours, cost).map_err(at("hours"))?;
            let amount = from_gross(within(gross, &field("hours"))?, regime).map_err(at("hours"))?;
            (PartGiven::Hours, hours, cost, amount)
        }
    };
    let stated = given.stated.map(|stated| within(stated, &field("stated"))).transpose()?;
    Ok(Part { item: shape::line(given.item.clone(), &field("item"))?, given: term, quantity, price, amount, stated })
}

/// What a line comes to, and from which of its amounts. Where both net and gross are given, the one is taken that the others follow from.
fn amounts(line: &GivenLine, parts: &[Part], place: &str) -> Result<(TermGiven, vat::Line)> {
    let named = |fault: allocation::Error| Error::from(fault).at(place);
    let printed = Printed { net: line.net, vat: line.vat_amount, gross: line.gross };
    let (term, made) = match printed.line(line.vat).map_err(named)? {
        Some((Given::Net, made)) => (TermGiven::Net, made),
        Some((Given::Gross, made)) => (TermGiven::Gross, made),
        None => (TermGiven::Parts, of_parts(line.vat, parts, place)?),
    };
    if !printed.fits(made) {
        return Err(mismatch(line, made, place));
    }
    if term != TermGiven::Parts {
        expect_some_of_it(made, parts, place)?;
    }
    Ok((term, made))
}

fn mismatch(line: &GivenLine, made: vat::Line, place: &str) -> Error {
    let field = if line.vat_amount.is_some_and(|vat| vat != made.vat) { "vat" } else { "gross" };
    let vat::Line { net, vat, gross } = made;
    let (it, en) = (
        format!("Non tornano: con imponibile {net} l'IVA è {vat} e il totale {gross}."),
        format!("They do not fit: a net amount of {net} has {vat} of VAT and a gross amount of {gross}."),
    );
    Refusal::new(Code::VatMismatch).message(it, en).argument(format!("{place}.{field}")).into()
}

/// What parts come to together: months add up net, hours gross, each as its price is.
fn of_parts(regime: Vat, parts: &[Part], place: &str) -> Result<vat::Line> {
    let is = |given: PartGiven| parts.iter().all(|part| part.given == given);
    let made = match parts {
        [] => {
            let (it, en) = ("Indicare l'imponibile, il totale o le parti.", "Give the net, the gross amount or parts.");
            return Err(invalid(&format!("{place}.net"), it, en));
        }
        _ if is(PartGiven::Months) => from_net(Cents::sum(parts.iter().map(|part| part.amount.net))?, regime),
        _ if is(PartGiven::Hours) => from_gross(Cents::sum(parts.iter().map(|part| part.amount.gross))?, regime),
        _ => {
            let (it, en) = (
                "Le parti che fanno una voce sono tutte a mesi o tutte a ore.",
                "Parts that make up a line are all months, or all hours.",
            );
            return Err(invalid(&format!("{place}.parts"), it, en));
        }
    };
    made.map_err(|fault| Error::from(fault).at(&format!("{place}.parts")))
}

/// Parts of a line with an amount of its own are some of it. Months are compared net, as they are given: their gross amounts are each rounded.
fn expect_some_of_it(line: vat::Line, parts: &[Part], place: &str) -> Result<()> {
    let (sum, most) = if parts.iter().all(|part| part.given == PartGiven::Months) {
        (Cents::sum(parts.iter().map(|part| part.amount.net))?, line.net)
    } else {
        (Cents::sum(parts.iter().map(|part| part.amount.gross))?, line.gross)
    };
    if sum <= most {
        return Ok(());
    }
    let (it, en) = (
        format!("Le parti ({sum} euro) superano la voce ({most} euro)."),
        format!("The parts ({sum} euro) are above the line ({most} euro)."),
    );
    Err(Refusal::new(Code::Invalid).message(it, en).argument(format!("{place}.parts")).into())
}
