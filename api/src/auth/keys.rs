//! The server's own signing keys: P-256 private keys in PKCS#8 PEM files, and what is published of them.
//!
//! It neither makes nor checks tokens; that is `token.rs`.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::json;

/// A P-256 key in PEM is some 250 bytes; whatever is much longer is another file.
const KEY_FILE_BYTES_MAX: u64 = 16 * 1024;
/// Columns of a line of PEM (RFC 7468, section 2).
const PEM_COLUMNS: usize = 64;
/// First byte of an uncompressed point of an elliptic curve (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;
/// Bytes of each coordinate of a point of P-256.
const COORDINATE_BYTES: usize = 32;

/// Why a key file cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    /// No file was named.
    #[error("no signing key is named; `ambito key create --out FILE` makes one")]
    None,
    /// The file is not there.
    #[error("signing key {0}: there is no such file; `ambito key create --out FILE` makes one")]
    Missing(PathBuf),
    /// The file cannot be read or written.
    #[error("signing key {0}: {1}")]
    Io(PathBuf, io::Error),
    /// The file holds nothing.
    #[error("signing key {0}: the file is empty")]
    Empty(PathBuf),
    /// The file is open to others than its owner.
    #[error("signing key {0}: the group or others may read or write it; `chmod 600` it first")]
    Open(PathBuf),
    /// The file holds something else.
    #[error("signing key {0}: it is not an unencrypted P-256 private key in PKCS#8 PEM")]
    NotP256(PathBuf),
    /// A new key would overwrite an old file.
    #[error("signing key {0}: the file exists already and is left as it is")]
    Exists(PathBuf),
    /// The same key is named twice.
    #[error("signing key {0}: the same key is named twice")]
    Twice(PathBuf),
    /// The machine gave no random bytes.
    #[error("signing key {0}: the machine could not make a key")]
    Random(PathBuf),
}

/// The keys of this server. The first signs; all are published and verified, so that a key can be changed while its
/// tokens last.
#[derive(Clone)]
pub struct KeyRing {
    signing_kid: Arc<str>,
    signing: Arc<EncodingKey>,
    public: Arc<BTreeMap<String, PublicKey>>,
}

/// What is published of one key.
struct PublicKey {
    x: String,
    y: String,
    verifying: DecodingKey,
}

/// One file, read and checked.
struct Loaded {
    kid: String,
    signing: EncodingKey,
    public: PublicKey,
}

impl KeyRing {
    /// Reads the files. The first signs new tokens; tokens signed by any of them are good.
    pub fn load(files: &[PathBuf]) -> Result<Self, KeyProblem> {
        let mut public = BTreeMap::new();
        let mut first = None;
        for file in files {
            let loaded = load_one(file)?;
            if public.insert(loaded.kid.clone(), loaded.public).is_some() {
                return Err(KeyProblem::Twice(file.clone()));
            }
            first.get_or_insert((loaded.kid, loaded.signing));
        }
        let (kid, signing) = first.ok_or(KeyProblem::None)?;
        Ok(Self { signing_kid: kid.into(), signing: Arc::new(signing), public: Arc::new(public) })
    }

    /// Makes a new key and writes it to a new file that only its owner may read.
    pub fn generate(file: &Path) -> Result<(), KeyProblem> {
        let random = |_| KeyProblem::Random(file.to_path_buf());
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(random)?;
        let document = pair.to_pkcs8v1().map_err(random)?;
        let written = create_private(file).and_then(|mut out| {
            out.write_all(pem_of(document.as_ref()).as_bytes())?;
            out.sync_all()
        });
        written.map_err(|problem| match problem.kind() {
            io::ErrorKind::AlreadyExists => KeyProblem::Exists(file.to_path_buf()),
            _ => KeyProblem::Io(file.to_path_buf(), problem),
        })
    }

    /// The public keys as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> serde_json::Value {
        let keys: Vec<_> = self
            .public
            .iter()
            .map(|(kid, key)| {
                json!({ "kty": "EC", "crv": "P-256", "x": key.x, "y": key.y, "use": "sig", "alg": "ES256", "kid": kid })
            })
            .collect();
        json!({ "keys": keys })
    }

    /// The `kid` of the key that signs.
    pub fn signing_kid(&self) -> &str {
        &self.signing_kid
    }

    /// The key that signs.
    pub(super) fn signing(&self) -> &EncodingKey {
        &self.signing
    }

    /// The key of this `kid`.
    pub(super) fn verifying(&self, kid: &str) -> Option<&DecodingKey> {
        self.public.get(kid).map(|key| &key.verifying)
    }
}

/// Says which keys there are, never what they are.
impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").field("kids", &self.public.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

