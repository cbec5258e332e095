//! How far a milestone of an agreement has come, whatever the version.

use sea_orm::entity::prelude::*;

/// A row of the table `milestone_progress`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "milestone_progress")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Agreement.
    pub agreement_id: i64,
    /// Code of the milestone.
    pub code: String,
    /// Day it began.
    pub started_on: Option<Date>,
    /// Day it was done.
    pub done_on: Option<Date>,
    /// A note.
    pub note: Option<String>,
    /// Revision, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
