//! Errors of the database, turned into ours where they arise. Their text stays in the log.

use sea_orm::DbErr;

use crate::error::Error;

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        if text.contains("disk is full") || text.contains("No space left") {
            return Self::storage_full(error);
        }
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::storage(error),
            _ => Self::internal(error),
        }
    }
}
