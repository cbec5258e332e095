//! What the door needs to know of clients, and where it asks. The store implements it; tests do so with a list.

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::viewer::{Standing, Viewer};
use crate::error::Result;

/// A client as its row says. Role and scope come from here, never from a token.
#[derive(Clone, Debug)]
pub struct KnownClient {
    /// Its name in tokens.
    pub client_id: Arc<str>,
    /// What it may see.
    pub standing: Arc<Standing>,
    /// Hash of its secret; none where it has tokens from elsewhere only.
    pub secret_hash: Option<String>,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl KnownClient {
    /// The viewer that this client is until its token ends.
    pub(super) fn viewer(&self, expires_at: DateTime<Utc>) -> Viewer {
        Viewer { client: self.client_id.clone(), standing: self.standing.clone(), expires_at }
    }
}

/// Where clients are found.
pub trait Clients {
    /// The client of this id, revoked or not, as of the last look at the database.
    fn find_client(&self, client_id: &str) -> Option<Arc<KnownClient>>;

    /// The client of this id as the database has it now, for one made or revoked a moment ago.
    fn ask_client(&self, client_id: &str) -> impl Future<Output = Result<Option<Arc<KnownClient>>>>;
}
