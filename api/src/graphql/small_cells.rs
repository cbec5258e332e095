//! Small cells: what residents used is withheld where so few people stand behind it that it could name them.
//!
//! A cell is one comune's value. It is small when its count of people is above zero and below the threshold, or unknown. A total less what is
//! shown would give back what is withheld together: so the smallest of the others are withheld with it, until it is two comuni and enough people. The asker's own cell does not
//! count as withheld, since the asker can subtract it.

use std::collections::BTreeSet;
use std::sync::Arc;

use allocation::{IstatCode, MeasureCode, Micros};
use chrono::NaiveDate;
use entity::measure;

use super::sight::{Cells, Sight};
use crate::store::book::Book;
use crate::store::master::{AmbitoBook, ComuneEntry, Measurement};
use crate::store::plan::{BudgetBook, PlanBook};

/// The measure that counts people.
const CASES: &str = "CASES";
/// The measure that counts residents.
const RESIDENTS: &str = "RESIDENTS";

/// One comune's cell: its count of people, where known, and whether there is anything in it.
struct Cell {
    comune: IstatCode,
    people: Option<i64>,
    used: i64,
}

/// The latest count of residents not after a day.
pub(super) fn residents(book: &Book, comune: &ComuneEntry, day: Option<NaiveDate>) -> Option<Micros> {
    let code = MeasureCode::parse(RESIDENTS).ok()?;
    let ambito = comune.memberships.last()?.ambito_id;
    let measure = book.names().measure_id(ambito, &code)?;
    comune.latest(measure, day).map(|row| row.value)
}

/// Whether a measure counts what residents used.
fn is_consumption(ambito: &AmbitoBook, measure: impl Fn(&measure::Model) -> bool) -> bool {
    // What this Ambito does not know could be anything, so it counts as consumption.
    ambito.measures.iter().find(|row| measure(row)).is_none_or(|row| row.consumption)
}

/// Whether rules of this Ambito that count by this measure count what residents used.
pub(super) fn is_consumption_code(ambito: &AmbitoBook, code: &MeasureCode) -> bool {
    is_consumption(ambito, |row| row.code == code.as_str())
}

/// Whether the asker may see a measurement of a comune.
pub(super) fn shows_measurement(sight: &Sight, comune: &ComuneEntry, row: &Measurement) -> bool {
    // The Ambito whose count it is: that of its service, or the one the comune belonged to on the day.
    let of_service = row.service_id().and_then(|id| Some(sight.book().service(id)?.0.row.id));
    let owner = of_service.or_else(|| comune.ambito_on(row.vintage.reference_date));
    let ambito = owner.map_or_else(|| sight.ambito_of(comune), |id| sight.ambito(id));
    let Some(ambito) = ambito.or_else(|| sight.ambito_of(comune)) else { return false };
    if owner.is_some_and(|id| id != ambito.row.id) && is_consumption(ambito, |measure| measure.id == row.measure_id) {
        return false;
    }
    if !is_consumption(ambito, |measure| measure.id == row.measure_id)
        || sees_all_of(sight, ambito.row.id, comune.row.id)
    {
        return true;
    }
    let (measure, service, day) = (row.measure_id, row.service_id(), row.vintage.reference_date);
    let cells = Cells::Measured { ambito: ambito.row.id, measure, service, day };
    !sight.withheld(cells, || find_withheld_measurements(sight, ambito, row)).contains(&comune.istat)
}

/// The comuni whose values of the same measure, service and day are withheld from the asker.
fn find_withheld_measurements(sight: &Sight, ambito: &AmbitoBook, row: &Measurement) -> BTreeSet<IstatCode> {
    let book = sight.book();
    let people = MeasureCode::parse(CASES).ok().and_then(|code| book.names().measure_id(ambito.row.id, &code));
    let of = |comune: &ComuneEntry, measure: Option<i64>| {
        let same = |other: &&Measurement| {
            Some(other.measure_id) == measure
                && other.service_id() == row.service_id()
                && other.vintage.reference_date == row.vintage.reference_date
        };
        comune.measurements.iter().find(same).map(|row| row.value.get())
    };
    let cells = ambito.comuni.iter().filter_map(|id| book.comune(*id)).filter_map(|comune| {
        Some(Cell { comune: comune.istat, people: of(comune, people), used: of(comune, Some(row.measure_id))? })
    });
    withheld(sight, cells.collect())
}

/// The comuni whose basis in a budget is withheld from the asker.
pub(super) fn withheld_bases(sight: &Sight, plan: &PlanBook, budget: &BudgetBook) -> Arc<BTreeSet<IstatCode>> {
    let cells = Cells::Basis { plan: plan.row.id, service: budget.service_id };
    sight.withheld(cells, || find_withheld_bases(sight, plan, budget))
}

