//! Governing bodies: who sits in them, and meetings held against meetings due.

use api::auth::{Operator, Role};
use api::store::body::{self, Cadence, NewBody, NewMember};
use entity::kinds::{BodyLevel, BodySide};
use serde_json::{Value, json};

use crate::support::accord::{self, Version};
use crate::support::tables::wait;
use crate::support::{Server, neighbour};

const BODY: &str = "{ id revision code name level agreement { code } due { meetings everyMonths } startsOn endsOn
    members { side organisation role seats } }";

fn agreement(server: &Server) {
    let version = Version { from: "2019-01-01", to: "2029-12-31", partners: &["ALFA"], programmes: &[] };
    accord::add(server, "9", "COPROG", &[version]);
}

/// The Cabina di regia of 2019: 3 of the comune and 4 of the partners, twice a month.
fn cabina() -> Value {
    let member = |side: &str, organisation: &str, role: &str, seats: i32| json!({ "side": side, "organisation": organisation, "role": role, "seats": seats });
    json!({
        "ambito": "9", "code": "CABINA", "name": "Cabina di regia", "level": "DIRECTION", "agreement": "COPROG",
        "due": { "meetings": 2, "everyMonths": 1 }, "startsOn": "2019-01-01",
        "members": [
            member("COMUNE", "Comune di Crema", "dirigente", 1), member("COMUNE", "Comune di Crema", "referente", 2),
            member("PARTNER", "Cooperativa Alfa", "coordinatore", 4),
        ],
    })
}

/// The staff of a programme, which meets monthly.
fn staff() -> Value {
    json!({
        "ambito": "9", "code": "STAFF-P1", "name": "Staff di programma", "level": "PROGRAMME",
        "due": { "meetings": 1, "everyMonths": 1 }, "startsOn": "2019-01-01", "members": [],
    })
}

fn add(server: &Server, input: Value) -> Value {
    server.done(Role::Azienda, "addGoverningBody", input, "body", BODY)
}

fn meet(server: &Server, body: &Value, days: &[&str]) {
    for day in days {
        let input = json!({ "body": body, "heldOn": day, "subject": "ordine del giorno" });
        let told = server.done(Role::Azienda, "recordMeeting", input, "meeting", "{ heldOn subject }");
        assert_eq!(told, json!({ "heldOn": day, "subject": "ordine del giorno" }));
    }
}

fn bodies(server: &Server, role: Role, selection: &str) -> Value {
    let query = format!("{{ ambito(code: \"9\") {{ governingBodies {{ {selection} }} }} }}");
    server.data(role, &query)["ambito"]["governingBodies"].take()
}

fn attendance(server: &Server, from: &str, to: &str) -> Vec<(i64, i64, i64)> {
    attendance_by(server, &format!("from: \"{from}\", to: \"{to}\""))
}

fn attendance_by(server: &Server, span: &str) -> Vec<(i64, i64, i64)> {
    let told = bodies(server, Role::Auditor, &format!("attendance({span}) {{ due held missing }}"));
    let of_body = |body: &Value| {
        let number = |name: &str| body["attendance"][name].as_i64().unwrap();
        (number("due"), number("held"), number("missing"))
    };
    told.as_array().unwrap().iter().map(of_body).collect()
}

