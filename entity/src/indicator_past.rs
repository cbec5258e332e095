//! What an indicator aimed at before it was changed.

use sea_orm::entity::prelude::*;

/// A row of the table `indicator_past`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator_past")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Indicator.
    pub indicator_id: i64,
    /// Month from which it held, year times 100 plus month; none where from the beginning.
    pub from_month: Option<i32>,
    /// Month from which it did not hold any more.
    pub until_month: i32,
    /// Unit of its readings, where it had any.
    pub unit: Option<String>,
    /// Value that was aimed at, in millionths.
    pub target_micros: Option<i64>,
    /// True where the target was the most that a reading may be.
    pub at_most: bool,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
