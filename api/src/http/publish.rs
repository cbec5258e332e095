//! Turns what the library answers into what clients read: our errors keep their codes, the library's complaints get our words, and whatever
//! else there is becomes `INTERNAL`, its text in the log.

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Response, ServerError, Value};

use super::answer::{Answer, Cost, Form, log_fault};
use crate::error::{Code, Error, Flaw};
use crate::guard::{messages, place};

/// An answer with its status, and the code of its first error for the log.
pub(super) struct Outcome {
    pub(super) status: u16,
    /// Whether the library found the document valid and began to execute it.
    pub(super) began: bool,
    pub(super) answer: Answer,
    pub(super) code: Option<&'static str>,
}

/// What is published of a response. `document` is what was executed; `writes` says that it may have changed something, so that what it
/// did must be told although a value was malformed.
pub(super) fn publish(
    response: Response,
    document: &ExecutableDocument,
    writes: bool,
    form: &Form,
    cost: Cost,
) -> Outcome {
    if response.errors.is_empty() {
        let answer = Answer { errors: Vec::new(), data: Some(response.data), extensions: Some(cost.into()) };
        return Outcome { status: 200, began: true, answer, code: None };
    }
    let began = response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty());
    let errors: Vec<Error> =
        response.errors.iter().map(|error| ours(error, began, document, &form.request_id)).collect();
    let malformed = errors.iter().find(|error| matches!(error, Error::Document(flaw) if flaw.malformed_value));
    // Without execution, the whole request is at fault; the malformed value decides its status, if there is one.
    let of_request = malformed.filter(|_| !writes || !began).or(errors.first().filter(|_| !began));
    // So it is where everything that was asked for needed a database that is away.
    let away = errors.iter().find(|error| matches!(error, Error::StorageUnavailable(_)));
    let of_request = of_request.or(away.filter(|_| !writes && is_blank(&response.data)));
    let status = of_request.map_or(200, |error| form.status_of(error));
    let data = Some(response.data).filter(|_| of_request.is_none());
    let code = errors.first().map(|error| error.code().as_str());
    let told = errors.iter().zip(response.errors);
    let errors = told.map(|(error, theirs)| form.published(error, theirs.locations, theirs.path)).collect();
    Outcome { status, began, answer: Answer { errors, data, extensions: Some(cost.into()) }, code }
}

/// Whether nothing was answered: no value but null, however deep.
fn is_blank(data: &Value) -> bool {
    match data {
        Value::Null => true,
        Value::List(entries) => !entries.is_empty() && entries.iter().all(is_blank),
        Value::Object(members) => members.values().all(is_blank),
        _ => false,
    }
}

/// One error of the library as one of ours.
fn ours(error: &ServerError, began: bool, document: &ExecutableDocument, request_id: &str) -> Error {
    if let Some(own) = error.source::<Error>() {
        log_fault(own, request_id);
        return own.clone();
    }
    if let Some(mut flaw) = messages::translate(&error.message) {
        place_value(&mut flaw, error, document);
        return flaw.into();
    }
    if !began {
        tracing::warn!(
            request_id,
            text = without_quotes(&error.message),
            "a complaint of the library without words of ours"
        );
        return messages::general().into();
    }
    let own = Error::internal(without_quotes(&error.message));
    log_fault(&own, request_id);
    own
}

/// Says of a malformed value which argument it is, and whether it came by a variable.
fn place_value(flaw: &mut Flaw, error: &ServerError, document: &ExecutableDocument) {
    if !flaw.malformed_value {
        return;
    }
    let Some(pos) = error.locations.first() else { return };
    if let Some(argument) = place::argument_at(document, *pos) {
        messages::name_argument(flaw, &argument.name);
        if argument.from_variable {
            flaw.code = Code::InvalidVariables;
        }
    } else if let Some(variable) = place::variable_at(document, *pos) {
        messages::name_argument(flaw, &format!("${variable}"));
    }
}

/// A complaint of the library as it may be logged: what stands in quotation marks may be a client's.
fn without_quotes(text: &str) -> String {
    let parts = text.split(['"', '\'', '`']).enumerate();
    parts.map(|(position, part)| if position % 2 == 0 { part } else { "..." }).collect::<Vec<_>>().join("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_stays_out() {
        for (text, shown) in [
            ("no quotes", "no quotes"),
            ("Unknown \"Anna\" of `Bianchini`, 'x'", "Unknown \"...\" of \"...\", \"...\""),
            ("never ended \"Anna", "never ended \"..."),
        ] {
            assert_eq!(without_quotes(text), shown);
        }
    }
}
