//! Kept answers: nobody gets an answer kept for another, and what changes is seen by the very next request.
//!
//! Besides these tests, every question that the suite asks is asked again by `support::twice`.

mod conditional;
mod documents;

use std::collections::BTreeMap;

use api::auth::{Operator, Role};
use api::store::{Store, client};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::statements::whole_schema;
use crate::support::neighbour::{self, ALFA};
use crate::support::tables::wait;
use crate::support::{MANERBIO, PONTEVICO, Server, plain, workshop};

/// Every query that the suite writes whole, and those that are made from the schema.
fn every_query(server: &Server) -> Vec<String> {
    let mut queries = documents::of_the_suite();
    assert!(queries.len() > 150, "only {} documents are found in the sources", queries.len());
    let of_schema = whole_schema(server);
    assert!(of_schema.len() > 30, "only {} queries are made from the schema", of_schema.len());
    queries.extend(of_schema);
    queries
}

fn body(query: &str) -> String {
    json!({ "query": query }).to_string()
}

/// A server with two Ambiti that keeps answers, and one that keeps none.
fn two_servers() -> (Server, Server) {
    let change = |bytes: usize| {
        move |limits: &mut api::limits::Limits| {
            limits.kept_answer_bytes_max = bytes;
            limits.kept_document_bytes_max = bytes;
        }
    };
    let (keeping, plain) = (Server::with(change(64 * 1024 * 1024)), Server::with(change(0)));
    for server in [&keeping, &plain] {
        neighbour::add(server);
    }
    (keeping, plain)
}

/// Tokens of each kind of standing, by a name: two comuni of one Ambito, one of another, and each role.
fn tokens(server: &Server) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("manerbio", server.token_for(Role::Comune, Some(MANERBIO))),
        ("pontevico", server.token_for(Role::Comune, Some(PONTEVICO))),
        ("azienda", server.token_of(Role::Azienda)),
        ("assemblea", server.token_of(Role::Assemblea)),
        ("reporting", server.token_of(Role::Reporting)),
        ("auditor", server.token_of(Role::Auditor)),
        ("admin", server.token_of(Role::Admin)),
        ("neighbour's comune", neighbour::token(server, Role::Comune, Some(ALFA))),
        ("neighbour's azienda", neighbour::token(server, Role::Azienda, None)),
    ])
}

/// Every query, by every kind of client, cold and while all the others' answers are kept, against a server that keeps nothing.
#[test]
fn nobody_gets_an_answer_kept_for_another() {
    let (keeping, plain_server) = two_servers();
    let queries = every_query(&keeping);
    let (tokens, plain_tokens) = (tokens(&keeping), tokens(&plain_server));
    let (mut differing, mut good) = (0, 0);
    for query in &queries {
        let body = body(query);
        let expected: Vec<_> = plain_tokens.values().map(|token| plain(&plain_server.ask_once(token, &body))).collect();
        for round in ["cold", "hot"] {
            for ((who, token), expected) in tokens.iter().zip(&expected) {
                assert_eq!(&plain(&keeping.ask_once(token, &body)), expected, "{round}, {who}: {query}");
            }
        }
        differing += usize::from(expected.iter().any(|one| one != &expected[0]));
        good += usize::from(expected.iter().any(|(status, body)| *status == 200 && !body.contains("\"errors\"")));
    }
    // Without these the test could not fail.
    assert!(differing > 50 && good > 100, "{differing} of {} differ between clients, {good} are good", queries.len());
}

/// Makes another client of one, as whoever has the database may: the same token then stands for another role.
fn change_role(server: &Server, client_id: &str, role: &str, comune: Option<&str>) {
    let comune =
        comune.map_or_else(|| "NULL".to_owned(), |code| format!("(SELECT id FROM comune WHERE istat_code = '{code}')"));
    let sql = format!("UPDATE client SET role = '{role}', comune_id = {comune} WHERE client_id = '{client_id}'");
    wait(async {
        // The program's own role may not.
        let owner = Store::open(&server.database().owners_url(), server.store().clock().clone()).await.unwrap();
        let write = owner.write().await.unwrap();
        write.tx().execute_unprepared(&sql).await.unwrap();
        write.audit("test", "client.change", client_id, None, None).await.unwrap();
        owner.commit(write).await.unwrap();
        owner.close().await.unwrap();
        server.store().refresh().await.unwrap();
    });
}

