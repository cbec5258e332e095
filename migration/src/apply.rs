//! Applying the changes: all that are missing in one transaction, behind one lock, so that servers that start together
//! apply them once and a death at any moment leaves the database as it was.
//!
//! The record of what was applied (`seaql_migrations`) is made and written in the same transaction. The lock is the
//! transaction's own and ends with it, however it ends: on `PostgreSQL` an advisory lock, on `SQLite` the write lock taken
//! at its beginning. What it does not do: decide whether a server migrates at its start.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use crate::dialect::one;
use crate::{Migrator, privilege};

/// How long to wait for another process that migrates, or for a table that it needs, before giving up.
const WAIT_MAX: Duration = Duration::from_mins(1);
/// The number of the advisory lock on `PostgreSQL`: the letters `ambito`. Writes of the program take the same, so that neither
/// comes between the other's statements.
pub const LOCK_KEY: i64 = 0x616d_6269_746f;

/// Applies the changes that are missing, all or none. With `application_role` (`PostgreSQL` only) that role is then given
/// exactly what the program needs; where none is named, whoever serves already is given it for what is new. Whoever
/// migrates must own the tables.
///
/// Nothing missing and no role named: reads one table, takes no lock, and needs no right to change anything.
pub async fn migrate(db: &DatabaseConnection, application_role: Option<&str>) -> Result<(), DbErr> {
    if application_role.is_none() && !pending(db).await? {
        return Ok(());
    }
    let tx = begin(db).await?;
    // Looks again at what is missing: whoever held the lock before may have applied it.
    Migrator::up(&tx, None).await?;
    let roles = match application_role {
        Some(role) => vec![role.to_owned()],
        None => privilege::serving(&tx).await?,
    };
    for role in roles {
        privilege::grant(&tx, &role).await?;
    }
    tx.commit().await
}

/// How the tables of a database stand to the changes that this program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No change was ever made.
    New,
    /// Some changes are missing.
    Behind,
    /// All are there.
    Current,
    /// There is one that this program does not know: a newer one made it.
    Ahead,
}

/// Reads which changes were made. Changes nothing.
pub async fn state(db: &DatabaseConnection) -> Result<State, DbErr> {
    let record = Migrator::migration_table_name().to_string();
    if !SchemaManager::new(db).has_table(&record).await? {
        return Ok(State::New);
    }
    let query = Statement::from_string(db.get_database_backend(), format!("SELECT version FROM {record}"));
    let rows = db.query_all_raw(query).await?;
    let made: BTreeSet<String> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let known: BTreeSet<_> = Migrator::migrations().iter().map(|change| change.name().to_owned()).collect();
    Ok(if !made.is_subset(&known) {
        State::Ahead
    } else if made.is_empty() {
        State::New
    } else if made == known {
        State::Current
    } else {
        State::Behind
    })
}

/// Whether a change is missing. Changes nothing. An error where the database has a change that this program does not know.
pub async fn pending(db: &DatabaseConnection) -> Result<bool, DbErr> {
    match state(db).await? {
        State::New | State::Behind => Ok(true),
        State::Current => Ok(false),
        State::Ahead => Err(DbErr::Custom("the database was made by a newer version of this program".to_owned())),
    }
}

/// Begins the transaction and holds the lock.
async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    match db.get_database_backend() {
        DbBackend::Sqlite => begin_sqlite(db).await,
        _ => begin_postgres(db).await,
    }
}

async fn begin_sqlite(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let started = Instant::now();
    loop {
        let mode = Some(SqliteTransactionMode::Immediate);
        let begun = db.begin_with_options(TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() });
        match begun.await {
            // The connection has waited for its own busy timeout, which is meant for short writes.
            Err(problem) if is_busy(&problem) && started.elapsed() < WAIT_MAX => {}
            done => return done,
        }
    }
}

async fn begin_postgres(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    // After the wait for the lock each statement must see what the other process committed.
    let level = Some(IsolationLevel::ReadCommitted);
    let tx = db.begin_with_options(TransactionOptions { isolation_level: level, ..Default::default() }).await?;
    for sql in [
        // A server may bound its statements more tightly than a change of a large table can keep.
        "SET LOCAL statement_timeout = 0".to_owned(),
        format!("SET LOCAL lock_timeout = '{}s'", WAIT_MAX.as_secs()),
        format!("SELECT pg_advisory_xact_lock({LOCK_KEY})"),
    ] {
        one(&tx, &sql).await?;
    }
    Ok(tx)
}

/// Whether another process holds the write lock of a `SQLite` file: the code `SQLITE_BUSY`, with or without its extension.
fn is_busy(problem: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(inner))
    | DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))) = problem
    else {
        return false;
    };
    let code = inner.as_database_error().and_then(|problem| problem.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}
