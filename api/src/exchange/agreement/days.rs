//! `instalment`, `milestone` and `recurrence`: what a version says of days.

use chrono::{Days, Months, NaiveDate};
use entity::kinds::RecurrenceKind;

use super::version::Scope;
use crate::exchange::document::{Table, Value};
use crate::exchange::names::Declared;
use crate::exchange::text;
use crate::store::agreement::given::{Every, GivenInstalment, GivenMilestone, GivenRecurrence, MilestoneDay};

/// `instalment`
pub(super) fn instalment(mut table: Table<'_>, scope: &Scope) -> Option<GivenInstalment> {
    let label = table.text("label");
    let mut day = |key: &str| match table.get(key) {
        Some(value) => value.date().and_then(|day| scope.day(value, day)).map(Some),
        None => Some(None),
    };
    let (from, to) = (day("from"), day("to"));
    let due = table.get("due").map_or(Some(None), |value| {
        let due = value.date()?;
        // The last one may be due after the end.
        if scope.period.is_some_and(|(from, _)| due < from) {
            value.problem(&format!("{due} is before the period of the version"));
            return None;
        }
        Some(Some(due))
    });
    let amount = table.need("amount").and_then(|value| {
        let amount = value.read(text::money)?;
        if amount.get() == 0 {
            value.problem("an instalment is more than nothing");
            return None;
        }
        Some(amount)
    });
    let period = match (from?, to?) {
        (Some(from), Some(to)) if from <= to => Some((from, to)),
        (None, None) => None,
        _ => {
            table.problem("`from` and `to` stand together, the earlier first");
            return None;
        }
    };
    table.finish();
    Some(GivenInstalment { label: label?, period, due: due?, amount: amount? })
}

/// `milestone`: a day, or a month of which `from` means the first day and `by` the last.
pub(super) fn milestone(mut table: Table<'_>, codes: &mut Declared<String>, scope: &Scope) -> Option<GivenMilestone> {
    let code = codes.declare(table.need("code"), text::code);
    let area = scope.area(&mut table);
    let item = table.text("item");
    let when = match (table.get("from"), table.get("by")) {
        (Some(value), None) => day(value, false).and_then(|day| scope.day(value, day)).map(MilestoneDay::From),
        (None, Some(value)) => day(value, true).and_then(|day| scope.day(value, day)).map(MilestoneDay::By),
        _ => {
            table.problem("a milestone has either `from` or `by`");
            None
        }
    };
    table.finish();
    Some(GivenMilestone { code: code?, area, item: item?, when: when? })
}

fn day(value: Value<'_>, is_end: bool) -> Option<NaiveDate> {
    if value.is_date() {
        return value.date();
    }
    value.read(|month| {
        let first = text::date(&format!("{month}-01")).map_err(|_| "not a month such as \"2015-03\"".to_owned())?;
        let last = || first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1));
        let day = if is_end { last() } else { Some(first) };
        day.ok_or_else(|| "not a month such as \"2015-03\"".to_owned())
    })
}

/// `recurrence`: a `day` of every year, or `every_months` so many.
pub(super) fn recurrence(mut table: Table<'_>) -> Option<GivenRecurrence> {
    const KINDS: [(&str, RecurrenceKind); 3] = [
        ("MONITORING", RecurrenceKind::Monitoring),
        ("PLANNING", RecurrenceKind::Planning),
        ("PROGRAMME", RecurrenceKind::Programme),
    ];
    let kind = table.need("kind").and_then(|value| value.choice(&KINDS));
    let every = match (table.get("day"), table.get("every_months")) {
        (Some(value), None) => value.read(text::month_day).map(|(month, day)| Every::Year(month, day)),
        (None, Some(value)) => value.count().map(Every::Months),
        _ => {
            table.problem("a day that comes again has either `day` or `every_months`");
            None
        }
    };
    table.finish();
    Some(GivenRecurrence { kind: kind?, every: every? })
}
