//! Tokens as text: how ours are written, and what any token must be before its signature is worth checking.
//!
//! The header and the claims are read here into strict types: a member twice, a claim of the wrong JSON type, or a
//! header that names a key or an extension of its own is refused. jsonwebtoken checks the signature, the issuer and
//! the audience; time is checked here, since it comes from [`Clock`](crate::clock::Clock) and jsonwebtoken reads the
//! machine's.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::keys::KeyRing;
use super::secret::random_text;
use crate::error::{Error, Result};

/// By how much clocks of two machines may differ.
const LEEWAY_SECONDS: i64 = 5;
/// Characters of a `kid`: a thumbprint has 43, a UUID 36.
const KID_CHARACTERS_MAX: usize = 64;
/// Characters of a `sub`.
const SUBJECT_CHARACTERS_MAX: usize = 128;
/// Members of a header; ours has three.
const HEADER_MEMBERS_MAX: usize = 16;
/// Audiences that one token may name.
const AUDIENCES_MAX: usize = 16;
/// Header members by which a token would choose its own key, or change how it is read.
const REFUSED_MEMBERS: [&str; 5] = ["crit", "jwk", "jku", "x5u", "x5c"];
/// Values of `typ` (RFC 7519, section 5.1, and RFC 9068, section 2.1), compared without case.
const TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];
/// `typ` of the tokens that are made here.
const OWN_TYPE: &str = "at+jwt";
/// Bytes of randomness in a `jti`.
const TOKEN_ID_BYTES: usize = 16;

/// Why a token is refused. For the log only: whoever sent it learns nothing but that it is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("not a bearer token")]
    Scheme,
    #[error("the token is too long")]
    Length,
    #[error("not three parts of base64url")]
    Shape,
    #[error("the header cannot be read")]
    Header,
    #[error("the header chooses its own key or an extension")]
    HeaderMember,
    #[error("the type is no access token's")]
    Type,
    #[error("the key id is missing or strange")]
    KeyId,
    #[error("the claims cannot be read, or one is missing")]
    Claims,
    #[error("the issuer is not trusted")]
    Issuer,
    #[error("no such key")]
    Key,
    #[error("the algorithm is not the key's")]
    Algorithm,
    #[error("signature, issuer or audience do not hold")]
    Signature,
    #[error("expired")]
    Expired,
    #[error("not valid yet")]
    Early,
    #[error("the subject is no client's")]
    Subject,
    #[error("the client was revoked")]
    Revoked,
}

/// A token cut into its parts and read, its signature not yet checked.
pub(super) struct Unverified<'a> {
    token: &'a str,
    algorithm: String,
    /// Which key is said to have signed.
    pub(super) kid: String,
    /// What is claimed.
    pub(super) claims: Claims,
}

/// The claims that matter here. Others are skipped.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    /// Who issued it.
    pub(super) iss: String,
    /// For whom.
    aud: Audience,
    /// Whom it speaks for.
    pub(super) sub: String,
    /// First second at which it no longer holds.
    pub(super) exp: i64,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    iat: Option<i64>,
    /// The consumer's name in vouchers of the national platform PDND.
    #[serde(default, rename = "consumerId", deserialize_with = "present")]
    pub(super) consumer_id: Option<String>,
}

/// One audience or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// The claims of our own tokens (RFC 9068, section 2.2).
#[derive(Serialize)]
struct OwnClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    client_id: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

/// Writes and signs a token for a client. `expires_at` is cut to the whole second.
pub(super) fn issue(
    keys: &KeyRing,
    (issuer, audience): (&str, &str),
    client: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<String> {
    let header = Header {
        typ: Some(OWN_TYPE.to_owned()),
        kid: Some(keys.signing_kid().to_owned()),
        ..Header::new(Algorithm::ES256)
    };
    let issued_at = now.timestamp();
    let claims = OwnClaims {
        iss: issuer,
        aud: audience,
        sub: client,
        client_id: client,
        iat: issued_at,
        nbf: issued_at,
        exp: expires_at.timestamp(),
        jti: random_text(TOKEN_ID_BYTES)?,
    };
    jsonwebtoken::encode(&header, &claims, keys.signing()).map_err(Error::internal)
}

impl<'a> Unverified<'a> {
    /// Cuts and reads a token. Nothing of it is true until [`verify`](Self::verify) says so.
    pub(super) fn read(token: &'a str) -> Result<Self, Refusal> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Shape);
        };
        if signature.is_empty() {
            return Err(Refusal::Shape);
        }
        let (algorithm, kid) = read_header(&decode(header)?)?;
        let claims: Claims = serde_json::from_slice(&decode(payload)?).map_err(|_| Refusal::Claims)?;
        claims.check_shape()?;
        Ok(Self { token, algorithm, kid, claims })
    }

    /// Checks the signature with this key and algorithm, both of which come from the configuration, then issuer and
    /// audience.
    pub(super) fn verify(
        self,
        key: &DecodingKey,
        algorithm: Algorithm,
        issuer: &str,
        audience: &str,
    ) -> Result<Claims, Refusal> {
        if algorithm_name(algorithm) != Some(self.algorithm.as_str()) {
            return Err(Refusal::Algorithm);
        }
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        // The machine's clock is not ours: see `Claims::check_time`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let verified = jsonwebtoken::decode::<Claims>(self.token, key, &validation).map_err(|_| Refusal::Signature)?;
        let claims = verified.claims;
        if claims.iss != issuer || !claims.aud.names(audience) {
            return Err(Refusal::Signature);
        }
        Ok(claims)
    }
}