#[test]
fn a_change_of_role_is_seen_by_the_next_request_of_every_query() {
    let (keeping, plain_server) = two_servers();
    let token = keeping.token_for(Role::Comune, Some(MANERBIO));
    let steps = [
        ("AZIENDA", None, plain_server.token_of(Role::Azienda)),
        ("COMUNE", Some(PONTEVICO), plain_server.token_for(Role::Comune, Some(PONTEVICO))),
        ("ASSEMBLEA", None, plain_server.token_of(Role::Assemblea)),
        ("COMUNE", Some(MANERBIO), plain_server.token_for(Role::Comune, Some(MANERBIO))),
    ];
    for query in every_query(&keeping) {
        keeping.ask_once(&token, &body(&query));
    }
    for (role, comune, like) in steps {
        change_role(&keeping, &format!("comune-{MANERBIO}"), role, comune);
        for query in every_query(&keeping) {
            let body = body(&query);
            let expected = plain(&plain_server.ask_once(&like, &body));
            for round in ["cold", "hot"] {
                assert_eq!(plain(&keeping.ask_once(&token, &body)), expected, "{round}, {role} {comune:?}: {query}");
            }
        }
    }
}

const PLAN_QUERY: &str = r#"{ ambito(code: "10") { plan(year: 2021) { version budgets { amount } } } }"#;

fn version(server: &Server, token: &str) -> Value {
    let answer = server.ask_once(token, &body(PLAN_QUERY));
    answer.data().pointer("/ambito/plan/version").cloned().unwrap_or_default()
}

#[test]
fn a_newly_approved_plan_and_a_revoked_client_are_seen_by_the_next_request() {
    let server = Server::start();
    let token = server.token_of(Role::Auditor);
    assert_eq!((version(&server, &token), version(&server, &token)), (Value::Null, Value::Null));
    workshop::import_approved_on(&server, ["2021-01-15", "2021-06-30"]);
    assert_eq!(version(&server, &token), 2);
    wait(client::revoke(server.store(), &Operator::at_the_machine("test").clients(), "auditor")).unwrap();
    let answer = server.ask_once(&token, &body(PLAN_QUERY));
    assert_eq!((answer.status, answer.code().as_str()), (401, "INVALID_TOKEN"));
    assert!(!answer.body.contains("version"));
}

#[test]
fn an_expired_token_gets_nothing_that_is_kept() {
    let server = Server::start();
    let token = server.token_of(Role::Auditor);
    assert_eq!(server.ask_once(&token, &body("{ __typename }")).status, 200);
    server.clock().advance(3_600 + 10);
    assert_eq!(server.ask_once(&token, &body("{ __typename }")).status, 401);
}

/// What is in force at midnight is another plan: nothing is written, only the day changes.
#[test]
fn yesterdays_answer_is_not_given_today() {
    let server = Server::start();
    workshop::import_approved_on(&server, ["2026-06-15", "2026-06-16"]);
    let (day, next) = (server.token_of(Role::Auditor), 14 * 3_600);
    assert_eq!((version(&server, &day), version(&server, &day)), (json!(1), json!(1)));
    server.clock().advance(next);
    let token = server.token_of(Role::Auditor);
    assert_eq!((version(&server, &token), version(&server, &token)), (json!(2), json!(2)));
    server.clock().advance(-next);
    assert_eq!(version(&server, &day), 1);
}

