//! Benefits: measures, applications and their ranking, grants and what becomes of them, and what they come to.
//!
//! What is expected stands here in figures that were worked out by hand.

mod access;
mod attack;
pub(crate) mod demonstration;
mod ranking;
mod references;
mod refusals;
mod sums;

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::tables::snapshot;
use crate::support::write::new_key;
use crate::support::{MANERBIO, PONTEVICO, Server};

/// What tests read of whatever was written.
const ERRORS: &str = "errors { code path comune message }";
/// What tests read of a grant.
const GRANT: &str =
    "{ id revision case kind act grantedOn from to monthlyAmount singleAmount committed status application
    comune { istatCode } history { status from reason } measure { id committed remaining } }";
/// What tests read of an application.
const APPLICATION: &str = "{ id revision case appliedOn points status reason comune { istatCode } measure { name }
    scores { criterion name times points } }";
/// What tests read of a measure.
const MEASURE: &str =
    "{ id revision name kind act from to budget committed remaining criteria service { code } fund { code }
    publishedCriteria { code name points maximumTimes } }";

fn with(mut base: Value, rest: Value) -> Value {
    base.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    base
}

/// A write of the managing body that must be done: gives the thing.
fn done(server: &Server, name: &str, input: Value, thing: &str, selection: &str) -> Value {
    let mut payload = server.write(Role::Azienda, name, input, &format!("{{ {thing} {selection} {ERRORS} }}"));
    assert_eq!(payload["errors"], json!([]), "{name}");
    payload[thing].take()
}

/// A measure of two years with a budget and three criteria.
fn voucher(budget: &str) -> Value {
    json!({
        "ambito": "9", "service": "TITOLI", "name": "Voucher di conciliazione", "kind": "voucher", "act": "DGR 1/2023", "fund": "FNPS",
        "from": "2023-01-01", "to": "2024-12-31", "budget": budget, "criteria": "Residenti con ISEE sotto 15.000 euro.",
        "publishedCriteria": [
            { "code": "ISEE", "name": "ISEE sotto 6.000 euro", "points": 10 },
            { "code": "FIGLI", "name": "Figli minori", "points": 5, "maximumTimes": 4 },
            { "code": "ETA", "name": "Oltre 75 anni", "points": 10 },
        ],
    })
}

/// Adds such a measure, and gives its identifier.
fn measure(server: &Server, budget: &str) -> Value {
    done(server, "addBenefitMeasure", voucher(budget), "benefitMeasure", "{ id }")["id"].take()
}

fn application(measure: &Value, comune: &str, case: &str, day: &str, scores: Value) -> Value {
    json!({ "measure": measure, "comune": comune, "case": case, "appliedOn": day, "scores": scores })
}

fn apply(server: &Server, measure: &Value, (comune, case): (&str, &str), day: &str, scores: Value) -> Value {
    let input = application(measure, comune, case, day, scores);
    done(server, "recordBenefitApplication", input, "application", APPLICATION)
}

fn direct(measure: &Value, (comune, case): (&str, &str), (from, to): (&str, &str), amount: Value) -> Value {
    json!({
        "recipient": { "case": { "measure": measure, "comune": comune, "case": case } }, "from": from, "to": to, "amount": amount,
    })
}

fn monthly(amount: &str) -> Value {
    json!({ "monthly": amount })
}

fn grant(server: &Server, measure: &Value, whom: (&str, &str), days: (&str, &str), amount: Value) -> Value {
    done(server, "grantBenefit", direct(measure, whom, days, amount), "grant", GRANT)
}

/// A benefit that somebody applied for, and one that nobody did.
pub(crate) fn granted(server: &Server) {
    let measure = measure(server, "1000.00");
    let waits = apply(server, &measure, (MANERBIO, "W-1"), "2023-02-01", json!([{ "criterion": "ISEE" }]));
    let input = json!({
        "recipient": { "application": { "application": waits["id"], "expectedVersion": 1 } },
        "from": "2023-03-01", "to": "2023-08-31", "amount": { "monthly": "10.00" },
    });
    done(server, "grantBenefit", input, "grant", GRANT);
    grant(server, &measure, (PONTEVICO, "G-1"), ("2023-02-01", "2023-03-31"), monthly("10.00"));
}

/// A step of a grant that must be done; gives the grant as it is then.
fn step(server: &Server, name: &str, grant: &Value, from: &str) -> Value {
    let input =
        json!({ "grant": grant["id"], "expectedVersion": grant["revision"], "from": from, "reason": "controllo" });
    done(server, name, input, "grant", GRANT)
}

