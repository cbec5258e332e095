//! Ambiti, comuni and memberships kept through the API: by whom, what is refused, and what plans and questions about other days keep.

mod refusals;
mod renewed;

use api::auth::{Operator, Role};
use api::store::client::{self, Kind, NewClient};
use serde_json::{Value, json};

use crate::support::database::Database;
use crate::support::tables::wait;
use crate::support::write::new_key;
use crate::support::{PONTEVICO, Server, neighbour, own_folder, plain};

/// What is read back of every act, whatever it is on.
const AMBITO: &str = "{ ambito { id revision code name region province managingBody legalForm comuni { istatCode } } errors { code path } }";
const COMUNE: &str = "{ comune { id revision istatCode name cadastralCode province } errors { code path } }";
const MEMBERSHIP: &str =
    "{ membership { id revision ambito { code } comune { istatCode } validFrom validTo } errors { code path } }";

/// What an act gives back, by its name.
fn selection(name: &str) -> (&'static str, &'static str) {
    match name {
        "addAmbito" | "updateAmbito" => ("ambito", AMBITO),
        "addComune" | "updateComune" => ("comune", COMUNE),
        _ => ("membership", MEMBERSHIP),
    }
}

/// An act of the administrator that must be done: gives what it was done to.
fn done(server: &Server, name: &str, input: Value) -> Value {
    let (thing, selection) = selection(name);
    let mut payload = server.write(Role::Admin, name, input.clone(), selection);
    assert_eq!(payload["errors"], json!([]), "{name} {input}");
    payload[thing].take()
}

/// A server on a database that holds nothing but an administrator.
fn empty_server(beside: &Server) -> Server {
    let database = Database::empty(&own_folder());
    database.migrate();
    let server = beside.beside(database);
    let kind = Kind::check(server.store(), Role::Admin, &[], None).unwrap();
    let (client_id, name) = ("admin".to_owned(), "ambito token".to_owned());
    let new = NewClient { client_id, name, kind, secret_hash: None };
    wait(client::create(server.store(), &Operator::at_the_machine("test").clients(), new)).unwrap();
    server
}

/// All that an administrator reads of an Ambito and its comuni.
const WHOLE: &str = "{ ambiti(first: 5) { nodes { id code name region province managingBody legalForm revision
    comuni { id istatCode name cadastralCode province revision ambito { code } memberships { id validFrom validTo revision } }
    memberships { id ambito { code } comune { istatCode } validFrom validTo revision } funds { code level } services { code } plans { year } } } }";

#[test]
fn from_nothing_to_an_ambito() {
    let ground = Server::start();
    let server = empty_server(&ground);
    let running = server.beside(server.database().same());
    assert_eq!(server.data(Role::Admin, WHOLE), json!({ "ambiti": { "nodes": [] } }));
    let new = json!({ "code": "77", "name": " Valle di prova ", "region": "Lombardia", "province": "BS", "managingBody": "Comunità montana" });
    let ambito = done(&server, "addAmbito", new);
    let expected = json!({ "id": ambito["id"], "revision": 1, "code": "77", "name": "Valle di prova", "region": "Lombardia", "province": "BS",
        "managingBody": "Comunità montana", "legalForm": null, "comuni": [] });
    assert_eq!(ambito, expected);
    for (istat, name, cadastral) in
        [("017901", "Uno", json!("A001")), ("017902", "Due", json!(null)), ("017903", "Tre", json!("Z999"))]
    {
        let comune = done(
            &server,
            "addComune",
            json!({ "istatCode": istat, "name": name, "cadastralCode": cadastral, "province": "BS" }),
        );
        let expected = json!({ "id": comune["id"], "revision": 1, "istatCode": istat, "name": name, "cadastralCode": cadastral, "province": "BS" });
        assert_eq!(comune, expected);
        // One that belongs to no Ambito is there for whoever adds comuni.
        assert_eq!(
            server.data(Role::Admin, &format!("{{ comune(istatCode: \"{istat}\") {{ id name ambito {{ code }} }} }}"))
                ["comune"],
            json!({ "id": comune["id"], "name": name, "ambito": null })
        );
        let member = json!({ "ambito": "77", "comune": istat, "validFrom": "2025-01-01" });
        let membership = done(&server, "addMembership", member);
        let expected = json!({ "id": membership["id"], "revision": 1, "ambito": { "code": "77" }, "comune": { "istatCode": istat },
            "validFrom": "2025-01-01", "validTo": null });
        assert_eq!(membership, expected);
        // Each is found again by its identifier.
        for thing in [&ambito, &comune, &membership] {
            let node = server.data(Role::Admin, &format!("{{ node(id: {}) {{ id }} }}", thing["id"]));
            assert_eq!(node["node"]["id"], thing["id"]);
        }
    }
    let whole = server.data(Role::Admin, WHOLE);
    let found = &whole["ambiti"]["nodes"][0];
    let codes: Vec<&str> =
        found["comuni"].as_array().unwrap().iter().map(|comune| comune["istatCode"].as_str().unwrap()).collect();
    assert_eq!(codes, ["017901", "017902", "017903"]);
    assert_eq!(found["funds"], json!([{ "code": "QUOTA_COMUNI", "level": "COMUNI" }]));
    // A server that ran all the while sees it at its next look at the database, and one that begins now at once.
    wait(running.store().refresh()).unwrap();
    assert_eq!(running.data(Role::Admin, WHOLE), whole);
    assert_eq!(server.beside(server.database().same()).data(Role::Admin, WHOLE), whole);
}

