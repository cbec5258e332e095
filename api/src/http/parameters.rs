//! The parameters of a GraphQL request, from a JSON body or a query string. Wrong types are refused; unknown members are skipped.

use actix_web::web::Query;
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value, Variables};

use crate::error::{Error, Result};
use crate::guard::scanner;
use crate::limits::Limits;

/// What is asked.
#[derive(Debug)]
pub(super) struct Parameters {
    /// The document's text.
    pub(super) query: Option<String>,
    /// The document's name, where it is asked for by one.
    pub(super) naming: Option<Naming>,
    /// Which of its operations.
    pub(super) operation_name: Option<String>,
    /// What its variables are.
    pub(super) variables: Variables,
}

/// How a document is named instead of being sent, or to be kept under the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// `extensions.persistedQuery.sha256Hash`, as Apollo's clients send it. The ids of their manifests come this way, too.
    PersistedQuery(String),
    /// `documentId`, of GraphQL over HTTP.
    DocumentId(String),
}

impl Naming {
    /// The name as it was sent.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::PersistedQuery(id) | Self::DocumentId(id) => id,
        }
    }

    /// The hash that the name is, where it is one.
    pub(super) fn digest(&self) -> Option<[u8; 32]> {
        match self {
            Self::PersistedQuery(id) => hex_digest(id),
            Self::DocumentId(id) => hex_digest(id.strip_prefix("sha256:")?),
        }
    }
}

/// The bytes of a SHA-256 in 64 hexadecimal digits of lower case, as both protocols write it.
pub(super) fn hex_digest(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut digest = [0; 32];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != digest.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(digest)
}

/// An object as it is read from JSON: into the library's own values, so that variables are built once.
type Members = IndexMap<Name, Value>;

/// Levels of a body above its variables: the body itself.
const BODY_LEVELS: usize = 1;
/// The version of the protocol of persisted queries.
const PERSISTED_QUERY_VERSION: u64 = 1;

/// From a body in JSON.
pub(super) fn from_json(body: &[u8], limits: &Limits) -> Result<Parameters> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return Err(Error::BatchRefused);
    }
    scanner::check_json(body, limits.nesting_max + BODY_LEVELS, limits.variable_values_max)?;
    let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else { return Err(not_json()) };
    let query = members.swap_remove("query");
    let operation_name = text("operationName", members.swap_remove("operationName"))?;
    let variables = object("variables", members.swap_remove("variables"))?;
    let extensions = object("extensions", members.swap_remove("extensions"))?;
    let document_id = text("documentId", members.swap_remove("documentId"))?;
    finish(text("query", query)?, naming(document_id, extensions)?, operation_name, variables)
}

/// From the query string of a GET, where variables and extensions are JSON texts.
pub(super) fn from_query_string(query_string: &str, limits: &Limits) -> Result<Parameters> {
    let pairs = Query::<Vec<(String, String)>>::from_query(query_string).map_err(|_| {
        Error::bad_request("La stringa di interrogazione non è leggibile.", "The query string cannot be read.")
    })?;
    // An empty parameter counts as absent, as forms send it.
    let find = |name: &str| pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value);
    let json = |name: &'static str| match find(name) {
        None => Ok(None),
        Some(text) => {
            scanner::check_json(text.as_bytes(), limits.nesting_max, limits.variable_values_max)?;
            object(name, Some(serde_json::from_str(text).map_err(|_| wrong(name))?))
        }
    };
    let naming = naming(find("documentId").cloned(), json("extensions")?)?;
    finish(find("query").cloned(), naming, find("operationName").cloned(), json("variables")?)
}

fn finish(
    query: Option<String>,
    naming: Option<Naming>,
    operation_name: Option<String>,
    given: Option<Members>,
) -> Result<Parameters> {
    if query.is_none() && naming.is_none() {
        return Err(wrong("query"));
    }
    let variables = Variables::from_value(Value::Object(given.unwrap_or_default()));
    Ok(Parameters { query, naming, operation_name, variables })
}

