//! Tokens for client id and secret: the client credentials grant of OAuth 2 (RFC 6749, section 4.4), from the words
//! of the request to the answer.
//!
//! It knows the form and the header, not the HTTP that carried them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::authenticator::Authenticator;
use super::clients::Clients;
use crate::error::Error;

/// The only grant that is given.
const GRANT_TYPE: &str = "client_credentials";
/// Bytes of the form: a grant type, an id and a secret.
const FORM_BYTES_MAX: usize = 4 * 1024;

/// The answer to a good request (RFC 6749, section 5.1).
#[derive(Debug, Serialize)]
pub struct Grant {
    /// The token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds that it lasts.
    pub expires_in: u32,
}

/// The answer to any other (RFC 6749, section 5.2).
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The form cannot be read, a field is missing or stands twice, or the client names itself in two ways.
    #[error("the request is malformed")]
    InvalidRequest,
    /// Unknown client, wrong secret, or revoked: which of them is not told.
    #[error("client authentication failed")]
    InvalidClient {
        /// Whether the client used the `Authorization` header, so that the answer must carry `WWW-Authenticate: Basic`.
        basic: bool,
    },
    /// Another grant than client credentials.
    #[error("only client_credentials is granted")]
    UnsupportedGrantType,
    /// Something else failed, the database for one.
    #[error(transparent)]
    Server(#[from] Error),
}

impl GrantError {
    /// The code of RFC 6749; none where the fault is the server's.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::InvalidRequest => Some("invalid_request"),
            Self::InvalidClient { .. } => Some("invalid_client"),
            Self::UnsupportedGrantType => Some("unsupported_grant_type"),
            Self::Server(_) => None,
        }
    }
}

/// Who the client says it is.
struct Credentials {
    id: String,
    secret: String,
    basic: bool,
}

impl Authenticator {
    /// Grants a token for the `Authorization` header and the body (`application/x-www-form-urlencoded`) of a request.
    /// The client names itself in exactly one of them. An unknown client takes as long as a known one.
    pub async fn grant(
        &self,
        authorization: Option<&str>,
        form: &[u8],
        clients: &impl Clients,
    ) -> Result<Grant, GrantError> {
        let credentials = read_request(authorization, form)?;
        let client = clients.ask_client(&credentials.id).await?.filter(|client| !client.revoked);
        let kept = client.as_ref().and_then(|client| client.secret_hash.as_deref());
        let proven = self.secrets().matches(kept, &credentials.secret).await?;
        let Some(client) = client.filter(|_| proven) else {
            tracing::debug!("client authentication failed");
            return Err(GrantError::InvalidClient { basic: credentials.basic });
        };
        let (access_token, expires_in) = self.issue(&client)?;
        Ok(Grant { access_token, token_type: "Bearer", expires_in })
    }
}

fn read_request(authorization: Option<&str>, form: &[u8]) -> Result<Credentials, GrantError> {
    let mut fields = Fields::default();
    if form.len() > FORM_BYTES_MAX {
        return Err(GrantError::InvalidRequest);
    }
    for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
        fields.take(&url_decoded(name)?, url_decoded(value)?)?;
    }
    match fields.grant_type.as_deref() {
        None => return Err(GrantError::InvalidRequest),
        Some(GRANT_TYPE) => {}
        Some(_) => return Err(GrantError::UnsupportedGrantType),
    }
    match (authorization, fields.client_id, fields.client_secret) {
        (None, Some(id), Some(secret)) => Ok(Credentials { id, secret, basic: false }),
        (Some(header), None, None) => read_basic(header).ok_or(GrantError::InvalidClient { basic: true }),
        _ => Err(GrantError::InvalidRequest),
    }
}

