//! A budget: what one service may cost in one plan.

use sea_orm::entity::prelude::*;

/// A row of the table `budget`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "budget")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Plan that this belongs to.
    pub plan_id: i64,
    /// Service.
    pub service_id: i64,
    /// Amount, in euro cents.
    pub amount_cents: i64,
    /// What the comuni share: the amount less the funding, in euro cents.
    pub municipal_share_cents: i64,
    /// Municipal share less the sum of the quotas, in euro cents.
    pub residue_cents: i64,
    /// Remark.
    pub note: Option<String>,
    /// True when the amount is an assumption, not read from an act or a source.
    pub assumed: bool,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
