//! The README: what it shows is what the server answers.

use api::auth::Role;
use serde_json::Value;

use crate::support::Server;

const README: &str = include_str!("../README.md");

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_answer_of_the_first_query_is_real() {
    let server = Server::start();
    let shown: Value = serde_json::from_str(blocks("json")[0]).unwrap();
    let data = server.data(Role::Comune, blocks("graphql")[0]);
    assert_eq!(data, shown["data"], "{data:#}");
}

#[test]
fn every_query_is_answered() {
    let server = Server::start();
    let queries = blocks("graphql");
    assert_eq!(queries.len(), 3);
    for query in queries {
        for role in [Role::Comune, Role::Azienda] {
            server.data(role, query);
        }
    }
}

#[test]
fn the_curl_line_is_answered() {
    let server = Server::start();
    let line = blocks("sh").into_iter().find(|block| block.contains("curl")).unwrap();
    let body = line.split("-d '").nth(1).unwrap().split('\'').next().unwrap();
    let token = server.token_of(Role::Comune);
    let headers = [("content-type", "application/json"), ("authorization", &format!("Bearer {token}"))];
    let answer = server.post("/graphql", &headers, body);
    assert_eq!(answer.data()["comune"]["name"], "Manerbio");
}
