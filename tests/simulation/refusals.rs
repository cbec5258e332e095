//! What a simulation refuses: the code, the service and the comune of each, and what is a malformed request instead.

use serde_json::{Value, json};

use super::ask;
use crate::support::Server;
use crate::support::figures::COMUNI;
use crate::support::neighbour;

/// A refused simulation is data that is not there, in an answer that is.
#[track_caller]
fn check(server: &Server, service: &str, changes: &Value, code: &str, comune: Option<&str>) {
    let answer = ask(server, service, changes);
    let body = answer.json();
    let extensions = &body["errors"][0]["extensions"];
    assert_eq!((answer.status, answer.code().as_str()), (200, code), "{changes} {}", answer.body);
    assert_eq!(
        (&body["data"], &body["errors"][0]["path"]),
        (&json!({ "simulation": null }), &json!(["simulation"])),
        "{changes}"
    );
    assert_eq!(
        (&extensions["service"], extensions["comune"].as_str()),
        (&json!(service), comune),
        "{changes} {}",
        answer.body
    );
    assert!(!extensions["requestId"].as_str().unwrap_or_default().is_empty(), "{}", answer.body);
}

fn adjusted(kind: &str, mut rule: Value, adjustments: &Value) -> Value {
    rule["adjustments"] = adjustments.clone();
    json!({ "rule": { kind: rule } })
}

fn by_residents(adjustments: &Value) -> Value {
    adjusted("byMeasure", json!({ "measure": "RESIDENTS" }), adjustments)
}

fn everywhere(field: &str, value: &str) -> Value {
    COMUNI.iter().map(|comune| json!({ "comune": comune.istat, field: value })).collect()
}

fn mixed(parts: &[Value]) -> Value {
    let part = |size: &Value| json!({ "size": size, "rule": { "equal": {} } });
    json!({ "rule": { "mixed": { "parts": parts.iter().map(part).collect::<Vec<_>>() } } })
}

fn funding(funding: &Value) -> Value {
    json!({ "funding": funding })
}

fn weights(weights: &Value) -> Value {
    json!({ "rule": { "byFixedWeights": { "weights": weights } } })
}

#[test]
fn what_cannot_be_shared() {
    let server = Server::start();
    let some = |changes: Value, code: &str, comune: &str| check(&server, "STAFF", &changes, code, Some(comune));
    let none = |changes: Value, code: &str| check(&server, "STAFF", &changes, code, None);
    // No basis, for anybody or for one.
    none(json!({ "rule": { "byMeasure": { "measure": "DAYS" } } }), "NO_BASIS");
    none(json!({ "rule": { "tariff": { "measure": "ACCESSES", "price": "1" } } }), "NO_BASIS");
    some(
        json!({ "rule": { "byMeasure": { "measure": "DAYS" } }, "basis": [{ "comune": "017004", "measure": "DAYS", "value": "1" }] }),
        "NO_BASIS",
        "017009",
    );
    some(weights(&json!([{ "comune": "017004", "weight": "1" }])), "NO_BASIS", "017009");
    let with_manerbio: Vec<&str> =
        COMUNI.iter().filter(|comune| comune.hours[1] != "0.00").map(|comune| comune.istat).chain(["017103"]).collect();
    check(&server, "ADP", &json!({ "participants": with_manerbio }), "NO_BASIS", Some("017103"));
    // All weights zero.
    none(weights(&everywhere("weight", "0")), "NO_BASIS");
    none(by_residents(&everywhere("multiplier", "0")), "NO_BASIS");
    none(json!({ "participants": [] }), "NO_BASIS");
    // Bounds without a solution: of one comune, below and above the 105,000.00 of the budget.
    some(
        by_residents(&json!([{ "comune": "017103", "minimum": "2.00", "maximum": "1.99" }])),
        "INFEASIBLE_BOUNDS",
        "017103",
    );
    none(by_residents(&everywhere("minimum", "5250.01")), "INFEASIBLE_BOUNDS");
    none(by_residents(&everywhere("maximum", "5249.99")), "INFEASIBLE_BOUNDS");
    none(by_residents(&json!([{ "comune": "017103", "fixed": "105000.01" }])), "INFEASIBLE_BOUNDS");
    // Parts that are too much, too little, or none.
    none(mixed(&[json!({ "percent": "60" }), json!({ "percent": "40.000001" })]), "INVALID");
    none(mixed(&[json!({ "percent": "60" }), json!({ "percent": "39.999999" })]), "INVALID");
    none(mixed(&[json!({ "amount": "105000.01" }), json!({ "remainder": true })]), "INVALID");
    none(mixed(&[json!({ "remainder": true }), json!({ "remainder": true })]), "INVALID");
    none(mixed(&[]), "INVALID");
    // Funding.
    none(funding(&json!([{ "fund": "FNPS", "balancing": true }, { "fund": "FSR", "balancing": true }])), "INVALID");
    none(funding(&json!([{ "fund": "FNPS", "balancing": true }])), "INVALID");
    none(funding(&json!([{ "fund": "FNPS", "amount": "105000.01" }])), "FUNDING_EXCEEDS_BUDGET");
    none(
        funding(&json!([{ "fund": "FNPS", "amount": "60000.00" }, { "fund": "FSR", "amount": "45000.01" }])),
        "FUNDING_EXCEEDS_BUDGET",
    );
    // ADM's quotas are 45,245.25: with FNPS's 40,000.00 a cent more than the budget.
    check(&server, "ADM", &json!({ "amount": "85245.24" }), "PLAN_UNBALANCED", None);
    check(&server, "ADM", &json!({ "amount": "39999.99" }), "FUNDING_EXCEEDS_BUDGET", None);
}

