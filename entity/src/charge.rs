//! A charge: what one comune is to pay on a day, or is given back, for one service of an approved plan.
//!
//! The database refuses every change of it.

use sea_orm::entity::prelude::*;

/// A row of the table `charge`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "charge")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Billing that this belongs to.
    pub billing_id: i64,
    /// Place within the billing, from 1 to its count.
    pub position: i32,
    /// Comune.
    pub comune_id: i64,
    /// Number of the instalment that it is due with; 1 where it is due by itself.
    pub number: i32,
    /// Day it is due.
    pub due_date: Date,
    /// Financial year that a comune books it in: that of the due date.
    pub financial_year: i32,
    /// Amount, in euro cents; below zero it is a credit of the comune.
    pub amount_cents: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