#[test]
fn meetings_held_stand_against_meetings_due() {
    let server = Server::start();
    agreement(&server);
    let cabina = add(&server, cabina());
    assert_eq!(
        (&cabina["agreement"], &cabina["due"]),
        (&json!({ "code": "COPROG" }), &json!({ "meetings": 2, "everyMonths": 1 }))
    );
    let seats = |side: &str| -> i64 {
        let members = cabina["members"].as_array().unwrap().iter().filter(|member| member["side"] == side);
        members.map(|member| member["seats"].as_i64().unwrap()).sum()
    };
    assert_eq!((seats("COMUNE"), seats("PARTNER")), (3, 4));
    let staff = add(&server, staff());
    // Twice a month is 24 times a year, monthly is 12 times.
    assert_eq!(attendance(&server, "2019-01-01", "2019-12-31"), [(24, 0, 24), (12, 0, 12)]);
    meet(&server, &cabina["id"], &["2019-01-10", "2019-01-24", "2019-02-07", "2019-03-05", "2019-03-12", "2019-03-26"]);
    meet(&server, &staff["id"], &["2019-01-15", "2019-02-28"]);
    // January was whole, in February one is missing, and the third of March does not stand for it.
    assert_eq!(attendance(&server, "2019-01-01", "2019-03-31"), [(6, 6, 1), (3, 2, 1)]);
    assert_eq!(attendance(&server, "2019-01-01", "2019-12-31"), [(24, 6, 19), (12, 2, 10)]);
    // Of January nothing is due, which began before; February and March are whole; of April 29 of 30 days are over, so that of two meetings one is due.
    assert_eq!(attendance(&server, "2019-01-11", "2019-04-29"), [(5, 5, 2), (2, 2, 1)]);
    // By 16 March half of it was over: the first meeting of two was due and two were held, the one of the staff was not due.
    let year = "from: \"2019-01-01\", to: \"2019-12-31\"";
    assert_eq!(attendance_by(&server, &format!("{year}, asOf: \"2019-03-16\"")), [(5, 5, 1), (2, 2, 0)]);
    assert_eq!(attendance_by(&server, &format!("{year}, asOf: \"2019-03-11\"")), [(4, 4, 1), (2, 2, 0)]);
    // Today is 15 June 2026, the middle of a month of 30 days: what is to come is not missing.
    assert_eq!(attendance(&server, "2026-06-01", "2026-12-31"), [(1, 0, 1), (0, 0, 0)]);
    assert_eq!(attendance(&server, "2026-06-16", "2026-12-31"), [(0, 0, 0), (0, 0, 0)]);
    assert_eq!(attendance(&server, "2009-01-01", "2018-12-31"), [(0, 0, 0), (0, 0, 0)]);
    let query =
        r#"{ ambito(code: "9") { governingBodies { attendance(from: "2009-01-01", to: "2019-01-01") { due } } } }"#;
    assert_eq!(server.ask(&server.token_of(Role::Auditor), query, Value::Null).code(), "BAD_REQUEST");
    // Before it sat, and the wrong way round.
    assert_eq!(attendance(&server, "2018-01-01", "2018-12-31"), [(0, 0, 0), (0, 0, 0)]);
    assert_eq!(attendance(&server, "2019-12-31", "2019-01-01"), [(0, 0, 0), (0, 0, 0)]);
    let page = "meetings(from: \"2019-02-01\", first: 2) { totalCount pageInfo { hasNextPage } nodes { heldOn } }";
    let expected = json!({
        "totalCount": 4, "pageInfo": { "hasNextPage": true }, "nodes": [{ "heldOn": "2019-02-07" }, { "heldOn": "2019-03-05" }],
    });
    assert_eq!(bodies(&server, Role::Auditor, page)[0]["meetings"], expected);
}

#[test]
fn periods_are_counted_from_the_first_day() {
    let server = Server::start();
    let body = |code: &str, from: &str, to: Option<&str>, due: Value| {
        let mut input = staff();
        (input["code"], input["startsOn"], input["endsOn"], input["due"]) = (json!(code), json!(from), json!(to), due);
        add(&server, input)
    };
    let due = |meetings: i32, months: i32| json!({ "meetings": meetings, "everyMonths": months });
    // From the 15th to the 14th: the first ends on 14 February, the eleventh on 14 December, and the twelfth not in 2019.
    body("A", "2019-01-15", None, due(1, 1));
    // From the 31st: to 27 February, to 30 March, to 29 April ... eleven in 2019, the last to 30 December.
    body("B", "2019-01-31", None, due(1, 1));
    // Three times in four months: two whole periods until it ended.
    body("C", "2019-01-01", Some("2019-09-30"), due(3, 4));
    // Every three years: none is whole within one.
    body("D", "2019-01-01", None, due(1, 36));
    body("E", "2019-01-01", None, Value::Null);
    let told: Vec<i64> = attendance(&server, "2019-01-01", "2019-12-31").iter().map(|one| one.0).collect();
    assert_eq!(told, [11, 11, 6, 0, 0]);
    let told: Vec<i64> = attendance(&server, "2019-01-01", "2021-12-31").iter().map(|one| one.0).collect();
    assert_eq!(told, [35, 35, 6, 1, 0]);
}