fn find_withheld_bases(sight: &Sight, plan: &PlanBook, budget: &BudgetBook) -> BTreeSet<IstatCode> {
    let Some(ambito) = sight.ambito(plan.row.ambito_id) else {
        return budget.comuni.iter().map(|comune| comune.istat).collect();
    };
    let measures = budget.rule().ok().map(allocation::Rule::measures);
    let consumption: Vec<&MeasureCode> =
        measures.into_iter().flatten().filter(|code| is_consumption_code(ambito, code)).collect();
    if consumption.is_empty() {
        return BTreeSet::new();
    }
    let value = |measure: &str, comune: IstatCode| budget.value(measure, comune).map(Micros::get);
    let cells = budget.comuni.iter().map(|comune| Cell {
        comune: comune.istat,
        people: value(CASES, comune.istat),
        used: consumption.iter().filter_map(|code| value(code.as_str(), comune.istat)).max().unwrap_or(0),
    });
    let mut withheld = withheld(sight, cells.collect());
    withheld.retain(|comune| {
        let id = sight.book().names().comune_id(*comune);
        !id.is_some_and(|id| sees_all_of(sight, ambito.row.id, id))
    });
    withheld
}

fn sees_all_of(sight: &Sight, ambito: i64, comune: i64) -> bool {
    sight.asker().sees_small_cells_of(ambito, comune)
}

fn withheld(sight: &Sight, cells: Vec<Cell>) -> BTreeSet<IstatCode> {
    let own = sight.asker().comune.and_then(|id| sight.book().names().comune(id).ok());
    let others: Vec<Cell> = cells.into_iter().filter(|cell| Some(cell.comune) != own).collect();
    choose(&others, sight.people_min())
}

/// The cells to withhold of those that the asker does not know already.
fn choose(cells: &[Cell], people_min: i64) -> BTreeSet<IstatCode> {
    let is_small = |cell: &&Cell| match cell.people {
        Some(people) => people > 0 && people < people_min.saturating_mul(1_000_000),
        None => cell.used > 0,
    };
    let mut withheld: BTreeSet<IstatCode> = cells.iter().filter(is_small).map(|cell| cell.comune).collect();
    if withheld.is_empty() {
        return withheld;
    }
    // A total less what is shown is what is withheld together: that, too, has to be of enough people, and of two comuni.
    let mut people: i64 = cells.iter().filter(is_small).filter_map(|cell| cell.people).sum();
    let mut others: Vec<&Cell> =
        cells.iter().filter(|cell| cell.used > 0 && !withheld.contains(&cell.comune)).collect();
    others.sort_by_key(|cell| (cell.used, cell.comune));
    for cell in others {
        if withheld.len() >= 2 && people >= people_min.saturating_mul(1_000_000) {
            break;
        }
        withheld.insert(cell.comune);
        people = people.saturating_add(cell.people.unwrap_or(0));
    }
    withheld
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(comune: &str, people: Option<i64>, used: i64) -> Cell {
        let people = people.map(|people| people * 1_000_000);
        Cell { comune: IstatCode::parse(comune).unwrap(), people, used: used * 1_000_000 }
    }

    fn check(cells: &[Cell], expected: &[&str]) {
        let expected: BTreeSet<_> = expected.iter().map(|code| IstatCode::parse(code).unwrap()).collect();
        assert_eq!(choose(cells, 5), expected);
    }

    #[test]
    fn no_total_gives_a_withheld_cell_back() {
        // Nobody, or enough people: nothing to withhold.
        check(&[cell("000001", Some(0), 0), cell("000002", Some(5), 40)], &[]);
        // One small cell takes the smallest other with it, but not an empty one.
        let cells = [
            cell("000001", Some(4), 9),
            cell("000002", Some(9), 50),
            cell("000003", Some(6), 30),
            cell("000004", Some(0), 0),
        ];
        check(&cells, &["000001", "000003"]);
        // Two small cells hide each other, if they are of enough people together.
        check(
            &[cell("000001", Some(2), 9), cell("000002", Some(3), 8), cell("000003", Some(9), 30)],
            &["000001", "000002"],
        );
        check(
            &[cell("000001", Some(1), 9), cell("000002", Some(3), 8), cell("000003", Some(9), 30)],
            &["000001", "000002", "000003"],
        );
        // An unknown count is small.
        check(&[cell("000001", None, 9), cell("000002", None, 0), cell("000003", Some(9), 30)], &["000001", "000003"]);
        // Alone, there is nothing to hide behind; it is withheld all the same.
        check(&[cell("000001", Some(1), 9)], &["000001"]);
    }
}
