//! `[[plan]]`, `[[instalment]]` and `[[basis]]`: what a year's plan says as a whole.

use std::collections::{BTreeMap, BTreeSet};

use allocation::{MeasureCode, Micros};
use chrono::{Datelike, NaiveDate};
use entity::kinds::PlanKind;

use super::document::{Table, Value};
use super::names::Names;
use super::problem::Place;
use super::text;
use crate::store::bundle::{InstalmentRecord, ProgrammeRecord, ResolutionRecord};

/// How many years after the plan's own an instalment may be due.
const DUE_YEARS_LATER_MAX: i32 = 2;

/// A plan without its instalments and budgets.
pub(super) struct Plan {
    pub(super) year: i32,
    pub(super) kind: Option<PlanKind>,
    pub(super) note: Option<String>,
    pub(super) resolution: Option<ResolutionRecord>,
    pub(super) place: Place,
}

/// `[[plan]]`
pub(super) fn plan(mut table: Table<'_>, programme: Option<&ProgrammeRecord>, names: &mut Names) -> Option<Plan> {
    const KINDS: [(&str, PlanKind); 3] =
        [("FORECAST", PlanKind::Forecast), ("AMENDMENT", PlanKind::Amendment), ("FINAL", PlanKind::Final)];
    let value = table.need("year");
    let year = value.and_then(Value::year);
    let kind = table.need("kind").and_then(|value| value.choice(&KINDS));
    let note = table.text_or_none("note");
    let resolution = table.get("resolution").and_then(Value::table).and_then(resolution);
    let place = table.place();
    table.finish();
    let Some((value, year)) = value.zip(year) else {
        names.years.blur();
        return None;
    };
    if programme.is_some_and(|programme| !(programme.from_year..=programme.to_year).contains(&year)) {
        value.problem("the programme does not cover this year");
    }
    if let Err(line) = names.years.add(year, value.place()) {
        value.problem(&format!("the plan of {year} stands already in line {line}"));
    }
    Some(Plan { year, kind, note, resolution, place })
}

/// `[plan.resolution]`
fn resolution(mut table: Table<'_>) -> Option<ResolutionRecord> {
    let number = table.text("number");
    let adopted_on = table.need("date").and_then(Value::date);
    let body = table.text("body");
    let subject = table.text_or_none("subject");
    let assumed = table.flag("assumed");
    table.finish();
    Some(ResolutionRecord { number: number?, adopted_on: adopted_on?, body: body?, subject, assumed })
}

/// `years`: the plans that a block stands for.
pub(super) fn years(table: &mut Table<'_>, names: &Names) -> Option<Vec<i32>> {
    let value = table.need("years")?;
    let items = value.items()?;
    if items.is_empty() {
        value.problem("at least one year is needed");
        return None;
    }
    let mut years = BTreeSet::new();
    let mut complete = true;
    for item in items {
        let year = item.year();
        if let Some(year) = year.filter(|year| names.years.lacks(year)) {
            item.problem(&format!("there is no plan of {year}"));
            complete = false;
        } else if let Some(year) = year.filter(|year| !years.insert(*year)) {
            item.problem(&format!("{year} stands here twice"));
        }
        complete &= year.is_some();
    }
    complete.then(|| years.into_iter().collect())
}

/// When the quotas of each year are due.
#[derive(Default)]
pub(super) struct Schedules {
    by_year: BTreeMap<i32, Vec<InstalmentRecord>>,
    places: BTreeMap<(i32, NaiveDate), Place>,
    unread: bool,
}

