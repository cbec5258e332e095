//! `contribution`, `perimeter` and `programme`: what partners add, and what a version is worth.

use allocation::{Cents, vat};

use super::version::{Scope, Sums, all};
use crate::exchange::document::{Table, Value};
use crate::exchange::names::Declared;
use crate::exchange::text;
use crate::store::agreement::given::{ContributionSize, GivenContribution, GivenPerimeter, GivenProgramme};

/// A contribution, and what it comes to.
pub(super) struct Read {
    pub(super) given: GivenContribution,
    pub(super) amount: Cents,
}

/// `contribution`: an `amount`, or a `percent` of the net total of the year's lines, with which an amount beside it is compared.
pub(super) fn contribution(mut table: Table<'_>, sums: &Sums, scope: &Scope) -> Option<Read> {
    let year = table.need("year").and_then(|value| scope.year(value));
    let area = scope.area(&mut table);
    let item = table.text_or_none("item");
    let partner = scope.partner(&mut table);
    let percent = table.get("percent").map(|value| value.read(text::percent));
    let printed = table.get("amount").map(|value| Some((value, value.read(text::money)?)));
    let items = all(&mut table, "detail", |mut table| {
        let (item, amount) = (table.text("item"), table.read("amount", text::money));
        table.finish();
        Some((item?, amount?))
    });
    if percent.is_none() && printed.is_none() {
        table.problem("a contribution needs `amount` or `percent`");
    }
    let (year, items) = (year?, items?);
    let (size, amount) = match (percent, printed) {
        (Some(percent), printed) => {
            let percent = percent?;
            let net = sums.as_ref()?.get(&year).map_or(Cents::ZERO, |sum| sum.net);
            let amount = vat::percent_of(net, percent).map_err(|error| table.problem(error.to_string())).ok()?;
            if let Some((value, printed)) = printed.map(|given| given.ok_or(())).transpose().ok()? {
                expect(value, printed, amount, &format!("{percent} percent of {net}"))?;
            }
            (ContributionSize::Percent(percent), amount)
        }
        (None, printed) => {
            let (_, amount) = printed??;
            (ContributionSize::Amount(amount), amount)
        }
    };
    let sum = Cents::sum(items.iter().map(|(_, amount)| *amount)).ok()?;
    if !items.is_empty() && sum != amount {
        table.problem(format!("the items add up to {sum}, not to {amount}"));
    }
    table.finish();
    Some(Read { given: GivenContribution { year, area, item, partner, size, items }, amount })
}

/// `year_total`: what a document says that the lines and the contributions of a year add up to, to be compared.
pub(super) fn year_total(
    mut table: Table<'_>,
    (sums, contributions): (&Sums, Option<&[Read]>),
    scope: &Scope,
) -> Option<()> {
    let year = table.need("year").and_then(|value| scope.year(value));
    let mut read = |key: &str| table.get(key).map(|value| Some((value, value.read(text::money)?)));
    let (net, vat, gross, added) = (read("net"), read("vat"), read("gross"), read("contributions"));
    table.finish();
    let (year, sums, contributions) = (year?, sums.as_ref()?, contributions?);
    let own = contributions.iter().filter(|one| one.given.year == year).map(|one| one.amount);
    let found = (sums.get(&year), Cents::sum(own).ok()?);
    let of_lines = |pick: fn(&vat::Line) -> Cents| found.0.map_or(Cents::ZERO, pick);
    let compared = [
        (net, of_lines(|sum| sum.net)),
        (vat, of_lines(|sum| sum.vat)),
        (gross, of_lines(|sum| sum.gross)),
        (added, found.1),
    ];
    let mut fits = true;
    for (printed, found) in compared {
        if let Some(printed) = printed {
            let (value, printed) = printed?;
            fits &= expect(value, printed, found, "the sum of the year").is_some();
        }
    }
    fits.then_some(())
}

/// Reports an amount that is not what it comes to.
fn expect(value: Value<'_>, printed: Cents, found: Cents, of_what: &str) -> Option<()> {
    if printed == found {
        return Some(());
    }
    value.problem(&format!("{of_what} is {found}, not {printed}"));
    None
}

/// `perimeter`
pub(super) fn perimeter(mut table: Table<'_>, scope: &Scope) -> Option<GivenPerimeter> {
    let year = table.need("year").and_then(|value| scope.year(value));
    let public = table.read("public", text::money);
    let private = table.read("private", text::money);
    let total = table.get("total");
    let printed = total.and_then(|value| value.read(text::money));
    table.finish();
    let (public, private) = (public?, private?);
    if let Some((value, printed)) = total.zip(printed) {
        expect(value, printed, public.checked_add(private).ok()?, "the sum of both parts")?;
    }
    Some(GivenPerimeter { year: year?, public, private, total: printed })
}

/// `programme`
pub(super) fn programme(mut table: Table<'_>, codes: &mut Declared<String>, scope: &Scope) -> Option<GivenProgramme> {
    let code = codes.declare(table.need("code"), text::code);
    let name = table.text("name");
    let year = table.get("year").map_or(Some(None), |value| scope.year(value).map(Some));
    let mut amount = |key: &str| table.get(key).map_or(Some(None), |value| value.read(text::money).map(Some));
    let (public, private) = (amount("public")?, amount("private")?);
    let years = all(&mut table, "years", |table| perimeter(table, scope));
    if year.flatten().is_some() && years.as_ref().is_some_and(|years| !years.is_empty()) {
        table.problem("a programme has a `year` or `years`, not both");
    }
    if year == Some(None) && (public.is_some() || private.is_some()) {
        table.problem("the amounts of a programme need a `year`");
    }
    table.finish();
    Some(GivenProgramme { code: code?, name: name?, year: year?, public, private, years: years? })
}
