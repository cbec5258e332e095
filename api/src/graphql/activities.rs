//! The activity of a year as a request reads it: once for each Ambito, however many of its comuni ask, and with what an asker may not see cut out.
//!
//! A cell is what a comune's residents were given of a service in one month by one measure. It is small where fewer people than the threshold stand
//! behind it. A comune that has a small cell in a year is withheld for that service and year whole, so that no month gives another back; the smallest
//! others are withheld with it, until in each of its months what is withheld together is of two comuni and enough people. A total of all comuni is shown where what
//! is withheld in it is of nobody, or of two comuni and enough people. The asker's own cells count neither as hidden nor as hiding: the asker can subtract
//! them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use allocation::{MeasureCode, Micros};
use async_graphql::Context;

use super::database::database;
use super::sight::Sight;
use super::writing::{Writing, writing};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::activity::{self, CASES, Month, MonthSum};

/// Activity that is read together: row id of the Ambito, year, and the service where one is named.
type Key = (i64, i32, Option<i64>);

/// The activity of one request. What is asked for together is read together.
#[derive(Default)]
pub(super) struct Activities {
    asked: Mutex<BTreeSet<Key>>,
    done: tokio::sync::Mutex<HashMap<Key, Result<Arc<Year>>>>,
}

/// The activity of one Ambito and year, with what the asker may not see of it.
#[derive(Debug)]
pub(super) struct Year {
    /// By service, comune, month and measure.
    sums: Vec<MonthSum>,
    /// Row id of the measure that counts cases.
    cases: Option<i64>,
    own: Option<i64>,
    people_min: i64,
    /// Withheld comuni by service. Row ids.
    withheld: HashMap<i64, BTreeSet<i64>>,
}

/// One cell, or a sum of cells, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) service: i64,
    pub(super) month: Month,
    pub(super) measure: i64,
    /// The sum; none where it is withheld.
    pub(super) total: Option<Micros>,
    /// The people in the charge of the service in the month; none where they are withheld.
    pub(super) cases: Option<i64>,
}