/// One document, asked in every way that must not be mistaken for another.
#[test]
fn what_differs_in_the_request_differs_in_the_answer() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let document = r#"query Plan($year: Int!) { ambito(code: "9") { plan(year: $year) { year } } }
        query Name { ambito(code: "9") { name } }"#;
    let ask = |operation: &str, variables: &str| {
        let query = json!(document);
        let body = format!(r#"{{"query":{query},"operationName":"{operation}","variables":{variables}}}"#);
        server.ask_once(&token, &body).data()
    };
    let of_year = |year: i32| json!({ "ambito": { "plan": { "year": year } } });
    for _ in ["cold", "hot"] {
        assert_eq!(ask("Plan", r#"{"year":2020}"#), of_year(2020));
        assert_eq!(ask("Plan", r#"{"year":2021}"#), of_year(2021));
        assert_eq!(ask("Plan", r#"{ "year" : 2021 }"#), of_year(2021));
        assert_eq!(ask("Plan", r#"{"year":2020,"year":2022}"#), of_year(2022));
        assert_eq!(ask("Name", r#"{"year":2020}"#), json!({ "ambito": { "name": "Bassa Bresciana Centrale" } }));
    }
}

#[test]
fn languages_and_media_types_are_kept_apart() {
    let server = Server::start();
    let query =
        r#"{ ambito(code: "9") { plan(year: 2021) { budget(service: "ADM") { quotas { explanation { text } } } } } }"#;
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    let ask = |headers: &[(&str, &str)]| {
        let own = [("content-type", "application/json"), ("authorization", bearer.as_str())];
        server.post("/graphql", &own.iter().chain(headers).copied().collect::<Vec<_>>(), &body(query))
    };
    let (it, en) = (ask(&[("accept-language", "it")]), ask(&[("accept-language", "en")]));
    assert_ne!(it.body, en.body);
    assert_eq!(ask(&[("accept-language", "it-IT")]).body, it.body);
    assert_eq!(ask(&[("accept-language", "en")]).body, en.body);
    for accept in ["application/json", "application/graphql-response+json"] {
        for _ in ["cold", "hot"] {
            let answer = ask(&[("accept", accept)]);
            assert_eq!(answer.header("content-type"), Some(format!("{accept}; charset=utf-8")));
            assert_eq!(answer.body, en.body);
        }
    }
    assert_eq!(ask(&[("accept", "text/html")]).status, 406);
    assert_eq!(ask(&[("content-encoding", "gzip")]).status, 415);
}

/// What is told of the asker itself, of its allowance, of the stored rows, or of an error is made anew each time.
#[test]
fn what_is_not_of_the_book_is_never_kept() {
    let server = Server::with(|limits| limits.rate_per_minute = 1_000);
    let token = server.token_of(Role::Azienda);
    for query in ["{ rateLimit { remaining } }", r#"{ ambito(code: "9") { name } rateLimit { remaining } }"#] {
        for _ in 0..5 {
            // The header is of this request, so the body must be, too. Time goes on and gives back what was used.
            let answer = server.ask_once(&token, &body(query));
            let told = answer.data()["rateLimit"]["remaining"].to_string();
            assert_eq!(Some(told), answer.header("ratelimit-remaining"), "{query}");
        }
    }
    let expires = |token: &str| server.ask_once(token, &body("{ viewer { expiresAt } }")).data()["viewer"].take();
    let before = expires(&token);
    server.clock().advance(60);
    let later = expires(&server.token_of(Role::Azienda));
    assert_ne!(before, later);
    assert_eq!(expires(&token), before);
    let failing = body(r#"{ ambito(code: "9") { name } quotas(first: 0) { totalCount } }"#);
    let errors: Vec<_> = (0..3).map(|_| server.ask_once(&token, &failing)).collect();
    for answer in &errors {
        assert_eq!(answer.code(), "PAGE_LIMIT_EXCEEDED");
        assert!(answer.body.contains(&answer.header("x-request-id").unwrap()), "an error of another request");
    }
}

#[test]
fn verification_reads_the_rows_each_time() {
    let server = Server::start();
    let token = server.token_of(Role::Auditor);
    let query = body(r#"{ ambito(code: "9") { plan(year: 2021) { verification { holds } } } }"#);
    let ask = || server.ask_once(&token, &query);
    let holds = json!({ "ambito": { "plan": { "verification": { "holds": true } } } });
    assert_eq!((ask().data(), ask().data()), (holds.clone(), holds));
    wait(server.store().reader().close_by_ref()).unwrap();
    assert_eq!(ask().code(), "STORAGE_UNAVAILABLE");
}

/// What a comune may not see stays hidden while the managing body's answer is kept, and the other way round.
#[test]
fn small_cells_stay_hidden_beside_answers_that_show_them() {
    let server = Server::start();
    let query = body(r#"{ ambito(code: "9") { plan(year: 2021) { budgets { quotas { basis comune { name } } } } } }"#);
    let (azienda, comune) = (server.token_of(Role::Azienda), server.token_of(Role::Comune));
    let hidden = |token: &str| server.ask_once(token, &query).body.matches("\"basis\":null").count();
    let expected = (hidden(&azienda), hidden(&comune));
    assert!(expected.0 < expected.1, "nothing is hidden from the comune: {expected:?}");
    for _ in ["hot", "hot again"] {
        assert_eq!((hidden(&azienda), hidden(&comune)), expected);
    }
}

/// More distinct questions than there is room for: every answer is still that of its own question.
#[test]
fn however_many_questions_come_each_gets_its_own_answer() {
    let server = Server::with(|limits| limits.kept_answer_bytes_max = 64 * 1024);
    let token = server.token_of(Role::Azienda);
    for round in 0..2 {
        for number in 0..400 {
            let query = body(&format!(r#"{{ n{number}: ambito(code: "9") {{ code }} }}"#));
            let data = server.ask_once(&token, &query).data();
            assert_eq!(data[format!("n{number}")]["code"], "9", "{round}");
        }
    }
}
