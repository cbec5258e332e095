//! What every request and answer has, whatever it is about: a request id, the security headers, one line of the log, its place in the numbers.
//!
//! The log gets nothing that a client makes up freely: no path, no query string, no header. An id of the client's is short enough to be none of our
//! secrets, and a token has points in it.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};

use super::Watch;
use super::operations::OPERATION_CHARS_MAX;

/// Characters of a request id that comes from the client: enough for a UUID, and fewer than a secret of this server has.
const REQUEST_ID_CHARS_MAX: usize = 40;
/// Random bytes of one made here.
const REQUEST_ID_BYTES: usize = 16;
/// Ids that a thread has random bytes for.
const REQUEST_IDS_AHEAD: usize = 64;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The trace that a request belongs to, as the W3C recommendation Trace Context writes it.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Hexadecimal digits of the trace's id in it, which follow the version's two and a line.
const TRACE_ID: std::ops::Range<usize> = 3..35;
/// Characters of the only version that there is.
const TRACEPARENT_CHARS: usize = 55;

/// Sent where the answer does not say otherwise. Names and values are made when the program is, not at each request.
const DEFAULTS: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ),
];
/// Sent in any case.
const ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// What the log says of a request beyond its head; the handler fills it in.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) client: Option<Arc<str>>,
    pub(super) operation: OperationName,
    pub(super) cost: Option<u64>,
    pub(super) code: Option<&'static str>,
    /// Whether the answer was kept from before; none where none was looked for.
    pub(super) kept_answer: Option<bool>,
    /// Whether the document was; none where none was needed.
    pub(super) kept_document: Option<bool>,
}

/// The operation that a request asked for.
#[derive(Clone, Debug, Default)]
pub(super) enum OperationName {
    /// None was found: the request was refused before, or is none of GraphQL.
    #[default]
    Unread,
    /// One without a name.
    Anonymous,
    /// One of this name.
    Named(Arc<str>),
}

impl From<Option<Arc<str>>> for OperationName {
    fn from(name: Option<Arc<str>>) -> Self {
        name.map_or(Self::Anonymous, Self::Named)
    }
}

impl OperationName {
    /// The name as the log tells it: a very long one is not repeated.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) if name.len() <= OPERATION_CHARS_MAX => Some(name),
            _ => None,
        }
    }
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
    watch: Watch,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let mut running = watch.begin();
    let id: Arc<str> = incoming(request.headers()).map_or_else(new_id, Arc::from);
    request.extensions_mut().insert(Noted { id: id.clone(), account: Account::default() });
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(X_REQUEST_ID, value);
    }
    for (name, value) in DEFAULTS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if running.watch.is_draining() {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let account = response.request().extensions_mut().remove::<Noted>().map(|noted| noted.account).unwrap_or_default();
    let (route, took) = (super::route(response.request().path()), began.elapsed());
    running.watch.metrics().answered(route, response.status().as_u16(), &account, took);
    running.is_answered = true;
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
        operation = account.operation.name(),
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

/// A new id, of bytes that were fetched before: to ask for a few random ones costs as much as to ask for many.
fn new_id() -> Arc<str> {
    thread_local! {
        static AHEAD: RefCell<Vec<[u8; REQUEST_ID_BYTES]>> = const { RefCell::new(Vec::new()) };
    }
    let bytes = AHEAD.with_borrow_mut(|ahead| {
        if ahead.is_empty() {
            ahead.resize(REQUEST_IDS_AHEAD, [0; REQUEST_ID_BYTES]);
            if aws_lc_rs::rand::fill(ahead.as_flattened_mut()).is_err() {
                // Zeros name a request worse than random bytes do; that is no reason to fail it.
                tracing::error!("no random bytes for a request id");
                ahead.truncate(1);
            }
        }
        ahead.pop().unwrap_or_default()
    });
    let mut digits = [0; 2 * REQUEST_ID_BYTES];
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 0x0F)];
    }
    std::str::from_utf8(&digits).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
        let own: BTreeSet<_> = (0..3 * REQUEST_IDS_AHEAD).map(|_| new_id()).collect();
        assert_eq!(own.len(), 3 * REQUEST_IDS_AHEAD);
        assert!(
            own.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
        );
    }
}
