//! A match: how much of a charge a payment settles, or a credit.
//!
//! The database refuses every change of it.

use sea_orm::entity::prelude::*;

/// A row of the table `payment_match`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_match")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Charge that is settled.
    pub charge_id: i64,
    /// Payment that settles it; a reversal takes back what its payment settled.
    pub payment_id: Option<i64>,
    /// Charge below zero that settles it, where no payment does.
    pub credit_id: Option<i64>,
    /// Amount, in euro cents; below zero of a reversal.
    pub amount_cents: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
