//! Entity tags and 304: for GET, for this client's own answer as it is now, and after all that is asked of any request.

use api::auth::{Operator, Role};
use api::store::client;
use serde_json::json;

use crate::support::tables::wait;
use crate::support::{Answer, Server, encoded, workshop};

const QUERY: &str = r#"{ambito(code:"10"){plan(year:2021){version}}}"#;

fn path(query: &str) -> String {
    format!("/graphql?query={}", encoded(query))
}

fn get(server: &Server, token: &str, query: &str, headers: &[(&str, &str)]) -> Answer {
    let bearer = format!("Bearer {token}");
    let own: Vec<_> = [("authorization", bearer.as_str())].into_iter().chain(headers.iter().copied()).collect();
    server.get(&path(query), &own)
}

#[test]
fn an_answer_that_the_client_has_is_not_sent_again() {
    let server = Server::with(|limits| limits.rate_per_minute = 1_000);
    workshop::import_to(&server);
    let token = server.token_of(Role::Auditor);
    let first = get(&server, &token, QUERY, &[]);
    let etag = first.header("etag").unwrap();
    assert!(etag.starts_with('"') && etag.len() == 45, "{etag}");
    assert_eq!(first.header("cache-control").as_deref(), Some("private, no-cache"));
    assert_eq!(first.header("vary").as_deref(), Some("authorization, accept, accept-language"));
    let old = format!("\"x\", W/{etag}");
    for known in [etag.as_str(), &old, "*"] {
        let again = get(&server, &token, QUERY, &[("if-none-match", known), ("x-request-id", "again-1")]);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
        // The client's copy may be from a time without the database; what is said now takes the place of that.
        assert_eq!(again.header("ambito-data-stale").as_deref(), Some("false"));
        for name in ["etag", "cache-control", "vary", "ratelimit-limit"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
        assert!(again.header("ratelimit-remaining").is_some() && again.header("ratelimit-reset").is_some());
        assert_eq!(again.header("x-request-id").as_deref(), Some("again-1"));
        assert_eq!(again.header("content-type"), None);
    }
    for known in ["\"x\"", "W/\"x\"", ""] {
        let again = get(&server, &token, QUERY, &[("if-none-match", known)]);
        assert_eq!((again.status, &again.body, again.header("etag")), (200, &first.body, Some(etag.clone())));
    }
}

#[test]
fn a_tag_holds_for_one_answer_of_one_client_as_it_is_now() {
    let server = Server::start();
    let token = server.token_of(Role::Auditor);
    let before = get(&server, &token, QUERY, &[]);
    let etag = before.header("etag").unwrap();
    let known = [("if-none-match", etag.as_str())];
    assert_eq!(get(&server, &token, QUERY, &known).status, 304);
    // Another client's answer is another: it does not learn that somebody has the one it names.
    let comune = get(&server, &server.token_of(Role::Admin), "{viewer{role}}", &known);
    assert_eq!(comune.status, 200);
    assert_ne!(comune.header("etag").unwrap(), etag);
    assert_eq!(get(&server, "no token", QUERY, &known).status, 401);
    assert_eq!(server.get(&path(QUERY), &known).status, 401);
    assert_eq!(get(&server, &token, QUERY, &[known[0], ("accept", "text/html")]).status, 406);
    let other_type = get(&server, &token, QUERY, &[known[0], ("accept", "application/graphql-response+json")]);
    assert_eq!((other_type.status, &other_type.body), (200, &before.body));
    workshop::import_to(&server);
    let after = get(&server, &token, QUERY, &known);
    assert_eq!(after.status, 200);
    assert_ne!(after.header("etag").unwrap(), etag);
    assert!(after.body.contains("\"version\":2"), "{}", after.body);
    wait(client::revoke(server.store(), &Operator::at_the_machine("test").clients(), "auditor")).unwrap();
    let now = after.header("etag").unwrap();
    assert_eq!(get(&server, &token, QUERY, &[("if-none-match", &now)]).status, 401);
}

#[test]
fn what_may_not_be_kept_has_no_tag() {
    let server = Server::start();
    let token = server.token_of(Role::Auditor);
    for query in ["{viewer{expiresAt}}", "{rateLimit{remaining}}", "{quotas(first:0){totalCount}}", "{", "{nothing}"] {
        let answer = get(&server, &token, query, &[("if-none-match", "*")]);
        assert_ne!(answer.status, 304, "{query}");
        assert_eq!(answer.header("etag"), None, "{query}");
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"), "{query}");
    }
    let body = json!({ "query": QUERY }).to_string();
    let bearer = format!("Bearer {token}");
    for _ in ["cold", "hot"] {
        let headers =
            [("content-type", "application/json"), ("authorization", bearer.as_str()), ("if-none-match", "*")];
        let answer = server.post("/graphql", &headers, &body);
        assert_eq!((answer.status, answer.header("etag")), (200, None));
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    }
}

/// Where no answers are kept, the tag is made each time, and holds all the same.
#[test]
fn tags_do_without_kept_answers() {
    let server = Server::with(|limits| limits.kept_answer_bytes_max = 0);
    let token = server.token_of(Role::Auditor);
    let etag = get(&server, &token, QUERY, &[]).header("etag").unwrap();
    assert_eq!(get(&server, &token, QUERY, &[("if-none-match", &etag)]).status, 304);
}
