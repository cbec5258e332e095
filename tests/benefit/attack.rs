//! An attacker: it asks for every sum of benefits that there is, by every grouping and filter, knows how they come about and its own comune's cells, and looks for what the cells that it is
//! not shown can be; alone, with others, and again after something has changed.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::small_cells::ASKERS;
use crate::support::figures::list;

/// Fewer people than these make a cell small.
const PEOPLE_MIN: i64 = 5;
/// The comuni whose residents have anything.
const COMUNI: [&str; 6] = ["017004", "017009", "017013", MANERBIO, PONTEVICO, "017195"];

/// A cell: measure, comune, kind, year.
type Cell = (String, String, String, i64);

/// What is true of a cell: its people, its grants, its cents.
#[derive(Clone, Default)]
struct Truth {
    people: BTreeSet<String>,
    grants: i64,
    cents: i64,
}

/// Two pairs of measures, of two kinds, over two years, in six comuni; every third has few people. Gives what is true of each cell.
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

/// What was told of a sum: grants, people, cents, and whether something is left out of it.
type Answer = (Option<i64>, Option<i64>, Option<i64>, bool);

/// All that an asker was told, each of so many cells.
type Told = BTreeMap<BTreeSet<Cell>, Answer>;

fn answer(sum: &Value) -> Answer {
    let cents = Some(&sum["amount"]).filter(|amount| !amount.is_null()).map(crate::support::cents);
    (sum["grantCount"].as_i64(), sum["caseCount"].as_i64(), cents, sum["withheld"] == json!(true))
}

/// What of a cell counts: grants, people, cents.
type Counts = (i64, i64, i64);

fn counts(truth: &Truth) -> Counts {
    (truth.grants, i64::try_from(truth.people.len()).unwrap(), truth.cents)
}

/// What is told of cells that are not the asker's alone: the sum of those that are its own or of enough people, always with the word that something may be left out; grants of one year, people of one measure, kind and year.
fn expected(cells: &BTreeSet<Cell>, of: impl Fn(&Cell) -> Counts, own: Option<&str>) -> Answer {
    let is_shown = |cell: &&Cell| own == Some(cell.1.as_str()) || of(cell).1 >= PEOPLE_MIN;
    let shown: Vec<&Cell> = cells.iter().filter(is_shown).collect();
    // One's own of nobody adds nothing.
    if shown.iter().all(|cell| of(cell).1 == 0) {
        return (None, None, None, true);
    }
    let sum = |value: fn(Counts) -> i64| shown.iter().map(|cell| value(of(cell))).sum::<i64>();
    let years: BTreeSet<i64> = shown.iter().map(|cell| cell.3).collect();
    let bases: BTreeSet<_> = shown.iter().map(|cell| (&cell.0, &cell.2, cell.3)).collect();
    let grants = Some(sum(|of| of.0)).filter(|_| years.len() <= 1);
    let people = Some(sum(|of| of.1)).filter(|_| bases.len() <= 1);
    (grants, people, Some(sum(|of| of.2)), true)
}

/// Every subset of dimensions that an asker may group by.
fn groupings() -> Vec<Vec<&'static str>> {
    let all = ["MEASURE", "COMUNE", "KIND", "YEAR"];
    let subset = |bits: usize| (0..all.len()).filter(|at| bits >> at & 1 == 1).map(|at| all[at]).collect();
    (0..1 << all.len()).map(subset).collect()
}

/// Asks by every grouping of everything, and by some with filters that leave out one or take one.
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
        for other in COMUNI.into_iter().skip(at + 1).step_by(3) {
            let both = [one, other];
            filters.push((format!("comuni: {}", json!(both)), Box::new(move |cell| both.contains(&cell.1.as_str()))));
        }
    }
    for kind in ["voucher", "buono"] {
        filters.push((format!("kinds: [\"{kind}\"]"), Box::new(move |cell| cell.2 == kind)));
    }
    filters.push(("to: \"2023-12-31\"".to_owned(), Box::new(|cell| cell.3 == 2023)));
    filters.push(("from: \"2024-01-01\"".to_owned(), Box::new(|cell| cell.3 == 2024)));
    let mut told = Told::new();
    let mut note = |cells: BTreeSet<Cell>, sum: &Value| {
        // Of its own alone a comune is told everything; it tells nothing of others.
        if cells.iter().all(|cell| asker.1 == Some(cell.1.as_str())) {
            return;
        }
        let answer = answer(sum);
        assert_eq!(*told.entry(cells).or_insert(answer), answer, "{sum}");
    };
    for (filter, takes) in &filters {
        let some = || vec![vec![], vec!["COMUNE", "YEAR"], vec!["MEASURE", "COMUNE", "KIND", "YEAR"]];
        for group_by in if filter.is_empty() { groupings() } else { some() } {
            let query = super::sums::query(filter, &group_by.join(", "));
            let answer = server.ask_once(&token, &json!({ "query": query }).to_string()).data()["benefits"].take();
            let chosen: BTreeSet<Cell> = truth.keys().filter(|cell| takes(cell)).cloned().collect();
            note(chosen.clone(), &answer["total"]);
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
                note(cells, row);
            }
        }
    }
    told
}

