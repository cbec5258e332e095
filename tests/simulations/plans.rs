//! Plans as alternatives: approved ones of other years, and a draft with other services than the plan in force.

use api::auth::{Operator, Role};
use api::exchange::{self, Files};
use api::store::import;
use serde_json::{Value, json};

use super::{ask, in_force, only, outcome};
use crate::support::tables::wait;
use crate::support::{Server, neighbour};

/// 2020 is approved and 2021 a draft. MENSA is new in the draft, and NAVETTA is given up.
const PLAN: &str = r#"
[ambito]
code = "B"
name = "Ambito della bozza"
region = "Lombardia"
province = "CR"
managing_body = "Azienda"

[programme]
title = "Programma"
from_year = 2020
to_year = 2021

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

[[service]]
code = "NAVETTA"
name = "Trasporto"
area = "Anziani"
delivery = "appalto"
participants = "all"

[[plan]]
year = 2020
kind = "FORECAST"
resolution = { number = "1", date = 2020-01-10, body = "Assemblea" }

[[plan]]
year = 2021
kind = "FORECAST"

[[basis]]
years = [2020, 2021]
measure = "RESIDENTS"
reference_date = 2019-01-01

[[budget]]
service = "SAD"
years = [2020]
amount = "1000.00"
funding = [{ fund = "FNPS", amount = "100.00" }]
rule = { kind = "BY_MEASURE", measure = "RESIDENTS" }

[[budget]]
service = "NAVETTA"
years = [2020]
amount = "60.00"
rule = { kind = "EQUAL" }

[[budget]]
service = "SAD"
years = [2021]
amount = "1100.00"
funding = [{ fund = "FNPS", amount = "200.00" }]
rule = { kind = "EQUAL" }

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
";

