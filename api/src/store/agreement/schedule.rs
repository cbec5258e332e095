//! What an agreement says of days, worked out: the days that come again, and how a milestone stands on a day.
//!
//! It reads nothing: rows come in, days go out.

use std::collections::BTreeSet;

use chrono::{Datelike, Months, NaiveDate};
use entity::kinds::RecurrenceKind;
use entity::{agreement_milestone, agreement_recurrence, milestone_progress};

/// The last day that any month has.
const LAST_DAY: u32 = 31;

/// The days from one to another, both included, on which something recurs within a period. A month without the day has it on its last; what comes
/// every so many months comes that long after the first day of the period for the first time.
pub fn recurring(
    rows: &[agreement_recurrence::Model],
    kind: RecurrenceKind,
    (starts_on, ends_on): (NaiveDate, NaiveDate),
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
) -> BTreeSet<NaiveDate> {
    let (first, last) = (from.map_or(starts_on, |day| day.max(starts_on)), to.map_or(ends_on, |day| day.min(ends_on)));
    let mut days = BTreeSet::new();
    for row in rows.iter().filter(|row| row.kind == kind) {
        if let Some(month_day) = row.month_day.and_then(|number| u32::try_from(number).ok()) {
            let years = first.year()..=last.year();
            days.extend(years.filter_map(|year| day_of(year, month_day / 100, month_day % 100)));
        }
        if let Some(step) = row.every_months.and_then(|months| u32::try_from(months).ok()).filter(|step| *step > 0) {
            // Counted from the first day each time, so that a short month does not pull the later ones back.
            let after = |times: u32| starts_on.checked_add_months(Months::new(step.checked_mul(times)?));
            days.extend((1..).map_while(after).take_while(|day| *day <= last));
        }
    }
    days.retain(|day| (first..=last).contains(day));
    days
}

/// A day of a month, or its last where it is shorter.
fn day_of(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    (1..=day.min(LAST_DAY)).rev().find_map(|day| NaiveDate::from_ymd_opt(year, month, day))
}

/// How far a milestone has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was reported.
    Planned,
    /// It began.
    Started,
    /// It is done.
    Done,
}

/// How a milestone stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far it has come by then.
    pub progress: Progress,
    /// The day it began, as far as that was by then.
    pub started_on: Option<NaiveDate>,
    /// The day it was done, as far as that was by then.
    pub done_on: Option<NaiveDate>,
    /// By how many days it is or was late; 0 where it is not.
    pub days_late: i64,
}

/// How a milestone stands on a day: one that begins on a day is late where it had not begun by its end, one that is done by a day where it was not
/// done. What came late stays late by so many days. What happened after the day asked about does not count.
pub fn standing(
    milestone: &agreement_milestone::Model,
    reported: Option<&milestone_progress::Model>,
    day: NaiveDate,
) -> Standing {
    let came = (reported.and_then(|row| row.started_on), reported.and_then(|row| row.done_on));
    standing_of((milestone.from_date, milestone.by_date), came, day)
}

/// The same of anything that begins on a day or is done by one: of an agreement, a project or a work plan. What came is the day it began and the day it was
/// done.
pub fn standing_of(
    (from, by): (Option<NaiveDate>, Option<NaiveDate>),
    (started_on, done_on): (Option<NaiveDate>, Option<NaiveDate>),
    day: NaiveDate,
) -> Standing {
    let by_then = |on: Option<NaiveDate>| on.filter(|on| *on <= day);
    let (started_on, done_on) = (by_then(started_on), by_then(done_on));
    let progress = match (started_on, done_on) {
        (_, Some(_)) => Progress::Done,
        (Some(_), None) => Progress::Started,
        (None, None) => Progress::Planned,
    };
    // What is done has begun, also where nobody said when.
    let (due, came) = match (from, by) {
        (Some(from), _) => (from, started_on.or(done_on)),
        (None, by) => (by.unwrap_or(day), done_on),
    };
    let days_late = came.unwrap_or(day).signed_duration_since(due).num_days().max(0);
    Standing { progress, started_on, done_on, days_late }
}

