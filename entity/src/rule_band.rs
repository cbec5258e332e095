//! A band of a rule: up to a value of its measure, a weight or an amount.

use sea_orm::entity::prelude::*;

/// A row of the table `rule_band`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_band")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Plan that this belongs to.
    pub plan_id: i64,
    /// Rule that this belongs to; of the same plan.
    pub rule_id: i64,
    /// Place in the list, from 1.
    pub position: i32,
    /// Upper bound, itself included, in millionths of the unit of the measure; none for the last band.
    pub up_to_micros: Option<i64>,
    /// Weight, in millionths.
    pub weight_micros: Option<i64>,
    /// Amount, in euro cents.
    pub amount_cents: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