/// A value of something that its identifier names, as the administrator sees it.
fn read(server: &Server, id: &Value, ty: &str, fields: &str) -> Value {
    server.data(Role::Admin, &format!("{{ node(id: {id}) {{ ... on {ty} {{ {fields} }} }} }}"))["node"].take()
}

fn id_of(server: &Server, query: &str, place: &str) -> Value {
    server.data(Role::Admin, query).pointer(place).unwrap().clone()
}

fn ambito_id(server: &Server) -> Value {
    id_of(server, "{ ambito(code: \"9\") { id } }", "/ambito/id")
}

fn comune_id(server: &Server, istat: &str) -> Value {
    id_of(server, &format!("{{ comune(istatCode: \"{istat}\") {{ id }} }}"), "/comune/id")
}

fn membership_id(server: &Server, istat: &str) -> Value {
    id_of(
        server,
        &format!("{{ comune(istatCode: \"{istat}\") {{ memberships {{ id }} }} }}"),
        "/comune/memberships/0/id",
    )
}

#[test]
fn what_is_left_out_stays() {
    let server = Server::start();
    let ambito = ambito_id(&server);
    let fields = "revision name region province managingBody legalForm";
    let mut expected = read(&server, &ambito, "Ambito", fields);
    assert_eq!(expected["revision"], json!(1));
    let steps = [
        ("name", json!("Altro nome")),
        ("region", json!("Veneto")),
        ("province", json!("VR")),
        ("managingBody", json!("Azienda")),
        ("legalForm", json!(null)),
        ("legalForm", json!("unione")),
    ];
    for (revision, (field, value)) in (1..).zip(steps) {
        done(&server, "updateAmbito", json!({ "ambito": ambito, "expectedVersion": revision, field: value }));
        expected[field] = value;
        expected["revision"] = json!(revision + 1);
        assert_eq!(read(&server, &ambito, "Ambito", fields), expected);
    }
    let comune = comune_id(&server, PONTEVICO);
    let fields = "revision name cadastralCode province population";
    let mut expected = read(&server, &comune, "Comune", fields);
    let steps = [
        ("name", json!("Altro nome")),
        ("cadastralCode", json!(null)),
        ("cadastralCode", json!("Q123")),
        ("province", json!("CR")),
    ];
    for (revision, (field, value)) in (1..).zip(steps) {
        done(&server, "updateComune", json!({ "comune": comune, "expectedVersion": revision, field: value }));
        expected[field] = value;
        expected["revision"] = json!(revision + 1);
        assert_eq!(read(&server, &comune, "Comune", fields), expected);
    }
    let membership = membership_id(&server, PONTEVICO);
    let fields = "revision validFrom validTo ambito { code } comune { istatCode }";
    let mut expected = read(&server, &membership, "Membership", fields);
    let steps = [("validTo", json!("2026-12-31")), ("validFrom", json!("2019-06-01")), ("validTo", json!(null))];
    for (revision, (field, value)) in (1..).zip(steps) {
        done(
            &server,
            "updateMembership",
            json!({ "membership": membership, "expectedVersion": revision, field: value }),
        );
        expected[field] = value;
        expected["revision"] = json!(revision + 1);
        assert_eq!(read(&server, &membership, "Membership", fields), expected);
    }
}

