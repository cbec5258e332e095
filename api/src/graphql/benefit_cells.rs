//! Benefits added up, with what an asker may not see of the sums left out.
//!
//! A cell is what the residents of one comune were granted under one measure, of one kind, in one year. Whoever sees every case is told of the cells as they are. Anybody else is told of its own comune's as they are, and of
//! any other only what was published of it: nothing to begin with; and at the end of a month, by what was recorded until then, what the cell is, where the benefits of as many people as the threshold, or of more,
//! differ from what was published last. A published cell that has fewer people is withheld. Every sum adds up what may be told of cells, and every one that is also of others' says that something may be left out,
//! whether anything is or not: else the first and the last person of a cell would show.
//!
//! So nothing that is told depends on a withheld cell at all, whatever is added up or subtracted, by whomever together: no cell hides behind another, and of none it is known whether
//! it has anybody. And what is told of a cell never differs from one day to another by fewer people than the threshold.
//!
//! A grant of two years counts in both, and a person can have two benefits: how many do could be subtracted, and be few. So whoever does not see everything is told the
//! grants of sums within one year, and the people of sums of one measure, kind and year.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use allocation::Cents;

use crate::error::{Error, Result};
use crate::limits::BENEFIT_GRANTS_A_LOOK;
use crate::store::activity::Month;
use crate::store::benefit::sum::Share;

/// What a sum is of; what is not added up by is left empty. Numbers are row ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) measure: Option<i64>,
    pub(super) comune: Option<i64>,
    pub(super) kind: Option<Arc<str>>,
    pub(super) year: Option<i32>,
    pub(super) month: Option<Month>,
}

/// A sum as it is shown; what is none is not for the asker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) grants: Option<i64>,
    pub(super) people: Option<i64>,
    pub(super) amount: Option<Cents>,
    /// Whether something is left out of it, or everything.
    pub(super) withheld: bool,
}

/// What of a comune's is one cell: a measure, a kind and a year.
type Base = (i64, Arc<str>, i32);

/// What an asker may see.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sees {
    /// Everything that was read.
    All,
    /// What was published, and all of its own comune, where it has one.
    Some {
        /// Row id of its own comune.
        own: Option<i64>,
        /// How few people make a cell small.
        people_min: usize,
        /// The last month that is over.
        closed: Month,
    },
}

/// What is added up.
#[derive(Default)]
struct Sum {
    grants: HashSet<usize>,
    people: HashSet<usize>,
    cents: i64,
    bases: BTreeSet<Base>,
}

impl Sum {
    fn add(&mut self, (at, share): (usize, &Share), month: Month, amount: Cents) -> Result<()> {
        self.grants.insert(at);
        self.people.insert(share.case);
        self.cents = self.cents.checked_add(amount.get()).ok_or(allocation::Error::Overflow)?;
        self.bases.insert(base(share, month.year()));
        Ok(())
    }

    /// As it is shown; `comune` is the one that it is of, where it is of one.
    fn shown(&self, sees: &Sees, comune: Option<i64>) -> Result<Shown> {
        // Asked of what is asked, and never of what is there.
        let withheld = matches!(sees, Sees::Some { own, .. } if comune.is_none() || comune != *own);
        if withheld && self.grants.is_empty() {
            return Ok(Shown { grants: None, people: None, amount: None, withheld });
        }
        let sees_all = matches!(sees, Sees::All);
        let years: BTreeSet<i32> = self.bases.iter().map(|(_, _, year)| *year).collect();
        let count = |of: &HashSet<usize>| i64::try_from(of.len()).map_err(Error::internal);
        let grants = Some(count(&self.grants)?).filter(|_| sees_all || years.len() <= 1);
        let people = Some(count(&self.people)?).filter(|_| sees_all || self.bases.len() <= 1);
        Ok(Shown { grants, people, amount: Some(Cents::new(self.cents)), withheld })
    }
}

fn base(share: &Share, year: i32) -> Base {
    (share.measure, share.kind.clone(), year)
}

