//! An attacker: it asks for every sum of benefits that there is, by every grouping and filter, writes them down as equations over the cells that it is not shown, and
//! tries to solve them. It knows its own comune's cells.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::small_cells::ASKERS;
use crate::support::figures::list;

/// Fewer people than these make a cell small.
const PEOPLE_MIN: usize = 5;
/// The comuni whose residents have anything.
const COMUNI: [&str; 8] = ["017004", "017009", "017013", "017053", "017071", MANERBIO, PONTEVICO, "017195"];

/// A cell: measure, comune, kind, year.
type Cell = (String, String, String, i64);

/// What is true of a cell: its people, its grants, its cents.
#[derive(Clone, Default)]
struct Truth {
    people: BTreeSet<String>,
    grants: i64,
    cents: i64,
}

/// Two pairs of measures, of two kinds, over two years, in eight comuni; every third has few people. Gives what is true of each cell.
fn filled(server: &Server) -> BTreeMap<Cell, Truth> {
    let mut truth: BTreeMap<Cell, Truth> = BTreeMap::new();
    let mut inputs = Vec::new();
    for (at, name) in ["Uno", "Due"].into_iter().enumerate() {
        let of_kind = |kind: &str| {
            let input = with(voucher("1000000.00"), json!({ "name": format!("{name} {kind}"), "kind": kind }));
            done(server, "addBenefitMeasure", input, "benefitMeasure", "{ id }")["id"].take()
        };
        let (voucher_id, buono_id) = (of_kind("voucher"), of_kind("buono"));
        for (place, comune) in COMUNI.into_iter().enumerate() {
            let cases = if (place + at) % 3 == 0 { 1 + place % 3 } else { 14 + (place * 7 + at) % 5 };
            for case in 0..cases {
                let (kind, id) = if case % 4 == 3 { ("buono", &buono_id) } else { ("voucher", &voucher_id) };
                // Some go over the turn of the year, some are of one year.
                let (from, to, months) = match case % 3 {
                    0 => ("2023-11-01", "2024-01-31", [2, 1]),
                    1 => ("2023-05-01", "2023-06-30", [2, 0]),
                    _ => ("2024-02-01", "2024-02-29", [0, 1]),
                };
                let cents = 1_000 + i64::try_from(place * 131 + case * 17 + at).unwrap();
                let amount = format!("{}.{:02}", cents / 100, cents % 100);
                let whom = (comune, format!("C-{case:03}"));
                inputs.push(("grantBenefit", direct(id, (whom.0, &whom.1), (from, to), monthly(&amount))));
                for (year, months) in [2023, 2024].into_iter().zip(months).filter(|(_, months)| *months > 0) {
                    let cell =
                        truth.entry((format!("{name} {kind}"), comune.to_owned(), kind.to_owned(), year)).or_default();
                    cell.people.insert(whom.1.clone());
                    cell.grants += 1;
                    cell.cents += months * cents;
                }
            }
        }
    }
    // One person in each of five comuni, and of four: as many people as are enough, or fewer, and each of them alone.
    for (name, comuni) in [("Uno in cinque", 5), ("Uno in quattro", 4)] {
        let input = with(voucher("100.00"), json!({ "name": name }));
        let id = done(server, "addBenefitMeasure", input, "benefitMeasure", "{ id }")["id"].take();
        for comune in &COMUNI[..comuni] {
            inputs.push(("grantBenefit", direct(&id, (comune, "C-1"), ("2023-03-01", "2023-03-31"), monthly("7.50"))));
            let cell = (name.to_owned(), (*comune).to_owned(), "voucher".to_owned(), 2023);
            truth.insert(cell, Truth { people: BTreeSet::from(["C-1".to_owned()]), grants: 1, cents: 750 });
        }
    }
    super::sums::many_acts(server, &inputs);
    truth
}

/// An equation: so much, as the sum of these cells.
type Equations = BTreeSet<(BTreeSet<Cell>, i64)>;

/// What an asker was told: sums of grants, and of cents.
#[derive(Default)]
struct Told {
    grants: Equations,
    cents: Equations,
    /// Counts of people that were told, each of so many cells.
    people: Vec<(BTreeSet<Cell>, i64)>,
    withheld: usize,
}

