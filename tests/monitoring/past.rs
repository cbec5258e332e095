//! What monitoring showed on a day stays: submissions that were sent back, and fields that ask something else from a month on.

use chrono::NaiveDate;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn reports(server: &Server, role: Role, arguments: &str, selection: &str) -> Value {
    let query = format!(
        "{{ ambito(code: \"9\") {{ monitoringReports({arguments}) {{ totalCount nodes {{ {selection} }} }} }} }}"
    );
    server.data(role, &query)["ambito"]["monitoringReports"].take()
}

/// The digests of what was submitted, as the trail tells them.
fn digests(server: &Server) -> Vec<Value> {
    let trail = "{ auditTrail(last: 30) { nodes { act digestAfter } } }";
    let events = server.data(Role::Auditor, trail)["auditTrail"]["nodes"].take();
    let submitted = events.as_array().unwrap().iter().filter(|event| event["act"] == "monitoring.submit");
    submitted.map(|event| event["digestAfter"].clone()).collect()
}

/// Sends the report back on a day.
fn send_back(server: &Server, id: &Value, on: &str, revision: i64) {
    server.clock().set_day(day(on));
    let input = json!({ "report": id, "expectedVersion": revision });
    server.done(Role::Azienda, "returnMonitoringReport", input, "report", "{ status }");
}

/// May is submitted on 15 June with 37.5, sent back on the 20th, and submitted on the 25th with 40: the report, and the first field.
fn submitted_twice(server: &Server) -> (Value, Value) {
    agreements(server);
    let field = fields(server)[0].take();
    let id = write(server, Role::Partner, report("2026-05-01", &WHOLE))["id"].take();
    submit(server, Role::Partner, &id, 1);
    send_back(server, &id, "2026-06-20", 2);
    let second = [("SPESA", "1300.50"), ("ORE", "40")];
    write(server, Role::Partner, with(report("2026-05-01", &second), json!({ "expectedVersion": 3 })));
    server.clock().set_day(day("2026-06-25"));
    submit(server, Role::Partner, &id, 4);
    (id, field)
}

#[test]
fn what_was_submitted_on_a_day_is_read_as_of_that_day() {
    let server = Server::start();
    submitted_twice(&server);
    let seen = |role: Role, arguments: &str| {
        let told = reports(&server, role, arguments, "submittedOn status values { field { code } value }");
        (told["totalCount"].clone(), told["nodes"][0].clone())
    };
    let shown = |on: &str, ore: &str, spent: &str| {
        let value = |code: &str, value: &str| json!({ "field": { "code": code }, "value": value });
        let values = [value("ORE", ore), value("SPESA", spent)];
        (json!(1), json!({ "submittedOn": on, "status": "SUBMITTED", "values": values }))
    };
    let nothing = || (json!(0), Value::Null);
    for role in [Role::Comune, Role::Auditor, Role::Partner, Role::Azienda] {
        for (as_of, expected, submitted) in [
            ("2026-06-14", nothing(), 0),
            ("2026-06-15", shown("2026-06-15", "37.5", "1200.50"), 1),
            ("2026-06-19", shown("2026-06-15", "37.5", "1200.50"), 1),
            ("2026-06-20", nothing(), 0),
            ("2026-06-24", nothing(), 0),
            ("2026-06-25", shown("2026-06-25", "40", "1300.50"), 1),
        ] {
            let as_of = format!("asOf: \"{as_of}\"");
            assert_eq!(seen(role, &as_of), expected, "{role:?} {as_of}");
            let told = monitoring(
                &server,
                role,
                &as_of,
                "submitted duties(state: SUBMITTED) { nodes { report { values { value } } } }",
            );
            assert_eq!(told["submitted"], json!(submitted), "{role:?} {as_of}");
            if submitted == 1 {
                let of_duty = &told["duties"]["nodes"][0]["report"]["values"][0]["value"];
                assert_eq!(*of_duty, expected.1["values"][0]["value"], "{role:?} {as_of}");
            }
        }
        assert_eq!(seen(role, "first: 5"), shown("2026-06-25", "40", "1300.50"));
        assert_eq!(seen(role, "asOf: \"2026-06-17\", status: DRAFT"), nothing());
    }
}

