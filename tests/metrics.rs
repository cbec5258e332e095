//! The numbers of a server: what is counted, under which names, and how many.

use std::net::TcpListener;

use api::auth::Role;
use api::http::Listed;
use api::limits::Limits;
use serde_json::json;

use crate::billing::pay;
use crate::support::process::{self, Running, get};
use crate::support::{Answer, PONTEVICO, Server, own_folder, program};

/// A server's numbers, by their names with labels.
fn numbers(text: &str) -> Vec<(&str, &str)> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').unwrap()).collect()
}

#[track_caller]
fn number(text: &str, name: &str) -> String {
    let found = numbers(text).into_iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("{name} is not told:\n{text}")).1.to_owned()
}

fn named(server: &Server, name: &str, body: &str) -> u16 {
    let query = json!({ "query": format!("query {name} {{ {body} }}"), "operationName": name }).to_string();
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    server.post("/graphql", &[("content-type", "application/json"), ("authorization", &bearer)], &query).status
}

fn asked(server: &Server, token: &str, query: &str) -> Answer {
    server.ask_once(token, &json!({ "query": query }).to_string())
}

#[test]
fn requests_are_counted_by_operation_and_outcome() {
    let server = Server::with(|limits| {
        limits.metric_operations_max = 2;
        limits.cost_max = 5;
    });
    assert_eq!(named(&server, "Plan", "viewer { role }"), 200);
    assert_eq!(named(&server, "Plan", "viewer { role }"), 200);
    assert_eq!(named(&server, "Plan", "viewer { shoeSize }"), 400);
    assert_eq!(named(&server, "Second", "viewer { role }"), 200);
    // The third name, and one that is too long, are told apart from none.
    assert_eq!(named(&server, "Third", "viewer { role }"), 200);
    assert_eq!(named(&server, &"x".repeat(65), "viewer { role }"), 200);
    assert_eq!(named(&server, "Second", "viewer { role }"), 200);
    let token = server.token_of(Role::Comune);
    assert_eq!(asked(&server, &token, "{ viewer { role } }").status, 200);
    // A document's only operation needs no name beside it to have one.
    assert_eq!(asked(&server, &token, "query Plan { viewer { role } }").status, 200);
    assert_eq!(asked(&server, "no token", "{ viewer { role } }").status, 401);
    assert_eq!(asked(&server, &token, "{ ambiti { nodes { comuni { name } } } }").code(), "COST_EXCEEDED");
    assert_eq!(named(&server, "Second", "ambiti { nodes { comuni { name } } }"), 400);
    assert_eq!(asked(&server, &token, "{").code(), "PARSE_ERROR");
    assert_eq!(server.get("/graphql?query=%7Bviewer%7Brole%7D%7D", &[]).status, 401);
    assert_eq!(server.get("/health/live", &[]).status, 200);
    assert_eq!(server.get("/graphiql/start.js", &[]).status, 200);
    assert_eq!(server.get("/nowhere/at/all", &[]).status, 404);
    assert_eq!(server.post("/oauth/token", &[], "").status, 415);
    let text = server.metrics();
    for (name, expect) in [
        ("graphql_requests_total{operation=\"Plan\",outcome=\"OK\"}", "3"),
        ("graphql_requests_total{operation=\"Plan\",outcome=\"VALIDATION_ERROR\"}", "1"),
        ("graphql_requests_total{operation=\"Second\",outcome=\"OK\"}", "2"),
        ("graphql_requests_total{operation=\"(other)\",outcome=\"OK\"}", "2"),
        ("graphql_requests_total{operation=\"(anonymous)\",outcome=\"OK\"}", "1"),
        ("graphql_requests_total{operation=\"(anonymous)\",outcome=\"COST_EXCEEDED\"}", "1"),
        ("graphql_requests_total{operation=\"Second\",outcome=\"COST_EXCEEDED\"}", "1"),
        // Whoever is refused before a document is read has asked for no operation.
        ("graphql_requests_total{operation=\"(unread)\",outcome=\"INVALID_TOKEN\"}", "1"),
        ("graphql_requests_total{operation=\"(unread)\",outcome=\"UNAUTHENTICATED\"}", "1"),
        ("graphql_requests_total{operation=\"(unread)\",outcome=\"PARSE_ERROR\"}", "1"),
        ("http_requests_total{route=\"/graphql\",status=\"200\"}", "8"),
        ("http_requests_total{route=\"/graphql\",status=\"401\"}", "2"),
        ("http_requests_total{route=\"/health/live\",status=\"200\"}", "1"),
        ("http_requests_total{route=\"/graphiql/{file}\",status=\"200\"}", "1"),
        ("http_requests_total{route=\"(other)\",status=\"404\"}", "1"),
        ("http_requests_total{route=\"/oauth/token\",status=\"415\"}", "1"),
        ("graphql_duration_seconds_count{result=\"ok\"}", "8"),
        ("graphql_duration_seconds_count{result=\"refused\"}", "6"),
        ("graphql_duration_seconds_count{result=\"failed\"}", "0"),
        ("graphql_duration_seconds_bucket{le=\"+Inf\",result=\"ok\"}", "8"),
        // Each of the eight costs 1, and so does what is found invalid later; two would have cost 20 Ambiti with their comuni.
        ("graphql_cost_bucket{le=\"1.0\"}", "9"),
        ("graphql_cost_count", "11"),
        ("http_requests_running", "0"),
        ("http_requests_unanswered_total", "0"),
        ("database_reachable", "1"),
        ("draining", "0"),
    ] {
        assert_eq!(number(&text, &format!("ambito_{name}")), expect, "{name}\n{text}");
    }
    assert!(!text.contains("Third") && !text.contains("xxx") && !text.contains("nowhere"), "{text}");
}

