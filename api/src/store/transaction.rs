//! A transaction of which each statement is waited for only so long. A server that is there and mute would hold whoever asks it, and all who wait
//! behind.
//!
//! It is used like the library's own. It does not decide how long; on SQLite nobody does, since a file answers, however slow its disk.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};

use super::contact::Contact;
use crate::error::Result;

/// A transaction. What is not committed when it is dropped leaves nothing behind.
pub struct Transaction {
    tx: DatabaseTransaction,
    patience: Patience,
}

/// How long a statement may take, and who hears of one that takes longer.
struct Patience {
    longest: Option<Duration>,
    contact: Arc<Contact>,
}

impl Patience {
    async fn answer<T>(&self, question: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let Some(longest) = self.longest else { return question.await };
        tokio::time::timeout(longest, question).await.unwrap_or_else(|_| {
            self.contact.failed();
            Err(DbErr::Conn(RuntimeErr::Internal("it did not answer in time".to_owned())))
        })
    }
}

impl Transaction {
    /// A transaction whose statements may take so long, where the engine is one that can fall silent.
    pub(super) fn new(tx: DatabaseTransaction, longest: Duration, contact: Arc<Contact>) -> Self {
        let can_fall_silent = tx.get_database_backend() == DbBackend::Postgres;
        Self { tx, patience: Patience { longest: can_fall_silent.then_some(longest), contact } }
    }

    /// Makes it last. Where no answer comes, it may have lasted or not.
    pub(super) async fn commit(self) -> Result<()> {
        Ok(self.patience.answer(self.tx.commit()).await?)
    }

    /// The library's own, for work whose statements have no bound.
    pub(super) fn unbounded(self) -> DatabaseTransaction {
        self.tx
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.tx.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.patience.answer(self.tx.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.patience.answer(self.tx.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.patience.answer(self.tx.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.patience.answer(self.tx.query_all_raw(statement)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[tokio::test]
    async fn what_is_not_answered_is_given_up_and_told() {
        let contact = Arc::new(Contact::default());
        let mute = || std::future::pending::<Result<(), DbErr>>();
        let patience = Patience { longest: Some(Duration::from_millis(1)), contact: contact.clone() };
        let waiting = contact.turn(async { patience.answer(mute()).await });
        // Whoever waits behind shares it.
        assert_eq!(waiting.await.unwrap_err().code().as_str(), "STORAGE_UNAVAILABLE");
        let error = Error::from(patience.answer(mute()).await.unwrap_err());
        assert_eq!(error.code().as_str(), "STORAGE_UNAVAILABLE");
        assert!(contact.turn(async { patience.answer(std::future::ready(Ok(()))).await }).await.unwrap().is_ok());
    }
}
