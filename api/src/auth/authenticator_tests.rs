//! Tokens at the door: one line a token that must not pass, and those that must.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::*;
use crate::auth::secret::random_text;
use crate::auth::viewer::{Role, Scope, Standing};

/// The client that the tokens of these tests speak for.
pub(in crate::auth) const ISSUED_CLIENT: &str = "manerbio-1";
const ISSUER: &str = "https://ambito.example";
const AUDIENCE: &str = "ambito";
const NOW: i64 = 1_600_000_000;

/// A door with its own key, a clock that stands still, and four clients.
pub(in crate::auth) struct Door {
    pub(in crate::auth) authenticator: Authenticator,
    pub(in crate::auth) clients: List,
    keys: KeyRing,
    now: Arc<AtomicI64>,
    _folder: Folder,
}

/// Clients in memory. `newcomer` is known to those who ask anew.
pub(in crate::auth) struct List {
    known: Mutex<Vec<KnownClient>>,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Clients for List {
    fn find_client(&self, client_id: &str) -> Option<Arc<KnownClient>> {
        self.known.lock().unwrap().iter().find(|client| &*client.client_id == client_id).cloned().map(Arc::new)
    }

    async fn ask_client(&self, client_id: &str) -> Result<Option<Arc<KnownClient>>> {
        let newcomer = (client_id == "newcomer").then(|| Arc::new(client("newcomer", None, false)));
        Ok(self.find_client(client_id).or(newcomer))
    }
}

fn client(id: &str, secret_hash: Option<&str>, revoked: bool) -> KnownClient {
    KnownClient {
        client_id: id.into(),
        standing: Arc::new(Standing {
            role: Role::Comune,
            scope: Scope::Ambiti(BTreeSet::from([9])),
            comune: Some(103),
            partner: None,
        }),
        secret_hash: secret_hash.map(str::to_owned),
        revoked,
    }
}

impl Door {
    pub(in crate::auth) fn with_secret(hash: &str) -> Self {
        Self::new(hash, &|_| Issuers::default())
    }

    fn new(hash: &str, issuers: &dyn Fn(&std::path::Path) -> Issuers) -> Self {
        let folder = Folder(std::env::temp_dir().join(format!("ambito-door-{}", random_text(9).unwrap())));
        std::fs::create_dir(&folder.0).unwrap();
        let file = folder.0.join("key.pem");
        KeyRing::generate(&file).unwrap();
        let keys = KeyRing::load(&[file]).unwrap();
        let now = Arc::new(AtomicI64::new(NOW));
        let hand = now.clone();
        let clock = Clock::from_fn(move || DateTime::from_timestamp(hand.load(Ordering::SeqCst), 0).unwrap());
        let own = OwnIssuer { issuer: ISSUER.into(), audience: AUDIENCE.into(), token_seconds: 3_600 };
        let authenticator =
            Authenticator::new(keys.clone(), issuers(&folder.0), own, &Limits::default(), clock).unwrap();
        let known = vec![
            client(ISSUED_CLIENT, Some(hash), false),
            client("revoked", Some(hash), true),
            client("without-secret", None, false),
        ];
        let clients = List { known: Mutex::new(known) };
        Self { authenticator, clients, keys, now, _folder: folder }
    }

    fn plain() -> Self {
        Self::with_secret("none")
    }

    /// A token with these members put over those of a good one; null takes a member away.
    fn token(&self, header: &Value, claims: &Value) -> String {
        sign(&over(self.header(), header), &over(good_claims(), claims), self.keys.signing())
    }

    fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": self.keys.signing_kid() })
    }

    async fn ask(&self, header: &str) -> Result<Viewer> {
        self.authenticator.authenticate(Some(header), &self.clients).await
    }
}

fn good_claims() -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": ISSUED_CLIENT, "iat": NOW, "nbf": NOW, "exp": NOW + 60, "jti": "1" })
}

fn over(mut base: Value, changes: &Value) -> Value {
    let members = base.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    base
}

fn sign(header: &Value, claims: &Value, key: &EncodingKey) -> String {
    sign_text(&header.to_string(), &claims.to_string(), key)
}

