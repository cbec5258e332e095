//! An attack: a comune asks for everything that may be asked, to count the cases of the others.

use api::auth::Role;
use serde_json::{Value, json};

use super::{ASKERS, CONSUMPTION, PEOPLE_MIN, quotas, small, users};
use crate::support::figures::{COMUNI, YEARS, budget_of, list};
use crate::support::{MANERBIO, Server};

const QUERY: &str = "query($input: SimulationInput!) { simulation(input: $input) {
    municipalShare residue quotas { comune { istatCode } amount explanation { text steps { kind inputs { name value } value } } } } }";

/// Every rule that counts by a measure, so priced that its quotas would be the count.
fn rules(measure: &str, target: &str) -> Vec<Value> {
    let part = |size: Value, rule: Value| json!({ "size": size, "rule": rule });
    let flat: Vec<Value> = (0..12)
        .map(|count| json!({ "upTo": count.to_string(), "amount": format!("{count}.00") }))
        .chain([json!({ "amount": "99.00" })])
        .collect();
    let bands = json!([{ "upTo": "4", "weight": "1" }, { "weight": "0" }]);
    let others: Vec<Value> = COMUNI
        .iter()
        .filter(|comune| comune.istat != target)
        .map(|comune| json!({ "comune": comune.istat, "exempt": true }))
        .collect();
    vec![
        json!({ "byMeasure": { "measure": measure } }),
        json!({ "byMeasure": { "measure": measure, "adjustments": others } }),
        json!({ "byMeasure": { "measure": measure, "adjustments": [{ "comune": target, "multiplier": "1000000" }] } }),
        json!({ "tariff": { "measure": measure, "price": "1.00" } }),
        json!({ "tariff": { "measure": measure, "price": "0", "adjustments": [{ "comune": target, "price": "1.00" }] } }),
        json!({ "flatByBand": { "measure": measure, "amounts": flat } }),
        json!({ "byBands": { "measure": measure, "bands": bands } }),
        json!({ "byBands": { "measure": measure, "marginal": true, "bands": bands } }),
        json!({ "mixed": { "parts": [
            part(json!({ "amount": "0.00" }), json!({ "tariff": { "measure": measure, "price": "1.00" } })),
            part(json!({ "remainder": true }), json!({ "equal": {} })),
        ] } }),
        json!({ "mixed": { "parts": [
            part(json!({ "percent": "50" }), json!({ "byMeasure": { "measure": measure } })),
            part(json!({ "remainder": true }), json!({ "byMeasure": { "measure": "RESIDENTS" } })),
        ] } }),
    ]
}

/// What else an attacker would change, to see the target's count alone.
fn changes(measure: &str, target: &str) -> Vec<Value> {
    let given = |istat: &str| json!({ "comune": istat, "measure": measure, "value": "6" });
    vec![
        json!({}),
        json!({ "amount": "100.00", "funding": [] }),
        json!({ "participants": [target] }),
        json!({ "participants": [MANERBIO, target], "basis": [given(MANERBIO)] }),
        json!({ "participants": COMUNI.iter().map(|comune| comune.istat).collect::<Vec<_>>(),
            "basis": COMUNI.iter().filter(|comune| comune.istat != target).map(|comune| given(comune.istat)).collect::<Vec<_>>() }),
    ]
}

/// Whether a rule names only comuni that take part: otherwise it is refused for that, before anything is counted.
fn fits(rule: &Value, change: &Value) -> bool {
    change.get("participants").is_none_or(|all| list(all).len() == COMUNI.len()) || !rule.to_string().contains("exempt")
}

