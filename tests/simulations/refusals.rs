//! What a comparison refuses: a question that makes no sense as a whole, and an alternative that cannot be worked out, in its own place.

use api::auth::Role;
use serde_json::{Value, json};

use super::{alternatives, ask};
use crate::support::Server;
use crate::support::neighbour;

/// Checks the first error: its path, code, argument, service and comune.
#[track_caller]
fn check(server: &Server, changes: &Value, path: &Value, [code, argument, service, comune]: [&str; 4]) {
    let answer = ask(server, &server.token_of(Role::Azienda), changes);
    assert_eq!(answer.status, 200, "{changes} {}", answer.body);
    let answer = answer.json();
    let (errors, extensions) = (answer["errors"].as_array().unwrap(), &answer["errors"][0]["extensions"]);
    assert_eq!((errors.len(), &errors[0]["path"]), (1, path), "{changes} {answer}");
    let told = ["code", "argument", "service", "comune"].map(|name| extensions[name].as_str().unwrap_or_default());
    assert_eq!(told, [code, argument, service, comune], "{changes} {answer}");
}

#[test]
fn the_whole_question() {
    let server = Server::start();
    let names =
        |names: &[&str]| -> Value { names.iter().map(|name| json!({ "name": name, "services": [] })).collect() };
    let eleven: Vec<String> = (1..=11).map(|number| number.to_string()).collect();
    let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
    for (changes, code, argument) in [
        (json!({ "alternatives": [] }), "INVALID", "input.alternatives"),
        (json!({ "alternatives": names(&eleven) }), "INVALID", "input.alternatives"),
        (json!({ "alternatives": names(&["a", "b", "a"]) }), "DUPLICATE", "input.alternatives.name"),
        (json!({ "alternatives": names(&["a", " "]) }), "INVALID", "input.alternatives.name"),
        (json!({ "alternatives": names(&["a"]), "services": ["SAD", "NIDO"] }), "NOT_FOUND", "input.services"),
        (json!({ "alternatives": names(&["a"]), "services": ["sad"] }), "NOT_FOUND", "input.services"),
    ] {
        check(&server, &changes, &json!(["simulations"]), [code, argument, "", ""]);
    }
    // Ten are taken, and names that differ in a letter.
    for taken in [names(&eleven[..10]), names(&["a", "A"])] {
        ask(&server, &server.token_of(Role::Azienda), &json!({ "alternatives": taken })).data();
    }
    // A question that makes no sense makes none anywhere.
    let nowhere = json!({ "ambito": "99", "alternatives": [] });
    check(&server, &nowhere, &json!(["simulations"]), ["INVALID", "input.alternatives", "", ""]);
}

#[test]
fn as_many_as_the_operator_says() {
    let server = Server::with(|limits| limits.alternatives_max = 2);
    let three = json!({ "alternatives": alternatives(&[json!([]), json!([]), json!([])]) });
    check(&server, &three, &json!(["simulations"]), ["INVALID", "input.alternatives", "", ""]);
    let answer = ask(&server, &server.token_of(Role::Azienda), &three);
    assert!(answer.body.contains("1 to 2 alternatives"), "{}", answer.body);
}

#[test]
fn an_alternative_that_is_none() {
    let server = Server::start();
    let plan = server.data(Role::Azienda, "{ ambito(code: \"9\") { id plan(year: 2021) { id } } }")["ambito"].take();
    for (alternative, code, argument) in [
        (json!({}), "INVALID", "input.alternatives"),
        (json!({ "services": null, "plan": null }), "INVALID", "input.alternatives"),
        (json!({ "services": [], "plan": plan["plan"]["id"] }), "INVALID", "input.alternatives"),
        (json!({ "services": [], "plan": "x" }), "INVALID", "input.alternatives"),
        (json!({ "plan": "x" }), "NOT_FOUND", "input.alternatives.plan"),
        (json!({ "plan": plan["id"] }), "NOT_FOUND", "input.alternatives.plan"),
    ] {
        let mut named = alternative.clone();
        named["name"] = "it".into();
        let changes = json!({ "alternatives": [{ "name": "a", "services": [] }, named] });
        let path = json!(["simulations", "alternatives", 1, "outcome"]);
        check(&server, &changes, &path, [code, argument, "", ""]);
    }
}

