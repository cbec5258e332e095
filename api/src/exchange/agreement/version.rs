//! `[[agreement.version]]`: what one act agreed.

use std::collections::BTreeMap;

use allocation::{Cents, vat};
use chrono::{Datelike, NaiveDate};

use super::{Names, days, line, value};
use crate::error::Error;
use crate::exchange::document::{Table, Value};
use crate::exchange::names::Declared;
use crate::exchange::text;
use crate::store::agreement::bundle::TERMS;
use crate::store::agreement::check_alone;
use crate::store::agreement::given::GivenTerms;
use crate::store::places::Places;

/// What the parts of a version may refer to.
pub(super) struct Scope {
    /// First and last day, where both could be read.
    pub(super) period: Option<(NaiveDate, NaiveDate)>,
    pub(super) areas: Declared<String>,
    pub(super) partners: Vec<String>,
}

/// What the lines of each year come to; none where a line could not be read.
pub(super) type Sums = Option<BTreeMap<i32, vat::Line>>;

impl Scope {
    /// A year that has days in the period.
    pub(super) fn year(&self, value: Value<'_>) -> Option<i32> {
        let year = value.year()?;
        let within = |(from, to): (NaiveDate, NaiveDate)| (from.year()..=to.year()).contains(&year);
        if self.period.is_some_and(|period| !within(period)) {
            value.problem(&format!("{year} is not in the period of the version"));
            return None;
        }
        Some(year)
    }

    /// A day of the period.
    pub(super) fn day(&self, value: Value<'_>, day: NaiveDate) -> Option<NaiveDate> {
        if self.period.is_some_and(|(from, to)| !(from..=to).contains(&day)) {
            value.problem(&format!("{day} is not in the period of the version"));
            return None;
        }
        Some(day)
    }

    /// `area`: the code of one of the version's areas. One that is wrong looks absent: it has been reported, so that nothing comes of the record.
    pub(super) fn area(&self, table: &mut Table<'_>) -> Option<String> {
        self.areas.refer(table.get("area")?, "area", text::code)
    }

    /// `partner`: the code of one of the version's partners; the same of one that is wrong.
    pub(super) fn partner(&self, table: &mut Table<'_>) -> Option<String> {
        let value = table.get("partner")?;
        let code = value.read(text::code)?;
        // Where one of them could not be read nobody knows which is missing.
        if !self.partners.is_empty() && !self.partners.contains(&code) {
            value.problem(&format!("{code} is no partner of the version"));
            return None;
        }
        Some(code)
    }
}

/// Every table of a list, read by a function; none where one of them could not be read, which was reported.
pub(in crate::exchange) fn all<'a, T>(
    table: &mut Table<'a>,
    key: &str,
    read: impl FnMut(Table<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let tables = table.tables(key);
    let count = tables.len();
    let read: Vec<T> = tables.into_iter().filter_map(read).collect();
    (read.len() == count).then_some(read)
}

/// The fields of terms that are lists of tables, and what a file calls them.
const LISTS: [(&str, &str); 8] = [
    ("lines", "line"),
    ("areas", "area"),
    ("contributions", "contribution"),
    ("instalments", "instalment"),
    ("milestones", "milestone"),
    ("recurrences", "recurrence"),
    ("perimeters", "perimeter"),
    ("programmes", "programme"),
];

/// The terms of a version, and where they stand. The first one's kind is an unknown key here.
pub(super) fn terms(mut table: Table<'_>, names: &Names) -> Option<(GivenTerms, Places)> {
    let places = table.places(&LISTS);
    let before = table.found();
    let terms = read(&mut table, names);
    // What an act would refuse whatever there is. Of what was misread it would say nothing new.
    if let Some(terms) = terms.as_ref().filter(|_| table.found() == before)
        && let Err(Error::Refusal(refusal)) = check_alone(terms.clone())
    {
        let argument = refusal.argument.as_deref().unwrap_or_default();
        let way = argument.strip_prefix(TERMS).unwrap_or_default();
        table.problem_at(places.line_of(way), format!("`{}`: {}", last_of(argument), refusal.message.en));
    }
    table.finish();
    Some((terms?, places))
}

/// The field that a way ends with.
fn last_of(argument: &str) -> &str {
    let is_name = |part: &&str| !part.bytes().all(|byte| byte.is_ascii_digit());
    argument.rsplit('.').find(is_name).unwrap_or_default()
}

