//! What every request and answer has, whatever it is about: a request id, the security headers, one line of the log.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};

/// Characters of a request id that comes from the client.
const REQUEST_ID_CHARS_MAX: usize = 64;
/// Random bytes of one made here.
const REQUEST_ID_BYTES: usize = 16;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sent where the answer does not say otherwise.
const HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
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

#[derive(Clone)]
struct RequestId(String);

/// The id of a request, as `X-Request-Id` and `extensions.requestId` say it.
pub(super) fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

/// Adds to what the log will say of a request.
pub(super) fn note(request: &HttpRequest, add: impl FnOnce(&mut Account)) {
    let mut extensions = request.extensions_mut();
    let mut account = extensions.remove::<Account>().unwrap_or_default();
    add(&mut account);
    extensions.insert(account);
}

/// The middleware around every handler.
pub(super) async fn wrap(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let id = incoming(request.headers()).unwrap_or_else(new_id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(X_REQUEST_ID, value);
    }
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    log(&response, &id, began);
    Ok(response)
}

/// One line a request, after it: what was asked is in the path and the operation's name, never the document, the variables or the token.
fn log<B>(response: &ServiceResponse<B>, id: &str, began: Instant) {
    let request = response.request();
    let account = request.extensions_mut().remove::<Account>().unwrap_or_default();
    tracing::info!(
        request_id = id,
        method = request.method().as_str(),
        path = request.path(),
        status = response.status().as_u16(),
        client = account.client.as_deref(),
        operation = account.operation.as_deref(),
        cost = account.cost,
        code = account.code,
        duration_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
}

/// The client's own id, where it is plain: it goes into headers and logs.
fn incoming(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&X_REQUEST_ID)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    ((1..=REQUEST_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(plain)).then(|| id.to_owned())
}

fn new_id() -> String {
    let mut bytes = [0_u8; REQUEST_ID_BYTES];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        // Zeros name a request worse than random bytes do; that is no reason to fail it.
        tracing::error!("no random bytes for a request id");
    }
    bytes.iter().fold(String::with_capacity(2 * REQUEST_ID_BYTES), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids() {
        let long = "a".repeat(65);
        let cases = [
            ("a-B_9", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            ("è", false),
            (&long, false),
            (&long[1..], true),
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