#[test]
fn what_is_not_a_value() {
    let server = Server::start();
    let some = |changes: Value, code: &str, comune: &str| check(&server, "STAFF", &changes, code, Some(comune));
    let none = |changes: Value, code: &str| check(&server, "STAFF", &changes, code, None);
    // Negative numbers.
    none(json!({ "amount": "-0.01" }), "INVALID");
    none(funding(&json!([{ "fund": "FNPS", "amount": "-0.01" }])), "INVALID");
    none(json!({ "rule": { "tariff": { "measure": "RESIDENTS", "price": "-1" } } }), "INVALID");
    none(mixed(&[json!({ "amount": "-0.01" }), json!({ "remainder": true })]), "INVALID");
    none(mixed(&[json!({ "percent": "-1" }), json!({ "remainder": true })]), "INVALID");
    some(weights(&everywhere("weight", "-1")), "INVALID", "017004");
    some(json!({ "basis": [{ "comune": "017103", "measure": "RESIDENTS", "value": "-1" }] }), "INVALID", "017103");
    for field in ["multiplier", "fixed", "minimum", "maximum"] {
        let value = if field == "multiplier" { "-1" } else { "-1.00" };
        some(by_residents(&json!([{ "comune": "017103", field: value }])), "INVALID", "017103");
    }
    // A price where there is none.
    some(by_residents(&json!([{ "comune": "017103", "price": "1" }])), "INVALID", "017103");
    // Bands that do not ascend, or whose last is closed.
    let band = |up_to: Value| json!({ "upTo": up_to, "weight": "1" });
    for bands in [
        json!([]),
        json!([band(json!("10"))]),
        json!([band(json!("10")), band(json!("10")), band(Value::Null)]),
        json!([band(json!("10")), band(json!("9")), band(Value::Null)]),
        json!([band(Value::Null), band(Value::Null)]),
        json!([band(json!("-2")), band(Value::Null)]),
    ] {
        none(json!({ "rule": { "byBands": { "measure": "RESIDENTS", "bands": bands } } }), "INVALID");
    }
    none(json!({ "rule": { "flatByBand": { "measure": "RESIDENTS", "amounts": [] } } }), "INVALID");
    none(
        json!({ "rule": { "flatByBand": { "measure": "RESIDENTS", "amounts": [{ "amount": "-1.00" }] } } }),
        "INVALID",
    );
    // What contradicts itself.
    let part = json!({ "size": { "remainder": true }, "rule": { "equal": { "rounding": "HALF_UP_EACH" } } });
    none(json!({ "rule": { "mixed": { "parts": [part] } } }), "INVALID");
    none(mixed(&[json!({ "remainder": false })]), "INVALID");
    none(funding(&json!([{ "fund": "FNPS" }])), "INVALID");
    none(funding(&json!([{ "fund": "FNPS", "amount": "1.00", "balancing": true }])), "INVALID");
}

