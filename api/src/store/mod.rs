//! What is kept: the database and the book read from it. The only room that names `sea_orm` (with the crates `entity` and `migration`).
//!
//! It does not know GraphQL or HTTP. Reads of what never changes go to the [`book`]; writes go through [`Store::write`], one
//! transaction each, which appends its audit event before it commits.

pub mod activity;
pub mod agreement;
pub mod ambito;
pub mod audit;
pub mod benefit;
mod billing;
pub mod body;
pub mod book;
pub mod bundle;
pub mod case;
pub mod change;
pub mod client;
pub mod comune;
mod connect;
mod contact;
pub mod digest;
pub mod error;
pub mod expense;
mod few;
pub mod fund;
pub mod governance;
pub mod idempotency;
pub mod import;
mod in_effect;
pub mod indicator;
mod insert;
mod listen;
mod load;
mod load_master;
pub mod master;
mod matching;
pub mod measure;
pub mod measurement;
pub mod membership;
pub mod mission;
pub mod monitoring;
pub mod names;
mod packed;
pub mod pages;
mod part;
pub mod partner;
pub mod payment;
mod personal;
pub mod places;
pub mod plan;
mod pool;
pub mod programme;
pub mod project;
pub mod reading;
pub mod resolution;
pub mod rule;
pub mod service;
pub mod settlement;
pub mod shape;
pub mod snapshot;
pub mod statement;
mod text;
mod transaction;
pub mod transfer;
pub mod verification;
pub mod work_plan;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit};

use crate::auth::HeadSigner;
use crate::clock::Clock;
use crate::error::{Error, Result};
use book::Book;
use contact::{Contact, PATIENCE, within};
use listen::Listener;
use load::Known;
pub use migration::State;
use plan::PlanBook;
pub use pool::Connections;
pub use transaction::Transaction;

/// The longest that the reading of a book may take before the database counts as away.
const LOAD_TIMEOUT: Duration = Duration::from_mins(1);

/// How many may read rows anew for clients at once: half of the connections, so that the looks at the database never wait for clients.
const READERS_MAX: usize = 2;

/// The database and the book.
pub struct Store {
    db: DatabaseConnection,
    /// Statements sent so far.
    statements: Arc<AtomicU64>,
    /// Hears of other servers' writes; none on an engine that does not tell.
    listener: Option<Mutex<Listener>>,
    contact: Arc<Contact>,
    book: RwLock<Arc<Book>>,
    /// Writers of this process queue here in order, rather than by the engine's polling.
    writer: Arc<Mutex<()>>,
    /// Only one task at a time reads a newer book.
    refresher: Mutex<()>,
    /// Places of those who read rows anew for a client.
    readers: Semaphore,
    /// Signs the audit trail at every approval; none where no key is at hand.
    signer: Option<HeadSigner>,
    clock: Clock,
}

/// A write: a transaction that holds the engine's write lock from its first statement. Dropped, it leaves nothing behind; [`Store::commit`]
/// makes it last.
pub struct Write {
    clock: Clock,
    tx: Transaction,
    queue: OwnedMutexGuard<()>,
    signer: Option<HeadSigner>,
    /// Plans as this write left them, until a book is made of them.
    plans: std::sync::Mutex<HashMap<i64, Arc<PlanBook>>>,
    /// The head of the audit trail as this write sees it, once it was read: nobody else can append while it lasts.
    head: std::sync::Mutex<Option<(i64, String)>>,
}

impl Store {
    /// Opens the database at a URL: `sqlite:///var/lib/ambito/ambito.sqlite?mode=rwc` or `postgres://user@host/name`. It neither migrates nor
    /// reads the book.
    pub async fn open(url: &str, clock: Clock) -> Result<Self> {
        let contact = Arc::new(Contact::default());
        let (mut db, listener) = connect::open(url, &contact).await?;
        let statements = count_statements(&mut db);
        let listener = listener.map(Mutex::new);
        let (writer, refresher) = (Arc::default(), Mutex::new(()));
        let (book, readers) = (RwLock::default(), Semaphore::new(READERS_MAX));
        let signer = None;
        Ok(Self { db, statements, listener, contact, book, writer, refresher, readers, signer, clock })
    }

    /// The same store, which from here on signs the audit trail at every approval.
    pub fn with_signer(self, signer: HeadSigner) -> Self {
        Self { signer: Some(signer), ..self }
    }

