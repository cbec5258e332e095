//! Reads a body within its limits. The framework's own limits live in its extractors, which are not used, and it never cuts a slow body.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;

use crate::error::{Bound, Error, Result};
use crate::limits::Limits;

/// The whole body, or why not. What is refused is not read further.
pub(super) async fn read(request: &HttpRequest, payload: Payload, limits: &Limits) -> Result<Bytes> {
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    check_length(declared.unwrap_or_default(), limits)?;
    let mut whole = pin!(gather(payload, declared, limits));
    // The framework starts a handler before it hands over what it has read of the body, and nearly always that is all of it. So the first look
    // finds nothing, and a timer is set by the second.
    let mut looked = false;
    let at_once = poll_fn(|context| match whole.as_mut().poll(context) {
        Poll::Ready(body) => Poll::Ready(Some(body)),
        Poll::Pending if looked => Poll::Ready(None),
        Poll::Pending => {
            looked = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    });
    if let Some(body) = at_once.await {
        return body;
    }
    let within = Duration::from_secs(limits.body_seconds_max);
    tokio::time::timeout(within, whole).await.unwrap_or(Err(Error::BodyTimeout(limits.body_seconds_max)))
}

/// Reads to the end. What comes in one piece, as nearly all bodies do, is taken as it is.
async fn gather(mut payload: Payload, declared: Option<usize>, limits: &Limits) -> Result<Bytes> {
    let Some(first) = piece(&mut payload).await? else { return Ok(Bytes::new()) };
    check_length(first.len(), limits)?;
    let mut next = piece(&mut payload).await?;
    if next.is_none() {
        return Ok(first);
    }
    // As large as it says it is, which is within the limit, so that it does not grow by copies.
    let mut body = BytesMut::with_capacity(declared.unwrap_or_default());
    body.extend_from_slice(&first);
    while let Some(more) = next {
        check_length(body.len() + more.len(), limits)?;
        body.extend_from_slice(&more);
        next = piece(&mut payload).await?;
    }
    Ok(body.freeze())
}

async fn piece(payload: &mut Payload) -> Result<Option<Bytes>> {
    payload.next().await.transpose().map_err(|_| Error::BodyCut)
}

fn check_length(bytes: usize, limits: &Limits) -> Result<()> {
    if bytes > limits.body_bytes_max { Err(Error::limit(Bound::BodyBytes, limits.body_bytes_max)) } else { Ok(()) }
}
