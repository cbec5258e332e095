//! Monthly monitoring: the fields that an Ambito asks, the reports of each programme and month, and which are missing on a day.

mod bounds;
mod few;
mod files;
mod partners;
mod past;

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::accord::{self, Version};
use crate::support::{Server, neighbour};

/// An agreement of 2025 with two programmes with ALFA, renewed from April 2026 with one of them; and one of BETA's.
fn agreements(server: &Server) {
    let beta = json!({ "ambito": "9", "code": "BETA", "name": "Cooperativa Beta" });
    server.done(Role::Azienda, "addPartner", beta, "partner", "{ id }");
    let (p1, p2) = (("P1", "Domiciliarità", None), ("P2", "Inclusione", Some(2025)));
    let versions = [
        Version { from: "2025-11-15", to: "2026-03-31", partners: &["ALFA"], programmes: &[p1, p2] },
        Version {
            from: "2026-04-01",
            to: "2026-12-31",
            partners: &["ALFA"],
            programmes: &[("P1", "Domiciliarità e sollievo", None)],
        },
    ];
    accord::add(server, "9", "COPROG", &versions);
    let version =
        Version { from: "2026-04-01", to: "2026-12-31", partners: &["BETA"], programmes: &[("P1", "Minori", None)] };
    accord::add(server, "9", "ALTRA", &[version]);
}

fn field(server: &Server, code: &str, kind: &str, required: bool) -> Value {
    let input =
        json!({ "ambito": "9", "code": code, "name": format!("Campo {code}"), "kind": kind, "required": required });
    server.done(Role::Azienda, "addMonitoringField", input, "field", "{ id }")["id"].take()
}

fn fields(server: &Server) -> Vec<Value> {
    [("ORE", "NUMBER", true), ("SPESA", "EURO", true), ("NOTE", "TEXT", false), ("EQUIPE", "YES_NO", false)]
        .map(|(code, kind, required)| field(server, code, kind, required))
        .to_vec()
}

fn report(month: &str, values: &[(&str, &str)]) -> Value {
    let values: Vec<Value> = values.iter().map(|(field, value)| json!({ "field": field, "value": value })).collect();
    json!({ "ambito": "9", "agreement": "COPROG", "programme": "P1", "month": month, "values": values })
}

fn with(mut base: Value, rest: Value) -> Value {
    base.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    base
}

const WHOLE: [(&str, &str); 2] = [("SPESA", "1200.50"), ("ORE", "37.5")];

fn write(server: &Server, role: Role, input: Value) -> Value {
    let selection = "{ id status submittedOn revision month programmeName }";
    server.done(role, "writeMonitoringReport", input, "report", selection)
}

fn submit(server: &Server, role: Role, report: &Value, revision: i64) -> Value {
    let input = json!({ "report": report, "expectedVersion": revision });
    server.done(role, "submitMonitoringReport", input, "report", "{ status submittedOn revision }")
}

fn monitoring(server: &Server, role: Role, arguments: &str, selection: &str) -> Value {
    let query = format!("{{ ambito(code: \"9\") {{ monitoring({arguments}) {{ {selection} }} }} }}");
    server.data(role, &query)["ambito"]["monitoring"].take()
}

