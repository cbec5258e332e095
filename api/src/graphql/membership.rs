//! A membership: since when, and until when, a comune belongs to an Ambito.

use async_graphql::{Context, ID, Object};
use entity::membership;

use super::ambito::Ambito;
use super::comune::Comune;
use super::id::Key;
use super::scalars::Date;
use super::sight::{Sight, sight};
use crate::error::Result;
use crate::store::master::{AmbitoBook, ComuneEntry};
use crate::store::membership::memberships;

/// That a comune belongs to an Ambito from a day to a day (adesione all'Ambito).
#[derive(Clone)]
pub struct Membership {
    pub(super) row: membership::Model,
}

impl Membership {
    /// The one with this row id, as long as the asker sees its Ambito.
    pub(super) fn find(sight: &Sight, id: i64) -> Option<Self> {
        sight
            .ambiti()
            .find_map(|ambito| memberships(ambito, sight.book()).map(|(_, row)| row).find(|row| row.id == id))
            .map(|row| Self { row: row.clone() })
    }

    /// Those of an Ambito, by comune and day.
    pub(super) fn of_ambito(sight: &Sight, ambito: &AmbitoBook) -> Vec<Self> {
        memberships(ambito, sight.book()).map(|(_, row)| Self { row: row.clone() }).collect()
    }

    /// Those of a comune in the Ambiti that the asker sees, oldest first.
    pub(super) fn of_comune(sight: &Sight, comune: &ComuneEntry) -> Vec<Self> {
        let seen = comune.memberships.iter().filter(|row| sight.ambito(row.ambito_id).is_some());
        seen.map(|row| Self { row: row.clone() }).collect()
    }
}

/// That a comune belongs to an Ambito from a day to a day (adesione all'Ambito).
#[Object]
impl Membership {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Membership(self.row.id).id()
    }

    /// The Ambito (Ambito).
    async fn ambito(&self, ctx: &Context<'_>) -> Option<Result<Ambito>> {
        let find = || Ok(sight(ctx)?.ambito(self.row.ambito_id).map(|ambito| Ambito(ambito.clone())));
        find().transpose()
    }

    /// The comune (Comune).
    async fn comune(&self, ctx: &Context<'_>) -> Option<Result<Comune>> {
        let find = || Ok(sight(ctx)?.comune(self.row.comune_id).map(|comune| Comune(comune.clone())));
        find().transpose()
    }

    /// The first day (dal).
    async fn valid_from(&self) -> Date {
        Date(self.row.valid_from)
    }

    /// The last day, itself included; none while it lasts (al).
    async fn valid_to(&self) -> Option<Date> {
        self.row.valid_to.map(Date)
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.row.row_version
    }
}