impl Schedules {
    /// `[[instalment]]`
    pub(super) fn take(&mut self, mut table: Table<'_>, names: &Names) {
        let years = years(&mut table, names);
        let percent = table.read("percent", text::percent);
        let due = table.need("due");
        let assumed = table.flag("assumed");
        let place = table.place();
        table.finish();
        let (Some(years), Some(percent), Some(due)) = (years, percent, due) else {
            self.unread = true;
            return;
        };
        for year in years {
            let Some(due_date) = due_date(due, year) else {
                self.unread = true;
                return;
            };
            if let Some(first) = self.places.get(&(year, due_date)) {
                due.problem(&format!("{due_date} stands already in line {}", first.line));
                self.unread = true;
                continue;
            }
            self.places.insert((year, due_date), place);
            self.by_year.entry(year).or_default().push(InstalmentRecord { due_date, percent, assumed });
        }
    }

    /// The years whose percentages do not add up, each with the place of its first instalment and the sum.
    pub(super) fn unbalanced(&self) -> Vec<(Place, i32, Micros)> {
        let mut wrong = Vec::new();
        for (year, instalments) in self.by_year.iter().filter(|_| !self.unread) {
            let sum = instalments.iter().fold(0_i64, |sum, instalment| sum.saturating_add(instalment.percent.get()));
            let first = self.places.range((*year, NaiveDate::MIN)..).next();
            if let Some((_, place)) = first.filter(|_| sum != Micros::HUNDRED.get()) {
                wrong.push((*place, *year, Micros::new(sum)));
            }
        }
        wrong
    }

    /// The instalments of a year, by day.
    pub(super) fn of(&mut self, year: i32) -> Vec<InstalmentRecord> {
        let mut instalments = self.by_year.remove(&year).unwrap_or_default();
        instalments.sort_by_key(|instalment| instalment.due_date);
        instalments
    }
}

/// The day on which an instalment of a year's plan is due: a day of that year as text, or one written out.
fn due_date(value: Value<'_>, year: i32) -> Option<NaiveDate> {
    if value.is_date() {
        let date = value.date()?;
        if (year..=year.saturating_add(DUE_YEARS_LATER_MAX)).contains(&date.year()) {
            return Some(date);
        }
        value.problem(&format!("{date} is too far from the plan of {year}"));
        return None;
    }
    let (month, day) = value.read(text::month_day)?;
    let date = NaiveDate::from_ymd_opt(year, month, day);
    if date.is_none() {
        value.problem(&format!("{year} has no such day"));
    }
    date
}

/// The day whose values each year's plan freezes, by measure.
#[derive(Default)]
pub(super) struct Days {
    by_key: BTreeMap<(i32, MeasureCode, Option<String>), (usize, NaiveDate)>,
    unread: bool,
}

impl Days {
    /// `[[basis]]`
    pub(super) fn take(&mut self, mut table: Table<'_>, names: &Names) {
        let years = years(&mut table, names);
        let measure = table.need("measure").and_then(|value| names.measure(value));
        let service = table
            .get("service")
            .map_or(Some(None), |value| names.services.refer(value, "service", text::code).map(Some));
        let day = table.need("reference_date").and_then(Value::date);
        let (Some(years), Some(measure), Some(service), Some(day)) = (years, measure, service, day) else {
            self.unread = true;
            table.finish();
            return;
        };
        let line = table.place().line;
        for year in years {
            let key = (year, measure.clone(), service.clone());
            if let Some((first, _)) = self.by_key.get(&key) {
                table.problem(format!("the day of {measure} in {year} stands already in line {first}"));
            } else {
                self.by_key.insert(key, (line, day));
            }
        }
        table.finish();
    }

    /// The day of a measure in a year's plan: the service's own before the one of all services.
    pub(super) fn find(&self, year: i32, measure: &MeasureCode, service: &str) -> Option<NaiveDate> {
        let own = self.by_key.get(&(year, measure.clone(), Some(service.to_owned())));
        own.or_else(|| self.by_key.get(&(year, measure.clone(), None))).map(|(_, day)| *day)
    }

    /// Whether every day could be read, so that one that is not found was not given.
    pub(super) fn are_complete(&self) -> bool {
        !self.unread
    }
}
