//! What every request and answer has, whatever it is about: a request id, the security headers, one line of the log, its place in the numbers.
//!
//! The log gets nothing that a client makes up freely: no path, no query string, no header. An id of the client's is short enough to be none of our
//! secrets, and a token has points in it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};

use super::metrics::OPERATION_CHARS_MAX;
use super::{Door, Watch};

/// Characters of a request id that comes from the client: enough for a UUID, and fewer than a secret of this server has.
const REQUEST_ID_CHARS_MAX: usize = 40;
/// Random bytes of one made here.
const REQUEST_ID_BYTES: usize = 16;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The trace that a request belongs to, as the W3C recommendation Trace Context writes it.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Hexadecimal digits of the trace's id in it, which follow the version's two and a line.
const TRACE_ID: std::ops::Range<usize> = 3..35;
/// Characters of the only version that there is.
const TRACEPARENT_CHARS: usize = 55;

/// Sent where the answer does not say otherwise. Names and values are made when the program is, not at each request.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// What the log says of a request beyond its head; the handler fills it in.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) client: Option<Arc<str>>,
    pub(super) operation: Option<Arc<str>>,
    pub(super) cost: Option<u64>,
    pub(super) code: Option<&'static str>,
    /// Whether the answer was kept from before; none where none was looked for.
    pub(super) kept_answer: Option<bool>,
    /// Whether the document was; none where none was needed.
    pub(super) kept_document: Option<bool>,
}

/// What goes with a request from its first step to its last.
struct Noted {
    id: Arc<str>,
    account: Account,
}

/// The id of a request, as `X-Request-Id` and `extensions.requestId` say it.
pub(super) fn request_id(request: &HttpRequest) -> Arc<str> {
    request.extensions().get::<Noted>().map_or_else(|| Arc::from(""), |noted| noted.id.clone())
}

/// Adds to what the log will say of a request.
pub(super) fn note(request: &HttpRequest, add: impl FnOnce(&mut Account)) {
    if let Some(noted) = request.extensions_mut().get_mut::<Noted>() {
        add(&mut noted.account);
    }
}

/// The middleware around every handler.
pub(super) async fn wrap(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let watch = request.app_data::<web::Data<Door>>().map(|door| door.app.watch.clone());
    let mut running = watch.as_ref().map(|watch| watch.metrics().begin());
    let id: Arc<str> = incoming(request.headers()).map_or_else(|| new_id().into(), Arc::from);
    request.extensions_mut().insert(Noted { id: id.clone(), account: Account::default() });
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(X_REQUEST_ID, value);
    }
    for (name, value) in HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if watch.as_ref().is_some_and(Watch::is_draining) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let account = response.request().extensions_mut().remove::<Noted>().map(|noted| noted.account).unwrap_or_default();
    let (route, took) = (super::route(response.request().path()), began.elapsed());
    if let Some(watch) = &watch {
        watch.metrics().answered(route, response.status().as_u16(), &account, took);
    }
    if let Some(running) = &mut running {
        running.answered();
    }
    log(&response, &id, route, &account, took);
    Ok(response)
}

/// One line a request, after it: what was asked is in the route and the operation's name, never the document, the variables or the token.
fn log<B>(response: &ServiceResponse<B>, id: &str, route: &'static str, account: &Account, took: Duration) {
    tracing::info!(
        request_id = id,
        trace_id = trace_id(response.request().headers()),
        method = method(response.request().method()),
        path = route,
        status = response.status().as_u16(),
        client = account.client.as_deref(),
        operation = account.operation.as_deref().filter(|name| name.len() <= OPERATION_CHARS_MAX),
        cost = account.cost,
        code = account.code,
        duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "request"
    );
}

/// A method by its name, where it is a usual one: a client may send any word for it.
fn method(method: &Method) -> &'static str {
    const USUAL: [(Method, &str); 8] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
        (Method::TRACE, "TRACE"),
    ];
    USUAL.iter().find(|(usual, _)| usual == method).map_or("(other)", |(_, name)| name)
}

/// The client's own id, where it is plain: it goes into headers and logs.
fn incoming(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(&X_REQUEST_ID)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    ((1..=REQUEST_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(plain)).then_some(id)
}

/// The id of the client's trace, where the header is well formed.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let parent = headers.get(&TRACEPARENT)?.to_str().ok()?;
    let is_line = |position| matches!(position, 2 | 35 | 52);
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let plain = |(position, byte)| if is_line(position) { byte == b'-' } else { hexadecimal(byte) };
    let good = parent.len() == TRACEPARENT_CHARS && parent.starts_with("00-") && parent.bytes().enumerate().all(plain);
    parent.get(TRACE_ID).filter(|id| good && id.bytes().any(|byte| byte != b'0'))
}

fn new_id() -> String {
    let mut bytes = [0_u8; REQUEST_ID_BYTES];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        // Zeros name a request worse than random bytes do; that is no reason to fail it.
        tracing::error!("no random bytes for a request id");
    }
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0F)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let cases = [
            (format!("00-{id}-00f067aa0ba902b7-01"), Some(id)),
            (format!("01-{id}-00f067aa0ba902b7-01"), None),
            (format!("00-{id}-00f067aa0ba902b7-01-x"), None),
            (format!("00-{id}-00f067aa0ba902b7_01"), None),
            (format!("00-{}-00f067aa0ba902b7-01", id.to_ascii_uppercase()), None),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), None),
            (String::new(), None),
        ];
        for (parent, expect) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(TRACEPARENT, HeaderValue::from_str(&parent).unwrap());
            assert_eq!(trace_id(&headers), expect, "{parent}");
        }
    }

    #[test]
    fn request_ids() {
        let long = "a".repeat(41);
        let cases = [
            ("a-B_9", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            ("è", false),
            (&long, false),
            (&long[1..], true),
            ("4bf92f3577b34da6a3ce929d0e0e4736", true),
            ("0af76519-16cd-43dd-8448-eb211c80319c", true),
            ("eyJhbGciOiJFUzI1NiJ9.e30.c2ln", false),
        ];
        for (id, accepted) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(id.as_bytes()).unwrap());
            assert_eq!(incoming(&headers).is_some(), accepted, "{id}");
        }
        let (one, other) = (new_id(), new_id());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }
}
