//! `/oauth/token` and the public keys: the HTTP around `auth::grant`, with the answers of RFC 6749.

use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::answer::{json, log_fault};
use super::{Door, age, body, envelope, negotiate, rate};
use crate::auth::GrantError;
use crate::error::{Error, Result, Sentence};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// An error in the words of RFC 6749, section 5.2.
#[derive(Serialize)]
struct Refused {
    error: &'static str,
    error_description: String,
}

/// Grants a token.
pub(super) async fn grant(request: HttpRequest, payload: web::Payload, door: web::Data<Door>) -> HttpResponse {
    let address = request.peer_addr().map(|address| rate::network(address.ip()));
    let counted = address.map(|address| door.addresses.count(&address));
    let refused = counted.as_ref().and_then(|counted| counted.refused.clone());
    let answer = match refused {
        Some(error) => Err(GrantError::Server(error)),
        None => granted(&request, payload, &door).await,
    };
    let mut response = match answer {
        Ok(grant) => json(200, JSON, &grant),
        Err(error) => refuse(&request, &error),
    };
    if let Some(counted) = &counted {
        rate::tell(&mut response, counted);
    }
    // Older caches know no other word than this one (RFC 6749, section 5.1).
    response.headers_mut().insert(HeaderName::from_static("pragma"), HeaderValue::from_static("no-cache"));
    response
}

async fn granted(request: &HttpRequest, payload: web::Payload, door: &Door) -> Result<crate::auth::Grant, GrantError> {
    negotiate::check_content(request.headers(), FORM)?;
    let authorization = request.headers().get(AUTHORIZATION).map(HeaderValue::to_str);
    let authorization = authorization.transpose().map_err(|_| GrantError::InvalidRequest)?;
    let form = body::read(request, payload, &door.app.limits).await?;
    door.app.authenticator.grant(authorization, &form, &*door.app.store).await
}

fn refuse(request: &HttpRequest, error: &GrantError) -> HttpResponse {
    let language = negotiate::language(request.headers());
    let (status, code, description) = match error {
        GrantError::Server(error) => {
            log_fault(error, &envelope::request_id(request));
            envelope::note(request, |account| account.code = Some(error.code().as_str()));
            let (code, description) = match error {
                Error::RateLimited(_) => ("temporarily_unavailable", error.sentence()),
                Error::UnsupportedMediaType => ("invalid_request", not_a_form()),
                error if error.is_fault() => ("server_error", error.sentence()),
                _ => ("invalid_request", error.sentence()),
            };
            (error.status(), code, description.in_language(language).to_owned())
        }
        GrantError::InvalidClient { .. } => (401, "invalid_client", error.to_string()),
        other => (400, other.code().unwrap_or("invalid_request"), other.to_string()),
    };
    let mut response = json(status, JSON, &Refused { error: code, error_description: description });
    if matches!(error, GrantError::Server(Error::StorageUnavailable(_))) {
        age::retry_later(&mut response);
    }
    if status == 401 {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"ambito\""));
    }
    response
}

fn not_a_form() -> Sentence {
    Sentence::new(
        format!("Il corpo della richiesta deve essere {FORM} in UTF-8."),
        format!("The body must be {FORM} in UTF-8."),
    )
}

/// The public keys that check this server's tokens.
pub(super) async fn jwks(door: web::Data<Door>) -> HttpResponse {
    let mut response = json(200, JSON, &door.app.authenticator.jwks());
    let headers = response.headers_mut();
    headers.insert(actix_web::http::header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
