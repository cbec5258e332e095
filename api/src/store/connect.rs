//! Connecting to either engine, and what every connection is told before its first statement.
//!
//! What the server may wait for a database is bounded here, on both sides of the wire. It reads the catalogue and no table of ours.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, SqlxPostgresConnector, Statement,
};

use super::contact::Contact;
use super::listen::Listener;
use crate::error::{Error, Result};

/// How long a write waits for another one before it gives up.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is waited for, retries included: what needs the database while it is away is answered within two seconds.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1_250);
/// Connections to one database. Reads seldom reach it, and there is one writer whatever the number.
const CONNECTIONS_MAX: u32 = 4;
/// The longest that `PostgreSQL` works on one statement. None of ours takes a second; whoever waits for one that takes this long has gone.
pub(super) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest that a transaction of `PostgreSQL` may stand idle: a server that is cut off in the middle of a write must not keep all the others
/// from writing. The longest pause of a sound one is the computing of a plan.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
/// The name of our connections in `pg_stat_activity`.
const APPLICATION: &str = "ambito";
/// What PostgreSQL may be called in a URL.
const SCHEMES: [&str; 2] = ["postgres:", "postgresql:"];

/// A pool on the database at a URL, and what hears of changes where the engine tells of them.
pub(super) async fn open(url: &str, contact: &Arc<Contact>) -> Result<(DatabaseConnection, Option<Listener>)> {
    if SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
        postgres(url, contact).await
    } else {
        Ok((sqlite(url).await?, None))
    }
}

async fn sqlite(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(CONNECTIONS_MAX).acquire_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("foreign_keys", "ON")
            // Without it a REPLACE deletes a row past its DELETE trigger.
            .pragma("recursive_triggers", "ON")
            .pragma("trusted_schema", "OFF")
            .busy_timeout(BUSY_TIMEOUT)
    });
    Ok(Database::connect(options).await?)
}

async fn postgres(url: &str, contact: &Arc<Contact>) -> Result<(DatabaseConnection, Option<Listener>)> {
    // Times are told and read in UTC: the driver asks for that by itself.
    let options = PgConnectOptions::from_str(url)
        .map_err(Error::storage)?
        .application_name(APPLICATION)
        .options([
            ("statement_timeout", STATEMENT_TIMEOUT.as_millis()),
            ("lock_timeout", BUSY_TIMEOUT.as_millis()),
            ("idle_in_transaction_session_timeout", IDLE_TIMEOUT.as_millis()),
        ])
        .disable_statement_logging();
    let contact = contact.clone();
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // While nothing answers, a connection that was given up may never answer again; kept, it would hold its place.
        .after_release(move |_, _| {
            let keep = !contact.is_lost();
            Box::pin(async move { Ok(keep) })
        })
        .connect_with(options.clone())
        .await
        .map_err(Error::storage)?;
    Ok((SqlxPostgresConnector::from_sqlx_postgres_pool(pool), Some(Listener::new(options))))
}

/// Why the guards do not bind this connection, if they do not: whoever owns a table can take its triggers off. `SQLite` knows no owners.
pub(super) async fn unbound(db: &DatabaseConnection) -> Result<Option<&'static str>> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let sql = "SELECT current_setting('is_superuser') = 'on' AS superuser, \
               coalesce((SELECT bool_or(pg_has_role(relowner, 'MEMBER')) FROM pg_class \
               WHERE oid IN (to_regclass('plan'), to_regclass('audit_event'))), FALSE) AS owner";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let row = row.ok_or_else(|| Error::internal("the catalogue does not answer"))?;
    let is = |column: &str| row.try_get::<bool>("", column);
    Ok(if is("superuser")? {
        Some("it is a superuser")
    } else if is("owner")? {
        Some("it owns the tables")
    } else {
        None
    })
}
