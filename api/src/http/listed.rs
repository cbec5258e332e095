//! The documents that an operator lists: read at start from the file that a client's build writes, each of them checked as if a client
//! had sent it. Where only listed documents run, everything else is refused.
//!
//! Two shapes of file are known: a JSON object from ids to texts (Relay's and GraphQL Code Generator's), and the manifest of Apollo's
//! `generate-persisted-query-manifest`.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use async_graphql::parser::types::DocumentOperations;
use async_graphql::{Name, Pos};
use serde_json::{Map, Value};

use super::documents::{Digest, Document};
use super::parameters::hex_digest;
use crate::graphql::Checker;
use crate::guard::messages;
use crate::guard::variables::TypeNames;
use crate::limits::Limits;

/// What Apollo's manifests call themselves.
const APOLLO_FORMAT: &str = "apollo-persisted-query-manifest";
/// How the hash of a text may be written as an id (GraphQL over HTTP, persisted documents).
const SHA256_PREFIX: &str = "sha256:";

/// Documents that are always there.
#[derive(Debug, Default)]
pub struct Listed {
    by_id: HashMap<String, Arc<Document>>,
    by_digest: HashMap<Digest, Arc<Document>>,
    only: bool,
}

impl Listed {
    /// Reads a file of documents. Whatever is wrong with any of them is told at once, each with its id.
    pub fn load(file: &Path, only: bool, limits: &Limits) -> Result<Self, Vec<String>> {
        let of_file = |problem: String| vec![format!("{}: {problem}", file.display())];
        let text = std::fs::read_to_string(file).map_err(|problem| of_file(problem.to_string()))?;
        let entries = entries(&text).map_err(of_file)?;
        let checker = Checker::new();
        let types = TypeNames::of_schema(&crate::graphql::sdl()).map_err(|problem| of_file(problem.to_string()))?;
        let mut listed = Self { only, ..Self::default() };
        let mut problems = Vec::new();
        for (id, text) in entries {
            match check(&id, &text, limits, &types, &checker) {
                Ok(document) => listed.add(id, Arc::new(document)),
                Err(problem) => problems.push(format!("{}: document {id:?}: {problem}", file.display())),
            }
        }
        if problems.is_empty() && listed.only && listed.is_empty() {
            problems = of_file("it lists no document, and AMBITO_DOCUMENTS_ONLY lets no other run".to_owned());
        }
        if problems.is_empty() { Ok(listed) } else { Err(problems) }
    }

    fn add(&mut self, id: String, document: Arc<Document>) {
        self.by_digest.insert(*document.digest(), document.clone());
        self.by_id.insert(id, document);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The names of their operations.
    pub(super) fn operations(&self) -> BTreeSet<&str> {
        let operations = self.by_id.values().flat_map(|document| document.parsed.operations.iter());
        operations.filter_map(|(name, _)| name).map(Name::as_str).collect()
    }

    /// Whether nothing else runs.
    pub(super) fn only(&self) -> bool {
        self.only
    }

    /// The document of this id.
    pub(super) fn by_id(&self, id: &str) -> Option<Arc<Document>> {
        self.by_id.get(id).cloned()
    }

    /// The document whose text has this SHA-256.
    pub(super) fn by_digest(&self, digest: &Digest) -> Option<Arc<Document>> {
        self.by_digest.get(digest).cloned()
    }
}

/// Ids and texts, in either shape of file.
fn entries(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut members: Map<String, Value> =
        serde_json::from_str(text).map_err(|problem| format!("it is no JSON object: {problem}"))?;
    if members.get("format").and_then(Value::as_str) == Some(APOLLO_FORMAT) {
        let Some(Value::Array(operations)) = members.remove("operations") else {
            return Err("\"operations\" is not a list".to_owned());
        };
        let read = |operation: &Value| {
            let member = |name: &str| Some(operation.get(name)?.as_str()?.to_owned());
            member("id").zip(member("body")).ok_or("an operation has no \"id\" and \"body\" of text")
        };
        return Ok(operations.iter().map(read).collect::<Result<_, _>>()?);
    }
    let read = |(id, text): (String, Value)| match text {
        Value::String(text) => Ok((id, text)),
        _ => Err(format!("the value of {id:?} is not a text")),
    };
    members.into_iter().map(read).collect()
}

/// A listed document as a client might have sent it.
fn check(id: &str, text: &str, limits: &Limits, types: &TypeNames, checker: &Checker) -> Result<Document, String> {
    let document = Document::read(text, limits, types)
        .map_err(|failure| format!("{}{}", failure.error.sentence().en, place(failure.pos.as_ref())))?;
    if hex_digest(id.strip_prefix(SHA256_PREFIX).unwrap_or(id)).is_some_and(|digest| digest != *document.digest()) {
        return Err("its id is not the SHA-256 of its text".to_owned());
    }
    let names: Vec<_> = match &document.parsed.operations {
        DocumentOperations::Single(_) => vec![None],
        DocumentOperations::Multiple(operations) => operations.keys().map(|name| Some(name.as_str())).collect(),
    };
    match names.into_iter().find_map(|name| checker.complaint(&document.parsed, name)) {
        Some(complaint) => {
            let flaw = messages::translate(&complaint.message).unwrap_or_else(messages::general);
            Err(format!("{}{}", flaw.message.en, place(complaint.locations.first())))
        }
        None => Ok(document),
    }
}

fn place(pos: Option<&Pos>) -> String {
    pos.map(|pos| format!(" (line {}, column {})", pos.line, pos.column)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_file() {
        let two = Ok(vec![("a".to_owned(), "{x}".to_owned()), ("b".to_owned(), "{y}".to_owned())]);
        let apollo = |operations: &str| {
            format!(r#"{{"format":"apollo-persisted-query-manifest","version":1,"operations":{operations}}}"#)
        };
        let cases = [
            (r#"{"a":"{x}","b":"{y}"}"#.to_owned(), two.clone()),
            (apollo(r#"[{"id":"a","name":"A","type":"query","body":"{x}"},{"id":"b","body":"{y}"}]"#), two),
            ("{}".to_owned(), Ok(Vec::new())),
            (r#"{"a":1}"#.to_owned(), Err("the value of \"a\" is not a text")),
            (apollo("{}"), Err("\"operations\" is not a list")),
            (apollo(r#"[{"id":"a"}]"#), Err("an operation has no \"id\" and \"body\" of text")),
        ];
        for (text, expect) in cases {
            assert_eq!(entries(&text), expect.map_err(str::to_owned), "{text}");
        }
        assert!(entries("[]").unwrap_err().starts_with("it is no JSON object"));
    }
}
