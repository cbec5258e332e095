//! The database, for the few fields that read rows anew. An answer that did so is marked as not made from the book alone.

use std::sync::Arc;

use async_graphql::Context;

use super::sight::sight;
use crate::error::{Error, Result};
use crate::store::Store;

/// The store behind the schema. Only [`database`] opens it.
pub(super) struct Database(Arc<Store>);

impl Database {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self(store)
    }
}

/// The database of a request.
pub(super) fn database<'a>(ctx: &Context<'a>) -> Result<&'a Store> {
    sight(ctx)?.mark_beyond_book();
    let database = ctx.data_opt::<Database>().ok_or_else(|| Error::internal("a schema without a database"))?;
    Ok(&database.0)
}
