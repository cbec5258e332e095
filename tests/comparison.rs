//! Comparisons: how the quotas of two plans differ, and which decision makes how much of the difference.

use api::auth::{Operator, Role};
use api::exchange::{self, Files};
use api::store::import;
use serde_json::{Value, json};

use crate::support::figures::{BUDGETS, By, YEARS, euro, list, wide};
use crate::support::tables::wait;
use crate::support::{Server, neighbour};

/// An Ambito whose plan changes in one respect a year: the budget, the funding, who takes part, the residents, the rule.
const PLAN: &str = r#"
[ambito]
code = "E"
name = "Ambito degli effetti"
region = "Lombardia"
province = "CR"
managing_body = "Azienda"

[programme]
title = "Programma"
from_year = 2020
to_year = 2025

[[fund]]
code = "FNPS"
name = "Fondo nazionale"
level = "STATE"

[[service]]
code = "SAD"
name = "Assistenza domiciliare"
area = "Anziani"
delivery = "appalto"
covered_by = ["FNPS"]
participants = "all"

[[service]]
code = "MENSA"
name = "Pasti"
area = "Anziani"
delivery = "appalto"
participants = "all"

[[budget]]
service = "MENSA"
years = [2021]
amount = "30.00"
rule = { kind = "EQUAL" }
"#;
const COMUNI: &str = "istat_code,name,cadastral_code,province,member_from
019001,Alfa,,CR,
019002,Beta,,CR,
019003,Gamma,,CR,
";
const MEASUREMENTS: &str = "istat_code,measure,service,value,reference_date,source,assumed
019001,RESIDENTS,,1000,2019-01-01,ISTAT,false
019002,RESIDENTS,,3000,2019-01-01,ISTAT,false
019003,RESIDENTS,,6000,2019-01-01,ISTAT,false
019001,RESIDENTS,,2000,2024-01-01,ISTAT,false
019002,RESIDENTS,,3000,2024-01-01,ISTAT,false
019003,RESIDENTS,,6000,2024-01-01,ISTAT,false
";
/// Year; the budget of SAD, what FNPS covers of it, who takes part, the day of the count, the rule.
const SAD: [(i32, &str, &str, &str, &str, &str); 6] = [
    (2020, "1000.00", "100.00", "", "2019-01-01", "kind = \"BY_MEASURE\", measure = \"RESIDENTS\""),
    (2021, "1100.00", "100.00", "", "2019-01-01", "kind = \"BY_MEASURE\", measure = \"RESIDENTS\""),
    (2022, "1100.00", "200.00", "", "2019-01-01", "kind = \"BY_MEASURE\", measure = \"RESIDENTS\""),
    (2023, "1100.00", "200.00", "019001 019002", "2019-01-01", "kind = \"BY_MEASURE\", measure = \"RESIDENTS\""),
    (2024, "1100.00", "200.00", "019001 019002", "2024-01-01", "kind = \"BY_MEASURE\", measure = \"RESIDENTS\""),
    (2025, "1100.00", "200.00", "019001 019002", "2024-01-01", "kind = \"EQUAL\""),
];

/// Plan, count and budget of SAD for a year.
fn year_of((year, amount, fund, comuni, day, rule): &(i32, &str, &str, &str, &str, &str)) -> String {
    let comuni: Vec<String> = comuni.split_whitespace().map(|comune| format!("\"{comune}\"")).collect();
    let comuni = if comuni.is_empty() { String::new() } else { format!("participants = [{}]\n", comuni.join(", ")) };
    format!(
        "[[plan]]\nyear = {year}\nkind = \"FORECAST\"\nresolution = {{ number = \"{year}\", date = {year}-01-10, body = \"Assemblea\" }}\n\
         [[basis]]\nyears = [{year}]\nmeasure = \"RESIDENTS\"\nreference_date = {day}\n\
         [[budget]]\nservice = \"SAD\"\nyears = [{year}]\namount = \"{amount}\"\n{comuni}\
         funding = [{{ fund = \"FNPS\", amount = \"{fund}\" }}]\nrule = {{ {rule} }}\n"
    )
}

