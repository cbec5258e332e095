//! What became of a grant on a day.

use sea_orm::entity::prelude::*;

use crate::kinds::GrantStatus;

/// A row of the table `benefit_grant_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "benefit_grant_event")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Grant.
    pub grant_id: i64,
    /// Place in its history, from 1.
    pub position: i32,
    /// What it became.
    pub status: GrantStatus,
    /// Day from which.
    pub from_date: Date,
    /// Why.
    pub reason: Option<String>,
    /// Client that recorded it.
    pub recorded_by: String,
    /// When it was recorded, UTC.
    pub recorded_at: DateTimeUtc,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
