//! How often a body met against how often it was to, worked out of the days on which it met.

use chrono::{Datelike, Months, NaiveDate};
use entity::governing_body;

/// How often a body met against how often it was to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attendance {
    /// Meetings due by the end of the span.
    pub due: i64,
    /// Meetings held in the span.
    pub held: i64,
    /// Meetings that were due in some period and not held in it: a meeting more in one period does not stand for one less in another.
    pub missing: i64,
}

impl Attendance {
    /// That of a body in a span, of whose days these are the ones on which it met. Periods are counted from the body's first day. One that begins before
    /// the span counts for nothing; of one that the span, or the body's own time, breaks off, so many meetings are due as its days allow for: of two in a
    /// month the first by the middle of it, and of one none before its last day.
    pub fn new(row: &governing_body::Model, (from, to): (NaiveDate, NaiveDate), days: &[NaiveDate]) -> Self {
        let (from, to) = (from.max(row.starts_on), row.ends_on.map_or(to, |last| to.min(last)));
        let within =
            |from: NaiveDate, to: NaiveDate| count(days.iter().filter(|day| (from..=to).contains(*day)).count());
        let mut attendance = Self { held: within(from, to), ..Self::default() };
        let Some((meetings, months)) = row.meetings.zip(row.every_months) else { return attendance };
        let (meetings, months) = (i64::from(meetings), months.unsigned_abs().max(1));
        // Counted from the first day each time: from the 31st on, the months after February go on with the 31st.
        let begin = |period: u32| row.starts_on.checked_add_months(Months::new(period.saturating_mul(months)));
        for period in months_between(row.starts_on, from) / months.. {
            let Some((first, next)) = begin(period).zip(begin(period.saturating_add(1))) else { break };
            if first > to || next <= first {
                break;
            }
            if first < from {
                continue;
            }
            let (length, passed) = (length(first, next), length(first, to.succ_opt().unwrap_or(to)));
            let due = if passed >= length { meetings } else { meetings * passed / length };
            attendance.due += due;
            attendance.missing += (due - within(first, to.min(next.pred_opt().unwrap_or(next)))).max(0);
        }
        attendance
    }
}

/// Whole months from one day to a later one, or one more.
fn months_between(from: NaiveDate, to: NaiveDate) -> u32 {
    let of = |day: NaiveDate| day.year() * 12 + day.month0().cast_signed();
    // One that begins in the month of the span may do so before it.
    u32::try_from(of(to) - of(from)).unwrap_or(0)
}

/// Days from one to another, the last left out.
fn length(from: NaiveDate, to: NaiveDate) -> i64 {
    to.signed_duration_since(from).num_days()
}

fn count(days: usize) -> i64 {
    i64::try_from(days).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use entity::kinds::BodyLevel;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(cadence: (i32, i32), span: (&str, &str), held: &[&str], expected: (i64, i64, i64)) {
        let row = governing_body::Model {
            id: 1,
            ambito_id: 1,
            agreement_id: None,
            code: "B".to_owned(),
            name: "B".to_owned(),
            level: BodyLevel::Direction,
            meetings: Some(cadence.0),
            every_months: Some(cadence.1),
            starts_on: day("2019-01-01"),
            ends_on: None,
            row_version: 1,
        };
        let days: Vec<NaiveDate> = held.iter().map(|text| day(text)).collect();
        let Attendance { due, held, missing } = Attendance::new(&row, (day(span.0), day(span.1)), &days);
        assert_eq!((due, held, missing), expected, "{cadence:?} {span:?}");
    }

    #[test]
    fn meetings_of_a_period_that_goes_on_fall_due_one_after_the_other() {
        let (twice, monthly) = ((2, 1), (1, 1));
        // April has 30 days: the first of two is due by the 15th, the second by the 30th.
        check(twice, ("2019-04-01", "2019-04-14"), &[], (0, 0, 0));
        check(twice, ("2019-04-01", "2019-04-15"), &[], (1, 0, 1));
        check(twice, ("2019-04-01", "2019-04-29"), &[], (1, 0, 1));
        check(twice, ("2019-04-01", "2019-04-30"), &[], (2, 0, 2));
        check(twice, ("2019-04-01", "2019-04-15"), &["2019-04-03", "2019-04-10"], (1, 2, 0));
        check(monthly, ("2019-04-01", "2019-04-15"), &[], (0, 0, 0));
        check(monthly, ("2019-04-01", "2019-04-30"), &["2019-04-30"], (1, 1, 0));
        // A year and a half a month.
        check(twice, ("2019-01-01", "2020-01-16"), &[], (25, 0, 25));
        check(monthly, ("2019-01-01", "2020-01-16"), &[], (12, 0, 12));
        // Far from the first day, also where the span begins within a month.
        check(monthly, ("2119-01-02", "2119-03-31"), &[], (2, 0, 2));
        check((1, 36), ("2019-01-01", "2021-12-31"), &[], (1, 0, 1));
        check((1, 36), ("2020-06-01", "2024-12-31"), &[], (1, 0, 1));
    }
}
