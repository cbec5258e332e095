//! Benefits added up, with what an asker may not see of the sums cut out.
//!
//! A cell is what the residents of one comune were granted under one measure, of one kind, in one year. It is small where fewer people than the threshold stand behind it. Of
//! each measure, kind and year the small cells are withheld together with the smallest others, until they are of two comuni and enough people: that is a block. In each of
//! its comuni there is somebody, which whoever asks for one comune after the other finds out; so enough is counted beyond one person of each comune. A sum is shown
//! where it holds, of each block, nothing or the whole of it; a comune that is withheld has no row. So whatever is added up or subtracted, only cells that are shown and whole blocks come out. The
//! asker's own cells count neither as hidden nor as hiding: the asker can subtract them.
//!
//! That holds for what can be added: amounts, and grants of one year. A grant of two years counts in both, and a person can have two benefits: how many do could be
//! subtracted, and be few. So whoever does not see everything is told the grants of sums within one year, and the people of sums of one measure, kind and year.

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
    /// Whether few people stand behind it, or it would give such a number back.
    pub(super) withheld: bool,
}

/// What hides together: a measure, a kind and a year.
type Base = (i64, Arc<str>, i32);

/// What an asker may see.
pub(super) enum Sees {
    /// Everything that was read.
    All,
    /// No cell of few people but those of its own comune, where it has one.
    Some {
        /// Row id of its own comune.
        own: Option<i64>,
        /// How few people make a cell small.
        people_min: i64,
    },
}

/// What is added up.
#[derive(Default)]
struct Sum {
    grants: i64,
    people: HashSet<usize>,
    cents: i64,
    /// The comuni in it, by what hides together.
    cells: BTreeMap<Base, BTreeSet<i64>>,
}

impl Sum {
    fn add(&mut self, share: &Share, due: &[(Month, Cents)]) -> Result<()> {
        self.grants += 1;
        self.people.insert(share.case);
        for (month, amount) in due {
            let cents = self.cents.checked_add(amount.get());
            self.cents = cents.ok_or(allocation::Error::Overflow)?;
            let base = (share.measure, share.kind.clone(), month.year());
            self.cells.entry(base).or_default().insert(share.comune);
        }
        Ok(())
    }
}

/// The sums of what is selected, by group, and the sum of all of it. `shares` is everything that hides or is hidden, `selected` says what of it is asked for.
pub(super) fn add_up(
    (shares, selected): (&[Share], impl Fn(&Share) -> bool),
    group: impl Fn(&Share, Month) -> Group,
    sees: &Sees,
    is_in_time: impl Fn() -> Result<()>,
) -> Result<(BTreeMap<Group, Shown>, Shown)> {
    let (mut sums, mut total) = (HashMap::<Group, Sum>::new(), Sum::default());
    for (at, share) in shares.iter().enumerate() {
        if at.is_multiple_of(BENEFIT_GRANTS_A_LOOK) {
            is_in_time()?;
        }
        if !selected(share) {
            continue;
        }
        let mut by_group: BTreeMap<Group, Vec<(Month, Cents)>> = BTreeMap::new();
        for due in &share.due {
            by_group.entry(group(share, due.0)).or_default().push(*due);
        }
        for (group, due) in by_group {
            sums.entry(group).or_default().add(share, &due)?;
        }
        total.add(share, &share.due)?;
    }
    let blocks = match sees {
        Sees::All => None,
        Sees::Some { own, people_min } => Some(Blocks::new(shares, (*own, *people_min), is_in_time)?),
    };
    let show = |sum: &Sum| match &blocks {
        None => shown(sum),
        Some(blocks) => blocks.show(sum),
    };
    let mut rows = BTreeMap::new();
    for (group, sum) in sums {
        let shown = show(&sum)?;
        // A row of a comune that shows nothing would say that there is somebody.
        if !(shown.withheld && group.comune.is_some()) {
            rows.insert(group, shown);
        }
    }
    Ok((rows, show(&total)?))
}

/// A sum of which everything is shown.
fn shown(sum: &Sum) -> Result<Shown> {
    let people = i64::try_from(sum.people.len()).map_err(Error::internal)?;
    Ok(Shown { grants: Some(sum.grants), people: Some(people), amount: Some(Cents::new(sum.cents)), withheld: false })
}

/// What is withheld together, of each measure, kind and year.
struct Blocks(HashMap<Base, Block>);

struct Block {
    /// Row ids.
    comuni: BTreeSet<i64>,
    /// Whether it is of two comuni and enough people beyond one of each, so that its sum may be known.
    is_enough: bool,
}

