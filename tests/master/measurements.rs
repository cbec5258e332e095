//! Measurements: added, changed where nobody else changed them, and shown to whoever may see them.

use api::auth::Role;
use api::store::digest::hex;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{ERRORS, MEALS, done, kitchen, meals};
use crate::support::figures::COMUNI;
use crate::support::{PONTEVICO, Server};

const SELECTION: &str = "{ comune { istatCode } measure service { code } value referenceDate source assumed revision }";

#[test]
fn values_are_added_and_changed() {
    let server = Server::start();
    kitchen(&server);
    let told = |value: &str, comune: &str, source: &str, revision: i32| {
        json!({
            "comune": { "istatCode": comune }, "measure": "PASTI", "service": { "code": "MENSA" }, "value": value,
            "referenceDate": "2022-12-31", "source": source, "assumed": false, "revision": revision,
        })
    };
    let added = done(&server, "setMeasurements", meals(), "measurements", SELECTION);
    let expected: Vec<Value> = MEALS.iter().map(|(comune, value)| told(value, comune, "Azienda", 1)).collect();
    assert_eq!(added, json!(expected));
    // One changes, one is new, the others stay.
    let mut change = meals();
    change["source"] = json!("rettifica");
    change["values"] = json!([
        { "comune": "017149", "value": "25.5", "expectedVersion": 1 },
        { "comune": "017009", "value": "0" },
    ]);
    let changed = done(&server, "setMeasurements", change, "measurements", SELECTION);
    assert_eq!(changed, json!([told("25.5", "017149", "rettifica", 2), told("0", "017009", "rettifica", 1)]));
    let query = format!("{{ comune(istatCode: \"017103\") {{ measurements(measure: \"PASTI\") {SELECTION} }} }}");
    let kept = server.data(Role::Azienda, &query)["comune"]["measurements"].take();
    assert_eq!(kept, json!([told("10", "017103", "Azienda", 1)]));
}

#[test]
fn a_measure_of_all_ambiti_is_measured_for_every_comune_at_once() {
    let server = Server::start();
    // Twice, so that all are new and then all change.
    for revision in [Value::Null, json!(1)] {
        let value = |comune: &crate::support::figures::Comune| json!({ "comune": comune.istat, "value": (comune.residents[4] + 7).to_string(), "expectedVersion": revision });
        let input = json!({
            "ambito": "9", "measure": "RESIDENTS", "referenceDate": "2023-01-01", "source": "ISTAT",
            "values": COMUNI.iter().map(value).collect::<Vec<_>>(),
        });
        let set = done(&server, "setMeasurements", input, "measurements", "{ value }");
        assert_eq!(set.as_array().unwrap().len(), 20);
        let data = server
            .data(Role::Reporting, "{ ambito(code: \"9\") { comuni { population(referenceDate: \"2023-06-01\") } } }");
        for (comune, figures) in data["ambito"]["comuni"].as_array().unwrap().iter().zip(&COMUNI) {
            assert_eq!(i128::from(comune["population"].as_i64().unwrap()), figures.residents[4] + 7);
        }
    }
    // As they were before.
    let data =
        server.data(Role::Reporting, "{ comune(istatCode: \"017103\") { population(referenceDate: \"2022-12-31\") } }");
    assert_eq!(data["comune"]["population"], json!(13_163));
}

#[test]
fn what_few_people_used_is_shown_to_the_managing_body_alone() {
    let server = Server::start();
    kitchen(&server);
    let set = done(&server, "setMeasurements", meals(), "measurements", "{ value }");
    assert_eq!(set, json!([{ "value": "35" }, { "value": "10" }, { "value": "25" }]));
    // Nobody has said how many people stand behind the meals.
    let query = "{ comune(istatCode: \"017149\") { measurements(measure: \"PASTI\") { value } } }";
    for (token, seen) in [
        (server.token_of(Role::Azienda), json!([{ "value": "25" }])),
        (server.token_for(Role::Comune, Some(PONTEVICO)), json!([{ "value": "25" }])),
        (server.token_of(Role::Comune), json!([])),
        (server.token_of(Role::Reporting), json!([])),
        (server.token_of(Role::Auditor), json!([])),
    ] {
        assert_eq!(server.ask(&token, query, Value::Null).data()["comune"]["measurements"], seen);
    }
}

