//! Agreements as clients read them: which there are and for whom, and which version is in force on a day.
//!
//! What they say, figure by figure, is in `figures.rs`, `milestones.rs` and `worth.rs`; what files may hold is in `files.rs`; what acts write and refuse is in `writing.rs` and
//! `refused.rs`, beside a renewal in `amending.rs`; how many there may be in `bounds.rs`; what they commit plans to is in `commitments.rs`.

mod amending;
mod bounds;
mod commitments;
mod figures;
mod files;
mod milestones;
mod refused;
mod worth;
mod writing;

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::agreements::{add, add_small, partner_token};
use crate::support::tables::wait;
use crate::support::{Server, neighbour};

/// Codes of the agreements of an Ambito, as somebody sees them; null where there are none for it.
fn codes(server: &Server, token: &str, ambito: &str, arguments: &str) -> Value {
    let query = format!("{{ ambito(code: \"{ambito}\") {{ agreements{arguments} {{ nodes {{ code }} }} }} }}");
    let data = server.ask(token, &query, Value::Null).data();
    match data.pointer("/ambito/agreements/nodes") {
        Some(nodes) => nodes.as_array().unwrap().iter().map(|node| node["code"].clone()).collect(),
        None => Value::Null,
    }
}

/// The identifier of an agreement.
fn id(server: &Server, ambito: &str, code: &str) -> String {
    let query = format!("{{ ambito(code: \"{ambito}\") {{ agreements(first: 100) {{ nodes {{ id code }} }} }} }}");
    let data = server.ask(&server.token_of(Role::Auditor), &query, Value::Null).data();
    let nodes = data["ambito"]["agreements"]["nodes"].as_array().unwrap().clone();
    nodes.iter().find(|node| node["code"] == code).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn everybody_but_the_administrator_sees_the_agreements_of_its_ambiti_and_a_partner_its_own() {
    let server = Server::start();
    add(&server);
    add_small(&server, "9", ("ALFA", "SAD"), 2);
    let beta = "ambito = \"9\"\npartner = [{ code = \"BETA\", name = \"Beta\" }]\n[[agreement]]\ncode = \"X\"\nkind = \"TENDER\"
        version = [{ title = \"t\", starts_on = 2020-01-01, ends_on = 2020-12-31, partners = [\"BETA\"] }]";
    files::import(&server, beta).unwrap();
    let nobodys = "bm9ib2R5";
    for (role, own, of_all) in [
        (Role::Auditor, json!(["S001", "S002", "X"]), json!(["COPROGETTAZIONE"])),
        (Role::Reporting, json!(["S001", "S002", "X"]), json!(["COPROGETTAZIONE"])),
        (Role::Azienda, json!(["S001", "S002", "X"]), Value::Null),
        (Role::Assemblea, json!(["S001", "S002", "X"]), Value::Null),
        (Role::Comune, json!(["S001", "S002", "X"]), Value::Null),
        (Role::Partner, json!(["S001", "S002"]), Value::Null),
        (Role::Admin, Value::Null, Value::Null),
    ] {
        let token = server.token_of(role);
        assert_eq!(codes(&server, &token, "9", ""), own, "{role:?}");
        assert_eq!(codes(&server, &token, "CREMA", ""), of_all, "{role:?}");
        for (ambito, code) in [("9", "S001"), ("9", "X"), ("CREMA", "COPROGETTAZIONE")] {
            let seen = if ambito == "9" { &own } else { &of_all };
            let is_seen = seen.as_array().is_some_and(|seen| seen.contains(&json!(code)));
            let id = id(&server, ambito, code);
            for (query, place) in [
                ("{ agreement(id: ID) { code versions { number lines { code } } } }", "/agreement"),
                ("{ node(id: ID) { ... on Agreement { code } } }", "/node"),
            ] {
                let ask = |id: &str| server.ask(&token, &query.replace("ID", &format!("\"{id}\"")), Value::Null);
                let answer = ask(&id);
                let found = answer.data().pointer(place).unwrap().clone();
                assert_eq!(found["code"] == code, is_seen, "{role:?} {code}: {found}");
                // What is hidden is what is not there.
                assert!(is_seen || answer.data() == ask(nobodys).data(), "{role:?} {code}");
            }
        }
    }
    // Also where a partner is named, or one that is not there.
    let partner = server.token_of(Role::Partner);
    for (arguments, expected) in [
        ("(partner: \"ALFA\")", json!(["S001", "S002"])),
        ("(partner: \"BETA\")", json!([])),
        ("(partner: \"GAMMA\")", json!([])),
        ("(kind: SERVICE_CONTRACT)", json!(["S001", "S002"])),
        ("(kind: TENDER)", json!([])),
    ] {
        assert_eq!(codes(&server, &partner, "9", arguments), expected, "{arguments}");
    }
    let auditor = server.token_of(Role::Auditor);
    assert_eq!(codes(&server, &auditor, "9", "(partner: \"BETA\", kind: TENDER)"), json!(["X"]));
    assert_eq!(codes(&server, &auditor, "9", "(partner: \"GAMMA\")"), json!([]));
}

#[test]
fn a_partner_sees_nothing_of_another_in_an_agreement_that_both_have() {
    let server = Server::start();
    let both = "ambito = \"9\"\npartner = [{ code = \"BETA\", name = \"Beta\" }]\n[[agreement]]\ncode = \"BOTH\"\nkind = \"TENDER\"
        version = [{ title = \"t\", starts_on = 2020-01-01, ends_on = 2021-12-31, partners = [\"BETA\", \"ALFA\"], contribution = [
          { year = 2020, partner = \"ALFA\", amount = \"1.00\", detail = [{ item = \"a\", amount = \"1.00\" }] },
          { year = 2020, partner = \"BETA\", amount = \"2.00\", detail = [{ item = \"b\", amount = \"2.00\" }] },
          { year = 2020, amount = \"4.00\" }, { year = 2021, partner = \"BETA\", amount = \"8.00\" } ] }]";
    files::import(&server, both).unwrap();
    let query = r#"{ ambito(code: "9") { agreements { nodes { version(asOf: "2020-06-30") { partners { code }
        contributions { year partner { code } amount items { item } } years { year contributions } } } } } }"#;
    let (alfa, beta) = (json!({ "code": "ALFA" }), json!({ "code": "BETA" }));
    let contribution = |year: i32, partner: &Value, amount: &str, items: Value| json!({ "year": year, "partner": partner, "amount": amount, "items": items });
    let of_alfa = contribution(2020, &alfa, "1.00", json!([{ "item": "a" }]));
    let of_beta = contribution(2020, &beta, "2.00", json!([{ "item": "b" }]));
    let of_nobody = contribution(2020, &Value::Null, "4.00", json!([]));
    let later = contribution(2021, &beta, "8.00", json!([]));
    let year = |year: i32, sum: &str| json!({ "year": year, "contributions": sum });
    for (token, partners, contributions, years) in [
        (
            server.token_of(Role::Auditor),
            json!([beta, alfa]),
            json!([of_alfa, of_beta, of_nobody, later]),
            json!([year(2020, "7.00"), year(2021, "8.00")]),
        ),
        (server.token_of(Role::Partner), json!([alfa]), json!([of_alfa, of_nobody]), json!([year(2020, "5.00")])),
        (
            partner_token(&server, "9", "BETA"),
            json!([beta]),
            json!([of_beta, of_nobody, later]),
            json!([year(2020, "6.00"), year(2021, "8.00")]),
        ),
    ] {
        let data = server.ask(&token, query, Value::Null).data();
        let version = &data["ambito"]["agreements"]["nodes"][0]["version"];
        let expected = json!({ "partners": partners, "contributions": contributions, "years": years });
        assert_eq!(version, &expected);
        // A digest of all of it would let one try what the other adds.
        let query =
            "{ ambito(code: \"9\") { agreements { nodes { latest: version { digest } versions { digest } } } } }";
        let found = server.ask(&token, query, Value::Null).data()["ambito"]["agreements"]["nodes"][0].take();
        let digests = [&found["latest"]["digest"], &found["versions"][0]["digest"]];
        let sees_all = partners == json!([beta, alfa]);
        assert!(digests.iter().all(|digest| digest.is_string() == sees_all), "{found}");
    }
}

#[test]
fn a_partner_sees_the_versions_that_it_is_part_of() {
    let server = Server::start();
    let change = "ambito = \"9\"\npartner = [{ code = \"BETA\", name = \"Beta\" }]\n[[agreement]]\ncode = \"X\"\nkind = \"TENDER\"
        version = [{ title = \"a\", starts_on = 2020-01-01, ends_on = 2020-12-31, partners = [\"ALFA\"] },
          { kind = \"RENEWAL\", title = \"b\", starts_on = 2021-01-01, ends_on = 2021-12-31, partners = [\"BETA\"] }]";
    files::import(&server, change).unwrap();
    let query = r#"{ ambito(code: "9") { agreements { nodes { code versions { number }
        before: version(asOf: "2020-06-30") { title } after: version(asOf: "2021-06-30") { title }
        again: version(asOf: "2021-06-30") { partners { code } } } } } }"#;
    let (first, second) = (json!({ "number": 1 }), json!({ "number": 2 }));
    let (before, after) = (json!({ "title": "a" }), json!({ "title": "b" }));
    let beta = json!({ "partners": [{ "code": "BETA" }] });
    for (token, versions, before, after, again) in [
        (server.token_of(Role::Auditor), json!([first, second]), &before, &after, &beta),
        (server.token_of(Role::Partner), json!([first]), &before, &Value::Null, &Value::Null),
        (partner_token(&server, "9", "BETA"), json!([second]), &Value::Null, &after, &beta),
    ] {
        let data = server.ask(&token, query, Value::Null).data();
        let expected = json!({ "code": "X", "versions": versions, "before": before, "after": after, "again": again });
        assert_eq!(data["ambito"]["agreements"]["nodes"], json!([expected]));
    }
}

#[test]
fn the_version_in_force_is_the_latest_that_holds_by_then() {
    let server = Server::start();
    add(&server);
    let token = server.token_of(Role::Reporting);
    let id = id(&server, "CREMA", "COPROGETTAZIONE");
    for (day, number) in [
        ("2015-02-28", Value::Null),
        ("2015-03-01", json!(1)),
        // The period is over, and nothing has taken its place.
        ("2018-06-30", json!(1)),
        ("2018-12-31", json!(1)),
        ("2019-01-01", json!(2)),
        ("2026-06-15", json!(2)),
    ] {
        let query = format!("{{ agreement(id: \"{id}\") {{ version(asOf: \"{day}\") {{ number }} }} }}");
        let data = server.ask(&token, &query, Value::Null).data();
        assert_eq!(data["agreement"]["version"].get("number").cloned().unwrap_or_default(), number, "{day}");
    }
    // Today is 15 June 2026.
    let query = format!("{{ agreement(id: \"{id}\") {{ version {{ number }} versions {{ number kind }} }} }}");
    let data = server.ask(&token, &query, Value::Null).data();
    let versions = json!([{ "number": 1, "kind": "ORIGINAL" }, { "number": 2, "kind": "RENEWAL" }]);
    assert_eq!(data["agreement"], json!({ "version": { "number": 2 }, "versions": versions }));
}

#[test]
fn a_long_list_comes_by_pages() {
    let server = Server::start();
    add_small(&server, "9", ("ALFA", "SAD"), 45);
    let token = server.token_of(Role::Auditor);
    let (mut seen, mut after) = (Vec::new(), String::new());
    for (size, more) in [(20, true), (20, true), (5, false)] {
        let query = format!(
            "{{ ambito(code: \"9\") {{ agreements{after} {{ totalCount nodes {{ code }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
        );
        let data = server.ask(&token, &query, Value::Null).data();
        let page = &data["ambito"]["agreements"];
        let nodes = page["nodes"].as_array().unwrap();
        assert_eq!((nodes.len(), page["totalCount"].as_i64()), (size, Some(45)));
        assert_eq!(page["pageInfo"]["hasNextPage"], more);
        seen.extend(nodes.iter().map(|node| node["code"].as_str().unwrap().to_owned()));
        after = format!("(after: {})", page["pageInfo"]["endCursor"]);
    }
    assert_eq!(seen, (1..=45).map(|number| format!("S{number:03}")).collect::<Vec<_>>());
    for arguments in ["(first: 101)", "(first: 0)", "(after: \"x\")"] {
        let query = format!("{{ ambito(code: \"9\") {{ agreements{arguments} {{ totalCount }} }} }}");
        assert!(!server.ask(&token, &query, Value::Null).code().is_empty(), "{arguments}");
    }
}

#[test]
fn statements_are_as_many_for_many_agreements_as_for_one() {
    let server = Server::with(|limits| limits.cost_max = 1_000_000_000);
    neighbour::add(&server);
    add_small(&server, "T1", ("ALFA", "SAD"), 1);
    add_small(&server, "9", ("ALFA", "SAD"), 100);
    let token = server.token_of(Role::Auditor);
    let everything =
        "number title partners { code } services { code } areas { code } lines { code parts { item } service { code } }
        years { gross } contributions { amount items { item } } instalments { amount } milestones { state }
        monitoringDates planningDates programmeDates perimeter(year: 2020) { total } programmes { code }";
    let count = |ambito: &str, inner: &str| {
        let query =
            format!("{{ ambito(code: \"{ambito}\") {{ agreements(first: 100) {{ nodes {{ code {inner} }} }} }} }}");
        let before = server.store().statements();
        let answer = server.ask_once(&token, &json!({ "query": query }).to_string());
        let data = answer.data();
        assert_eq!(
            data["ambito"]["agreements"]["nodes"].as_array().unwrap().len(),
            if ambito == "9" { 100 } else { 1 }
        );
        server.store().statements() - before
    };
    count("9", "");
    assert_eq!(count("9", ""), 0);
    for inner in [
        "version(asOf: \"2020-06-30\") { number }".to_owned(),
        format!("version(asOf: \"2020-06-30\") {{ {everything} }}"),
        format!("versions {{ {everything} }}"),
    ] {
        assert_eq!(count("9", &inner), count("T1", &inner), "{inner}");
    }
    // Only the tables that are asked for.
    assert!(count("9", "versions { number }") + 12 <= count("9", &format!("versions {{ {everything} }}")));
}

#[test]
fn without_the_database_what_agreements_there_are_is_still_told() {
    let server = Server::start();
    add(&server);
    let token = server.token_of(Role::Auditor);
    let list = r#"{ ambito(code: "CREMA") { agreements { nodes { code grantor grantorComune { name } } } } }"#;
    let before = server.ask(&token, list, Value::Null).data();
    assert_eq!(before["ambito"]["agreements"]["nodes"][0]["grantor"], "Crema");
    wait(server.store().reader().close_by_ref()).unwrap();
    assert_eq!(server.ask(&token, list, Value::Null).data(), before);
    let whole = r#"{ ambito(code: "CREMA") { name agreements { nodes { code version { number } } } } }"#;
    let answer = server.ask(&token, whole, Value::Null);
    assert_eq!((answer.status, answer.code().as_str()), (200, "STORAGE_UNAVAILABLE"));
    let node = &answer.json()["data"]["ambito"]["agreements"]["nodes"][0];
    assert_eq!(node, &json!({ "code": "COPROGETTAZIONE", "version": null }));
}

#[test]
fn days_without_end_are_asked_for_by_shorter_times() {
    let server = Server::start();
    let long = "ambito = \"9\"\n[[agreement]]\ncode = \"LONG\"\nkind = \"TENDER\"
        version = [{ title = \"t\", starts_on = 1990-01-31, ends_on = 2199-12-31, partners = [\"ALFA\"],
          recurrence = [{ kind = \"MONITORING\", every_months = 1 }, { kind = \"PLANNING\", day = \"02-29\" }] }]";
    files::import(&server, long).unwrap();
    let ask = |fields: &str| {
        let query =
            format!("{{ ambito(code: \"9\") {{ agreements {{ nodes {{ version {{ number {fields} }} }} }} }} }}");
        server.ask(&server.token_of(Role::Auditor), &query, Value::Null)
    };
    let answer = ask("monitoringDates");
    assert_eq!((answer.status, answer.code().as_str()), (200, "BAD_REQUEST"));
    let version = &answer.json()["data"]["ambito"]["agreements"]["nodes"][0]["version"];
    assert_eq!(version, &json!({ "number": 1, "monitoringDates": null }));
    let version = ask("planningDates monitoringDates(from: \"2023-12-31\", to: \"2024-02-29\")").data();
    let version = &version["ambito"]["agreements"]["nodes"][0]["version"];
    assert_eq!(version["monitoringDates"], json!(["2023-12-31", "2024-01-31", "2024-02-29"]));
    // 29 February, or the last day of the month, of each of 210 years.
    assert_eq!(version["planningDates"].as_array().unwrap().len(), 210);
    assert_eq!(
        (&version["planningDates"][0], &version["planningDates"][2]),
        (&json!("1990-02-28"), &json!("1992-02-29"))
    );
}
