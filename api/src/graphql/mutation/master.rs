//! What the acts on master data have in common: what is not there, and what an input leaves as it is.

use async_graphql::MaybeUndefined;

use super::UserError;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::change::Change;

/// What is not there, or not for the asker.
pub(super) fn missing(argument: &str) -> Error {
    Refusal::new(Code::NotFound).argument(argument).into()
}

/// A field that is never empty: none where it stays.
pub(super) fn needed<T>(given: MaybeUndefined<T>, argument: &str) -> Result<Option<T>> {
    match given {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value)),
        MaybeUndefined::Null => {
            let refusal = Refusal::new(Code::Invalid).argument(argument);
            Err(refusal.message("Non può restare vuoto.", "It cannot be empty.").into())
        }
    }
}

/// A field that may be empty.
pub(super) fn optional<T>(given: MaybeUndefined<T>) -> Change<T> {
    match given {
        MaybeUndefined::Undefined => Change::Stays,
        MaybeUndefined::Null => Change::To(None),
        MaybeUndefined::Value(value) => Change::To(Some(value)),
    }
}

/// A payload: the thing with this row id as the request sees it now, or why not.
pub(super) fn payload<T, P>(ended: Result<i64, Vec<UserError>>, find: impl FnOnce(i64) -> Option<T>) -> P
where
    P: From<Result<Option<T>, Vec<UserError>>>,
{
    ended.map(find).into()
}
