//! An Ambito with few cells, so that single ones are small: what is withheld with them, for each who asks.

use std::collections::BTreeSet;

use api::auth::{Operator, Role};
use api::exchange::{self, Files};
use api::store::client::{self, Kind, NewClient};
use api::store::import;
use serde_json::{Value, json};

use crate::support::Server;
use crate::support::figures::list;
use crate::support::tables::wait;

const PLAN: &str = r#"
[ambito]
code = "P"
name = "Ambito dei pochi"
region = "Lombardia"
province = "CR"
managing_body = "Azienda"

[programme]
title = "Programma"
from_year = 2020
to_year = 2020

[[service]]
code = "SAD"
name = "Assistenza domiciliare"
area = "Anziani"
delivery = "appalto"
participants = ["019001", "019002", "019003", "019004", "019005"]

[[service]]
code = "ADM"
name = "Assistenza domiciliare minori"
area = "Minori"
delivery = "appalto"
participants = ["019001", "019002", "019003"]

[[service]]
code = "SIL"
name = "Integrazione lavorativa"
area = "Adulti"
delivery = "appalto"
participants = ["019001", "019002", "019003", "019004"]

[[plan]]
year = 2020
kind = "FORECAST"
resolution = { number = "1", date = 2020-01-10, body = "Assemblea" }

[[basis]]
years = [2020]
measure = "HOURS"
reference_date = 2019-12-31

[[basis]]
years = [2020]
measure = "CASES"
reference_date = 2019-12-31

[[budget]]
service = "SAD"
years = [2020]
amount = "1000.00"
rule = { kind = "BY_MEASURE", measure = "HOURS" }

[[budget]]
service = "ADM"
years = [2020]
amount = "1000.00"
rule = { kind = "BY_MEASURE", measure = "HOURS" }

[[budget]]
service = "SIL"
years = [2020]
amount = "1000.00"
rule = { kind = "BY_MEASURE", measure = "HOURS" }
"#;
const COMUNI: &str = "istat_code,name,cadastral_code,province,member_from
019001,Alfa,,CR,
019002,Beta,,CR,
019003,Gamma,,CR,
019004,Delta,,CR,
019005,Epsilon,,CR,
019006,Zeta,,CR,
";
/// Alfa alone is small in SAD, and Epsilon uses nothing. In ADM nobody knows how many people there are. In SIL Alfa and Beta
/// are four people together. Zeta was once of SAD.
const MEASUREMENTS: &str = "istat_code,measure,service,value,reference_date,source,assumed
019001,HOURS,SAD,10,2019-12-31,Azienda,false
019002,HOURS,SAD,50,2019-12-31,Azienda,false
019003,HOURS,SAD,20,2019-12-31,Azienda,false
019004,HOURS,SAD,30,2019-12-31,Azienda,false
019005,HOURS,SAD,0,2019-12-31,Azienda,false
019006,HOURS,SAD,7,2018-12-31,Azienda,false
019001,CASES,SAD,3,2019-12-31,Azienda,false
019002,CASES,SAD,5,2019-12-31,Azienda,false
019003,CASES,SAD,9,2019-12-31,Azienda,false
019004,CASES,SAD,7,2019-12-31,Azienda,false
019005,CASES,SAD,0,2019-12-31,Azienda,false
019006,CASES,SAD,1,2018-12-31,Azienda,false
019001,HOURS,ADM,40,2019-12-31,Azienda,false
019002,HOURS,ADM,0,2019-12-31,Azienda,false
019003,HOURS,ADM,60,2019-12-31,Azienda,false
019001,HOURS,SIL,10,2019-12-31,Azienda,false
019002,HOURS,SIL,20,2019-12-31,Azienda,false
019003,HOURS,SIL,40,2019-12-31,Azienda,false
019004,HOURS,SIL,30,2019-12-31,Azienda,false
019001,CASES,SIL,1,2019-12-31,Azienda,false
019002,CASES,SIL,3,2019-12-31,Azienda,false
019003,CASES,SIL,9,2019-12-31,Azienda,false
019004,CASES,SIL,8,2019-12-31,Azienda,false
";

fn start() -> Server {
    let server = Server::start();
    let bundle =
        exchange::parse(&Files::new(PLAN, COMUNI, MEASUREMENTS)).unwrap_or_else(|problems| panic!("{problems:?}"));
    wait(import::import(server.store(), &Operator::at_the_machine("test"), &bundle)).unwrap();
    for last in 1..=6 {
        let comune = format!("01900{last}");
        let code = allocation::IstatCode::parse(&comune).unwrap();
        let kind = Kind::check(server.store(), Role::Comune, &[], Some(code)).unwrap();
        let new = NewClient {
            client_id: format!("pochi-{comune}"),
            name: "ambito token".to_owned(),
            kind,
            secret_hash: None,
        };
        wait(client::create(server.store(), &Operator::at_the_machine("test").clients(), new)).unwrap();
    }
    server
}

