//! Writes as clients send them: each under a key of its own, and what was written read back.

use std::sync::atomic::{AtomicU64, Ordering};

use api::auth::Role;
use serde_json::{Value, json};

use super::tables::snapshot;
use super::{Answer, Server};

/// What tests read of every plan that was written.
pub(crate) const PLAN: &str =
    "{ plan { id revision status year version } errors { code path service comune message } }";

/// A key that no request of the run had.
pub(crate) fn new_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("test-{}", NEXT.fetch_add(1, Ordering::SeqCst))
}

impl Server {
    /// Sends a document that writes.
    pub(crate) fn send_write(&self, token: &str, key: &str, query: &str, variables: Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("content-type", "application/json"), ("authorization", &bearer), ("idempotency-key", key)];
        self.post("/graphql", &headers, &json!({ "query": query, "variables": variables }).to_string())
    }

    /// Calls one mutation as a role, and gives its payload; fails the test where the request itself fails.
    pub(crate) fn write(&self, role: Role, name: &str, input: Value, selection: &str) -> Value {
        let ty = format!("{}{}Input!", name[..1].to_uppercase(), &name[1..]);
        let query = format!("mutation($input: {ty}) {{ {name}(input: $input) {selection} }}");
        let answer = self.send_write(&self.token_of(role), &new_key(), &query, json!({ "input": input }));
        answer.data()[name].take()
    }

    /// The same for a mutation of a plan that must be done: gives the plan.
    pub(crate) fn write_plan(&self, role: Role, name: &str, input: Value) -> Value {
        let mut payload = self.write(role, name, input, PLAN);
        assert_eq!(payload["errors"], json!([]), "{name}");
        payload["plan"].take()
    }

    /// Calls one mutation that must be done: gives the thing of this name.
    pub(crate) fn done(&self, role: Role, name: &str, input: Value, thing: &str, selection: &str) -> Value {
        let selection = format!("{{ {thing} {selection} errors {{ code path message }} }}");
        let mut payload = self.write(role, name, input, &selection);
        assert_eq!(payload["errors"], json!([]), "{name}");
        payload[thing].take()
    }

    /// Mutations that must be refused: the name, the input, the code, the place. None of them changes anything.
    pub(crate) fn check_refusals(&self, role: Role, cases: Vec<(&str, Value, &str, &str)>) {
        let before = snapshot(self.database());
        for (name, input, code, path) in cases {
            let payload = self.write(role, name, input.clone(), "{ errors { code path message } }");
            let error = &payload["errors"][0];
            let told = error["path"]
                .as_array()
                .map(|path| path.iter().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join("."));
            assert_eq!(
                (error["code"].as_str(), told.as_deref()),
                (Some(code), Some(path)),
                "{name} {input}: {payload}"
            );
            let message = error["message"].as_str().unwrap();
            assert!(!message.is_empty());
            // What could be about somebody is not said again.
            let case = input.pointer("/recipient/case/case").or(input.get("case")).and_then(Value::as_str);
            assert!(case.is_none_or(|case| case.trim().is_empty() || !message.contains(case)), "{message}");
        }
        assert!(snapshot(self.database()) == before, "what was refused changed something");
    }

    /// The same for one that must be refused with this code, and that must leave every row as it was.
    pub(crate) fn check_refused(&self, role: Role, name: &str, input: Value, code: &str) {
        let before = snapshot(self.database());
        let payload = self.write(role, name, input.clone(), PLAN);
        assert_eq!(payload["errors"][0]["code"], json!(code), "{name} {input}: {payload}");
        assert_eq!(payload["plan"], Value::Null, "{name} {input}");
        assert!(snapshot(self.database()) == before, "{name} {input} was refused and changed something");
    }
}
