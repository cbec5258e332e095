//! The door: HTTP in and out. It authenticates, counts, bounds and parses a request before anything else of the server sees it, and turns
//! what comes back into an answer.
//!
//! It decides nothing about plans or quotas, and reads no table.

mod age;
mod answer;
mod body;
mod bounded;
mod documents;
mod envelope;
mod export;
mod failure;
mod fresh;
mod graphql;
mod health;
mod import;
mod kept;
mod listed;
mod metrics;
mod negotiate;
mod operations;
mod pages;
mod parameters;
mod problem;
mod publish;
mod rate;
mod token;
mod watch;
mod writes;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use tokio::sync::Semaphore;

use crate::auth::Authenticator;
use crate::graphql::Schema;
use crate::guard::variables::TypeNames;
use crate::limits::Limits;
use crate::store::Store;
use documents::Documents;
use kept::KeptAnswers;
pub use listed::Listed;
use rate::{AddressAllowance, ClientAllowance};
pub use watch::Watch;

/// How long a connection that still sends a refused body is read and forgotten, so that the client gets to see the answer.
const LINGER: Duration = Duration::from_secs(2);

/// Where questions are asked.
const GRAPHQL: &str = "/graphql";
/// Where files of activity are taken in.
const IMPORT_ACTIVITY: &str = "/import/activity";
/// Where tables are taken away.
const EXPORT_QUOTAS: &str = "/export/quotas.csv";
const EXPORT_CHARGES: &str = "/export/charges.csv";
const EXPORT_ACTIVITY: &str = "/export/activity.csv";
/// Every path of the server, and what stands for all others where they are counted and logged: what a client makes up is not repeated.
const ROUTES: [&str; 13] = [
    GRAPHQL,
    IMPORT_ACTIVITY,
    EXPORT_QUOTAS,
    EXPORT_CHARGES,
    EXPORT_ACTIVITY,
    "/oauth/token",
    "/.well-known/jwks.json",
    "/status",
    "/health/live",
    "/health/ready",
    "/schema.graphql",
    "/",
    "/graphiql",
];
const GRAPHIQL_FILE: &str = "/graphiql/{file}";
const ELSEWHERE: &str = "(other)";

/// Files that are taken in at once: each is held in memory, packed, until it is written.
const IMPORTS_MAX: usize = 1;

/// What the server serves.
pub struct App {
    /// Database and book.
    pub store: Arc<Store>,
    /// The GraphQL schema over it.
    pub schema: Schema,
    /// Who may enter.
    pub authenticator: Authenticator,
    /// The documents that an operator lists.
    pub listed: Listed,
    /// The bounds of every request.
    pub limits: Limits,
    /// Its numbers, and whether it is about to stop.
    pub watch: Watch,
    /// The program's version, as `/status` tells it.
    pub version: &'static str,
}

/// The app with what the door itself keeps.
struct Door {
    app: App,
    /// The schema's text, as `/schema.graphql` gives it.
    sdl: String,
    types: TypeNames,
    answers: KeptAnswers,
    documents: Documents,
    clients: ClientAllowance,
    addresses: AddressAllowance,
    /// The place of whoever has a file taken in.
    imports: Semaphore,
}

/// Starts to serve on a listener, which may be at port 0. The returned server runs when it is awaited; `Server::handle` stops it, and requests
/// under way are let finish. Signals are left to the caller.
pub fn start(mut app: App, listener: TcpListener, workers: usize) -> io::Result<Server> {
    let limits = app.limits.clone();
    let sdl = crate::graphql::sdl();
    let watch = app.watch.clone();
    watch.metrics().list(&app.listed);
    let door = web::Data::new(Door {
        types: TypeNames::of_schema(&sdl).map_err(io::Error::other)?,
        clients: ClientAllowance::new(limits.rate_per_minute, limits.rate_keys_max),
        answers: KeptAnswers::new(limits.kept_answer_bytes_max),
        documents: Documents::new(limits.kept_document_bytes_max, std::mem::take(&mut app.listed)),
        imports: Semaphore::new(IMPORTS_MAX),
        addresses: AddressAllowance::new(limits.token_rate_per_minute, limits.rate_keys_max),
        sdl,
        app,
    });
    let server = HttpServer::new(move || {
        let watch = watch.clone();
        let envelope = from_fn(move |request, next| envelope::wrap(watch.clone(), request, next));
        actix_web::App::new().app_data(door.clone()).configure(routes).wrap(envelope)
    });
    let server = server
        .workers(workers)
        .client_request_timeout(Duration::from_secs(limits.head_seconds_max))
        .client_disconnect_timeout(LINGER)
        .keep_alive(Duration::from_secs(limits.idle_seconds_max))
        .max_connections(limits.connections_max)
        .shutdown_timeout(limits.shutdown_seconds_max)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource(GRAPHQL).default_service(web::to(graphql::answer)))
        .service(only_post(IMPORT_ACTIVITY).route(web::post().to(import::activity)))
        .service(only_get(EXPORT_QUOTAS).route(web::get().to(export::quotas)))
        .service(only_get(EXPORT_CHARGES).route(web::get().to(export::charges)))
        .service(only_get(EXPORT_ACTIVITY).route(web::get().to(export::activity)))
        .service(only_post("/oauth/token").route(web::post().to(token::grant)))
        .service(only_get("/.well-known/jwks.json").route(web::get().to(token::jwks)))
        .service(only_get("/status").route(web::get().to(health::status)))
        .service(only_get("/health/live").route(web::get().to(health::live)))
        .service(only_get("/health/ready").route(web::get().to(health::ready)))
        .service(only_get("/schema.graphql").route(web::get().to(pages::schema)))
        .service(only_get("/").route(web::get().to(pages::home)))
        .service(only_get("/graphiql").route(web::get().to(pages::graphiql)))
        .service(only_get(GRAPHIQL_FILE).route(web::get().to(pages::graphiql_file)))
        .default_service(web::to(answer::not_found));
}

/// The route of a path.
fn route(path: &str) -> &'static str {
    let known = ROUTES.iter().find(|route| **route == path);
    let file = path.strip_prefix("/graphiql/").filter(|file| !file.is_empty() && !file.contains('/'));
    known.copied().unwrap_or(if file.is_some() { GRAPHIQL_FILE } else { ELSEWHERE })
}

fn only_get(path: &str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(|| answer::method_not_allowed("GET")))
}

fn only_post(path: &str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(|| answer::method_not_allowed("POST")))
}
