//! Documents named instead of sent: Apollo's automatic persisted queries, `documentId`, and servers where only listed documents run.

use std::path::PathBuf;

use api::auth::Role;
use api::http::Listed;
use api::limits::Limits;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::support::process::{Running, run, send};
use crate::support::{Answer, Server, encoded, own_folder, program};

const NAME: &str = r#"query Name($code: String! = "9") { ambito(code: $code) { name } }"#;

fn sha256(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The member `extensions` of a request that names a document by its hash.
fn named(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

fn post(server: &Server, body: Value) -> Answer {
    server.ask_once(&server.token_of(Role::Azienda), &body.to_string())
}

fn get(server: &Server, parameters: &[(&str, &str)]) -> Answer {
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    server.get(&format!("/graphql?{}", pairs.join("&")), &[("authorization", &bearer)])
}

fn name() -> Value {
    json!({ "ambito": { "name": "Bassa Bresciana Centrale" } })
}

/// The way of Apollo's clients: the hash alone, then hash and text, then the hash alone again, also by GET.
#[test]
fn a_document_is_sent_once_and_named_from_then_on() {
    let server = Server::start();
    let hash = sha256(NAME);
    let unknown = post(&server, json!({ "extensions": named(&hash) }));
    let error = &unknown.json()["errors"][0];
    assert_eq!((unknown.status, error["message"].as_str()), (200, Some("PersistedQueryNotFound")));
    assert_eq!(error["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.header("cache-control").as_deref(), Some("no-store"));
    let extensions = named(&hash).to_string();
    assert_eq!(get(&server, &[("extensions", &extensions)]).code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(post(&server, json!({ "query": NAME, "extensions": named(&hash) })).data(), name());
    for _ in ["cold", "hot"] {
        assert_eq!(post(&server, json!({ "extensions": named(&hash) })).data(), name());
        assert_eq!(post(&server, json!({ "documentId": format!("sha256:{hash}") })).data(), name());
        let by_get = get(&server, &[("extensions", &extensions), ("variables", r#"{"code":"9"}"#)]);
        assert_eq!(by_get.data(), name());
        assert!(by_get.header("etag").is_some());
        assert_eq!(get(&server, &[("documentId", &format!("sha256:{hash}"))]).data(), name());
        let other = post(&server, json!({ "extensions": named(&hash), "variables": { "code": "ZZ" } }));
        assert_eq!(other.data(), json!({ "ambito": null }));
    }
}

#[test]
fn a_document_may_be_sent_and_named_by_get_too() {
    let server = Server::start();
    let extensions = named(&sha256(NAME)).to_string();
    assert_eq!(get(&server, &[("query", NAME), ("extensions", &extensions)]).data(), name());
    assert_eq!(get(&server, &[("extensions", &extensions)]).data(), name());
}

/// The room is made for the largest document that the guards let in.
#[test]
fn a_large_document_is_kept_too() {
    let server = Server::start();
    let tokens = Limits::default().tokens_max - 20;
    let text = format!("{{ quotas(filter: {{ services: [{}] }}) {{ totalCount }} }}", "\"SAD\",".repeat(tokens));
    let sent = post(&server, json!({ "query": text })).data();
    assert_eq!(post(&server, json!({ "extensions": named(&sha256(&text)) })).data(), sent);
}

/// A name that is not the text's own would give one client's document to all others.
#[test]
fn a_name_that_is_not_of_the_text_is_refused() {
    let server = Server::start();
    let other = sha256("{ __typename }");
    for (body, code) in [
        (json!({ "query": NAME, "extensions": named(&other) }), "PERSISTED_QUERY_MISMATCH"),
        (json!({ "query": NAME, "extensions": named(&sha256(NAME).to_uppercase()) }), "PERSISTED_QUERY_MISMATCH"),
        (json!({ "query": NAME, "documentId": format!("sha256:{other}") }), "PERSISTED_QUERY_MISMATCH"),
        (json!({ "query": NAME, "documentId": "name" }), "PERSISTED_QUERY_MISMATCH"),
        (
            json!({ "query": NAME, "extensions": { "persistedQuery": { "version": 2, "sha256Hash": "" } } }),
            "BAD_REQUEST",
        ),
        (json!({ "documentId": "sha256:00" }), "DOCUMENT_NOT_FOUND"),
        (json!({ "documentId": "name" }), "DOCUMENT_NOT_FOUND"),
    ] {
        for round in ["first", "known"] {
            let answer = post(&server, body.clone());
            assert_eq!((answer.status, answer.code().as_str()), (400, code), "{round}: {body}");
        }
        assert_eq!(post(&server, json!({ "query": NAME })).data(), name());
    }
    assert_eq!(post(&server, json!({ "extensions": named(&other) })).code(), "PERSISTED_QUERY_NOT_FOUND");
}

/// What is not valid is not kept: junk would drive out what clients rely on.
#[test]
fn only_valid_documents_are_kept() {
    let server = Server::start();
    let deep = format!("{}{}", "{a".repeat(30), "}".repeat(30));
    for (text, code) in [
        ("{", "PARSE_ERROR"),
        ("{ nothing }", "VALIDATION_ERROR"),
        (r#"{ comune(istatCode: "x") { name } }"#, "VALIDATION_ERROR"),
        (deep.as_str(), "TOO_DEEP"),
        ("query($v: Nothing) { __typename }", "VALIDATION_ERROR"),
        ("query($v: Int!) { ambito(code: \"9\") { plan(year: $v) { year } } }", "INVALID_VARIABLES"),
    ] {
        let extensions = named(&sha256(text));
        assert_eq!(post(&server, json!({ "query": text, "extensions": extensions })).code(), code, "{text}");
        assert_eq!(post(&server, json!({ "extensions": extensions })).code(), "PERSISTED_QUERY_NOT_FOUND", "{text}");
    }
}

#[test]
fn a_server_that_keeps_no_documents_says_so() {
    let server = Server::with(|limits| limits.kept_document_bytes_max = 0);
    let extensions = named(&sha256(NAME));
    assert_eq!(post(&server, json!({ "query": NAME, "extensions": extensions })).data(), name());
    let answer = post(&server, json!({ "extensions": extensions }));
    assert_eq!((answer.status, answer.code().as_str()), (200, "PERSISTED_QUERY_NOT_SUPPORTED"));
    assert_eq!(answer.json()["errors"][0]["message"], "PersistedQueryNotSupported");
}

/// What is kept stays within its bytes: the first documents are gone when many more have come, and come back when they are sent again.
#[test]
fn kept_documents_are_bounded() {
    let server = Server::with(|limits| {
        limits.kept_document_bytes_max = 256 * 1024;
        limits.kept_answer_bytes_max = 0;
    });
    let text = |number: usize| format!("{{ n{number}: ambito(code: \"9\") {{ code }} }}");
    let known = |number: usize| post(&server, json!({ "extensions": named(&sha256(&text(number))) })).code().is_empty();
    for number in 0..300 {
        let text = text(number);
        assert_eq!(post(&server, json!({ "query": text, "extensions": named(&sha256(&text)) })).status, 200);
    }
    let count = (0..300).filter(|number| known(*number)).count();
    assert!((1..150).contains(&count), "{count} of 300 are kept");
}

fn file(text: &str) -> PathBuf {
    let file = own_folder().join("documents.json");
    std::fs::write(&file, text).unwrap();
    file
}

fn listed(only: bool) -> Listed {
    let text = json!({ "name": NAME, sha256("{ viewer { role } }"): "{ viewer { role } }" }).to_string();
    Listed::load(&file(&text), only, &Limits::default()).unwrap()
}

#[test]
fn listed_documents_are_there_from_the_start() {
    let server = Server::with_documents(listed(false));
    assert_eq!(post(&server, json!({ "documentId": "name" })).data(), name());
    assert_eq!(get(&server, &[("documentId", "name")]).data(), name());
    // Apollo's clients send the ids of their manifest as hashes.
    assert_eq!(post(&server, json!({ "extensions": named("name") })).data(), name());
    assert_eq!(post(&server, json!({ "extensions": named(&sha256(NAME)) })).data(), name());
    assert_eq!(post(&server, json!({ "query": NAME, "documentId": "name" })).data(), name());
    assert_eq!(
        post(&server, json!({ "query": "{ viewer { role } }", "documentId": "name" })).code(),
        "PERSISTED_QUERY_MISMATCH"
    );
    assert_eq!(post(&server, json!({ "query": "{ __typename }" })).status, 200);
}

/// Where only listed documents run, no spelling of any other does.
#[test]
fn only_listed_documents_run() {
    let server = Server::with_documents(listed(true));
    let hash = sha256(NAME);
    for body in [
        json!({ "query": NAME }),
        json!({ "documentId": "name" }),
        json!({ "documentId": format!("sha256:{hash}") }),
        json!({ "extensions": named(&hash) }),
        json!({ "query": NAME, "extensions": named(&hash) }),
    ] {
        for round in ["cold", "hot"] {
            assert_eq!(post(&server, body.clone()).data(), name(), "{round}: {body}");
        }
    }
    let other = "{ __typename }";
    for body in [
        json!({ "query": other }),
        json!({ "query": format!("{NAME} ") }),
        json!({ "query": format!("{NAME}#") }),
        json!({ "query": "{ __schema { queryType { name } } }" }),
        json!({ "query": "{" }),
        json!({ "documentId": "other" }),
        json!({ "documentId": format!("sha256:{}", sha256(other)) }),
        json!({ "extensions": named(&sha256(other)) }),
        json!({ "query": other, "extensions": named(&sha256(other)) }),
        json!({ "query": other, "documentId": "name" }),
    ] {
        for round in ["first", "again"] {
            let answer = post(&server, body.clone());
            assert_eq!((answer.status, answer.code().as_str()), (403, "DOCUMENT_NOT_ALLOWED"), "{round}: {body}");
        }
    }
    let it = server.post(
        "/graphql",
        &[
            ("content-type", "application/json"),
            ("accept-language", "it"),
            ("authorization", &format!("Bearer {}", server.token_of(Role::Azienda))),
        ],
        &json!({ "query": other }).to_string(),
    );
    assert!(it.json()["errors"][0]["message"].as_str().unwrap().contains("documenti in elenco"));
    // Who asks comes first, as ever.
    let anybody =
        server.post("/graphql", &[("content-type", "application/json")], &json!({ "query": NAME }).to_string());
    assert_eq!(anybody.status, 401);
}

#[test]
fn a_listed_document_that_cannot_run_is_told_with_its_id_and_reason() {
    let apollo = |id: &str, body: &str| json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [{ "id": id, "body": body }] });
    let good = apollo(&sha256(NAME), NAME).to_string();
    assert_eq!(Listed::load(&file(&good), true, &Limits::default()).unwrap().len(), 1);
    let two = "query A { __typename } query B { nothing }";
    for (text, part) in [
        ("[".to_owned(), "no JSON object"),
        ("{}".to_owned(), "it lists no document, and AMBITO_DOCUMENTS_ONLY lets no other run"),
        (json!({ "a": 1 }).to_string(), "\"a\" is not a text"),
        (json!({ "a": "{" }).to_string(), "\"a\": The document is not valid GraphQL. (line 1, column 2)"),
        (
            json!({ "a": "{ nothing }" }).to_string(),
            "\"a\": Field \"nothing\" does not exist on type \"Query\". (line 1, column 3)",
        ),
        (json!({ "a": two }).to_string(), "\"nothing\" does not exist"),
        (json!({ "a": "{a".repeat(40) }).to_string(), "Brackets nest more than 24 deep."),
        (json!({ sha256("x"): NAME }).to_string(), "its id is not the SHA-256 of its text"),
        (json!({ format!("sha256:{}", sha256("x")): NAME }).to_string(), "its id is not the SHA-256 of its text"),
        (apollo("a", "{ viewer }").to_string(), "needs a selection of subfields"),
    ] {
        let file = file(&text);
        let problems = Listed::load(&file, true, &Limits::default()).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(&file.display().to_string()) && problems[0].contains(part), "{problems:?}");
    }
    let both = json!({ "a": "{", "b": "{ nothing }", "c": NAME }).to_string();
    assert_eq!(Listed::load(&file(&both), false, &Limits::default()).unwrap_err().len(), 2);
    let missing = own_folder().join("nothing.json");
    assert!(Listed::load(&missing, false, &Limits::default()).unwrap_err()[0].contains("nothing.json"));
}

/// The program reads the file that its settings name, and does not start with one that is wrong.
#[test]
fn the_program_lists_documents_by_its_settings() {
    let good = file(&json!({ "name": NAME }).to_string());
    let bad = file(&json!({ "name": "{ nothing }", "other": "{" }).to_string());
    let demo = ["demo", "--ephemeral", "--listen", "127.0.0.1:0"];
    let refused = run(&demo, &[("AMBITO_DOCUMENTS_FILE", bad.to_str().unwrap())]);
    assert_ne!(refused.code, Some(0));
    for part in ["AMBITO_DOCUMENTS_FILE: ", "document \"name\": Field \"nothing\"", "document \"other\": "] {
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
    let settings = [("AMBITO_DOCUMENTS_FILE", good.to_str().unwrap()), ("AMBITO_DOCUMENTS_ONLY", "true")];
    let mut server = Running::start(program(&demo, &settings));
    let url = server.url("ambito: demonstration at http://127.0.0.1:");
    let line = server.line("token AZIENDA");
    let bearer = format!("Bearer {}", line.rsplit_once(": ").unwrap().1);
    let get = |query: &str| send("GET", &format!("{url}/graphql?{query}"), &[("authorization", &bearer)], None);
    assert_eq!(get("documentId=name").data(), name());
    assert_eq!(get("query=%7B__typename%7D").code(), "DOCUMENT_NOT_ALLOWED");
    assert_eq!(server.stop(), Some(0));
}
