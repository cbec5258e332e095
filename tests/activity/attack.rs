//! An attacker: it asks for every aggregate that there is, writes them down as equations over the cells that it is not shown, and tries to solve
//! them. It knows its own comune's cells, that no cell is below zero, and how all this is made.

use std::collections::BTreeMap;

use api::auth::Role;
use serde_json::Value;

use super::*;
use crate::small_cells::ASKERS;

/// Fewer people than these make a cell small.
const PEOPLE_MIN: i64 = 5;

/// A cell: service, comune, month, measure.
type Cell = (String, String, i64, String);

/// A sum of cells that is shown: by service, month and measure, its total in hundredths; of `CASES` it is people.
type Totals = BTreeMap<(String, i64, String), i64>;

/// Hundredths of a number that the server writes; people are whole.
fn number(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    whole.parse::<i64>().unwrap() * 100 + format!("{decimals:0<2}").parse::<i64>().unwrap()
}

/// Every cell that an asker is shown of any comune, and of which comuni something is withheld.
fn shown_cells(server: &Server, asker: (Role, Option<&str>)) -> BTreeMap<Cell, i64> {
    let mut shown = BTreeMap::new();
    for comune in &COMUNI {
        for (cell, (total, cases)) in months_of(server, asker, comune.istat, 2022) {
            if cell.3 == "CASES" {
                assert_eq!(number(&total), cases * 100, "{cell:?}");
            }
            shown.insert(cell, number(&total));
        }
    }
    shown
}

/// Every total over comuni that an asker is shown.
fn shown_totals(server: &Server, asker: (Role, Option<&str>)) -> (Totals, usize) {
    let query = "{ ambito(code: \"9\") { services { code activity(year: 2022) { month measure total cases withheld price amount } } } }";
    let data = ask(server, asker, query);
    let (mut totals, mut withheld) = (Totals::new(), 0);
    for service in list(&data["ambito"]["services"]) {
        for row in list(&service["activity"]) {
            assert!(row["price"].is_null() && row["amount"].is_null());
            let Some(total) = row["total"].as_str() else {
                assert_eq!(row["withheld"], true);
                withheld += 1;
                continue;
            };
            let month = row["month"].as_str().unwrap();
            let month = month[..4].parse::<i64>().unwrap() * 100 + month[5..7].parse::<i64>().unwrap();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            totals.insert((text(&service["code"]), month, text(&row["measure"])), number(total));
        }
    }
    (totals, withheld)
}

/// Every cell as it is: hundredths, and of `CASES` hundreds of people. Beside it the people with something in it.
fn truth(lines: &[Line]) -> BTreeMap<Cell, (i64, i64)> {
    let mut truth: BTreeMap<Cell, (i64, i64)> = BTreeMap::new();
    let (_, people) = sums(lines);
    for ((service, comune, month), cases) in people {
        truth.insert((service, comune, month, "CASES".to_owned()), (cases * 100, cases));
    }
    for Line(service, comune, month, _, measure, value) in lines {
        let cell =
            truth.entry(((*service).to_owned(), (*comune).to_owned(), *month, (*measure).to_owned())).or_default();
        cell.0 += value;
        cell.1 += i64::from(*value > 0);
    }
    truth
}

/// Solves equations of whole numbers by elimination: the unknowns that have one value only.
fn solved(unknowns: usize, equations: &[(Vec<usize>, i64)]) -> BTreeMap<usize, i64> {
    // Fractions of wide whole numbers are kept as rows that are multiplied out.
    let mut rows: Vec<Vec<i128>> = equations
        .iter()
        .map(|(terms, total)| {
            let mut row = vec![0_i128; unknowns + 1];
            for at in terms {
                row[*at] += 1;
            }
            row[unknowns] = i128::from(*total);
            row
        })
        .collect();
    let mut rank = 0;
    for column in 0..unknowns {
        let Some(pivot) = (rank..rows.len()).find(|at| rows[*at][column] != 0) else { continue };
        rows.swap(rank, pivot);
        let lead = rows[rank].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            if at != rank && row[column] != 0 {
                let (own, other) = (row[column], lead[column]);
                row.iter_mut().zip(&lead).for_each(|(value, lead)| *value = *value * other - lead * own);
            }
        }
        rank += 1;
    }
    let mut values = BTreeMap::new();
    for row in &rows[..rank] {
        let terms: Vec<usize> = (0..unknowns).filter(|at| row[*at] != 0).collect();
        if let [only] = terms[..] {
            values.insert(only, i64::try_from(row[unknowns] / row[only]).unwrap());
        }
    }
    values
}

#[test]
fn elimination_finds_what_can_be_found() {
    // a + b = 5, b + c = 7, a + c = 6, d + e = 9.
    let equations = [(vec![0, 1], 5), (vec![1, 2], 7), (vec![0, 2], 6), (vec![3, 4], 9)];
    assert_eq!(solved(5, &equations), BTreeMap::from([(0, 2), (1, 3), (2, 4)]));
}

