//! What a grant comes to: the months in which it is in force, and what is due in each.
//!
//! A month is never split. A monthly amount is due for each calendar month that the grant is in force on a day of: not for one that was suspended whole, and not for one that had not begun
//! when it ended. A single amount is due in the first month that it is in force in. What is revoked is taken back from its day on: the month of that day goes,
//! too, and a single amount whole.

use std::collections::BTreeSet;

use allocation::Cents;
use chrono::NaiveDate;
use entity::kinds::GrantStatus;

use crate::error::Result;
use crate::store::activity::Month;

/// What is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So much a month.
    Monthly(Cents),
    /// So much at once.
    Single(Cents),
}

impl Amount {
    /// Of which one is there in a row.
    pub(super) fn stored(monthly_cents: Option<i64>, single_cents: Option<i64>) -> Option<Self> {
        match (monthly_cents, single_cents) {
            (Some(cents), None) => Some(Self::Monthly(Cents::new(cents))),
            (None, Some(cents)) => Some(Self::Single(Cents::new(cents))),
            _ => None,
        }
    }

    /// The number, however often it is due.
    pub fn get(self) -> Cents {
        let (Self::Monthly(cents) | Self::Single(cents)) = self;
        cents
    }
}

/// What a grant became, from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What it became.
    pub status: GrantStatus,
    /// The first day of that.
    pub from: NaiveDate,
}

/// A grant's period, its amount, and what became of it, in the order in which it was recorded; the first turn is the grant itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day, as it was granted.
    pub ends_on: NaiveDate,
    /// What is granted.
    pub amount: Amount,
    /// What became of it.
    pub turns: Vec<Turn>,
}

impl Term {
    /// What the grant takes of its measure's budget. Until it has ended that is all that was granted, suspended months too, since they may still be resumed.
    pub fn committed(&self) -> Result<Cents> {
        if self.end().is_some() {
            return Ok(Cents::sum(self.due().into_iter().map(|(_, amount)| amount))?);
        }
        match self.amount {
            Amount::Single(amount) => Ok(amount),
            Amount::Monthly(amount) => Ok(Cents::sum(months(self.starts_on, self.ends_on).map(|_| amount))?),
        }
    }

    /// The months for which something is due, and how much, oldest first.
    pub fn due(&self) -> Vec<(Month, Cents)> {
        let months = self.in_force();
        match self.amount {
            Amount::Monthly(amount) => months.into_iter().map(|month| (month, amount)).collect(),
            Amount::Single(_) if self.end().is_some_and(|turn| turn.status == GrantStatus::Revoked) => Vec::new(),
            Amount::Single(amount) => months.into_iter().take(1).map(|month| (month, amount)).collect(),
        }
    }

    /// The first and the last day that it holds: what ended counts until its end, and a single amount that was taken back not at all.
    pub fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        if matches!(self.amount, Amount::Single(_))
            && self.end().is_some_and(|turn| turn.status == GrantStatus::Revoked)
        {
            return None;
        }
        self.last_day().filter(|last| self.starts_on <= *last).map(|last| (self.starts_on, last))
    }

    /// The turn that it ended with.
    fn end(&self) -> Option<&Turn> {
        self.turns.iter().find(|turn| matches!(turn.status, GrantStatus::Ended | GrantStatus::Revoked))
    }

    /// The last day on which it can be in force; none where there is no such day.
    fn last_day(&self) -> Option<NaiveDate> {
        let Some(end) = self.end() else { return Some(self.ends_on) };
        let first_gone = match end.status {
            GrantStatus::Revoked => Month::of(end.from)?.first_day(),
            _ => end.from,
        };
        Some(first_gone.pred_opt()?.min(self.ends_on))
    }

    /// The months in which it is in force on a day.
    fn in_force(&self) -> BTreeSet<Month> {
        let mut found = BTreeSet::new();
        let Some(last) = self.last_day() else { return found };
        let mut open: Option<NaiveDate> = None;
        for turn in &self.turns {
            match turn.status {
                GrantStatus::Granted => open = Some(turn.from.max(self.starts_on)),
                GrantStatus::Suspended => {
                    let to = turn.from.pred_opt().map(|day| day.min(last));
                    found.extend(open.take().zip(to).into_iter().flat_map(|(from, to)| months(from, to)));
                }
                GrantStatus::Ended | GrantStatus::Revoked => break,
            }
        }
        found.extend(open.into_iter().flat_map(|from| months(from, last)));
        found
    }
}

