//! Payments through the API: recorded and reversed, what they settle, who sees them, and what is refused.
//!
//! What is settled is worked out from the demonstration's charges: the oldest first, by due date and code of the service.

use api::auth::Role;
use serde_json::{Value, json};

use crate::billing;
use crate::billing::access::SEES_ACCOUNTS;
use crate::support::figures::{YEARS, euro, list, wide};
use crate::support::tables::snapshot;
use crate::support::write::new_key;
use crate::support::{MANERBIO, PONTEVICO, Server, neighbour, workshop};

const PAYMENT: &str = "id paidOn amount reference matched reversed reverses recordedAt comune { istatCode }
    matches { charge service { code } year number dueDate amount }";

/// Calls a mutation with a token, and gives its payload.
fn call(server: &Server, token: &str, name: &str, input: &Value, selection: &str) -> Value {
    let ty = format!("{}{}Input!", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($input: {ty}) {{ {name}(input: $input) {{ payment {{ {PAYMENT} {selection} }} errors {{ code path }} }} }}"
    );
    server.send_write(token, &new_key(), &query, json!({ "input": input })).data()[name].take()
}

/// The same as the managing body, which must be done; the payment.
fn done(server: &Server, name: &str, input: &Value, selection: &str) -> Value {
    let mut payload = call(server, &server.token_of(Role::Azienda), name, input, selection);
    assert_eq!(payload["errors"], json!([]), "{name} {input}");
    payload["payment"].take()
}

fn paid(comune: &str, day: &str, amount: &str) -> Value {
    json!({ "ambito": "9", "comune": comune, "paidOn": day, "amount": amount, "reference": "CRO 42" })
}

/// All charges of a comune, as (due, service, year, number, cents), the oldest first.
fn charges(istat: &str) -> Vec<(String, &'static str, i32, usize, i128)> {
    let of_year = |year: i32| {
        let charges = billing::expected(istat, year).into_iter();
        charges.map(move |(service, number, due, cents)| (due, service, year, number, cents))
    };
    let mut all: Vec<_> = YEARS.into_iter().flat_map(of_year).collect();
    all.sort();
    all
}

/// What so many cents settle of them, from an amount on that is settled already.
fn settled(istat: &str, mut before: i128, mut cents: i128) -> Vec<Value> {
    let mut matches = Vec::new();
    for (due, service, year, number, amount) in charges(istat) {
        let gone = amount.min(before);
        before -= gone;
        let part = (amount - gone).min(cents);
        cents -= part;
        if part > 0 {
            matches.push(json!([due, service, year, number, euro(part)]));
        }
    }
    matches.sort_by_key(Value::to_string);
    matches
}

/// The same as the server tells it.
fn matches(payment: &Value) -> Vec<Value> {
    let line = |one: &Value| json!([one["dueDate"], one["service"]["code"], one["year"], one["number"], one["amount"]]);
    let mut found: Vec<Value> = list(&payment["matches"]).iter().map(line).collect();
    let sum: i128 = list(&payment["matches"]).iter().map(|one| wide(&one["amount"])).sum();
    assert_eq!(sum, wide(&payment["matched"]), "{payment}");
    found.sort_by_key(Value::to_string);
    found
}

fn node(server: &Server, role: Role, id: &Value) -> Value {
    let query = format!("{{ node(id: {id}) {{ ... on Payment {{ {PAYMENT} }} }} }}");
    server.data(role, &query)["node"].take()
}