/// What an asker can write down and solve. Gives how many cells were hidden from it, and how many totals.
fn attack(server: &Server, asker: (Role, Option<&str>), lines: &[Line]) -> (usize, usize) {
    let truth = truth(lines);
    let shown = shown_cells(server, asker);
    let (totals, withheld) = shown_totals(server, asker);
    let is_own = |cell: &Cell| Some(cell.1.as_str()) == asker.1;
    for (cell, value) in &shown {
        assert_eq!(truth[cell].0, *value, "{asker:?} {cell:?}");
        assert!(truth[cell].1 >= PEOPLE_MIN || truth[cell].1 == 0 || is_own(cell), "{asker:?} is shown {cell:?}");
    }
    // Nothing of the own comune is hidden from it.
    assert!(truth.keys().all(|cell| !is_own(cell) || shown.contains_key(cell)));
    let hidden: Vec<&Cell> = truth.keys().filter(|cell| !shown.contains_key(*cell)).collect();
    let mut equations = Vec::new();
    for ((service, month, measure), total) in &totals {
        let all = truth.iter().filter(|(cell, _)| (&cell.0, cell.2, &cell.3) == (service, *month, measure));
        let (mut rest, mut terms, mut people) = (*total, Vec::new(), 0);
        for (cell, (value, counted)) in all {
            match hidden.iter().position(|other| *other == cell) {
                Some(at) => {
                    terms.push(at);
                    people += counted;
                }
                None => rest -= value,
            }
        }
        // What is left over is of nobody, or of two comuni and enough people.
        assert!(
            people == 0 || (terms.len() >= 2 && people >= PEOPLE_MIN),
            "{asker:?} {service} {month} {measure}: {people} people"
        );
        assert_eq!(rest == 0, people == 0, "{asker:?} {service} {month} {measure}");
        equations.push((terms, rest));
    }
    for (at, value) in solved(hidden.len(), &equations) {
        let cell = hidden[at];
        assert!(truth[cell].1 == 0, "{asker:?} solves {cell:?}: {value}");
    }
    check_forecasts(server, asker, &shown);
    (hidden.len(), withheld)
}

/// A forecast is of shown cells alone: what it says can be worked out from them.
fn check_forecasts(server: &Server, asker: (Role, Option<&str>), shown: &BTreeMap<Cell, i64>) {
    for comune in &COMUNI {
        let query = format!(
            "{{ comune(istatCode: \"{}\") {{ forecast(year: 2022) {{ service {{ code }} measure consumed }} }} }}",
            comune.istat
        );
        for forecast in list(&ask(server, asker, &query)["comune"]["forecast"]) {
            let of = shown.iter().filter(|(cell, _)| {
                cell.1 == comune.istat && forecast["service"]["code"] == cell.0 && forecast["measure"] == cell.3
            });
            let consumed: i64 = of.map(|(_, value)| value).sum();
            assert_eq!(number(forecast["consumed"].as_str().unwrap()), consumed, "{asker:?} {comune:?} {forecast}");
        }
    }
}

/// The same year with so many people that some comuni have enough in every month.
fn crowded(months: i64) -> Vec<Line> {
    let mut lines = Vec::new();
    for month in 1..=months {
        for (at, comune) in (0_i64..).zip(&COMUNI) {
            // Most have from five on; every sixth has a small month now and then, and one month it has none.
            let cases = if at % 6 == 0 { (at + month) % 4 } else { 5 + (at + month) % 7 };
            for case in 0..cases {
                let code = format!("C-{case:04}");
                lines.push(Line(
                    "SAD",
                    comune.istat,
                    202_200 + month,
                    code.clone(),
                    "HOURS",
                    1_000 + at * 13 + case * 7,
                ));
                if case < 6 {
                    lines.push(Line("SAD", comune.istat, 202_200 + month, code, "DAYS", 100 * (case + 1)));
                }
            }
        }
    }
    lines
}

#[test]
fn nobody_solves_for_what_is_hidden() {
    let server = Server::start();
    let lines = crowded(4);
    import(&server, &lines);
    for asker in ASKERS {
        let (hidden, _) = attack(&server, asker, &lines);
        assert!(hidden > 20, "{asker:?}: {hidden}");
        let shown = shown_cells(&server, asker).len();
        assert!(shown > 100, "{asker:?}: {shown}");
    }
    // The managing body is shown everything.
    assert_eq!(shown_cells(&server, AZIENDA).len(), truth(&lines).len());
    assert_eq!(shown_totals(&server, AZIENDA).1, 0);
}

#[test]
fn where_nearly_all_is_small_totals_go_too() {
    let server = Server::start();
    let lines = year(1..=3);
    import(&server, &lines);
    for asker in ASKERS {
        attack(&server, asker, &lines);
    }
    // One comune alone has anything: there is nothing to hide it behind, and no total.
    let alone: Vec<Line> =
        (0..3).map(|case| Line("TUTELA", PONTEVICO, 202_205, format!("C-{case}"), "DAYS", 700)).collect();
    import(&server, &alone);
    let all: Vec<Line> = lines.into_iter().chain(alone).collect();
    for asker in ASKERS {
        let (_, withheld) = attack(&server, asker, &all);
        let is_own = asker.1 == Some(PONTEVICO);
        assert!(is_own || withheld >= 2, "{asker:?}: {withheld}");
        let tutela = shown_totals(&server, asker).0.keys().filter(|(service, ..)| service == "TUTELA").count();
        assert_eq!(tutela, if is_own { 2 } else { 0 }, "{asker:?}");
    }
}

/// A correction cannot be used to see a difference: the choice is made anew, and hides what was small before where it still is.
#[test]
fn a_lower_threshold_shows_more() {
    let lines = crowded(3);
    let count = |people_min: i64| {
        let server = Server::with(|limits| limits.small_cell_people_min = people_min);
        import(&server, &lines);
        shown_cells(&server, (Role::Reporting, None)).len()
    };
    let (three, five, eleven) = (count(3), count(5), count(11));
    assert!(three > five && five > eleven, "{three} {five} {eleven}");
}
