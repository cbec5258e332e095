//! What browsers and tools fetch: the schema's text, and GraphiQL from the binary itself, which works without any other server.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use actix_web::{HttpResponse, web};

use super::Door;
use super::answer::problem;

/// Scripts come from here only. Styles may be written into the page: the editor measures its text by that.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page itself is asked for anew, since it is small and names the others.
const PAGE_CACHE: &str = "no-cache";
/// The rest changes with the binary only.
const ASSET_CACHE: &str = "public, max-age=3600";

/// A file of GraphiQL: name, media type, bytes.
type Asset = (&'static str, &'static str, &'static [u8]);

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        ($name, $content_type, include_bytes!(concat!("../../assets/graphiql/", $name)))
    };
}

const ASSETS: &[Asset] = &[
    asset!("graphiql.min.css", STYLE),
    asset!("graphiql.min.js", SCRIPT),
    asset!("react-dom.production.min.js", SCRIPT),
    asset!("react.production.min.js", SCRIPT),
    asset!("start.css", STYLE),
    asset!("start.js", SCRIPT),
];

const INDEX: &[u8] = include_bytes!("../../assets/graphiql/index.html");

/// The root leads to where questions are asked.
pub(super) async fn home() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/graphiql")).finish()
}

/// The schema in the schema definition language.
pub(super) async fn schema(door: web::Data<Door>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, PAGE_CACHE))
        .body(door.sdl.clone())
}

/// The page of GraphiQL.
pub(super) async fn graphiql() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CACHE_CONTROL, PAGE_CACHE))
        .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .body(INDEX)
}

/// What the page needs.
pub(super) async fn graphiql_file(file: web::Path<String>) -> HttpResponse {
    match ASSETS.iter().find(|(name, ..)| *name == file.as_str()) {
        Some((_, content_type, bytes)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, *content_type))
            .insert_header((CACHE_CONTROL, ASSET_CACHE))
            .body(*bytes),
        None => problem(404, "Not Found", "There is no such file."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_here_and_nothing_else() {
        let page = std::str::from_utf8(INDEX).unwrap();
        let named: Vec<_> = page.split("\"/graphiql/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(named.len() >= 4, "the page names its files");
        for name in &named {
            assert!(ASSETS.iter().any(|(asset, ..)| asset == name), "{name} is not served");
        }
        for (asset, ..) in ASSETS {
            assert!(named.contains(asset), "{asset} is served for nothing");
        }
        assert!(!page.contains("http://") && !page.contains("https://"), "the page works without the network");
    }
}
