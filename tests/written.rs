//! The short ways to an answer, which leave the library out where they can: lists written at once, and documents whose checks are not repeated. Each must say
//! what the long way says, of every field and of every fault.

use std::collections::BTreeSet;

use api::auth::Role;
use async_graphql::parser::types::{FieldDefinition, TypeKind};
use serde_json::{Value, json};

use crate::schema::{Types, named, published_types};
use crate::statements;
use crate::support::{MANERBIO, Server, plain};

/// The lists that are written at once, by the type of their entries, and the way to each.
const LISTS: [(&str, &str); 12] = [
    ("Budget", r#"ambito(code: "9") { plan(year: 2021) { budgets {"#),
    ("Quota", r#"ambito(code: "9") { plan(year: 2021) { budgets(services: ["SAD", "SIL"]) { quotas {"#),
    ("Quota", r#"comune(istatCode: "017103") { quotas(year: 2020) {"#),
    ("Quota", r#"quotas(filter: { ambito: "9", years: [2022] }, first: 30) { nodes {"#),
    ("QuotaEdge", r#"quotas(filter: { ambito: "9", years: [2022] }, first: 30) { edges {"#),
    ("Ambito", "ambiti { nodes {"),
    ("AmbitoEdge", "ambiti { edges {"),
    ("Resolution", r#"ambito(code: "9") { resolutions { nodes {"#),
    ("ResolutionEdge", r#"ambito(code: "9") { resolutions { edges {"#),
    (
        "ComuneOutcome",
        r#"simulations(input: { ambito: "9", year: 2021, services: ["SAD"], alternatives: [{ name: "a", services: [{ service: "SAD", participants: ["017004", "017009"] }] }] }) { alternatives { outcome { comuni {"#,
    ),
    (
        "ServiceOutcome",
        r#"simulations(input: { ambito: "9", year: 2021, alternatives: [{ name: "a", services: [] }] }) { current { services {"#,
    ),
    ("CostAllocationRow", "costAllocation(groupBy: [AMBITO, SERVICE, YEAR, MISSION_PROGRAMME, COMUNE]) { rows {"),
];
/// A selection beside another that makes its document ask for one thing twice under one name, which only the library can answer.
const REPEATED: &str = "again: viewer { __typename } again: viewer { role }";

/// The fields of a type that need no argument.
fn fields<'t>(types: &'t Types, name: &str) -> impl Iterator<Item = &'t FieldDefinition> {
    let all = statements::fields(types, name).into_iter();
    all.filter(|field| field.arguments.iter().all(|argument| argument.node.ty.node.nullable))
}

fn is_leaf(types: &Types, field: &FieldDefinition) -> bool {
    !matches!(
        types.get(named(&field.ty.node)).map(|of| &of.kind),
        Some(TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_))
    )
}

/// Everything that can be asked of a type, each by itself: its plain fields, and theirs.
fn selections(types: &Types, name: &str) -> Vec<String> {
    let mut found = vec!["__typename".to_owned(), "a: __typename b: __typename".to_owned()];
    for field in fields(types, name) {
        let name = &field.name.node;
        if is_leaf(types, field) {
            found.push(format!("x: {name}"));
            continue;
        }
        for inner in fields(types, named(&field.ty.node)) {
            let inner_name = &inner.name.node;
            let below = if is_leaf(types, inner) { "" } else { "{ __typename }" };
            found.push(format!("{name} {{ {inner_name} {below} }}"));
        }
    }
    found
}

fn query(way: &str, selection: &str, beside: &str) -> String {
    let open = way.matches('{').count() - way.matches('}').count();
    format!("{{ {way} {selection} {} {beside} }}", "}".repeat(open))
}

#[test]
fn what_is_written_at_once_is_what_the_library_says() {
    let server = Server::start();
    let types = published_types();
    let tokens = [server.token_of(Role::Azienda), server.token_for(Role::Comune, Some(MANERBIO))];
    let (mut asked, mut answered) = (BTreeSet::new(), 0);
    for (name, way) in LISTS {
        for selection in selections(&types, name) {
            for token in &tokens {
                let ask = |beside: &str| -> Value {
                    let body = json!({ "query": query(way, &selection, beside) }).to_string();
                    serde_json::from_str(&plain(&server.ask_once(token, &body)).1).unwrap()
                };
                let (short, mut long) = (ask(""), ask(REPEATED));
                if let Some(data) = long["data"].as_object_mut() {
                    data.remove("again").unwrap();
                    answered += usize::from(long.get("errors").is_none());
                }
                // Compared as they are spelled, so that the order of names counts.
                assert_eq!(short["data"].to_string(), long["data"].to_string(), "{way} {selection}");
                assert_eq!(short["errors"], long["errors"], "{way} {selection}");
            }
            asked.insert(selection);
        }
    }
    assert!(asked.len() > 80 && answered > 300, "only {} selections, {answered} answers", asked.len());
}

#[test]
fn what_is_asked_for_twice_is_merged() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let whole = r#"{ comune(istatCode: "017103") { quotas(year: 2020) { amount year service { code name } } } }"#;
    let whole = server.ask(&token, whole, Value::Null).data();
    assert!(whole["comune"]["quotas"].as_array().unwrap().len() > 10);
    for query in [
        r#"{ comune(istatCode: "017103") { quotas(year: 2020) { amount } quotas(year: 2020) { year service { code name } } } }"#,
        r#"{ comune(istatCode: "017103") { quotas(year: 2020) { amount year service { code } service { name } } } }"#,
        r#"{ comune(istatCode: "017103") { quotas(year: 2020) { amount year service { code } ...F } } } fragment F on Quota { service { name } }"#,
        r#"{ comune(istatCode: "017103") { quotas(year: 2020) { amount } ...F } } fragment F on Comune { quotas(year: 2020) { year service { code name } } }"#,
        r#"{ comune(istatCode: "017103") { ... { quotas(year: 2020) { amount } } } ...F }
            fragment F on Query { comune(istatCode: "017103") { quotas(year: 2020) { year service { code name } } } }"#,
        r#"{ comune(istatCode: "017103") { quotas(year: 2020) { ... on Quota { amount } ...F } } } fragment F on Quota { year amount ...G } fragment G on Node { ... on Quota { service { code name } } }"#,
        r#"query($yes: Boolean! = true) { comune(istatCode: "017103") { quotas(year: 2020) { amount year @include(if: $yes) id @skip(if: $yes) service { code name } } } }"#,
    ] {
        assert_eq!(server.ask(&token, query, Value::Null).data(), whole, "{query}");
    }
}

/// Documents with variables that are good and variables that are not.
fn faults() -> Vec<(&'static str, Value, Value)> {
    let by_comune =
        "query($c: IstatCode!, $y: Int!, $d: Date) { comune(istatCode: $c) { quotas(year: $y, asOf: $d) { amount } } }";
    let good = || json!({ "c": "017103", "y": 2020, "d": "2026-01-01" });
    let with = |name: &str, value: Value| {
        let mut variables = good();
        variables[name] = value;
        variables
    };
    // No such Ambito, so that what is below is never resolved.
    let nowhere = "query($a: String!, $y: Int!, $d: Date, $s: [String!]) { ambito(code: $a) { plan(year: $y, asOf: $d) { budgets(services: $s) { id } } } }";
    let there = || json!({ "a": "9", "y": 2020, "d": null, "s": ["SAD"] });
    let listed = "query($a: String!, $y: Int, $o: OrderDirection!) { quotas(filter: { ambito: $a, years: [$y] }, orderBy: [{ field: AMOUNT, direction: $o }]) { totalCount } }";
    let filter = "query($f: QuotaFilter, $n: Int = 3) { quotas(filter: $f, first: $n) { totalCount } }";
    vec![
        (by_comune, good(), with("c", json!("17103"))),
        (by_comune, good(), with("c", json!(17_103))),
        (by_comune, good(), with("c", Value::Null)),
        (by_comune, good(), json!({ "y": 2020 })),
        (by_comune, good(), with("y", json!("2020"))),
        (by_comune, good(), with("y", json!(3_000_000_000_i64))),
        (by_comune, good(), with("y", json!(20.5))),
        (by_comune, good(), with("y", json!([2020]))),
        (by_comune, good(), with("d", json!("2026-02-30"))),
        (by_comune, good(), with("d", json!(true))),
        (by_comune, good(), with("d", json!({ "a": 1 }))),
        (nowhere, there(), json!({ "a": "none", "y": "x" })),
        (nowhere, there(), json!({ "a": "none", "y": 2020, "d": "soon" })),
        (nowhere, there(), json!({ "a": "none", "y": 2020, "s": [1] })),
        (listed, json!({ "a": "9", "y": 2020, "o": "ASC" }), json!({ "a": "9", "y": null, "o": "ASC" })),
        (listed, json!({ "a": "9", "y": 2020, "o": "ASC" }), json!({ "a": "9", "y": 2020, "o": "UP" })),
        (filter, json!({ "f": { "ambito": "9" } }), json!({ "f": { "ambito": "9", "unknown": 1 } })),
        (filter, json!({ "f": { "ambito": "9" } }), json!({ "f": { "comuni": ["x"] } })),
        (filter, json!({ "f": { "ambito": "9" } }), json!({ "n": 101 })),
        (filter, json!({ "f": { "ambito": "9" } }), json!({ "n": "3" })),
    ]
}

#[test]
fn a_known_document_is_refused_as_a_new_one_is() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let ask = |query: &str, variables: &Value| {
        let body = json!({ "query": query, "variables": variables }).to_string();
        plain(&server.ask_once(&token, &body))
    };
    for (at, (query, good, bad)) in faults().into_iter().enumerate() {
        // A space more makes it another document, which nobody has sent yet.
        let query = format!("{query}{}", " ".repeat(at));
        let first = ask(&query, &bad);
        let (status, body) = ask(&query, &good);
        assert!(status == 200 && !body.contains("\"errors\""), "{query} {good}: {body}");
        assert_eq!(ask(&query, &bad), first, "{query} {bad}");
        assert!(first.0 == 400 || first.1.contains("\"errors\""), "{query} {bad}: {first:?}");
    }
}
