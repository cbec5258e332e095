//! An update of master data: what stays as it is, and whether the row is still what the caller saw.

use super::book::Book;
use super::master::AmbitoBook;
use crate::auth::permit::MasterPermit;
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
    /// The same, its value checked.
    pub(super) fn checked(self, check: impl FnOnce(T) -> Result<T>) -> Result<Self> {
        Ok(match self {
            Self::To(Some(value)) => Self::To(Some(check(value)?)),
            other => other,
        })
    }

    /// What the field is then.
    pub(super) fn over(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Stays => old,
            Self::To(new) => new,
        }
    }
}

/// The Ambito that a permit holds for.
pub(super) fn own_ambito<'b>(book: &'b Book, permit: &MasterPermit) -> Result<&'b AmbitoBook> {
    let found = book.ambito(permit.ambito());
    found.map(|ambito| &**ambito).ok_or_else(|| Error::broken("ambito", permit.ambito()))
}

/// The revision that a row gets, if the one it has is what its reader saw.
pub(super) fn next_revision(actual: i32, expected: i32) -> Result<i32> {
    if actual == expected {
        return actual.checked_add(1).ok_or_else(|| Error::from(Refusal::new(Code::Overflow)));
    }
    Err(Refusal::new(Code::VersionConflict).argument("input.expectedVersion").into())
}

/// Refuses one thing more where an Ambito has this many.
pub(super) fn expect_room(count: usize, most: usize, argument: &str) -> Result<()> {
    if count < most {
        return Ok(());
    }
    let refusal = Refusal::new(Code::Invalid).argument(argument);
    Err(refusal
        .message(format!("L'Ambito ne ha già {most}."), format!("The Ambito has {most} of them already."))
        .into())
}
