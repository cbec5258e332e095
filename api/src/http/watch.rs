//! A running server as it is seen from outside: its numbers, and whether it is about to stop.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::metrics::Metrics;
use crate::limits::Limits;
use crate::store::Store;

/// What Prometheus expects of the format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Connections of those who read the numbers.
const READERS_MAX: usize = 32;

/// What is known of a running server. Its clones are one.
#[derive(Clone)]
pub struct Watch(Arc<Watched>);

struct Watched {
    store: Arc<Store>,
    metrics: Metrics,
    draining: AtomicBool,
}

impl Watch {
    /// Begins to watch a server of this version on this store.
    pub fn new(version: &'static str, store: Arc<Store>, limits: &Limits) -> Self {
        let metrics = Metrics::new(version, &store, limits.metric_operations_max);
        Self(Arc::new(Watched { store, metrics, draining: AtomicBool::new(false) }))
    }

    /// From now on the server says that it is not ready, and closes each connection after its answer; it still answers all.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::SeqCst);
        self.0.metrics.drain();
    }

    /// Whether the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// Requests under way.
    pub fn running(&self) -> i64 {
        self.0.metrics.running()
    }

    /// Requests that ended without an answer, since the client left or the server stopped.
    pub fn unanswered(&self) -> u64 {
        self.0.metrics.unanswered()
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Takes note of a request that begins. It is under way until the returned value goes.
    pub(super) fn begin(self) -> Running {
        self.metrics().begin();
        Running { watch: self, is_answered: false }
    }

    /// The numbers, as `/metrics` gives them.
    pub fn text(&self) -> Result<String, fmt::Error> {
        self.0.metrics.text(&self.0.store)
    }

    /// Starts to serve `/metrics`, and nothing else, on a listener of its own. Whoever reaches it may read it.
    pub fn serve(&self, listener: TcpListener, limits: &Limits) -> io::Result<Server> {
        let watch = web::Data::new(self.clone());
        let server = HttpServer::new(move || {
            let page = web::resource("/metrics").route(web::get().to(page));
            App::new().app_data(watch.clone()).service(page)
        });
        let server = server
            .workers(1)
            .client_request_timeout(Duration::from_secs(limits.head_seconds_max))
            .keep_alive(Duration::from_secs(limits.idle_seconds_max))
            .max_connections(READERS_MAX)
            .disable_signals()
            .listen(listener)?;
        Ok(server.run())
    }
}

/// A request under way.
pub(super) struct Running {
    pub(super) watch: Watch,
    pub(super) is_answered: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch.metrics().end(self.is_answered);
    }
}

async fn page(watch: web::Data<Watch>) -> HttpResponse {
    match watch.text() {
        Ok(text) => HttpResponse::Ok().insert_header((CONTENT_TYPE, OPEN_METRICS)).body(text),
        Err(error) => {
            tracing::error!(%error, "the numbers cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
