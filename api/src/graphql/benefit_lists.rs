//! The benefits that one request reads: what is asked for together of several measures is read together.
//!
//! Where the request writes, they are read as the act before has left them: what was read before another act is not looked at again.

use std::sync::Arc;

use allocation::Cents;
use async_graphql::Context;

use super::batch::Batch;
use super::database::database;
use super::sight::sight;
use super::writing::writing;
use crate::error::{Error, Result};
use crate::store::benefit::list::{self, Applied, Asked, Granted, Listed, Ranked};

/// The benefits of one request, by how often it had gone on with a newer book.
#[derive(Default)]
pub(super) struct BenefitLists {
    committed: Batch<(usize, i64), Cents>,
    grants: Batch<(usize, Asked), Arc<Listed<Granted>>>,
    applications: Batch<(usize, Asked), Arc<Listed<Applied>>>,
    rankings: Batch<(usize, Asked), Arc<Listed<Ranked>>>,
}

/// Reads what belongs to a key with what is asked for together: `$read` of the store, or `$written` of the transaction of a request that writes.
macro_rules! together {
    ($ctx:expr, $batch:ident, $key:expr, $read:ident, $written:ident) => {{
        let (ctx, sight, store) = ($ctx, sight($ctx)?, database($ctx)?);
        let turn = sight.turns();
        let read = |asked: Vec<(usize, _)>| async move {
            let asked: Vec<_> = asked.into_iter().filter(|(of, _)| *of == turn).map(|(_, key)| key).collect();
            let found = match writing(ctx) {
                Some(writing) => list::$written(writing.written().await?.tx(), &asked).await?,
                None => list::$read(store, &asked).await?,
            };
            Ok(found.into_iter().map(|(key, found)| ((turn, key), found)).collect())
        };
        sight.benefits().$batch.of((turn, $key), read).await?
    }};
}

/// What the grants of a measure take of its budget.
pub(super) async fn committed(ctx: &Context<'_>, measure: i64) -> Result<Cents> {
    let found = together!(ctx, committed, measure, read_committed, committed_each);
    Ok(found.unwrap_or(Cents::ZERO))
}

/// Declares how a page is read.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident, $read:ident, $entry:ty;)*) => {$(
        $(#[$doc])*
        pub(super) async fn $name(ctx: &Context<'_>, asked: Asked) -> Result<Arc<Listed<$entry>>> {
            let found = together!(ctx, $name, asked, $read, $name);
            found.ok_or_else(|| Error::broken("benefits of measure", asked.measure))
        }
    )*};
}

lists! {
    /// A page of what was granted under a measure.
    grants, read_grants, Granted;
    /// A page of the applications for a measure.
    applications, read_applications, Applied;
    /// A page of the ranking of a measure.
    rankings, read_rankings, Ranked;
}
