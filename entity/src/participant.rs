//! That a comune shares a budget of a plan.

use sea_orm::entity::prelude::*;

/// A row of the table `participant`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "participant")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Plan that this belongs to.
    pub plan_id: i64,
    /// Budget that this belongs to; of the same plan.
    pub budget_id: i64,
    /// Comune.
    pub comune_id: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
