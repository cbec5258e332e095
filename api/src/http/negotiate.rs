//! Media types and languages: what a request is in, and what its answer may be in.

use std::borrow::Cow;

use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};

use crate::error::{Error, Result};
use crate::graphql::Language;

/// What an answer of `/graphql` is in. The two JSON cases differ in the status of a document that cannot be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`.
    GraphqlResponse,
    /// `application/json`, asked for by name: as old clients expect, a document that cannot be executed answers 200.
    NamedJson,
    /// `application/json`, because anything goes.
    AnyJson,
}

impl Media {
    /// The header of an answer.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::NamedJson | Self::AnyJson => "application/json; charset=utf-8",
        }
    }
}

/// One entry of a header of preferences, with its weight in thousandths.
struct Preference<'h> {
    value: &'h str,
    parameters: Vec<(&'h str, &'h str)>,
    weight: u32,
}

/// What the answer is in, by the `Accept` header. Where two are wanted alike, `application/graphql-response+json` wins.
pub(super) fn media(headers: &HeaderMap) -> Result<Media> {
    let text = joined(headers, &ACCEPT).ok_or(Error::NotAcceptable)?;
    // What most programs send needs no weighing.
    if matches!(&*text, "" | "*/*") {
        return Ok(Media::AnyJson);
    }
    let preferences = preferences(&text);
    let weight_of = |named: &str| {
        let utf8 = |entry: &&Preference<'_>| {
            entry.parameters.iter().all(|(name, value)| !name.eq_ignore_ascii_case("charset") || is_utf8(value))
        };
        let find = |range: &str| preferences.iter().filter(utf8).find(|entry| entry.value.eq_ignore_ascii_case(range));
        find(named)
            .map(|entry| (entry.weight, true))
            .or_else(|| find("application/*").or_else(|| find("*/*")).map(|entry| (entry.weight, false)))
    };
    let (graphql, named_graphql) = weight_of("application/graphql-response+json").unwrap_or((0, false));
    let (json, named_json) = weight_of("application/json").unwrap_or((0, false));
    match (named_graphql && graphql > 0, json > 0) {
        (true, _) if graphql >= json => Ok(Media::GraphqlResponse),
        (_, true) if named_json => Ok(Media::NamedJson),
        (_, true) => Ok(Media::AnyJson),
        // Json was refused by weight, and the other is wanted at least by a range.
        (_, false) if graphql > 0 => Ok(Media::GraphqlResponse),
        _ => Err(Error::NotAcceptable),
    }
}

/// Refuses to answer in CSV where that is not accepted. Of several ranges that it is in, the narrowest says.
pub(super) fn check_accepts_csv(headers: &HeaderMap) -> Result<()> {
    let text = joined(headers, &ACCEPT).ok_or(Error::NotAcceptable)?;
    let preferences = preferences(&text);
    let utf8 = |entry: &&Preference<'_>| {
        entry.parameters.iter().all(|(name, value)| !name.eq_ignore_ascii_case("charset") || is_utf8(value))
    };
    let find = |range: &str| preferences.iter().filter(utf8).find(|entry| entry.value.eq_ignore_ascii_case(range));
    let narrowest = find("text/csv").or_else(|| find("text/*")).or_else(|| find("*/*"));
    let accepts = narrowest.map_or(preferences.is_empty(), |entry| entry.weight > 0);
    if accepts { Ok(()) } else { Err(Error::NotAcceptable) }
}

/// The language of sentences, by the `Accept-Language` header; English where neither is asked for.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let text = joined(headers, &ACCEPT_LANGUAGE).unwrap_or_default();
    let mut best = (0, Language::En);
    for entry in preferences(&text) {
        let language = match entry.value.split('-').next() {
            Some(tag) if tag.eq_ignore_ascii_case("it") => Language::It,
            Some(tag) if tag.eq_ignore_ascii_case("en") || tag == "*" => Language::En,
            _ => continue,
        };
        if entry.weight > best.0 {
            best = (entry.weight, language);
        }
    }
    best.1
}

/// Refuses a body that is not plain JSON in UTF-8.
pub(super) fn check_json(headers: &HeaderMap) -> Result<()> {
    check_content(headers, "application/json")
}

/// Refuses a body of another media type, another charset than UTF-8, or a coding such as gzip.
pub(super) fn check_content(headers: &HeaderMap, media_type: &str) -> Result<()> {
    check(headers, media_type, is_utf8)
}

/// The same of a file, which may be in the encoding of Italian spreadsheets, too; its text tells which.
pub(super) fn check_csv(headers: &HeaderMap, media_type: &str) -> Result<()> {
    check(headers, media_type, |charset| is_utf8(charset) || is_western(charset))
}

