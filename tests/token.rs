//! Tokens over HTTP: how one is got, and that every bad one is answered alike, before the body is read, with no reason told.
//!
//! The parts of a token are tested one by one in `api/src/auth`; here is what a caller sees.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

const QUERY: &str = r#"{"query":"{ viewer { role } }"}"#;
const COMUNE: [&str; 4] = ["--role", "COMUNE", "--comune", "017103"];

/// What is needed to forge: a good token of the server, its parts, and the server's own key.
struct Forge {
    good: String,
    header: Value,
    claims: Value,
    key: EncodingKey,
}

impl Forge {
    fn of(server: &Server) -> Self {
        let good = server.token(&COMUNE);
        let parts: Vec<&str> = good.split('.').collect();
        let part = |at: usize| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[at]).unwrap()).unwrap();
        let pem = std::fs::read(server.folder().join("signing-key.pem")).unwrap();
        Self { header: part(0), claims: part(1), key: EncodingKey::from_ec_pem(&pem).unwrap(), good: good.clone() }
    }

    /// A token with these members put over the good one's, signed with the server's own key; null takes a member away.
    fn token(&self, header: &Value, claims: &Value) -> String {
        sign(&over(&self.header, header), &over(&self.claims, claims), &self.key, Algorithm::ES256)
    }
}