impl Blocks {
    fn new(
        shares: &[Share],
        (own, people_min): (Option<i64>, i64),
        is_in_time: impl Fn() -> Result<()>,
    ) -> Result<Self> {
        let mut people: HashMap<Base, BTreeMap<i64, HashSet<usize>>> = HashMap::new();
        for (at, share) in shares.iter().enumerate() {
            if at.is_multiple_of(BENEFIT_GRANTS_A_LOOK) {
                is_in_time()?;
            }
            if Some(share.comune) == own {
                continue;
            }
            for (month, _) in &share.due {
                let base = (share.measure, share.kind.clone(), month.year());
                people.entry(base).or_default().entry(share.comune).or_default().insert(share.case);
            }
        }
        let count = |cases: &HashSet<usize>| i64::try_from(cases.len()).unwrap_or(i64::MAX);
        let block = |(base, comuni): (Base, BTreeMap<i64, HashSet<usize>>)| {
            let cells: Vec<(i64, i64)> = comuni.iter().map(|(comune, cases)| (count(cases), *comune)).collect();
            Some((base, Block::choose(cells, people_min)?))
        };
        Ok(Self(people.into_iter().filter_map(block).collect()))
    }

    fn show(&self, sum: &Sum) -> Result<Shown> {
        let is_whole = |(base, comuni): (&Base, &BTreeSet<i64>)| {
            self.0.get(base).is_none_or(|block| {
                block.comuni.is_disjoint(comuni) || (block.is_enough && block.comuni.is_subset(comuni))
            })
        };
        if !sum.cells.iter().all(is_whole) {
            return Ok(Shown { grants: None, people: None, amount: None, withheld: true });
        }
        let years: BTreeSet<i32> = sum.cells.keys().map(|(_, _, year)| *year).collect();
        let Shown { grants, people, amount, withheld } = shown(sum)?;
        let (grants, people) = (grants.filter(|_| years.len() <= 1), people.filter(|_| sum.cells.len() <= 1));
        Ok(Shown { grants, people, amount, withheld })
    }
}

impl Block {
    /// Of cells, each as its people and its comune: what is withheld; none where none is small.
    fn choose(mut cells: Vec<(i64, i64)>, people_min: i64) -> Option<Self> {
        // The smallest first, so that the others that are taken with them are the smallest, too.
        cells.sort_unstable();
        if cells.first().is_none_or(|(people, _)| *people >= people_min) {
            return None;
        }
        let (mut comuni, mut beyond) = (BTreeSet::new(), 0_i64);
        for (count, comune) in cells {
            if count >= people_min && comuni.len() >= 2 && beyond >= people_min {
                break;
            }
            comuni.insert(comune);
            beyond = beyond.saturating_add(count.saturating_sub(1));
        }
        let is_enough = comuni.len() >= 2 && beyond >= people_min;
        Some(Self { comuni, is_enough })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cells: &[(i64, i64)], expected: Option<(&[i64], bool)>) {
        let found = Block::choose(cells.to_vec(), 5).map(|block| (block.comuni, block.is_enough));
        assert_eq!(found, expected.map(|(comuni, is_enough)| (comuni.iter().copied().collect(), is_enough)));
    }

    #[test]
    fn a_block_is_of_two_comuni_and_enough_people() {
        check(&[], None);
        check(&[(5, 1), (9, 2)], None);
        // One small cell takes the smallest other with it.
        check(&[(4, 1), (9, 2), (6, 3)], Some((&[1, 3], true)));
        // Two small ones hide each other where they are enough people beyond one of each; all small ones are withheld.
        check(&[(3, 1), (4, 2), (9, 3)], Some((&[1, 2], true)));
        check(&[(2, 1), (4, 2), (9, 3)], Some((&[1, 2, 3], true)));
        check(&[(1, 1), (3, 2), (9, 3)], Some((&[1, 2, 3], true)));
        check(&[(4, 1), (4, 2), (4, 3), (9, 4)], Some((&[1, 2, 3], true)));
        // Alone there is nothing to hide behind, and its sum stays hidden.
        check(&[(1, 1)], Some((&[1], false)));
        check(&[(2, 1), (2, 2)], Some((&[1, 2], false)));
        // Five people of five comuni are one each; and so are four of four.
        check(&[(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)], Some((&[1, 2, 3, 4, 5], false)));
        check(&[(1, 1), (1, 2), (1, 3), (1, 4)], Some((&[1, 2, 3, 4], false)));
        check(&[(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (6, 6)], Some((&[1, 2, 3, 4, 5, 6], true)));
    }
}