#[test]
fn a_payment_settles_the_oldest_and_is_read_back() {
    let server = Server::start();
    let statement = "comune { statement(year: 2020) { paid unmatched payments { id matched } } }";
    let payment = done(&server, "recordPayment", &paid(PONTEVICO, "2020-03-01", "12345.67"), statement);
    assert_eq!(matches(&payment), settled(PONTEVICO, 0, 1_234_567));
    for (name, expected) in [
        ("paidOn", json!("2020-03-01")),
        ("amount", json!("12345.67")),
        ("reference", json!("CRO 42")),
        ("matched", json!("12345.67")),
        ("reversed", json!(false)),
        ("reverses", Value::Null),
        ("recordedAt", json!("2026-06-15T10:00:00Z")),
    ] {
        assert_eq!(payment[name], expected, "{name}");
    }
    // The answer to the act sees what the act did.
    let told = &payment["comune"]["statement"];
    let of_2020: i128 =
        list(&payment["matches"]).iter().filter(|one| one["year"] == 2020).map(|one| wide(&one["amount"])).sum();
    assert_eq!((&told["paid"], &told["unmatched"]), (&json!(euro(of_2020)), &json!("0.00")));
    assert_eq!(told["payments"], json!([{ "id": payment["id"], "matched": euro(of_2020) }]));

    let mut read = node(&server, Role::Azienda, &payment["id"]);
    let mut same = payment.clone();
    same["comune"] = json!({ "istatCode": PONTEVICO });
    assert_eq!(read.take(), same);
    // A charge that a match names is one of the statement.
    let query = format!(
        "{{ comune(istatCode: \"{PONTEVICO}\") {{ statement(year: 2020) {{ charges {{ id service {{ code }} number paid }} payments {{ {PAYMENT} }} }} }} }}"
    );
    let statement = server.data(Role::Azienda, &query)["comune"]["statement"].take();
    for one in list(&payment["matches"]).iter().filter(|one| one["year"] == 2020) {
        let charge = list(&statement["charges"]).iter().find(|charge| charge["id"] == one["charge"]).unwrap();
        assert_eq!(
            [&charge["service"], &charge["number"], &charge["paid"]],
            [&one["service"], &one["number"], &one["amount"]]
        );
    }
    assert_eq!(matches(&statement["payments"][0]), settled(PONTEVICO, 0, of_2020));
    // The next one goes on where this one ended.
    let next = done(&server, "recordPayment", &paid(PONTEVICO, "2020-04-01", "50000.00"), "");
    assert_eq!(matches(&next), settled(PONTEVICO, 1_234_567, 5_000_000));
}

#[test]
fn a_payment_of_a_charge_settles_that_one_first_and_more_goes_to_the_oldest() {
    let server = Server::start();
    let query =
        format!("{{ comune(istatCode: \"{PONTEVICO}\") {{ statement(year: 2022) {{ charges {{ id amount }} }} }} }}");
    let data = server.data(Role::Azienda, &query);
    let charge = list(&data["comune"]["statement"]["charges"]).last().unwrap().clone();
    let mut input = paid(PONTEVICO, "2022-01-31", &euro(wide(&charge["amount"]) + 100));
    input["charge"] = charge["id"].clone();
    let payment = done(&server, "recordPayment", &input, "");
    let parts: Vec<(&Value, &Value)> =
        list(&payment["matches"]).iter().map(|one| (&one["charge"], &one["amount"])).collect();
    assert_eq!(parts.len(), 2);
    assert!(parts.contains(&(&charge["id"], &charge["amount"])), "{payment}");
    let (due, service, ..) = charges(PONTEVICO)[0].clone();
    let oldest = list(&payment["matches"]).iter().find(|one| one["charge"] != charge["id"]).unwrap();
    assert_eq!([&oldest["dueDate"], &oldest["service"]["code"], &oldest["amount"]], [due.as_str(), service, "1.00"]);
}

#[test]
fn more_than_all_charges_waits() {
    let server = Server::start();
    let all: i128 = charges(MANERBIO).iter().map(|charge| charge.4).sum();
    let payment = done(&server, "recordPayment", &paid(MANERBIO, "2026-06-15", &euro(all + 1)), "");
    assert_eq!((&payment["amount"], &payment["matched"]), (&json!(euro(all + 1)), &json!(euro(all))));
    assert_eq!(matches(&payment), settled(MANERBIO, 0, all));
}

