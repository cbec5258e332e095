//! An instalment of the quotas of a plan: a percentage, due on a day.

use sea_orm::entity::prelude::*;

/// A row of the table `plan_instalment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan_instalment")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Plan that this belongs to.
    pub plan_id: i64,
    /// Number, from 1.
    pub number: i32,
    /// Day it is due.
    pub due_date: Date,
    /// Percentage of the quota, in millionths of one percent (33.5 % is 33500000).
    pub percent_micros: i64,
    /// True when the instalment is an assumption, not read from an act or a source.
    pub assumed: bool,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
