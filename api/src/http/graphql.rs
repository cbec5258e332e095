//! `/graphql`: GraphQL over HTTP. One request passes the checks of design section 8 in their order, each before the next sees it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{self, parse_query};
use async_graphql::{Pos, Request, Response};
use futures_util::FutureExt;

use super::answer::{Cost, Form};
use super::negotiate::{self, Media};
use super::parameters::{self, Parameters};
use super::publish::{Outcome, publish};
use super::{Door, body, envelope, rate};
use crate::auth::Viewer;
use crate::error::{Bound, Code, Error, Flaw, Result, Sentence};
use crate::graphql::RateLimit;
use crate::guard::{cost, scanner, variables};

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
    let counted = door.clients.count(viewer.client.clone());
    let mut response = match counted.passed().and_then(|left| media.map(|_| left)) {
        Ok(left) => match execute(&request, payload, &door, &form, viewer, left).await {
            Ok(outcome) => {
                envelope::note(&request, |account| account.code = outcome.code);
                form.send(outcome.status, &outcome.answer)
            }
            Err(failure) => refuse(&request, &form, &failure),
        },
        Err(error) => refuse(&request, &form, &error.into()),
    };
    rate::tell(&mut response, &counted);
    response
}

/// A request that failed as a whole, with what was known of it by then.
struct Failure {
    error: Error,
    pos: Option<Pos>,
    cost: Option<Cost>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, pos: None, cost: None }
    }
}

impl From<cost::Refused> for Failure {
    fn from(refused: cost::Refused) -> Self {
        Self { error: refused.error, pos: refused.pos, cost: None }
    }
}

fn refuse(request: &HttpRequest, form: &Form, failure: &Failure) -> HttpResponse {
    envelope::note(request, |account| account.code = Some(failure.error.code().as_str()));
    form.refuse(&failure.error, failure.pos, failure.cost)
}

async fn authenticate(request: &HttpRequest, door: &Door) -> Result<Viewer> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().map(|value| value.to_str().map_err(|_| Error::InvalidToken)).transpose()?;
    if headers.next().is_some() {
        return Err(Error::InvalidToken);
    }
    door.app.authenticator.authenticate(header, &*door.app.store).await
}

/// From a known client's request to the library's answer.
async fn execute(
    request: &HttpRequest,
    payload: web::Payload,
    door: &Door,
    form: &Form,
    viewer: Viewer,
    left: Option<RateLimit>,
) -> Result<Outcome, Failure> {
    let limits = &door.app.limits;
    let parameters = match *request.method() {
        Method::GET => parameters::from_query_string(request.query_string(), limits)?,
        Method::POST => {
            negotiate::check_json(request.headers())?;
            let body = body::read(request, payload, limits).await?;
            parameters::from_json(&body, limits)?
        }
        _ => return Err(Error::MethodNotAllowed(METHODS).into()),
    };
    let prepared = prepare(parameters, door, request.method() == Method::GET)?;
    envelope::note(request, |account| {
        account.cost = Some(prepared.cost.requested);
        account.operation.clone_from(&prepared.operation);
    });
    let Prepared { mut request, text, cost, writes, .. } = prepared;
    if let Some(left) = left {
        request = request.data(left);
    }
    let book = door.app.store.book();
    let request = crate::graphql::request_data(
        request,
        viewer,
        book,
        form.language,
        door.app.store.clock().today(),
        &door.app.limits,
    );
    let response = run(door, request).await.map_err(|error| Failure { error, pos: None, cost: Some(cost) })?;
    Ok(publish(response, &text, writes, form, cost))
}

/// A request that has passed every guard.
struct Prepared {
    request: Request,
    text: Arc<str>,
    operation: Option<String>,
    writes: bool,
    cost: Cost,
}

fn prepare(parameters: Parameters, door: &Door, by_get: bool) -> Result<Prepared, Failure> {
    let limits = &door.app.limits;
    let Parameters { query, operation_name, mut variables } = parameters;
    scanner::scan(&query, limits).map_err(|refused| Failure {
        error: refused.error,
        pos: Some(scanner::position(&query, refused.offset)),
        cost: None,
    })?;
    let document = parse_query(&query).map_err(|error| unparsable(&error))?;
    let operation = choose(&document, operation_name.as_deref())?;
    if by_get && operation.ty != OperationType::Query {
        return Err(Error::MethodNotAllowed("POST").into());
    }
    cost::check_size(&document, limits)?;
    variables::check(&document, operation, &mut variables, &door.types)?;
    let cost = Cost { requested: cost::cost(&document, operation, &variables, limits), limit: limits.cost_max };
    if cost.requested > cost.limit {
        return Err(Failure { error: Error::Limit(Bound::Cost, cost.limit), pos: None, cost: Some(cost) });
    }
    let writes = operation.ty == OperationType::Mutation;
    let text: Arc<str> = query.as_str().into();
    let mut request = Request::new(query).variables(variables);
    request.operation_name.clone_from(&operation_name);
    request.set_parsed_query(document);
    Ok(Prepared { request, text, operation: operation_name, writes, cost })
}

/// Executes within the time there is. A panic of a resolver ends its request, not the server.
async fn run(door: &Door, request: Request) -> Result<Response> {
    let seconds = door.app.limits.execution_seconds_max;
    let execution = tokio::time::timeout(Duration::from_secs(seconds), door.app.schema.execute(request));
    match AssertUnwindSafe(execution).catch_unwind().await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) => Err(Error::Timeout(seconds)),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(Error::internal(format!("panic: {}", text.unwrap_or_else(|| "without a text".to_owned()))))
        }
    }
}

/// The operation that the library will choose, too.
fn choose<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Result<&'d OperationDefinition> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.values().next().map(|operation| &operation.node).ok_or_else(no_operation)
        }
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).map(|operation| &operation.node).ok_or_else(no_operation)
        }
        _ => Err(no_operation()),
    }
}

fn no_operation() -> Error {
    Error::bad_request(
        "\"operationName\" deve indicare una delle operazioni del documento.",
        "\"operationName\" must name one of the document's operations.",
    )
}

fn unparsable(error: &parser::Error) -> Failure {
    let message = match error {
        parser::Error::MissingOperation => {
            Sentence::new("Il documento non contiene operazioni.", "The document has no operation.")
        }
        parser::Error::MultipleOperations { .. } => Sentence::new(
            "Un'operazione senza nome deve essere l'unica del documento.",
            "An operation without a name must be the document's only one.",
        ),
        parser::Error::OperationDuplicated { .. } | parser::Error::FragmentDuplicated { .. } => Sentence::new(
            "Due operazioni o due frammenti hanno lo stesso nome.",
            "Two operations or two fragments have the same name.",
        ),
        _ => Sentence::new("Il documento non è GraphQL valido.", "The document is not valid GraphQL."),
    };
    let flaw = Flaw { code: Code::ParseError, message, argument: None, malformed_value: false };
    Failure { error: flaw.into(), pos: error.positions().next(), cost: None }
}
