//! The shapes of answers: GraphQL's `{ errors, data, extensions }`, and problem+json (RFC 9457) for everything else.

use std::sync::Arc;

use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY, WWW_AUTHENTICATE,
};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::{PathSegment, Pos, Value};
use serde::Serialize;

use super::negotiate::{self, Media};
use super::{age, envelope, fresh};
use crate::error::{Error, Result};
use crate::graphql::Language;
use crate::graphql::json::{self, Json};

/// Of answers to GET that were made from the book alone: their own client may keep them, and asks each time whether they still hold.
const CACHE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// What such an answer depends on besides its address.
const VARIES: HeaderValue = HeaderValue::from_static("authorization, accept, accept-language");

/// About what an answer takes besides the lists in it.
const ENVELOPE_BYTES: usize = 512;

/// How one request is to be answered.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) media: Media,
    pub(super) language: Language,
    pub(super) request_id: Arc<str>,
}

/// What an operation costs, and what it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Cost {
    pub(super) requested: u64,
    pub(super) limit: u64,
}

/// An error as clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Published {
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Pos>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path: Vec<PathSegment>,
    extensions: Details,
}

/// What programs read of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    code: &'static str,
    request_id: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    argument: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comune: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

/// The whole answer of `/graphql`.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) errors: Vec<Published>,
    pub(super) data: Option<Value>,
    pub(super) extensions: Option<Extensions>,
}

impl Answer {
    /// Its bytes, as long as they are.
    pub(super) fn bytes(&self) -> Result<web::Bytes> {
        let mut json = Json::default();
        json.reserve(self.data.as_ref().map_or(0, json::ready_bytes) + ENVELOPE_BYTES);
        json.raw(b"{");
        let mut members = 0;
        let mut member = |json: &mut Json, name: &[u8]| {
            json.comma(members);
            json.raw(name);
            members += 1;
        };
        if !self.errors.is_empty() {
            member(&mut json, b"\"errors\":");
            json.any(&self.errors)?;
        }
        if let Some(data) = &self.data {
            member(&mut json, b"\"data\":");
            json.value(data)?;
        }
        if let Some(extensions) = &self.extensions {
            member(&mut json, b"\"extensions\":");
            json.any(extensions)?;
        }
        json.raw(b"}");
        Ok(web::Bytes::from(json.into_bytes().into_boxed_slice()))
    }
}

/// What an answer tells besides.
#[derive(Debug, Serialize)]
pub(super) struct Extensions {
    cost: Cost,
}

impl From<Cost> for Extensions {
    fn from(cost: Cost) -> Self {
        Self { cost }
    }
}

impl Form {
    /// An error as it is told in this answer.
    pub(super) fn published(&self, error: &Error, locations: Vec<Pos>, path: Vec<PathSegment>) -> Published {
        let (mut argument, mut service, mut comune, mut limit) = (None, None, None, None);
        match error {
            Error::Document(flaw) => argument.clone_from(&flaw.argument),
            Error::Refusal(refusal) => {
                argument.clone_from(&refusal.argument);
                service.clone_from(&refusal.service);
                comune.clone_from(&refusal.comune);
            }
            Error::Limit(_, most) => limit = Some(*most),
            _ => {}
        }
        let code = error.code().as_str();
        Published {
            message: error.sentence().in_language(self.language).to_owned(),
            locations,
            path,
            extensions: Details { code, request_id: self.request_id.clone(), argument, service, comune, limit },
        }
    }

    /// The status of a request that fails as a whole. A client that names `application/json` gets 200 for a document that cannot be executed,
    /// as before there was a media type for GraphQL, but never for a value that is not of its type.
    pub(super) fn status_of(&self, error: &Error) -> u16 {
        match error {
            Error::Document(flaw) if self.media == Media::NamedJson && !flaw.malformed_value => 200,
            _ => error.status(),
        }
    }