impl Told {
    /// Takes note of a sum, which is of these cells.
    fn note(&mut self, sum: &Value, cells: BTreeSet<Cell>, truth: &BTreeMap<Cell, Truth>, own: Option<&str>) {
        if sum["withheld"] == json!(true) {
            assert!(["grantCount", "caseCount", "amount"].iter().all(|field| sum[*field].is_null()), "{sum}");
            self.withheld += 1;
            return;
        }
        let cents = crate::support::cents(&sum["amount"]);
        assert_eq!(cents, cells.iter().map(|cell| truth[cell].cents).sum::<i64>(), "{sum}");
        self.cents.insert((cells.clone(), cents));
        let years: BTreeSet<i64> = cells.iter().map(|cell| cell.3).collect();
        // Grants of two years count in both: how many do is not told of others.
        assert!(
            years.len() <= 1 || sum["grantCount"].is_null() || cells.iter().all(|cell| Some(cell.1.as_str()) == own),
            "{sum}"
        );
        if let Some(grants) = sum["grantCount"].as_i64().filter(|_| years.len() <= 1) {
            assert_eq!(grants, cells.iter().map(|cell| truth[cell].grants).sum::<i64>(), "{sum}");
            self.grants.insert((cells.clone(), grants));
        }
        if let Some(people) = sum["caseCount"].as_i64() {
            self.people.push((cells, people));
        }
    }
}

/// Solves equations of whole numbers by elimination: the unknowns that have one value only.
fn solved(unknowns: &[&Cell], equations: &[(BTreeSet<Cell>, i64)]) -> BTreeMap<Cell, i128> {
    let row = |(cells, total): &(BTreeSet<Cell>, i64)| {
        let mut row: Vec<i128> = unknowns.iter().map(|cell| i128::from(cells.contains(*cell))).collect();
        row.push(i128::from(*total));
        row
    };
    let mut rows: Vec<Vec<i128>> = equations.iter().map(row).collect();
    let mut rank = 0;
    for column in 0..unknowns.len() {
        let Some(pivot) = (rank..rows.len()).find(|at| rows[*at][column] != 0) else { continue };
        rows.swap(rank, pivot);
        let lead = rows[rank].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            if at != rank && row[column] != 0 {
                let (own, other) = (row[column], lead[column]);
                row.iter_mut().zip(&lead).for_each(|(value, lead)| *value = *value * other - lead * own);
                // Kept small, so that nothing overflows.
                let divisor = row.iter().fold(0_i128, |divisor, value| gcd(divisor, *value));
                row.iter_mut().filter(|_| divisor > 1).for_each(|value| *value /= divisor);
            }
        }
        rank += 1;
    }
    let mut values = BTreeMap::new();
    for row in &rows[..rank] {
        let terms: Vec<usize> = (0..unknowns.len()).filter(|at| row[*at] != 0).collect();
        if let [only] = terms[..] {
            values.insert(unknowns[only].clone(), row[unknowns.len()] / row[only]);
        }
    }
    values
}

fn gcd(one: i128, other: i128) -> i128 {
    if other == 0 { one.abs() } else { gcd(other, one % other) }
}

/// Every subset of dimensions that an asker may group by.
fn groupings() -> Vec<Vec<&'static str>> {
    let all = ["MEASURE", "COMUNE", "KIND", "YEAR"];
    let subset = |bits: usize| (0..all.len()).filter(|at| bits >> at & 1 == 1).map(|at| all[at]).collect();
    (0..1 << all.len()).map(subset).collect()
}

/// Asks by every grouping, of everything and with filters that leave out one or take one.
fn ask_everything(
    server: &Server,
    asker: (Role, Option<&str>),
    truth: &BTreeMap<Cell, Truth>,
    measures: &[(String, Value)],
) -> Told {
    let token = server.token_for(asker.0, asker.1);
    let mut filters: Vec<(String, Box<dyn Fn(&Cell) -> bool>)> = vec![(String::new(), Box::new(|_| true))];
    for (name, id) in measures {
        let name = name.clone();
        filters.push((format!("measures: [{id}]"), Box::new(move |cell| cell.0 == name)));
    }
    for comune in COMUNI {
        let others: Vec<&str> = COMUNI.into_iter().filter(|other| *other != comune).collect();
        filters.push((format!("comuni: {}", json!(others)), Box::new(move |cell| cell.1 != comune)));
        filters.push((format!("comuni: [\"{comune}\"]"), Box::new(move |cell| cell.1 == comune)));
    }
    for (at, one) in COMUNI.into_iter().enumerate() {
        for other in COMUNI.into_iter().skip(at + 1) {
            let both = [one, other];
            filters.push((format!("comuni: {}", json!(both)), Box::new(move |cell| both.contains(&cell.1.as_str()))));
        }
    }
    for kind in ["voucher", "buono"] {
        filters.push((format!("kinds: [\"{kind}\"]"), Box::new(move |cell| cell.2 == kind)));
    }
    filters.push(("to: \"2023-12-31\"".to_owned(), Box::new(|cell| cell.3 == 2023)));
    filters.push(("from: \"2024-01-01\"".to_owned(), Box::new(|cell| cell.3 == 2024)));
    let mut told = Told::default();
    for (filter, takes) in &filters {
        for group_by in groupings() {
            let query = super::sums::query(filter, &group_by.join(", "));
            let answer = server.ask_once(&token, &json!({ "query": query }).to_string()).data()["benefits"].take();
            let chosen: BTreeSet<Cell> = truth.keys().filter(|cell| takes(cell)).cloned().collect();
            told.note(&answer["total"], chosen.clone(), truth, asker.1);
            for row in list(&answer["rows"]) {
                let of_row = |cell: &&Cell| {
                    let fits = |value: &Value, own: &str| value.is_null() || value == own;
                    fits(&row["measure"]["name"], &cell.0)
                        && fits(&row["comune"]["istatCode"], &cell.1)
                        && fits(&row["kind"], &cell.2)
                        && row["year"].as_i64().is_none_or(|year| year == cell.3)
                };
                let cells: BTreeSet<Cell> = chosen.iter().filter(of_row).cloned().collect();
                assert!(!cells.is_empty(), "{row}");
                assert!(group_by.iter().all(|by| *by != "COMUNE") || row["withheld"] == json!(false), "{row}");
                told.note(row, cells, truth, asker.1);
            }
        }
    }
    told
}