/// Agreement, programme, month and state of each report that was due.
fn duties(server: &Server, role: Role, arguments: &str, state: &str) -> Vec<String> {
    let selection = format!("duties(first: 100{state}) {{ nodes {{ agreement {{ code }} programme month state }} }}");
    let told = monitoring(server, role, arguments, &selection);
    let text = |duty: &Value, name: &str| duty[name].as_str().unwrap().to_owned();
    let line = |duty: &Value| {
        let month = text(duty, "month");
        let (agreement, programme) = (text(&duty["agreement"], "code"), text(duty, "programme"));
        format!("{agreement} {programme} {} {}", &month[..7], text(duty, "state"))
    };
    told["duties"]["nodes"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_report_is_written_submitted_and_sent_back() {
    let server = Server::start();
    agreements(&server);
    fields(&server);
    // May is over on 15 June.
    let draft =
        write(&server, Role::Partner, report("2026-05-20", &[("NOTE", " due righe\nin tutto "), ("EQUIPE", "NO")]));
    let expected = json!({
        "id": draft["id"], "status": "DRAFT", "submittedOn": null, "revision": 1, "month": "2026-05-01",
        "programmeName": "Domiciliarità e sollievo",
    });
    assert_eq!(draft, expected);
    let first = |revision: i64| json!({ "report": draft["id"], "expectedVersion": revision });
    server.check_refusals(Role::Partner, vec![("submitMonitoringReport", first(1), "INVALID", "report.values.ORE")]);
    let values = [("NOTE", "due righe"), ("ORE", "37.5"), ("EQUIPE", "YES")];
    write(&server, Role::Azienda, with(report("2026-05-01", &values), json!({ "expectedVersion": 1 })));
    server.check_refusals(Role::Partner, vec![("submitMonitoringReport", first(2), "INVALID", "report.values.SPESA")]);
    let values = [("NOTE", "due righe"), ("ORE", "37.5"), ("EQUIPE", "YES"), ("SPESA", "1200.50")];
    write(&server, Role::Partner, with(report("2026-05-01", &values), json!({ "expectedVersion": 2 })));
    let told = submit(&server, Role::Partner, &draft["id"], 3);
    assert_eq!(told, json!({ "status": "SUBMITTED", "submittedOn": "2026-06-15", "revision": 4 }));
    let query = format!(
        "{{ node(id: {}) {{ ... on MonitoringReport {{ agreement {{ code }} programme month status
            values {{ field {{ code kind }} value number amount yes }} }} }} }}",
        draft["id"]
    );
    let value = |code: &str, kind: &str, value: &str| json!({ "field": { "code": code, "kind": kind }, "value": value, "number": null, "amount": null, "yes": null });
    let expected = json!({
        "agreement": { "code": "COPROG" }, "programme": "P1", "month": "2026-05-01", "status": "SUBMITTED",
        "values": [
            with(value("ORE", "NUMBER", "37.5"), json!({ "number": "37.5" })),
            with(value("SPESA", "EURO", "1200.50"), json!({ "amount": "1200.50" })),
            value("NOTE", "TEXT", "due righe"),
            with(value("EQUIPE", "YES_NO", "YES"), json!({ "yes": true })),
        ],
    });
    assert_eq!(server.data(Role::Comune, &query)["node"], expected);
    let again = with(report("2026-05-01", &values), json!({ "expectedVersion": 4 }));
    server.check_refusals(
        Role::Partner,
        vec![
            ("writeMonitoringReport", again, "ILLEGAL_TRANSITION", "input.report"),
            ("submitMonitoringReport", first(4), "ILLEGAL_TRANSITION", "input.report"),
        ],
    );
    // Sent back it is a draft, which the comuni do not see, and may be corrected.
    let told =
        server.done(Role::Azienda, "returnMonitoringReport", first(4), "report", "{ status submittedOn revision }");
    assert_eq!(told, json!({ "status": "DRAFT", "submittedOn": null, "revision": 5 }));
    assert_eq!(server.data(Role::Comune, &query)["node"], Value::Null);
    write(&server, Role::Partner, with(report("2026-05-01", &WHOLE), json!({ "expectedVersion": 5 })));
    submit(&server, Role::Azienda, &draft["id"], 6);
    let trail = "{ auditTrail(last: 7) { nodes { act subject } } }";
    let events = server.data(Role::Auditor, trail)["auditTrail"]["nodes"].take();
    let acts = ["write", "write", "write", "submit", "send_back", "write", "submit"];
    let expected: Vec<Value> = acts
        .iter()
        .map(|act| json!({ "act": format!("monitoring.{act}"), "subject": "monitoring:9/COPROG/P1/202605/ALFA" }))
        .collect();
    assert_eq!(events, json!(expected));
}