fn sign_text(header: &str, claims: &str, key: &EncodingKey) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, Algorithm::ES256).unwrap();
    format!("{message}.{signature}")
}

async fn refused_each(door: &Door, cases: &[(&str, String)]) {
    for (name, header) in cases {
        let answer = door.ask(header).await;
        assert!(matches!(answer, Err(Error::InvalidToken)), "{name}: {answer:?}");
    }
}

fn bearer_of(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn a_good_token_is_the_client_of_its_row() {
    let door = Door::plain();
    let (text, seconds) = door.authenticator.issue(&client(ISSUED_CLIENT, None, false)).unwrap();
    let viewer = door.ask(&bearer_of(&text)).await.unwrap();
    assert_eq!(
        (&*viewer.client, viewer.standing.role, viewer.standing.comune),
        (ISSUED_CLIENT, Role::Comune, Some(103))
    );
    assert_eq!(viewer.standing.scope, Scope::Ambiti(BTreeSet::from([9])));
    assert_eq!((seconds, viewer.expires_at.timestamp()), (3_600, NOW + 3_600));
}

#[tokio::test]
async fn no_header_is_another_error_than_a_bad_one() {
    let door = Door::plain();
    let answer = door.authenticator.authenticate(None, &door.clients).await;
    assert!(matches!(answer, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn tokens_that_pass() {
    let door = Door::plain();
    for (name, header, claims) in [
        ("typ JWT", json!({ "typ": "JWT" }), json!({})),
        ("typ in capitals", json!({ "typ": "AT+JWT" }), json!({})),
        ("typ as a media type", json!({ "typ": "application/at+jwt" }), json!({})),
        ("several audiences", json!({}), json!({ "aud": ["other", AUDIENCE] })),
        ("neither nbf nor iat", json!({}), json!({ "nbf": null, "iat": null })),
        ("expired within the leeway", json!({}), json!({ "exp": NOW - 4 })),
        ("early within the leeway", json!({}), json!({ "nbf": NOW + 5, "iat": NOW + 5 })),
        ("claims that are not known", json!({}), json!({ "role": "ADMIN", "x": { "y": [1] } })),
        ("a client newer than the last look", json!({}), json!({ "sub": "newcomer" })),
    ] {
        let viewer = door.ask(&bearer_of(&door.token(&header, &claims))).await;
        assert_eq!(viewer.as_ref().map(|viewer| viewer.standing.role).ok(), Some(Role::Comune), "{name}: {viewer:?}");
    }
    assert!(
        door.ask(&format!("bearer {}", door.token(&json!({}), &json!({})))).await.is_ok(),
        "the scheme has no case"
    );
}

#[tokio::test]
async fn headers_that_hold_no_token() {
    let door = Door::plain();
    let good = door.token(&json!({}), &json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    refused_each(
        &door,
        &[
            ("empty", String::new()),
            ("scheme alone", "Bearer".into()),
            ("no token", "Bearer ".into()),
            ("no scheme", good.clone()),
            ("basic", format!("Basic {good}")),
            ("two spaces", format!("Bearer  {good}")),
            ("space after", format!("Bearer {good} ")),
            ("tab", format!("Bearer\t{good}")),
            ("space within", format!("Bearer {head}. {body}.{signature}")),
            ("line within", format!("Bearer {head}.\n{body}.{signature}")),
            ("two tokens", format!("Bearer {good},{good}")),
            ("one part", bearer_of(head)),
            ("two parts", format!("Bearer {head}.{body}")),
            ("four parts", format!("Bearer {good}.{signature}")),
            ("no signature", format!("Bearer {head}.{body}.")),
            ("no claims", format!("Bearer {head}..{signature}")),
            ("no header", format!("Bearer .{body}.{signature}")),
            ("padded", format!("Bearer {head}.{body}.{signature}==")),
            ("not base64url", format!("Bearer {head}.{body}.{}", signature.replace(|c: char| c.is_ascii_digit(), "+"))),
            ("not ASCII", format!("Bearer {head}.{body}.é{signature}")),
            ("oversize", bearer_of(&door.token(&json!({}), &json!({ "x": "y".repeat(8 * 1024) })))),
            ("not JSON", bearer_of(&sign_text("x", "y", door.keys.signing()))),
        ],
    )
    .await;
}

#[tokio::test]
async fn forged_tokens() {
    let door = Door::plain();
    let other = Door::plain();
    let good = door.token(&json!({}), &json!({}));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let claims = URL_SAFE_NO_PAD.encode(over(good_claims(), &json!({ "sub": "revoked" })).to_string());
    let head = message.split_once('.').unwrap().0;
    let public = door.keys.jwks()["keys"][0].to_string();
    let hmac = |secret: &[u8]| {
        let header = over(door.header(), &json!({ "alg": "HS256" }));
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(good_claims().to_string())
        );
        let key = EncodingKey::from_secret(secret);
        format!("{message}.{}", jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap())
    };
    let zeros = URL_SAFE_NO_PAD.encode([0; 64]);
    let unsigned = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#),
        URL_SAFE_NO_PAD.encode(good_claims().to_string())
    );
    refused_each(
        &door,
        &[
            ("other claims under the signature", format!("Bearer {head}.{claims}.{signature}")),
            ("another key of the same name", bearer_of(&sign(&door.header(), &good_claims(), other.keys.signing()))),
            ("another key of its own name", bearer_of(&other.token(&json!({}), &json!({})))),
            ("signature of zeros", format!("Bearer {message}.{zeros}")),
            ("signature cut", format!("Bearer {message}.{}", &signature[..40])),
            ("alg none", bearer_of(&unsigned)),
            ("alg none with a signature", bearer_of(&door.token(&json!({ "alg": "none" }), &json!({})))),
            ("alg in small letters", bearer_of(&door.token(&json!({ "alg": "es256" }), &json!({})))),
            ("alg of another curve", bearer_of(&door.token(&json!({ "alg": "ES384" }), &json!({})))),
            ("alg RS256", bearer_of(&door.token(&json!({ "alg": "RS256" }), &json!({})))),
            ("alg missing", bearer_of(&door.token(&json!({ "alg": null }), &json!({})))),
            ("alg a list", bearer_of(&door.token(&json!({ "alg": ["ES256"] }), &json!({})))),
            ("HS256 over the public key", bearer_of(&hmac(public.as_bytes()))),
            (
                "HS256 over the point",
                bearer_of(&hmac(door.keys.verifying(door.keys.signing_kid()).unwrap().try_get_as_bytes().unwrap())),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn headers_with_members_of_their_own() {
    let door = Door::plain();
    let own_key = door.keys.jwks()["keys"][0].clone();
    let mut cases: Vec<(&str, Value)> = vec![
        ("crit", json!({ "crit": ["exp"] })),
        ("crit empty", json!({ "crit": [] })),
        ("jwk", json!({ "jwk": own_key })),
        ("jku", json!({ "jku": "https://ambito.example/.well-known/jwks.json" })),
        ("x5u", json!({ "x5u": "https://ambito.example/key.pem" })),
        ("x5c", json!({ "x5c": ["AAAA"] })),
        ("typ missing", json!({ "typ": null })),
        ("typ of an id token", json!({ "typ": "id+jwt" })),
        ("typ a number", json!({ "typ": 1 })),
        ("kid missing", json!({ "kid": null })),
        ("kid empty", json!({ "kid": "" })),
        ("kid unknown", json!({ "kid": "unknown" })),
        ("kid a number", json!({ "kid": 1 })),
        ("kid a path", json!({ "kid": "../../dev/null" })),
        ("kid of SQL", json!({ "kid": "' OR 1=1 --" })),
        ("kid with a zero byte", json!({ "kid": format!("{}\0", door.keys.signing_kid()) })),
        ("kid long", json!({ "kid": "k".repeat(65) })),
    ];
    let many: serde_json::Map<String, Value> = (0..20).map(|number| (format!("m{number}"), json!(1))).collect();
    cases.push(("many members", Value::Object(many)));
    let mut cases: Vec<(&str, String)> =
        cases.into_iter().map(|(name, header)| (name, bearer_of(&door.token(&header, &json!({}))))).collect();
    let kid = door.keys.signing_kid();
    for (name, header) in [
        ("alg twice", format!(r#"{{"typ":"JWT","alg":"none","alg":"ES256","kid":"{kid}"}}"#)),
        ("kid twice", format!(r#"{{"typ":"JWT","kid":"{kid}","alg":"ES256","kid":"{kid}"}}"#)),
        ("more after the header", format!(r#"{{"typ":"JWT","alg":"ES256","kid":"{kid}"}} {{}}"#)),
        ("header a list", r#"["JWT"]"#.to_owned()),
        ("header deep", "[".repeat(2_000)),
        ("jwk null", format!(r#"{{"typ":"JWT","alg":"ES256","kid":"{kid}","jwk":null}}"#)),
    ] {
        cases.push((name, bearer_of(&sign_text(&header, &good_claims().to_string(), door.keys.signing()))));
    }
    refused_each(&door, &cases).await;
}

#[tokio::test]
async fn claims_that_do_not_hold() {
    let door = Door::plain();
    let cases = [
        ("expired", json!({ "exp": NOW - 5 })),
        ("expired long ago", json!({ "exp": 0 })),
        ("exp missing", json!({ "exp": null })),
        ("exp as text", json!({ "exp": (NOW + 60).to_string() })),
        ("exp with a fraction", json!({ "exp": 1_700_000_000.5 })),
        ("exp negative", json!({ "exp": -1 })),
        ("exp beyond all time", json!({ "exp": i64::MAX })),
        ("exp beyond 64 bits", json!({ "exp": u64::MAX })),
        ("exp a list", json!({ "exp": [NOW + 60] })),
        ("exp true", json!({ "exp": true })),
        ("early", json!({ "nbf": NOW + 6 })),
        ("nbf as text", json!({ "nbf": NOW.to_string() })),
        ("nbf beyond 64 bits", json!({ "nbf": u64::MAX })),
        ("iat in the future", json!({ "iat": NOW + 3_600 })),
        ("iat as text", json!({ "iat": "now" })),
        ("other issuer", json!({ "iss": "https://elsewhere.example" })),
        ("issuer with a slash more", json!({ "iss": format!("{ISSUER}/") })),
        ("iss missing", json!({ "iss": null })),
        ("iss a list", json!({ "iss": [ISSUER] })),
        ("other audience", json!({ "aud": "other" })),
        ("aud missing", json!({ "aud": null })),
        ("aud empty", json!({ "aud": [] })),
        ("aud of others", json!({ "aud": ["a", "b"] })),
        ("aud of all", json!({ "aud": vec![AUDIENCE; 17] })),
        ("aud an object", json!({ "aud": { "ambito": true } })),
        ("aud a list with a number", json!({ "aud": [AUDIENCE, 1] })),
        ("sub missing", json!({ "sub": null })),
        ("sub empty", json!({ "sub": "" })),
        ("sub a number", json!({ "sub": 1 })),
        ("sub a list", json!({ "sub": [ISSUED_CLIENT] })),
        ("sub long", json!({ "sub": "s".repeat(129) })),
        ("sub unknown", json!({ "sub": "nobody" })),
        ("sub revoked", json!({ "sub": "revoked" })),
    ];
    let mut cases: Vec<(&str, String)> =
        cases.into_iter().map(|(name, claims)| (name, bearer_of(&door.token(&json!({}), &claims)))).collect();
    let text = good_claims().to_string();
    let rest = text.strip_prefix('{').unwrap();
    for (name, claims) in [
        ("exp twice", format!(r#"{{"exp":9999999999,{rest}"#)),
        ("sub twice", format!(r#"{{"sub":"newcomer",{rest}"#)),
        ("nbf null", text.replace(&format!("\"nbf\":{NOW}"), "\"nbf\":null")),
        ("exp null", text.replace(&format!("\"exp\":{}", NOW + 60), "\"exp\":null")),
        ("a list", "[1]".to_owned()),
        ("nothing", String::new()),
        ("deep", "[".repeat(2_000)),
    ] {
        cases.push((name, bearer_of(&sign_text(&door.header().to_string(), &claims, door.keys.signing()))));
    }
    refused_each(&door, &cases).await;
}

#[tokio::test]
async fn a_remembered_token_still_expires_and_its_client_may_be_revoked() {
    let door = Door::plain();
    let header = bearer_of(&door.token(&json!({}), &json!({})));
    assert!(door.ask(&header).await.is_ok());
    assert_eq!(door.authenticator.0.remembered.len(), 1);
    door.now.store(NOW + 65, Ordering::SeqCst);
    assert!(matches!(door.ask(&header).await, Err(Error::InvalidToken)), "expired");
    door.now.store(NOW - 3_600, Ordering::SeqCst);
    assert!(matches!(door.ask(&header).await, Err(Error::InvalidToken)), "early");
    door.now.store(NOW, Ordering::SeqCst);
    assert!(door.ask(&header).await.is_ok());
    door.clients.known.lock().unwrap()[0].revoked = true;
    assert!(matches!(door.ask(&header).await, Err(Error::InvalidToken)), "revoked");
}

/// The signature alone finds a token again among those that are remembered; it is not enough to pass.
#[tokio::test]
async fn a_remembered_signature_is_good_for_its_own_token_only() {
    let door = Door::plain();
    let (good, other) =
        (door.token(&json!({}), &json!({})), door.token(&json!({}), &json!({ "sub": "without-secret" })));
    for token in [&good, &other] {
        assert!(door.ask(&bearer_of(token)).await.is_ok());
    }
    let (message, _) = other.rsplit_once('.').unwrap();
    let (_, signature) = good.rsplit_once('.').unwrap();
    let forged = bearer_of(&format!("{message}.{signature}"));
    assert!(matches!(door.ask(&forged).await, Err(Error::InvalidToken)));
    assert!(door.ask(&bearer_of(&good)).await.is_ok());
}

/// An issuer elsewhere: its key stands in a key set, and `consumerId` says who asks.
#[tokio::test]
async fn tokens_of_another_issuer() {
    const ELSEWHERE: &str = "https://idp.example";
    let theirs = Door::plain();
    let mut jwks = theirs.keys.jwks();
    jwks["keys"].as_array_mut().unwrap().push(json!({ "kty": "oct-like", "kid": "skipped" }));
    let door = Door::new("none", &|folder| {
        std::fs::write(folder.join("jwks.json"), jwks.to_string()).unwrap();
        let text = format!(
            "[[issuer]]\nissuer = \"{ELSEWHERE}\"\naudience = \"door\"\nalgorithms = [\"ES256\", \"RS256\"]\n\
             jwks_file = \"jwks.json\"\nclaim = \"consumerId\"\n[issuer.clients]\n\"c-1\" = \"{ISSUED_CLIENT}\"\n"
        );
        std::fs::write(folder.join("issuers.toml"), text).unwrap();
        Issuers::load(&folder.join("issuers.toml"), ISSUER).unwrap()
    });
    let good = json!({ "iss": ELSEWHERE, "aud": "door", "sub": "anything", "consumerId": "c-1" });
    let token = |changes: &Value| bearer_of(&theirs.token(&json!({}), &over(good.clone(), changes)));
    assert_eq!(&*door.ask(&token(&json!({}))).await.unwrap().client, ISSUED_CLIENT);
    // Ours, under the name of theirs, with our kid; and theirs under ours.
    let crossed = bearer_of(&door.token(&json!({}), &good));
    refused_each(
        &door,
        &[
            ("our key for their issuer", crossed),
            ("their key for our issuer", token(&json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": ISSUED_CLIENT }))),
            ("our audience", token(&json!({ "aud": AUDIENCE }))),
            ("unknown consumer", token(&json!({ "consumerId": "c-2" }))),
            ("a client's own id", token(&json!({ "consumerId": ISSUED_CLIENT }))),
            (
                "consumer missing",
                bearer_of(&theirs.token(&json!({}), &json!({ "iss": ELSEWHERE, "aud": "door", "sub": "c-1" }))),
            ),
            ("consumer a number", token(&json!({ "consumerId": 1 }))),
            ("expired", token(&json!({ "exp": NOW - 60 }))),
        ],
    )
    .await;
}