#[test]
fn what_an_alternative_names() {
    let server = Server::start();
    neighbour::add(&server);
    let rule = |measure: &str| json!({ "byMeasure": { "measure": measure } });
    let basis = |comune: &str, measure: &str| json!([{ "comune": comune, "measure": measure, "value": "1" }]);
    let twice = json!([{ "fund": "FNPS", "amount": "1.00" }, { "fund": "FNPS", "amount": "2.00" }]);
    let most = "92233720368547758.07";
    // What is changed in SIL; code, argument below the services, comune.
    let table = [
        (json!({ "funding": [{ "fund": "PNRR", "amount": "1.00" }] }), "NOT_FOUND", "funding.fund", ""),
        (json!({ "funding": twice }), "DUPLICATE", "funding.fund", ""),
        (json!({ "funding": [{ "fund": "FNPS" }] }), "INVALID", "funding", ""),
        (json!({ "funding": [{ "fund": "FNPS", "amount": "1.00", "balancing": true }] }), "INVALID", "funding", ""),
        (json!({ "funding": [{ "fund": "FNPS", "amount": "105000.01" }] }), "FUNDING_EXCEEDS_BUDGET", "", ""),
        (json!({ "funding": [{ "fund": "FNPS", "balancing": true }] }), "INVALID", "", ""),
        (json!({ "rule": rule("NONSENSE") }), "NOT_FOUND", "rule.measure", ""),
        (json!({ "rule": rule("MEALS") }), "NOT_FOUND", "rule.measure", ""),
        (json!({ "rule": rule("DAYS") }), "NO_BASIS", "", ""),
        (json!({ "basis": basis("017103", "MEALS") }), "NOT_FOUND", "basis.measure", ""),
        (json!({ "basis": basis("015146", "RESIDENTS") }), "NOT_FOUND", "", "015146"),
        (json!({ "participants": ["017103", neighbour::ALFA] }), "NOT_FOUND", "", neighbour::ALFA),
        (json!({ "participants": ["017103", "017103"] }), "DUPLICATE", "", "017103"),
        (json!({ "participants": [] }), "NO_BASIS", "", ""),
        (json!({ "amount": "-0.01" }), "INVALID", "", ""),
        (json!({ "amount": "54999.99" }), "FUNDING_EXCEEDS_BUDGET", "", ""),
        (
            json!({ "amount": most, "rule": { "tariff": { "measure": "RESIDENTS", "price": "9223372036854.775807" } } }),
            "OVERFLOW",
            "",
            "",
        ),
    ];
    let path = json!(["simulations", "alternatives", 0, "outcome"]);
    for (mut change, code, argument, comune) in table {
        change["service"] = "SIL".into();
        let argument =
            if argument.is_empty() { String::new() } else { format!("input.alternatives.services.{argument}") };
        let changes = json!({ "alternatives": alternatives(&[json!([change])]) });
        check(&server, &changes, &path, [code, &argument, "SIL", comune]);
    }
    let place = "input.alternatives.services.service";
    for (services, compared, code, argument, service) in [
        (json!([{ "service": "NIDO" }]), Value::Null, "NOT_FOUND", place, ""),
        // Of another Ambito.
        (json!([{ "service": "MENSA" }]), Value::Null, "NOT_FOUND", place, ""),
        (json!([{ "service": "SIL" }, { "service": "SIL", "amount": "1.00" }]), Value::Null, "DUPLICATE", place, "SIL"),
        (json!([{ "service": "SIL" }]), json!(["SAD"]), "INVALID", place, "SIL"),
        (json!([{ "service": "SIL" }]), json!([]), "INVALID", place, "SIL"),
        (json!([{ "service": "ADM", "amount": "85245.24" }]), Value::Null, "PLAN_UNBALANCED", "", "ADM"),
        // Each fits, and their sum does not.
        (json!([{ "service": "STAFF", "amount": most }]), Value::Null, "OVERFLOW", "", ""),
    ] {
        let changes = json!({ "services": compared, "alternatives": alternatives(&[services]) });
        check(&server, &changes, &path, [code, argument, service, ""]);
    }
}

#[test]
fn what_is_malformed_is_no_request() {
    let server = Server::start();
    for alternatives in [
        Value::Null,
        json!([null]),
        json!([{ "services": [] }]),
        json!([{ "name": null, "services": [] }]),
        json!([{ "name": "a", "services": [{}] }]),
        json!([{ "name": "a", "services": [{ "service": "SIL", "amount": 1 }] }]),
        json!([{ "name": "a", "services": [{ "service": "SIL", "rule": {} }] }]),
        json!([{ "name": "a", "services": [], "nonsense": true }]),
    ] {
        let answer = ask(&server, &server.token_of(Role::Azienda), &json!({ "alternatives": alternatives }));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "INVALID_VARIABLES"),
            "{alternatives} {}",
            answer.body
        );
    }
}
