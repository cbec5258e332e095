//! What an indicator showed on a day.

use sea_orm::entity::prelude::*;

/// A row of the table `indicator_reading`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator_reading")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Indicator.
    pub indicator_id: i64,
    /// Day.
    pub read_on: Date,
    /// Value, in millionths.
    pub value_micros: i64,
    /// Where it comes from.
    pub source: String,
    /// Client that recorded it.
    pub recorded_by: String,
    /// When it was recorded, UTC.
    pub recorded_at: DateTimeUtc,
    /// Revision, from 1.
    pub row_version: i32,
    /// True where no document gives it.
    pub assumed: bool,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
