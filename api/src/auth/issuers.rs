//! Other issuers that are trusted: an identity provider, or the national platform PDND. Read from a TOML file and the
//! key sets it names.
//!
//! Each key gets its one algorithm here, from the configuration; a token cannot choose. Keys are read from files,
//! never fetched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use super::token::{ALGORITHMS, Claims, algorithm_name, plain_kid};

/// Bytes of the file of issuers, and of each key set.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of a coordinate of P-256 and of an Ed25519 key.
const CURVE_BYTES: usize = 32;
/// Bytes of the smallest RSA modulus, 2,048 bits.
const RSA_BYTES_MIN: usize = 256;

/// The issuers by name.
#[derive(Clone, Debug, Default)]
pub struct Issuers(Arc<BTreeMap<String, Issuer>>);

/// One of them.
#[derive(Debug)]
pub(super) struct Issuer {
    /// What its tokens must be made for.
    pub(super) audience: String,
    /// Its keys by `kid`, each with the one algorithm that it is used with.
    pub(super) keys: BTreeMap<String, (DecodingKey, Algorithm)>,
    claim: ClientClaim,
    clients: BTreeMap<String, String>,
}

/// Which claim says who asks.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
enum ClientClaim {
    #[default]
    #[serde(rename = "sub")]
    Subject,
    #[serde(rename = "consumerId")]
    ConsumerId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    #[serde(default)]
    issuer: Vec<IssuerText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerText {
    issuer: String,
    audience: String,
    algorithms: Vec<String>,
    jwks_file: PathBuf,
    #[serde(default)]
    claim: ClientClaim,
    clients: BTreeMap<String, String>,
}

impl Issuers {
    /// Reads the file and the key sets it names (relative to its own folder). `own` is this server's own issuer,
    /// which cannot be another's. Every problem is a sentence.
    pub fn load(file: &Path, own: &str) -> Result<Self, Vec<String>> {
        let text = read(file).map_err(|problem| vec![problem])?;
        let parsed: FileText =
            toml::from_str(&text).map_err(|problem| vec![format!("{}: {}", file.display(), problem.message())])?;
        let folder = file.parent().unwrap_or(Path::new("."));
        let (mut issuers, mut problems) = (BTreeMap::new(), Vec::new());
        for entry in parsed.issuer {
            let name = entry.issuer.clone();
            let at = |problem: String| format!("{}: issuer {name:?}: {problem}", file.display());
            if name.is_empty() || name == own {
                problems.push(at("the name is empty or this server's own".to_owned()));
                continue;
            }
            match Issuer::load(entry, folder) {
                Ok(issuer) => {
                    if issuers.insert(name.clone(), issuer).is_some() {
                        problems.push(at("it stands twice".to_owned()));
                    }
                }
                Err(found) => problems.extend(found.into_iter().map(at)),
            }
        }
        if problems.is_empty() { Ok(Self(Arc::new(issuers))) } else { Err(problems) }
    }

    /// The issuer of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Issuer> {
        self.0.get(name)
    }
}

impl Issuer {
    /// The client that a token of this issuer speaks for.
    pub(super) fn client_of(&self, claims: &Claims) -> Option<&str> {
        let subject = match self.claim {
            ClientClaim::Subject => &claims.sub,
            ClientClaim::ConsumerId => claims.consumer_id.as_ref()?,
        };
        self.clients.get(subject).map(String::as_str)
    }

    fn load(text: IssuerText, folder: &Path) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        if text.audience.is_empty() {
            problems.push("the audience is empty".to_owned());
        }
        if text.clients.is_empty()
            || text.clients.iter().any(|(subject, client)| subject.is_empty() || client.is_empty())
        {
            problems.push("the table of clients is empty, or a name in it is".to_owned());
        }
        let mut allowed = Vec::new();
        for name in &text.algorithms {
            match ALGORITHMS.iter().find(|(known, _)| known == name) {
                Some((_, algorithm)) => allowed.push(*algorithm),
                None => problems.push(format!("the algorithm {name:?} is none of ES256, RS256, PS256, EdDSA")),
            }
        }
        if text.algorithms.is_empty() {
            problems.push("no algorithm is named".to_owned());
        }
        let keys = load_keys(&folder.join(&text.jwks_file), &allowed).unwrap_or_else(|found| {
            problems.extend(found);
            BTreeMap::new()
        });
        if problems.is_empty() {
            Ok(Self { audience: text.audience, keys, claim: text.claim, clients: text.clients })
        } else {
            Err(problems)
        }
    }
}

