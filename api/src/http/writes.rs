//! Requests that write: the key that tells one from its own repetition, and the end of what they wrote.
//!
//! The answer is made before what it tells of lasts, and kept with it: whoever asks again under the key, at once or after a restart, gets the same bytes.

use std::sync::Arc;

use actix_web::http::header::HeaderName;
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};

use super::answer::{Cost, Form};
use super::failure::Failure;
use super::publish::Outcome;
use super::{Door, age, envelope};
use crate::auth::Viewer;
use crate::error::{Error, Result};
use crate::exchange::read_given;
use crate::graphql::{IdempotencyKey, Writing, Written};
use crate::store::digest::hex;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Characters of a key: a UUID has 36.
const KEY_CHARACTERS_MAX: usize = 100;

/// The writing of a request, under the key that it was sent with. A request without one is told so when it comes to write.
pub(super) fn writing(request: &HttpRequest, door: &Door, viewer: &Viewer, body: &[u8]) -> Arc<Writing> {
    Arc::new(Writing::new(door.app.store.clone(), key(request, viewer, body), read_given))
}

fn key(request: &HttpRequest, viewer: &Viewer, body: &[u8]) -> Result<IdempotencyKey> {
    let mut keys = request.headers().get_all(IDEMPOTENCY_KEY);
    let key = keys.next().ok_or(Error::IdempotencyKeyRequired)?;
    let is_text = |text: &&str| {
        (1..=KEY_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let key = key.to_str().ok().filter(is_text).filter(|_| keys.next().is_none());
    let key = key.ok_or_else(|| {
        Error::bad_request(
            format!("Idempotency-Key: una sola, da 1 a {KEY_CHARACTERS_MAX} caratteri visibili ASCII."),
            format!("Idempotency-Key: one, of 1 to {KEY_CHARACTERS_MAX} visible ASCII characters."),
        )
    })?;
    let request_hash = hex(digest(&SHA256, body).as_ref());
    Ok(IdempotencyKey { client: viewer.client.clone(), key: key.to_owned(), request_hash })
}

/// Ends a request that writes: keeps the answer with what was written, or gives the one that was kept before.
pub(super) async fn end(
    request: &HttpRequest,
    form: &Form,
    writing: &Writing,
    outcome: Outcome,
    cost: Cost,
) -> Result<HttpResponse, Failure> {
    let failed = |error: Error| Failure { error, pos: None, cost: Some(cost) };
    match writing.end().await.map_err(failed)? {
        Written::Nothing => Ok(form.send(outcome.status, &outcome.answer)),
        Written::Before(answer) => {
            envelope::note(request, |account| (account.code, account.kept_answer) = (None, Some(true)));
            Ok(form.send_ready(answer.into(), None, request.headers()))
        }
        Written::Now(unkept) => {
            let body = outcome.answer.bytes().map_err(failed)?;
            let text = std::str::from_utf8(&body).map_err(|fault| failed(Error::internal(fault)))?;
            let book = unkept.keep(text).await.map_err(failed)?;
            Ok(age::of_book(form.send_ready(body, None, request.headers()), &book))
        }
    }
}
