//! A payment of a comune to its Ambito, or the reversal of one.
//!
//! The database refuses every change of it.

use sea_orm::entity::prelude::*;

/// A row of the table `payment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito that is paid.
    pub ambito_id: i64,
    /// Comune that pays.
    pub comune_id: i64,
    /// Day it was paid, or reversed.
    pub paid_on: Date,
    /// Amount, in euro cents; below zero it is a reversal.
    pub amount_cents: i64,
    /// Reference of the transfer (CRO, TRN), or why it is reversed.
    pub reference: Option<String>,
    /// Payment that it takes back.
    pub reverses_id: Option<i64>,
    /// Client that recorded it.
    pub recorded_by: String,
    /// When it was recorded, UTC.
    pub recorded_at: DateTimeUtc,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
