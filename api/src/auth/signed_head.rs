//! Signed heads of the audit trail: what this server vouches for, by the key that signs its tokens.
//!
//! A signature is a compact JWS (RFC 7515), so that whoever has the published keys can check one without this program. Its type and its
//! payload keep it apart from a token: it has none of the claims that a token needs. Where heads are kept is not known here.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Serialize;

use super::issuers::load_keys;
use super::keys::KeyRing;
use crate::error::{Error, Result};

/// The `typ` of a signed head.
const TYPE: &str = "ambito-audit-head";

/// What is signed: the last event of the trail, and when it was the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// Its sequence.
    pub sequence: i64,
    /// Its hash.
    pub hash: &'a str,
    /// When it is signed.
    pub signed_at: DateTime<Utc>,
}

/// The header, its members in the order in which they are written.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

/// The payload, its members in the order in which they are written.
#[derive(Serialize)]
struct Payload<'a> {
    sequence: i64,
    hash: &'a str,
    signed_at: String,
}

/// What is wrong with a signed head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadFault {
    /// What stands beside the signature is not what was signed.
    #[error("its signature is one of another head, instant or key id")]
    Content,
    /// Nobody has given the public key.
    #[error(
        "the key {0} that it was signed with is unknown; the public keys that were in use before are given with --jwks FILE"
    )]
    UnknownKey(String),
    /// The key has not signed this.
    #[error("its signature does not hold")]
    Signature,
}

/// Signs heads.
#[derive(Clone, Debug)]
pub struct HeadSigner(KeyRing);

impl HeadSigner {
    /// With the first of these keys, as tokens are.
    pub fn new(keys: KeyRing) -> Self {
        Self(keys)
    }

    /// The `kid` of the key that signs.
    pub fn key_id(&self) -> &str {
        self.0.signing_kid()
    }

    /// The signature of a head.
    pub fn sign(&self, head: &Head<'_>) -> Result<String> {
        let signed = signing_input(self.key_id(), head)?;
        let signature = crypto::sign(signed.as_bytes(), self.0.signing(), Algorithm::ES256).map_err(Error::internal)?;
        Ok(format!("{signed}.{signature}"))
    }
}

/// The public keys that signed heads are checked with: this server's own, and those that were in use before.
#[derive(Clone, Debug, Default)]
pub struct HeadKeys {
    own: Option<KeyRing>,
    retired: BTreeMap<String, DecodingKey>,
}

impl HeadKeys {
    /// The keys of a server; none where none are at hand.
    pub fn new(own: Option<KeyRing>) -> Self {
        Self { own, retired: BTreeMap::new() }
    }

    /// Adds the ES256 keys of a JSON Web Key Set, as `/.well-known/jwks.json` gives it. Every problem is a sentence.
    pub fn add_file(&mut self, file: &Path) -> std::result::Result<(), Vec<String>> {
        let keys = load_keys(file, &[Algorithm::ES256])?;
        self.retired.extend(keys.into_iter().map(|(kid, (key, _))| (kid, key)));
        Ok(())
    }

    /// Whether a signed head is whole. Without any key at hand all but the signature is checked, and the answer is that it was not.
    pub fn check(&self, key_id: &str, head: &Head<'_>, signature: &str) -> std::result::Result<bool, HeadFault> {
        let signed = signing_input(key_id, head).map_err(|_| HeadFault::Content)?;
        // What is signed has one spelling, so nothing of a signature is read that somebody else may have written.
        let signature = signature.strip_prefix(&signed).and_then(|rest| rest.strip_prefix('.'));
        let signature = signature.ok_or(HeadFault::Content)?;
        if self.own.is_none() && self.retired.is_empty() {
            return Ok(false);
        }
        let own = self.own.as_ref().and_then(|own| own.verifying(key_id));
        let key = own.or_else(|| self.retired.get(key_id)).ok_or_else(|| HeadFault::UnknownKey(key_id.to_owned()))?;
        match crypto::verify(signature, signed.as_bytes(), key, Algorithm::ES256) {
            Ok(true) => Ok(true),
            _ => Err(HeadFault::Signature),
        }
    }
}

