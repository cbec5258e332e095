//! What the pool of connections says of itself, for those who watch the server.

use sea_orm::DbBackend;

use super::Store;

/// Open connections to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Those that nobody uses.
    pub idle: u32,
    /// Those that a statement or a transaction has.
    pub in_use: u32,
}

impl Store {
    /// The connections as they are now.
    pub fn connections(&self) -> Connections {
        let (open, idle) = if self.db.get_database_backend() == DbBackend::Postgres {
            let pool = self.db.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        } else {
            let pool = self.db.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        };
        // The two are read one after the other, so that the second may be the greater.
        let idle = u32::try_from(idle).unwrap_or(u32::MAX).min(open);
        Connections { idle, in_use: open - idle }
    }

    /// The database's engine.
    pub fn engine(&self) -> &'static str {
        if self.db.get_database_backend() == DbBackend::Postgres { "postgresql" } else { "sqlite" }
    }
}
