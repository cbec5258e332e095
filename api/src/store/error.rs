//! Errors of the database, turned into ours where they arise. Their text stays in the log.

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, RuntimeErr, sqlx};

use migration::refusal;

use crate::error::{Code, Error, Refusal};

/// What the database's own guards say, and the code it has for clients.
const REFUSALS: [(&str, Code); 11] = [
    (refusal::PLAN_IMMUTABLE, Code::PlanImmutable),
    (refusal::ILLEGAL_TRANSITION, Code::IllegalTransition),
    (refusal::DUPLICATE, Code::Duplicate),
    (refusal::CODE_IMMUTABLE, Code::Invalid),
    (refusal::AUDIT_IMMUTABLE, Code::Forbidden),
    (refusal::BILLING_IMMUTABLE, Code::Forbidden),
    (refusal::BILLING_UNBALANCED, Code::Invalid),
    (refusal::AGREEMENT_IMMUTABLE, Code::Forbidden),
    (refusal::EXPENSE_IMMUTABLE, Code::Forbidden),
    (refusal::BENEFIT_IMMUTABLE, Code::Forbidden),
    (refusal::MONITORING_IMMUTABLE, Code::Forbidden),
];

/// What an engine's own code says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It cannot do it now, and may be able to later: away, starting, stopping, crowded, busy with another write, or a standby.
    Unavailable,
    /// It has no room.
    Full,
    /// It says no, and will again.
    Refusing,
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let state = match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => State::Unavailable,
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                if let Some(code) = refused(cause) {
                    return Refusal::new(code).into();
                }
                state(cause)
            }
            _ => State::Refusing,
        };
        match state {
            State::Unavailable => Self::storage(error),
            State::Full => Self::storage_full(error),
            State::Refusing => Self::internal(error),
        }
    }
}

/// The code of what a guard says. Its word stands first; further on may stand what a client wrote.
fn refused(error: &sqlx::Error) -> Option<Code> {
    let message = error.as_database_error()?.message();
    REFUSALS
        .iter()
        .find(|(word, _)| message.strip_prefix(word).is_some_and(|rest| rest.starts_with(':')))
        .map(|(_, code)| *code)
}

fn state(error: &sqlx::Error) -> State {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => State::Unavailable,
        sqlx::Error::Database(error) => state_of_engine(&**error),
        _ => State::Refusing,
    }
}

fn state_of_engine(error: &dyn DatabaseError) -> State {
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        return state_of_postgres(&code);
    }
    match code.parse::<u32>() {
        Ok(code) => state_of_sqlite(code),
        Err(_) => State::Refusing,
    }
}

/// By SQLSTATE, as its manual lists them (appendix A).
fn state_of_postgres(code: &str) -> State {
    match code {
        "53100" => State::Full,
        // A standby; a write that lost against another, or waited too long for it; a statement or a transaction that took too long; a disk that fails.
        "25006" | "40001" | "40P01" | "55P03" | "57014" | "25P03" | "25P04" | "58030" => State::Unavailable,
        // Connections; resources; an operator who stops it, or it is starting.
        _ if ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) => State::Unavailable,
        _ => State::Refusing,
    }
}

/// By result code; what stands above its lowest eight bits is a detail.
fn state_of_sqlite(code: u32) -> State {
    match code & 0xff {
        13 => State::Full,
        // BUSY, LOCKED, READONLY, IOERR, CANTOPEN.
        5 | 6 | 8 | 10 | 14 => State::Unavailable,
        _ => State::Refusing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_the_engines() {
        for (code, expected) in [
            ("08006", State::Unavailable), // connection failure
            ("57P01", State::Unavailable), // admin shutdown
            ("57P02", State::Unavailable), // crash shutdown
            ("57P03", State::Unavailable), // starting
            ("53300", State::Unavailable), // too many connections
            ("53200", State::Unavailable), // out of memory
            ("25006", State::Unavailable), // read only
            ("40001", State::Unavailable), // serialization
            ("40P01", State::Unavailable), // deadlock
            ("55P03", State::Unavailable), // lock timeout
            ("57014", State::Unavailable), // statement timeout
            ("53100", State::Full),
            ("42501", State::Refusing), // permission denied
            ("23505", State::Refusing), // unique violation
            ("42P01", State::Refusing), // no such table
        ] {
            assert_eq!(state_of_postgres(code), expected, "{code}");
        }
        for (code, expected) in [
            (5, State::Unavailable),
            (517, State::Unavailable), // BUSY_SNAPSHOT
            (6, State::Unavailable),
            (1_032, State::Unavailable), // READONLY_DBMOVED
            (778, State::Unavailable),   // IOERR_WRITE
            (14, State::Unavailable),
            (13, State::Full),
            (1, State::Refusing),
            (2_067, State::Refusing), // UNIQUE
        ] {
            assert_eq!(state_of_sqlite(code), expected, "{code}");
        }
    }

    #[test]
    fn no_connection_is_no_defect() {
        let cause = || RuntimeErr::SqlxError(sqlx::Error::PoolClosed.into());
        for error in [DbErr::Conn(cause()), DbErr::Exec(cause()), DbErr::Query(cause())] {
            assert_eq!(Error::from(error).code().as_str(), "STORAGE_UNAVAILABLE");
        }
        let row = RuntimeErr::SqlxError(sqlx::Error::RowNotFound.into());
        assert_eq!(Error::from(DbErr::Query(row)).code().as_str(), "INTERNAL");
    }
}
