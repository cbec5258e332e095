//! What a field of monitoring reports asked before it was changed.

use sea_orm::entity::prelude::*;

/// A row of the table `monitoring_field_past`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monitoring_field_past")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Field.
    pub field_id: i64,
    /// Month from which it held, year times 100 plus month; none where from the beginning.
    pub from_month: Option<i32>,
    /// Month from which it did not hold any more.
    pub until_month: i32,
    /// Place in the report, from 1.
    pub position: i32,
    /// What was asked.
    pub name: String,
    /// True when a report without it could not be submitted.
    pub required: bool,
    /// True when reports did not ask it.
    pub retired: bool,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
