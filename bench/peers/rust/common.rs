//! What the contestants in Rust share: the command line, how money is written, the allocator. No queries.

use std::collections::HashMap;
use std::io;

use actix_web::{HttpResponse, web};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Threads that serve: as many as the machine of the bench has processors, which is what actix takes by itself.
const WORKERS: usize = 2;

/// The options of the command line, `--name value`.
pub(crate) struct Options(HashMap<String, String>);

impl Options {
    pub(crate) fn read() -> Self {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let pairs = words.chunks_exact(2).map(|pair| (pair[0].trim_start_matches('-').to_owned(), pair[1].clone()));
        Self(pairs.collect())
    }

    pub(crate) fn need(&self, name: &str) -> io::Result<String> {
        self.0.get(name).cloned().ok_or_else(|| io::Error::other(format!("--{name} is needed")))
    }

    pub(crate) fn number(&self, name: &str, default: u16) -> io::Result<u16> {
        self.0.get(name).map_or(Ok(default), |text| text.parse().map_err(io::Error::other))
    }
}

/// Serves these routes at the port that the command line names.
pub(crate) async fn serve(
    options: &Options,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<()> {
    let port = options.number("port", 0)?;
    actix_web::HttpServer::new(move || actix_web::App::new().configure(routes.clone()))
        .workers(WORKERS)
        .bind(("127.0.0.1", port))?
        .run()
        .await
}

/// An answer in JSON.
pub(crate) fn json(bytes: impl Into<web::Bytes>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(bytes.into())
}

/// Whole cents in euro, `"110000.00"`.
#[allow(dead_code, reason = "the limit knows no money")]
pub(crate) fn euro(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
