//! Running a server: its port, its work in the background, and its end.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use crate::auth::Authenticator;
use crate::config::Config;
use crate::graphql;
use crate::http::{self, App, Listed};
use crate::store::Store;

use super::Failure;

/// How often a server looks whether another process has written: `ambito client revoke`, an import, or a second server. Where the database
/// tells of writes it looks at once, and this is for when a notice is lost.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Takes the port.
pub(super) fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|problem| match problem.kind() {
        io::ErrorKind::AddrInUse => {
            Failure::new(format!("{address} is in use by another program; choose another port"))
        }
        _ => Failure::new(format!("it cannot listen at {address}: {problem}")),
    })
}

/// Serves until the process is told to stop, then lets requests under way finish. `started` is called when it listens.
pub(super) async fn run(
    config: &Config,
    listener: TcpListener,
    store: Arc<Store>,
    authenticator: Authenticator,
    started: impl FnOnce(SocketAddr) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |problem: io::Error| Failure::new(format!("the server cannot start: {problem}"));
    let address = listener.local_addr().map_err(failed)?;
    let app = App {
        schema: graphql::schema(store.clone(), config.limits.clone()),
        store: store.clone(),
        authenticator,
        listed: Listed::default(),
        limits: config.limits.clone(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let server = http::start(app, listener, config.workers).map_err(failed)?;
    let handle = server.handle();
    let looking = actix_web::rt::spawn(keep_current(store));
    let mut serving = actix_web::rt::spawn(server);
    let ended = |result| match result {
        Ok(Err(problem)) => Err(Failure::new(format!("the server ended badly: {problem}"))),
        _ => Ok(()),
    };
    let result = match started(address) {
        Ok(()) => tokio::select! {
            early = &mut serving => return ended(early),
            stopped = stop_signal() => stopped.map_err(failed),
        },
        failure => failure,
    };
    tracing::info!("ambito stops");
    handle.stop(true).await;
    looking.abort();
    // Ended here, while there is something to give its connection back.
    let _ = looking.await;
    result.and(ended(serving.await))
}

/// Does the work, or none where the process is told to stop before it is done.
pub(super) async fn unless_stopped<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        _ = stop_signal() => None,
    }
}

/// Reads a newer book when there is one.
async fn keep_current(store: Arc<Store>) {
    let mut failing = false;
    loop {
        store.news(LOOK_AGAIN).await;
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

/// Waits for the interrupt key, or for what service managers send.
#[cfg(unix)]
async fn stop_signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn stop_signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
