//! The audit trail: who reads which events, by pages and filters, and that a reader can check the chain. Every answer is compared with the rows as the
//! database holds them, and with hashes that the test works out itself.

mod changes;
mod command;

use api::auth::Role;
use api::store::digest::hex;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::support::tables::{number, wait};
use crate::support::{Server, neighbour, workshop};

const FIELDS: &str = "totalCount nodes { sequence at client act subject digestBefore digestAfter previousHash hash } \
    edges { cursor node { sequence } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";

/// An event as its row has it, its instant left out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Event {
    sequence: i64,
    client: String,
    act: String,
    subject: String,
    before: Option<String>,
    after: Option<String>,
    previous_hash: String,
    hash: String,
}

/// Whether a filter takes an event at its place, counted from 0.
type Fits = Box<dyn Fn(&Event, usize) -> bool>;

/// Every event that is stored, oldest first.
fn stored(server: &Server) -> Vec<Event> {
    wait(async {
        let db = server.store().reader();
        let sql = "SELECT sequence, actor, act, subject, digest_before, digest_after, previous_hash, hash FROM audit_event ORDER BY sequence";
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        let event = |row: &sea_orm::QueryResult| Event {
            sequence: row.try_get_by_index(0).unwrap(),
            client: row.try_get_by_index(1).unwrap(),
            act: row.try_get_by_index(2).unwrap(),
            subject: row.try_get_by_index(3).unwrap(),
            before: row.try_get_by_index(4).unwrap(),
            after: row.try_get_by_index(5).unwrap(),
            previous_hash: row.try_get_by_index(6).unwrap(),
            hash: row.try_get_by_index(7).unwrap(),
        };
        rows.iter().map(event).collect()
    })
}

/// The events of a page.
fn events(page: &Value) -> Vec<Event> {
    let event = |node: &Value| {
        let text = |name: &str| node[name].as_str().map(str::to_owned);
        Event {
            sequence: node["sequence"].as_i64().unwrap(),
            client: text("client").unwrap(),
            act: text("act").unwrap(),
            subject: text("subject").unwrap(),
            before: text("digestBefore"),
            after: text("digestAfter"),
            previous_hash: text("previousHash").unwrap(),
            hash: text("hash").unwrap(),
        }
    };
    page["nodes"].as_array().unwrap().iter().map(event).collect()
}

/// SHA-256 over every field with its length before it, as docs/operating.md has it. The instant has six decimals.
fn hash_of(event: &Event, at: &str) -> String {
    let digest_text = |text: &Option<String>| text.as_ref().map_or("-".to_owned(), |text| format!("+{text}"));
    let fields = [
        event.sequence.to_string(),
        at.to_owned(),
        event.client.clone(),
        event.act.clone(),
        event.subject.clone(),
        digest_text(&event.before),
        digest_text(&event.after),
        event.previous_hash.clone(),
    ];
    let texts: Vec<String> = fields.iter().map(|field| format!("{}:{field}", field.len())).collect();
    hex(digest(&SHA256, texts.concat().as_bytes()).as_ref())
}

/// Appends an event for each of these subjects.
fn note(server: &Server, subjects: &[&str]) {
    wait(async {
        let store = server.store();
        let write = store.write().await.unwrap();
        for subject in subjects {
            write.audit("test", "test.note", subject, None, None).await.unwrap();
        }
        store.commit(write).await.unwrap();
    });
}

fn page(server: &Server, token: &str, arguments: &str) -> Value {
    server.ask(token, &format!("{{ auditTrail{arguments} {{ {FIELDS} }} }}"), Value::Null).data()["auditTrail"].take()
}

/// A server with three Ambiti and events that only look as if they were of Ambito 9.
fn server() -> Server {
    let server = Server::start();
    neighbour::add(&server);
    workshop::import_to(&server);
    note(&server, &FOREIGN);
    note(&server, &["ambito:9", "plan:9/2030/1", "plan:9"]);
    server
}

/// Subjects that are not of Ambito 9.
const FOREIGN: [&str; 22] = [
    "ambito:90",
    "ambito:09",
    "ambito:9 ",
    "ambito: 9",
    "ambito:",
    "ambito",
    "ambito:-9",
    "ambitus:9",
    "Ambito:9",
    "plan:90/2021/1",
    "plan:9-A/2021/1",
    "plan:19/2021/1",
    "plan:/9/1",
    "plan:10/9/9",
    "PLAN:9/2021/1",
    "plans:9/2021/1",
    "client:9",
    "client:9/2021/1",
    ":9",
    "9",
    "9/2021/1",
    "",
];