fn load_one(file: &Path) -> Result<Loaded, KeyProblem> {
    let text = read_private(file)?;
    let not_p256 = || KeyProblem::NotP256(file.to_path_buf());
    let signing = EncodingKey::from_ec_pem(text.as_bytes()).map_err(|_| not_p256())?;
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, signing.as_bytes()).map_err(|_| not_p256())?;
    let point = pair.public_key().as_ref();
    let Some((&UNCOMPRESSED, coordinates)) = point.split_first() else { return Err(not_p256()) };
    if coordinates.len() != 2 * COORDINATE_BYTES {
        return Err(not_p256());
    }
    let (x, y) = coordinates.split_at(COORDINATE_BYTES);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let kid = thumbprint(&x, &y);
    Ok(Loaded { kid, signing, public: PublicKey { x, y, verifying: DecodingKey::from_ec_der(point) } })
}

/// The thumbprint of a P-256 key (RFC 7638): its required members in the order of the alphabet, without spaces, hashed.
fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

/// Reads a key file through one handle, so that what was checked is what is read.
fn read_private(file: &Path) -> Result<String, KeyProblem> {
    let io_problem = |problem: io::Error| match problem.kind() {
        io::ErrorKind::NotFound => KeyProblem::Missing(file.to_path_buf()),
        _ => KeyProblem::Io(file.to_path_buf(), problem),
    };
    let handle = File::open(file).map_err(io_problem)?;
    let about = handle.metadata().map_err(io_problem)?;
    if !about.is_file() {
        return Err(KeyProblem::NotP256(file.to_path_buf()));
    }
    if open_to_others(&about) {
        return Err(KeyProblem::Open(file.to_path_buf()));
    }
    let mut text = String::new();
    handle.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).map_err(|problem| match problem.kind() {
        io::ErrorKind::InvalidData => KeyProblem::NotP256(file.to_path_buf()),
        _ => io_problem(problem),
    })?;
    if text.trim().is_empty() { Err(KeyProblem::Empty(file.to_path_buf())) } else { Ok(text) }
}

#[cfg(unix)]
fn open_to_others(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_about: &std::fs::Metadata) -> bool {
    false
}

fn create_private(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(file)
}

fn pem_of(der: &[u8]) -> String {
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for (at, character) in STANDARD.encode(der).chars().enumerate() {
        if at > 0 && at % PEM_COLUMNS == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END PRIVATE KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::secret::random_text;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("ambito-keys-{}", random_text(9).unwrap()));
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// The example of RFC 7638 is an RSA key; this one is the EC key of RFC 7517, appendix A.1, hashed with
    /// coreutils' `sha256sum`.
    #[test]
    fn thumbprint_of_a_known_key() {
        let x = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
        let y = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";
        assert_eq!(thumbprint(x, y), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
    }

    #[test]
    fn a_made_key_loads_signs_and_hides() {
        let folder = Folder::new();
        let (first, second) = (folder.file("one.pem"), folder.file("two.pem"));
        KeyRing::generate(&first).unwrap();
        KeyRing::generate(&second).unwrap();
        let ring = KeyRing::load(&[first.clone(), second.clone()]).unwrap();
        assert_eq!(ring.signing_kid(), KeyRing::load(std::slice::from_ref(&first)).unwrap().signing_kid());
        assert_eq!(ring.signing_kid().len(), 43);
        let jwks = ring.jwks();
        assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
        assert!(!jwks.to_string().contains("\"d\""));
        assert!(!format!("{ring:?}").contains("PRIVATE"));
        assert!(ring.verifying(KeyRing::load(&[second]).unwrap().signing_kid()).is_some());
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let folder = Folder::new();
        let file = folder.file("key.pem");
        KeyRing::generate(&file).unwrap();
        let before = std::fs::read(&file).unwrap();
        assert!(matches!(KeyRing::generate(&file), Err(KeyProblem::Exists(_))));
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_good_is_refused_by_name() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        let good = folder.file("good.pem");
        KeyRing::generate(&good).unwrap();
        assert_eq!(std::fs::metadata(&good).unwrap().permissions().mode() & 0o777, 0o600);
        let p384 = EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        let write = |name: &str, text: &str, mode: u32| {
            let file = folder.file(name);
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            file
        };
        let good_text = std::fs::read_to_string(&good).unwrap();
        let cases = [
            (vec![], "no signing key is named"),
            (vec![folder.file("absent.pem")], "no such file"),
            (vec![write("empty.pem", "", 0o600)], "is empty"),
            (vec![write("blank.pem", "\n \n", 0o600)], "is empty"),
            (vec![write("group.pem", &good_text, 0o640)], "chmod 600"),
            (vec![write("others.pem", &good_text, 0o604)], "chmod 600"),
            (vec![write("text.pem", "a secret", 0o600)], "not an unencrypted P-256"),
            (vec![write("p384.pem", &pem_of(p384.to_pkcs8v1().unwrap().as_ref()), 0o600)], "not an unencrypted P-256"),
            (vec![folder.0.clone()], "not an unencrypted P-256"),
            (vec![good.clone(), good.clone()], "named twice"),
        ];
        for (files, expected) in cases {
            let problem = KeyRing::load(&files).unwrap_err().to_string();
            assert!(problem.contains(expected), "{files:?}: {problem}");
            assert!(!problem.contains("PRIVATE"));
        }
    }
}