#[test]
fn a_measure_is_added_seen_and_changed() {
    let server = Server::start();
    let mut added = done(&server, "addBenefitMeasure", voucher("12000.00"), "benefitMeasure", MEASURE);
    let expected = json!({
        "id": added["id"], "revision": 1, "name": "Voucher di conciliazione", "kind": "voucher", "act": "DGR 1/2023",
        "from": "2023-01-01", "to": "2024-12-31", "budget": "12000.00", "committed": "0.00", "remaining": "12000.00",
        "criteria": "Residenti con ISEE sotto 15.000 euro.", "service": { "code": "TITOLI" }, "fund": { "code": "FNPS" },
        "publishedCriteria": [
            { "code": "ISEE", "name": "ISEE sotto 6.000 euro", "points": 10, "maximumTimes": 1 },
            { "code": "FIGLI", "name": "Figli minori", "points": 5, "maximumTimes": 4 },
            { "code": "ETA", "name": "Oltre 75 anni", "points": 10, "maximumTimes": 1 },
        ],
    });
    assert_eq!(added, expected);
    // The next request sees it, last of the service's, and by its identifier; what it has left is for the managing body.
    let of_service =
        format!("{{ ambito(code: \"9\") {{ service(code: \"TITOLI\") {{ benefitMeasures {MEASURE} }} }} }}");
    let by_id = format!("{{ node(id: {}) {{ ... on BenefitMeasure {MEASURE} }} }}", added["id"]);
    for role in [Role::Azienda, Role::Comune, Role::Reporting, Role::Assemblea, Role::Auditor] {
        let mut expected = expected.clone();
        if role != Role::Azienda {
            (expected["committed"], expected["remaining"]) = (Value::Null, Value::Null);
        }
        let seen = server.data(role, &of_service)["ambito"]["service"]["benefitMeasures"].take();
        assert_eq!(seen.as_array().unwrap().last(), Some(&expected), "{role:?}");
        assert_eq!(server.data(role, &by_id)["node"], expected, "{role:?}");
    }
    let change = json!({
        "measure": added["id"], "expectedVersion": 1, "name": "Voucher", "act": null, "to": "2023-12-31", "budget": "0.01",
        "publishedCriteria": [{ "code": "SOLO", "name": "Vive da solo", "points": 3 }],
    });
    let changed = done(&server, "updateBenefitMeasure", change, "benefitMeasure", MEASURE);
    added["revision"] = json!(2);
    added["name"] = json!("Voucher");
    added["act"] = Value::Null;
    added["to"] = json!("2023-12-31");
    (added["budget"], added["remaining"]) = (json!("0.01"), json!("0.01"));
    added["publishedCriteria"] = json!([{ "code": "SOLO", "name": "Vive da solo", "points": 3, "maximumTimes": 1 }]);
    assert_eq!(changed, added);
    let trail =
        server.data(Role::Azienda, "{ auditTrail(last: 2) { nodes { act subject digestBefore digestAfter } } }");
    let [first, second] = [0, 1].map(|at| &trail["auditTrail"]["nodes"][at]);
    assert_eq!((&first["act"], &second["act"]), (&json!("benefit_measure.add"), &json!("benefit_measure.update")));
    assert!(first["subject"].as_str().unwrap().starts_with("benefit_measure:9/TITOLI/"), "{first}");
    assert_eq!(first["digestAfter"], second["digestBefore"]);
    assert_ne!(second["digestBefore"], second["digestAfter"]);
}