#[test]
fn what_is_named_and_not_there_or_there_twice() {
    let server = Server::start();
    neighbour::add(&server);
    let some = |changes: Value, code: &str, comune: &str| check(&server, "STAFF", &changes, code, Some(comune));
    let none = |changes: Value, code: &str| check(&server, "STAFF", &changes, code, None);
    none(funding(&json!([{ "fund": "PNRR", "amount": "1.00" }])), "NOT_FOUND");
    none(funding(&json!([{ "fund": "", "balancing": true }])), "NOT_FOUND");
    for measure in ["NONSENSE", "residents", "", "MEALS"] {
        none(json!({ "rule": { "byMeasure": { "measure": measure } } }), "NOT_FOUND");
        none(json!({ "basis": [{ "comune": "017103", "measure": measure, "value": "1" }] }), "NOT_FOUND");
    }
    // Unknown anywhere, and of another Ambito.
    for comune in ["015146", neighbour::ALFA] {
        some(json!({ "participants": ["017103", comune] }), "NOT_FOUND", comune);
        some(json!({ "basis": [{ "comune": comune, "measure": "RESIDENTS", "value": "1" }] }), "NOT_FOUND", comune);
        some(by_residents(&json!([{ "comune": comune, "exempt": true }])), "NOT_FOUND", comune);
        let mut with_stranger = everywhere("weight", "1");
        with_stranger.as_array_mut().unwrap().push(json!({ "comune": comune, "weight": "1" }));
        some(weights(&with_stranger), "NOT_FOUND", comune);
    }
    // Of the Ambito, but not of the budget.
    let basis =
        json!({ "participants": ["017103"], "basis": [{ "comune": "017004", "measure": "RESIDENTS", "value": "1" }] });
    some(basis, "NOT_FOUND", "017004");
    check(
        &server,
        "ADP",
        &adjusted("equal", json!({}), &json!([{ "comune": "017103", "exempt": true }])),
        "NOT_FOUND",
        Some("017103"),
    );
    // Twice.
    some(json!({ "participants": ["017103", "017004", "017103"] }), "DUPLICATE", "017103");
    some(
        by_residents(&json!([{ "comune": "017103", "fixed": "1.00" }, { "comune": "017103", "exempt": true }])),
        "DUPLICATE",
        "017103",
    );
    some(
        weights(&json!([{ "comune": "017004", "weight": "1" }, { "comune": "017004", "weight": "1" }])),
        "DUPLICATE",
        "017004",
    );
    let twice = |one: &str, other: &str| {
        json!([one, other].map(|value| json!({ "comune": "017103", "measure": "RESIDENTS", "value": value })))
    };
    some(json!({ "basis": twice("1", "2") }), "DUPLICATE", "017103");
    some(json!({ "basis": twice("1", "1") }), "DUPLICATE", "017103");
    none(funding(&json!([{ "fund": "FNPS", "amount": "1.00" }, { "fund": "FNPS", "amount": "2.00" }])), "DUPLICATE");
}

#[test]
fn what_does_not_fit() {
    let server = Server::start();
    let most = "92233720368547758.07";
    let cases = [
        json!({ "rule": { "tariff": { "measure": "RESIDENTS", "price": "9223372036854.775807" } } }),
        json!({ "amount": most, "funding": [{ "fund": "FNPS", "amount": most }, { "fund": "FSR", "amount": most }] }),
        json!({ "rule": { "flatByBand": { "measure": "RESIDENTS", "amounts": [{ "amount": most }] } } }),
    ];
    for changes in cases {
        check(&server, "STAFF", &changes, "OVERFLOW", None);
    }
}

#[test]
fn what_is_malformed_is_no_request() {
    let server = Server::start();
    let cases = [
        json!({ "rule": { "equal": {}, "byMeasure": { "measure": "RESIDENTS" } } }),
        json!({ "rule": {} }),
        json!({ "rule": { "equal": null } }),
        json!({ "rule": { "mixed": { "parts": [{ "size": { "percent": "1", "remainder": true }, "rule": { "equal": {} } }] } } }),
        json!({ "rule": { "mixed": { "parts": [{ "size": { "remainder": true }, "rule": { "mixed": { "parts": [] } } }] } } }),
        json!({ "amount": "1.5" }),
        json!({ "amount": 1 }),
        json!({ "amount": "922337203685477580.08" }),
        json!({ "participants": ["17103"] }),
        json!({ "basis": [{ "comune": "017103", "measure": "RESIDENTS", "value": "1e3" }] }),
        json!({ "rule": { "tariff": { "measure": "RESIDENTS", "price": "0.0000001" } } }),
        json!({ "service": null }),
        json!({ "nonsense": true }),
    ];
    for changes in cases {
        let answer = ask(&server, "STAFF", &changes);
        assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_VARIABLES"), "{changes} {}", answer.body);
        assert!(answer.json().get("data").is_none(), "{changes}");
    }
}