fn simulate(server: &Server, token: &str, service: &str, rule: &Value, change: &Value) -> (String, String) {
    let mut input = json!({ "ambito": "9", "year": 2021, "service": service, "rule": rule });
    input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let answer = server.ask(token, QUERY, json!({ "input": input }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.code().is_empty(), !answer.json()["data"]["simulation"].is_null(), "{}", answer.body);
    (answer.code(), answer.body)
}

#[test]
fn no_simulation_counts_what_others_used() {
    let server = Server::start();
    let token = server.token_for(Role::Comune, Some(MANERBIO));
    // Cigole has four cases of SAD and of ADP, and one of ADM.
    let target = "017053";
    // One service of each rule that the plan has: by residents, by hours entrusted, by hours, a tariff, and funds alone.
    for budget in ["STAFF", "SSB", "SAD", "ADP", "ADM", "TUTELA"].map(budget_of) {
        for measure in ["CASES", "HOURS", "ACCESSES", "DAYS"] {
            if measure == "HOURS" && CONSUMPTION.iter().any(|(service, _)| *service == budget.service) {
                continue;
            }
            for rule in rules(measure, target) {
                for change in changes(measure, target).iter().filter(|change| fits(&rule, change)) {
                    let (code, body) = simulate(&server, &token, budget.service, &rule, change);
                    let refused = code == "NO_BASIS" || (code == "NOT_FOUND" && rule.to_string().contains("exempt"));
                    // A budget of nothing is shared without a basis, and says nothing.
                    let nothing = code.is_empty()
                        && body.contains(r#""municipalShare":"0.00""#)
                        && !body.contains(r#""name":"basis"#);
                    assert!(refused || nothing, "{} {rule} {change} {body}", budget.service);
                    let quotas_of_nothing =
                        body.matches(r#""amount":"0.00""#).count() == body.matches(r#""amount":"#).count();
                    assert!(refused || quotas_of_nothing, "{} {rule} {change} {body}", budget.service);
                }
            }
        }
    }
}

#[test]
fn the_refusal_is_the_same_whatever_the_count() {
    let server = Server::start();
    let token = server.token_for(Role::Comune, Some(MANERBIO));
    // The same rule for a comune of one case, of ten and of none: only the code of the comune differs.
    let refusal = |service: &str, target: &str| {
        let rule = json!({ "tariff": { "measure": "CASES", "price": "1.00" } });
        let (_, body) = simulate(&server, &token, service, &rule, &json!({ "participants": [target] }));
        let body: Value = serde_json::from_str(&body).unwrap();
        body["errors"][0]["message"].as_str().unwrap().replace(target, "...")
    };
    for (service, targets) in [("ADM", ["017053", "017078", "017195"]), ("SAD", ["017053", "017088", "017073"])] {
        let refusals = targets.map(|target| refusal(service, target));
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    }
}

#[test]
fn a_withheld_basis_is_not_explained_by_a_simulation_either() {
    let server = Server::start();
    for asker in ASKERS {
        let token = server.token_for(asker.0, asker.1);
        for (service, at) in CONSUMPTION {
            let hidden = small(at, asker.1);
            for rule in [
                json!({ "byMeasure": { "measure": "HOURS" } }),
                json!({ "tariff": { "measure": "HOURS", "price": "0.01" } }),
            ] {
                let (code, body) = simulate(&server, &token, service, &rule, &json!({ "funding": [] }));
                assert_eq!(code, "", "{body}");
                let body: Value = serde_json::from_str(&body).unwrap();
                for quota in list(&body["data"]["simulation"]["quotas"]) {
                    let kinds: Vec<&str> = list(&quota["explanation"]["steps"])
                        .iter()
                        .map(|step| step["kind"].as_str().unwrap())
                        .collect();
                    let hides = hidden.contains(quota["comune"]["istatCode"].as_str().unwrap());
                    assert_eq!(kinds.contains(&"BASIS"), !hides, "{asker:?} {service} {quota}");
                    assert!(
                        !hides || kinds.iter().all(|kind| ["BUDGET", "FUNDING", "MUNICIPAL_SHARE"].contains(kind)),
                        "{quota}"
                    );
                }
            }
        }
    }
}

/// What a sum of weights tells: that of the withheld cells together, and never of one.
#[test]
fn a_total_less_what_is_shown_is_of_several_cells() {
    let server = Server::start();
    for asker in ASKERS {
        for (service, at) in CONSUMPTION {
            let shown = quotas(&server, asker, 2020, service);
            let hidden = shown.iter().filter(|quota| quota["basis"].is_null()).count();
            assert_eq!(hidden, small(at, asker.1).len(), "{asker:?} {service}");
            assert!(hidden >= 2, "{asker:?} {service}");
            // Nothing that is shown is of fewer people than the threshold, but what is the asker's own.
            for quota in shown.iter().filter(|quota| quota["basis"].is_string()) {
                let istat = quota["comune"]["istatCode"].as_str().unwrap();
                let cases = users(at).iter().find(|comune| comune.istat == istat).unwrap().cases[at];
                assert!(cases >= PEOPLE_MIN || asker.1 == Some(istat), "{asker:?} {quota}");
            }
        }
    }
}

#[test]
fn cases_are_named_nowhere_but_in_measurements() {
    let server = Server::start();
    for asker in ASKERS {
        for year in YEARS {
            for (service, _) in CONSUMPTION {
                for quota in quotas(&server, asker, year, service) {
                    let text = quota.to_string().to_lowercase();
                    assert!(!text.contains("cases") && !text.contains("casi"), "{quota}");
                }
            }
        }
    }
}
