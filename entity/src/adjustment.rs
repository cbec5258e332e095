//! What a rule does differently for one comune.

use sea_orm::entity::prelude::*;

/// A row of the table `adjustment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "adjustment")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Plan that this belongs to.
    pub plan_id: i64,
    /// Rule that this belongs to; of the same plan.
    pub rule_id: i64,
    /// Comune.
    pub comune_id: i64,
    /// True when the comune pays nothing.
    pub exempt: bool,
    /// Factor on its weight, in millionths.
    pub multiplier_micros: Option<i64>,
    /// Its own tariff, in millionths of a euro a unit of the measure.
    pub price_micros: Option<i64>,
    /// Its own amount, taken off before the others share, in euro cents.
    pub fixed_cents: Option<i64>,
    /// Least quota, in euro cents.
    pub minimum_cents: Option<i64>,
    /// Greatest quota, in euro cents.
    pub maximum_cents: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