#[test]
fn a_body_changes_and_its_code_stays() {
    let server = Server::start();
    agreement(&server);
    let body = add(&server, cabina());
    let members = json!([{ "side": "MANAGING_BODY", "organisation": "Azienda", "role": "direttore" }]);
    let change = json!({
        "body": body["id"], "expectedVersion": 1, "name": "Cabina", "level": "MUNICIPAL", "due": { "meetings": 1, "everyMonths": 2 },
        "endsOn": "2019-12-31", "members": members,
    });
    let told = server.done(Role::Azienda, "updateGoverningBody", change, "body", BODY);
    let expected = json!({
        "id": body["id"], "revision": 2, "code": "CABINA", "name": "Cabina", "level": "MUNICIPAL", "agreement": { "code": "COPROG" },
        "due": { "meetings": 1, "everyMonths": 2 }, "startsOn": "2019-01-01", "endsOn": "2019-12-31",
        "members": [{ "side": "MANAGING_BODY", "organisation": "Azienda", "role": "direttore", "seats": 1 }],
    });
    assert_eq!(told, expected);
    assert_eq!(
        bodies(&server, Role::Comune, BODY.trim_start_matches('{').strip_suffix('}').unwrap()),
        json!([expected])
    );
    let change = json!({ "body": body["id"], "expectedVersion": 2, "due": null, "endsOn": null });
    let told = server.done(
        Role::Azienda,
        "updateGoverningBody",
        change,
        "body",
        "{ due { meetings } endsOn members { seats } }",
    );
    assert_eq!(told, json!({ "due": null, "endsOn": null, "members": [{ "seats": 1 }] }));
    let query = "{ auditTrail(last: 3) { nodes { act subject } } }";
    let event = |act: &str| json!({ "act": act, "subject": "body:9/CABINA" });
    let events = server.data(Role::Auditor, query)["auditTrail"]["nodes"].take();
    assert_eq!(events, json!([event("body.add"), event("body.update"), event("body.update")]));
}

