//! Indicators: their target, what was read of them on which day, and whether the target is reached.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::{Server, neighbour};

/// The first indicator of the staff: goals of the plan that are reached.
fn goals(server: &Server) -> Value {
    of_staff(server, "id")["id"].take()
}

fn of_staff(server: &Server, selection: &str) -> Value {
    let query = format!("{{ ambito(code: \"9\") {{ service(code: \"STAFF\") {{ indicators {{ {selection} }} }} }} }}");
    server.data(Role::Auditor, &query)["ambito"]["service"]["indicators"][0].take()
}

fn reading(indicator: &Value, day: &str, value: &str) -> Value {
    json!({ "indicator": indicator, "readOn": day, "value": value, "source": "Azienda" })
}

fn record(server: &Server, input: Value) -> Value {
    server.done(Role::Azienda, "recordReading", input, "reading", "{ id readOn value source revision }")
}

/// A target of 80 percent, and three readings: 75.5, 82, 79.999999.
fn read_thrice(server: &Server) -> (Value, Vec<Value>) {
    let indicator = goals(server);
    let input = json!({ "indicator": indicator, "expectedVersion": 1, "unit": "percento", "target": "80" });
    let selection = "{ name unit target targetIsMaximum revision service { code } }";
    let told = server.done(Role::Azienda, "updateIndicator", input, "indicator", selection);
    let expected = json!({
        "name": "obiettivi del piano di zona raggiunti", "unit": "percento", "target": "80", "targetIsMaximum": false,
        "revision": 2, "service": { "code": "STAFF" },
    });
    assert_eq!(told, expected);
    let readings = [("2020-06-30", "75.5"), ("2021-06-30", "79.999999"), ("2020-12-31", "82")];
    let ids = readings.map(|(day, value)| record(server, reading(&indicator, day, value))["id"].take());
    (indicator, ids.to_vec())
}

#[test]
fn the_last_reading_of_a_day_says_whether_the_target_is_reached() {
    let server = Server::start();
    let (indicator, ids) = read_thrice(&server);
    let cases = [
        ("2020-06-29", json!(null), json!(null)),
        ("2020-06-30", json!("75.5"), json!(false)),
        ("2020-12-30", json!("75.5"), json!(false)),
        ("2020-12-31", json!("82"), json!(true)),
        ("2021-06-30", json!("79.999999"), json!(false)),
        ("2026-06-15", json!("79.999999"), json!(false)),
    ];
    let on = |day: &str| of_staff(&server, &format!("latest(asOf: \"{day}\") {{ value }} reached(asOf: \"{day}\")"));
    for (day, value, reached) in &cases {
        let told = on(day);
        assert_eq!((&told["latest"]["value"], &told["reached"]), (value, reached), "{day}");
    }
    // Where less is better, the same target is reached by what is below it: from 2021 on, and readings before that stay with what was aimed at then.
    let input = json!({ "indicator": indicator, "expectedVersion": 2, "targetIsMaximum": true, "from": "2021-01-15" });
    let told = server.done(Role::Azienda, "updateIndicator", input, "indicator", "{ from targetIsMaximum }");
    assert_eq!(told, json!({ "from": "2021-01-01", "targetIsMaximum": true }));
    for (day, _, reached) in cases {
        let of_2021 = day > "2021";
        let expected = reached.as_bool().map_or(Value::Null, |reached| json!(reached != of_2021));
        assert_eq!(on(day)["reached"], expected, "{day}");
    }
    let correct = json!({ "reading": ids[1], "expectedVersion": 1, "value": "80" });
    let corrected =
        server.done(Role::Azienda, "correctReading", correct, "reading", "{ readOn value source revision }");
    assert_eq!(corrected, json!({ "readOn": "2021-06-30", "value": "80", "source": "Azienda", "revision": 2 }));
    assert_eq!(on("2021-06-30")["reached"], json!(true));
    // That no document gives it can be said later, and taken back; the rest stays.
    for (revision, assumed) in [(2, true), (3, false)] {
        let correct = json!({ "reading": ids[1], "expectedVersion": revision, "assumed": assumed });
        let told =
            server.done(Role::Azienda, "correctReading", correct, "reading", "{ value source assumed revision }");
        let expected = json!({ "value": "80", "source": "Azienda", "assumed": assumed, "revision": revision + 1 });
        assert_eq!(told, expected);
    }
    // Without a target nothing is reached, and nothing is missed: from this month on.
    let input = json!({ "indicator": indicator, "expectedVersion": 3, "target": null, "unit": "su cento" });
    server.done(Role::Azienda, "updateIndicator", input, "indicator", "{ id }");
    record(&server, reading(&indicator, "2026-06-01", "99"));
    assert_eq!(on("2021-06-30"), json!({ "latest": { "value": "80" }, "reached": true }));
    assert_eq!(on("2026-06-15"), json!({ "latest": { "value": "99" }, "reached": null }));
    let told = of_staff(&server, "readings { nodes { value unit target targetIsMaximum reached } }");
    let row = |value: &str, unit: &str, target: Value, at_most: bool, reached: Value| {
        json!({
            "value": value, "unit": unit, "target": target, "targetIsMaximum": at_most, "reached": reached,
        })
    };
    let expected = [
        row("75.5", "percento", json!("80"), false, json!(false)),
        row("82", "percento", json!("80"), false, json!(true)),
        row("80", "percento", json!("80"), true, json!(true)),
        row("99", "su cento", Value::Null, true, Value::Null),
    ];
    assert_eq!(told["readings"]["nodes"], json!(expected));
}