fn add_draft(server: &Server) {
    let bundle =
        exchange::parse(&Files::new(PLAN, COMUNI, MEASUREMENTS)).unwrap_or_else(|problems| panic!("{problems:?}"));
    wait(import::import(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
}

/// The identifier of a plan of an Ambito, as the auditor sees it.
fn id_of(server: &Server, ambito: &str, year: i32) -> Value {
    let query = format!("{{ ambito(code: \"{ambito}\") {{ plans(year: {year}) {{ id }} }} }}");
    server.data(Role::Auditor, &query)["ambito"]["plans"][0]["id"].take()
}

/// The only alternative of a comparison of Ambito B, over some services or all.
fn compare(server: &Server, services: &Value) -> Value {
    let alternative = json!({ "name": "bozza", "plan": id_of(server, "B", 2021) });
    let input = json!({ "ambito": "B", "services": services, "alternatives": [alternative] });
    let answer = ask(server, &server.token_of(Role::Auditor), &input);
    answer.data()["simulations"].take()
}

#[test]
fn a_plan_of_another_year_is_as_it_stands() {
    let server = Server::start();
    let named = |year: i32| json!({ "name": year.to_string(), "plan": id_of(&server, "9", year) });
    let all = json!({ "alternatives": [named(2020), named(2021), named(2022)] });
    for (service, current) in [(None, in_force(2020)), (Some("SIL"), only("SIL", in_force(2020)))] {
        let mut changes = all.clone();
        changes["services"] = service.map_or(Value::Null, |service| json!([service]));
        for role in [Role::Comune, Role::Reporting, Role::Azienda] {
            let answer = ask(&server, &server.token_of(role), &changes);
            let comparison = answer.data()["simulations"].take();
            for (at, year) in [2020, 2021, 2022].into_iter().enumerate() {
                let cases = service.map_or_else(|| in_force(year), |service| only(service, in_force(year)));
                let expected = json!({ "name": year.to_string(), "plan": { "year": year }, "outcome": outcome(&cases, &current, year) });
                assert_eq!(comparison["alternatives"][at], expected, "{service:?} {year}");
            }
        }
    }
}

fn comune(last: u32, [amount, current, change, per_resident]: [&str; 4]) -> Value {
    json!({ "comune": { "istatCode": format!("01900{last}") },
        "amount": amount, "current": current, "change": change, "perResident": per_resident })
}

fn service(code: &str, [amount, share, change]: [&str; 3], current: Option<&str>) -> Value {
    json!({ "service": { "code": code },
        "amount": amount, "municipalShare": share, "residue": "0.00", "current": current, "change": change })
}

fn spread(highest: (u32, &str), lowest: (u32, &str), gini: &str) -> Value {
    let burden = |(last, per_resident): (u32, &str)| json!({ "comune": { "istatCode": format!("01900{last}") }, "perResident": per_resident });
    json!({ "highest": burden(highest), "lowest": burden(lowest), "gini": gini })
}

#[test]
fn a_draft_with_a_new_service_and_without_an_old_one() {
    let server = Server::start();
    add_draft(&server);
    let comparison = compare(&server, &Value::Null);
    assert_eq!(comparison["plan"], json!({ "year": 2020 }));
    // 900.00 by 1,000, 3,000 and 6,000 residents, and 20.00 each for NAVETTA.
    let current = json!({
        "amount": "1060.00", "municipalShare": "960.00", "residue": "0.00",
        "comuni": [
            comune(1, ["110.00", "110.00", "0.00", "0.11"]),
            comune(2, ["290.00", "290.00", "0.00", "0.10"]),
            comune(3, ["560.00", "560.00", "0.00", "0.09"]),
        ],
        "services": [
            service("SAD", ["1000.00", "900.00", "0.00"], Some("900.00")),
            service("NAVETTA", ["60.00", "60.00", "0.00"], Some("60.00")),
        ],
        "spread": spread((1, "0.11"), (3, "0.09"), "0.020833"),
    });
    assert_eq!(comparison["current"], current);
    // 300.00 each for SAD and 10.00 each for MENSA: a third of what all pay for a tenth, three tenths and six tenths of the residents.
    let draft = json!({
        "amount": "1130.00", "municipalShare": "930.00", "residue": "0.00",
        "comuni": [
            comune(1, ["310.00", "110.00", "200.00", "0.31"]),
            comune(2, ["310.00", "290.00", "20.00", "0.10"]),
            comune(3, ["310.00", "560.00", "-250.00", "0.05"]),
        ],
        "services": [
            service("SAD", ["1100.00", "900.00", "0.00"], Some("900.00")),
            service("MENSA", ["30.00", "30.00", "30.00"], None),
            service("NAVETTA", ["0.00", "0.00", "-60.00"], Some("60.00")),
        ],
        "spread": spread((1, "0.31"), (3, "0.05"), "0.333333"),
    });
    assert_eq!(comparison["alternatives"], json!([{ "name": "bozza", "plan": { "year": 2021 }, "outcome": draft }]));
}

#[test]
fn a_service_that_only_one_of_the_plans_has() {
    let server = Server::start();
    add_draft(&server);
    let comparison = compare(&server, &json!(["MENSA"]));
    let nothing = json!({ "amount": "0.00", "municipalShare": "0.00", "residue": "0.00", "comuni": [], "services": [], "spread": null });
    assert_eq!(comparison["current"], nothing);
    let outcome = &comparison["alternatives"][0]["outcome"];
    assert_eq!(outcome["services"], json!([service("MENSA", ["30.00", "30.00", "30.00"], None)]));
    assert_eq!(
        outcome["comuni"][0],
        json!({ "comune": { "istatCode": "019001" }, "amount": "10.00", "current": null, "change": "10.00", "perResident": "0.01" })
    );
    let comparison = compare(&server, &json!(["NAVETTA"]));
    let outcome = &comparison["alternatives"][0]["outcome"];
    assert_eq!(outcome["services"], json!([service("NAVETTA", ["0.00", "0.00", "-60.00"], Some("60.00"))]));
    assert_eq!(outcome["comuni"][2], comune(3, ["0.00", "20.00", "-20.00", "0.00"]));
    // Nobody takes part, so there is nothing to lie evenly.
    assert_eq!(outcome["spread"], Value::Null);
    // To simulate a service there must be a plan in force that has it.
    let input = json!({ "ambito": "B", "alternatives": [{ "name": "a", "services": [{ "service": "MENSA" }] }] });
    assert_eq!(ask(&server, &server.token_of(Role::Auditor), &input).code(), "NOT_FOUND");
}

#[test]
fn a_draft_that_cannot_be_shared_yet_says_why() {
    let server = Server::start();
    let new = json!({ "ambito": "9", "year": 2023, "kind": "FORECAST" });
    let draft = server.write_plan(Role::Azienda, "createPlan", new)["id"].take();
    let edit = |name: &str, revision: i32, change: Value| {
        let mut input = json!({ "plan": draft, "expectedVersion": revision, "service": "SAD" });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        server.write_plan(Role::Azienda, name, input);
    };
    let input = json!({ "services": ["SAD"], "alternatives": [{ "name": "bozza", "plan": draft }] });
    edit("setBudget", 1, json!({ "amount": "1000.00" }));
    let answer = ask(&server, &server.token_of(Role::Azienda), &input).json();
    let (error, alternative) = (&answer["errors"][0], &answer["data"]["simulations"]["alternatives"][0]);
    assert_eq!((&error["extensions"]["code"], &error["extensions"]["service"]), (&json!("NO_RULE"), &json!("SAD")));
    assert_eq!(error["path"], json!(["simulations", "alternatives", 0, "outcome"]));
    assert_eq!(alternative, &json!({ "name": "bozza", "plan": { "year": 2023 }, "outcome": null }));
    // As soon as it can be shared it is: in twenty equal parts.
    edit("setRule", 2, json!({ "rule": { "equal": {} } }));
    let answer = ask(&server, &server.token_of(Role::Azienda), &input).data();
    let outcome = &answer["simulations"]["alternatives"][0]["outcome"];
    assert_eq!([&outcome["amount"], &outcome["municipalShare"], &outcome["residue"]], ["1000.00", "1000.00", "0.00"]);
    let comuni = outcome["comuni"].as_array().unwrap();
    assert!(comuni.len() == 20 && comuni.iter().all(|row| row["amount"] == "50.00"), "{outcome}");
}

#[test]
fn plans_in_every_status_for_whom_they_are_there() {
    let server = Server::start();
    neighbour::add(&server);
    let years = [neighbour::APPROVED, neighbour::PROPOSED, neighbour::DRAFT, neighbour::WITHDRAWN];
    let named = years.map(|year| json!({ "name": year.to_string(), "plan": id_of(&server, neighbour::AMBITO, year) }));
    let input = json!({ "ambito": neighbour::AMBITO, "alternatives": named });
    for (token, seen) in [
        (neighbour::token(&server, Role::Azienda, None), 4),
        (server.token_of(Role::Auditor), 4),
        (neighbour::token(&server, Role::Assemblea, None), 2),
        (neighbour::token(&server, Role::Comune, Some(neighbour::ALFA)), 1),
        (server.token_of(Role::Reporting), 1),
    ] {
        let answer = ask(&server, &token, &input).json();
        let comparison = &answer["data"]["simulations"];
        for (at, year) in years.into_iter().enumerate() {
            let alternative = &comparison["alternatives"][at];
            if at < seen {
                // Its four plans have the same budgets.
                assert_eq!(
                    (&alternative["plan"]["year"], &alternative["outcome"]),
                    (&json!(year), &comparison["current"])
                );
            } else {
                assert_eq!((&alternative["plan"], &alternative["outcome"]), (&Value::Null, &Value::Null));
            }
        }
        let hidden: Vec<&Value> =
            answer["errors"].as_array().into_iter().flatten().map(|error| &error["extensions"]["code"]).collect();
        assert_eq!(hidden, vec!["NOT_FOUND"; 4 - seen]);
    }
    // Who sees both Ambiti does not compare the plan of one with that of the other.
    let answer = ask(&server, &server.token_of(Role::Auditor), &json!({ "alternatives": [input["alternatives"][0]] }));
    assert_eq!(answer.code(), "NOT_FOUND", "{}", answer.body);
}