fn check(headers: &HeaderMap, media_type: &str, is_charset: impl Fn(&str) -> bool) -> Result<()> {
    let coding = headers.get(CONTENT_ENCODING).map_or(Ok("identity"), |value| value.to_str());
    let mut types = headers.get_all(CONTENT_TYPE);
    let (Ok(coding), Some(value), None) = (coding, types.next(), types.next()) else {
        return Err(Error::UnsupportedMediaType);
    };
    let text = value.to_str().map_err(|_| Error::UnsupportedMediaType)?;
    let mut parts = text.split(';').map(str::trim);
    let is_type = parts.next().is_some_and(|value| value.eq_ignore_ascii_case(media_type));
    let mut charsets =
        parts.filter_map(|part| part.split_once('=')).filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
    if is_type && coding.eq_ignore_ascii_case("identity") && charsets.all(|(_, value)| is_charset(value)) {
        return Ok(());
    }
    Err(Error::UnsupportedMediaType)
}

/// The value of a header that may come in several lines; empty where it does not come, none where it is no text.
fn joined<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Cow<'h, str>> {
    let mut lines = headers.get_all(name).map(|value| value.to_str().ok());
    let first = lines.next().unwrap_or(Some(""))?;
    // Nearly always there is no second.
    lines.try_fold(Cow::Borrowed(first), |text, line| Some(Cow::Owned(format!("{text},{}", line?))))
}

fn preferences(text: &str) -> Vec<Preference<'_>> {
    let entries = text.split(',').map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let value = parts.next().unwrap_or_default();
        let mut weight = 1_000;
        let mut parameters = Vec::new();
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            if name.trim().eq_ignore_ascii_case("q") {
                weight = thousandths(value.trim());
            } else {
                parameters.push((name.trim(), value.trim()));
            }
        }
        Preference { value, parameters, weight }
    });
    entries.filter(|entry| !entry.value.is_empty()).collect()
}

/// A weight such as `0.85` in thousandths. What is no weight counts as none, so that it is not preferred.
fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    let fraction = format!("{fraction:0<3}").parse().unwrap_or(0);
    match whole {
        "0" => fraction,
        "1" if fraction == 0 => 1_000,
        _ => 0,
    }
}

/// Windows-1252 under the names that programs give it; the last two differ from it in no character that is printed.
fn is_western(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    ["windows-1252", "cp1252", "iso-8859-1", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, value: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn what_an_answer_is_in() {
        use Media::{AnyJson, GraphqlResponse, NamedJson};
        let cases = [
            (None, Some(AnyJson)),
            (Some("*/*"), Some(AnyJson)),
            (Some("application/*"), Some(AnyJson)),
            (Some("application/json"), Some(NamedJson)),
            (Some("Application/JSON; charset=UTF-8"), Some(NamedJson)),
            (Some("application/json, text/plain, */*"), Some(NamedJson)),
            (Some("application/graphql-response+json"), Some(GraphqlResponse)),
            (Some("application/graphql-response+json, application/json;q=0.9"), Some(GraphqlResponse)),
            (Some("application/json, application/graphql-response+json"), Some(GraphqlResponse)),
            (Some("application/json, application/graphql-response+json;q=0.5"), Some(NamedJson)),
            (Some("application/json;q=0, */*"), Some(GraphqlResponse)),
            (Some("text/html, */*;q=0.1"), Some(AnyJson)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
            (Some("application/json; charset=utf-16"), None),
            (Some("application/json;q=nonsense"), None),
        ];
        for (accept, expect) in cases {
            assert_eq!(media(&headers(ACCEPT, accept)).ok(), expect, "{accept:?}");
        }
    }

    #[test]
    fn who_takes_csv() {
        let cases = [
            (None, true),
            (Some(""), true),
            (Some("*/*"), true),
            (Some("text/*"), true),
            (Some("Text/CSV; charset=utf-8; header=present"), true),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), true),
            (Some("application/json"), false),
            (Some("text/csv;q=0, */*"), false),
            (Some("text/csv; charset=iso-8859-1"), false),
            (Some("text/*;q=0, application/*"), false),
        ];
        for (accept, expect) in cases {
            assert_eq!(check_accepts_csv(&headers(ACCEPT, accept)).is_ok(), expect, "{accept:?}");
        }
    }

    #[test]
    fn languages() {
        use Language::{En, It};
        let cases = [
            (None, En),
            (Some("it"), It),
            (Some("it-IT,it;q=0.9,en;q=0.8"), It),
            (Some("en-GB, it;q=0.5"), En),
            (Some("de, it;q=0.1"), It),
            (Some("fr"), En),
            (Some("*"), En),
            (Some("it;q=0"), En),
            (Some("en;q=0.5, it;q=0.501"), It),
        ];
        for (accept, expect) in cases {
            assert_eq!(language(&headers(ACCEPT_LANGUAGE, accept)), expect, "{accept:?}");
        }
    }

    #[test]
    fn bodies() {
        let cases = [
            (Some("application/json"), true),
            (Some("application/json; charset=utf-8"), true),
            (Some("Application/Json;charset=\"UTF-8\""), true),
            (Some("application/json; charset=iso-8859-1"), false),
            (Some("text/plain"), false),
            (Some("application/graphql"), false),
            (Some("multipart/form-data; boundary=x"), false),
            (None, false),
        ];
        for (content_type, expect) in cases {
            assert_eq!(check_json(&headers(CONTENT_TYPE, content_type)).is_ok(), expect, "{content_type:?}");
        }
        let mut coded = headers(CONTENT_TYPE, Some("application/json"));
        coded.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(check_json(&coded).is_err());
    }
}