#[test]
fn elimination_finds_what_can_be_found() {
    let cell = |name: &str| (name.to_owned(), String::new(), String::new(), 0);
    let (a, b, c, d) = (cell("a"), cell("b"), cell("c"), cell("d"));
    let of = |cells: &[&Cell], total: i64| (cells.iter().map(|cell| (*cell).clone()).collect(), total);
    let equations = [of(&[&a, &b], 5), of(&[&b, &c], 7), of(&[&a, &c], 6), of(&[&d, &a], 9)];
    let found = solved(&[&a, &b, &c, &d], &equations);
    assert_eq!(found, BTreeMap::from([(a, 2), (b, 3), (c, 4), (d, 7)]));
}

#[test]
fn nobody_solves_for_what_is_hidden() {
    let server = Server::start();
    let truth = filled(&server);
    let query = "{ ambito(code: \"9\") { service(code: \"TITOLI\") { benefitMeasures { id name } } } }";
    let found = server.data(Role::Auditor, query)["ambito"]["service"]["benefitMeasures"].take();
    let mine = list(&found)
        .iter()
        .filter(|one| ["Uno ", "Due "].iter().any(|pair| one["name"].as_str().unwrap().starts_with(pair)));
    let measures: Vec<(String, Value)> =
        mine.map(|one| (one["name"].as_str().unwrap().to_owned(), one["id"].clone())).collect();
    assert_eq!(measures.len(), 6);
    for asker in ASKERS {
        let told = ask_everything(&server, asker, &truth, &measures);
        assert!(told.withheld > 50, "{asker:?}: {}", told.withheld);
        let is_own = |cell: &Cell| Some(cell.1.as_str()) == asker.1;
        let cells: Vec<&Cell> = truth.keys().filter(|cell| !is_own(cell)).collect();
        let is_small = |cell: &Cell| truth[cell].people.len() < PEOPLE_MIN;
        assert!(cells.iter().filter(|cell| is_small(cell)).count() > 10);
        // What it knows of its own residents it takes off; no sum of others that is left is of few people.
        let of_others = |equations: &Equations, value: fn(&Truth) -> i64| -> Vec<(BTreeSet<Cell>, i64)> {
            let others = |(cells, total): &(BTreeSet<Cell>, i64)| {
                let (own, others): (BTreeSet<Cell>, BTreeSet<Cell>) = cells.iter().cloned().partition(is_own);
                let people: usize = others.iter().map(|cell| truth[cell].people.len()).sum();
                assert!(people == 0 || people >= PEOPLE_MIN, "{asker:?}: {others:?}");
                (others, total - own.iter().map(|cell| value(&truth[cell])).sum::<i64>())
            };
            equations.iter().map(others).collect()
        };
        for (cells, people) in &told.people {
            let bases: BTreeSet<_> = cells.iter().map(|cell| (&cell.0, &cell.2, cell.3)).collect();
            let is_own = cells.iter().all(is_own);
            assert!(is_own || (bases.len() <= 1 && (*people == 0 || *people >= 5)), "{asker:?}: {cells:?} {people}");
        }
        for equations in [of_others(&told.cents, |of| of.cents), of_others(&told.grants, |of| of.grants)] {
            let found = solved(&cells, &equations);
            for (cell, value) in &found {
                assert!(!is_small(cell), "{asker:?} solves {cell:?}: {value}");
            }
            // Of what a sum holds beside, each comune may be known to have somebody: enough people are left beyond those.
            for (cells, _) in &equations {
                let hidden: Vec<&Cell> = cells.iter().filter(|cell| !found.contains_key(*cell)).collect();
                let people: usize = hidden.iter().map(|cell| truth[*cell].people.len() - 1).sum();
                assert!(hidden.is_empty() || people >= PEOPLE_MIN, "{asker:?}: {hidden:?}");
            }
            // And what is of enough people is not withheld for nothing.
            assert!(found.len() > 5, "{asker:?} is shown {}", found.len());
        }
    }
}