    /// Brings the tables to this version, and what is kept in them. On `PostgreSQL` the role that is named is given what the program needs, and no more.
    pub async fn migrate(&self, application_role: Option<&str>) -> Result<()> {
        let queue = self.writer.lock().await;
        migration::migrate(&self.db, application_role).await.map_err(|problem| match problem {
            // Said for the operator: what is wrong with the role.
            DbErr::Custom(sentence) => Error::internal(sentence),
            other => other.into(),
        })?;
        drop(queue);
        billing::catch_up(self).await
    }

    /// Whether a migration is missing.
    pub async fn needs_migration(&self) -> Result<bool> {
        Ok(migration::pending(&self.db).await?)
    }

    /// How the tables stand to what this program knows.
    pub async fn state(&self) -> Result<State> {
        Ok(migration::state(&self.db).await?)
    }

    /// Why the database's guards do not bind this server, if they do not.
    pub async fn unbound(&self) -> Result<Option<&'static str>> {
        connect::unbound(&self.db).await
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

    /// Whether the last look at the database failed: the book may be older than what is stored.
    pub fn is_stale(&self) -> bool {
        self.contact.is_lost()
    }

    /// The connection for reads.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.db
    }

    /// Waits for a place among those who read rows anew.
    async fn place_to_read(&self) -> Result<SemaphorePermit<'_>> {
        self.contact.turn(self.readers.acquire()).await?.map_err(Error::internal)
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
        let _turn = self.contact.turn(self.refresher.lock()).await?;
        let looked = self.look().await;
        self.contact.looked(&looked);
        looked
    }

    async fn look(&self) -> Result<Arc<Book>> {
        let old = self.book();
        let (version, head) = within(PATIENCE, audit::head(&self.db)).await?;
        // By its hash, too: a database that was restored, or a standby that took over, may have another event under the same number.
        if version > 0 && version == old.version() && head == old.head {
            return Ok(old);
        }
        let new = Arc::new(within(LOAD_TIMEOUT, self.load(&old)).await?);
        *self.book.write().unwrap_or_else(PoisonError::into_inner) = new.clone();
        Ok(new)
    }

    /// Reads a book in one transaction, so that it is of one instant although it takes several statements. The first one, which is large, is
    /// read in two at once, if both see the same instant.
    async fn load(&self, old: &Book) -> Result<Book> {
        let tx = self.snapshot().await?;
        if old.version() == 0 {
            let other = self.snapshot().await?;
            if audit::head(&tx).await? == audit::head(&other).await? {
                return load::book((&tx, &other), old, &Known::default()).await;
            }
        }
        load::book((&tx, &tx), old, &Known::default()).await
    }

    /// Begins a transaction that reads everything as of one instant.
    async fn snapshot(&self) -> Result<DatabaseTransaction> {
        let mut options = TransactionOptions::default();
        if self.is_postgres() {
            // There, a transaction sees each statement's own instant unless told otherwise.
            options.isolation_level = Some(IsolationLevel::RepeatableRead);
            options.access_mode = Some(AccessMode::ReadOnly);
        }
        Ok(self.db.begin_with_options(options).await?)
    }

    /// The same for somebody who waits at the door: what is not answered at once is given up.
    async fn snapshot_at_the_door(&self) -> Result<Transaction> {
        let tx = within(PATIENCE, self.snapshot()).await?;
        Ok(Transaction::new(tx, PATIENCE, self.contact.clone()))
    }

    /// Waits until another process may have written, and no longer than this. Where the engine tells of writes, that is when one was committed.
    pub async fn news(&self, longest: Duration) {
        let news = async {
            if let Some(listener) = &self.listener
                && listener.lock().await.news(self.book().version()).await.is_ok()
            {
                return;
            }
            // Nothing tells of writes, or it cannot now: the time that is left is waited for.
            std::future::pending::<()>().await;
        };
        let _ = tokio::time::timeout(longest, news).await;
    }

    /// Closes the connections, so that everything written is in the database's own file.
    pub async fn close(self) -> Result<()> {
        Ok(self.db.close().await?)
    }

    /// Begins a write. It holds the writer's place, on all servers of the database, until it is committed or dropped; dropped, it leaves nothing
    /// behind.
    pub async fn write(&self) -> Result<Write> {
        let queue = self.contact.turn(self.writer.clone().lock_owned()).await?;
        let begun = within(connect::BUSY_TIMEOUT + PATIENCE, self.begin_write()).await;
        if begun.is_err() {
            self.contact.failed();
        }
        let tx = Transaction::new(begun?, connect::STATEMENT_TIMEOUT + PATIENCE, self.contact.clone());
        let (clock, signer) = (self.clock.clone(), self.signer.clone());
        Ok(Write { clock, tx, queue, signer, plans: std::sync::Mutex::default(), head: std::sync::Mutex::default() })
    }

    /// Makes a write last, and the next read see it.
    pub async fn commit(&self, write: Write) -> Result<()> {
        let Write { tx, queue, .. } = write;
        tx.commit().await?;
        drop(queue);
        // What was written stays written: a book that cannot be read now is read by the next look at the database.
        if let Err(problem) = self.refresh().await {
            tracing::error!(%problem, "the book cannot be read after a write");
        }
        Ok(())
    }

    /// The same for a write whose book was read before it lasts, so that its answer could be made: that book is the next one.
    pub async fn commit_with(&self, write: Write, book: Arc<Book>) -> Result<()> {
        let Write { tx, queue, .. } = write;
        tx.commit().await?;
        // Whoever reads a newer book at this moment began before; it must not put an older one in the place of this.
        let _turn = self.refresher.lock().await;
        if self.book().version() < book.version() {
            *self.book.write().unwrap_or_else(PoisonError::into_inner) = book;
        }
        drop(queue);
        Ok(())
    }

    /// Begins a transaction and takes the engine's write lock.
    async fn begin_write(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            // What was committed while the lock was waited for must be seen, whatever the role or the database has for its default.
            isolation_level: self.is_postgres().then_some(IsolationLevel::ReadCommitted),
            ..Default::default()
        };
        let tx = self.db.begin_with_options(options).await?;
        if self.is_postgres() {
            // As on SQLite there is one writer, so that two events never follow the same one. The engine lets go at the end of the transaction.
            let lock = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT pg_advisory_xact_lock($1)",
                [migration::LOCK_KEY.into()],
            );
            tx.execute_raw(lock).await?;
        }
        Ok(tx)
    }

    /// Whether the engine is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.db.get_database_backend() == DbBackend::Postgres
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

