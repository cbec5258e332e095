//! The benefits that one request reads: what is asked for together of several measures is read together.
//!
//! Where the request writes, each is read as the request has left it, and nothing is kept: another act may change it.

use std::sync::Arc;

use allocation::Cents;
use async_graphql::Context;

use super::batch::Batch;
use super::database::database;
use super::sight::sight;
use super::writing::writing;
use crate::error::{Error, Result};
use crate::store::benefit::list::{self, Applied, Asked, Granted, Listed, Place, Ranked};

/// The benefits of one request.
#[derive(Default)]
pub(super) struct BenefitLists {
    committed: Batch<i64, Cents>,
    grants: Batch<Asked<i64>, Arc<Listed<Granted>>>,
    applications: Batch<Asked<i64>, Arc<Listed<Applied>>>,
    rankings: Batch<Asked<Place>, Arc<Listed<Ranked>>>,
}

/// What the grants of a measure take of its budget.
pub(super) async fn committed(ctx: &Context<'_>, measure: i64) -> Result<Cents> {
    let store = database(ctx)?;
    let found = if let Some(writing) = writing(ctx) {
        list::committed(writing.written().await?.tx(), &[measure]).await?.remove(&measure)
    } else {
        let lists = sight(ctx)?.benefits();
        lists.committed.of(measure, |asked| async move { list::read_committed(store, &asked).await }).await?
    };
    Ok(found.unwrap_or(Cents::ZERO))
}

/// Declares how a page is read.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident, $read:ident, $key:ty, $entry:ty;)*) => {$(
        $(#[$doc])*
        pub(super) async fn $name(ctx: &Context<'_>, asked: Asked<$key>) -> Result<Arc<Listed<$entry>>> {
            let store = database(ctx)?;
            let found = if let Some(writing) = writing(ctx) {
                list::$name(writing.written().await?.tx(), &[asked]).await?.remove(&asked).transpose()?
            } else {
                let lists = sight(ctx)?.benefits();
                lists.$name.of(asked, |asked| async move { list::$read(store, &asked).await }).await?
            };
            found.ok_or_else(|| Error::broken("benefits of measure", asked.measure))
        }
    )*};
}

lists! {
    /// A page of what was granted under a measure.
    grants, read_grants, i64, Granted;
    /// A page of the applications for a measure.
    applications, read_applications, i64, Applied;
    /// A page of the ranking of a measure.
    rankings, read_rankings, Place, Ranked;
}