#[test]
fn readings_come_by_day_and_page() {
    let server = Server::start();
    let (indicator, _) = read_thrice(&server);
    let page = |arguments: &str| {
        let fields = "totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { value }";
        of_staff(&server, &format!("readings({arguments}) {{ {fields} }}"))["readings"].take()
    };
    let first = page("first: 2");
    assert_eq!(first["nodes"], json!([{ "value": "75.5" }, { "value": "82" }]));
    assert_eq!((&first["totalCount"], &first["pageInfo"]["hasNextPage"]), (&json!(3), &json!(true)));
    let rest = page(&format!("first: 2, after: {}", first["pageInfo"]["endCursor"]));
    assert_eq!(rest["nodes"], json!([{ "value": "79.999999" }]));
    let info = &rest["pageInfo"];
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(false), &json!(true)));
    let of_autumn = page(r#"first: 5, from: "2020-07-01", to: "2020-12-31""#);
    assert_eq!((&of_autumn["totalCount"], &of_autumn["nodes"]), (&json!(1), &json!([{ "value": "82" }])));
    // What a request writes, its answer reads.
    let query = "mutation($input: RecordReadingInput!, $change: UpdateIndicatorInput!) {
        recordReading(input: $input) { errors { code } }
        updateIndicator(input: $change) { indicator { latest { value } readings(first: 1) { totalCount } } } }";
    let variables = json!({
        "input": reading(&indicator, "2022-01-31", "90"),
        "change": { "indicator": indicator, "expectedVersion": 2, "unit": "%" },
    });
    let token = server.token_of(Role::Azienda);
    let mut data = server.send_write(&token, "both", query, variables).data();
    let told = data["updateIndicator"]["indicator"].take();
    assert_eq!(told, json!({ "latest": { "value": "90" }, "readings": { "totalCount": 4 } }));
}

#[test]
fn who_sees_the_plans_sees_the_readings() {
    let server = Server::start();
    let (indicator, _) = read_thrice(&server);
    for (role, sees) in [
        (Role::Azienda, true),
        (Role::Assemblea, true),
        (Role::Auditor, true),
        (Role::Comune, true),
        (Role::Reporting, true),
        (Role::Admin, false),
        (Role::Partner, false),
    ] {
        let query = format!(
            "{{ node(id: {indicator}) {{ ... on Indicator {{ unit latest {{ value }} reached readings {{ totalCount }} }} }} }}"
        );
        let expected = if sees {
            json!({ "unit": "percento", "latest": { "value": "79.999999" }, "reached": false, "readings": { "totalCount": 3 } })
        } else {
            json!({ "unit": "percento", "latest": null, "reached": null, "readings": null })
        };
        assert_eq!(server.data(role, &query)["node"], expected, "{role:?}");
    }
}

