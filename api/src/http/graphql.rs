//! `/graphql`: GraphQL over HTTP. One request passes the checks of design section 8 in their order, each before the next sees it.
//!
//! A question that was asked before is answered after the first of them (token, allowance, media types, body) and none of the others: the same bytes
//! passed those already.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Positioned, Response, Variables};
use futures_util::FutureExt;

use super::answer::{Cost, Form};
use super::documents::Found;
use super::failure::Failure;
use super::kept::{Question, Ready};
use super::negotiate::{self, Media};
use super::parameters::{self, Parameters};
use super::publish::publish;
use super::{Door, age, body, envelope, fresh, rate, writes};
use crate::auth::Viewer;
use crate::error::{Bound, Error, Result};
use crate::graphql::{Asked, Asking, Origin, RateLimit};
use crate::guard::{cost, variables};

/// What the resource knows.
const METHODS: &str = "GET, POST";

/// The handler: token and allowance first, since a body is read for known clients only.
pub(super) async fn answer(request: HttpRequest, payload: web::Payload, door: web::Data<Door>) -> HttpResponse {
    let media = negotiate::media(request.headers());
    let form = Form {
        media: media.as_ref().map_or(Media::AnyJson, |media| *media),
        language: negotiate::language(request.headers()),
        request_id: envelope::request_id(&request),
    };
    let viewer = match authenticate(&request, &door).await {
        Ok(viewer) => viewer,
        Err(error) => return refuse(&request, &form, &error.into()),
    };
    envelope::note(&request, |account| account.client = Some(viewer.client.clone()));
    let counted = door.clients.count(&viewer.client);
    let answer = match counted.passed().and_then(|left| media.map(|_| left)) {
        Ok(left) => respond(&request, payload, &door, &form, (&viewer, left)).await,
        Err(error) => Err(error.into()),
    };
    let mut response = answer.unwrap_or_else(|failure| refuse(&request, &form, &failure));
    rate::tell(&mut response, &counted);
    age::tell(&mut response, &door.app.store);
    response
}

fn refuse(request: &HttpRequest, form: &Form, failure: &Failure) -> HttpResponse {
    envelope::note(request, |account| {
        account.code = Some(failure.error.code().as_str());
        account.cost = failure.cost.map(|cost| cost.requested).or(account.cost);
    });
    form.refuse(&failure.error, failure.pos, failure.cost)
}

pub(super) async fn authenticate(request: &HttpRequest, door: &Door) -> Result<Viewer> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().map(|value| value.to_str().map_err(|_| Error::InvalidToken)).transpose()?;
    if headers.next().is_some() {
        return Err(Error::InvalidToken);
    }
    door.app.authenticator.authenticate(header, &*door.app.store).await
}

/// From a known client's request to its answer: the one that is kept for this question, or a new one.
async fn respond(
    request: &HttpRequest,
    payload: web::Payload,
    door: &Door,
    form: &Form,
    asker: (&Viewer, Option<RateLimit>),
) -> Result<HttpResponse, Failure> {
    let (by_get, body) = match *request.method() {
        Method::GET => (true, web::Bytes::new()),
        Method::POST => {
            negotiate::check_json(request.headers())?;
            (false, body::read(request, payload, &door.app.limits).await?)
        }
        _ => return Err(Error::MethodNotAllowed(METHODS).into()),
    };
    // Book and day are looked at once, for the search and for the execution: what is kept was made from what it is kept under.
    let book = door.app.store.book();
    let question = Question {
        book: &book,
        today: door.app.store.clock().today(),
        standing: &asker.0.standing,
        language: form.language,
        content_type: form.media.content_type(),
        by_get,
        asked: if by_get { request.query_string().as_bytes() } else { &body },
    };
    let response = match door.answers.find(&question) {
        Some(ready) => {
            envelope::note(request, |account| {
                account.kept_answer = Some(true);
                account.cost = Some(ready.cost);
                account.operation = ready.operation.into();
            });
            check_age(ready.has_open_plan, door)?;
            form.send_ready(ready.body, ready.etag, request.headers())
        }
        // Boxed, since a future has room for all that it may wait for, and is moved with it when a request begins.
        None => Box::pin(compute(request, door, form, asker, &question)).await?,
    };
    Ok(age::of_book(response, &book))
}

/// Answers a question that nothing is kept for.
async fn compute(
    request: &HttpRequest,
    door: &Door,
    form: &Form,
    asker: (&Viewer, Option<RateLimit>),
    question: &Question<'_>,
) -> Result<HttpResponse, Failure> {
    let limits = &door.app.limits;
    let parameters = if question.by_get {
        parameters::from_query_string(request.query_string(), limits)?
    } else {
        parameters::from_json(question.asked, limits)?
    };
    let prepared = prepare(request, parameters, door, question.by_get)?;
    envelope::note(request, |account| {
        account.kept_answer = Some(false);
        account.cost = Some(prepared.cost.requested);
    });
    execute(request, door, form, asker, question, prepared).await
}