#[test]
fn of_two_updates_at_once_one_wins() {
    let server = Server::start();
    let (ambito, comune, membership) =
        (ambito_id(&server), comune_id(&server, PONTEVICO), membership_id(&server, PONTEVICO));
    for (name, field, id, change, values) in [
        ("updateAmbito", "ambito", ambito, "name", [json!("Uno"), json!("Due")]),
        ("updateComune", "comune", comune, "name", [json!("Uno"), json!("Due")]),
        ("updateMembership", "membership", membership, "validTo", [json!("2027-12-31"), json!("2028-12-31")]),
    ] {
        let results: Vec<Value> = std::thread::scope(|scope| {
            let writing = values.map(|value| {
                let (server, input) = (&server, json!({ field: id, "expectedVersion": 1, change: value }));
                scope.spawn(move || server.write(Role::Admin, name, input, selection(name).1))
            });
            writing.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut codes: Vec<String> = results.iter().map(|payload| payload["errors"][0]["code"].to_string()).collect();
        codes.sort();
        assert_eq!(codes, ["\"VERSION_CONFLICT\"", "null"], "{name}");
    }
    // Two who make the same comune a member at once: the second is told that it is one.
    done(&server, "addComune", json!({ "istatCode": "017999", "name": "Nuovo", "province": "BS" }));
    let add = || {
        server.write(
            Role::Admin,
            "addMembership",
            json!({ "ambito": "9", "comune": "017999", "validFrom": "2026-01-01" }),
            MEMBERSHIP,
        )
    };
    let results: Vec<Value> = std::thread::scope(|scope| {
        let writing: Vec<_> = (0..2).map(|_| scope.spawn(add)).collect();
        writing.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut codes: Vec<String> = results.iter().map(|payload| payload["errors"][0]["code"].to_string()).collect();
    codes.sort();
    assert_eq!(codes, ["\"DUPLICATE\"", "null"]);
}

#[test]
fn several_acts_are_one_request() {
    let server = Server::start();
    let query = r#"mutation {
        a: addAmbito(input: { code: "X1", name: "Nuovo", region: "Lombardia", province: "BS", managingBody: "Ente" }) { ambito { code } errors { code } }
        b: addComune(input: { istatCode: "017999", name: "Nuovo", province: "BS" }) { comune { istatCode } errors { code } }
        c: addMembership(input: { ambito: "X1", comune: "017999", validFrom: "2026-01-01" }) { membership { ambito { code comuni { name } } } errors { code } }
        d: addMembership(input: { ambito: "9", comune: "017999", validFrom: "2026-05-01" }) { membership { id } errors { code } } }"#;
    let answer = server.send_write(&server.token_of(Role::Admin), &new_key(), query, Value::Null);
    let expected = json!({
        "a": { "ambito": { "code": "X1" }, "errors": [] },
        "b": { "comune": { "istatCode": "017999" }, "errors": [] },
        "c": { "membership": { "ambito": { "code": "X1", "comuni": [{ "name": "Nuovo" }] } }, "errors": [] },
        "d": { "membership": null, "errors": [{ "code": "DUPLICATE" }] },
    });
    assert_eq!(answer.data(), expected);
}

/// What a comune and others are told of the plan of 2022.
const OF_2022: &str = r#"{ comune(istatCode: "017149") { amountDue(year: 2022) quotas(year: 2022) { amount service { code } } }
    ambito(code: "9") { plan(year: 2022) { digest verification { holds } comuneTotals { comune { istatCode } amount } } } }"#;

#[test]
fn a_plan_keeps_whom_it_froze_and_a_draft_tells() {
    let server = Server::start();
    let plan =
        server.data(Role::Azienda, "{ ambito(code: \"9\") { plan(year: 2022) { id } } }")["ambito"]["plan"]["id"]
            .take();
    let copy = json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": plan });
    let draft = server.write_plan(Role::Azienda, "createPlan", copy);
    let problems = || {
        let query = format!("{{ node(id: {}) {{ ... on Plan {{ problems {{ code comune }} }} }} }}", draft["id"]);
        server.data(Role::Azienda, &query)["node"]["problems"].take()
    };
    assert_eq!(problems(), json!([]));
    let before = server.data(Role::Azienda, OF_2022);
    assert_eq!(before["ambito"]["plan"]["verification"]["holds"], json!(true));
    let membership = membership_id(&server, PONTEVICO);
    // It leaves in the middle of the year that the plan is of, and its quotas of that year stay.
    for (revision, last) in [(1, "2022-12-31"), (2, "2022-06-30")] {
        done(
            &server,
            "updateMembership",
            json!({ "membership": membership, "expectedVersion": revision, "validTo": last }),
        );
        assert_eq!(server.data(Role::Azienda, OF_2022), before, "{last}");
        let services = server.data(
            Role::Azienda,
            &format!(
                "{{ node(id: {}) {{ ... on Plan {{ budgets {{ participants {{ istatCode }} }} }} }} }}",
                draft["id"]
            ),
        );
        let takes_part = services["node"]["budgets"].as_array().unwrap().iter().filter(|budget| {
            budget["participants"].as_array().unwrap().iter().any(|comune| comune["istatCode"] == json!(PONTEVICO))
        });
        let expected: Vec<Value> = takes_part.map(|_| json!({ "code": "NOT_A_MEMBER", "comune": PONTEVICO })).collect();
        assert_eq!(expected.len(), 13);
        assert_eq!(problems(), json!(expected));
    }
    let propose = json!({ "plan": draft["id"], "expectedVersion": draft["revision"] });
    server.check_refused(Role::Azienda, "proposePlan", propose, "NOT_A_MEMBER");
    // A question about an earlier day has the members of then.
    let count = |as_of: &str| {
        let query = format!(
            "{{ ambito(code: \"9\") {{ comuni{as_of} {{ istatCode }} }} comune(istatCode: \"{PONTEVICO}\") {{ ambito{as_of} {{ code }} }} }}"
        );
        let data = server.data(Role::Azienda, &query);
        (data["ambito"]["comuni"].as_array().unwrap().len(), data["comune"]["ambito"].clone())
    };
    assert_eq!(count(""), (19, Value::Null));
    assert_eq!(count("(asOf: \"2022-06-30\")"), (20, json!({ "code": "9" })));
    assert_eq!(count("(asOf: \"2022-07-01\")"), (19, Value::Null));
    // Back again, and nothing stands in the draft's way any more.
    done(&server, "addMembership", json!({ "ambito": "9", "comune": PONTEVICO, "validFrom": "2023-03-01" }));
    assert_eq!(problems(), json!([]));
    assert_eq!(count(""), (20, json!({ "code": "9" })));
    assert_eq!(count("(asOf: \"2022-07-01\")"), (19, Value::Null));
}

#[test]
fn a_comune_moves_to_another_ambito() {
    let server = Server::start();
    neighbour::add(&server);
    let membership = membership_id(&server, PONTEVICO);
    let due = |year: i32| {
        server.data(Role::Auditor, &format!("{{ comune(istatCode: \"{PONTEVICO}\") {{ amountDue(year: {year}) }} }}"))["comune"]["amountDue"].clone()
    };
    let before = due(2021);
    done(
        &server,
        "updateMembership",
        json!({ "membership": membership, "expectedVersion": 1, "validTo": "2025-12-31" }),
    );
    done(&server, "addMembership", json!({ "ambito": "T1", "comune": PONTEVICO, "validFrom": "2026-01-01" }));
    let query = format!(
        "{{ comune(istatCode: \"{PONTEVICO}\") {{ ambito {{ code }} memberships {{ ambito {{ code }} validFrom validTo }} }} ambito(code: \"T1\") {{ comuni {{ istatCode }} }} }}"
    );
    let all = server.data(Role::Admin, &query);
    assert_eq!(all["comune"]["ambito"], json!({ "code": "T1" }));
    assert_eq!(all["comune"]["memberships"].as_array().unwrap().len(), 2);
    assert_eq!(all["ambito"]["comuni"].as_array().unwrap().len(), 3);
    // Who sees Ambito 9 alone is told of the membership there, and of no other.
    let own = server.data(Role::Azienda, &query);
    assert_eq!(own["comune"]["ambito"], Value::Null);
    assert_eq!(own["comune"]["memberships"], json!([all["comune"]["memberships"][0]]));
    assert_eq!(own["ambito"], Value::Null);
    assert_eq!(due(2021), before);
}

/// What it was charged by the Ambito that it leaves is there for whoever sees that one, and the other one's for whoever sees the other.
#[test]
fn a_comune_moves_within_a_year() {
    let server = Server::start();
    neighbour::add(&server);
    let query = format!(
        "{{ comune(istatCode: \"{PONTEVICO}\") {{ amountDue(year: 2022) quotas(year: 2022) {{ amount service {{ code }} }}
            services(year: 2022) {{ code }} statement(year: 2022) {{ charged outstanding charges {{ number amount }} }} }} }}"
    );
    let own = server.token_for(Role::Comune, Some(PONTEVICO));
    let reporting = neighbour::token_in(&server, "9", Role::Reporting, None, "reporting-9".to_owned());
    let tokens = [server.token_of(Role::Azienda), own, reporting];
    let seen = || tokens.each_ref().map(|token| server.ask(token, &query, Value::Null).data());
    let before = seen();
    // 13 services, charged in parts.
    assert_eq!(before[0]["comune"]["quotas"].as_array().unwrap().len(), 13);
    assert!(!before[0]["comune"]["statement"]["charges"].as_array().unwrap().is_empty());
    let membership = membership_id(&server, PONTEVICO);
    let leave = json!({ "membership": membership, "expectedVersion": 1, "validTo": "2022-06-30" });
    done(&server, "updateMembership", leave);
    done(&server, "addMembership", json!({ "ambito": "T1", "comune": PONTEVICO, "validFrom": "2022-07-01" }));
    assert_eq!(seen(), before);
    // The other Ambito has no plan in force of that year; who sees both is told of the last.
    let nothing = json!({ "comune": { "amountDue": null, "quotas": null, "services": [] } });
    let without_statement =
        query.replace("statement(year: 2022) { charged outstanding charges { number amount } }", "");
    let theirs = neighbour::token(&server, Role::Azienda, None);
    for token in [theirs, server.token_of(Role::Auditor)] {
        assert_eq!(server.ask(&token, &without_statement, Value::Null).data(), nothing);
    }
}