#[test]
fn each_submission_is_kept_and_its_digest_is_of_what_was_said() {
    let server = Server::start();
    let (id, field) = submitted_twice(&server);
    // The same answers in another order are the same: what stands first in the report is no part of what was said.
    send_back(&server, &id, "2026-06-26", 5);
    let change = json!({ "field": field, "expectedVersion": 1, "position": 90, "from": "2026-05-01" });
    server.done(Role::Azienda, "updateMonitoringField", change, "field", "{ id }");
    submit(&server, Role::Partner, &id, 6);
    let digests = digests(&server);
    assert!(digests.len() == 3 && digests[0] != digests[1] && digests[1] == digests[2], "{digests:?}");
    let told = reports(
        &server,
        Role::Azienda,
        "first: 5",
        "submissions { number submittedOn returnedOn digest values { value } }",
    );
    let submission = |number: usize, on: &str, returned: Value, values: [&str; 2]| {
        json!({
            "number": number, "submittedOn": on, "returnedOn": returned, "digest": digests[number - 1],
            "values": values.map(|value| json!({ "value": value })),
        })
    };
    let expected = [
        submission(1, "2026-06-15", json!("2026-06-20"), ["37.5", "1200.50"]),
        submission(2, "2026-06-25", json!("2026-06-26"), ["40", "1300.50"]),
        submission(3, "2026-06-26", Value::Null, ["1300.50", "40"]),
    ];
    assert_eq!(told["nodes"][0]["submissions"], json!(expected));
    // Of one that does not stand any more a comune is told no count, whatever it is.
    let told = reports(&server, Role::Comune, "first: 5", "submissions { values { value } }");
    let value = |value: Value| json!({ "value": value });
    let counts = [[Value::Null, json!("1200.50")], [Value::Null, json!("1300.50")], [json!("1300.50"), json!("40")]];
    let expected = counts.map(|values| json!({ "values": values.map(value) }));
    assert_eq!(told["nodes"][0]["submissions"], json!(expected));
}

/// From June on ORE is called otherwise and may be left out, and a new field is asked.
#[test]
fn a_report_is_asked_what_its_month_was_asked() {
    let server = Server::start();
    agreements(&server);
    let fields = fields(&server);
    let change = json!({ "field": fields[0], "expectedVersion": 1, "name": "Ore di assistenza", "required": false });
    let told = server.done(Role::Azienda, "updateMonitoringField", change, "field", "{ name required from revision }");
    let now = json!({ "name": "Ore di assistenza", "required": false, "from": "2026-06-01", "revision": 2 });
    assert_eq!(told, now);
    let new = json!({
        "ambito": "9", "code": "UTENTI", "name": "Utenti", "kind": "NUMBER", "required": true, "from": "2026-06-10",
    });
    server.done(Role::Azienda, "addMonitoringField", new, "field", "{ id }");
    let asked = |month: &str| {
        let query = format!(
            "{{ ambito(code: \"9\") {{ monitoringFields(month: \"{month}\") {{ code name required from }} }} }}"
        );
        let told = server.data(Role::Auditor, &query)["ambito"]["monitoringFields"].take();
        let line =
            |field: &Value| format!("{} {} {} {}", field["code"], field["name"], field["required"], field["from"]);
        told.as_array().unwrap().iter().map(|field| line(field).replace('"', "")).collect::<Vec<_>>()
    };
    let others = ["SPESA Campo SPESA true null", "NOTE Campo NOTE false null", "EQUIPE Campo EQUIPE false null"];
    let of_may = [&["ORE Campo ORE true null"], &others[..]].concat();
    let of_june =
        [&["ORE Ore di assistenza false 2026-06-01"], &others[..], &["UTENTI Utenti true 2026-06-01"]].concat();
    assert_eq!(asked("2026-05-31"), of_may);
    assert_eq!(asked("2026-06-01"), of_june);
    // Of May, ORE is asked still and UTENTI is not.
    let id = write(&server, Role::Partner, report("2026-05-01", &[("SPESA", "1.00")]))["id"].take();
    let first = json!({ "report": id, "expectedVersion": 1 });
    let of_new = report("2026-05-01", &[("UTENTI", "7")]);
    server.check_refusals(
        Role::Partner,
        vec![
            ("submitMonitoringReport", first, "INVALID", "report.values.ORE"),
            (
                "writeMonitoringReport",
                with(of_new, json!({ "expectedVersion": 1 })),
                "NOT_FOUND",
                "input.values.0.field",
            ),
        ],
    );
    write(&server, Role::Partner, with(report("2026-05-01", &WHOLE), json!({ "expectedVersion": 1 })));
    submit(&server, Role::Partner, &id, 2);
    let query = format!("{{ node(id: {id}) {{ ... on MonitoringReport {{ values {{ field {{ name }} }} }} }} }}");
    let names = json!([{ "field": { "name": "Campo ORE" } }, { "field": { "name": "Campo SPESA" } }]);
    assert_eq!(server.data(Role::Comune, &query)["node"]["values"], names);
    // A second change of June takes the place of the first; one of May would come before it.
    let again = json!({ "field": fields[0], "expectedVersion": 2, "name": "Ore di cura", "from": "2026-06-30" });
    let early = with(again.clone(), json!({ "from": "2026-05-31" }));
    server.check_refusals(Role::Azienda, vec![("updateMonitoringField", early, "INVALID", "input.from")]);
    server.done(Role::Azienda, "updateMonitoringField", again, "field", "{ id }");
    assert_eq!(asked("2026-06-01")[0], "ORE Ore di cura false 2026-06-01");
    assert_eq!(asked("2026-05-31"), of_may);
    // What was submitted keeps its names, whatever is said of its month later.
    let change = json!({ "field": fields[1], "expectedVersion": 1, "name": "Spesa", "from": "2026-04-01" });
    server.done(Role::Azienda, "updateMonitoringField", change, "field", "{ id }");
    assert_eq!(asked("2026-05-31")[1], "SPESA Spesa true 2026-04-01");
    assert_eq!(server.data(Role::Comune, &query)["node"]["values"], names);
}

