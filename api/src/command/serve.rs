//! `ambito serve`: the server on the database and with the keys that the environment names. It loads no data of its
//! own.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::authenticator::OwnIssuer;
use crate::auth::{Authenticator, HeadSigner, Issuers, KeyRing};
use crate::clock::Clock;
use crate::config::{Config, Serving};

use super::files::{self, Files};
use super::server::Doors;
use super::{Failure, folder, server};

/// Serves until the process is told to stop. Whatever is missing or weak is told at once, before anything starts.
pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let (serving, keys, issuers, listed) = match (config.serving(), files::read(config)) {
        (Ok(serving), Ok(Files { keys: Some(keys), issuers, listed })) => (serving, keys, issuers, listed),
        (serving, files) => {
            return Err(Failure([serving.err(), files.err()].into_iter().flatten().flatten().collect()));
        }
    };
    let signer = HeadSigner::new(keys.clone());
    let authenticator = authenticator(config, &serving, keys, issuers)?;
    let doors = Doors {
        listener: server::bind(config.listen)?,
        metrics: config.metrics_listen.map(server::bind).transpose()?,
        drain: Duration::from_secs(config.drain_seconds),
    };
    let metrics = doors.metrics.as_ref().and_then(|listener| listener.local_addr().ok());
    let store = Arc::new(folder::open(&serving.database_url).await?.with_signer(signer));
    if let Some(reason) = store.unbound().await? {
        tracing::warn!(
            reason,
            "the database's guards do not bind the role of this server; give it one that `ambito migrate --application-role` made fit"
        );
    }
    server::run(config, doors, listed, store, authenticator, |address| {
        tracing::info!(%address, metrics = metrics.map(tracing::field::display), "ambito serves");
        Ok(())
    })
    .await
}

fn authenticator(
    config: &Config,
    serving: &Serving,
    keys: KeyRing,
    issuers: Issuers,
) -> Result<Authenticator, Failure> {
    let own = OwnIssuer {
        issuer: serving.issuer.clone(),
        audience: config.audience.clone(),
        token_seconds: serving.token_seconds,
    };
    Ok(Authenticator::new(keys, issuers, own, &config.limits, Clock::system())?)
}