/// People of 2021: 4, 30, 9; the smallest other beside the 4 is the 9. Of 2020: 50.
#[test]
fn few_people_are_withheld_from_whoever_is_not_the_managing_body() {
    let server = Server::start();
    let indicator = goals(&server);
    let target = json!({ "indicator": indicator, "expectedVersion": 1, "unit": "persone", "target": "9" });
    server.done(Role::Azienda, "updateIndicator", target, "indicator", "{ id }");
    for (day, value) in [("2021-03-31", "4"), ("2021-06-30", "30"), ("2021-09-30", "9"), ("2020-12-31", "50")] {
        record(&server, reading(&indicator, day, value));
    }
    let seen = |role: Role| {
        let query = format!(
            "{{ node(id: {indicator}) {{ ... on Indicator {{ countsPeople reached(asOf: \"2021-04-01\") few: latest(asOf: \"2021-04-01\") {{ value withheld reached }} \
               readings {{ nodes {{ value withheld reached }} }} }} }} }}"
        );
        server.data(role, &query)["node"].take()
    };
    let row = |value: Value, withheld: bool, reached: Value| json!({ "value": value, "withheld": withheld, "reached": reached });
    let shown = |value: &str, reached: bool| row(json!(value), false, json!(reached));
    let hidden = || row(Value::Null, true, Value::Null);
    let whole = [shown("50", true), shown("4", false), shown("30", true), shown("9", true)];
    let rest = [shown("50", true), hidden(), shown("30", true), hidden()];
    let expected = |counts: bool, rows: &[Value; 4]| {
        json!({
            "countsPeople": counts, "reached": rows[1]["reached"], "few": rows[1], "readings": { "nodes": rows },
        })
    };
    assert_eq!(seen(Role::Azienda), expected(true, &whole));
    for role in [Role::Comune, Role::Assemblea, Role::Auditor, Role::Reporting] {
        assert_eq!(seen(role), expected(true, &rest), "{role:?}");
    }
    let percent = json!({ "indicator": indicator, "expectedVersion": 2, "countsPeople": false });
    server.done(Role::Azienda, "updateIndicator", percent, "indicator", "{ id }");
    assert_eq!(seen(Role::Comune), expected(false, &whole));
}

#[test]
fn an_indicator_that_was_read_stays_with_its_service() {
    let server = Server::start();
    let (indicator, _) = read_thrice(&server);
    let query = r#"{ ambito(code: "9") { service(code: "STAFF") { id } } }"#;
    let service = server.data(Role::Azienda, query)["ambito"]["service"]["id"].take();
    let with = |indicators: Value| json!({ "service": service, "expectedVersion": 1, "indicators": indicators });
    server.check_refusals(
        Role::Azienda,
        vec![("updateService", with(json!(["incontri dello staff"])), "INVALID", "input.indicators")],
    );
    // The other two may go, and the one that stays is the same one.
    let input = with(json!(["nuovo", "obiettivi del piano di zona raggiunti"]));
    let told =
        server.done(Role::Azienda, "updateService", input, "service", "{ indicators { id name latest { value } } }");
    assert_eq!(told["indicators"][1]["id"], indicator);
    assert_eq!(told["indicators"][1]["latest"], json!({ "value": "79.999999" }));
    assert_eq!(told["indicators"].as_array().unwrap().len(), 2);
}