#[test]
fn a_partner_sees_the_bodies_of_its_agreements() {
    let server = Server::start();
    let beta = json!({ "ambito": "9", "code": "BETA", "name": "Cooperativa Beta" });
    server.done(Role::Azienda, "addPartner", beta, "partner", "{ id }");
    agreement(&server);
    let version = Version { from: "2019-01-01", to: "2029-12-31", partners: &["BETA"], programmes: &[] };
    accord::add(&server, "9", "ALTRA", &[version]);
    // It was a partner until 2019, and is one again from 2030.
    let version = |from, to, partners| Version { from, to, partners, programmes: &[] };
    let past = version("2019-01-01", "2019-12-31", &["ALFA"]);
    let now = version("2020-01-01", "2029-12-31", &["BETA"]);
    accord::add(&server, "9", "PASSATA", &[past, now, version("2030-01-01", "2031-12-31", &["ALFA"])]);
    let mut former = cabina();
    (former["code"], former["agreement"]) = (json!("BODY-PAST"), json!("PASSATA"));
    let of_past = add(&server, former);
    let mut own = cabina();
    let beta = json!({ "side": "PARTNER", "organisation": "Cooperativa Beta", "role": "coordinatore", "seats": 1 });
    own["members"].as_array_mut().unwrap().push(beta);
    let own = add(&server, own);
    let mut others = cabina();
    (others["code"], others["agreement"]) = (json!("BODY-BETA"), json!("ALTRA"));
    let of_beta = add(&server, others);
    let of_ambito = add(&server, staff());
    let all = json!([{ "code": "BODY-BETA" }, { "code": "BODY-PAST" }, { "code": "CABINA" }, { "code": "STAFF-P1" }]);
    let cases = [
        (Role::Azienda, all.clone(), [true; 4]),
        (Role::Assemblea, all.clone(), [true; 4]),
        (Role::Auditor, all.clone(), [true; 4]),
        (Role::Comune, all.clone(), [true; 4]),
        (Role::Reporting, all, [true; 4]),
        (Role::Partner, json!([{ "code": "CABINA" }]), [false, true, false, false]),
        (Role::Admin, Value::Null, [false; 4]),
    ];
    for (role, seen, nodes) in cases {
        assert_eq!(bodies(&server, role, "code"), seen, "{role:?}");
        for (body, is_seen) in [&of_beta, &own, &of_ambito, &of_past].into_iter().zip(nodes) {
            let node = server.data(role, &format!("{{ node(id: {}) {{ id }} }}", body["id"]));
            assert_eq!(node["node"].is_object(), is_seen, "{role:?}");
        }
    }
    // Of another partner it is told nothing.
    let organisations = |role: Role| {
        let query =
            format!("{{ node(id: {}) {{ ... on GoverningBody {{ members {{ organisation }} }} }} }}", own["id"]);
        let members = server.data(role, &query)["node"]["members"].take();
        members
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["organisation"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let of_comune = "Comune di Crema";
    assert_eq!(organisations(Role::Partner), [of_comune, of_comune, "Cooperativa Alfa"]);
    assert_eq!(organisations(Role::Comune), [of_comune, of_comune, "Cooperativa Alfa", "Cooperativa Beta"]);
}

#[test]
fn an_operator_adds_bodies_too() {
    let server = Server::start();
    agreement(&server);
    let seats = |side: BodySide, seats: i32| NewMember {
        side,
        organisation: "Ente".to_owned(),
        role: "componente".to_owned(),
        seats,
    };
    let new = NewBody {
        code: "CABINA".to_owned(),
        name: "Cabina di regia".to_owned(),
        level: BodyLevel::Direction,
        agreement: Some("COPROG".to_owned()),
        cadence: Some(Cadence { meetings: 2, every_months: 1 }),
        starts_on: "2019-01-01".parse().unwrap(),
        ends_on: None,
        members: vec![seats(BodySide::Comune, 3), seats(BodySide::Partner, 4)],
    };
    wait(async {
        let book = server.store().book();
        let permit = Operator::at_the_machine("test").keep_master(book.ambito_by_code("9").unwrap().row.id);
        let write = server.store().write().await.unwrap();
        body::add(&write, &permit, new, &book).await.unwrap();
        server.store().commit(write).await.unwrap();
    });
    let told = bodies(&server, Role::Auditor, "code members { seats }");
    assert_eq!(told, json!([{ "code": "CABINA", "members": [{ "seats": 3 }, { "seats": 4 }] }]));
}

fn with(mut base: Value, rest: Value) -> Value {
    base.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    base
}

#[test]
#[rustfmt::skip] // One line a case.
fn refusals() {
    let server = Server::start();
    neighbour::add(&server);
    agreement(&server);
    let body = add(&server, with(cabina(), json!({ "endsOn": "2019-12-31" })))["id"].take();
    meet(&server, &body, &["2019-12-10"]);
    let azienda = neighbour::token(&server, Role::Azienda, None);
    let query = "mutation($input: AddGoverningBodyInput!) { addGoverningBody(input: $input) { body { id } errors { code } } }";
    let input = with(staff(), json!({ "ambito": "T1" }));
    let mut foreign = server.send_write(&azienda, "foreign", query, json!({ "input": input })).data();
    let foreign = foreign["addGoverningBody"]["body"]["id"].take();
    assert!(foreign.is_string());
    let new = |rest: Value| with(staff(), rest);
    let old = |rest: Value| with(json!({ "body": body, "expectedVersion": 1 }), rest);
    let meeting = |rest: Value| with(json!({ "body": body, "heldOn": "2019-06-30" }), rest);
    let member = |rest: Value| json!({ "members": [with(json!({ "side": "COMUNE", "organisation": "o", "role": "r" }), rest)] });
    let many = json!({ "members": vec![json!({ "side": "COMUNE", "organisation": "o", "role": "r" }); 101] });
    server.check_refusals(Role::Azienda, vec![
        ("addGoverningBody", new(json!({ "ambito": "T1" })), "NOT_FOUND", "input.ambito"),
        ("addGoverningBody", new(json!({ "code": "CABINA" })), "DUPLICATE", "input.code"),
        ("addGoverningBody", new(json!({ "code": "cabina" })), "INVALID", "input.code"),
        ("addGoverningBody", new(json!({ "code": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.code"),
        ("addGoverningBody", new(json!({ "name": "x".repeat(201) })), "INVALID", "input.name"),
        ("addGoverningBody", new(json!({ "agreement": "NIENTE" })), "NOT_FOUND", "input.agreement"),
        ("addGoverningBody", new(json!({ "startsOn": "1989-12-31" })), "INVALID", "input.startsOn"),
        ("addGoverningBody", new(json!({ "endsOn": "2018-12-31" })), "INVALID", "input.endsOn"),
        ("addGoverningBody", new(json!({ "due": { "meetings": 0, "everyMonths": 1 } })), "INVALID", "input.due.meetings"),
        ("addGoverningBody", new(json!({ "due": { "meetings": 32, "everyMonths": 1 } })), "INVALID", "input.due.meetings"),
        ("addGoverningBody", new(json!({ "due": { "meetings": 1, "everyMonths": 121 } })), "INVALID", "input.due.everyMonths"),
        ("addGoverningBody", new(member(json!({ "role": "x".repeat(101) }))), "INVALID", "input.members.0.role"),
        ("addGoverningBody", new(json!({ "name": "Staff di RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.name"),
        ("addGoverningBody", new(member(json!({ "role": "rssmra80a01b157x" }))), "PERSONAL_DATA", "input.members.0.role"),
        ("addGoverningBody", new(member(json!({ "organisation": "Ente RSSMRA80A01B157X" }))), "PERSONAL_DATA", "input.members.0.organisation"),
        ("updateGoverningBody", old(json!({ "name": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.name"),
        ("recordMeeting", meeting(json!({ "subject": "caso RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.subject"),
        ("addGoverningBody", new(member(json!({ "organisation": "" }))), "INVALID", "input.members.0.organisation"),
        ("addGoverningBody", new(member(json!({ "seats": 0 }))), "INVALID", "input.members.0.seats"),
        ("addGoverningBody", new(member(json!({ "seats": 1001 }))), "INVALID", "input.members.0.seats"),
        ("addGoverningBody", new(many), "INVALID", "input.members"),
        ("updateGoverningBody", old(json!({ "body": "eA" })), "NOT_FOUND", "input.body"),
        ("updateGoverningBody", old(json!({ "body": foreign })), "NOT_FOUND", "input.body"),
        ("updateGoverningBody", old(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateGoverningBody", old(json!({ "name": null })), "INVALID", "input.name"),
        ("updateGoverningBody", old(json!({ "level": null })), "INVALID", "input.level"),
        ("updateGoverningBody", old(json!({ "members": null })), "INVALID", "input.members"),
        ("updateGoverningBody", old(json!({ "endsOn": "2019-12-09" })), "OUTSIDE_PERIOD", "input.endsOn"),
        ("updateGoverningBody", old(json!({ "endsOn": "2018-12-31" })), "INVALID", "input.endsOn"),
        ("recordMeeting", meeting(json!({ "body": foreign })), "NOT_FOUND", "input.body"),
        ("recordMeeting", meeting(json!({ "heldOn": "2019-12-10" })), "DUPLICATE", "input.heldOn"),
        ("recordMeeting", meeting(json!({ "heldOn": "2018-12-31" })), "OUTSIDE_PERIOD", "input.heldOn"),
        ("recordMeeting", meeting(json!({ "heldOn": "2020-01-01" })), "OUTSIDE_PERIOD", "input.heldOn"),
        ("recordMeeting", meeting(json!({ "heldOn": "2026-06-16" })), "INVALID", "input.heldOn"),
        ("recordMeeting", meeting(json!({ "subject": "x".repeat(501) })), "INVALID", "input.subject"),
    ]);
}
