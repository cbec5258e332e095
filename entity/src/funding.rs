//! How much of a budget a fund covers.

use sea_orm::entity::prelude::*;

/// A row of the table `funding`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "funding")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Plan that this belongs to.
    pub plan_id: i64,
    /// Budget that this belongs to; of the same plan.
    pub budget_id: i64,
    /// Place in the list, from 1.
    pub position: i32,
    /// Fund.
    pub fund_id: i64,
    /// Amount covered, in euro cents.
    pub amount_cents: i64,
    /// True for the one funding that takes up what the others and the quotas leave.
    pub balancing: bool,
    /// True when the amount is an assumption, not read from an act or a source.
    pub assumed: bool,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