fn over(base: &Value, changes: &Value) -> Value {
    let mut base = base.clone();
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

fn sign(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn ask(server: &Server, token: &str) -> Answer {
    server.post(
        "/graphql",
        &[("content-type", "application/json"), ("authorization", &format!("Bearer {token}"))],
        QUERY,
    )
}

fn code(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

/// The body without what differs from request to request.
fn without_request_id(answer: &Answer) -> String {
    let mut body: Value = serde_json::from_str(&answer.body).unwrap();
    body["errors"][0]["extensions"].as_object_mut().unwrap().remove("requestId");
    body.to_string()
}

fn form(id: &str, secret: &str) -> String {
    format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")
}

fn grant(server: &Server, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend(headers);
    server.post("/oauth/token", &all, body)
}

#[test]
fn every_bad_token_is_answered_alike() {
    let server = Server::start();
    let forge = Forge::of(&server);
    assert_eq!(ask(&server, &forge.good).status, 200);
    assert_eq!(ask(&server, &forge.token(&json!({}), &json!({}))).status, 200, "the forge works");
    let now = forge.claims["iat"].as_i64().unwrap();
    let (message, signature) = forge.good.rsplit_once('.').unwrap();
    let jwks: Value = serde_json::from_str(&server.get("/.well-known/jwks.json", &[]).body).unwrap();
    let public = EncodingKey::from_secret(jwks["keys"][0].to_string().as_bytes());
    let hs256 = sign(&over(&forge.header, &json!({ "alg": "HS256" })), &forge.claims, &public, Algorithm::HS256);
    let none = over(&forge.header, &json!({ "alg": "none" }));
    let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(none.to_string()), message.split_once('.').unwrap().1);
    let header = |changes: Value| forge.token(&changes, &json!({}));
    let claims = |changes: Value| forge.token(&json!({}), &changes);
    let cases = [
        ("empty", String::new()),
        ("two parts", message.to_owned()),
        ("four parts", format!("{}.{signature}", forge.good)),
        ("forged signature", format!("{message}.{}", URL_SAFE_NO_PAD.encode([1; 64]))),
        ("expired", claims(json!({ "exp": now - 60 }))),
        ("early", claims(json!({ "nbf": now + 3_600 }))),
        ("made in the future", claims(json!({ "iat": now + 3_600 }))),
        ("exp as text", claims(json!({ "exp": "9999999999" }))),
        ("exp missing", claims(json!({ "exp": null }))),
        ("other issuer", claims(json!({ "iss": "https://elsewhere.example" }))),
        ("other audience", claims(json!({ "aud": "other" }))),
        ("unknown subject", claims(json!({ "sub": "nobody" }))),
        ("alg none", none),
        ("HS256 over the public key", hs256),
        ("crit", header(json!({ "crit": ["exp"] }))),
        ("jwk", header(json!({ "jwk": jwks["keys"][0] }))),
        ("jku", header(json!({ "jku": "https://elsewhere.example/jwks.json" }))),
        ("x5c", header(json!({ "x5c": ["AAAA"] }))),
        ("kid missing", header(json!({ "kid": null }))),
        ("kid strange", header(json!({ "kid": "../../etc/passwd" }))),
        ("kid unknown", header(json!({ "kid": "unknown" }))),
        ("typ strange", header(json!({ "typ": "id+jwt" }))),
        ("oversize", claims(json!({ "x": "y".repeat(8 * 1024) }))),
    ];
    let first = without_request_id(&ask(&server, "x"));
    for (name, token) in cases {
        let answer = ask(&server, &token);
        assert_eq!((answer.status, code(&answer).as_str()), (401, "INVALID_TOKEN"), "{name}");
        assert_eq!(without_request_id(&answer), first, "{name} tells its reason");
    }
    assert_eq!(ask(&server, &forge.good).status, 200, "the server goes on");
}

#[test]
fn without_a_token_the_body_is_not_read() {
    let server = Server::start();
    for body in [QUERY, "", "not JSON", &"x".repeat(1024 * 1024)] {
        let answer = server.post("/graphql", &[("content-type", "application/json")], body);
        assert_eq!((answer.status, code(&answer).as_str()), (401, "UNAUTHENTICATED"));
    }
}

#[test]
fn a_client_gets_a_token_until_it_is_revoked() {
    let server = Server::start();
    let made = server.run(&["client", "create", "--name", "Manerbio", "--role", "COMUNE", "--comune", "017103"]);
    let field = |name: &str| made.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let (id, secret) = (field("client_id:"), field("client_secret:"));
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let granted = grant(&server, &[], &form(&id, &secret));
    let body: Value = serde_json::from_str(&granted.body).unwrap();
    assert_eq!((granted.status, &body["token_type"]), (200, &json!("Bearer")));
    assert!(body["expires_in"].as_u64().is_some_and(|seconds| seconds > 0));
    assert_eq!(granted.header("cache-control").as_deref(), Some("no-store"));
    let token = body["access_token"].as_str().unwrap();
    let viewer: Value = serde_json::from_str(&ask(&server, token).body).unwrap();
    assert_eq!(viewer["data"]["viewer"]["role"], "COMUNE");
    assert_eq!(grant(&server, &[("authorization", &basic)], "grant_type=client_credentials").status, 200);

    assert!(!server.run(&["client", "list"]).contains(&secret));
    server.run(&["client", "revoke", &id]);
    // Asking for a token looks at the database again, so that no test need wait for the server to.
    let refused = grant(&server, &[], &form(&id, &secret));
    assert_eq!((refused.status, refused.body.contains("invalid_client")), (401, true));
    assert_eq!((ask(&server, token).status, code(&ask(&server, token)).as_str()), (401, "INVALID_TOKEN"));
}

#[test]
fn requests_for_a_token_that_are_refused() {
    let server = Server::start();
    let made = server.run(&["client", "create", "--name", "x", "--role", "AUDITOR"]);
    let field = |name: &str| made.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let (id, secret) = (field("client_id:"), field("client_secret:"));
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let plain = "grant_type=client_credentials".to_owned();
    let cases: [(&[(&str, &str)], String, u16, &str); 8] = [
        (&[], form(&id, "wrong"), 401, "invalid_client"),
        (&[], form("nobody", &secret), 401, "invalid_client"),
        // No text of PostgreSQL.
        (&[], form("no%00body", &secret), 401, "invalid_client"),
        (&[("authorization", "Basic eDp5")], plain.clone(), 401, "invalid_client"),
        (&[], plain, 400, "invalid_request"),
        (&[("authorization", &basic)], form(&id, &secret), 400, "invalid_request"),
        (&[], form(&id, &secret) + "&client_id=again", 400, "invalid_request"),
        (&[], format!("grant_type=password&client_id={id}&client_secret={secret}"), 400, "unsupported_grant_type"),
    ];
    for (headers, body, status, error) in cases {
        let answer = grant(&server, headers, &body);
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, said["error"].as_str()), (status, Some(error)), "{body}");
        assert!(said.get("access_token").is_none());
    }
}

#[test]
fn the_published_keys_are_public_ones() {
    let server = Server::start();
    let jwks: Value = serde_json::from_str(&server.get("/.well-known/jwks.json", &[]).body).unwrap();
    let keys = jwks["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let mut members: Vec<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert_eq!(keys[0]["kid"], Forge::of(&server).header["kid"]);
}

/// A token of a command that ran after the server started: its client is new, and the server has never seen it.
#[test]
fn a_token_for_a_new_client_is_good_at_once() {
    let server = Server::start();
    let token = server.token(&["--role", "AUDITOR"]);
    assert_eq!(ask(&server, &token).status, 200);
    let again = server.token(&["--role", "AUDITOR"]);
    assert_ne!(token, again, "each token has its own id");
    let auditors = server.run(&["client", "list"]).lines().filter(|line| line.contains("AUDITOR")).count();
    assert_eq!(auditors, 1, "the second token is of the same client");
}
