//! Entity tags, and whether a client has an answer already (RFC 9110, sections 8.8.3 and 13.1.2). For GET only: by the standard a condition of a POST
//! cannot be answered by 304.

use actix_web::http::header::{HeaderMap, HeaderValue, IF_NONE_MATCH};
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The strong tag of an answer: of its bytes, and of the media type that they are sent as.
pub(super) fn etag(content_type: &str, body: &[u8]) -> Option<HeaderValue> {
    let mut hash = Context::new(&SHA256);
    hash.update(content_type.as_bytes());
    hash.update(b"\n");
    hash.update(body);
    HeaderValue::try_from(format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash.finish()))).ok()
}

/// Whether the client names this tag among those it has. A weak tag of it will do: the comparison is the weak one.
pub(super) fn has(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let Ok(etag) = etag.to_str() else { return false };
    let lines = headers.get_all(IF_NONE_MATCH).filter_map(|line| line.to_str().ok());
    // Our tags hold no comma, so the parts of one that does are none of ours.
    lines.flat_map(|line| line.split(',')).map(str::trim).any(|known| {
        let known = known.strip_prefix("W/").unwrap_or(known);
        known == "*" || known == etag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_of_the_bytes_and_their_type() {
        let tag = etag("application/json", b"{}").unwrap();
        // printf 'application/json\n{}' | openssl dgst -sha256 -binary | basenc --base64url
        assert_eq!(tag.to_str().unwrap(), "\"b4no25kKFXD_lAIqxbtwyNEgimZUz9lxIeXvWxPDezo\"");
        assert_ne!(Some(&tag), etag("application/json", b"{} ").as_ref());
        assert_ne!(Some(&tag), etag("text/plain", b"{}").as_ref());
    }

    #[test]
    fn what_a_client_may_say_that_it_has() {
        let tag = HeaderValue::from_static("\"abc\"");
        let cases: &[(&[&str], bool)] = &[
            (&[], false),
            (&["\"abc\""], true),
            (&["W/\"abc\""], true),
            (&["*"], true),
            (&["\"x\", \"abc\""], true),
            (&["\"x\",W/\"abc\",\"y\""], true),
            (&["\"x\"", " \"abc\" "], true),
            (&["abc"], false),
            (&["\"ABC\""], false),
            (&["w/\"abc\""], false),
            (&["\"abc"], false),
            (&["\"a,b\", \"x\""], false),
            (&[""], false),
        ];
        for (lines, expect) in cases {
            let mut headers = HeaderMap::new();
            for line in *lines {
                headers.append(IF_NONE_MATCH, HeaderValue::from_str(line).unwrap());
            }
            assert_eq!(has(&headers, &tag), *expect, "{lines:?}");
        }
    }
}