/// The keys of a JSON Web Key Set that are for an allowed algorithm, by their `kid`.
pub(super) fn load_keys(
    file: &Path,
    allowed: &[Algorithm],
) -> Result<BTreeMap<String, (DecodingKey, Algorithm)>, Vec<String>> {
    let text = read(file).map_err(|problem| vec![problem])?;
    let set: JwkSet =
        serde_json::from_str(&text).map_err(|_| vec![format!("{}: it is not a JSON Web Key Set", file.display())])?;
    let (mut keys, mut problems) = (BTreeMap::new(), Vec::new());
    for (number, jwk) in set.keys.iter().enumerate() {
        if jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
            continue;
        }
        let at = |problem: &str| format!("{}: key {}: {problem}", file.display(), number + 1);
        let Some(kid) = jwk.common.key_id.clone().filter(|kid| plain_kid(kid)) else {
            problems.push(at(
                "its kid is missing, longer than 64 characters, or holds others than letters, digits, - and _",
            ));
            continue;
        };
        match read_key(jwk, allowed) {
            Ok(Some(key)) => {
                if keys.insert(kid, key).is_some() {
                    problems.push(at("its kid stands twice"));
                }
            }
            Ok(None) => {}
            Err(problem) => problems.push(at(problem)),
        }
    }
    if keys.is_empty() && problems.is_empty() {
        problems.push(format!("{}: none of its keys is for an allowed algorithm", file.display()));
    }
    if problems.is_empty() { Ok(keys) } else { Err(problems) }
}

/// The key with its algorithm; none where it is for one that is not allowed.
fn read_key(jwk: &Jwk, allowed: &[Algorithm]) -> Result<Option<(DecodingKey, Algorithm)>, &'static str> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_or(0, |bytes| bytes.len());
    let fitting: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::OctetKey(_) => return Err("it is a shared secret, not a public key"),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            if bytes(&key.x) != CURVE_BYTES || bytes(&key.y) != CURVE_BYTES {
                return Err("its coordinates are not 32 bytes each");
            }
            &[Algorithm::ES256]
        }
        AlgorithmParameters::RSA(key) => {
            if bytes(&key.n) < RSA_BYTES_MIN {
                return Err("its modulus has fewer than 2,048 bits");
            }
            &[Algorithm::RS256, Algorithm::PS256]
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            if bytes(&key.x) != CURVE_BYTES {
                return Err("its point is not 32 bytes");
            }
            &[Algorithm::EdDSA]
        }
        _ => return Ok(None),
    };
    let named = jwk.common.key_algorithm;
    let mut possible = fitting
        .iter()
        .filter(|one| allowed.contains(one) && named.is_none_or(|name| name == KeyAlgorithm::from(**one)));
    let Some(&algorithm) = possible.next() else { return Ok(None) };
    if possible.next().is_some() {
        return Err("it names no alg, and more than one is allowed for its kind");
    }
    debug_assert!(algorithm_name(algorithm).is_some());
    let key = DecodingKey::from_jwk(jwk).map_err(|_| "it cannot be read")?;
    Ok(Some((key, algorithm)))
}

fn read(file: &Path) -> Result<String, String> {
    let at = |problem: std::io::Error| format!("{}: {problem}", file.display());
    if std::fs::metadata(file).map_err(at)?.len() > FILE_BYTES_MAX {
        return Err(format!("{}: it is larger than {FILE_BYTES_MAX} bytes", file.display()));
    }
    std::fs::read_to_string(file).map_err(at)
}