impl Claims {
    /// Whether the token holds at this instant.
    pub(super) fn check_time(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let now = now.timestamp();
        if self.exp.saturating_add(LEEWAY_SECONDS) <= now {
            return Err(Refusal::Expired);
        }
        let latest = now.saturating_add(LEEWAY_SECONDS);
        if self.nbf.is_some_and(|from| from > latest) || self.iat.is_some_and(|at| at > latest) {
            return Err(Refusal::Early);
        }
        Ok(())
    }

    /// When the token ends.
    pub(super) fn expires_at(&self) -> Result<DateTime<Utc>, Refusal> {
        DateTime::from_timestamp(self.exp, 0).ok_or(Refusal::Claims)
    }

    fn check_shape(&self) -> Result<(), Refusal> {
        let short = |text: &str| !text.is_empty() && text.len() <= SUBJECT_CHARACTERS_MAX;
        let negative = [Some(self.exp), self.nbf, self.iat].into_iter().flatten().any(i64::is_negative);
        if !short(&self.sub) || self.consumer_id.as_deref().is_some_and(|id| !short(id)) || negative {
            return Err(Refusal::Claims);
        }
        if matches!(&self.aud, Audience::Several(many) if many.len() > AUDIENCES_MAX) {
            return Err(Refusal::Claims);
        }
        self.expires_at().map(|_| ())
    }
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// The algorithms that a key may be configured for. None is symmetric: a public key is no secret.
pub(super) const ALGORITHMS: [(&str, Algorithm); 4] = [
    ("ES256", Algorithm::ES256),
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
    ("EdDSA", Algorithm::EdDSA),
];

/// How the algorithm is written; none for those that are never used here.
pub(super) fn algorithm_name(algorithm: Algorithm) -> Option<&'static str> {
    ALGORITHMS.iter().find(|(_, known)| *known == algorithm).map(|(name, _)| *name)
}

/// Whether a key id is one that we would look up.
pub(super) fn plain_kid(kid: &str) -> bool {
    !kid.is_empty()
        && kid.len() <= KID_CHARACTERS_MAX
        && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn decode(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Shape)
}

/// Algorithm and key id of a header that has nothing strange.
fn read_header(bytes: &[u8]) -> Result<(String, String), Refusal> {
    let Members(mut members) = serde_json::from_slice(bytes).map_err(|_| Refusal::Header)?;
    if REFUSED_MEMBERS.iter().any(|name| members.contains_key(*name)) {
        return Err(Refusal::HeaderMember);
    }
    let mut text = |name: &str| match members.remove(name) {
        Some(serde_json::Value::String(text)) => Some(text),
        _ => None,
    };
    let token_type = text("typ").ok_or(Refusal::Type)?;
    if !TYPES.iter().any(|known| token_type.eq_ignore_ascii_case(known)) {
        return Err(Refusal::Type);
    }
    let algorithm = text("alg").ok_or(Refusal::Algorithm)?;
    let kid = text("kid").filter(|kid| plain_kid(kid)).ok_or(Refusal::KeyId)?;
    Ok((algorithm, kid))
}

/// A JSON object, none of whose members stands twice.
struct Members(BTreeMap<String, serde_json::Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            if members.insert(name, value).is_some() || members.len() > HEADER_MEMBERS_MAX {
                return Err(A::Error::custom("a member twice, or too many"));
            }
        }
        Ok(Members(members))
    }
}

/// A claim that may be absent, but not null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
