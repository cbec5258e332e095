//! Errors of the database, turned into ours where they arise. Their text stays in the log.

use sea_orm::DbErr;

use migration::refusal;

use crate::error::{Code, Error, Refusal};

/// What the database's own guards say, and the code it has for clients.
const REFUSALS: [(&str, Code); 5] = [
    (refusal::PLAN_IMMUTABLE, Code::PlanImmutable),
    (refusal::ILLEGAL_TRANSITION, Code::IllegalTransition),
    (refusal::DUPLICATE, Code::Duplicate),
    (refusal::CODE_IMMUTABLE, Code::Invalid),
    (refusal::AUDIT_IMMUTABLE, Code::Forbidden),
];

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        if text.contains("disk is full") || text.contains("No space left") {
            return Self::storage_full(error);
        }
        let refused = REFUSALS.iter().find(|(word, _)| text.contains(&format!("{word}:")));
        if let Some((_, code)) = refused {
            return Refusal::new(*code).into();
        }
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::storage(error),
            _ => Self::internal(error),
        }
    }
}