/// The document's name, by either protocol.
fn naming(document_id: Option<String>, extensions: Option<Members>) -> Result<Option<Naming>> {
    const PERSISTED_QUERY: &str = "extensions.persistedQuery";
    let persisted = extensions.and_then(|mut extensions| extensions.swap_remove("persistedQuery"));
    let Some(mut persisted) = object(PERSISTED_QUERY, persisted)? else {
        return Ok(document_id.map(Naming::DocumentId));
    };
    let hash = text("extensions.persistedQuery.sha256Hash", persisted.swap_remove("sha256Hash"))?;
    let version = persisted.swap_remove("version");
    let version = version.and_then(|version| if let Value::Number(number) = version { number.as_u64() } else { None });
    match (hash, version) {
        (Some(hash), Some(PERSISTED_QUERY_VERSION)) if document_id.is_none() => Ok(Some(Naming::PersistedQuery(hash))),
        _ => Err(Error::bad_request(
            "\"extensions.persistedQuery\" deve avere \"version\": 1 e \"sha256Hash\", senza \"documentId\".",
            "\"extensions.persistedQuery\" must have \"version\": 1 and \"sha256Hash\", and no \"documentId\" beside it.",
        )),
    }
}

fn text(name: &'static str, value: Option<Value>) -> Result<Option<String>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(name)),
    }
}

fn object(name: &'static str, value: Option<Value>) -> Result<Option<Members>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(wrong(name)),
    }
}

fn not_json() -> Error {
    Error::bad_request("Il corpo della richiesta deve essere un oggetto JSON.", "The body must be a JSON object.")
}

