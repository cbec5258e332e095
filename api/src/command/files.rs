//! The files that settings name: keys, other issuers, documents. A server opens them before it takes its port, and `ambito config` so that it tells
//! what a server would.

use crate::auth::{Issuers, KeyRing};
use crate::config::Config;
use crate::http::Listed;

/// What they hold.
pub(super) struct Files {
    /// The signing keys; none where none are named.
    pub(super) keys: Option<KeyRing>,
    /// The other issuers.
    pub(super) issuers: Issuers,
    /// The documents that the operator lists.
    pub(super) listed: Listed,
}

/// Reads all of them, or says what is wrong with any.
pub(super) fn read(config: &Config) -> Result<Files, Vec<String>> {
    let keys = match &config.signing_key_files[..] {
        [] => Ok(None),
        files => KeyRing::load(files).map(Some).map_err(|problem| vec![problem.to_string()]),
    };
    let keys = keys.map_err(|problems| config.complaints("AMBITO_SIGNING_KEY_FILES", &problems));
    let issuers = match &config.issuers_file {
        None => Ok(Issuers::default()),
        Some(file) => Issuers::load(file, config.issuer.as_deref().unwrap_or_default()),
    };
    let issuers = issuers.map_err(|problems| config.complaints("AMBITO_ISSUERS_FILE", &problems));
    match (keys, issuers, listed(config)) {
        (Ok(keys), Ok(issuers), Ok(listed)) => Ok(Files { keys, issuers, listed }),
        (keys, issuers, listed) => {
            Err([keys.err(), issuers.err(), listed.err()].into_iter().flatten().flatten().collect())
        }
    }
}

/// The documents alone.
pub(super) fn listed(config: &Config) -> Result<Listed, Vec<String>> {
    match &config.documents_file {
        None => Ok(Listed::default()),
        Some(file) => Listed::load(file, config.documents_only, &config.limits)
            .map_err(|problems| config.complaints("AMBITO_DOCUMENTS_FILE", &problems)),
    }
}