/// The fields that matter; others are skipped, as RFC 6749 asks (section 3.2), and so is an empty value, which counts
/// as absent.
#[derive(Default)]
struct Fields {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl Fields {
    fn take(&mut self, name: &str, value: String) -> Result<(), GrantError> {
        let field = match name {
            "grant_type" => &mut self.grant_type,
            "client_id" => &mut self.client_id,
            "client_secret" => &mut self.client_secret,
            _ => return Ok(()),
        };
        if field.is_some() {
            return Err(GrantError::InvalidRequest);
        }
        if !value.is_empty() {
            *field = Some(value);
        }
        Ok(())
    }
}

/// HTTP Basic: id and secret are form-encoded before they are joined (RFC 6749, section 2.3.1).
fn read_basic(header: &str) -> Option<Credentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some(Credentials {
        id: url_decoded(id.as_bytes()).ok()?,
        secret: url_decoded(secret.as_bytes()).ok()?,
        basic: true,
    })
}

/// Text of a form: `+` is a space, `%XX` a byte; the whole must be UTF-8.
fn url_decoded(text: &[u8]) -> Result<String, GrantError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next())? * 16 + hex(rest.next())?,
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| GrantError::InvalidRequest)
}

fn hex(digit: Option<&u8>) -> Result<u8, GrantError> {
    match digit {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(GrantError::InvalidRequest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::authenticator::tests::{Door, ISSUED_CLIENT};
    use crate::auth::secret::Secret;

    fn basic(id: &str, secret: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
    }

    #[tokio::test]
    async fn a_request_for_a_token() {
        let secret = Secret::generate().unwrap();
        let door = Door::with_secret(&secret.hash().unwrap());
        let (good, wrong) = (secret.expose(), "wrong");
        let form =
            |id: &str, secret: &str| format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let own = ISSUED_CLIENT;
        let cases: &[(Option<String>, String, &str)] = &[
            (None, form(own, good), "granted"),
            (None, form(own, good) + "&scope=read", "granted"),
            (None, form(&own.replace('-', "%2D"), good), "granted"),
            (Some(basic(own, good)), "grant_type=client_credentials".into(), "granted"),
            (Some(basic(own, good)), "grant_type=client_credentials&client_id=".into(), "granted"),
            (None, form(own, wrong), "invalid_client"),
            (None, form("nobody", good), "invalid_client"),
            (None, form("revoked", good), "invalid_client"),
            (None, form("without-secret", good), "invalid_client"),
            (Some(basic(own, wrong)), "grant_type=client_credentials".into(), "invalid_client"),
            (Some("Basic !!!".into()), "grant_type=client_credentials".into(), "invalid_client"),
            (Some("Bearer x".into()), "grant_type=client_credentials".into(), "invalid_client"),
            (Some(basic(own, good)), form(own, good), "invalid_request"),
            (Some(basic(own, good)), format!("grant_type=client_credentials&client_id={own}"), "invalid_request"),
            (None, String::new(), "invalid_request"),
            (None, format!("client_id={own}&client_secret={good}"), "invalid_request"),
            (None, "grant_type=client_credentials".into(), "invalid_request"),
            (None, form(own, good) + "&grant_type=client_credentials", "invalid_request"),
            (None, form(own, good) + "&x=%zz", "invalid_request"),
            (None, form(own, good) + "&x=%ff", "invalid_request"),
            (None, form(own, good) + "&x=" + &"y".repeat(FORM_BYTES_MAX), "invalid_request"),
            (None, format!("grant_type=password&client_id={own}&client_secret={good}"), "unsupported_grant_type"),
        ];
        for (authorization, form, expected) in cases {
            let answer = door.authenticator.grant(authorization.as_deref(), form.as_bytes(), &door.clients).await;
            let code = answer.as_ref().map_or_else(|error| error.code().unwrap(), |_| "granted");
            assert_eq!(code, *expected, "{authorization:?} {form}");
            if let Ok(grant) = answer {
                let header = format!("Bearer {}", grant.access_token);
                let viewer = door.authenticator.authenticate(Some(&header), &door.clients).await.unwrap();
                assert_eq!((&*viewer.client, grant.token_type, grant.expires_in), (own, "Bearer", 3_600));
            }
        }
    }
}
