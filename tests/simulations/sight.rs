//! Who may compare, and by what: a comparison of one alternative tells what a simulation tells the same asker, figure by figure and refusal by refusal.

use api::auth::Role;
use serde_json::{Value, json};

use super::ask;
use crate::support::figures::list;
use crate::support::{MANERBIO, Server};

#[test]
fn what_is_not_there_is_null() {
    let server = Server::start();
    let alternatives = json!([{ "name": "a", "services": [] }]);
    let nowhere = [
        json!({ "ambito": "99" }),
        json!({ "ambito": "" }),
        json!({ "year": 2019 }),
        json!({ "year": -1 }),
        json!({ "year": i32::MAX }),
        json!({ "ambito": "99", "services": ["nothing"] }),
    ];
    let roles = [Role::Comune, Role::Azienda, Role::Assemblea, Role::Reporting, Role::Auditor, Role::Admin];
    for mut changes in nowhere {
        changes["alternatives"] = alternatives.clone();
        for role in roles {
            assert_eq!(
                ask(&server, &server.token_of(role), &changes).data(),
                json!({ "simulations": null }),
                "{changes}"
            );
        }
    }
    // For an administrator there are no plans at all.
    for role in roles {
        let data = ask(&server, &server.token_of(role), &json!({ "alternatives": alternatives })).data();
        assert_eq!(data["simulations"].is_null(), role == Role::Admin, "{role:?}");
    }
}

/// Hypotheses that count what residents used, and others.
fn hypotheses() -> Vec<Value> {
    let tariff = |measure: &str| json!({ "tariff": { "measure": measure, "price": "1.00" } });
    let part = |size: Value, rule: Value| json!({ "size": size, "rule": rule });
    let rules = [
        json!({ "equal": {} }),
        json!({ "byMeasure": { "measure": "RESIDENTS" } }),
        json!({ "byMeasure": { "measure": "HOURS" } }),
        json!({ "byMeasure": { "measure": "CASES" } }),
        tariff("HOURS"),
        tariff("CASES"),
        tariff("NONSENSE"),
        json!({ "mixed": { "parts": [
            part(json!({ "percent": "50" }), json!({ "byMeasure": { "measure": "CASES" } })),
            part(json!({ "remainder": true }), json!({ "equal": {} })),
        ] } }),
    ];
    let mut hypotheses = Vec::new();
    for service in ["STAFF", "SIL", "SAD", "ADM", "TUTELA"] {
        hypotheses.push(json!({ "service": service }));
        hypotheses.push(json!({ "service": service, "amount": "1.00" }));
        hypotheses.push(json!({ "service": service, "participants": [MANERBIO, "017053"], "funding": [] }));
        for rule in &rules {
            hypotheses.push(json!({ "service": service, "rule": rule }));
            hypotheses.push(json!({ "service": service, "rule": rule, "funding": [], "participants": ["017053"] }));
        }
    }
    hypotheses
}

const SIMULATION: &str = "query($input: SimulationInput!) { simulation(input: $input) {
    amount municipalShare residue quotas { comune { istatCode } amount current change perResident } } }";

/// What a simulation tells, and what a comparison tells of the same.
fn both(server: &Server, token: &str, hypothesis: &Value) -> [Value; 2] {
    let mut input = json!({ "ambito": "9", "year": 2020 });
    input.as_object_mut().unwrap().extend(hypothesis.as_object().unwrap().clone());
    let one = server.ask(token, SIMULATION, json!({ "input": input })).json();
    let alternatives = json!([{ "name": "a", "services": [hypothesis] }]);
    let other =
        ask(server, token, &json!({ "services": [hypothesis["service"]], "alternatives": alternatives })).json();
    let refusal = |answer: &Value| {
        let error = &answer["errors"][0];
        json!([
            error["message"],
            error["extensions"]["code"],
            error["extensions"]["service"],
            error["extensions"]["comune"]
        ])
    };
    let told = |figures: &Value, quotas: &str| {
        json!([figures["amount"], figures["municipalShare"], figures["residue"], figures[quotas]])
    };
    let simulation = &one["data"]["simulation"];
    let outcome = &other["data"]["simulations"]["alternatives"][0]["outcome"];
    if simulation.is_null() {
        assert!(outcome.is_null(), "{hypothesis} {outcome}");
        return [refusal(&one), refusal(&other)];
    }
    let mut outcome = outcome.clone();
    // Who takes part today and would no more has a row of its own here.
    let takes_part = |row: &Value| list(&simulation["quotas"]).iter().any(|quota| quota["comune"] == row["comune"]);
    if let Some(comuni) = outcome["comuni"].as_array_mut() {
        comuni.retain(takes_part);
    }
    [told(simulation, "quotas"), told(&outcome, "comuni")]
}

#[test]
fn it_tells_each_asker_what_a_simulation_tells() {
    let server = Server::start();
    let mut refused = Vec::new();
    for role in [Role::Comune, Role::Reporting, Role::Assemblea, Role::Azienda] {
        let token = server.token_of(role);
        let mut refusals = 0;
        for hypothesis in hypotheses() {
            let [one, other] = both(&server, &token, &hypothesis);
            assert_eq!(one, other, "{role:?} {hypothesis}");
            refusals += usize::from(one[1] == "NO_BASIS");
        }
        refused.push(refusals);
    }
    // Nobody but the managing body counts by the cases.
    assert!(refused[0] == refused[1] && refused[1] == refused[2] && refused[2] > refused[3], "{refused:?}");
}
