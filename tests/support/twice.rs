//! Every question that the suite asks is asked again while its answer is kept: by the same token, and by another client's. So each test of what is
//! answered is one of kept answers, too, and new tests are without thinking of it.

use api::auth::Role;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{Answer, MANERBIO, PONTEVICO, Server};

/// Asks a question that was just answered again, and fails the test where a kept answer is not what a new one would be.
pub(super) fn check(server: &Server, token: &str, body: &str, answer: &Answer) {
    assert_eq!(plain(&server.ask_once(token, body)), plain(answer), "asked again: {body}");
    let Some(other) = other_token(server, token) else { return };
    let among_kept = server.ask_once(&other, body);
    // Kept answers are found by the bytes of a request, so one more blank makes a new question of it.
    let anew = server.ask_once(&other, &format!("{body} "));
    assert_eq!(plain(&among_kept), plain(&anew), "asked by another: {body}");
}

/// Status and body, without what differs from request to request.
pub(crate) fn plain(answer: &Answer) -> (u16, String) {
    (answer.status, answer.body.replace(&answer.header("x-request-id").unwrap(), "-"))
}

/// A token of a comune that is not the token's own client; none where the test has left none.
fn other_token(server: &Server, token: &str) -> Option<String> {
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()?;
    let of_manerbio = claims["sub"].as_str()?.ends_with(MANERBIO);
    server.find_token(Role::Comune, Some(if of_manerbio { PONTEVICO } else { MANERBIO }))
}
