//! Running a server: its port, its work in the background, and its end.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinError;

use crate::auth::Authenticator;
use crate::config::Config;
use crate::graphql;
use crate::http::{self, App, Listed, Watch};
use crate::store::Store;

use super::Failure;

/// How often a server looks whether another process has written: `ambito client revoke`, an import, or a second server. Where the database
/// tells of writes it looks at once, and this is for when a notice is lost.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How soon it looks again where the last look failed, so that it is current soon after the database is back.
const TRY_AGAIN: Duration = Duration::from_millis(250);

/// What a server is given beyond the grace of its requests, to end by itself: it looks once a second whether all are done.
const OVERTIME: Duration = Duration::from_secs(2);

/// Takes the port.
pub(super) fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|problem| match problem.kind() {
        io::ErrorKind::AddrInUse => {
            Failure::new(format!("{address} is in use by another program; choose another port"))
        }
        _ => Failure::new(format!("it cannot listen at {address}: {problem}")),
    })
}

/// Where a server listens, and how it leaves.
pub(super) struct Doors {
    /// Where it answers.
    pub(super) listener: TcpListener,
    /// Where its numbers are read.
    pub(super) metrics: Option<TcpListener>,
    /// How long it still takes requests after it is told to stop, so that load balancers can turn away from it first.
    pub(super) drain: Duration,
}

/// Serves until the process is told to stop, then lets requests under way finish. `started` is called when it listens.
pub(super) async fn run(
    config: &Config,
    doors: Doors,
    listed: Listed,
    store: Arc<Store>,
    authenticator: Authenticator,
    started: impl FnOnce(SocketAddr) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |problem: io::Error| Failure::new(format!("the server cannot start: {problem}"));
    // First, so that no signal is missed from here on.
    let mut signals = Signals::new().map_err(failed)?;
    let address = doors.listener.local_addr().map_err(failed)?;
    let version = env!("CARGO_PKG_VERSION");
    let watch = Watch::new(version, store.clone(), &config.limits);
    if config.documents_file.is_some() {
        tracing::info!(documents = listed.len(), only = config.documents_only, "documents are listed");
    }
    let app = App {
        schema: graphql::Schema::new(&store, config.limits.clone()),
        store: store.clone(),
        authenticator,
        watch: watch.clone(),
        listed,
        limits: config.limits.clone(),
        version,
    };
    let server = http::start(app, doors.listener, config.workers).map_err(failed)?;
    let handle = server.handle();
    let metrics = doors.metrics.map(|listener| watch.serve(listener, &config.limits)).transpose().map_err(failed)?;
    let metrics = metrics.map(actix_web::rt::spawn);
    let looking = actix_web::rt::spawn(keep_current(store));
    let mut serving = actix_web::rt::spawn(server);
    let result = match started(address) {
        Ok(()) => tokio::select! {
            early = &mut serving => return ended(early),
            () = signals.next() => {
                let grace = Duration::from_secs(config.limits.shutdown_seconds_max);
                leave(&watch, &handle, doors.drain, grace, &mut signals).await;
                Ok(())
            }
        },
        failure => failure,
    };
    // What is left of it goes now: after a second signal, or where a request would not end.
    serving.abort();
    looking.abort();
    // Ended here, while there is something to give its connection back.
    let _ = looking.await;
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    result.and(ended(serving.await))
}

fn ended(serving: Result<io::Result<()>, JoinError>) -> Result<(), Failure> {
    match serving {
        Ok(Err(problem)) => Err(Failure::new(format!("the server ended badly: {problem}"))),
        _ => Ok(()),
    }
}

/// Leaves in order: says that it is not ready and waits until others have noticed, then takes no more connections and lets requests under way
/// finish within the grace. A second signal cuts it short.
async fn leave(watch: &Watch, handle: &ServerHandle, drain: Duration, grace: Duration, signals: &mut Signals) {
    watch.drain();
    let unanswered = watch.unanswered();
    tracing::info!(drain_seconds = drain.as_secs(), "ambito stops");
    let in_order = async {
        tokio::time::sleep(drain).await;
        tracing::info!(requests = watch.running(), "no more connections are taken");
        // A worker that is busy does not hear that its time is over; the process ends all the same.
        tokio::time::timeout(grace + OVERTIME, handle.stop(true)).await.is_ok()
    };
    let is_done = tokio::select! {
        is_done = in_order => is_done,
        () = signals.next() => false,
    };
    // Those that still run are cut by the end of the process.
    let cut = watch.unanswered().saturating_sub(unanswered) + u64::try_from(watch.running()).unwrap_or_default();
    if cut > 0 {
        tracing::warn!(requests = cut, "requests under way were cut");
    } else if !is_done {
        tracing::info!("ambito stops at once");
    }
}

/// Does the work, or none where the process is told to stop before it is done.
pub(super) async fn unless_stopped<T>(work: impl Future<Output = T>) -> Option<T> {
    let Ok(mut signals) = Signals::new() else { return Some(work.await) };
    tokio::select! {
        done = work => Some(done),
        () = signals.next() => None,
    }
}

/// Reads a newer book when there is one.
async fn keep_current(store: Arc<Store>) {
    let mut failing = false;
    loop {
        store.news(if failing { TRY_AGAIN } else { LOOK_AGAIN }).await;
        let problem = store.refresh().await.err();
        // Once a trouble, not once a second.
        if let Some(problem) = problem.as_ref().filter(|_| !failing) {
            tracing::error!(%problem, "the database cannot be read; approved plans are answered from memory");
        }
        if failing && problem.is_none() {
            tracing::info!("the database can be read again");
        }
        failing = problem.is_some();
    }
}

/// The interrupt key, and what service managers send.
struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one; where none can be waited for, there is none.
    #[cfg(not(unix))]
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
