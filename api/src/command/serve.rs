//! `ambito serve`: the server on the database and with the keys that the environment names. It loads no data of its
//! own.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::authenticator::OwnIssuer;
use crate::auth::{Authenticator, Issuers, KeyRing};
use crate::clock::Clock;
use crate::config::{Config, Serving};

use super::server::Doors;
use super::{Failure, folder, server};

/// Serves until the process is told to stop. Whatever is missing or weak is told at once, before anything starts.
pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let serving = config.serving();
    let keys = match &config.signing_key_files[..] {
        // Told by `serving` already.
        [] => None,
        files => Some(KeyRing::load(files).map_err(|problem| vec![problem.to_string()])),
    };
    let issuers = others(config);
    let (serving, keys, issuers) = match (serving, keys, issuers) {
        (Ok(serving), Some(Ok(keys)), Ok(issuers)) => (serving, keys, issuers),
        (serving, keys, issuers) => {
            let problems = [serving.err(), keys.and_then(Result::err), issuers.err()];
            return Err(Failure(problems.into_iter().flatten().flatten().collect()));
        }
    };
    let authenticator = authenticator(config, &serving, keys, issuers)?;
    let doors = Doors {
        listener: server::bind(config.listen)?,
        metrics: config.metrics_listen.map(server::bind).transpose()?,
        drain: Duration::from_secs(config.drain_seconds),
    };
    let metrics = doors.metrics.as_ref().and_then(|listener| listener.local_addr().ok());
    let store = Arc::new(folder::open(&serving.database_url).await?);
    if let Some(reason) = store.unbound().await? {
        tracing::warn!(
            reason,
            "the database's guards do not bind the role of this server; give it one that `ambito migrate --application-role` made fit"
        );
    }
    server::run(config, doors, store, authenticator, |address| {
        tracing::info!(%address, metrics = metrics.map(tracing::field::display), "ambito serves");
        Ok(())
    })
    .await
}

fn others(config: &Config) -> Result<Issuers, Vec<String>> {
    match &config.issuers_file {
        None => Ok(Issuers::default()),
        Some(file) => Issuers::load(file, config.issuer.as_deref().unwrap_or_default()),
    }
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