impl Write {
    /// The transaction.
    pub fn tx(&self) -> &Transaction {
        &self.tx
    }

    /// The clock of the store.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Marks where [`Self::undo`] goes back to.
    pub async fn save(&self) -> Result<()> {
        self.run("SAVEPOINT act").await
    }

    /// Takes back what was written since the mark.
    pub async fn undo(&self) -> Result<()> {
        held(&self.plans).clear();
        *held(&self.head) = None;
        self.run("ROLLBACK TO SAVEPOINT act").await?;
        self.release().await
    }

    /// Forgets the mark.
    pub async fn release(&self) -> Result<()> {
        self.run("RELEASE SAVEPOINT act").await
    }

    async fn run(&self, sql: &str) -> Result<()> {
        self.tx.execute_unprepared(sql).await?;
        Ok(())
    }

    /// The book as this write sees it: an older one with what was written since, by others and by itself.
    pub async fn book(&self, old: &Arc<Book>) -> Result<Arc<Book>> {
        let (version, head) = self.head().await?;
        if version > 0 && version == old.version() && head == old.head {
            return Ok(old.clone());
        }
        let plans = std::mem::take(&mut *held(&self.plans));
        let known = Known { plans, is_whole: true };
        Ok(Arc::new(load::book((&self.tx, &self.tx), old, &known).await?))
    }

    /// Takes note of a plan as it stands now, so that it is not read again for the next book.
    fn knows(&self, plan: PlanBook) {
        held(&self.plans).insert(plan.row.id, Arc::new(plan));
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
        let event = audit::NewEvent { at: self.clock.now(), actor, act, subject, before, after };
        let head = self.head().await?;
        let head = audit::append(&self.tx, head, event).await?;
        *held(&self.head) = Some(head);
        Ok(())
    }

    /// Sequence and hash of the last event that this write sees.
    async fn head(&self) -> Result<(i64, String)> {
        let known = held(&self.head).clone();
        if let Some(head) = known {
            return Ok(head);
        }
        let head = audit::head(&self.tx).await?;
        *held(&self.head) = Some(head.clone());
        Ok(head)
    }

    /// Signs the audit trail as it stands, with what this write has appended, where a key is at hand.
    pub async fn sign_head(&self) -> Result<()> {
        match &self.signer {
            Some(signer) => audit::sign(&self.tx, signer, self.clock().now()).await,
            None => Ok(()),
        }
    }
}

/// What a mutex holds, also after a panic of whoever held it: each is written whole.
fn held<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