fn ask(server: &Server, comune: Option<&str>, query: &str, variables: Value) -> crate::support::Answer {
    let role = comune.map_or(Role::Reporting, |_| Role::Comune);
    server.ask(&server.token_for(role, comune), query, variables)
}

/// The comuni, by their last digit, whose basis in a service is withheld.
fn hidden_bases(server: &Server, asker: Option<&str>, service: &str) -> String {
    let query = format!(
        "{{ ambito(code: \"P\") {{ plan(year: 2020) {{ budget(service: \"{service}\") {{ quotas {{ basis comune {{ istatCode }} }} }} }} }} }}"
    );
    let data = ask(server, asker, &query, Value::Null).data();
    let quotas = list(&data["ambito"]["plan"]["budget"]["quotas"]).iter().filter(|quota| quota["basis"].is_null());
    quotas.map(|quota| quota["comune"]["istatCode"].as_str().unwrap()[5..].to_owned()).collect()
}

/// The comuni, by their last digit, whose value of a measure for a service is shown.
fn shown_values(server: &Server, asker: Option<&str>, measure: &str, service: &str) -> String {
    let query = format!(
        "{{ ambito(code: \"P\") {{ comuni {{ istatCode measurements(measure: \"{measure}\") {{ service {{ code }} }} }} }} }}"
    );
    let data = ask(server, asker, &query, Value::Null).data();
    let shows = |comune: &&Value| list(&comune["measurements"]).iter().any(|row| row["service"]["code"] == service);
    let digits: BTreeSet<&str> = list(&data["ambito"]["comuni"])
        .iter()
        .filter(shows)
        .map(|comune| &comune["istatCode"].as_str().unwrap()[5..])
        .collect();
    digits.into_iter().collect()
}

#[test]
fn a_single_small_cell_is_not_withheld_alone() {
    let server = start();
    // Who asks; the bases withheld in SAD and ADM; the hours and the cases of SAD shown. A total would give a single cell back to
    // anybody who knows all the others, their own among them.
    let table = [
        // Gamma has the fewest hours beside Alfa, Beta the fewest cases.
        (None, "13", "13", "245", "345"),
        // Alfa knows its own: nobody else of SAD is small, and in ADM Gamma stands alone.
        (Some("019001"), "", "3", "12345", "12345"),
        (Some("019002"), "13", "13", "245", "235"),
        (Some("019003"), "14", "1", "235", "345"),
        (Some("019004"), "13", "13", "245", "345"),
        (Some("019005"), "13", "13", "245", "345"),
        (Some("019006"), "13", "13", "2456", "3456"),
    ];
    for (asker, sad, adm, hours, cases) in table {
        let bases = [hidden_bases(&server, asker, "SAD"), hidden_bases(&server, asker, "ADM")];
        assert_eq!(bases, [sad, adm], "{asker:?}");
        let shown = [shown_values(&server, asker, "HOURS", "SAD"), shown_values(&server, asker, "CASES", "SAD")];
        assert_eq!(shown, [hours, cases], "{asker:?}");
    }
}

#[test]
fn small_cells_are_withheld_until_they_are_of_enough_people_together() {
    let server = start();
    let table = [
        // Alfa and Beta are four people: Delta's hours are the fewest of the others.
        (None, "124"),
        // One who knows its own finds the three of Beta, or the one of Alfa, beside others.
        (Some("019001"), "24"),
        (Some("019002"), "14"),
        (Some("019003"), "124"),
        (Some("019004"), "123"),
        (Some("019006"), "124"),
    ];
    for (asker, hidden) in table {
        assert_eq!(hidden_bases(&server, asker, "SIL"), hidden, "{asker:?}");
    }
}

#[test]
fn a_comune_does_not_simulate_with_what_the_plan_does_not_count() {
    let server = start();
    let query = "query($input: SimulationInput!) { simulation(input: $input) { quotas { amount } } }";
    let simulate = |asker, participants: &[&str], measure: &str| {
        let rule = json!({ "tariff": { "measure": measure, "price": "1.00" } });
        let input =
            json!({ "ambito": "P", "year": 2020, "service": "SAD", "participants": participants, "rule": rule });
        ask(&server, asker, query, json!({ "input": input }))
    };
    for asker in [None, Some("019001"), Some("019002")] {
        // Zeta takes no part: what it used is in no quota, and not to be had.
        for (participants, measure) in [
            (&["019001", "019006"][..], "HOURS"),
            (&["019006"], "HOURS"),
            (&["019001"], "CASES"),
            (&["019006"], "CASES"),
        ] {
            let answer = simulate(asker, participants, measure);
            assert_eq!(answer.code(), "NO_BASIS", "{asker:?} {participants:?} {measure} {}", answer.body);
            assert!(answer.json()["data"]["simulation"].is_null());
        }
        // The plan counts the hours of those who take part, and its quotas tell them to everybody.
        assert_eq!(
            simulate(asker, &["019002"], "HOURS").data()["simulation"]["quotas"],
            json!([{ "amount": "50.00" }])
        );
    }
}