/// A parameter that is not of its type.
pub(super) fn wrong(name: &str) -> Error {
    let (it, en) = match name {
        "query" => ("un testo", "a text"),
        "operationName" | "documentId" | "extensions.persistedQuery.sha256Hash" => {
            ("un testo o null", "a text or null")
        }
        _ => ("un oggetto JSON o null", "a JSON object or null"),
    };
    Error::bad_request(
        format!("Il parametro \"{name}\" deve essere {it}."),
        format!("Parameter \"{name}\" must be {en}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = Result<(String, Option<String>, String), &'static str>;

    fn found(parameters: Result<Parameters>) -> Found {
        parameters
            .map(|found| {
                let naming = found.naming.map(|naming| format!("{naming:?}"));
                (found.query.or(naming).unwrap(), found.operation_name, found.variables.to_string())
            })
            .map_err(|error| error.code().as_str())
    }

    #[allow(clippy::unnecessary_wraps)] // So that a good case and a bad one look alike.
    fn good(query: &str, operation: Option<&str>, variables: &str) -> Found {
        let text = str::to_owned;
        Found::Ok((text(query), operation.map(text), text(variables)))
    }

    #[test]
    fn bodies() {
        let nested = |levels: usize| {
            format!("{{\"query\":\"q\",\"variables\":{{\"a\":{}1{}}}}}", "[".repeat(levels), "]".repeat(levels))
        };
        let persisted = |value: &str| format!("{{\"extensions\":{{\"persistedQuery\":{value}}}}}");
        let cases: Vec<(String, Found)> = vec![
            (r#"{"query":"{a}"}"#.into(), good("{a}", None, "{}")),
            (
                r#"{"query":"{a}","operationName":"Q","variables":{"v":[1]},"extensions":{"x":1},"more":1}"#.into(),
                good("{a}", Some("Q"), "{v: [1]}"),
            ),
            (
                r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#.into(),
                good("{a}", None, "{}"),
            ),
            (r#"{"query":"{a}","query":"{b}"}"#.into(), good("{b}", None, "{}")),
            (r#"{"notquery":"{a}"}"#.into(), Err("BAD_REQUEST")),
            (r#"{"query":null}"#.into(), Err("BAD_REQUEST")),
            (r#"{"query":1}"#.into(), Err("BAD_REQUEST")),
            (r#"{"query":"{a}","operationName":1}"#.into(), Err("BAD_REQUEST")),
            (r#"{"query":"{a}","variables":"v"}"#.into(), Err("BAD_REQUEST")),
            (r#"{"query":"{a}","variables":[]}"#.into(), Err("BAD_REQUEST")),
            (r#"{"query":"{a}","extensions":false}"#.into(), Err("BAD_REQUEST")),
            (r#"{"documentId":"x"}"#.into(), good("DocumentId(\"x\")", None, "{}")),
            (r#"{"documentId":1}"#.into(), Err("BAD_REQUEST")),
            (persisted(r#"{"version":1,"sha256Hash":"x"}"#), good("PersistedQuery(\"x\")", None, "{}")),
            (persisted(r#"{"version":2,"sha256Hash":"x"}"#), Err("BAD_REQUEST")),
            (persisted(r#"{"version":"1","sha256Hash":"x"}"#), Err("BAD_REQUEST")),
            (persisted(r#"{"version":1}"#), Err("BAD_REQUEST")),
            (persisted(r#"{"version":1,"sha256Hash":1}"#), Err("BAD_REQUEST")),
            (persisted("1"), Err("BAD_REQUEST")),
            (persisted("null"), Err("BAD_REQUEST")),
            (
                r#"{"documentId":"y","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}"#.into(),
                Err("BAD_REQUEST"),
            ),
            (r#"{ "not a JSON"#.into(), Err("BAD_REQUEST")),
            ("null".into(), Err("BAD_REQUEST")),
            (String::new(), Err("BAD_REQUEST")),
            (r#" [{"query":"{a}"}]"#.into(), Err("BATCH_REFUSED")),
            ("[]".into(), Err("BATCH_REFUSED")),
            (nested(23), good("q", None, &format!("{{a: {}1{}}}", "[".repeat(23), "]".repeat(23)))),
            (nested(24), Err("TOO_DEEP")),
            (nested(100_000), Err("TOO_DEEP")),
            (format!(r#"{{"query":"q","variables":{{"a":[{}1]}}}}"#, "1,".repeat(20_000)), Err("TOO_MANY_TOKENS")),
        ];
        for (body, expect) in cases {
            assert_eq!(found(from_json(body.as_bytes(), &Limits::default())), expect, "{body:.90}");
        }
        assert_eq!(found(from_json(b"{\"query\":\"\xff\"}", &Limits::default())), Err("BAD_REQUEST"));
    }

    #[test]
    fn hashes() {
        let hex = "00ff10a9".repeat(8);
        let bytes = [0x00, 0xff, 0x10, 0xa9].repeat(8);
        let prefixed = format!("sha256:{hex}");
        let cases = [
            (Naming::PersistedQuery(hex.clone()), true),
            (Naming::PersistedQuery(hex.to_uppercase()), false),
            (Naming::PersistedQuery(hex[1..].to_owned()), false),
            (Naming::PersistedQuery(format!("{hex}0")), false),
            (Naming::PersistedQuery(prefixed.clone()), false),
            (Naming::DocumentId(prefixed), true),
            (Naming::DocumentId(hex), false),
            (Naming::DocumentId("sha256:".to_owned()), false),
        ];
        for (naming, expect) in cases {
            assert_eq!(naming.digest().map(Vec::from), expect.then(|| bytes.clone()), "{naming:?}");
        }
    }

    #[test]
    fn query_strings() {
        let cases = [
            ("query=%7Ba%7D", good("{a}", None, "{}")),
            ("query=%7Ba%7D&operationName=Q&variables=%7B%22v%22%3A1%7D", good("{a}", Some("Q"), "{v: 1}")),
            ("query=a+b&variables=&operationName=&extensions=", good("a b", None, "{}")),
            ("", Err("BAD_REQUEST")),
            ("query=a&variables=x", Err("BAD_REQUEST")),
            ("query=a&variables=%5B%5D", Err("BAD_REQUEST")),
            ("query=a&extensions=1", Err("BAD_REQUEST")),
            ("documentId=x&query=", good("DocumentId(\"x\")", None, "{}")),
            (
                "extensions=%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22x%22%7D%7D",
                good("PersistedQuery(\"x\")", None, "{}"),
            ),
        ];
        for (text, expect) in cases {
            assert_eq!(found(from_query_string(text, &Limits::default())), expect, "{text}");
        }
    }
}