/// A name gets a place when it has been answered for, and loses it to others when nobody asks for it any more.
#[test]
fn junk_names_take_no_place_for_good() {
    let server = Server::with(|limits| limits.metric_operations_max = 2);
    let count = |name: &str| {
        let text = server.metrics();
        let full = format!("ambito_graphql_requests_total{{operation=\"{name}\",outcome=\"OK\"}}");
        numbers(&text).into_iter().find(|(known, _)| *known == full).map(|(_, number)| number.parse::<u32>().unwrap())
    };
    for junk in ["Junk1", "Junk2", "Junk3"] {
        assert_eq!(named(&server, junk, "viewer { shoeSize }"), 400);
    }
    assert_eq!(named(&server, "Daily", "viewer { role }"), 200);
    assert_eq!(named(&server, "Junk4", "viewer { role }"), 200);
    assert_eq!(named(&server, "Weekly", "viewer { role }"), 200);
    assert_eq!((count("Daily"), count("Junk4"), count("Weekly"), count("(other)")), (Some(1), Some(1), None, Some(1)));
    // Within the hour nobody has to go.
    server.clock().advance(3_599);
    assert_eq!(named(&server, "Daily", "viewer { role }"), 200);
    assert_eq!((count("Daily"), count("Junk4")), (Some(2), Some(1)));
    server.clock().advance(1);
    assert_eq!((count("Daily"), count("Junk4")), (Some(2), None));
    assert_eq!(named(&server, "Weekly", "viewer { role }"), 200);
    assert_eq!((count("Daily"), count("Weekly"), count("(other)")), (Some(2), Some(1), Some(1)));
}

/// The operator's own documents are always told apart, asked for or not.
#[test]
fn names_of_listed_documents_come_first() {
    let folder = own_folder();
    let file = folder.join("documents.json");
    let text = "query Listed($code: String!) { ambito(code: $code) { name } }";
    std::fs::write(&file, json!({ "one": text, "two": "{ viewer { role } }" }).to_string()).unwrap();
    let server = Server::with_documents(Listed::load(&file, false, &Limits::default()).unwrap());
    let token = server.token_of(Role::Comune);
    assert_eq!(number(&server.metrics(), "ambito_graphql_requests_total{operation=\"Listed\",outcome=\"OK\"}"), "0");
    // By its id, and by its text: it is there already. Another document is not, the first time.
    for body in [
        json!({ "documentId": "one", "variables": { "code": "9" } }),
        json!({ "query": text, "variables": { "code": "10" } }),
        json!({ "query": "query Other { viewer { role } }" }),
        json!({ "query": "query Other { viewer { role } }", "variables": {} }),
    ] {
        assert_eq!(server.ask_once(&token, &body.to_string()).status, 200);
    }
    let text = server.metrics();
    for (name, expect) in [
        ("graphql_requests_total{operation=\"Listed\",outcome=\"OK\"}", "2"),
        ("graphql_requests_total{operation=\"Other\",outcome=\"OK\"}", "2"),
        ("kept_documents_total{result=\"hit\"}", "3"),
        ("kept_documents_total{result=\"miss\"}", "1"),
    ] {
        assert_eq!(number(&text, &format!("ambito_{name}")), expect, "{name}\n{text}");
    }
    let _ = std::fs::remove_dir_all(folder);
}