/// The sums of shares, by group, and the sum of all of them.
pub(super) fn add_up(
    shares: &[Share],
    group: impl Fn(&Share, Month) -> Group,
    sees: &Sees,
    is_in_time: impl Fn() -> Result<()>,
) -> Result<(BTreeMap<Group, Shown>, Shown)> {
    let (mut sums, mut total) = (HashMap::<Group, Sum>::new(), Sum::default());
    let mut cells = Cells::default();
    for (at, share) in shares.iter().enumerate() {
        if at.is_multiple_of(BENEFIT_GRANTS_A_LOOK) {
            is_in_time()?;
        }
        match sees {
            Sees::Some { own, closed, .. } if *own != Some(share.comune) => cells.note((at, share), *closed),
            _ => {
                for (month, amount) in &share.due {
                    sums.entry(group(share, *month)).or_default().add((at, share), *month, *amount)?;
                    total.add((at, share), *month, *amount)?;
                }
            }
        }
    }
    for (at, cell) in cells.0.values().enumerate() {
        if at.is_multiple_of(BENEFIT_GRANTS_A_LOOK) {
            is_in_time()?;
        }
        let Sees::Some { people_min, .. } = sees else { break };
        for (at, month, amount) in cell.published(*people_min) {
            let share = (at, &shares[at]);
            sums.entry(group(share.1, month)).or_default().add(share, month, amount)?;
            total.add(share, month, amount)?;
        }
    }
    let mut rows = BTreeMap::new();
    for (group, sum) in sums {
        let shown = sum.shown(sees, group.comune)?;
        rows.insert(group, shown);
    }
    Ok((rows, total.shown(sees, None)?))
}

/// The cells of others, with what was recorded of them in months that are over.
#[derive(Default)]
struct Cells(BTreeMap<(Base, i64), Cell>);

/// Of which share, whose case it is, and what is due under it.
type Record = (usize, usize, Vec<(Month, Cents)>);

/// What was recorded of one cell.
#[derive(Default)]
struct Cell {
    /// By month of record.
    records: BTreeMap<Month, Vec<Record>>,
}

/// What is due to the people of a cell, by case and share.
type State = BTreeMap<usize, BTreeMap<usize, Vec<(Month, Cents)>>>;

impl Cells {
    fn note(&mut self, (at, share): (usize, &Share), closed: Month) {
        let due = share.recorded.iter().flat_map(|(_, due)| due);
        let years: BTreeSet<i32> = due.map(|(month, _)| month.year()).collect();
        for year in years {
            let cell = self.0.entry((base(share, year), share.comune)).or_default();
            for (recorded, due) in share.recorded.iter().filter(|(recorded, _)| *recorded <= closed) {
                let due = due.iter().filter(|(month, _)| month.year() == year).copied().collect();
                cell.records.entry(*recorded).or_default().push((at, share.case, due));
            }
        }
    }
}

impl Cell {
    /// What was published of it last: shares, with what is due under each in months; nothing where they are few people's. Goes month by month.
    fn published(&self, people_min: usize) -> Vec<(usize, Month, Cents)> {
        let (mut now, mut told) = (State::new(), State::new());
        let mut differing: BTreeSet<usize> = BTreeSet::new();
        for records in self.records.values() {
            for (share, case, due) in records {
                let grants = now.entry(*case).or_default();
                if due.is_empty() {
                    grants.remove(share);
                } else {
                    grants.insert(*share, due.clone());
                }
                if grants.is_empty() {
                    now.remove(case);
                }
                if now.get(case) == told.get(case) {
                    differing.remove(case);
                } else {
                    differing.insert(*case);
                }
            }
            if differing.len() >= people_min {
                for case in std::mem::take(&mut differing) {
                    match now.get(&case) {
                        Some(grants) => told.insert(case, grants.clone()),
                        None => told.remove(&case),
                    };
                }
            }
        }
        if told.len() < people_min {
            return Vec::new();
        }
        let grants = told.values().flatten();
        grants.flat_map(|(share, due)| due.iter().map(|(month, amount)| (*share, *month, *amount))).collect()
    }
}

#[cfg(test)]
mod tests;