#[test]
fn a_grant_takes_whole_months_and_gives_back_what_had_not_begun() {
    let server = Server::start();
    let measure = measure(&server, "2000.00");
    // January to April 2023: four months, though three nights short of three.
    let first = grant(&server, &measure, (MANERBIO, "C-1"), ("2023-01-31", "2023-04-01"), monthly("100.00"));
    assert_eq!(
        first,
        json!({
            "id": first["id"], "revision": 1, "case": "C-1", "kind": "voucher", "act": null, "grantedOn": "2026-06-15",
            "from": "2023-01-31", "to": "2023-04-01", "monthlyAmount": "100.00", "singleAmount": null, "committed": "400.00",
            "status": "GRANTED", "application": null, "comune": { "istatCode": MANERBIO },
            "history": [{ "status": "GRANTED", "from": "2023-01-31", "reason": null }],
            "measure": { "id": measure, "committed": "400.00", "remaining": "1600.00" },
        })
    );
    let single = json!({ "single": "250.50" });
    let second = grant(&server, &measure, (PONTEVICO, "C-1"), ("2023-12-15", "2024-01-15"), single);
    assert_eq!((&second["committed"], &second["measure"]["remaining"]), (&json!("250.50"), &json!("1349.50")));
    // Suspended from February, paid again from April: February and March are not due, and are kept until the grant ends.
    let first = step(&server, "suspendBenefit", &first, "2023-02-01");
    assert_eq!((&first["status"], &first["committed"]), (&json!("SUSPENDED"), &json!("400.00")));
    let first = step(&server, "resumeBenefit", &first, "2023-04-01");
    assert_eq!((&first["status"], &first["committed"]), (&json!("GRANTED"), &json!("400.00")));
    let first = step(&server, "endBenefit", &first, "2023-04-02");
    assert_eq!(
        (&first["status"], &first["committed"], &first["revision"]),
        (&json!("ENDED"), &json!("200.00"), &json!(4))
    );
    assert_eq!(first["measure"]["remaining"], json!("1549.50"));
    assert_eq!(
        first["history"],
        json!([
            { "status": "GRANTED", "from": "2023-01-31", "reason": null },
            { "status": "SUSPENDED", "from": "2023-02-01", "reason": "controllo" },
            { "status": "GRANTED", "from": "2023-04-01", "reason": "controllo" },
            { "status": "ENDED", "from": "2023-04-02", "reason": "controllo" },
        ])
    );
    // A single amount stays where the benefit ends, and is free where it is revoked.
    let third =
        grant(&server, &measure, (PONTEVICO, "C-2"), ("2023-12-15", "2024-01-15"), json!({ "single": "99.99" }));
    let third = step(&server, "endBenefit", &third, "2023-12-16");
    assert_eq!(third["committed"], json!("99.99"));
    let second = step(&server, "revokeBenefit", &second, "2024-01-16");
    assert_eq!((&second["committed"], &second["status"]), (&json!("0.00"), &json!("REVOKED")));
    // 1700.01 are left: a revocation in March takes March with it, an end in March does not.
    let fourth = grant(&server, &measure, (PONTEVICO, "C-3"), ("2023-01-01", "2023-12-31"), monthly("50.00"));
    let fourth = step(&server, "revokeBenefit", &fourth, "2023-03-15");
    assert_eq!((&fourth["committed"], &fourth["measure"]["remaining"]), (&json!("100.00"), &json!("1600.01")));
    let fifth = grant(&server, &measure, (PONTEVICO, "C-4"), ("2023-01-01", "2023-12-31"), monthly("50.00"));
    let fifth = step(&server, "endBenefit", &fifth, "2023-03-15");
    assert_eq!((&fifth["committed"], &fifth["measure"]["remaining"]), (&json!("150.00"), &json!("1450.01")));
    // All that the budget has left, to the cent, and not a cent more.
    grant(&server, &measure, (MANERBIO, "C-9"), ("2024-05-01", "2024-05-01"), json!({ "single": "1450.01" }));
    let more = direct(&measure, (MANERBIO, "C-8"), ("2024-05-01", "2024-05-01"), json!({ "single": "0.01" }));
    let payload = server.write(Role::Azienda, "grantBenefit", more, &format!("{{ grant {{ id }} {ERRORS} }}"));
    assert_eq!((&payload["errors"][0]["code"], &payload["grant"]), (&json!("BEYOND_BUDGET"), &Value::Null));
}