#[test]
fn what_is_due_on_a_day_and_missing() {
    let server = Server::start();
    agreements(&server);
    fields(&server);
    let due = |arguments: &str| duties(&server, Role::Azienda, arguments, "");
    // A month is due on the first day after it; one that the agreement has a day of counts as a whole.
    assert_eq!(due(r#"asOf: "2025-11-30""#), Vec::<String>::new());
    let november = ["COPROG P1 2025-11 MISSING", "COPROG P2 2025-11 MISSING"];
    assert_eq!(due(r#"asOf: "2025-12-01""#), november);
    assert_eq!(due(r#"asOf: "2025-12-10", graceDays: 10"#), Vec::<String>::new());
    assert_eq!(due(r#"asOf: "2025-12-11", graceDays: 10"#), november);
    // P2 is of 2025 alone; from April on the renewal holds, and BETA's agreement.
    let all = [
        "COPROG P1 2025-11",
        "COPROG P2 2025-11",
        "COPROG P1 2025-12",
        "COPROG P2 2025-12",
        "COPROG P1 2026-01",
        "COPROG P1 2026-02",
        "COPROG P1 2026-03",
        "ALTRA P1 2026-04",
        "COPROG P1 2026-04",
        "ALTRA P1 2026-05",
        "COPROG P1 2026-05",
    ];
    assert_eq!(due(r#"asOf: "2026-06-15""#), all.map(|line| format!("{line} MISSING")));
    // When both have ended nothing more falls due: 2 months of two, 12 of one, 9 of BETA's.
    let counts = |role: Role, arguments: &str| monitoring(&server, role, arguments, "due submitted drafts missing");
    let expected = |due: i32, submitted: i32, drafts: Value, missing: i32| json!({ "due": due, "submitted": submitted, "drafts": drafts, "missing": missing });
    assert_eq!(counts(Role::Azienda, r#"asOf: "2030-01-01""#), expected(4 + 12 + 9, 0, json!(0), 25));
    let january = write(&server, Role::Partner, report("2026-01-01", &WHOLE));
    submit(&server, Role::Partner, &january["id"], 1);
    write(&server, Role::Partner, report("2026-02-01", &[]));
    assert_eq!(counts(Role::Azienda, r#"asOf: "2026-06-15""#), expected(11, 1, json!(1), 9));
    // On the day before nothing was there, whoever asks.
    assert_eq!(counts(Role::Azienda, r#"asOf: "2026-06-14""#), expected(11, 0, json!(0), 11));
    assert_eq!(counts(Role::Comune, r#"asOf: "2026-06-15""#), expected(11, 1, Value::Null, 10));
    assert_eq!(counts(Role::Comune, r#"asOf: "2026-06-14""#), expected(11, 0, Value::Null, 11));
    // A partner is told of its own agreement, and others of one where they ask so.
    assert_eq!(counts(Role::Partner, r#"asOf: "2026-06-15""#), expected(9, 1, json!(1), 7));
    assert_eq!(counts(Role::Partner, r#"asOf: "2026-06-15", agreement: "ALTRA""#), expected(0, 0, json!(0), 0));
    assert_eq!(counts(Role::Azienda, r#"asOf: "2026-06-15", agreement: "ALTRA""#), expected(2, 0, json!(0), 2));
    let submitted = duties(&server, Role::Azienda, r#"asOf: "2026-06-15""#, ", state: SUBMITTED");
    assert_eq!(submitted, ["COPROG P1 2026-01 SUBMITTED"]);
    assert_eq!(duties(&server, Role::Azienda, r#"asOf: "2026-06-15""#, ", state: DRAFT"), ["COPROG P1 2026-02 DRAFT"]);
    assert_eq!(duties(&server, Role::Azienda, "graceDays: 0", ", state: MISSING").len(), 9);
    // By pages, with the day and the report.
    let selection = "asOf duties(first: 5) { totalCount pageInfo { hasNextPage endCursor } nodes { dueOn submittedOn programmeName report { status } } }";
    let page = monitoring(&server, Role::Auditor, r#"asOf: "2026-06-15""#, selection);
    assert_eq!((&page["asOf"], &page["duties"]["totalCount"]), (&json!("2026-06-15"), &json!(11)));
    let fifth = json!({ "dueOn": "2026-02-01", "submittedOn": "2026-06-15", "programmeName": "Domiciliarità", "report": { "status": "SUBMITTED" } });
    assert_eq!(page["duties"]["nodes"][4], fifth);
    let after = page["duties"]["pageInfo"]["endCursor"].clone();
    let selection = format!("duties(first: 1, after: {after}) {{ nodes {{ month report {{ status }} }} }}");
    let next = monitoring(&server, Role::Auditor, r#"asOf: "2026-06-15""#, &selection)["duties"]["nodes"].take();
    // A draft is none of an auditor's business.
    assert_eq!(next, json!([{ "month": "2026-02-01", "report": null }]));
    let answer = server.ask(
        &server.token_of(Role::Azienda),
        r#"{ ambito(code: "9") { monitoring(graceDays: 367) { due } } }"#,
        Value::Null,
    );
    assert_eq!(answer.code(), "BAD_REQUEST");
}

#[test]
fn who_reads_which_reports() {
    let server = Server::start();
    agreements(&server);
    fields(&server);
    let submitted = write(&server, Role::Azienda, report("2026-04-01", &WHOLE))["id"].take();
    submit(&server, Role::Azienda, &submitted, 1);
    let draft = write(&server, Role::Azienda, report("2026-05-01", &WHOLE))["id"].take();
    let of_beta = with(report("2026-04-01", &WHOLE), json!({ "agreement": "ALTRA" }));
    let of_beta = write(&server, Role::Azienda, of_beta)["id"].take();
    submit(&server, Role::Azienda, &of_beta, 1);
    // In April, ALTRA's of COPROG's month comes after it: it was written later.
    let (april, may, beta) = ("COPROG 2026-04-01", "COPROG 2026-05-01", "ALTRA 2026-04-01");
    let cases = [
        (Role::Azienda, Some(&[april, beta, may][..]), [true, true, true]),
        (Role::Partner, Some(&[april, may]), [true, true, false]),
        (Role::Assemblea, Some(&[april, beta]), [true, false, true]),
        (Role::Auditor, Some(&[april, beta]), [true, false, true]),
        (Role::Comune, Some(&[april, beta]), [true, false, true]),
        (Role::Reporting, None, [false, false, false]),
        (Role::Admin, None, [false, false, false]),
    ];
    for (role, seen, nodes) in cases {
        let query = r#"{ ambito(code: "9") { monitoringReports { totalCount nodes { agreement { code } month } }
            monitoringFields { code } monitoring(asOf: "2026-06-15") { due } } }"#;
        let told = server.data(role, query)["ambito"].take();
        let list = told["monitoringReports"]["nodes"].as_array().map(|nodes| {
            let line = |node: &Value| {
                format!("{} {}", node["agreement"]["code"].as_str().unwrap(), node["month"].as_str().unwrap())
            };
            nodes.iter().map(line).collect::<Vec<_>>()
        });
        assert_eq!(
            list.as_deref(),
            seen.map(|seen| seen.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()).as_deref(),
            "{role:?}"
        );
        assert_eq!(told["monitoringReports"]["totalCount"].as_u64(), seen.map(|seen| seen.len() as u64), "{role:?}");
        assert_eq!(
            (told["monitoringFields"].is_array(), told["monitoring"].is_object()),
            (seen.is_some(), seen.is_some())
        );
        for (id, is_seen) in [&submitted, &draft, &of_beta].into_iter().zip(nodes) {
            let node = server.data(role, &format!("{{ node(id: {id}) {{ id }} }}"))["node"].take();
            assert_eq!(node, if is_seen { json!({ "id": id }) } else { Value::Null }, "{role:?}");
        }
    }
    // What is another partner's is refused as what is not there.
    let partner = |input: Value| with(input, json!({ "agreement": "ALTRA" }));
    server.check_refusals(
        Role::Partner,
        vec![
            ("submitMonitoringReport", json!({ "report": of_beta, "expectedVersion": 2 }), "NOT_FOUND", "input.report"),
            ("submitMonitoringReport", json!({ "report": "eA", "expectedVersion": 2 }), "NOT_FOUND", "input.report"),
            ("writeMonitoringReport", partner(report("2026-05-01", &WHOLE)), "NOT_FOUND", "input.agreement"),
            (
                "writeMonitoringReport",
                with(report("2026-05-01", &WHOLE), json!({ "agreement": "NIENTE" })),
                "NOT_FOUND",
                "input.agreement",
            ),
        ],
    );
    let page = r#"{ ambito(code: "9") { monitoringReports(status: SUBMITTED, from: "2026-04-20", to: "2026-04-21", first: 1) {
        totalCount pageInfo { hasNextPage } nodes { id } } } }"#;
    let told = server.data(Role::Azienda, page)["ambito"]["monitoringReports"].take();
    assert_eq!(told, json!({ "totalCount": 2, "pageInfo": { "hasNextPage": true }, "nodes": [{ "id": submitted }] }));
}

/// As somebody writes who means all of time.
#[test]
fn days_far_off_leave_nothing_out() {
    let server = Server::start();
    agreements(&server);
    fields(&server);
    write(&server, Role::Azienda, report("2026-05-01", &[("ORE", "1")]));
    let count = |bounds: &str| {
        let query = format!("{{ ambito(code: \"9\") {{ monitoringReports({bounds}) {{ totalCount }} }} }}");
        server.data(Role::Azienda, &query)["ambito"]["monitoringReports"]["totalCount"].take()
    };
    for (bounds, expected) in [
        ("first: 1", 1),
        (r#"from: "1000-01-01", to: "9999-12-31""#, 1),
        (r#"from: "2201-01-01""#, 0),
        (r#"to: "1989-12-31""#, 0),
    ] {
        assert_eq!(count(bounds), json!(expected), "{bounds}");
    }
}

#[test]
fn a_field_that_is_retired_is_not_asked_any_more() {
    let server = Server::start();
    agreements(&server);
    let fields = fields(&server);
    let draft = write(&server, Role::Azienda, report("2026-05-01", &[("ORE", "1")]))["id"].take();
    let change = json!({ "field": fields[1], "expectedVersion": 1, "retired": true, "name": "Spesa", "position": 9, "from": "2026-04-30" });
    let selection = "{ code name kind required retired position revision }";
    let told = server.done(Role::Azienda, "updateMonitoringField", change, "field", selection);
    let expected = json!({
        "code": "SPESA", "name": "Spesa", "kind": "EURO", "required": true, "retired": true, "position": 9, "revision": 2,
    });
    assert_eq!(told, expected);
    submit(&server, Role::Azienda, &draft, 1);
    // Of March it is asked still.
    write(&server, Role::Azienda, report("2026-03-01", &WHOLE));
    server.check_refusals(
        Role::Azienda,
        vec![("writeMonitoringReport", report("2026-04-01", &WHOLE), "INVALID", "input.values.0.field")],
    );
    let query = r#"{ ambito(code: "9") { monitoringFields { code position retired } } }"#;
    let field =
        |code: &str, position: i32, retired: bool| json!({ "code": code, "position": position, "retired": retired });
    let expected =
        [field("ORE", 1, false), field("NOTE", 3, false), field("EQUIPE", 4, false), field("SPESA", 9, true)];
    assert_eq!(server.data(Role::Partner, query)["ambito"]["monitoringFields"], json!(expected));
}

#[test]
#[rustfmt::skip] // One line a case.
fn refusals() {
    let server = Server::start();
    neighbour::add(&server);
    agreements(&server);
    let fields = fields(&server);
    let draft = write(&server, Role::Azienda, report("2026-06-01", &WHOLE))["id"].take();
    let new = |rest: Value| with(json!({ "ambito": "9", "code": "NUOVO", "name": "Nuovo", "kind": "TEXT" }), rest);
    let old = |rest: Value| with(json!({ "field": fields[0], "expectedVersion": 1 }), rest);
    let other = |rest: Value| with(report("2026-05-01", &[]), rest);
    let value = |field: &str, value: &str| report("2026-05-01", &[("EQUIPE", "YES"), (field, value)]);
    let long = "x".repeat(4_001);
    server.check_refusals(Role::Azienda, vec![
        ("addMonitoringField", new(json!({ "ambito": "T1" })), "NOT_FOUND", "input.ambito"),
        ("addMonitoringField", new(json!({ "code": "ORE" })), "DUPLICATE", "input.code"),
        ("addMonitoringField", new(json!({ "code": "ore" })), "INVALID", "input.code"),
        ("addMonitoringField", new(json!({ "code": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.code"),
        ("addMonitoringField", new(json!({ "name": "" })), "INVALID", "input.name"),
        ("addMonitoringField", new(json!({ "name": "note di RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.name"),
        ("addMonitoringField", new(json!({ "countsPeople": true })), "INVALID", "input.countsPeople"),
        ("addMonitoringField", new(json!({ "from": "1989-12-31" })), "INVALID", "input.from"),
        ("addMonitoringField", new(json!({ "from": "2026-07-01" })), "INVALID", "input.from"),
        ("addMonitoringField", new(json!({ "position": 0 })), "INVALID", "input.position"),
        ("addMonitoringField", new(json!({ "position": 10_001 })), "INVALID", "input.position"),
        ("updateMonitoringField", old(json!({ "field": draft })), "NOT_FOUND", "input.field"),
        ("updateMonitoringField", old(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateMonitoringField", old(json!({ "name": null })), "INVALID", "input.name"),
        ("updateMonitoringField", old(json!({ "retired": null })), "INVALID", "input.retired"),
        ("updateMonitoringField", old(json!({ "name": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.name"),
        ("updateMonitoringField", old(json!({ "name": "Ore", "from": "2026-07-01" })), "INVALID", "input.from"),
        ("updateMonitoringField", old(json!({ "countsPeople": null })), "INVALID", "input.countsPeople"),
        ("writeMonitoringReport", other(json!({ "ambito": "T1" })), "NOT_FOUND", "input.ambito"),
        ("writeMonitoringReport", other(json!({ "agreement": "coprog" })), "NOT_FOUND", "input.agreement"),
        ("writeMonitoringReport", other(json!({ "programme": "P2" })), "OUTSIDE_AGREEMENT", "input.programme"),
        ("writeMonitoringReport", other(json!({ "programme": "P2", "month": "2026-01-01" })), "OUTSIDE_AGREEMENT", "input.programme"),
        ("writeMonitoringReport", other(json!({ "month": "2025-10-31" })), "OUTSIDE_PERIOD", "input.month"),
        ("writeMonitoringReport", other(json!({ "month": "2026-07-01" })), "INVALID", "input.month"),
        ("writeMonitoringReport", other(json!({ "month": "1989-12-01" })), "INVALID", "input.month"),
        ("writeMonitoringReport", other(json!({ "expectedVersion": 1 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("writeMonitoringReport", other(json!({ "month": "2026-06-01" })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("writeMonitoringReport", other(json!({ "month": "2026-06-01", "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("writeMonitoringReport", value("NIENTE", "1"), "NOT_FOUND", "input.values.1.field"),
        ("writeMonitoringReport", value("EQUIPE", "NO"), "DUPLICATE", "input.values.1.field"),
        ("writeMonitoringReport", report("2026-05-01", &[("EQUIPE", "sì")]), "INVALID", "input.values.0.value"),
        ("writeMonitoringReport", value("ORE", "1,5"), "INVALID", "input.values.1.value"),
        ("writeMonitoringReport", value("ORE", "-1"), "INVALID", "input.values.1.value"),
        ("writeMonitoringReport", value("ORE", "1e3"), "INVALID", "input.values.1.value"),
        ("writeMonitoringReport", value("ORE", "1000000000000.000001"), "INVALID", "input.values.1.value"),
        ("writeMonitoringReport", value("SPESA", "10"), "INVALID", "input.values.1.value"),
        ("writeMonitoringReport", value("SPESA", "1000000000000.01"), "INVALID", "input.values.1.value"),
        ("writeMonitoringReport", value("NOTE", " "), "INVALID", "input.values.1.value"),
        ("writeMonitoringReport", value("NOTE", "visita a rssmra80a01b157x"), "PERSONAL_DATA", "input.values.1.value"),
        ("writeMonitoringReport", other(json!({ "partner": "BETA" })), "NOT_FOUND", "input.partner"),
        ("writeMonitoringReport", value("NOTE", &long), "INVALID", "input.values.1.value"),
        ("writeMonitoringReport", value("NOTE", "a\u{0}b"), "INVALID", "input.values.1.value"),
        // June is not over on 15 June.
        ("submitMonitoringReport", json!({ "report": draft, "expectedVersion": 1 }), "INVALID", "input.report"),
        ("submitMonitoringReport", json!({ "report": draft, "expectedVersion": 2 }), "VERSION_CONFLICT", "input.expectedVersion"),
        ("submitMonitoringReport", json!({ "report": fields[0], "expectedVersion": 1 }), "NOT_FOUND", "input.report"),
        ("returnMonitoringReport", json!({ "report": draft, "expectedVersion": 1 }), "ILLEGAL_TRANSITION", "input.report"),
        ("returnMonitoringReport", json!({ "report": draft, "expectedVersion": 3 }), "VERSION_CONFLICT", "input.expectedVersion"),
    ]);
}
