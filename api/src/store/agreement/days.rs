//! Checks what hangs on days: instalments, milestones, and days that come again.

use chrono::NaiveDate;

use super::check::{Scope, each_once, line_of, outside, within};
use super::given::{Every, GivenInstalment, GivenMilestone, GivenRecurrence, MilestoneDay};
use super::terms::Period;
use crate::error::Result;
use crate::limits::{AGREEMENT_INSTALMENTS_MAX, AGREEMENT_MILESTONES_MAX, AGREEMENT_RECURRENCES_MAX};
use crate::store::shape::{self, at_most, invalid};

/// Months between two days that come again.
const EVERY_MONTHS_MAX: u32 = 120;

/// Instalments. What is due may be due after the end, when the last work is paid for, and never before the start.
pub(super) fn instalments(given: Vec<GivenInstalment>, period: Period) -> Result<Vec<GivenInstalment>> {
    let argument = "input.terms.instalments";
    at_most(given.len(), AGREEMENT_INSTALMENTS_MAX, argument)?;
    let checked = |(at, given): (usize, GivenInstalment)| {
        let place = |field: &str| format!("{argument}.{at}.{field}");
        if let Some((from, to)) = given.period {
            for (field, day) in [("periodFrom", from), ("periodTo", to)] {
                if !period.covers(day) {
                    return Err(outside(&place(field)));
                }
            }
            if to < from {
                let (it, en) = ("Il periodo finisce prima di cominciare.", "The period ends before it begins.");
                return Err(invalid(&place("periodTo"), it, en));
            }
        }
        if let Some(due) = given.due {
            shape::day(due, &place("dueDate"))?;
            if due < period.from {
                return Err(outside(&place("dueDate")));
            }
        }
        if within(given.amount, &place("amount"))?.get() == 0 {
            let (it, en) = ("Una rata è più di zero.", "An instalment is more than zero.");
            return Err(invalid(&place("amount"), it, en));
        }
        let label = line_of(given.label, &place("label"))?;
        Ok(GivenInstalment { label, ..given })
    };
    given.into_iter().enumerate().map(checked).collect()
}

/// Milestones.
pub(super) fn milestones(given: Vec<GivenMilestone>, scope: &Scope<'_>) -> Result<Vec<GivenMilestone>> {
    let argument = "input.terms.milestones";
    at_most(given.len(), AGREEMENT_MILESTONES_MAX, argument)?;
    each_once(given.iter().map(|milestone| &milestone.code), |at| format!("{argument}.{at}.code"))?;
    let checked = |(at, given): (usize, GivenMilestone)| {
        let place = format!("{argument}.{at}");
        let (field, day) = match given.when {
            MilestoneDay::From(day) => ("from", day),
            MilestoneDay::By(day) => ("by", day),
        };
        if !scope.period.covers(day) {
            return Err(outside(&format!("{place}.{field}")));
        }
        Ok(GivenMilestone {
            code: shape::code(given.code, &format!("{place}.code"))?,
            area: scope.area(given.area, &place)?,
            item: line_of(given.item, &format!("{place}.item"))?,
            when: given.when,
        })
    };
    given.into_iter().enumerate().map(checked).collect()
}

/// Days that come again, each once.
pub(super) fn recurrences(given: Vec<GivenRecurrence>) -> Result<Vec<GivenRecurrence>> {
    let argument = "input.terms.recurrences";
    at_most(given.len(), AGREEMENT_RECURRENCES_MAX, argument)?;
    for (at, recurrence) in given.iter().enumerate() {
        let place = |field: &str| format!("{argument}.{at}.{field}");
        match recurrence.every {
            Every::Year(month, _) if !(1..=12).contains(&month) => {
                return Err(invalid(&place("month"), "Un mese va da 1 a 12.", "A month is from 1 to 12."));
            }
            // 29 February is one; where a year has none, the last day of the month stands for it.
            Every::Year(month, day) if NaiveDate::from_ymd_opt(LEAP_YEAR, month, day).is_none() => {
                return Err(invalid(&place("day"), "Il mese non ha questo giorno.", "The month has no such day."));
            }
            Every::Months(months) if !(1..=EVERY_MONTHS_MAX).contains(&months) => {
                let (it, en) = ("I mesi vanno da 1 a 120.", "The months are from 1 to 120.");
                return Err(invalid(&place("everyMonths"), it, en));
            }
            Every::Year(..) | Every::Months(_) => {}
        }
    }
    let same = |recurrence: &GivenRecurrence| (recurrence.kind, every(recurrence.every));
    each_once(given.iter().map(same), |at| format!("{argument}.{at}"))?;
    Ok(given)
}

/// A year in which every day that can come again is.
const LEAP_YEAR: i32 = 2000;

/// How a day comes again, as its row has it: month times 100 plus day, or months.
pub(super) fn every(every: Every) -> (Option<u32>, Option<u32>) {
    match every {
        Every::Year(month, day) => (Some(month * 100 + day), None),
        Every::Months(months) => (None, Some(months)),
    }
}
