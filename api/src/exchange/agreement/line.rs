//! `line`: what a version pays, a year and item; net, VAT and gross fit together.

use allocation::vat::{self, Vat};
use allocation::{Cents, Micros};

use super::version::{Scope, all};
use crate::exchange::document::{Table, Value};
use crate::exchange::names::Declared;
use crate::exchange::text;
use crate::store::agreement::given::{GivenLine, GivenPart, GivenSize};

/// A line, and what it comes to.
pub(super) struct Read {
    pub(super) given: GivenLine,
    pub(super) amounts: vat::Line,
}

/// The amounts that a line or a part prints, each with its place.
struct Printed<'a> {
    net: Option<(Value<'a>, Cents)>,
    vat: Option<(Value<'a>, Cents)>,
    gross: Option<(Value<'a>, Cents)>,
}

/// `line`
pub(super) fn line(mut table: Table<'_>, codes: &mut Declared<String>, scope: &Scope) -> Option<Read> {
    let code = codes.declare(table.need("code"), text::code);
    let year = table.need("year").and_then(|value| scope.year(value));
    let area = scope.area(&mut table);
    let item = table.text_or_none("item");
    let service = table.read_or_none("service", text::code);
    let vat = vat(&mut table);
    let printed = Printed::of(&mut table, &["net", "vat", "gross"]);
    let is_sum = table.flag("sum_of_parts");
    let parts = all(&mut table, "part", |table| part(table, vat));
    let (vat, printed, parts) = (vat?, printed?, parts?);
    let (own_of, amounts) =
        if is_sum { sum(&table, &parts, vat).map(|line| (None, line)) } else { own(&table, &printed, vat) }?;
    let fits = printed.expect(amounts);
    table.finish();
    // What its parts add up to is worked out again, and needs no amount beside it.
    let net = (own_of == Some(vat::Given::Net)).then_some(amounts.net);
    let gross = (own_of == Some(vat::Given::Gross)).then_some(amounts.gross);
    let given = GivenLine {
        code: code?,
        year: year?,
        area,
        item,
        service,
        vat,
        net,
        vat_amount: (!is_sum).then_some(amounts.vat),
        gross,
        parts: parts.into_iter().map(|part| part.given).collect(),
    };
    fits.then_some(Read { given, amounts })
}

/// `vat_regime`, with the `vat_rate` that only one of them has.
fn vat(table: &mut Table<'_>) -> Option<Vat> {
    const REGIMES: [(&str, Vat); 3] =
        [("RATE", Vat::Rate(Micros::ZERO)), ("EXEMPT", Vat::Exempt), ("OUT_OF_SCOPE", Vat::OutOfScope)];
    match table.need("vat_regime")?.choice(&REGIMES)? {
        Vat::Rate(_) => table.read("vat_rate", text::percent).map(Vat::Rate),
        other => Some(other),
    }
}

/// What a line with an amount of its own comes to, and which of its amounts that is: as an act takes it.
fn own(table: &Table<'_>, printed: &Printed<'_>, vat: Vat) -> Option<(Option<vat::Given>, vat::Line)> {
    let amount = |printed: &Option<(Value<'_>, Cents)>| printed.as_ref().map(|(_, amount)| *amount);
    let amounts = vat::Printed { net: amount(&printed.net), vat: amount(&printed.vat), gross: amount(&printed.gross) };
    match amounts.line(vat) {
        // Where nothing fits, it is told against the net.
        Ok(Some((_, line))) if !amounts.fits(line) && amounts.net.is_some() => {
            let of_net = vat::from_net(amounts.net.unwrap_or_default(), vat);
            of_net.map(|line| (Some(vat::Given::Net), line)).map_err(|error| table.problem(error.to_string())).ok()
        }
        Ok(Some((given, line))) => Some((Some(given), line)),
        Ok(None) => {
            table.problem("a line needs `net` or `gross`, or `sum_of_parts = true`");
            None
        }
        Err(error) => {
            table.problem(error.to_string());
            None
        }
    }
}

/// A part, and what it comes to.
struct ReadPart {
    given: GivenPart,
    amounts: vat::Line,
}

/// What a line comes to whose parts are all of it.
fn sum(table: &Table<'_>, parts: &[ReadPart], vat: Vat) -> Option<vat::Line> {
    let are_months = parts.iter().all(|part| matches!(part.given.size, GivenSize::Months(..)));
    let are_hours = parts.iter().all(|part| matches!(part.given.size, GivenSize::Hours(..)));
    let amounts = match (parts.is_empty(), are_months, are_hours) {
        (true, _, _) => {
            table.problem("there is no part to add up");
            return None;
        }
        (_, true, _) => Cents::sum(parts.iter().map(|part| part.amounts.net)).and_then(|net| vat::from_net(net, vat)),
        (_, _, true) => {
            Cents::sum(parts.iter().map(|part| part.amounts.gross)).and_then(|gross| vat::from_gross(gross, vat))
        }
        _ => {
            table.problem("parts that add up to the line are all months or all hours");
            return None;
        }
    };
    amounts.map_err(|error| table.problem(error.to_string())).ok()
}

/// `part`: `months` at a `fee` without VAT, or `hours` at an `hourly_cost` with VAT.
fn part(mut table: Table<'_>, vat: Option<Vat>) -> Option<ReadPart> {
    let item = table.text("item");
    let size = if table.has("months") {
        let months = table.need("months").and_then(Value::count);
        let fee = table.read("fee", text::money);
        months.zip(fee).map(|(months, fee)| GivenSize::Months(months, fee))
    } else if table.has("hours") {
        let hours = table.read("hours", text::number);
        let cost = table.read("hourly_cost", text::money);
        hours.zip(cost).map(|(hours, cost)| GivenSize::Hours(hours, cost))
    } else {
        table.problem("a part needs `months` and `fee`, or `hours` and `hourly_cost`");
        None
    };
    let printed = Printed::of(&mut table, &["net", "gross"]);
    let stated = table.get("stated").map_or(Some(None), |value| value.read(text::money).map(Some));
    let (item, size, printed, stated, vat) = (item?, size?, printed?, stated?, vat?);
    let amounts = match size {
        GivenSize::Months(months, fee) => vat::months_times_fee(months, fee).and_then(|net| vat::from_net(net, vat)),
        GivenSize::Hours(hours, cost) => {
            vat::hours_times_cost(hours, cost).and_then(|gross| vat::from_gross(gross, vat))
        }
    };
    let amounts = amounts.map_err(|error| table.problem(error.to_string())).ok()?;
    let fits = printed.expect(amounts);
    table.finish();
    fits.then_some(ReadPart { given: GivenPart { item, size, stated }, amounts })
}

impl<'a> Printed<'a> {
    /// Those of these amounts that stand in a table; nothing where one of them is wrong.
    fn of(table: &mut Table<'a>, keys: &[&str]) -> Option<Self> {
        let mut read = |key: &str| {
            let value = if keys.contains(&key) { table.get(key) } else { None };
            value.map_or(Some(None), |value| value.read(text::money).map(|amount| Some((value, amount))))
        };
        let (net, vat, gross) = (read("net"), read("vat"), read("gross"));
        Some(Self { net: net?, vat: vat?, gross: gross? })
    }

    /// Reports those that are not what they come to.
    fn expect(&self, amounts: vat::Line) -> bool {
        let mut fits = true;
        for (printed, found) in [(&self.net, amounts.net), (&self.vat, amounts.vat), (&self.gross, amounts.gross)] {
            if let Some((value, printed)) = printed.as_ref().filter(|(_, printed)| *printed != found) {
                let vat::Line { net, vat, gross } = amounts;
                value.problem(&format!("{net} and {vat} of VAT are {gross}; {found} is expected here, not {printed}"));
                fits = false;
            }
        }
        fits
    }
}