#[test]
fn every_act_leaves_one_event_that_tells_nothing_of_anybody() {
    let server = Server::start();
    let measure = measure(&server, "10000.00");
    let before = snapshot(server.database()).into_iter().find(|table| table.starts_with("audit_event: ")).unwrap();
    let waits = apply(&server, &measure, (MANERBIO, "CASO-77"), "2023-02-01", json!([{ "criterion": "ISEE" }]));
    let other = apply(&server, &measure, (MANERBIO, "CASO-78"), "2023-02-01", json!([]));
    let third = apply(&server, &measure, (MANERBIO, "CASO-79"), "2023-02-01", json!([]));
    let close =
        |application: &Value| json!({ "application": application["id"], "expectedVersion": 1, "reason": "rinuncia" });
    let withdrawn = done(&server, "withdrawBenefitApplication", close(&other), "application", APPLICATION);
    assert_eq!((&withdrawn["status"], &withdrawn["reason"]), (&json!("WITHDRAWN"), &json!("rinuncia")));
    let rejected = done(&server, "rejectBenefitApplication", close(&third), "application", APPLICATION);
    assert_eq!((&rejected["status"], &rejected["revision"]), (&json!("REJECTED"), &json!(2)));
    let input = json!({
        "recipient": { "application": { "application": waits["id"], "expectedVersion": 1 } }, "kind": "voucher", "act": "Det. 7/2023",
        "grantedOn": "2023-02-10", "from": "2023-03-01", "to": "2023-08-31", "amount": { "monthly": "123.45" },
    });
    let granted = done(&server, "grantBenefit", input, "grant", GRANT);
    assert_eq!((&granted["application"], &granted["case"]), (&waits["id"], &json!("CASO-77")));
    assert_eq!(
        (&granted["kind"], &granted["grantedOn"], &granted["committed"]),
        (&json!("voucher"), &json!("2023-02-10"), &json!("740.70"))
    );
    let suspended = step(&server, "suspendBenefit", &granted, "2023-05-01");
    let resumed = step(&server, "resumeBenefit", &suspended, "2023-06-01");
    step(&server, "revokeBenefit", &resumed, "2023-07-01");
    let trail =
        server.data(Role::Auditor, "{ auditTrail(last: 9) { nodes { act subject digestBefore digestAfter } } }");
    let events = trail["auditTrail"]["nodes"].as_array().unwrap();
    let acts: Vec<&str> = events.iter().map(|event| event["act"].as_str().unwrap()).collect();
    let expected = [
        "benefit.apply",
        "benefit.apply",
        "benefit.apply",
        "benefit.withdraw",
        "benefit.reject",
        "benefit.grant",
        "benefit.suspend",
        "benefit.resume",
        "benefit.revoke",
    ];
    assert_eq!(acts, expected);
    let after = snapshot(server.database()).into_iter().find(|table| table.starts_with("audit_event: ")).unwrap();
    assert_eq!(after.lines().count(), before.lines().count() + expected.len());
    for event in events {
        let subject = event["subject"].as_str().unwrap();
        assert!(
            subject.starts_with("benefit:9/") && !subject.contains("CASO") && !subject.contains(MANERBIO),
            "{event}"
        );
    }
    // Each goes on from where the one before left the same thing.
    for (one, next) in [(1, 3), (2, 4), (5, 6), (6, 7), (7, 8)] {
        assert_eq!(events[one]["subject"], events[next]["subject"]);
        assert_eq!(events[one]["digestAfter"], events[next]["digestBefore"]);
        assert_ne!(events[next]["digestAfter"], events[next]["digestBefore"]);
    }
    // The managing body of this Ambito reads its own events.
    let own =
        server.data(Role::Azienda, r#"{ auditTrail(filter: { act: "benefit.grant", ambito: "9" }) { totalCount } }"#);
    assert_eq!(own["auditTrail"]["totalCount"], json!(1));
}

#[test]
fn two_at_once_never_take_more_than_there_is() {
    let server = Server::start();
    let measure = measure(&server, "1000.00");
    // Two servers on one database: neither knows what the other is about to write.
    let beside = server.beside(server.database().same());
    let token = server.token_of(Role::Azienda);
    let take = |case: usize| {
        let server = if case < 3 { &server } else { &beside };
        let query = "mutation($input: GrantBenefitInput!) { grantBenefit(input: $input) { grant { committed } errors { code } } }";
        let case = format!("C-{case}");
        let input = direct(&measure, (MANERBIO, &case), ("2023-01-01", "2023-03-31"), monthly("100.00"));
        server.send_write(&token, &new_key(), query, json!({ "input": input })).data()["grantBenefit"].take()
    };
    let take = &take;
    // Six of 300.00 each: three fit.
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|case| scope.spawn(move || take(case))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let granted = answers.iter().filter(|answer| answer["errors"] == json!([])).count();
    let refused = answers.iter().filter(|answer| answer["errors"][0]["code"] == json!("BEYOND_BUDGET")).count();
    assert_eq!((granted, refused), (3, 3), "{answers:?}");
    let query = format!(
        "{{ node(id: {measure}) {{ ... on BenefitMeasure {{ committed remaining grants {{ totalCount }} }} }} }}"
    );
    let expected = json!({ "committed": "900.00", "remaining": "100.00", "grants": { "totalCount": 3 } });
    assert_eq!(server.data(Role::Azienda, &query)["node"], expected);
}