    /// The answer to a request that fails as a whole.
    pub(super) fn refuse(&self, error: &Error, pos: Option<Pos>, cost: Option<Cost>) -> HttpResponse {
        log_fault(error, &self.request_id);
        let answer = Answer {
            errors: vec![self.published(error, pos.into_iter().collect(), Vec::new())],
            data: None,
            extensions: cost.map(Into::into),
        };
        let mut response = self.send(self.status_of(error), &answer);
        match error {
            Error::MethodNotAllowed(allow) => {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
            }
            Error::Unauthenticated | Error::InvalidToken => {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Error::StorageUnavailable(_) => age::retry_later(&mut response),
            // What is left of the body is not read, so the connection cannot be used again.
            Error::Limit(..) | Error::BodyTimeout(_) if error.status() != 400 => {
                response.head_mut().set_connection_type(ConnectionType::Close);
            }
            _ => {}
        }
        response
    }

    /// An answer of `/graphql` in the form that was asked for.
    pub(super) fn send(&self, status: u16, answer: &Answer) -> HttpResponse {
        written(status, self.media.content_type(), answer.bytes())
    }

    /// An answer that is ready to be sent, or word that the client has it already.
    pub(super) fn send_ready(&self, body: web::Bytes, etag: Option<HeaderValue>, headers: &HeaderMap) -> HttpResponse {
        send_tagged(self.media.content_type(), body, etag, headers)
    }
}

/// Bytes that are ready to be sent, or word that the client has them already.
pub(super) fn send_tagged(
    content_type: &'static str,
    body: web::Bytes,
    etag: Option<HeaderValue>,
    headers: &HeaderMap,
) -> HttpResponse {
    let whole = |body: web::Bytes| {
        HttpResponse::Ok().insert_header((CONTENT_TYPE, HeaderValue::from_static(content_type))).body(body)
    };
    let Some(etag) = etag else { return whole(body) };
    let mut response = if fresh::has(headers, &etag) { HttpResponse::NotModified().finish() } else { whole(body) };
    let own = response.headers_mut();
    own.insert(ETAG, etag);
    own.insert(CACHE_CONTROL, CACHE);
    own.insert(VARY, VARIES);
    response
}

/// Writes the cause of a fault to the log, which is the only place that sees it.
pub(super) fn log_fault(error: &Error, request_id: &str) {
    if error.is_fault() {
        tracing::error!(request_id, code = %error.code(), cause = %error, "request failed");
    }
}

/// Any JSON.
pub(super) fn json(status: u16, content_type: &'static str, body: &impl Serialize) -> HttpResponse {
    let mut text = Json::default();
    written(status, content_type, text.any(body).map(|()| text.into_bytes().into()))
}

/// What was written, or the plainest of errors where it could not be.
fn written(status: u16, content_type: &'static str, body: Result<web::Bytes>) -> HttpResponse {
    match body {
        Ok(bytes) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            HttpResponse::build(status).insert_header((CONTENT_TYPE, content_type)).body(bytes)
        }
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// A problem (RFC 9457), as the Italian interoperability guidelines ask of everything that is not GraphQL or OAuth.
pub(super) fn problem(status: u16, title: &str, detail: &str) -> HttpResponse {
    #[derive(Serialize)]
    struct Problem<'a> {
        title: &'a str,
        status: u16,
        detail: &'a str,
    }
    json(status, "application/problem+json", &Problem { title, status, detail })
}

/// A path that leads nowhere.
pub(super) async fn not_found(request: HttpRequest) -> HttpResponse {
    let language = negotiate::language(request.headers());
    envelope::note(&request, |account| account.code = Some("NOT_FOUND"));
    problem(404, "Not Found", language.choose("Qui non c'è nulla.", "There is nothing here."))
}

/// A path that knows other methods.
pub(super) async fn method_not_allowed(allow: &'static str) -> HttpResponse {
    let mut response = problem(405, "Method Not Allowed", &Error::MethodNotAllowed(allow).sentence().en);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    response
}
