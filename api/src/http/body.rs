//! Reads a body within its limits. The framework's own limits live in its extractors, which are not used, and it never cuts a slow body.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;

use crate::error::{Bound, Error, Result};
use crate::limits::Limits;

/// The whole body, or why not. What is refused is not read further.
pub(super) async fn read(request: &HttpRequest, mut payload: Payload, limits: &Limits) -> Result<BytesMut> {
    let too_large = || Error::limit(Bound::BodyBytes, limits.body_bytes_max);
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > limits.body_bytes_max) {
        return Err(too_large());
    }
    let whole = async {
        // As large as it says it is, which is within the limit, so that it does not grow by copies.
        let mut body = BytesMut::with_capacity(declared.unwrap_or_default());
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Error::BodyCut)?;
            if body.len() + chunk.len() > limits.body_bytes_max {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    let within = Duration::from_secs(limits.body_seconds_max);
    tokio::time::timeout(within, whole).await.unwrap_or(Err(Error::BodyTimeout(limits.body_seconds_max)))
}
