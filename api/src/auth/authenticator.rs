//! From the `Authorization` header to a [`Viewer`]. One answer for everything that is wrong: the reason goes to the
//! log, never to the caller.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Algorithm;

use super::clients::{Clients, KnownClient};
use super::issuers::Issuers;
use super::keys::KeyRing;
use super::remembered::Remembered;
use super::secret::SecretChecker;
use super::token::{self, Claims, Refusal, Unverified};
use super::viewer::Viewer;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::limits::Limits;

/// The scheme of RFC 6750, compared without case.
const SCHEME: &str = "bearer";

/// Who this server is as an issuer of tokens.
#[derive(Clone, Debug)]
pub struct OwnIssuer {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The `aud` of its tokens.
    pub audience: String,
    /// How long its tokens last.
    pub token_seconds: u32,
}

/// Checks tokens, and makes those of this server. Cheap to clone.
#[derive(Clone)]
pub struct Authenticator(Arc<Parts>);

struct Parts {
    keys: KeyRing,
    others: Issuers,
    own: OwnIssuer,
    token_bytes_max: usize,
    clock: Clock,
    secrets: SecretChecker,
    remembered: Remembered<Verified>,
}

/// What a good signature proves.
struct Verified {
    claims: Claims,
    client_id: String,
}

impl Authenticator {
    /// Ready to check tokens. Fails only where the machine gives no random bytes.
    pub fn new(keys: KeyRing, others: Issuers, own: OwnIssuer, limits: &Limits, clock: Clock) -> Result<Self> {
        Ok(Self(Arc::new(Parts {
            keys,
            others,
            own,
            token_bytes_max: limits.token_bytes_max,
            clock,
            secrets: SecretChecker::new()?,
            remembered: Remembered::new(),
        })))
    }

    /// Who sent this `Authorization` header. No header is [`Error::Unauthenticated`]; whatever is wrong with one is
    /// [`Error::InvalidToken`]. Other errors mean that the database could not be asked.
    pub async fn authenticate(&self, authorization: Option<&str>, clients: &impl Clients) -> Result<Viewer> {
        let header = authorization.ok_or(Error::Unauthenticated)?;
        let verified = self.verify(header).map_err(refused)?;
        let expires_at = verified.claims.expires_at().map_err(refused)?;
        let mut known = clients.find_client(&verified.client_id);
        if known.is_none() {
            // It was signed for a client that is newer than the last look at the database.
            // Boxed, since it is rare and large: a future has room for all that it may wait for, and is moved with it when a request begins.
            known = Box::pin(clients.ask_client(&verified.client_id)).await?;
        }
        match known {
            None => Err(refused(Refusal::Subject)),
            Some(client) if client.revoked => Err(refused(Refusal::Revoked)),
            Some(client) => Ok(client.viewer(expires_at)),
        }
    }

    /// A token for a client, and how many seconds it lasts.
    pub fn issue(&self, client: &KnownClient) -> Result<(String, u32)> {
        let now = self.0.clock.now();
        let own = &self.0.own;
        let expires_at = now + TimeDelta::seconds(own.token_seconds.into());
        let text = token::issue(&self.0.keys, (&own.issuer, &own.audience), &client.client_id, now, expires_at)?;
        Ok((text, own.token_seconds))
    }

    /// The public keys of this server's own tokens, as a JSON Web Key Set.
    pub fn jwks(&self) -> serde_json::Value {
        self.0.keys.jwks()
    }

    /// What checks the secrets of clients.
    pub(super) fn secrets(&self) -> &SecretChecker {
        &self.0.secrets
    }

    /// Everything about a token that the database is not needed for.
    fn verify(&self, header: &str) -> Result<Arc<Verified>, Refusal> {
        let token = bearer(header)?;
        if token.len() > self.0.token_bytes_max {
            return Err(Refusal::Length);
        }
        let verified = self.signature(token)?;
        verified.claims.check_time(self.now())?;
        Ok(verified)
    }

    /// The signature's part, which never changes for one token and is the costly one.
    fn signature(&self, token: &str) -> Result<Arc<Verified>, Refusal> {
        if let Some(verified) = self.0.remembered.find(token) {
            return Ok(verified);
        }
        let verified = Arc::new(self.check_signature(token)?);
        self.0.remembered.keep(token, verified.clone());
        Ok(verified)
    }

    /// Key, algorithm and audience come from the configuration of the issuer that the token names.
    fn check_signature(&self, token: &str) -> Result<Verified, Refusal> {
        let unverified = Unverified::read(token)?;
        let own = &self.0.own;
        if unverified.claims.iss == own.issuer {
            let key = self.0.keys.verifying(&unverified.kid).ok_or(Refusal::Key)?;
            let claims = unverified.verify(key, Algorithm::ES256, &own.issuer, &own.audience)?;
            return Ok(Verified { client_id: claims.sub.clone(), claims });
        }
        let name = unverified.claims.iss.clone();
        let issuer = self.0.others.get(&name).ok_or(Refusal::Issuer)?;
        let (key, algorithm) = issuer.keys.get(&unverified.kid).ok_or(Refusal::Key)?;
        let claims = unverified.verify(key, *algorithm, &name, &issuer.audience)?;
        let client_id = issuer.client_of(&claims).ok_or(Refusal::Subject)?.to_owned();
        Ok(Verified { claims, client_id })
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator").field("own", &self.0.own).finish_non_exhaustive()
    }
}

/// The token of a bearer header: the scheme, one space, the token.
fn bearer(header: &str) -> Result<&str, Refusal> {
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => Ok(token),
        _ => Err(Refusal::Scheme),
    }
}

fn refused(reason: Refusal) -> Error {
    tracing::debug!(%reason, "token refused");
    Error::InvalidToken
}

#[cfg(test)]
#[path = "authenticator_tests.rs"]
pub(in crate::auth) mod tests;
