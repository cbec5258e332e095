//! Requests that are answered with a file or about one: who asks is known and counted first, and what fails is told as a problem (RFC 9457).

use actix_web::http::header::{ALLOW, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::answer::{json, log_fault};
use super::graphql::authenticate;
use super::{Door, age, envelope, negotiate, rate};
use crate::auth::Viewer;
use crate::error::{Code, Error, Result};

const PROBLEM: &str = "application/problem+json";

/// A problem, with what more there is to tell.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a, M> {
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    more: Option<M>,
}

/// Answers a known client within its allowance; a body is read for those only.
pub(super) async fn for_known(
    request: &HttpRequest,
    door: &Door,
    answer: impl AsyncFnOnce(Viewer) -> Result<HttpResponse>,
) -> HttpResponse {
    let viewer = match authenticate(request, door).await {
        Ok(viewer) => viewer,
        Err(error) => return refuse(request, &error),
    };
    envelope::note(request, |account| account.client = Some(viewer.client.clone()));
    let counted = door.clients.count(&viewer.client);
    let answered = match counted.passed() {
        Ok(_) => Box::pin(answer(viewer)).await,
        Err(error) => Err(error),
    };
    let mut response = answered.unwrap_or_else(|error| refuse(request, &error));
    rate::tell(&mut response, &counted);
    age::tell(&mut response, &door.app.store);
    response
}

/// A request that fails as a whole.
fn refuse(request: &HttpRequest, error: &Error) -> HttpResponse {
    log_fault(error, &envelope::request_id(request));
    let code = error.code();
    let status = if code == Code::NotFound { 404 } else { error.status() };
    let (language, sentence) = (negotiate::language(request.headers()), error.sentence());
    let detail = match error {
        Error::UnsupportedMediaType => {
            language.choose("Il corpo della richiesta deve essere text/csv.", "The body must be text/csv.")
        }
        Error::NotAcceptable => language.choose("La risposta è text/csv.", "The answer is text/csv."),
        _ => sentence.in_language(language),
    };
    let mut response = tell(request, (status, code), detail, None::<()>);
    let headers = response.headers_mut();
    match error {
        Error::Unauthenticated | Error::InvalidToken => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Error::MethodNotAllowed(allow) => drop(headers.insert(ALLOW, HeaderValue::from_static(allow))),
        Error::StorageUnavailable(_) => age::retry_later(&mut response),
        Error::RateLimited(seconds) => drop(headers.insert(RETRY_AFTER, HeaderValue::from(*seconds))),
        _ => {}
    }
    if request.method() == Method::POST {
        // What is left of the body is not read, so the connection cannot be used again.
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

/// A problem as it is told.
pub(super) fn tell(
    request: &HttpRequest,
    (status, code): (u16, Code),
    detail: &str,
    more: Option<impl Serialize>,
) -> HttpResponse {
    let code = code.as_str();
    envelope::note(request, |account| account.code = Some(code));
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let request_id = envelope::request_id(request);
    json(status, PROBLEM, &Problem { title, status, detail, code, request_id: &request_id, more })
}