/// The calendar months from that of one day to that of another; none where the second is before the first.
fn months(from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = Month> {
    let begun = Month::of(from).filter(|_| from <= to);
    std::iter::successors(begun, move |month| {
        let next = month.last_day().succ_opt().filter(|day| *day <= to)?;
        Month::of(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn term(amount: Amount, from: &str, to: &str, turns: &[(GrantStatus, &str)]) -> Term {
        let first = Turn { status: GrantStatus::Granted, from: day(from) };
        let others = turns.iter().map(|(status, from)| Turn { status: *status, from: day(from) });
        Term { starts_on: day(from), ends_on: day(to), amount, turns: std::iter::once(first).chain(others).collect() }
    }

    /// The months for which 100.00 a month are due, as year x 100 + month, and what is committed in cents.
    #[track_caller]
    fn check(turns: &[(GrantStatus, &str)], (from, to): (&str, &str), expected: &[i32], committed: i64) {
        let term = term(Amount::Monthly(Cents::new(10_000)), from, to, turns);
        let due: Vec<i32> = term.due().iter().map(|(month, _)| month.get()).collect();
        assert_eq!((due, term.committed().unwrap()), (expected.to_vec(), Cents::new(committed)));
    }

    use GrantStatus::{Ended, Granted, Revoked, Suspended};

    #[test]
    fn months_are_whole() {
        check(&[], ("2023-01-31", "2023-02-01"), &[202_301, 202_302], 20_000);
        check(&[], ("2023-11-15", "2024-01-14"), &[202_311, 202_312, 202_401], 30_000);
        check(&[], ("2023-05-05", "2023-05-05"), &[202_305], 10_000);
    }

    #[test]
    fn a_suspended_month_is_not_due_and_freed_at_the_end() {
        let half = ("2023-01-01", "2023-06-30");
        // March begins in force, June ends so; April and May are suspended whole.
        let turns = [(Suspended, "2023-03-15"), (Granted, "2023-06-10")];
        check(&turns, half, &[202_301, 202_302, 202_303, 202_306], 60_000);
        check(&[turns[0], turns[1], (Ended, "2023-07-01")], half, &[202_301, 202_302, 202_303, 202_306], 40_000);
        // Suspended from the first of a month, that one is not due.
        check(&[(Suspended, "2023-03-01")], half, &[202_301, 202_302], 60_000);
        check(&[(Suspended, "2023-03-01"), (Ended, "2023-05-20")], half, &[202_301, 202_302], 20_000);
        // Suspended and resumed on one day: nothing is lost.
        check(
            &[(Suspended, "2023-03-01"), (Granted, "2023-03-01")],
            half,
            &[202_301, 202_302, 202_303, 202_304, 202_305, 202_306],
            60_000,
        );
        check(&[(Suspended, "2023-01-01")], half, &[], 60_000);
    }

    #[test]
    fn an_end_keeps_the_month_that_had_begun_and_a_revocation_takes_it() {
        let half = ("2023-01-10", "2023-06-30");
        check(&[(Ended, "2023-03-02")], half, &[202_301, 202_302, 202_303], 30_000);
        check(&[(Ended, "2023-03-01")], half, &[202_301, 202_302], 20_000);
        check(&[(Ended, "2023-01-10")], half, &[], 0);
        check(&[(Revoked, "2023-03-02")], half, &[202_301, 202_302], 20_000);
        check(&[(Revoked, "2023-03-01")], half, &[202_301, 202_302], 20_000);
        check(&[(Revoked, "2023-01-31")], half, &[], 0);
        // Taken back from before it was suspended.
        check(&[(Suspended, "2023-05-01"), (Revoked, "2023-02-01")], half, &[202_301], 10_000);
        check(&[(Suspended, "2023-02-01"), (Granted, "2023-04-01"), (Ended, "2023-03-01")], half, &[202_301], 10_000);
    }

    #[test]
    fn what_ended_holds_its_days_until_its_end() {
        let held = |amount: Amount, turns: &[(GrantStatus, &str)]| {
            let days = term(amount, "2023-01-10", "2023-06-30", turns).days();
            days.map(|(from, to)| (from.to_string(), to.to_string()))
        };
        let to = |last: &str| Some(("2023-01-10".to_owned(), last.to_owned()));
        let (monthly, single) = (Amount::Monthly(Cents::new(1)), Amount::Single(Cents::new(1)));
        for amount in [monthly, single] {
            assert_eq!(held(amount, &[]), to("2023-06-30"));
            assert_eq!(held(amount, &[(Suspended, "2023-02-01")]), to("2023-06-30"));
            assert_eq!(held(amount, &[(Ended, "2023-03-02")]), to("2023-03-01"));
            assert_eq!(held(amount, &[(Ended, "2023-07-01")]), to("2023-06-30"));
            assert_eq!(held(amount, &[(Ended, "2023-01-10")]), None);
        }
        assert_eq!(held(monthly, &[(Revoked, "2023-03-02")]), to("2023-02-28"));
        assert_eq!(held(monthly, &[(Revoked, "2023-01-31")]), None);
        assert_eq!(held(single, &[(Revoked, "2023-06-30")]), None);
    }

    #[test]
    fn a_single_amount_is_due_once() {
        let single = |turns: &[(GrantStatus, &str)]| {
            let term = term(Amount::Single(Cents::new(50_000)), "2023-01-10", "2023-06-30", turns);
            let due: Vec<(i32, i64)> = term.due().iter().map(|(month, amount)| (month.get(), amount.get())).collect();
            (due, term.committed().unwrap().get())
        };
        assert_eq!(single(&[]), (vec![(202_301, 50_000)], 50_000));
        assert_eq!(single(&[(Ended, "2023-01-11")]), (vec![(202_301, 50_000)], 50_000));
        assert_eq!(single(&[(Ended, "2023-01-10")]), (vec![], 0));
        assert_eq!(single(&[(Revoked, "2023-06-30")]), (vec![], 0));
        assert_eq!(single(&[(Suspended, "2023-01-10"), (Granted, "2023-04-02")]), (vec![(202_304, 50_000)], 50_000));
        assert_eq!(single(&[(Suspended, "2023-01-10")]), (vec![], 50_000));
    }
}