/// To ask for the text of a document is a step of the protocol and nobody's mistake.
#[test]
fn an_unknown_hash_is_no_refusal() {
    let server = Server::start();
    let token = server.token_of(Role::Comune);
    let (text, hash) =
        ("query Hashed { viewer { role } }", "3a4a6ab1a3ec45e6bf84cd5b0d9fb8b5b1aee4d3dbb6ed8d2bdb1a7b5a0c4d11");
    let named = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    assert_eq!(server.ask_once(&token, &named.to_string()).code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(asked(&server, &token, text).status, 200);
    let text = server.metrics();
    for (name, expect) in [
        ("graphql_requests_total{operation=\"(unread)\",outcome=\"PERSISTED_QUERY_NOT_FOUND\"}", "1"),
        ("graphql_duration_seconds_count{result=\"unknown_hash\"}", "1"),
        ("graphql_duration_seconds_count{result=\"refused\"}", "0"),
        ("graphql_duration_seconds_count{result=\"ok\"}", "1"),
        ("kept_documents_total{result=\"miss\"}", "2"),
    ] {
        assert_eq!(number(&text, &format!("ambito_{name}")), expect, "{name}\n{text}");
    }
}

#[test]
fn what_was_kept_is_counted() {
    let server = Server::start();
    let token = server.token_of(Role::Comune);
    let query = "{ ambito(code: \"9\") { name } }";
    // The second is answered from memory; the third differs by a blank outside of its document, the fourth is none that could be kept.
    for body in [
        json!({ "query": query }).to_string(),
        json!({ "query": query }).to_string(),
        format!("{{\"query\": {} }}", json!(query)),
    ] {
        assert_eq!(server.ask_once(&token, &body).status, 200);
    }
    assert_eq!(asked(&server, &token, "{").status, 400);
    let text = server.metrics();
    for (name, expect) in [
        ("kept_answers_total{result=\"hit\"}", "1"),
        ("kept_answers_total{result=\"miss\"}", "2"),
        ("kept_documents_total{result=\"hit\"}", "1"),
        ("kept_documents_total{result=\"miss\"}", "1"),
    ] {
        assert_eq!(number(&text, &format!("ambito_{name}")), expect, "{name}\n{text}");
    }
}

/// A payment is an event of the trail and changes nothing that answers are made from in memory; a resolution does.
#[test]
fn what_changes_nothing_of_the_book_leaves_what_is_kept() {
    let server = Server::start();
    let token = server.token_of(Role::Comune);
    let body = json!({ "query": "{ ambito(code: \"9\") { name } }" }).to_string();
    let hits = || number(&server.metrics(), "ambito_kept_answers_total{result=\"hit\"}");
    let ask = || assert_eq!(server.ask_once(&token, &body).status, 200);
    ask();
    let version = server.store().book().version();
    pay(&server, PONTEVICO, "2022-01-10", 100, None);
    assert_eq!(server.store().book().version(), version + 1);
    ask();
    assert_eq!(hits(), "1");
    let act = json!({ "ambito": "9", "number": "77", "date": "2022-05-05", "body": "Assemblea" });
    server.write(Role::Azienda, "addResolution", act, "{ errors { code } }");
    ask();
    assert_eq!(hits(), "1");
    ask();
    assert_eq!(hits(), "2");
}

#[test]
fn what_is_so_at_this_moment() {
    let server = Server::start();
    let text = server.metrics();
    let version = server.store().book().version();
    assert!(version > 0);
    assert_eq!(number(&text, "ambito_book_version"), version.to_string());
    let engine = server.store().engine();
    assert_eq!(number(&text, &format!("ambito_build_info{{version=\"test\",engine=\"{engine}\"}}")), "1");
    // The instant at which tests stand.
    assert_eq!(number(&text, "process_start_time_seconds"), "1781517600");
    let connections = ["idle", "in_use"].map(|state| {
        number(&text, &format!("ambito_database_connections{{state=\"{state}\"}}")).parse::<u32>().unwrap()
    });
    assert!((1..=4).contains(&connections.iter().sum::<u32>()), "{connections:?}");
    for line in text.lines() {
        assert!(line.starts_with("# ") || line.split(' ').count() == 2, "{line:?}");
    }
    assert!(text.ends_with("# EOF\n"));
}

/// The documentation lists them all, and no other.
#[test]
fn every_number_is_documented() {
    let server = Server::start();
    // What has labels is told once there is something to tell.
    assert_eq!(server.get("/health/live", &[]).status, 200);
    let text = server.metrics();
    let mut told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let documentation = include_str!("../docs/operating.md");
    let rows = documentation.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut documented: Vec<&str> = rows
        .filter_map(|row| row.split(['`', '{']).next())
        .filter(|name| name.starts_with("ambito_") || name.starts_with("process_"))
        .collect();
    told.sort_unstable();
    documented.sort_unstable();
    assert_eq!(documented, told);
}

/// The program serves them where it is told to, apart from everything else; a demonstration does so by itself.
#[test]
fn they_have_an_address_of_their_own() {
    let mut demo = Running::start(program(&["demo", "--ephemeral", "--listen", "127.0.0.1:0"], &[]));
    let (metrics, url) = (demo.url("metrics: "), demo.url("demonstration at"));
    assert_eq!(get(&format!("{url}/metrics")).status, 404);
    let page = get(&format!("{metrics}/metrics"));
    let kind = page.header("content-type").unwrap();
    assert_eq!((page.status, kind.as_str()), (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert_eq!(number(&page.body, "ambito_http_requests_total{route=\"(other)\",status=\"404\"}"), "1");
    for path in ["/", "/graphql", "/health/ready"] {
        assert_eq!(get(&format!("{metrics}{path}")).status, 404, "{path}");
    }
    assert_eq!(process::send("POST", &format!("{metrics}/metrics"), &[], Some("")).status, 405);
    assert_eq!(demo.stop(), Some(0));
    // A port that is taken is told before anything starts.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, folder) = (taken.local_addr().unwrap().to_string(), own_folder());
    let ended = process::run(
        &["demo", "--data", folder.to_str().unwrap(), "--listen", "127.0.0.1:0"],
        &[("AMBITO_METRICS_LISTEN", &address)],
    );
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains(&format!("{address} is in use")), "{}", ended.err);
    let _ = std::fs::remove_dir_all(folder);
}