/// Imports the Ambito of the effects.
fn add_effects(server: &Server) {
    let years: Vec<String> = SAD.iter().map(year_of).collect();
    let document = format!("{PLAN}{}", years.join(""));
    let bundle =
        exchange::parse(&Files::new(document, COMUNI, MEASUREMENTS)).unwrap_or_else(|problems| panic!("{problems:?}"));
    wait(import::import(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
}

const FIELDS: &str = "before { year } after { year } change
    rows { service { code } comune { istatCode } before after change budget funding participation basis rule }";

/// The identifier of the plan in force of a year.
fn plan_id(server: &Server, role: Role, ambito: &str, year: i32) -> String {
    let data = server.data(role, &format!("{{ ambito(code: \"{ambito}\") {{ plan(year: {year}) {{ id }} }} }}"));
    data["ambito"]["plan"]["id"].as_str().unwrap().to_owned()
}

/// What comes of comparing the plan in force of a year with another plan.
fn compare(server: &Server, role: Role, ambito: &str, year: i32, other: &str) -> Value {
    let query = "query($ambito: String!, $year: Int!, $other: ID!) { ambito(code: $ambito) { plan(year: $year) { comparison(other: $other) {"
        .to_owned()
        + FIELDS
        + "} } } }";
    let answer = server.ask(&server.token_of(role), &query, json!({ "ambito": ambito, "year": year, "other": other }));
    answer.data()["ambito"]["plan"]["comparison"].take()
}

const EFFECTS: [&str; 5] = ["budget", "funding", "participation", "basis", "rule"];

/// What holds of every comparison.
#[track_caller]
fn check_sums(comparison: &Value) {
    let mut total = 0;
    for row in list(&comparison["rows"]) {
        let change = wide(&row["after"]) - wide(&row["before"]);
        assert_eq!(wide(&row["change"]), change, "{row}");
        assert_eq!(EFFECTS.iter().map(|effect| wide(&row[effect])).sum::<i128>(), change, "{row}");
        total += change;
    }
    assert_eq!(wide(&comparison["change"]), total);
}

fn signed(cents: i128) -> String {
    if cents < 0 { format!("-{}", euro(-cents)) } else { euro(cents) }
}

#[test]
fn between_the_years_only_the_residents_change() {
    let server = Server::start();
    for before in YEARS {
        for after in YEARS {
            let other = plan_id(&server, Role::Comune, "9", before);
            let comparison = compare(&server, Role::Comune, "9", after, &other);
            let quotas = BUDGETS.iter().flat_map(|budget| {
                let both = budget.quotas(before).into_iter().zip(budget.quotas(after));
                both.map(|((istat, one), (_, two))| {
                    assert!(one == two || budget.by == By::Residents);
                    json!({
                        "service": { "code": budget.service }, "comune": { "istatCode": istat },
                        "before": euro(one), "after": euro(two), "change": signed(two - one),
                        "budget": "0.00", "funding": "0.00", "participation": "0.00", "basis": signed(two - one), "rule": "0.00",
                    })
                })
            });
            // What the comuni share is the same each year, so that together nothing changes.
            let expected = json!({ "before": { "year": before }, "after": { "year": after }, "change": "0.00", "rows": quotas.collect::<Vec<_>>() });
            assert_eq!(comparison, expected, "{before} to {after}");
            check_sums(&comparison);
        }
    }
}

/// A row of SAD: the comune's last digit, before, after, and the five effects, in euro.
type Row = (u32, i128, i128, [i128; 5]);

#[track_caller]
fn check_effects(server: &Server, [before, after]: [i32; 2], rows: &[Row]) {
    let other = plan_id(server, Role::Auditor, "E", before);
    let comparison = compare(server, Role::Auditor, "E", after, &other);
    check_sums(&comparison);
    let sad = list(&comparison["rows"]).iter().filter(|row| row["service"]["code"] == "SAD");
    let found: Vec<Value> = sad.cloned().collect();
    let expected: Vec<Value> = rows
        .iter()
        .map(|(comune, one, two, effects)| {
            let [budget, funding, participation, basis, rule] = effects.map(|effect| signed(effect * 100));
            json!({
                "service": { "code": "SAD" }, "comune": { "istatCode": format!("01900{comune}") },
                "before": euro(one * 100), "after": euro(two * 100), "change": signed((two - one) * 100),
                "budget": budget, "funding": funding, "participation": participation, "basis": basis, "rule": rule,
            })
        })
        .collect();
    assert_eq!(found, expected, "{before} to {after}");
}

#[test]
fn each_decision_has_its_effect() {
    let server = Server::start();
    add_effects(&server);
    // 900.00, then 1,000.00, then 900.00 again by 1,000, 3,000 and 6,000 residents; by 1,000 and 3,000; by 2,000 and 3,000; in halves.
    let table: [([i32; 2], &[Row]); 8] = [
        (
            [2020, 2021],
            &[(1, 90, 100, [10, 0, 0, 0, 0]), (2, 270, 300, [30, 0, 0, 0, 0]), (3, 540, 600, [60, 0, 0, 0, 0])],
        ),
        (
            [2021, 2022],
            &[(1, 100, 90, [0, -10, 0, 0, 0]), (2, 300, 270, [0, -30, 0, 0, 0]), (3, 600, 540, [0, -60, 0, 0, 0])],
        ),
        (
            [2022, 2023],
            &[(1, 90, 225, [0, 0, 135, 0, 0]), (2, 270, 675, [0, 0, 405, 0, 0]), (3, 540, 0, [0, 0, -540, 0, 0])],
        ),
        ([2023, 2024], &[(1, 225, 360, [0, 0, 0, 135, 0]), (2, 675, 540, [0, 0, 0, -135, 0])]),
        ([2024, 2025], &[(1, 360, 450, [0, 0, 0, 0, 90]), (2, 540, 450, [0, 0, 0, 0, -90])]),
        // All at once: one thing at a time is taken from the later plan, in this order.
        (
            [2020, 2025],
            &[
                (1, 90, 450, [10, -10, 135, 135, 90]),
                (2, 270, 450, [30, -30, 405, -135, -90]),
                (3, 540, 0, [60, -60, -540, 0, 0]),
            ],
        ),
        // The way back is another way: in equal parts until the rule changes.
        (
            [2025, 2020],
            &[
                (1, 450, 90, [-50, 50, -150, 0, -210]),
                (2, 450, 270, [-50, 50, -150, 0, -30]),
                (3, 0, 540, [0, 0, 300, 0, 240]),
            ],
        ),
        ([2023, 2023], &[(1, 225, 225, [0; 5]), (2, 675, 675, [0; 5])]),
    ];
    for (years, rows) in table {
        check_effects(&server, years, rows);
    }
}

#[test]
fn a_service_of_one_plan_alone_changes_by_its_budget() {
    let server = Server::start();
    add_effects(&server);
    for (before, after, change) in [(2020, 2021, "10.00"), (2021, 2022, "-10.00")] {
        let comparison = compare(&server, Role::Auditor, "E", after, &plan_id(&server, Role::Auditor, "E", before));
        let mensa: Vec<&Value> =
            list(&comparison["rows"]).iter().filter(|row| row["service"]["code"] == "MENSA").collect();
        assert_eq!(mensa.len(), 3);
        for row in mensa {
            assert_eq!([&row["change"], &row["budget"]], [change, change], "{row}");
            assert!(EFFECTS[1..].iter().all(|effect| row[effect] == "0.00"), "{row}");
        }
    }
    // 90.00, 270.00 and 540.00 become 100.00, 300.00 and 600.00, and the meals of 30.00 are new.
    let comparison = compare(&server, Role::Auditor, "E", 2021, &plan_id(&server, Role::Auditor, "E", 2020));
    assert_eq!(comparison["change"], "130.00");
}

#[test]
fn what_is_no_other_plan_of_the_ambito_is_null() {
    let server = Server::start();
    neighbour::add(&server);
    let data = server.data(
        Role::Auditor,
        "{ ambito(code: \"9\") { id services { id } plan(year: 2020) { id budgets { id quotas { id } } } } }",
    );
    let ambito = &data["ambito"];
    let ids = [
        &ambito["id"],
        &ambito["services"][0]["id"],
        &ambito["plan"]["budgets"][0]["id"],
        &ambito["plan"]["budgets"][0]["quotas"][0]["id"],
    ];
    let mut others: Vec<String> = ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    others.extend(["", "x", "2020", "UGxhbjo5OTk", "UGxhbjo", "UGxhbjotMQ", "\u{0}", "🦀"].map(str::to_owned));
    // A plan of another Ambito, for one who sees it and for one who does not.
    others.push(plan_id(&server, Role::Auditor, neighbour::AMBITO, neighbour::APPROVED));
    for role in [Role::Auditor, Role::Azienda, Role::Comune] {
        for other in &others {
            assert_eq!(compare(&server, role, "9", 2020, other), Value::Null, "{role:?} {other}");
        }
    }
    // A draft is there for the auditor, and not for reporting.
    let query =
        format!("{{ ambito(code: \"{}\") {{ plans(year: {}) {{ id }} }} }}", neighbour::AMBITO, neighbour::DRAFT);
    let draft = server.data(Role::Auditor, &query)["ambito"]["plans"][0]["id"].as_str().unwrap().to_owned();
    let with_draft = |role| compare(&server, role, neighbour::AMBITO, neighbour::APPROVED, &draft);
    assert_eq!(with_draft(Role::Reporting), Value::Null);
    check_sums(&with_draft(Role::Auditor));
    assert_eq!(with_draft(Role::Auditor)["before"]["year"], neighbour::DRAFT);
}
