//! The quotas of many budgets as one ordered list of which only a page is ever made.
//!
//! A budget's quotas stand in the order of their comuni already. Where the order asked for keeps those of a budget together, a page is found by
//! counting whole plans and budgets; otherwise every quota is looked at once, and none but those of the page is kept.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::enums::OrderDirection;
use super::page::Window;
use super::quota::Quota;
use super::quotas::{Chosen, QuotaOrder, QuotaOrderField, Wanted};
use super::sight::Sight;
use crate::error::Result;
use crate::store::master::AmbitoBook;
use crate::store::plan::{BudgetBook, PlanBook};

/// Quotas or blocks that are looked at before the time is looked at again.
const STEPS_A_LOOK: usize = 4_096;

/// What a quota is found by again: everything that an order may look at, and what makes it unique. Its texts are the book's own; only those
/// of a cursor are read anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct QuotaKey<'a> {
    year: i32,
    ambito: Cow<'a, str>,
    service: Cow<'a, str>,
    comune: Cow<'a, str>,
    cents: i64,
}

/// The same to compare by. What is not known yet is left out, and then a plan or a budget equals all that is in it.
#[derive(Clone, Copy)]
struct Place<'a> {
    year: i32,
    ambito: &'a str,
    service: Option<&'a str>,
    comune: Option<&'a str>,
    cents: i64,
}

impl QuotaKey<'_> {
    fn place(&self) -> Place<'_> {
        let Self { year, ambito, service, comune, cents } = self;
        Place { year: *year, ambito, service: Some(service), comune: Some(comune), cents: *cents }
    }
}

impl Place<'_> {
    fn compare(&self, other: &Place<'_>, orders: &[QuotaOrder]) -> Ordering {
        let by = |order: &QuotaOrder| {
            let way = match order.field {
                QuotaOrderField::Year => self.year.cmp(&other.year),
                QuotaOrderField::Service => known(self.service, other.service),
                QuotaOrderField::Comune => known(self.comune, other.comune),
                QuotaOrderField::Amount => self.cents.cmp(&other.cents),
            };
            if order.direction == OrderDirection::Desc { way.reverse() } else { way }
        };
        let named = orders.iter().map(by).find(|way| way.is_ne());
        named.unwrap_or_else(|| {
            // What orders quotas that nothing else does, and makes each unique.
            let place = (self.year, self.ambito).cmp(&(other.year, other.ambito));
            place.then_with(|| known(self.service, other.service)).then_with(|| known(self.comune, other.comune))
        })
    }
}

fn known(one: Option<&str>, other: Option<&str>) -> Ordering {
    one.zip(other).map_or(Ordering::Equal, |(one, other)| one.cmp(other))
}

/// A quota that was found.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    ambito: &'a AmbitoBook,
    plan: &'a Arc<PlanBook>,
    budget: usize,
    at: usize,
}

impl<'a> Found<'a> {
    fn place(&self) -> Place<'a> {
        let budget = &self.plan.budgets[self.budget];
        let comune = budget.quota_comuni[self.at].istat.as_str();
        let cents = budget.quotas[self.at].get();
        Place { comune: Some(comune), cents, ..of_budget(self.ambito, self.plan, budget) }
    }

    pub(super) fn key(&self) -> QuotaKey<'a> {
        let budget = &self.plan.budgets[self.budget];
        QuotaKey {
            year: self.plan.row.year,
            ambito: Cow::Borrowed(&self.ambito.row.code),
            service: Cow::Borrowed(&budget.service),
            comune: Cow::Borrowed(budget.quota_comuni[self.at].istat.as_str()),
            cents: budget.quotas[self.at].get(),
        }
    }

    pub(super) fn quota(&self) -> Quota {
        Quota { plan: Arc::clone(self.plan), budget: self.budget, at: self.at }
    }
}