/// The day that a milestone begins on, or is done by.
pub fn due(milestone: &agreement_milestone::Model) -> Option<NaiveDate> {
    milestone.from_date.or(milestone.by_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check_days(every: (Option<i32>, Option<i32>), period: (&str, &str), window: (&str, &str), expected: &[&str]) {
        let kind = RecurrenceKind::Monitoring;
        let row = agreement_recurrence::Model {
            id: 1,
            version_id: 1,
            position: 1,
            kind,
            month_day: every.0,
            every_months: every.1,
        };
        let period = (day(period.0), day(period.1));
        let days = recurring(&[row], kind, period, (window.0.parse().ok(), window.1.parse().ok()));
        assert_eq!(days.iter().map(NaiveDate::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn days_recur_within_the_period() {
        check_days((Some(228), None), ("2015-03-01", "2017-12-31"), ("", ""), &["2016-02-28", "2017-02-28"]);
        check_days((Some(230), None), ("2015-03-01", "2017-12-31"), ("", ""), &["2016-02-29", "2017-02-28"]);
        check_days((Some(1231), None), ("2015-03-01", "2017-12-31"), ("2016-01-01", "2017-12-30"), &["2016-12-31"]);
        check_days(
            (None, Some(4)),
            ("2024-09-01", "2025-12-31"),
            ("", ""),
            &["2025-01-01", "2025-05-01", "2025-09-01"],
        );
        check_days(
            (None, Some(1)),
            ("2015-12-31", "2016-03-31"),
            ("", ""),
            &["2016-01-31", "2016-02-29", "2016-03-31"],
        );
        check_days((Some(101), None), ("2015-03-01", "2015-12-31"), ("", ""), &[]);
        check_days((Some(601), None), ("2015-03-01", "2015-12-31"), ("2016-01-01", "2015-01-01"), &[]);
    }

    #[track_caller]
    fn check(dates: (&str, &str), reported: (&str, &str), on: &str, expected: (Progress, i64)) {
        let milestone = agreement_milestone::Model {
            id: 1,
            version_id: 1,
            position: 1,
            code: "M".to_owned(),
            area: None,
            item: "x".to_owned(),
            from_date: dates.0.parse().ok(),
            by_date: dates.1.parse().ok(),
        };
        let progress = milestone_progress::Model {
            id: 1,
            agreement_id: 1,
            code: "M".to_owned(),
            started_on: reported.0.parse().ok(),
            done_on: reported.1.parse().ok(),
            note: None,
            row_version: 1,
        };
        let found = standing(&milestone, Some(&progress), day(on));
        assert_eq!((found.progress, found.days_late), expected, "{dates:?} {reported:?} {on}");
    }

    #[test]
    fn a_milestone_is_late_once_its_day_is_over() {
        use Progress::{Done, Planned, Started};
        let (from, by) = (("2015-03-01", ""), ("", "2015-04-30"));
        check(from, ("", ""), "2015-03-01", (Planned, 0));
        check(from, ("", ""), "2015-03-02", (Planned, 1));
        check(from, ("2015-03-01", ""), "2015-12-31", (Started, 0));
        check(from, ("2015-03-11", ""), "2015-03-10", (Planned, 9));
        check(from, ("2015-03-11", ""), "2016-01-01", (Started, 10));
        check(from, ("", "2015-03-11"), "2016-01-01", (Done, 10));
        check(by, ("2015-03-01", ""), "2015-04-30", (Started, 0));
        check(by, ("2015-03-01", ""), "2015-05-01", (Started, 1));
        check(by, ("2015-03-01", "2015-04-30"), "2015-12-31", (Done, 0));
        check(by, ("2015-03-01", "2015-05-31"), "2015-05-30", (Started, 30));
        check(by, ("2015-03-01", "2015-05-31"), "2015-12-31", (Done, 31));
    }
}
