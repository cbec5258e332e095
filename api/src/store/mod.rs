//! What is kept: the database and the book read from it. The only room that names `sea_orm` (with the crates `entity` and `migration`).
//!
//! It does not know GraphQL or HTTP. Reads of what never changes go to the [`book`]; writes go through [`Store::write`], one
//! transaction each, which appends its audit event before it commits.

pub mod audit;
pub mod book;
pub mod bundle;
pub mod client;
pub mod digest;
pub mod error;
pub mod import;
mod insert;
mod load;
mod load_master;
pub mod master;
pub mod names;
mod packed;
pub mod plan;
pub mod rule;
pub mod verification;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Mutex, MutexGuard};

use crate::clock::Clock;
use crate::error::Result;
use book::Book;

/// How long a statement waits for another process's write before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections to one database. Reads seldom reach it, and SQLite has one writer whatever the number.
const CONNECTIONS_MAX: u32 = 4;

/// The database and the book.
pub struct Store {
    db: DatabaseConnection,
    /// Statements sent so far.
    statements: Arc<AtomicU64>,
    book: RwLock<Arc<Book>>,
    /// Writers of this process queue here in order, rather than by the engine's polling.
    writer: Mutex<()>,
    /// Only one task at a time reads a newer book.
    refresher: Mutex<()>,
    clock: Clock,
}

/// A write: a transaction that holds the engine's write lock from its first statement.
pub struct Write<'s> {
    store: &'s Store,
    tx: DatabaseTransaction,
    queue: MutexGuard<'s, ()>,
}

impl Store {
    /// Opens the database at a SQLite URL such as `sqlite:///var/lib/ambito/ambito.sqlite?mode=rwc`. It neither migrates nor reads the book.
    pub async fn open(url: &str, clock: Clock) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(CONNECTIONS_MAX).sqlx_logging(false).map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .pragma("foreign_keys", "ON")
                // Without it a REPLACE deletes a row past its DELETE trigger.
                .pragma("recursive_triggers", "ON")
                .pragma("trusted_schema", "OFF")
                .busy_timeout(BUSY_TIMEOUT)
        });
        let mut db = Database::connect(options).await?;
        let statements = count_statements(&mut db);
        Ok(Self { db, statements, book: RwLock::default(), writer: Mutex::new(()), refresher: Mutex::new(()), clock })
    }

    /// Brings the tables to this version.
    pub async fn migrate(&self) -> Result<()> {
        let _queue = self.writer.lock().await;
        Migrator::up(&self.db, None).await?;
        Ok(())
    }

    /// Whether a migration is missing.
    pub async fn needs_migration(&self) -> Result<bool> {
        Ok(!Migrator::get_pending_migrations(&self.db).await?.is_empty())
    }

    /// One cheap statement, to know that the database answers.
    pub async fn ready(&self) -> Result<()> {
        self.db.execute_raw(Statement::from_string(self.db.get_database_backend(), "SELECT 1")).await?;
        Ok(())
    }

    /// How many statements were sent to the database so far.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// The connection for reads.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.db
    }

    /// The time, as this store tells it.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The newest book that this process has read.
    pub fn book(&self) -> Arc<Book> {
        self.book.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads what is new since the last book, if anything is, and returns the newest.
    pub async fn refresh(&self) -> Result<Arc<Book>> {
        let _turn = self.refresher.lock().await;
        let old = self.book();
        let version = audit::last_sequence(&self.db).await?;
        if version == old.version() && version > 0 {
            return Ok(old);
        }
        let new = Arc::new(self.load(&old).await?);
        *self.book.write().unwrap_or_else(PoisonError::into_inner) = new.clone();
        Ok(new)
    }

    /// Reads a book in one transaction, so that it is of one instant although it takes several statements. The first one, which is large, is
    /// read in two at once, if both see the same instant.
    async fn load(&self, old: &Book) -> Result<Book> {
        let tx = self.db.begin().await?;
        if old.version() == 0 {
            let other = self.db.begin().await?;
            if audit::last_sequence(&tx).await? == audit::last_sequence(&other).await? {
                return load::book((&tx, &other), old).await;
            }
        }
        load::book((&tx, &tx), old).await
    }

    /// Closes the connections, so that everything written is in the database's own file.
    pub async fn close(self) -> Result<()> {
        Ok(self.db.close().await?)
    }

    /// Begins a write. It holds the writer's place until it is committed or dropped; dropped, it leaves nothing behind.
    pub async fn write(&self) -> Result<Write<'_>> {
        let queue = self.writer.lock().await;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let tx = self.db.begin_with_options(options).await?;
        Ok(Write { store: self, tx, queue })
    }
}

/// Counts the statements of a connection from here on.
fn count_statements(db: &mut DatabaseConnection) -> Arc<AtomicU64> {
    let statements = Arc::new(AtomicU64::new(0));
    let counter = statements.clone();
    db.set_metric_callback(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    statements
}

impl Write<'_> {
    /// The transaction.
    pub fn tx(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// The clock of the store.
    pub fn clock(&self) -> &Clock {
        &self.store.clock
    }

    /// Appends the event that says what this write did. `before` and `after` are digests of the subject.
    pub async fn audit(
        &self,
        actor: &str,
        act: &str,
        subject: &str,
        before: Option<String>,
        after: Option<String>,
    ) -> Result<()> {
        let event = audit::NewEvent { at: self.store.clock.now(), actor, act, subject, before, after };
        audit::append(&self.tx, event).await
    }

    /// Makes the write last, and the next read see it.
    pub async fn commit(self) -> Result<()> {
        let Self { store, tx, queue } = self;
        tx.commit().await?;
        drop(queue);
        // What was written stays written: a book that cannot be read now is read by the next look at the database.
        if let Err(problem) = store.refresh().await {
            tracing::error!(%problem, "the book cannot be read after a write");
        }
        Ok(())
    }
}
