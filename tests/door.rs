//! The door: statuses, headers, media types, methods, languages, and what is refused before anything is executed.
//!
//! Tokens are in `token.rs`, what may be seen in `access.rs`.

mod abuse;
mod schema_costs;

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

const JSON: (&str, &str) = ("content-type", "application/json");
const GRAPHQL_JSON: &str = "application/graphql-response+json";

/// The document that tools send to read a schema: each list of it, and types eight lists or non-nulls deep.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind }
  subscriptionType { name kind } types { ...FullType }
  directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef }
    isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

type Headers<'h> = &'h [(&'h str, &'h str)];

/// Sends a body as the managing body does, with more headers.
fn post(server: &Server, headers: Headers<'_>, body: &str) -> Answer {
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    let own: Vec<_> = [("authorization", bearer.as_str())].into_iter().chain(headers.iter().copied()).collect();
    server.post("/graphql", &own, body)
}

fn document(query: &str) -> String {
    json!({ "query": query }).to_string()
}

#[test]
fn what_a_request_may_look_like() {
    let server = Server::start();
    let good = document("{ viewer { role } }");
    let accept = |value| ("accept", value);
    let cases: &[(Headers<'_>, &str, u16, &str)] = &[
        (&[JSON], &good, 200, ""),
        (&[("content-type", "application/json; charset=UTF-8")], &good, 200, ""),
        (&[JSON, accept("*/*")], &good, 200, ""),
        (&[JSON, accept(GRAPHQL_JSON)], &good, 200, ""),
        (&[JSON, accept("text/html")], &good, 406, "NOT_ACCEPTABLE"),
        (&[JSON, accept("application/json;q=0")], &good, 406, "NOT_ACCEPTABLE"),
        (&[("content-type", "text/plain")], &good, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (&[("content-type", "application/json; charset=latin1")], &good, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (&[("content-type", "application/graphql")], "{ viewer { role } }", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (&[JSON, ("content-encoding", "gzip")], &good, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (&[JSON], "", 400, "BAD_REQUEST"),
        (&[JSON], "{", 400, "BAD_REQUEST"),
        (&[JSON], "\"{ viewer { role } }\"", 400, "BAD_REQUEST"),
        (&[JSON], r#"{"variables":{}}"#, 400, "BAD_REQUEST"),
        (&[JSON], r#"{"query":"{ viewer { role } }","variables":[]}"#, 400, "BAD_REQUEST"),
        (&[JSON], r#"{"query":"query A { viewer { role } } query B { viewer { role } }"}"#, 400, "BAD_REQUEST"),
        (&[JSON], r#"{"query":"query A { viewer { role } }","operationName":"B"}"#, 400, "BAD_REQUEST"),
        (&[JSON], r#"[{"query":"{ viewer { role } }"}]"#, 400, "BATCH_REFUSED"),
        (&[JSON], r#"{"query":"{"}"#, 400, "PARSE_ERROR"),
        (&[JSON], r#"{"query":"{ viewer { shoeSize } }"}"#, 400, "VALIDATION_ERROR"),
        (&[JSON], r#"{"query":"mutation { x }"}"#, 400, "VALIDATION_ERROR"),
        (&[JSON], r#"{"query":"query($c: String!) { ambito(code: $c) { name } }"}"#, 400, "INVALID_VARIABLES"),
        (&[JSON], r#"{"query":"query($c: [Shoe] = [1]) { viewer { role } }"}"#, 400, "VALIDATION_ERROR"),
        // Those who name application/json get what they got before GraphQL had a media type of its own.
        (&[JSON, accept("application/json")], r#"{"query":"{"}"#, 200, "PARSE_ERROR"),
        (&[JSON, accept("application/json")], r#"{"query":"{ viewer { shoeSize } }"}"#, 200, "VALIDATION_ERROR"),
        (&[JSON, accept("application/json")], "{", 400, "BAD_REQUEST"),
    ];
    for (headers, body, status, code) in cases {
        let answer = post(&server, headers, body);
        assert_eq!((answer.status, answer.code().as_str()), (*status, *code), "{headers:?} {body}: {}", answer.body);
        let asked = headers.iter().any(|(name, value)| *name == "accept" && *value == GRAPHQL_JSON);
        let expected = if asked { GRAPHQL_JSON } else { "application/json" };
        assert!(answer.header("content-type").unwrap().starts_with(expected), "{headers:?}");
    }
}

#[test]
fn methods() {
    let server = Server::start();
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    let own = [("authorization", bearer.as_str())];
    let query =
        "/graphql?query=query(%24c%3AString!)%7Bambito(code%3A%24c)%7Bname%7D%7D&variables=%7B%22c%22%3A%229%22%7D";
    let cases = [
        ("GET", query, 200, "", None),
        ("GET", "/graphql", 400, "BAD_REQUEST", None),
        ("GET", "/graphql?query=mutation%7B__typename%7D", 405, "METHOD_NOT_ALLOWED", Some("POST")),
        ("GET", "/graphql?query=subscription%7B__typename%7D", 405, "METHOD_NOT_ALLOWED", Some("POST")),
        ("PUT", "/graphql", 405, "METHOD_NOT_ALLOWED", Some("GET, POST")),
        ("DELETE", "/graphql", 405, "METHOD_NOT_ALLOWED", Some("GET, POST")),
    ];
    for (method, path, status, code, allow) in cases {
        let answer = server.send(method, path, &own, None);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path}: {}", answer.body);
        assert_eq!(answer.header("allow").as_deref(), allow, "{method} {path}");
    }
}

/// A value that is not of its type is refused with 400, the argument named, whatever the client accepts.
#[test]
fn malformed_scalars() {
    let server = Server::start();
    let comune = |code: &str| format!("{{ comune(istatCode: {code}) {{ name }} }}");
    let quotas = |filter: &str| format!("{{ quotas(filter: {{{filter}}}) {{ totalCount }} }}");
    let by_variable = "query($c: IstatCode!, $m: Euro, $d: Date) {
      comune(istatCode: $c) { amountDue(year: 2021, asOf: $d) } quotas(filter: {minimum: $m}) { totalCount } }";
    let given = |name: &str, value: Value| {
        let mut variables = json!({ "c": "017103" });
        variables[name] = value;
        variables
    };
    let cases = [
        (comune("\"17004\""), json!({}), "VALIDATION_ERROR", "istatCode"),
        (comune("17004"), json!({}), "VALIDATION_ERROR", "istatCode"),
        (quotas("minimum: \"1e3\""), json!({}), "VALIDATION_ERROR", "filter.minimum"),
        (quotas("minimum: 1.5"), json!({}), "VALIDATION_ERROR", "filter.minimum"),
        (quotas("comuni: [\"017103\", \"x\"]"), json!({}), "VALIDATION_ERROR", "filter.comuni.1"),
        (quotas("years: [99999999999]"), json!({}), "VALIDATION_ERROR", "filter"),
        (
            "{ comune(istatCode: \"017103\") { amountDue(year: 2021, asOf: \"2020-13-01\") } }".into(),
            json!({}),
            "VALIDATION_ERROR",
            "asOf",
        ),
        (by_variable.into(), given("c", json!("17004")), "INVALID_VARIABLES", "istatCode"),
        (by_variable.into(), given("c", Value::Null), "INVALID_VARIABLES", "$c"),
        (by_variable.into(), given("m", json!("1e3")), "INVALID_VARIABLES", "filter.minimum"),
        (by_variable.into(), given("m", json!(1.5)), "INVALID_VARIABLES", "filter.minimum"),
        (by_variable.into(), given("d", json!("2020-13-01")), "INVALID_VARIABLES", "asOf"),
        // A variable that is left out hides the rest of the argument from validation; the resolver still finds it.
        (
            "query($a: String) { quotas(filter: {ambito: $a, minimum: \"1e3\"}) { totalCount } }".into(),
            json!({}),
            "INVALID_VARIABLES",
            "filter",
        ),
    ];
    for (query, variables, code, argument) in cases {
        let body = json!({ "query": query, "variables": variables }).to_string();
        // A missing variable is no malformed value; the old status is for it.
        let media: &[&str] =
            if argument.starts_with('$') { &["*/*"] } else { &["*/*", "application/json", GRAPHQL_JSON] };
        for accept in media {
            let answer = post(&server, &[JSON, ("accept", accept)], &body);
            let error = answer.json()["errors"][0].clone();
            assert_eq!((answer.status, answer.code().as_str()), (400, code), "{query}: {}", answer.body);
            assert_eq!(error["extensions"]["argument"], argument, "{}", answer.body);
            assert!(error["message"].as_str().unwrap().contains(argument), "{}", answer.body);
            assert!(answer.json().get("data").is_none());
        }
    }
}

#[test]
fn sentences_follow_the_language_and_codes_do_not() {
    let server = Server::start();
    let cases = [
        (None, "Field \"shoeSize\" does not exist on type \"Viewer\"."),
        (Some("it-IT,it;q=0.9,en;q=0.8"), "Il campo \"shoeSize\" non esiste nel tipo \"Viewer\"."),
        (Some("de"), "Field \"shoeSize\" does not exist on type \"Viewer\"."),
    ];
    for (language, expect) in cases {
        let headers: Vec<_> = [JSON].into_iter().chain(language.map(|value| ("accept-language", value))).collect();
        let answer = post(&server, &headers, &document("{ viewer { shoeSize } }"));
        let error = &answer.json()["errors"][0];
        assert_eq!((error["message"].as_str(), answer.code().as_str()), (Some(expect), "VALIDATION_ERROR"));
        assert_eq!(error["locations"], json!([{ "line": 1, "column": 12 }]));
    }
}

#[test]
fn every_answer_has_an_id_and_what_it_cost() {
    let server = Server::start();
    let answer = post(&server, &[JSON, ("x-request-id", "abc-1_2")], &document("{ viewer { role } }"));
    assert_eq!(answer.header("x-request-id").as_deref(), Some("abc-1_2"));
    assert_eq!(answer.json()["extensions"]["cost"], json!({ "requested": 1, "limit": 10_000 }));
    let refused = post(&server, &[JSON, ("x-request-id", "not plain")], &document("{"));
    let id = refused.header("x-request-id").unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(refused.json()["errors"][0]["extensions"]["requestId"], json!(id));
    for (name, value) in
        [("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")]
    {
        assert_eq!(answer.header(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn the_introspection_of_the_usual_tools_passes() {
    let server = Server::start();
    let answer = post(&server, &[JSON], &document(INTROSPECTION));
    assert!(answer.data()["__schema"]["types"].as_array().unwrap().len() > 50);
}

/// A whole year of an Ambito with every step of every quota explained is a normal question.
#[test]
fn a_year_fully_explained_passes() {
    let server = Server::start();
    let query = "{ ambito(code: \"9\") { plan(year: 2021) { budgets { service { code } quotas { amount comune { name }
      explanation { text steps { kind label formula value unit inputs { name value unit } } } } } } } }";
    let answer = post(&server, &[JSON], &document(query));
    let budgets = answer.data()["ambito"]["plan"]["budgets"].as_array().unwrap().len();
    assert_eq!(budgets, 13);
    assert!(answer.json()["extensions"]["cost"]["requested"].as_u64().unwrap() < 9_000);
}

#[test]
fn an_allowance_is_counted_for_each_client() {
    let server = Server::with(|limits| limits.rate_per_minute = 2);
    let query = document("{ rateLimit { limit remaining resetSeconds } }");
    let (first, second, third) =
        (post(&server, &[JSON], &query), post(&server, &[JSON], &query), post(&server, &[JSON], &query));
    assert_eq!(first.data()["rateLimit"], json!({ "limit": 2, "remaining": 1, "resetSeconds": 30 }));
    assert_eq!(second.data()["rateLimit"]["remaining"], 0);
    assert_eq!((third.status, third.code().as_str()), (429, "RATE_LIMITED"));
    assert!((1..=30).contains(&third.header("retry-after").unwrap().parse::<u32>().unwrap()));
    for (answer, remaining) in [(&first, "1"), (&second, "0"), (&third, "0")] {
        assert_eq!(answer.header("ratelimit-limit").as_deref(), Some("2"));
        assert_eq!(answer.header("ratelimit-remaining").as_deref(), Some(remaining));
        assert!(answer.header("ratelimit-reset").is_some());
    }
    let other = server.ask(&server.token_of(Role::Comune), "{ viewer { role } }", Value::Null);
    assert_eq!(other.status, 200, "another client has an allowance of its own");
}

#[test]
fn grants_are_counted_for_each_address() {
    let server = Server::with(|limits| limits.token_rate_per_minute = 1);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let ask = || server.post("/oauth/token", &form, "grant_type=password");
    let (first, second) = (ask(), ask());
    assert_eq!((first.status, first.json()["error"].as_str()), (400, Some("unsupported_grant_type")));
    assert_eq!((second.status, second.json()["error"].as_str()), (429, Some("temporarily_unavailable")));
    assert!(second.header("retry-after").is_some());
}

#[test]
fn pages_and_health() {
    let server = Server::start();
    let problem = "application/problem+json";
    let cases = [
        ("GET", "/", 303, None, ""),
        ("GET", "/status", 200, Some(problem), "\"status\":200"),
        ("POST", "/status", 405, Some(problem), "\"status\":405"),
        ("GET", "/health/live", 200, Some("application/json"), "live"),
        ("GET", "/health/ready", 200, Some("application/json"), "ready"),
        ("GET", "/schema.graphql", 200, Some("text/plain; charset=utf-8"), "type Query"),
        ("GET", "/graphiql", 200, Some("text/html; charset=utf-8"), "/graphiql/start.js"),
        ("GET", "/graphiql/start.js", 200, Some("text/javascript; charset=utf-8"), "GraphiQL"),
        ("GET", "/graphiql/graphiql.min.css", 200, Some("text/css; charset=utf-8"), "{"),
        ("GET", "/graphiql/LICENSE.react", 404, Some(problem), "\"status\":404"),
        ("GET", "/graphiql/..%2Findex.html", 404, Some(problem), "\"status\":404"),
        ("GET", "/oauth/token", 405, Some(problem), "\"status\":405"),
        ("GET", "/nowhere", 404, Some(problem), "\"status\":404"),
    ];
    for (method, path, status, content_type, part) in cases {
        let answer = server.send(method, path, &[], None);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type").as_deref(), content_type, "{path}");
        assert!(answer.body.contains(part), "{path}: {:.200}", answer.body);
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"), "{path}");
    }
    let page = server.get("/graphiql", &[]);
    assert!(page.header("content-security-policy").unwrap().contains("script-src 'self';"));
}