fn of_budget<'a>(ambito: &'a AmbitoBook, plan: &'a PlanBook, budget: &'a BudgetBook) -> Place<'a> {
    let (year, ambito) = (plan.row.year, ambito.row.code.as_str());
    Place { year, ambito, service: Some(&budget.service), comune: None, cents: 0 }
}

/// Quotas that stand together: those of a plan, or of one of its budgets.
struct Block<'a> {
    ambito: &'a AmbitoBook,
    plan: &'a Arc<PlanBook>,
    budget: Option<usize>,
    len: usize,
}

impl<'a> Block<'a> {
    fn place(&self) -> Place<'a> {
        if let Some(budget) = self.budget {
            return of_budget(self.ambito, self.plan, &self.plan.budgets[budget]);
        }
        let (year, ambito) = (self.plan.row.year, self.ambito.row.code.as_str());
        Place { year, ambito, service: None, comune: None, cents: 0 }
    }
}

/// The list.
pub(super) struct QuotaList<'a> {
    sight: &'a Sight,
    wanted: Wanted<'a>,
    orders: &'a [QuotaOrder],
    blocks: Vec<Block<'a>>,
    len: usize,
}

impl<'a> QuotaList<'a> {
    pub(super) fn new(sight: &'a Sight, wanted: Wanted<'a>, orders: &'a [QuotaOrder], day: NaiveDate) -> Result<Self> {
        let plans = wanted.plans(sight, day);
        let mut list = Self { sight, wanted, orders, blocks: Vec::with_capacity(plans.len()), len: 0 };
        let whole = list.wanted.takes_every_budget() && list.wanted.takes_every_quota();
        let by_plan = orders.iter().all(|order| order.field == QuotaOrderField::Year);
        for (ambito, plan) in plans {
            if !(whole && by_plan) {
                sight.check_time()?;
                for (budget, len) in list.budgets(ambito, plan).map(|(budget, chosen)| (budget, chosen.len())) {
                    list.blocks.push(Block { ambito, plan, budget: Some(budget), len });
                }
            } else if plan.quota_count > 0 {
                list.blocks.push(Block { ambito, plan, budget: None, len: plan.quota_count });
            }
        }
        list.blocks.sort_by(|one, other| one.place().compare(&other.place(), orders));
        list.len = list.blocks.iter().map(|block| block.len).sum();
        Ok(list)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether the quotas of a budget stand together.
    fn is_in_blocks(&self) -> bool {
        let apart = |order: &QuotaOrder| matches!(order.field, QuotaOrderField::Comune | QuotaOrderField::Amount);
        !self.orders.iter().any(apart)
    }

    /// The budgets of a plan that have quotas in the list, in the order of their services' codes.
    fn budgets(&self, ambito: &'a AmbitoBook, plan: &'a PlanBook) -> impl Iterator<Item = (usize, Chosen)> + use<'a> {
        let taken = plan.budgets.iter().enumerate().filter(|(_, budget)| self.wanted.takes_budget(ambito, budget));
        let mut budgets: Vec<(usize, Chosen)> =
            taken.map(|(at, budget)| (at, self.wanted.chosen(budget))).filter(|(_, chosen)| chosen.len() > 0).collect();
        budgets.sort_by(|(one, _), (other, _)| plan.budgets[*one].service.cmp(&plan.budgets[*other].service));
        budgets.into_iter()
    }

    /// The budgets of a block.
    fn within(&self, block: &Block<'a>) -> Vec<(usize, Chosen)> {
        match block.budget {
            Some(budget) => vec![(budget, self.wanted.chosen(&block.plan.budgets[budget]))],
            None => self.budgets(block.ambito, block.plan).collect(),
        }
    }

