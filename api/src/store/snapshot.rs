//! What is read anew for a client: one transaction, as of one instant, in one of the places of those who read.

use tokio::sync::SemaphorePermit;

use super::{Store, Transaction};
use crate::error::Result;

/// The database as of one instant.
pub struct Snapshot<'s> {
    store: &'s Store,
    tx: Transaction,
    _place: SemaphorePermit<'s>,
}

impl Store {
    /// Begins to read for a client, once there is a place.
    pub async fn read_for_client(&self) -> Result<Snapshot<'_>> {
        let place = self.place_to_read().await?;
        let begun = self.snapshot_at_the_door().await;
        if begun.is_err() {
            self.contact.failed();
        }
        Ok(Snapshot { store: self, tx: begun?, _place: place })
    }
}

impl Snapshot<'_> {
    /// The transaction.
    pub fn tx(&self) -> &Transaction {
        &self.tx
    }

    /// Ends it, and gives what was found.
    pub async fn end<T>(self, found: Result<T>) -> Result<T> {
        let Self { store, tx, _place } = self;
        let ended = match found {
            Ok(found) => tx.commit().await.map(|()| found),
            Err(problem) => Err(problem),
        };
        if ended.is_err() {
            store.contact.failed();
        }
        ended
    }
}
