//! Secrets of clients: how they are made, kept as Argon2id hashes, and checked without telling by the time who exists.

use std::fmt;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// Bytes of randomness in a secret: as many as the key of a modern cipher.
const SECRET_BYTES: usize = 32;
/// A secret of ours has 43 characters; anything much longer is not worth hashing.
const SECRET_CHARACTERS_MAX: usize = 128;
/// Each hashing takes 19 MiB for some 20 ms; more than these wait, so that guessing cannot take the server's memory.
const HASHINGS_AT_ONCE: usize = 2;

// Argon2id as OWASP's password storage cheat sheet recommends it: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A client's secret, shown once and never kept.
pub struct Secret(String);

impl Secret {
    /// A new secret: 32 random bytes in base64url.
    pub fn generate() -> Result<Self> {
        random_text(SECRET_BYTES).map(Self)
    }

    /// The secret itself, for the one time that it is printed.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it: an Argon2id hash with its salt and parameters, in PHC format. Takes some 20 ms and 19 MiB.
    pub fn hash(&self) -> Result<String> {
        hash(&self.0)
    }
}

/// Never shows the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Checks secrets, a few at a time.
#[derive(Debug)]
pub struct SecretChecker {
    permits: Semaphore,
    /// Hash of a secret that nobody knows: checked where there is no client, so that an unknown one takes as long as
    /// a known one.
    decoy: String,
}

impl SecretChecker {
    /// Ready to check.
    pub fn new() -> Result<Self> {
        Ok(Self { permits: Semaphore::new(HASHINGS_AT_ONCE), decoy: Secret::generate()?.hash()? })
    }

    /// Whether `given` is the secret that `kept` is the hash of; never where `kept` is none, and not sooner either.
    pub async fn matches(&self, kept: Option<&str>, given: &str) -> Result<bool> {
        if given.len() > SECRET_CHARACTERS_MAX {
            return Ok(false);
        }
        let _permit = self.permits.acquire().await.map_err(|_| Error::internal("the hashing queue is closed"))?;
        let against = kept.unwrap_or(&self.decoy).to_owned();
        let given = given.to_owned();
        let hashing = tokio::task::spawn_blocking(move || verify(&against, &given));
        let same = hashing.await.map_err(|_| Error::internal("the hashing of a secret ended early"))?;
        Ok(same && kept.is_some())
    }
}

/// Random bytes of the machine, as base64url text.
pub(crate) fn random_text(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    rand::fill(&mut buffer).map_err(|_| Error::internal("the machine gave no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(buffer))
}

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|_| Error::internal("the parameters of Argon2 do not hold"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(secret: &str) -> Result<String> {
    let hash =
        hasher()?.hash_password(secret.as_bytes()).map_err(|_| Error::internal("a secret could not be hashed"))?;
    Ok(hash.to_string())
}

/// The comparison takes constant time; a hash that cannot be read matches nothing.
fn verify(kept: &str, given: &str) -> bool {
    hasher().is_ok_and(|hasher| hasher.verify_password(given.as_bytes(), kept).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_and_never_the_same() {
        let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one.expose(), other.expose());
        assert_eq!(format!("{one:?}"), "Secret");
    }

    #[test]
    fn a_hash_names_its_parameters_and_not_the_secret() {
        let secret = Secret::generate().unwrap();
        let hash = secret.hash().unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(!hash.contains(secret.expose()));
    }

    #[tokio::test]
    async fn only_the_secret_itself_matches() {
        let secret = Secret::generate().unwrap();
        let kept = secret.hash().unwrap();
        let checker = SecretChecker::new().unwrap();
        let long = "a".repeat(SECRET_CHARACTERS_MAX + 1);
        for (kept, given, expected) in [
            (Some(kept.as_str()), secret.expose(), true),
            (Some(kept.as_str()), "", false),
            (Some(kept.as_str()), "wrong", false),
            (Some(kept.as_str()), long.as_str(), false),
            (Some("not a hash"), secret.expose(), false),
            (Some(kept.as_str()), kept.as_str(), false),
            (None, secret.expose(), false),
        ] {
            assert_eq!(checker.matches(kept, given).await.unwrap(), expected, "{given}");
        }
    }
}