/// Whether an event is of an Ambito, told by its subject cut by hand.
fn is_of(event: &Event, code: &str) -> bool {
    let Some((kind, rest)) = event.subject.split_once(':') else { return false };
    ["ambito", "plan", "resolution", "partner"].contains(&kind) && rest.split('/').next() == Some(code)
}

#[test]
fn each_role_reads_what_is_its_own() {
    let server = server();
    let all = stored(&server);
    assert!(all.len() > 50 && all.len() <= 100, "{} events", all.len());
    let of = |code: &str| all.iter().filter(|event| is_of(event, code)).cloned().collect::<Vec<_>>();
    assert!(of("9").len() >= 13 && of("10").len() >= 8 && of("T1").len() >= 8);
    let read = |token: &str| page(&server, token, "(first: 100)");
    let whole = read(&server.token_of(Role::Auditor));
    assert_eq!((events(&whole), &whole["totalCount"]), (all.clone(), &json!(all.len())));
    let own = read(&server.token_of(Role::Azienda));
    assert_eq!((events(&own), &own["totalCount"]), (of("9"), &json!(of("9").len())));
    // The new clients' own events are no Ambito's.
    for (code, role) in [("T1", Role::Azienda), ("10", Role::Azienda), ("10", Role::Auditor)] {
        let token = neighbour::token_in(&server, code, role, None, format!("{code}-{role:?}"));
        assert_eq!(events(&read(&token)), of(code), "{code} {role:?}");
    }
    for role in [Role::Comune, Role::Reporting, Role::Assemblea, Role::Admin] {
        let token = server.token_of(role);
        for arguments in ["", "(first: 100)", "(first: 0)", "(after: \"x\")", "(filter: { ambito: \"9\" })"] {
            assert_eq!(page(&server, &token, arguments), Value::Null, "{role:?} {arguments}");
        }
    }
}