#[test]
#[rustfmt::skip] // One line a case.
fn refusals() {
    let server = Server::start();
    neighbour::add(&server);
    let (indicator, ids) = read_thrice(&server);
    let query = r#"{ ambito(code: "T1") { services { indicators { id } } } }"#;
    let foreign = server.data(Role::Auditor, query)["ambito"]["services"][0]["indicators"][0]["id"].take();
    let update = |rest: Value| with(json!({ "indicator": indicator, "expectedVersion": 2 }), rest);
    let new = |rest: Value| with(reading(&indicator, "2022-06-30", "1"), rest);
    let correct = |rest: Value| with(json!({ "reading": ids[0], "expectedVersion": 1 }), rest);
    server.check_refusals(Role::Azienda, vec![
        ("updateIndicator", update(json!({ "indicator": "eA" })), "NOT_FOUND", "input.indicator"),
        ("updateIndicator", update(json!({ "indicator": ids[0] })), "NOT_FOUND", "input.indicator"),
        ("updateIndicator", update(json!({ "indicator": foreign })), "NOT_FOUND", "input.indicator"),
        ("updateIndicator", update(json!({ "expectedVersion": 1 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateIndicator", update(json!({ "target": "-1" })), "INVALID", "input.target"),
        ("updateIndicator", update(json!({ "target": "1000000000000.000001" })), "OVERFLOW", "input.target"),
        ("updateIndicator", update(json!({ "targetIsMaximum": null })), "INVALID", "input.targetIsMaximum"),
        ("updateIndicator", update(json!({ "unit": " " })), "INVALID", "input.unit"),
        ("updateIndicator", update(json!({ "unit": "x".repeat(101) })), "INVALID", "input.unit"),
        ("updateIndicator", update(json!({ "unit": "casi di RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.unit"),
        ("updateIndicator", update(json!({ "countsPeople": null })), "INVALID", "input.countsPeople"),
        ("updateIndicator", update(json!({ "target": "1", "from": "2026-07-01" })), "INVALID", "input.from"),
        ("recordReading", new(json!({ "source": "scheda di RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.source"),
        ("correctReading", correct(json!({ "source": "rssmra80a01b157x" })), "PERSONAL_DATA", "input.source"),
        ("recordReading", new(json!({ "indicator": foreign })), "NOT_FOUND", "input.indicator"),
        ("recordReading", new(json!({ "readOn": "2026-06-16" })), "INVALID", "input.readOn"),
        ("recordReading", new(json!({ "readOn": "1989-12-31" })), "INVALID", "input.readOn"),
        ("recordReading", new(json!({ "readOn": "2020-12-31" })), "DUPLICATE", "input.readOn"),
        ("recordReading", new(json!({ "value": "1000000000000.000001" })), "OVERFLOW", "input.value"),
        ("recordReading", new(json!({ "value": "-1000000000000.000001" })), "OVERFLOW", "input.value"),
        ("recordReading", new(json!({ "value": "-1" })), "INVALID", "input.value"),
        ("correctReading", correct(json!({ "value": "-0.000001" })), "INVALID", "input.value"),
        ("recordReading", new(json!({ "source": "" })), "INVALID", "input.source"),
        ("recordReading", new(json!({ "source": "a\nb" })), "INVALID", "input.source"),
        ("correctReading", correct(json!({ "reading": indicator })), "NOT_FOUND", "input.reading"),
        ("correctReading", correct(json!({ "reading": "eA" })), "NOT_FOUND", "input.reading"),
        ("correctReading", correct(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("correctReading", correct(json!({ "value": null })), "INVALID", "input.value"),
        ("correctReading", correct(json!({ "assumed": null })), "INVALID", "input.assumed"),
        ("correctReading", correct(json!({ "value": "2000000000000" })), "OVERFLOW", "input.value"),
        ("correctReading", correct(json!({ "source": " " })), "INVALID", "input.source"),
    ]);
}

fn with(mut base: Value, rest: Value) -> Value {
    base.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    base
}

#[test]
fn each_act_leaves_one_event() {
    let server = Server::start();
    read_thrice(&server);
    let query = "{ auditTrail(last: 4) { nodes { act subject digestBefore digestAfter } } }";
    let events = server.data(Role::Auditor, query)["auditTrail"]["nodes"].take();
    let told: Vec<(&str, bool)> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["act"].as_str().unwrap(), event["digestBefore"].is_string()))
        .collect();
    let recorded = ("reading.record", false);
    assert_eq!(told, [("indicator.update", true), recorded, recorded, recorded]);
    let subject = events[1]["subject"].as_str().unwrap();
    assert!(subject.starts_with("reading:9/STAFF/") && subject.ends_with("/2020-06-30"), "{subject}");
}
