//! Every row that is wanted, page by page, of one state of the tables.
//!
//! No transaction lasts from page to page: whoever reads slowly would keep the database from tidying up. What changes rows is an import, and imports are numbered: where
//! a newer one shows, the walk ends with an error.

use entity::activity_import;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::read::{Direction, PlaceInList, Row, Wanted, page_on};
use crate::auth::ReadActivityPermit;
use crate::error::{Code, Refusal, Result};
use crate::store::Store;

/// A walk through the rows of an Ambito.
pub struct Walk {
    permit: ReadActivityPermit,
    ambito: i64,
    wanted: Wanted,
    after: Option<PlaceInList>,
    /// The last import when the first page was read; none before.
    state: Option<i64>,
}

impl Walk {
    /// A walk through what is wanted of an Ambito, named by its row id; it reads nothing yet.
    pub fn new(permit: ReadActivityPermit, ambito: i64, wanted: Wanted) -> Self {
        Self { permit, ambito, wanted: Wanted { ambiti: Some(vec![ambito]), ..wanted }, after: None, state: None }
    }

    /// The next rows, at most so many; none at the end. `VERSION_CONFLICT` where an import has changed the tables since the first ones.
    pub async fn next(&mut self, store: &Store, most: usize) -> Result<Vec<Row>> {
        let _place = store.place_to_read().await?;
        let read = self.read(store, most).await;
        if read.is_err() {
            store.contact.failed();
        }
        let (state, rows) = read?;
        if *self.state.get_or_insert(state) != state {
            let refusal = Refusal::new(Code::VersionConflict);
            return Err(refusal.message("Nel frattempo i dati sono cambiati.", "The data changed meanwhile.").into());
        }
        if let Some(last) = rows.last() {
            self.after = Some(last.place.clone());
        }
        Ok(rows)
    }

    /// A page, and the last import, of one instant.
    async fn read(&self, store: &Store, most: usize) -> Result<(i64, Vec<Row>)> {
        let tx = store.snapshot_at_the_door().await?;
        let state = last_import(&tx, self.ambito).await?;
        let between = (self.after.as_ref(), None);
        let rows = page_on(&tx, &self.permit, &self.wanted, between, (Direction::Forward, most)).await?;
        tx.commit().await?;
        Ok((state, rows))
    }
}

/// The row id of an Ambito's last import; 0 where there was none.
async fn last_import(db: &impl ConnectionTrait, ambito: i64) -> Result<i64> {
    let found = activity_import::Entity::find()
        .filter(activity_import::Column::AmbitoId.eq(ambito))
        .order_by_desc(activity_import::Column::Id);
    Ok(found.one(db).await?.map_or(0, |row| row.id))
}
