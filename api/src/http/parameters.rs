//! The parameters of a GraphQL request, from a JSON body or a query string. Wrong types are refused; unknown members are skipped.

use actix_web::web::Query;
use async_graphql::Variables;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::guard::scanner;
use crate::limits::Limits;

/// What is asked.
#[derive(Debug)]
pub(super) struct Parameters {
    /// The document.
    pub(super) query: String,
    /// Which of its operations.
    pub(super) operation_name: Option<String>,
    /// What its variables are.
    pub(super) variables: Variables,
}

/// Levels of a body above its variables: the body itself.
const BODY_LEVELS: usize = 1;

/// From a body in JSON.
pub(super) fn from_json(body: &[u8], limits: &Limits) -> Result<Parameters> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return Err(Error::BatchRefused);
    }
    scanner::check_json(body, limits.nesting_max + BODY_LEVELS, limits.variable_values_max)?;
    let mut members: Map<String, Value> = serde_json::from_slice(body).map_err(|_| not_json())?;
    let query = members.remove("query");
    let operation_name = text("operationName", members.remove("operationName"))?;
    let variables = object("variables", members.remove("variables"))?;
    object("extensions", members.remove("extensions"))?;
    finish(text("query", query)?, operation_name, variables)
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
    json("extensions")?;
    finish(find("query").cloned(), find("operationName").cloned(), json("variables")?)
}

fn finish(
    query: Option<String>,
    operation_name: Option<String>,
    given: Option<Map<String, Value>>,
) -> Result<Parameters> {
    let query = query.ok_or_else(|| wrong("query"))?;
    let variables = Variables::from_json(Value::Object(given.unwrap_or_default()));
    Ok(Parameters { query, operation_name, variables })
}

fn text(name: &'static str, value: Option<Value>) -> Result<Option<String>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(name)),
    }
}

fn object(name: &'static str, value: Option<Value>) -> Result<Option<Map<String, Value>>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(wrong(name)),
    }
}

fn not_json() -> Error {
    Error::bad_request("Il corpo della richiesta deve essere un oggetto JSON.", "The body must be a JSON object.")
}

fn wrong(name: &str) -> Error {
    let (it, en) = match name {
        "query" => ("un testo", "a text"),
        "operationName" => ("un testo o null", "a text or null"),
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
            .map(|found| (found.query, found.operation_name, found.variables.to_string()))
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
            (r#"{ "not a JSON"#.into(), Err("BAD_REQUEST")),
            ("null".into(), Err("BAD_REQUEST")),
            (String::new(), Err("BAD_REQUEST")),
            (r#" [{"query":"{a}"}]"#.into(), Err("BATCH_REFUSED")),
            ("[]".into(), Err("BATCH_REFUSED")),
            (nested(23), good("q", None, &format!("{{a: {}1{}}}", "[".repeat(23), "]".repeat(23)))),
            (nested(24), Err("TOO_DEEP")),
            (nested(100_000), Err("TOO_DEEP")),
            (format!(r#"{{"query":"q","variables":{{"a":[{}1]}}}}"#, "1,".repeat(5_000)), Err("TOO_MANY_TOKENS")),
        ];
        for (body, expect) in cases {
            assert_eq!(found(from_json(body.as_bytes(), &Limits::default())), expect, "{body:.90}");
        }
        assert_eq!(found(from_json(b"{\"query\":\"\xff\"}", &Limits::default())), Err("BAD_REQUEST"));
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
        ];
        for (text, expect) in cases {
            assert_eq!(found(from_query_string(text, &Limits::default())), expect, "{text}");
        }
    }
}
