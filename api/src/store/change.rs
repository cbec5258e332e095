//! An update of master data: what stays as it is, and whether the row is still what the caller saw.

use crate::error::{Code, Error, Refusal, Result};

/// What becomes of a field that may be empty. One that is never empty is an `Option`: none where it stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Stays,
    /// It is this from now on; nothing, where it is to be empty.
    To(Option<T>),
}

impl<T> Change<T> {
    /// What the field is then.
    pub(super) fn over(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Stays => old,
            Self::To(new) => new,
        }
    }
}

/// The revision that a row gets, if the one it has is what its reader saw.
pub(super) fn next_revision(actual: i32, expected: i32) -> Result<i32> {
    if actual == expected {
        return actual.checked_add(1).ok_or_else(|| Error::from(Refusal::new(Code::Overflow)));
    }
    Err(Refusal::new(Code::VersionConflict).argument("input.expectedVersion").into())
}