/// The digests of the last event, and what they should be of.
fn check_digests(server: &Server, subject: &str, expected: [Option<Value>; 2]) {
    let query = "{ auditTrail(last: 1) { nodes { subject digestBefore digestAfter } } }";
    let event = server.data(Role::Auditor, query)["auditTrail"]["nodes"][0].take();
    assert_eq!(event["subject"], json!(subject));
    for (name, rows) in ["digestBefore", "digestAfter"].into_iter().zip(expected) {
        let digest = rows.map(|rows| hex(digest(&SHA256, rows.to_string().as_bytes()).as_ref()));
        assert_eq!(event[name], json!(digest), "{name} {subject}");
    }
}

/// Whoever reads the trail could try all small numbers: what residents used is not in its digests, only that it changed.
#[test]
fn a_digest_tells_no_value_that_is_withheld() {
    let server = Server::start();
    kitchen(&server);
    let subject = "measurement:9/PASTI/2022-12-31/MENSA";
    let rows = |revision: i32, source: &str| {
        let rows: Vec<Value> = MEALS.iter().map(|(comune, _)| json!([comune, revision, source])).collect();
        Some(json!(["PASTI", "MENSA", "2022-12-31", rows]))
    };
    done(&server, "setMeasurements", meals(), "measurements", "{ value }");
    check_digests(&server, subject, [None, rows(1, "Azienda")]);
    let mut change = meals();
    change["source"] = json!("rettifica");
    for value in change["values"].as_array_mut().unwrap() {
        value["value"] = json!("3");
        value["expectedVersion"] = json!(1);
    }
    done(&server, "setMeasurements", change, "measurements", "{ value }");
    check_digests(&server, subject, [rows(1, "Azienda"), rows(2, "rettifica")]);
    // Without the service it is another act.
    let whole = json!({
        "ambito": "9", "measure": "PASTI", "referenceDate": "2022-12-31", "source": "Azienda",
        "values": [{ "comune": "017103", "value": "4" }],
    });
    done(&server, "setMeasurements", whole, "measurements", "{ value }");
    let after = json!(["PASTI", null, "2022-12-31", [["017103", 1, "Azienda"]]]);
    check_digests(&server, "measurement:9/PASTI/2022-12-31", [None, Some(after)]);
    // How many people live somewhere is for everybody: its value is in the digest, in millionths.
    let residents = |value: &str, revision: Value| {
        json!({
            "ambito": "9", "measure": "RESIDENTS", "referenceDate": "2023-06-01", "source": "ISTAT",
            "values": [{ "comune": "017103", "value": value, "expectedVersion": revision }],
        })
    };
    let rows = |value: i64| Some(json!(["RESIDENTS", null, "2023-06-01", [["017103", value * 1_000_000, "ISTAT"]]]));
    done(&server, "setMeasurements", residents("13000", Value::Null), "measurements", "{ value }");
    done(&server, "setMeasurements", residents("13001", json!(1)), "measurements", "{ value }");
    check_digests(&server, "measurement:9/RESIDENTS/2023-06-01", [rows(13_000), rows(13_001)]);
}

#[test]
fn of_two_at_once_one_value_stays() {
    let server = Server::start();
    kitchen(&server);
    let set = || {
        let payload = server.write(Role::Azienda, "setMeasurements", meals(), &format!("{{ {ERRORS} }}"));
        payload["errors"][0]["code"].as_str().map(str::to_owned)
    };
    let set = &set;
    let mut codes = std::thread::scope(|scope| {
        let both = [scope.spawn(set), scope.spawn(set)];
        both.map(|one| one.join().unwrap())
    });
    codes.sort();
    assert_eq!(codes, [None, Some("VERSION_CONFLICT".to_owned())]);
}

#[test]
fn malformed_values_are_requests_that_fail() {
    let server = Server::start();
    for value in [json!("1.0000001"), json!("9223372036855"), json!("1,5"), json!(1), json!("=1"), json!("1e3")] {
        let query =
            format!("mutation($input: SetMeasurementsInput!) {{ setMeasurements(input: $input) {{ {ERRORS} }} }}");
        let input = json!({
            "ambito": "9", "measure": "RESIDENTS", "referenceDate": "2023-01-01", "source": "ISTAT",
            "values": [{ "comune": "017103", "value": value }],
        });
        let token = server.token_of(Role::Azienda);
        let answer = server.send_write(&token, &crate::support::write::new_key(), &query, json!({ "input": input }));
        assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_VARIABLES"), "{value}");
    }
}