#[test]
fn a_reversal_takes_back_what_was_settled() {
    let server = Server::start();
    let first = done(&server, "recordPayment", &paid(PONTEVICO, "2020-03-01", "20000.00"), "");
    let input = json!({ "payment": first["id"], "reversedOn": "2020-03-10", "reference": "storno per IBAN errato" });
    let reversal = done(&server, "reversePayment", &input, "");
    assert_eq!((&reversal["amount"], &reversal["matched"]), (&json!("-20000.00"), &json!("-20000.00")));
    assert_eq!((&reversal["reverses"], &reversal["reversed"]), (&first["id"], &json!(false)));
    assert_eq!((&reversal["paidOn"], &reversal["reference"]), (&json!("2020-03-10"), &json!("storno per IBAN errato")));
    assert_eq!(node(&server, Role::Azienda, &first["id"])["reversed"], json!(true));
    // What it settled is open again, and the next one settles it.
    let second = done(&server, "recordPayment", &paid(PONTEVICO, "2020-04-01", "100.00"), "");
    assert_eq!(matches(&second), settled(PONTEVICO, 0, 10_000));
    // Without a day it is of today.
    let today = done(&server, "reversePayment", &json!({ "payment": second["id"] }), "");
    assert_eq!((&today["paidOn"], &today["reference"]), (&json!("2026-06-15"), &Value::Null));

    let trail =
        server.data(Role::Azienda, "{ auditTrail(last: 4) { nodes { act subject client digestBefore digestAfter } } }");
    let acts: Vec<&Value> = list(&trail["auditTrail"]["nodes"]).iter().map(|event| &event["act"]).collect();
    assert_eq!(acts, ["payment.record", "payment.reverse", "payment.record", "payment.reverse"]);
    for event in list(&trail["auditTrail"]["nodes"]) {
        assert!(event["subject"].as_str().unwrap().starts_with(&format!("payment:9/{PONTEVICO}/")), "{event}");
        assert_eq!((&event["client"], &event["digestBefore"]), (&json!("azienda"), &Value::Null));
        assert_eq!(event["digestAfter"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn the_same_request_again_pays_once() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let query =
        "mutation($input: RecordPaymentInput!) { recordPayment(input: $input) { payment { id } errors { code } } }";
    let variables = json!({ "input": paid(PONTEVICO, "2020-03-01", "1.00") });
    let first = server.send_write(&token, "pay-1", query, variables.clone());
    let before = snapshot(server.database());
    let again = server.send_write(&token, "pay-1", query, variables);
    assert_eq!(first.data(), again.data());
    assert!(snapshot(server.database()) == before);
}

#[test]
fn a_payment_is_seen_by_whoever_sees_its_statement() {
    let server = Server::start();
    neighbour::add(&server);
    let payment = done(&server, "recordPayment", &paid(MANERBIO, "2020-03-01", "1.00"), "");
    let others = done(&server, "recordPayment", &paid(PONTEVICO, "2020-03-01", "1.00"), "");
    for (role, own, other) in SEES_ACCOUNTS {
        let sees = [&payment["id"], &others["id"]].map(|id| node(&server, role, id).is_object());
        assert_eq!(sees, [own, other], "{role:?}");
    }
    // Several at once, one of which is not there; and another Ambito's managing body sees none.
    let query = format!("{{ nodes(ids: [{}, \"eA\", {}]) {{ id }} }}", payment["id"], others["id"]);
    assert_eq!(server.data(Role::Comune, &query)["nodes"], json!([{ "id": payment["id"] }, null, null]));
    let token = neighbour::token(&server, Role::Azienda, None);
    assert_eq!(server.ask(&token, &query, Value::Null).data()["nodes"], json!([null, null, null]));
}

/// A call that must be refused with this code, for this argument, and that must leave every row as it was.
#[track_caller]
fn check_refused(server: &Server, name: &str, input: &Value, code: &str, argument: &str) {
    let before = snapshot(server.database());
    let payload = call(server, &server.token_of(Role::Azienda), name, input, "");
    assert_eq!(payload["errors"], json!([{ "code": code, "path": ["input", argument] }]), "{name} {input}");
    assert_eq!(payload["payment"], Value::Null, "{name} {input}");
    assert!(snapshot(server.database()) == before, "{name} {input} was refused and changed something");
}

/// The identifier of a charge of a comune, by the managing body with this token.
fn charge(server: &Server, token: &str, istat: &str, year: i32, wanted: impl Fn(&Value) -> bool) -> Value {
    let query = format!(
        "{{ comune(istatCode: \"{istat}\") {{ statement(year: {year}) {{ charges {{ id amount outstanding }} }} }} }}"
    );
    let data = server.ask(token, &query, Value::Null).data();
    let charges = list(&data["comune"]["statement"]["charges"]);
    charges.iter().find(|charge| wanted(charge)).unwrap()["id"].clone()
}

#[test]
fn every_refusal_has_its_code_and_changes_nothing() {
    let server = Server::start();
    neighbour::add(&server);
    let (azienda, vicina) = (server.token_of(Role::Azienda), neighbour::token(&server, Role::Azienda, None));
    let settled = charge(&server, &azienda, MANERBIO, 2020, |_| true);
    let mut whole = paid(MANERBIO, "2020-03-01", "99999.99");
    whole["charge"] = settled.clone();
    let first = done(&server, "recordPayment", &whole, "")["id"].take();
    let reversed = done(&server, "recordPayment", &paid(MANERBIO, "2021-03-01", "1.00"), "")["id"].take();
    let reversal = done(&server, "reversePayment", &json!({ "payment": reversed }), "")["id"].take();
    let mut other = paid(neighbour::ALFA, "2020-03-01", "1.00");
    other["ambito"] = json!(neighbour::AMBITO);
    let other = call(&server, &vicina, "recordPayment", &other, "")["payment"]["id"].take();
    assert!(other.is_string());

    let with = |name: &str, value: Value| {
        let mut input = paid(MANERBIO, "2022-03-01", "1.00");
        input[name] = value;
        input
    };
    let long = "x".repeat(201);
    for (name, value, code) in [
        ("amount", json!("0.00"), "INVALID"),
        ("amount", json!("-1.00"), "INVALID"),
        ("amount", json!("1000000000000.01"), "OVERFLOW"),
        ("amount", json!("92233720368547758.07"), "OVERFLOW"),
        ("ambito", json!("8"), "NOT_FOUND"),
        ("ambito", json!(neighbour::AMBITO), "NOT_FOUND"),
        ("comune", json!("999999"), "NOT_FOUND"),
        ("comune", json!(neighbour::ALFA), "NOT_FOUND"),
        ("paidOn", json!("2026-06-16"), "INVALID"),
        ("reference", json!(""), "INVALID"),
        ("reference", json!(" CRO"), "INVALID"),
        ("reference", json!("a\nb"), "INVALID"),
        ("reference", json!(long), "INVALID"),
        ("reference", json!("per RSSMRA80A01B157X"), "PERSONAL_DATA"),
        ("charge", json!("eA"), "NOT_FOUND"),
        ("charge", first.clone(), "NOT_FOUND"),
        ("charge", json!("Q2hhcmdlOjk5OTk5OTk"), "NOT_FOUND"), // Charge:9999999
        ("charge", charge(&server, &vicina, neighbour::ALFA, 2020, |_| true), "NOT_FOUND"),
        ("charge", charge(&server, &azienda, PONTEVICO, 2022, |_| true), "INVALID"),
        ("charge", settled, "INVALID"),
    ] {
        check_refused(&server, "recordPayment", &with(name, value), code, name);
    }
    for (payment, day, argument, code) in [
        (&first, "2020-02-29", "reversedOn", "INVALID"),
        (&first, "2026-06-16", "reversedOn", "INVALID"),
        (&reversed, "2022-03-01", "payment", "DUPLICATE"),
        (&reversal, "2026-06-15", "payment", "DUPLICATE"),
        (&other, "2022-03-01", "payment", "NOT_FOUND"),
        (&json!("eA"), "2022-03-01", "payment", "NOT_FOUND"),
        (&json!("UGF5bWVudDo5OTk5OTk5"), "2022-03-01", "payment", "NOT_FOUND"), // Payment:9999999
    ] {
        check_refused(&server, "reversePayment", &json!({ "payment": payment, "reversedOn": day }), code, argument);
    }
    check_refused(&server, "reversePayment", &json!({ "payment": first, "reference": " " }), "INVALID", "reference");
}

#[test]
fn a_credit_is_not_paid() {
    let server = Server::start();
    workshop::import_to(&server);
    billing::approve(&server, 3, "2022-04-30");
    let token = neighbour::token_in(&server, workshop::AMBITO, Role::Azienda, None, "officina".to_owned());
    let credit = charge(&server, &token, workshop::COMUNI[0], 2021, |charge| wide(&charge["amount"]) < 0);
    let mut input = paid(workshop::COMUNI[0], "2022-05-01", "0.01");
    input["ambito"] = json!(workshop::AMBITO);
    input["charge"] = credit;
    let before = snapshot(server.database());
    let payload = call(&server, &token, "recordPayment", &input, "");
    assert_eq!(payload["errors"], json!([{ "code": "INVALID", "path": ["input", "charge"] }]));
    assert!(snapshot(server.database()) == before);
}

#[test]
fn malformed_values_are_requests_that_fail() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let query = "mutation($input: RecordPaymentInput!) { recordPayment(input: $input) { errors { code } } }";
    let before = snapshot(server.database());
    for (name, value) in [
        ("amount", json!("1.001")),
        ("amount", json!(1)),
        ("amount", json!("1,00")),
        ("comune", json!("17103")),
        ("paidOn", json!("2022-02-30")),
    ] {
        let mut input = paid(MANERBIO, "2022-03-01", "1.00");
        input[name] = value;
        let answer = server.send_write(&token, &new_key(), query, json!({ "input": input }));
        assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_VARIABLES"), "{name}");
    }
    assert!(snapshot(server.database()) == before);
}