/// Every row that an Ambito's events are found by, whatever is asked for besides.
#[test]
fn no_filter_goes_beyond_the_own_ambito() {
    let server = server();
    let azienda = server.token_of(Role::Azienda);
    for filter in [
        r#"ambito: "10""#,
        r#"ambito: "90""#,
        r#"ambito: "ZZ""#,
        r#"ambito: """#,
        r#"subject: "plan:10/2021/1""#,
        r#"subject: "client:azienda""#,
        r#"subject: "plan:90/2021/1""#,
        r#"act: "client.create""#,
        r#"subject: "plan:9/2021/1' OR '1' = '1""#,
        r#"subject: "plan:9/2021/1\u0000""#,
        r#"ambito: "9\u0000""#,
    ] {
        let found = page(&server, &azienda, &format!("(filter: {{ {filter} }})"));
        assert_eq!((events(&found), &found["totalCount"]), (vec![], &json!(0)), "{filter}");
    }
    let both = page(&server, &azienda, r#"(filter: { ambito: "9", act: "plan.approve" })"#);
    assert_eq!(both["totalCount"], 3);
}

#[test]
fn filters_take_what_fits_all_of_them() {
    let server = Server::start();
    // The events of the template are of ten o'clock; these of a minute and of two minutes later.
    for subject in ["ambito:9", "plan:9/2020/1"] {
        server.clock().advance(60);
        note(&server, &[subject, "client:x"]);
    }
    let auditor = server.token_of(Role::Auditor);
    let all = stored(&server);
    let (first, second) = (all.len() - 4, all.len() - 2);
    let later = |from: usize| move |_: &Event, at: usize| at >= from;
    let earlier = |to: usize| move |_: &Event, at: usize| at < to;
    let cases: Vec<(&str, Fits)> = vec![
        ("", Box::new(|_, _| true)),
        (r#"subject: "plan:9/2020/1""#, Box::new(|event, _| event.subject == "plan:9/2020/1")),
        (r#"subject: "PLAN:9/2020/1""#, Box::new(|_, _| false)),
        (r#"subject: "plan:9""#, Box::new(|_, _| false)),
        (r#"client: "test""#, Box::new(|event, _| event.client == "test")),
        (r#"client: "operator:test""#, Box::new(|event, _| event.client == "operator:test")),
        (r#"act: "plan.approve""#, Box::new(|event, _| event.act == "plan.approve")),
        (r#"act: "plan.""#, Box::new(|_, _| false)),
        (r#"ambito: "9""#, Box::new(|event, _| is_of(event, "9"))),
        (r#"ambito: "9", act: "test.note""#, Box::new(|event, _| is_of(event, "9") && event.act == "test.note")),
        (r#"from: "2026-06-15T10:00:00Z""#, Box::new(|_, _| true)),
        (r#"from: "2026-06-15T10:00:00.0000001Z""#, Box::new(later(first))),
        (r#"from: "2026-06-15T10:01:00Z""#, Box::new(later(first))),
        (r#"from: "2026-06-15T10:01:00.000001Z""#, Box::new(later(second))),
        (r#"from: "2026-06-15T10:02:00Z""#, Box::new(later(second))),
        (r#"from: "2026-06-15T10:02:00.0000001Z""#, Box::new(|_, _| false)),
        (r#"from: "9999-12-31T23:59:59Z""#, Box::new(|_, _| false)),
        (r#"to: "2026-06-15T10:00:00Z""#, Box::new(|_, _| false)),
        (r#"to: "2026-06-15T10:00:00.0000001Z""#, Box::new(earlier(first))),
        (r#"to: "2026-06-15T10:01:00Z""#, Box::new(earlier(first))),
        (r#"to: "2026-06-15T10:02:00Z""#, Box::new(earlier(second))),
        (r#"to: "2026-06-15T10:02:01Z""#, Box::new(|_, _| true)),
        (
            r#"from: "2026-06-15T10:01:00Z", to: "2026-06-15T10:02:00Z""#,
            Box::new(move |_, at| (first..second).contains(&at)),
        ),
        (
            r#"from: "2026-06-15T10:01:00Z", client: "test", subject: "plan:9/2020/1", act: "test.note", ambito: "9""#,
            Box::new(move |event, at| at >= first && event.subject == "plan:9/2020/1"),
        ),
    ];
    for (filter, fits) in cases {
        let expected: Vec<_> =
            all.iter().enumerate().filter(|(at, event)| fits(event, *at)).map(|(_, event)| event.clone()).collect();
        let found = page(&server, &auditor, &format!("(first: 100, filter: {{ {filter} }})"));
        assert_eq!((events(&found), &found["totalCount"]), (expected.clone(), &json!(expected.len())), "{filter}");
    }
}

/// The whole list by pages of a size, forwards or backwards, each of which says where it stands.
fn walk(server: &Server, token: &str, size: usize, forward: bool, total: usize) -> Vec<Event> {
    let (mut read, mut edge) = (Vec::new(), String::new());
    loop {
        let page = page(server, token, &format!("({}: {size}{edge})", if forward { "first" } else { "last" }));
        let (mut found, info) = (events(&page), &page["pageInfo"]);
        assert_eq!(found.len(), size.min(total - read.len()));
        let cursors: Vec<&Value> = page["edges"].as_array().unwrap().iter().map(|edge| &edge["cursor"]).collect();
        assert_eq!((&info["startCursor"], &info["endCursor"]), (cursors[0], cursors[found.len() - 1]));
        let (behind, ahead) = (!read.is_empty(), read.len() + found.len() < total);
        let (previous, next) = if forward { (behind, ahead) } else { (ahead, behind) };
        assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(next), &json!(previous)));
        assert_eq!(page["totalCount"], total);
        if forward {
            edge = format!(", after: {}", info["endCursor"]);
            read.append(&mut found);
        } else {
            edge = format!(", before: {}", info["startCursor"]);
            found.append(&mut read);
            read = found;
        }
        if !ahead {
            return read;
        }
    }
}

#[test]
fn pages_follow_one_another_both_ways() {
    let server = server();
    let (auditor, azienda) = (server.token_of(Role::Auditor), server.token_of(Role::Azienda));
    let all = stored(&server);
    let own: Vec<Event> = all.iter().filter(|event| is_of(event, "9")).cloned().collect();
    for size in [1, 3, 7, 100] {
        for forward in [true, false] {
            if size > 1 {
                assert_eq!(walk(&server, &auditor, size, forward, all.len()), all, "{size} {forward}");
            }
            assert_eq!(walk(&server, &azienda, size, forward, own.len()), own, "{size} {forward}");
        }
    }
    // Both ends, an end before a beginning, and the default.
    let cursor = |at: usize| page(&server, &auditor, &format!("(first: {})", at + 1))["pageInfo"]["endCursor"].take();
    let (third, eighth) = (cursor(2), cursor(7));
    for (arguments, expected) in [
        (format!("(after: {third}, before: {eighth})"), &all[3..7]),
        (format!("(last: 2, after: {third}, before: {eighth})"), &all[5..7]),
        (format!("(first: 2, after: {third}, before: {eighth})"), &all[3..5]),
        (format!("(after: {eighth}, before: {third})"), &[]),
        (format!("(last: 3, after: {eighth}, before: {third})"), &[]),
        (String::new(), &all[..20]),
    ] {
        assert_eq!(events(&page(&server, &auditor, &arguments)), expected, "{arguments}");
    }
    // A cursor of an event that is not one's own still is a place.
    let beyond = page(&server, &azienda, &format!("(first: 100, after: {eighth})"));
    assert_eq!(events(&beyond), own.iter().filter(|event| event.sequence > 8).cloned().collect::<Vec<_>>());
}

#[test]
fn what_is_added_later_moves_no_page() {
    let server = Server::start();
    let (auditor, all) = (server.token_of(Role::Auditor), stored(&server));
    let half = all.len() / 2;
    let first = page(&server, &auditor, &format!("(first: {half})"));
    let last = page(&server, &auditor, &format!("(last: {half})"));
    note(&server, &["ambito:9", "ambito:10"]);
    let now = stored(&server);
    assert_eq!(now[..all.len()], all);
    let rest = page(&server, &auditor, &format!("(first: 100, after: {})", first["pageInfo"]["endCursor"]));
    assert_eq!(events(&first).into_iter().chain(events(&rest)).collect::<Vec<_>>(), now);
    let before = page(&server, &auditor, &format!("(last: 100, before: {})", last["pageInfo"]["startCursor"]));
    assert_eq!(events(&before).into_iter().chain(events(&last)).collect::<Vec<_>>(), all);
    assert_eq!(before["totalCount"], now.len());
}

#[test]
fn pages_that_cannot_be_are_refused() {
    let server = Server::start();
    let auditor = server.token_of(Role::Auditor);
    let of = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for (arguments, code) in [
        ("first: 0".to_owned(), "PAGE_LIMIT_EXCEEDED"),
        ("first: 101".to_owned(), "PAGE_LIMIT_EXCEEDED"),
        ("last: -1".to_owned(), "PAGE_LIMIT_EXCEEDED"),
        ("first: 1, last: 1".to_owned(), "BAD_REQUEST"),
        ("after: \"\"".to_owned(), "INVALID_CURSOR"),
        ("after: \"12\"".to_owned(), "INVALID_CURSOR"),
        (format!("after: \"{}\"", of(r#"["quotas",3]"#)), "INVALID_CURSOR"),
        (format!("after: \"{}\"", of(r#"["auditTrail","3"]"#)), "INVALID_CURSOR"),
        (format!("before: \"{}\"", of(r#"["auditTrail", 3]"#)), "INVALID_CURSOR"),
        ("filter: { from: \"2026-06-15\" }".to_owned(), "VALIDATION_ERROR"),
    ] {
        let answer = server.ask(&auditor, &format!("{{ auditTrail({arguments}) {{ totalCount }} }}"), Value::Null);
        assert_eq!(answer.code(), code, "{arguments}");
    }
    // Made up, and all the same a place before the first event or behind the last.
    let total = stored(&server).len();
    for (arguments, expected) in [
        (format!("first: 100, after: \"{}\"", of(r#"["auditTrail",-9223372036854775808]"#)), total),
        (format!("first: 100, before: \"{}\"", of(r#"["auditTrail",9223372036854775807]"#)), total),
        (format!("first: 100, before: \"{}\"", of(r#"["auditTrail",-5]"#)), 0),
        (format!("last: 100, after: \"{}\"", of(r#"["auditTrail",9223372036854775807]"#)), 0),
    ] {
        let found = page(&server, &auditor, &format!("({arguments})"));
        assert_eq!(events(&found).len(), expected, "{arguments}");
    }
}

#[test]
fn a_page_takes_two_statements_whatever_its_size() {
    let server = server();
    let subjects = vec!["ambito:9"; 200];
    note(&server, &subjects);
    for role in [Role::Auditor, Role::Azienda, Role::Reporting] {
        let token = server.token_of(role);
        let expected = if role == Role::Reporting { 0 } else { 2 };
        for arguments in ["(first: 1)", "(last: 100)", r#"(first: 100, filter: { ambito: "9", act: "test.note" })"#] {
            let query = json!({ "query": format!("{{ auditTrail{arguments} {{ {FIELDS} }} }}") }).to_string();
            let before = server.store().statements();
            assert_eq!(server.ask_once(&token, &query).status, 200);
            assert_eq!(server.store().statements() - before, expected, "{role:?} {arguments}");
        }
    }
}

/// Who did what through the API is read at once, and the approval is signed.
#[test]
fn what_is_done_through_the_api_is_in_the_trail() {
    let server = Server::start();
    let plan = r#"{ ambito(code: "9") { plan(year: 2022, asOf: "2022-06-30") { id } } }"#;
    let of_2022 = server.data(Role::Azienda, plan)["ambito"]["plan"]["id"].take();
    let input = json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": of_2022 });
    let draft = server.write_plan(Role::Azienda, "createPlan", input);
    let step = |plan: &Value| json!({ "plan": plan["id"], "expectedVersion": plan["revision"] });
    let proposed = server.write_plan(Role::Azienda, "proposePlan", step(&draft));
    let act = json!({ "ambito": "9", "number": "44/A", "date": "2022-12-19", "body": "Assemblea dei Sindaci" });
    let act = server.write(Role::Assemblea, "addResolution", act, "{ resolution { id } errors { code } }");
    let mut approval = step(&proposed);
    approval["resolution"] = act["resolution"]["id"].clone();
    server.write_plan(Role::Assemblea, "approvePlan", approval);
    let expected = [
        ("azienda", "plan.create", "plan:9/2023/1"),
        ("azienda", "plan.propose", "plan:9/2023/1"),
        ("assemblea", "resolution.add", "resolution:9/44/A/2022-12-19"),
        ("assemblea", "plan.approve", "plan:9/2023/1"),
    ];
    let last = page(&server, &server.token_of(Role::Azienda), "(last: 4)");
    for (event, expected) in events(&last).iter().zip(expected) {
        assert_eq!((event.client.as_str(), event.act.as_str(), event.subject.as_str()), expected);
    }
    let approved = events(&last)[3].sequence;
    assert_eq!(wait(number(server.store().reader(), "SELECT max(sequence) FROM audit_head")), approved);
}

/// An auditor who trusts nothing but the answers works out every hash.
#[test]
fn the_chain_can_be_checked_from_the_answers() {
    let server = server();
    let page = page(&server, &server.token_of(Role::Auditor), "(first: 100)");
    let mut previous = "0".repeat(64);
    for (event, node) in events(&page).iter().zip(page["nodes"].as_array().unwrap()) {
        assert_eq!(event.previous_hash, previous);
        let at = node["at"].as_str().unwrap();
        assert_eq!(at, "2026-06-15T10:00:00Z");
        assert_eq!(event.hash, hash_of(event, &at.replace('Z', ".000000Z")), "{}", event.sequence);
        previous.clone_from(&event.hash);
    }
    let stored = wait(number(server.store().reader(), "SELECT count(*) FROM audit_event"));
    assert_eq!(page["totalCount"], stored);
}

#[test]
fn without_the_database_the_trail_is_away_and_others_notice_nothing() {
    let server = Server::start();
    let query = "{ auditTrail { totalCount } viewer { role } }";
    let (auditor, comune) = (server.token_of(Role::Auditor), server.token_of(Role::Comune));
    wait(server.store().reader().close_by_ref()).unwrap();
    let answer = server.ask(&auditor, query, Value::Null);
    assert_eq!((answer.status, answer.code().as_str()), (200, "STORAGE_UNAVAILABLE"));
    assert_eq!(answer.json()["data"], json!({ "auditTrail": null, "viewer": { "role": "AUDITOR" } }));
    assert_eq!(server.ask(&comune, query, Value::Null).data()["auditTrail"], Value::Null);
}
