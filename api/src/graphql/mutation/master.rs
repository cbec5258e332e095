//! What the acts on master data have in common: who may do them, to which Ambito, and what an input leaves as it is.

use async_graphql::{ID, MaybeUndefined};

use super::UserError;
use crate::auth::permit::MasterPermit;
use crate::auth::viewer::{Role, Viewer};
use crate::error::{Code, Error, Refusal, Result};
use crate::graphql::id::Key;
use crate::graphql::sight::Sight;
use crate::store::change::Change;
use crate::store::master::AmbitoBook;

/// Whether somebody keeps the master data of some Ambito.
pub(super) fn keeps_master(viewer: &Viewer) -> bool {
    viewer.standing.role == Role::Azienda
}

/// What is not there, or not for the asker.
pub(super) fn missing(argument: &str) -> Error {
    Refusal::new(Code::NotFound).argument(argument).into()
}

/// The right to keep the master data of the Ambito with this code.
pub(super) fn permit_by_code(sight: &Sight, viewer: &Viewer, code: &str) -> Result<MasterPermit> {
    let ambito = sight.ambito_by_code(code).ok_or_else(|| missing("input.ambito"))?;
    viewer.keep_master(ambito.row.id).ok_or_else(|| missing("input.ambito"))
}

/// The thing that an identifier names, and the right to change it; one of an Ambito that is not the asker's is not there.
pub(super) fn own<'s, T>(
    (sight, viewer): (&'s Sight, &Viewer),
    id: &ID,
    argument: &str,
    find: impl Fn(&'s AmbitoBook, Key) -> Option<&'s T>,
) -> Result<(MasterPermit, &'s T)> {
    let key = Key::read(id).ok_or_else(|| missing(argument))?;
    let found = sight.ambiti().find_map(|ambito| Some((ambito.row.id, find(ambito, key)?)));
    let (ambito, thing) = found.ok_or_else(|| missing(argument))?;
    Ok((viewer.keep_master(ambito).ok_or_else(|| missing(argument))?, thing))
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
