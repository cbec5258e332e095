//! The README and the page of questions: what they show is what the server answers.

use api::auth::Role;
use sea_orm::ActiveEnum;
use serde_json::Value;

use crate::support::{Server, neighbour};

const README: &str = include_str!("../README.md");
const QUESTIONS: &str = include_str!("../docs/questions.md");

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

/// What a page asks: as which role, of which Ambito where it is another than the first, the query, and the answer that it prints below.
fn questions(page: &str) -> Vec<((Role, Option<&str>), &str, Value)> {
    let mut found = Vec::new();
    for block in page.split("\n```graphql ").skip(1) {
        let (asker, rest) = block.split_once('\n').unwrap();
        let (role, ambito) = asker.split_once(' ').map_or((asker, None), |(role, ambito)| (role, Some(ambito)));
        let (query, rest) = rest.split_once("\n```\n\n```json\n").unwrap_or_else(|| panic!("no answer below: {rest}"));
        let role = Role::try_from_value(&role.to_owned()).unwrap();
        found.push(((role, ambito), query, serde_json::from_str(rest.split("\n```").next().unwrap()).unwrap()));
    }
    found
}

#[test]
fn every_question_has_the_answer_that_is_printed() {
    let server = crate::governance::demonstration();
    let questions = questions(QUESTIONS);
    assert!(questions.len() >= 10);
    for (at, ((role, ambito), query, answer)) in questions.into_iter().enumerate() {
        let token = match ambito {
            Some(ambito) => neighbour::token_in(&server, ambito, role, None, format!("asker-{at}")),
            None => server.token_of(role),
        };
        let data = server.ask(&token, query, Value::Null).data();
        assert_eq!(data, answer["data"], "{query}\n{data:#}");
    }
}