#[test]
fn a_comune_of_no_ambito_is_there_for_the_administrator_of_all() {
    let server = Server::start();
    let comune = done(&server, "addComune", json!({ "istatCode": "017999", "name": "Nuovo", "province": "BS" }));
    let query = format!("{{ comune(istatCode: \"017999\") {{ name }} node(id: {}) {{ id }} }}", comune["id"]);
    for role in [Role::Comune, Role::Reporting, Role::Azienda, Role::Assemblea, Role::Auditor] {
        assert_eq!(server.data(role, &query), json!({ "comune": null, "node": null }), "{role:?}");
    }
    let some = neighbour::token_in(&server, "9", Role::Admin, None, "admin-9".to_owned());
    assert_eq!(server.ask(&some, &query, Value::Null).data(), json!({ "comune": null, "node": null }));
    let own = json!({ "comune": { "name": "Nuovo" }, "node": { "id": comune["id"] } });
    assert_eq!(server.data(Role::Admin, &query), own);
    // Once it is a member it is there for everybody whose Ambito that is.
    done(&server, "addMembership", json!({ "ambito": "9", "comune": "017999", "validFrom": "2026-01-01" }));
    assert_eq!(server.data(Role::Comune, &query), own);
}

#[test]
fn each_act_is_one_event_of_the_trail() {
    let server = Server::start();
    let (ambito, comune, membership) =
        (ambito_id(&server), comune_id(&server, PONTEVICO), membership_id(&server, PONTEVICO));
    let from = read(&server, &membership, "Membership", "validFrom")["validFrom"].as_str().unwrap().to_owned();
    let acts = [
        (
            "addAmbito",
            json!({ "code": "X1", "name": "Nuovo", "region": "Lombardia", "province": "BS", "managingBody": "Ente" }),
            "ambito.add",
            "ambito:X1".to_owned(),
        ),
        (
            "updateAmbito",
            json!({ "ambito": ambito, "expectedVersion": 1, "name": "Altro" }),
            "ambito.update",
            "ambito:9".to_owned(),
        ),
        (
            "addComune",
            json!({ "istatCode": "017999", "name": "Nuovo", "province": "BS" }),
            "comune.add",
            "comune:017999".to_owned(),
        ),
        (
            "updateComune",
            json!({ "comune": comune, "expectedVersion": 1, "name": "Altro" }),
            "comune.update",
            format!("comune:{PONTEVICO}"),
        ),
        (
            "addMembership",
            json!({ "ambito": "9", "comune": "017999", "validFrom": "2026-01-01" }),
            "membership.add",
            "membership:9/017999/2026-01-01".to_owned(),
        ),
        (
            "updateMembership",
            json!({ "membership": membership, "expectedVersion": 1, "validFrom": "2019-01-01" }),
            "membership.update",
            format!("membership:9/{PONTEVICO}/{from}"),
        ),
    ];
    let count =
        || server.data(Role::Auditor, "{ auditTrail { totalCount } }")["auditTrail"]["totalCount"].as_i64().unwrap();
    for (name, input, act, subject) in acts {
        let before = count();
        done(&server, name, input);
        assert_eq!(count(), before + 1, "{name}");
        let event =
            server.data(
                Role::Auditor,
                "{ auditTrail(last: 1) { nodes { act subject client digestBefore digestAfter } } }",
            )["auditTrail"]["nodes"][0]
                .take();
        assert_eq!(
            (&event["act"], &event["subject"], &event["client"]),
            (&json!(act), &json!(subject), &json!("admin")),
            "{name}"
        );
        assert_eq!(event["digestBefore"].is_string(), name.starts_with("update"), "{name}");
        assert!(event["digestAfter"].as_str().is_some_and(|digest| digest.len() == 64), "{name}");
        assert_ne!(event["digestBefore"], event["digestAfter"], "{name}");
        // The managing body reads what was done to its own Ambito; comuni belong to none.
        let query = format!("{{ auditTrail(filter: {{ subject: \"{subject}\" }}) {{ totalCount }} }}");
        let own = server.data(Role::Azienda, &query)["auditTrail"]["totalCount"].as_i64().unwrap();
        assert_eq!(own > 0, subject.contains(":9"), "{subject}");
    }
    server.run(&["audit", "verify"]);
}

#[test]
fn the_same_request_again_has_one_effect() {
    let server = Server::start();
    let token = server.token_of(Role::Admin);
    let query = r#"mutation { addComune(input: { istatCode: "017999", name: "Nuovo", province: "BS" }) { comune { id } errors { code } } }"#;
    let first = server.send_write(&token, "one", query, Value::Null);
    assert_eq!(first.data()["addComune"]["errors"], json!([]));
    assert_eq!(plain(&server.send_write(&token, "one", query, Value::Null)), plain(&first));
    assert_eq!(
        server.send_write(&token, "two", query, Value::Null).data()["addComune"]["errors"][0]["code"],
        json!("DUPLICATE")
    );
}
