//! A line of a budget: net, VAT and gross.

use sea_orm::entity::prelude::*;

use crate::kinds::{LineGiven, VatRegime};

/// A row of the table `budget_line`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "budget_line")]
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
    /// What is paid for.
    pub item: String,
    /// Net, in euro cents.
    pub net_cents: i64,
    /// VAT, in euro cents.
    pub vat_cents: i64,
    /// Net and VAT together, in euro cents.
    pub gross_cents: i64,
    /// How VAT applies.
    pub vat_regime: VatRegime,
    /// VAT rate, in millionths of one percent (22 % is 22000000).
    pub vat_rate_micros: Option<i64>,
    /// Which of the amounts was given; the others follow.
    pub given: LineGiven,
    /// Line of an agreement whose cost it is.
    pub agreement_line_id: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