/// Header and payload as they are signed.
fn signing_input(kid: &str, head: &Head<'_>) -> Result<String> {
    let header = Header { alg: "ES256", typ: TYPE, kid };
    let signed_at = head.signed_at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let payload = Payload { sequence: head.sequence, hash: head.hash, signed_at };
    let header = serde_json::to_vec(&header).map_err(Error::internal)?;
    let payload = serde_json::to_vec(&payload).map_err(Error::internal)?;
    Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload)))
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Validation, decode, decode_header};
    use serde_json::Value;

    use super::*;
    use crate::auth::secret::random_text;

    fn ring() -> KeyRing {
        let file = std::env::temp_dir().join(format!("ambito-head-{}.pem", random_text(9).unwrap()));
        KeyRing::generate(&file).unwrap();
        let ring = KeyRing::load(std::slice::from_ref(&file)).unwrap();
        std::fs::remove_file(file).unwrap();
        ring
    }

    fn head() -> Head<'static> {
        Head { sequence: 12, hash: "c0ffee", signed_at: "2026-06-15T10:00:00.000001Z".parse().unwrap() }
    }

    #[test]
    fn a_head_is_a_jws_that_others_can_check_and_no_token() {
        let ring = ring();
        let signer = HeadSigner::new(ring.clone());
        let jws = signer.sign(&head()).unwrap();
        let kid = signer.key_id();
        let header = decode_header(&jws).unwrap();
        assert_eq!((header.typ.as_deref(), header.kid.as_deref()), (Some(TYPE), Some(kid)));
        let mut validation = Validation::new(Algorithm::ES256);
        validation.required_spec_claims.clear();
        let decoded = decode::<Value>(&jws, ring.verifying(kid).unwrap(), &validation).unwrap();
        let expected =
            serde_json::json!({ "sequence": 12, "hash": "c0ffee", "signed_at": "2026-06-15T10:00:00.000001Z" });
        assert_eq!(decoded.claims, expected);
        assert!(super::super::token::Unverified::read(&jws).is_err());
    }

    #[test]
    fn whatever_is_changed_is_found() {
        let (ring, other) = (ring(), ring());
        let signer = HeadSigner::new(ring.clone());
        let (kid, jws) = (signer.key_id().to_owned(), signer.sign(&head()).unwrap());
        let keys = HeadKeys::new(Some(ring));
        assert_eq!(keys.check(&kid, &head(), &jws), Ok(true));
        assert_eq!(HeadKeys::default().check(&kid, &head(), &jws), Ok(false));
        for changed in [
            Head { sequence: 13, ..head() },
            Head { hash: "c0ffef", ..head() },
            Head { signed_at: "2026-06-15T10:00:00.000002Z".parse().unwrap(), ..head() },
        ] {
            for keys in [&keys, &HeadKeys::default()] {
                assert_eq!(keys.check(&kid, &changed, &jws), Err(HeadFault::Content));
            }
        }
        // Every character of the text, the last ones among them, which hold fewer bits than others.
        for (at, character) in jws.char_indices() {
            for replaced in ['A', 'B', 'Q', 'g', '.', '='].into_iter().filter(|other| *other != character) {
                let mut text = jws.clone();
                text.replace_range(at..=at, &replaced.to_string());
                assert!(keys.check(&kid, &head(), &text).is_err(), "{at}: {text}");
            }
        }
        let forged = HeadSigner::new(other);
        let (stranger, by_stranger) = (forged.key_id(), forged.sign(&head()).unwrap());
        assert_eq!(keys.check(stranger, &head(), &by_stranger), Err(HeadFault::UnknownKey(stranger.to_owned())));
        assert_eq!(keys.check(&kid, &head(), &by_stranger), Err(HeadFault::Content));
        // The stranger's signature under our key's name.
        let under_our_name =
            format!("{}.{}", signing_input(&kid, &head()).unwrap(), by_stranger.rsplit_once('.').unwrap().1);
        assert_eq!(keys.check(&kid, &head(), &under_our_name), Err(HeadFault::Signature));
    }

    #[test]
    fn keys_that_were_in_use_before_come_from_a_file() {
        let (now, before) = (ring(), ring());
        let signer = HeadSigner::new(before.clone());
        let (kid, jws) = (signer.key_id(), signer.sign(&head()).unwrap());
        let mut keys = HeadKeys::new(Some(now));
        assert_eq!(keys.check(kid, &head(), &jws), Err(HeadFault::UnknownKey(kid.to_owned())));
        let file = std::env::temp_dir().join(format!("ambito-jwks-{}.json", random_text(9).unwrap()));
        std::fs::write(&file, before.jwks().to_string()).unwrap();
        keys.add_file(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(keys.check(kid, &head(), &jws), Ok(true));
        assert!(keys.add_file(&file).is_err());
    }
}