/// Executes a request, and keeps of it what may be asked for again.
async fn execute(
    request: &HttpRequest,
    door: &Door,
    form: &Form,
    (viewer, allowance): (&Viewer, Option<RateLimit>),
    question: &Question<'_>,
    prepared: Prepared,
) -> Result<HttpResponse, Failure> {
    let Prepared { found, named, operation, variables, writes, cost } = prepared;
    let document = found.document.clone();
    let (_, definition) = choose(&document.parsed, named.as_deref())?;
    let is_known = found.kept && !writes && document.is_checked_by_types;
    let asked = Asked { document: &document.parsed, name: named, operation: definition, variables, is_known };
    let (book, language, today) = (question.book.clone(), question.language, question.today);
    let viewer = viewer.clone();
    let writing = writes.then(|| writes::writing(request, door, &viewer, question.asked));
    let repeats_names = document.repeats_names;
    let asking = Asking { viewer, allowance, book, language, today, repeats_names, writing: writing.clone() };
    let answered = run(door, asked, asking).await;
    let (response, origin) = answered.map_err(|error| Failure { error, pos: None, cost: Some(cost) })?;
    check_age(origin.has_open_plan(), door)?;
    let outcome = publish(response, &found.document.parsed, writes, form, cost);
    if outcome.began {
        door.documents.keep(found);
    }
    envelope::note(request, |account| account.code = outcome.code);
    if let Some(writing) = writing {
        return writes::end(request, form, &writing, outcome, cost).await;
    }
    if !outcome.answer.errors.is_empty() || !origin.is_book_alone() {
        let mut response = form.send(outcome.status, &outcome.answer);
        if outcome.status == 503 {
            age::retry_later(&mut response);
        }
        return Ok(response);
    }
    let Ok(body) = outcome.answer.bytes() else { return Ok(form.send(outcome.status, &outcome.answer)) };
    let etag = question.by_get.then(|| fresh::etag(question.content_type, &body)).flatten();
    let has_open_plan = origin.has_open_plan();
    let response = form.send_ready(body.clone(), etag.clone(), request.headers());
    door.answers.keep(question, Ready { body, etag, has_open_plan, operation, cost: cost.requested });
    Ok(response)
}

/// Approved plans never change, so they are answered for while the database is away. Other plans may be other ones by now.
fn check_age(has_open_plan: bool, door: &Door) -> Result<()> {
    if has_open_plan && door.app.store.is_stale() {
        return Err(Error::storage("a plan that is not approved was asked for"));
    }
    Ok(())
}

/// A request that has passed every guard.
struct Prepared {
    found: Found,
    /// The operation's name, where the client gave one.
    named: Option<String>,
    /// That of the operation that will run.
    operation: Option<Arc<str>>,
    variables: Variables,
    writes: bool,
    cost: Cost,
}

fn prepare(request: &HttpRequest, parameters: Parameters, door: &Door, by_get: bool) -> Result<Prepared, Failure> {
    let limits = &door.app.limits;
    let found = door.documents.find(&parameters, limits, &door.types)?;
    envelope::note(request, |account| account.kept_document = Some(found.kept));
    let Parameters { operation_name, mut variables, .. } = parameters;
    let document = &found.document.parsed;
    let (name, operation) = choose(document, operation_name.as_deref())?;
    let operation = &operation.node;
    let name: Option<Arc<str>> = name.map(Arc::from);
    envelope::note(request, |account| account.operation = name.clone().into());
    if by_get && operation.ty != OperationType::Query {
        return Err(Error::MethodNotAllowed("POST").into());
    }
    variables::complete(operation, &mut variables)?;
    let cost = Cost { requested: cost::cost(document, operation, &variables, limits), limit: limits.cost_max };
    if cost.requested > cost.limit {
        return Err(Failure { error: Error::Limit(Bound::Cost, cost.limit), pos: None, cost: Some(cost) });
    }
    let writes = operation.ty == OperationType::Mutation;
    Ok(Prepared { found, named: operation_name, operation: name, variables, writes, cost })
}

/// Executes within the time there is. A panic of a resolver ends its request, not the server.
async fn run(door: &Door, asked: Asked<'_>, asking: Asking) -> Result<(Response, Origin)> {
    let seconds = door.app.limits.execution_seconds_max;
    let execution = tokio::time::timeout(Duration::from_secs(seconds), door.app.schema.answer(asked, asking));
    match AssertUnwindSafe(execution).catch_unwind().await {
        Ok(Ok(answered)) => Ok(answered),
        Ok(Err(_)) => Err(Error::Timeout(seconds)),
        // Where it was is in the log already. What it says may quote a value of the request, so nobody repeats it.
        Err(_) => Err(Error::internal("a resolver panicked".to_owned())),
    }
}

/// The operation that the library will choose, too, and its name.
fn choose<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<&'d str>, &'d Positioned<OperationDefinition>)> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => return Ok((None, operation)),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => operations.iter().next(),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get_key_value(name),
        _ => None,
    };
    found.map(|(name, operation)| (Some(name.as_str()), operation)).ok_or_else(no_operation)
}

fn no_operation() -> Error {
    Error::bad_request(
        "\"operationName\" deve indicare una delle operazioni del documento.",
        "\"operationName\" must name one of the document's operations.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    /// Every request's future is moved to the heap whole, whatever becomes of it. What few requests do is put into boxes of its own.
    #[test]
    fn a_request_is_small() {
        assert!(size_of_future(answer) < 8 * 1024, "{} bytes", size_of_future(answer));
    }
}
