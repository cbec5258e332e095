//! Whether the database answers, and how long it is asked before that is doubted.
//!
//! It asks nothing itself. Whoever asks says how it went; whoever waited for somebody else's question that failed need not ask again.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Code, Error, Result};

/// How long a question that costs the database nothing may take before it counts as not answered.
pub(super) const PATIENCE: Duration = Duration::from_millis(1_750);

/// What is known of the database.
#[derive(Debug, Default)]
pub(super) struct Contact {
    lost: AtomicBool,
    failures: AtomicU64,
}

impl Contact {
    /// Whether the last look at the database failed.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Takes note of how a look ended.
    pub(super) fn looked<T>(&self, outcome: &Result<T>) {
        // A row that cannot be read is a fault of that row; the database answered.
        let is_lost = outcome.as_ref().is_err_and(|error| error.code() == Code::StorageUnavailable);
        self.lost.store(is_lost, Ordering::SeqCst);
        if is_lost {
            self.failed();
        }
    }

    /// Takes note that something else was not answered.
    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits for one's turn. Where somebody failed to reach the database in the meantime, one's own try is spared: queues would add up to more
    /// than anybody waits.
    pub(super) async fn turn<T>(&self, turn: impl Future<Output = T>) -> Result<T> {
        let before = self.failures.load(Ordering::SeqCst);
        let turn = turn.await;
        if self.failures.load(Ordering::SeqCst) == before { Ok(turn) } else { Err(Error::storage("it did not answer")) }
    }
}

/// The answer, unless it takes longer than this.
pub(super) async fn within<T>(longest: Duration, question: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(longest, question).await.unwrap_or_else(|_| Err(Error::storage("it did not answer in time")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waited_for_a_failure_shares_it() {
        let contact = Contact::default();
        assert!(contact.turn(async {}).await.is_ok());
        let failed = contact.turn(async { contact.looked::<()>(&Err(Error::storage("gone"))) }).await;
        assert_eq!(failed.unwrap_err().code().as_str(), "STORAGE_UNAVAILABLE");
        assert!(contact.is_lost());
        // A failure of before is no reason not to try.
        assert!(contact.turn(async { contact.looked(&Ok(())) }).await.is_ok());
        assert!(!contact.is_lost());
    }

    #[tokio::test]
    async fn no_answer_is_one_after_a_while() {
        let never = within(Duration::from_millis(1), std::future::pending::<Result<()>>()).await;
        assert_eq!(never.unwrap_err().code().as_str(), "STORAGE_UNAVAILABLE");
        assert_eq!(within(PATIENCE, async { Ok(1) }).await.unwrap(), 1);
    }
}
