//! Notices of writes: `PostgreSQL` tells every server that listens, whichever of them wrote.
//!
//! A notice says that there is something new and carries no data. One may get lost with a connection; whoever listens looks by itself from time to time.

use std::time::{Duration, Instant};

use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sea_orm::sqlx::{self, Executor, PgPool};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The channel. A notice on it is the sequence of an audit event.
const CHANNEL: &str = "ambito_book";
/// How long a silent connection is believed: one that the network dropped without a word looks just like it.
const SILENCE: Duration = Duration::from_secs(15);
/// How long it is given to answer, or a new one to be made.
const ANSWERED: Duration = Duration::from_millis(750);

/// Tells the others, when the transaction is committed, that there is an event of this sequence. `SQLite` has no way to.
pub(super) async fn tell(tx: &impl ConnectionTrait, sequence: i64) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let values = [CHANNEL.into(), sequence.to_string().into()];
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_notify($1, $2)", values)).await?;
    }
    Ok(())
}

/// What hears the notices.
#[derive(Debug)]
pub(super) struct Listener {
    options: PgConnectOptions,
    /// The connection that listens, and when it was last heard of.
    ear: Option<(PgListener, Instant)>,
}

impl Listener {
    /// Listens by a connection with these options, as soon as it is asked.
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self { options, ear: None }
    }

    /// Waits until there may be something that a book of this version does not hold. It may be dropped at any time and asked again.
    pub(super) async fn news(&mut self, version: i64) -> Result<(), sqlx::Error> {
        let heard = self.listen(version).await;
        if heard.is_err() {
            self.ear = None;
        }
        heard
    }

    async fn listen(&mut self, version: i64) -> Result<(), sqlx::Error> {
        let Some((ear, since)) = &mut self.ear else {
            let mut ear = PgListener::connect_with(&self.own_pool()).await?;
            ear.listen(CHANNEL).await?;
            self.ear = Some((ear, Instant::now()));
            // What was told before it listened, nobody heard.
            return Ok(());
        };
        if since.elapsed() > SILENCE {
            let alive = tokio::time::timeout(ANSWERED, ear.execute("SELECT 1")).await;
            alive.map_err(|_| sqlx::Error::PoolTimedOut)??;
            *since = Instant::now();
        }
        loop {
            let notice = ear.try_recv().await?;
            *since = Instant::now();
            // None is a connection that was lost and made again.
            let Some(notice) = notice else { return Ok(()) };
            if notice.payload().parse::<i64>().is_ok_and(|sequence| sequence <= version) {
                continue;
            }
            // One look is enough for all that has come by now.
            while ear.next_buffered().is_some() {}
            return Ok(());
        }
    }

    /// A pool for one connection alone: no read waits for it, and one that is given up without an answer takes nobody's place.
    fn own_pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ANSWERED)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(self.options.clone())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The driver says goodbye in a task of its own. At the end of the process there is nothing left to run it, and no need to.
        if tokio::runtime::Handle::try_current().is_err() {
            std::mem::forget(self.ear.take());
        }
    }
}