fn read(table: &mut Table<'_>, names: &Names) -> Option<GivenTerms> {
    let title = table.text("title");
    let act = table.text_or_none("act");
    let effective_from = table.get("effective_from");
    let starts_on = table.need("starts_on").and_then(Value::date);
    let end = table.need("ends_on");
    let ends_on = end.and_then(Value::date);
    let note = table.text_or_none("note");
    let assumed = table.flag("assumed");
    let period = starts_on.zip(ends_on).filter(|(from, to)| {
        let is_period = from <= to;
        if let Some(end) = end.filter(|_| !is_period) {
            end.problem("the period ends before it begins");
        }
        is_period
    });
    let mut scope = Scope { period, areas: Declared::new(), partners: Vec::new() };
    let effective_from = effective_from.map(|value| value.date().and_then(|day| scope.day(value, day)));
    let partners = partners(table, names);
    scope.partners = partners.clone().unwrap_or_default();
    let services = codes(table, "services");
    let areas = all(table, "area", |mut table| {
        let code = scope.areas.declare(table.need("code"), text::code);
        let name = table.text_or_none("name");
        table.finish();
        Some((code?, name))
    });
    let mut codes = Declared::new();
    let lines = all(table, "line", |table| line::line(table, &mut codes, &scope));
    let sums = sums(lines.as_deref());
    let contributions = all(table, "contribution", |table| value::contribution(table, &sums, &scope));
    let added = contributions.as_deref();
    let totals = all(table, "year_total", |table| value::year_total(table, (&sums, added), &scope));
    let contributions = contributions.map(|read| read.into_iter().map(|one| one.given).collect());
    let instalments = all(table, "instalment", |table| days::instalment(table, &scope));
    let mut codes = Declared::new();
    let milestones = all(table, "milestone", |table| days::milestone(table, &mut codes, &scope));
    let recurrences = all(table, "recurrence", days::recurrence);
    let perimeters = all(table, "perimeter", |table| value::perimeter(table, &scope));
    let mut codes = Declared::new();
    let programmes = all(table, "programme", |table| value::programme(table, &mut codes, &scope));
    totals?;
    let effective_from = match effective_from {
        Some(day) => Some(day?),
        None => None,
    };
    Some(GivenTerms {
        title: title?,
        act,
        effective_from,
        starts_on: starts_on?,
        ends_on: ends_on?,
        note,
        assumed,
        partners: partners?,
        services: services?,
        areas: areas?,
        lines: lines?.into_iter().map(|line| line.given).collect(),
        contributions: contributions?,
        instalments: instalments?,
        milestones: milestones?,
        recurrences: recurrences?,
        perimeters: perimeters?,
        programmes: programmes?,
    })
}

/// `partners`: the codes of one at least.
fn partners(table: &mut Table<'_>, names: &Names) -> Option<Vec<String>> {
    let value = table.need("partners")?;
    if !names.is_new {
        let codes = value.items()?.into_iter().map(|item| item.read(text::code)).collect::<Option<Vec<_>>>()?;
        return some_of(value, codes);
    }
    some_of(value, names.partners.refer_all(value, "partner", text::code)?)
}

fn some_of(value: Value<'_>, codes: Vec<String>) -> Option<Vec<String>> {
    if codes.is_empty() {
        value.problem("at least one partner is needed");
        return None;
    }
    Some(codes)
}

/// A list of codes; absent is empty.
fn codes(table: &mut Table<'_>, key: &str) -> Option<Vec<String>> {
    let items = table.get(key).map_or(Some(Vec::new()), Value::items)?;
    let codes: Vec<Option<String>> = items.into_iter().map(|item| item.read(text::code)).collect();
    codes.into_iter().collect()
}

/// What the lines of each year come to.
fn sums(lines: Option<&[line::Read]>) -> Sums {
    let mut sums = BTreeMap::new();
    for line in lines? {
        let nothing = vat::Line { net: Cents::ZERO, vat: Cents::ZERO, gross: Cents::ZERO };
        let sum = sums.entry(line.given.year).or_insert(nothing);
        for (sum, amount) in
            [(&mut sum.net, line.amounts.net), (&mut sum.vat, line.amounts.vat), (&mut sum.gross, line.amounts.gross)]
        {
            *sum = sum.checked_add(amount).ok()?;
        }
    }
    Some(sums)
}