/// May is begun on 15 June, submitted on the 20th and sent back on the 25th. Of April nobody knows when it was begun.
#[test]
fn as_of_a_day_nothing_is_there_that_was_begun_after_it() {
    let server = Server::start();
    agreements(&server);
    fields(&server);
    let id = write(&server, Role::Partner, report("2026-05-01", &WHOLE))["id"].take();
    server.clock().set_day(day("2026-06-20"));
    submit(&server, Role::Partner, &id, 1);
    send_back(&server, &id, "2026-06-25", 2);
    let unknown = "INSERT INTO monitoring_report (agreement_id, programme_code, month, status, written_by, partner_id) \
        SELECT agreement_id, programme_code, 202604, 'DRAFT', 'x', partner_id FROM monitoring_report";
    accord::run(&server, &[unknown.to_owned()]);
    let of = |role: Role, day: &str| {
        let told = duties(&server, role, &format!("asOf: \"{day}\", agreement: \"COPROG\""), "");
        told.iter().rev().take(2).map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (on, may, of_comune) in [
        ("2026-06-14", "MISSING", "MISSING"),
        ("2026-06-15", "DRAFT", "MISSING"),
        ("2026-06-19", "DRAFT", "MISSING"),
        ("2026-06-20", "SUBMITTED", "SUBMITTED"),
        ("2026-06-24", "SUBMITTED", "SUBMITTED"),
        ("2026-06-25", "DRAFT", "MISSING"),
    ] {
        for role in [Role::Azienda, Role::Partner] {
            assert_eq!(of(role, on), [may, "DRAFT"], "{role:?} {on}");
        }
        assert_eq!(of(Role::Comune, on), [of_comune, "MISSING"], "{on}");
    }
    let counts = |role: Role, day: &str| {
        monitoring(&server, role, &format!("asOf: \"{day}\", agreement: \"COPROG\""), "due drafts missing")
    };
    // November to May: 2 + 2 + 5.
    assert_eq!(counts(Role::Azienda, "2026-06-14"), json!({ "due": 9, "drafts": 1, "missing": 8 }));
    assert_eq!(counts(Role::Partner, "2026-06-15"), json!({ "due": 9, "drafts": 2, "missing": 7 }));
    assert_eq!(counts(Role::Auditor, "2026-06-15"), json!({ "due": 9, "drafts": null, "missing": 9 }));
}