    /// Every quota, in no order.
    fn all(&self) -> impl Iterator<Item = Found<'a>> {
        self.blocks.iter().flat_map(move |block| {
            let Block { ambito, plan, .. } = *block;
            let of_budget = move |(budget, chosen): (usize, Chosen)| {
                (0..chosen.len()).map(move |index| Found { ambito, plan, budget, at: chosen.at(index) })
            };
            self.within(block).into_iter().flat_map(of_budget)
        })
    }

    /// How many quotas stand to the one of a cursor in one of these ways.
    pub(super) fn rank(&self, key: &QuotaKey<'_>, counted: &[Ordering]) -> Result<usize> {
        let edge = key.place();
        let is_counted = |place: Place<'_>| counted.contains(&place.compare(&edge, self.orders));
        let mut rank = 0;
        if !self.is_in_blocks() {
            for (step, found) in self.all().enumerate() {
                self.check_time(step)?;
                rank += usize::from(is_counted(found.place()));
            }
            return Ok(rank);
        }
        for (step, block) in self.blocks.iter().enumerate() {
            self.check_time(step)?;
            match block.place().compare(&edge, self.orders) {
                Ordering::Less => rank += block.len,
                Ordering::Greater => break,
                // The cursor's quota is, or would be, in here.
                Ordering::Equal => {
                    for (budget, chosen) in self.within(block) {
                        let found = |at| Found { ambito: block.ambito, plan: block.plan, budget, at };
                        let (mut from, mut to) = (0, chosen.len());
                        while from < to {
                            let middle = usize::midpoint(from, to);
                            if is_counted(found(chosen.at(middle)).place()) { from = middle + 1 } else { to = middle }
                        }
                        rank += from;
                    }
                }
            }
        }
        Ok(rank)
    }

    /// Looks at the time once in many steps of a loop.
    fn check_time(&self, step: usize) -> Result<()> {
        if step.is_multiple_of(STEPS_A_LOOK) { self.sight.check_time() } else { Ok(()) }
    }

    /// The quotas of a page.
    pub(super) fn entries(&self, window: &Window<QuotaKey<'static>>) -> Result<Vec<Found<'a>>> {
        if !self.is_in_blocks() {
            return self.select(window);
        }
        let (mut skip, mut left) = (window.from, window.to - window.from);
        let mut entries = Vec::with_capacity(left);
        for block in &self.blocks {
            if left == 0 {
                break;
            }
            if skip >= block.len {
                skip -= block.len;
                continue;
            }
            for (budget, chosen) in self.within(block) {
                let (from, count) = (skip.min(chosen.len()), left.min(chosen.len().saturating_sub(skip)));
                let found = |index| Found { ambito: block.ambito, plan: block.plan, budget, at: chosen.at(index) };
                entries.extend((from..from + count).map(found));
                skip -= from;
                left -= count;
            }
        }
        Ok(entries)
    }

    /// The quotas of a page out of all, without sorting more than a page.
    fn select(&self, window: &Window<QuotaKey<'static>>) -> Result<Vec<Found<'a>>> {
        let count = window.to - window.from;
        let compare = |one: &Found<'_>, other: &Found<'_>| {
            let way = one.place().compare(&other.place(), self.orders);
            if window.is_first { way } else { way.reverse() }
        };
        let is_beyond = |found: &Found<'_>, edge: &Option<QuotaKey<'_>>, way: Ordering| {
            edge.as_ref().is_none_or(|edge| found.place().compare(&edge.place(), self.orders) == way)
        };
        let mut kept: Vec<Found<'_>> = Vec::new();
        let mut last: Option<Found<'_>> = None;
        for (step, found) in self.all().enumerate() {
            self.check_time(step)?;
            let comes_too_late = last.as_ref().is_some_and(|last| compare(&found, last) == Ordering::Greater);
            if comes_too_late
                || !is_beyond(&found, &window.after, Ordering::Greater)
                || !is_beyond(&found, &window.before, Ordering::Less)
            {
                continue;
            }
            kept.push(found);
            if kept.len() >= 4 * count.max(1) {
                let (_, middle, _) = kept.select_nth_unstable_by(count.saturating_sub(1), &compare);
                last = Some(*middle);
                kept.truncate(count);
            }
        }
        kept.sort_by(&compare);
        kept.truncate(count);
        if !window.is_first {
            kept.reverse();
        }
        Ok(kept)
    }
}
