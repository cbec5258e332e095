//! Every document that stands in the sources of the tests, whoever asks it there.

use std::path::Path;

use async_graphql::parser::parse_query;

/// The documents that are written whole, each once.
pub(super) fn of_the_suite() -> Vec<String> {
    let mut documents = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests"), &mut documents);
    documents.sort();
    documents.dedup();
    documents
}

fn collect(folder: &Path, documents: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, documents);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            documents.extend(literals(&std::fs::read_to_string(&path).unwrap()).into_iter().filter(is_document));
        }
    }
}

/// Short texts that parse, and are not of the tests of what is refused.
fn is_document(text: &String) -> bool {
    text.len() < 4_000 && text.contains('{') && parse_query(text).is_ok()
}

/// The texts of a source's string literals, plain and raw; those of `format!` also with their doubled braces made single.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find('"') {
        let hashes = rest[..at].bytes().rev().take_while(|byte| *byte == b'#').count();
        let raw = rest[..at - hashes].ends_with('r');
        let inside = &rest[at + 1..];
        let end = if raw { inside.find(&format!("\"{}", "#".repeat(hashes))) } else { end_of_plain(inside) };
        let Some(end) = end else { break };
        let text = &inside[..end];
        let text = if raw { text.to_owned() } else { text.replace("\\\n", " ").replace("\\\"", "\"") };
        found.push(text.replace("{{", "{").replace("}}", "}"));
        found.push(text);
        rest = &inside[end + 1..];
    }
    found
}

fn end_of_plain(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while *bytes.get(at)? != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    Some(at)
}
