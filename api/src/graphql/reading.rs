//! Reading the database for a request: what the things of one list need is read together; where the request writes, it is read as the request has left it.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;

use async_graphql::Context;
use chrono::NaiveDate;

use super::batch::Batch;
use super::database::database;
use super::page::{Cursors, Page, PageArguments};
use super::query::limits;
use super::scalars::Date;
use super::writing::writing;
use crate::error::Result;
use crate::store::Transaction;
use crate::store::pages::{Asked, Found};

/// What a look at the database gives, by key.
pub(super) type Looked<'t, K, V> = Pin<Box<dyn Future<Output = Result<HashMap<K, V>>> + Send + 't>>;

/// Looks for what belongs to keys.
pub(super) type Look<K, V> = for<'t> fn(&'t Transaction, Vec<K>) -> Looked<'t, K, V>;

/// What belongs to a key; none where nothing does.
pub(super) async fn together<K, V>(
    ctx: &Context<'_>,
    batch: &Batch<K, V>,
    key: K,
    look: Look<K, V>,
) -> Result<Option<V>>
where
    K: Copy + Eq + Hash + Send + Sync,
    V: Clone + Send + Sync,
{
    let store = database(ctx)?;
    if let Some(writing) = writing(ctx) {
        let held = writing.written().await?;
        return Ok(look(held.tx(), vec![key]).await?.remove(&key));
    }
    let read = |asked: Vec<K>| async move {
        let snapshot = store.read_for_client().await?;
        let found = look(snapshot.tx(), asked).await;
        let found = snapshot.end(found).await?;
        Ok(found.into_iter().map(|(key, value)| (key, Ok(value))).collect())
    };
    batch.of(key, read).await
}

/// A page of a list by day, as a client asks for it.
#[derive(Debug)]
pub(super) struct DayPage {
    /// The first so many.
    pub(super) first: Option<i32>,
    /// Those after this cursor.
    pub(super) after: Option<String>,
    /// Of this day or later.
    pub(super) from: Option<Date>,
    /// Of this day or earlier.
    pub(super) to: Option<Date>,
}

impl DayPage {
    /// What that is of one thing.
    pub(super) fn asked(self, ctx: &Context<'_>, owner: i64, cursors: &Cursors<'_>) -> Result<Asked> {
        let arguments = PageArguments { first: self.first, after: self.after, ..PageArguments::default() };
        let bounds = cursors.bounds::<(NaiveDate, i64)>(&arguments, limits(ctx)?)?;
        let (from, to) = (self.from.map(|day| day.0), self.to.map(|day| day.0));
        Ok(Asked { owner, from, to, after: bounds.after, count: bounds.count })
    }
}

/// The page that was read, with the cursors of its entries.
pub(super) fn page_of<M, T>(
    found: &Found<M>,
    asked: &Asked,
    cursors: &Cursors<'_>,
    place: impl Fn(&M) -> (NaiveDate, i64),
    node: impl Fn(&M) -> T,
) -> Result<Page<T>> {
    let entries: Vec<_> =
        found.rows.iter().map(|row| Ok((cursors.write(&place(row))?, node(row)))).collect::<Result<_>>()?;
    // A cursor is that of an entry, and entries stay.
    Ok(Page::of_window(entries, (asked.after.is_some(), found.has_next), found.total))
}