/// Where activity is read.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// The database as it stands.
    Database(&'a Store),
    /// What the request itself has written, too.
    Written(&'a Writing),
}

impl<'a> Source<'a> {
    /// That of a request.
    pub(super) fn of(ctx: &Context<'a>) -> Result<Self> {
        let store = database(ctx)?;
        Ok(writing(ctx).map_or(Self::Database(store), Self::Written))
    }

    async fn months(
        self,
        ambiti: &BTreeSet<i64>,
        year: i32,
        services: Option<&BTreeSet<i64>>,
    ) -> Result<Vec<MonthSum>> {
        match self {
            Self::Database(store) => activity::months(store.reader(), ambiti, year, services).await,
            Self::Written(writing) => writing.months(ambiti, year, services).await,
        }
    }
}

/// The activity of an Ambito's year for an asker: of one service, where one is named.
pub(super) async fn year(
    sight: &Sight,
    source: Source<'_>,
    ambito: i64,
    year: i32,
    service: Option<i64>,
) -> Result<Arc<Year>> {
    let activities = sight.activities();
    let key = (ambito, year, service);
    activities.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    // The other comuni of the same list have their turn to ask before the first of them reads.
    tokio::task::yield_now().await;
    let mut done = activities.done.lock().await;
    if matches!(source, Source::Written(_)) {
        // Another act of the request may have changed what was read for the one before.
        done.clear();
        activities.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    }
    if !done.contains_key(&key) {
        let asked = std::mem::take(&mut *activities.asked.lock().unwrap_or_else(PoisonError::into_inner));
        let mut together: BTreeMap<(i32, bool), BTreeSet<Key>> = BTreeMap::new();
        for key in asked.into_iter().filter(|key| !done.contains_key(key)) {
            together.entry((key.1, key.2.is_some())).or_default().insert(key);
        }
        for ((year, _), keys) in together {
            let all: BTreeSet<i64> = keys.iter().map(|key| key.0).collect();
            let services: Option<BTreeSet<i64>> = keys.iter().map(|key| key.2).collect();
            let read = source.months(&all, year, services.as_ref()).await;
            for key in keys {
                let of_key = |sums: &Vec<MonthSum>| {
                    let is_of_key = |sum: &&MonthSum| sum.ambito == key.0 && key.2.is_none_or(|id| id == sum.service);
                    Arc::new(Year::new(sight, key.0, sums.iter().filter(is_of_key).copied().collect()))
                };
                done.insert(key, read.as_ref().map(of_key).map_err(Clone::clone));
            }
        }
    }
    done.get(&key).cloned().ok_or_else(|| Error::internal("activity that was not read"))?
}

impl Year {
    fn new(sight: &Sight, ambito: i64, sums: Vec<MonthSum>) -> Self {
        let asker = sight.asker();
        let cases = MeasureCode::parse(CASES).ok().and_then(|code| sight.book().names().measure_id(ambito, &code));
        let own = asker.comune.filter(|id| asker.sees_small_cells_of(ambito, *id));
        // Whoever sees the small cells of a comune and is none sees them all.
        let sees_all = asker.comune.is_none() && asker.sees_small_cells_of(ambito, 0);
        Self::with(sums, cases, own, (sight.people_min(), sees_all))
    }

    fn with(
        mut sums: Vec<MonthSum>,
        cases: Option<i64>,
        own: Option<i64>,
        (people_min, sees_all): (i64, bool),
    ) -> Self {
        sums.sort_unstable_by_key(|sum| (sum.service, sum.comune, sum.month, sum.measure));
        let mut year = Self { sums, cases, own, people_min, withheld: HashMap::new() };
        if !sees_all {
            let services = year.sums.chunk_by(|one, other| one.service == other.service);
            year.withheld = services.map(|sums| (sums[0].service, year.choose(sums))).collect();
        }
        year
    }

    /// The cells of a service.
    fn of(&self, service: i64) -> &[MonthSum] {
        let from = self.sums.partition_point(|sum| sum.service < service);
        let to = self.sums.partition_point(|sum| sum.service <= service);
        &self.sums[from..to]
    }

    /// The comuni to withhold of a service, of whose cells these are.
    fn choose(&self, cells: &[MonthSum]) -> BTreeSet<i64> {
        let comuni = cells.chunk_by(|one, other| one.comune == other.comune);
        let others: Vec<&[MonthSum]> = comuni.filter(|cells| Some(cells[0].comune) != self.own).collect();
        let is_small = |cells: &&[MonthSum]| cells.iter().any(|cell| cell.cases > 0 && cell.cases < self.people_min);
        let (small, mut others): (Vec<&[MonthSum]>, Vec<&[MonthSum]>) = others.into_iter().partition(is_small);
        // By month and measure, how many comuni are hidden together, and how many people.
        let mut hidden: BTreeMap<(Month, i64), (usize, i64)> = BTreeMap::new();
        let hide = |hidden: &mut BTreeMap<(Month, i64), (usize, i64)>, cells: &[MonthSum]| {
            for cell in cells.iter().filter(|cell| cell.cases > 0) {
                let (comuni, people) = hidden.entry((cell.month, cell.measure)).or_default();
                *comuni += 1;
                *people = people.saturating_add(cell.cases);
            }
        };
        for cells in &small {
            hide(&mut hidden, cells);
        }
        // Only what hides something of a small one is to be enough.
        let places: BTreeSet<(Month, i64)> = hidden.keys().copied().collect();
        let mut withheld: BTreeSet<i64> = small.iter().map(|cells| cells[0].comune).collect();
        let size = |cells: &[MonthSum]| {
            let counts = cells.iter().filter(|cell| Some(cell.measure) == self.cases);
            counts.fold(0_i64, |sum, cell| sum.saturating_add(cell.cases))
        };
        others.retain(|cells| cells.iter().any(|cell| cell.cases > 0));
        others.sort_by_key(|cells| (size(cells), cells[0].comune));
        for cells in others {
            let is_open = |place: &(Month, i64)| {
                places.contains(place) && hidden.get(place).is_some_and(|counted| !self.is_enough(*counted))
            };
            // One that hides nothing that is still open need not be hidden.
            if cells.iter().any(|cell| cell.cases > 0 && is_open(&(cell.month, cell.measure))) {
                hide(&mut hidden, cells);
                withheld.insert(cells[0].comune);
            }
        }
        withheld
    }

    /// Whether what is hidden together is of two comuni at least, and of enough people.
    fn is_enough(&self, (comuni, people): (usize, i64)) -> bool {
        comuni >= 2 && people >= self.people_min
    }

    /// Whether what a comune was given of a service is withheld from the asker.
    pub(super) fn withholds(&self, service: i64, comune: i64) -> bool {
        self.withheld.get(&service).is_some_and(|comuni| comuni.contains(&comune))
    }

    /// The months of a comune, in the order of services, months and measures (row ids). Those of a withheld comune are all months and measures that the service has
    /// anywhere, so that its own do not show.
    pub(super) fn of_comune(&self, comune: i64) -> Vec<Shown> {
        let mut shown = BTreeMap::new();
        for sum in &self.sums {
            let place = (sum.service, sum.month, sum.measure);
            let (service, month, measure) = place;
            if self.withholds(sum.service, comune) {
                shown.insert(place, Shown { service, month, measure, total: None, cases: None });
            } else if sum.comune == comune {
                let cases = self.cases_of(sum.service, comune, sum.month);
                shown.insert(place, Shown { service, month, measure, total: Some(Micros::new(sum.total)), cases });
            }
        }
        shown.into_values().collect()
    }

    /// The people of a service, comune and month, whatever they were given.
    fn cases_of(&self, service: i64, comune: i64, month: Month) -> Option<i64> {
        let place = (service, comune, month, self.cases?);
        let found = self.sums.binary_search_by_key(&place, |sum| (sum.service, sum.comune, sum.month, sum.measure));
        Some(self.sums.get(found.ok()?)?.cases)
    }

    /// The months of a service over all comuni.
    pub(super) fn of_service(&self, service: i64) -> Result<Vec<Shown>> {
        let mut places: BTreeMap<(Month, i64), Vec<&MonthSum>> = BTreeMap::new();
        for sum in self.of(service) {
            places.entry((sum.month, sum.measure)).or_default().push(sum);
        }
        let told: BTreeMap<(Month, i64), bool> =
            places.iter().map(|(place, sums)| (*place, self.shows_total(service, sums))).collect();
        let total_of = |place: &(Month, i64), sums: &[&MonthSum]| -> Result<Option<i64>> {
            if !told.get(place).is_some_and(|is_told| *is_told) {
                return Ok(None);
            }
            let total = sums.iter().try_fold(0_i64, |total, sum| total.checked_add(sum.total));
            Ok(Some(total.ok_or(allocation::Error::Overflow)?))
        };
        let mut shown = Vec::with_capacity(places.len());
        for (place, sums) in &places {
            let (month, measure) = *place;
            let counted = self.cases.map(|cases| (month, cases)).and_then(|place| Some((place, places.get(&place)?)));
            let cases = match counted {
                Some((place, sums)) => total_of(&place, sums)?.map(|total| total / Micros::SCALE),
                None => None,
            };
            let total = total_of(place, sums)?.map(Micros::new);
            shown.push(Shown { service, month, measure, total, cases });
        }
        Ok(shown)
    }

    fn shows_total(&self, service: i64, sums: &[&MonthSum]) -> bool {
        let hidden = sums.iter().filter(|sum| self.withholds(service, sum.comune) && sum.cases > 0);
        let (comuni, people) =
            hidden.fold((0, 0_i64), |(comuni, people), sum| (comuni + 1, people.saturating_add(sum.cases)));
        comuni == 0 || self.is_enough((comuni, people))
    }

    /// The number of the last month in which the service has anything, in whichever comune.
    pub(super) fn last_month(&self, service: i64) -> u32 {
        self.of(service).iter().map(|sum| sum.month.number()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: i64 = 1;
    const HOURS: i64 = 2;

    /// Cells of one service: comune, month, people.
    fn year(cells: &[(i64, u32, i64)], own: Option<i64>) -> Year {
        let sums = cells.iter().flat_map(|(comune, month, people)| {
            let month = Month::new(2023, *month).unwrap();
            let sum = |measure, total| MonthSum {
                ambito: 1,
                comune: *comune,
                service: 1,
                month,
                measure,
                total,
                cases: *people,
            };
            [sum(CASES, people * 1_000_000), sum(HOURS, people * 7_000_000)]
        });
        Year::with(sums.collect(), Some(CASES), own, (5, false))
    }

    #[track_caller]
    fn check(cells: &[(i64, u32, i64)], own: Option<i64>, expected: &[i64]) {
        assert_eq!(year(cells, own).withheld[&1].iter().copied().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_small_cell_takes_enough_others_with_it() {
        // Nobody, or enough people: nothing to withhold.
        check(&[(1, 1, 5), (2, 1, 0), (3, 2, 40)], None, &[]);
        // One small month hides its comune, and the smallest other with it.
        check(&[(1, 1, 4), (1, 2, 50), (2, 1, 9), (2, 2, 9), (3, 1, 8), (3, 2, 8)], None, &[1, 3]);
        // One that has nothing in a month hides nothing in it.
        check(&[(1, 1, 4), (2, 1, 9), (3, 2, 8)], None, &[1, 2]);
        // Two small ones hide each other where they are enough people in each month.
        check(&[(1, 1, 2), (2, 1, 3), (3, 1, 9)], None, &[1, 2]);
        check(&[(1, 1, 2), (1, 2, 2), (2, 1, 3), (3, 1, 9), (3, 2, 9)], None, &[1, 2, 3]);
        // The asker's own hides nothing, and is not hidden.
        check(&[(1, 1, 2), (2, 1, 3), (3, 1, 9)], Some(2), &[1, 3]);
        check(&[(1, 1, 2), (2, 1, 30), (3, 1, 9)], Some(1), &[]);
        // Alone, there is nothing to hide behind; it is withheld all the same.
        check(&[(1, 1, 2), (2, 1, 9)], Some(2), &[1]);
    }

    #[test]
    fn a_total_is_shown_where_it_gives_nothing_back() {
        let shown = |cells: &[(i64, u32, i64)], own| {
            let shown = year(cells, own).of_service(1).unwrap();
            let hours = shown.into_iter().filter(|shown| shown.measure == HOURS);
            hours
                .map(|shown| shown.cases.zip(shown.total).map(|(cases, total)| (cases, total.get() / 7_000_000)))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(&[(1, 1, 5), (2, 1, 9)], None), [Some((14, 14))]);
        assert_eq!(shown(&[(1, 1, 4), (2, 1, 9), (3, 1, 9)], None), [Some((22, 22))]);
        // The second month is of one withheld comune alone.
        assert_eq!(shown(&[(1, 1, 4), (2, 1, 9), (3, 1, 7), (2, 2, 9), (3, 2, 7)], None), [Some((20, 20)), None]);
        assert_eq!(shown(&[(1, 1, 2), (2, 1, 9)], Some(2)), [None]);
    }

    #[test]
    fn the_months_of_a_withheld_comune_do_not_show() {
        let year = year(&[(1, 1, 4), (2, 2, 9), (2, 1, 9), (3, 3, 8)], None);
        assert_eq!(year.withheld[&1], BTreeSet::from([1, 2]));
        let months = |comune| {
            year.of_comune(comune)
                .iter()
                .map(|shown| (shown.month.number(), shown.total.is_some()))
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(months(1), BTreeSet::from([(1, false), (2, false), (3, false)]));
        assert_eq!(months(1), months(2));
        assert_eq!(months(3), BTreeSet::from([(3, true)]));
        assert_eq!(months(4), BTreeSet::new());
        assert_eq!(year.last_month(1), 3);
    }
}