/// Of how many people a cell can be, up to ten, so that everything that was told would have been told.
fn could_be(cell: &Cell, told: &Told, truth: &BTreeMap<Cell, Truth>, own: Option<&str>) -> Vec<i64> {
    let fits = |people: &i64| {
        // As many benefits and any amounts.
        let of = |other: &Cell| if other == cell { (*people + 1, *people, 7 * *people) } else { counts(&truth[other]) };
        told.iter().filter(|(cells, _)| cells.contains(cell)).all(|(cells, told)| expected(cells, of, own) == *told)
    };
    (0..=10).filter(fits).collect()
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
    server.clock().set_day("2026-07-01".parse().unwrap());
    let mut before = Vec::new();
    for asker in ASKERS {
        let told = ask_everything(&server, asker, &truth, &measures);
        for (cells, told) in &told {
            assert_eq!(expected(cells, |cell| counts(&truth[cell]), asker.1), *told, "{asker:?}: {cells:?}");
        }
        // What is of enough people is told, also in sums that leave something out.
        assert!(told.values().filter(|told| told.2.is_some()).count() > 30);
        let is_small = |cell: &&Cell| counts(&truth[*cell]).1 < PEOPLE_MIN && asker.1 != Some(cell.1.as_str());
        let small: Vec<&Cell> = truth.keys().filter(is_small).collect();
        assert!(small.len() > 8);
        for cell in small {
            assert_eq!(could_be(cell, &told, &truth, asker.1), [0, 1, 2, 3, 4], "{asker:?}: {cell:?}");
        }
        before.push(told);
    }
    change(&server, &truth, &measures);
    server.clock().set_day("2026-08-01".parse().unwrap());
    // Few people changed in each cell: every answer is what it was, of one asker and so of several together.
    let (asker, before) = ASKERS.into_iter().zip(before).find(|(asker, _)| asker.0 == Role::Reporting).unwrap();
    let told = ask_everything(&server, asker, &truth, &measures);
    assert!(told.len() > 50);
    assert_eq!(told.len(), before.len());
    for (cells, told) in &told {
        assert_eq!(before.get(cells), Some(told), "{cells:?}");
    }
}

/// One person more in a cell that is small and stays so, four in one that is not; the first of a cell and of a whole year; and the only one of a cell less.
fn change(server: &Server, truth: &BTreeMap<Cell, Truth>, measures: &[(String, Value)]) {
    let id = |name: &str| measures.iter().find(|(own, _)| own == name).map(|(_, id)| id).unwrap();
    let large = truth.iter().find(|(_, of)| counts(of).1 >= PEOPLE_MIN).map(|(cell, _)| cell.clone()).unwrap();
    let small = truth.iter().find(|(cell, of)| cell.3 == 2023 && counts(of).1 < 4 && cell.0.ends_with(&cell.2));
    let small = small.map(|(cell, _)| cell.clone()).unwrap();
    let mut acts = Vec::new();
    for (cell, more) in [(small, 1), (large, 4)] {
        for case in 0..more {
            let days = (format!("{}-03-01", cell.3), format!("{}-03-31", cell.3));
            let input = direct(id(&cell.0), (&cell.1, &format!("N-{case}")), (&days.0, &days.1), monthly("3.21"));
            acts.push(("grantBenefit", input));
        }
    }
    let nobody = COMUNI.into_iter().find(|comune| !truth.keys().any(|cell| cell.0 == "Uno buono" && cell.1 == *comune));
    for comune in [nobody.unwrap(), COMUNI[5]] {
        let name = if comune == COMUNI[5] { "Uno in cinque" } else { "Uno buono" };
        let input = direct(id(name), (comune, "N-9"), ("2023-03-01", "2023-03-31"), monthly("3.21"));
        acts.push(("grantBenefit", input));
    }
    super::sums::many_acts(server, &acts);
    let query = format!(
        "{{ node(id: {}) {{ ... on BenefitMeasure {{ grants {{ nodes {{ id revision }} }} }} }} }}",
        id("Uno in quattro")
    );
    let alone = server.data(Role::Azienda, &query)["node"]["grants"]["nodes"][0].take();
    step(server, "revokeBenefit", &alone, "2023-03-01");
}
