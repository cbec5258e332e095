//! A billing: that an approved plan was charged for one service, and what a comune books its charges by.
//!
//! The database refuses every change of it.

use sea_orm::entity::prelude::*;

use crate::kinds::ChargeKind;

/// A row of the table `billing`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "billing")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Approved plan that the charges follow from; they are no part of it.
    pub approved_plan_id: i64,
    /// Service, of the same Ambito.
    pub service_id: i64,
    /// What the charges are.
    pub kind: ChargeKind,
    /// True when a later act had been charged already, so that nothing was left to charge.
    pub superseded: bool,
    /// Day of the act that approved the plan.
    pub charged_on: Date,
    /// How many charges it has.
    pub charge_count: i32,
    /// Sum of the charges, in euro cents.
    pub total_cents: i64,
    /// Mission and programme of public accounts, as the service had them.
    pub mission_programme: Option<String>,
    /// Code of the tender, as the service had it.
    pub cig: Option<String>,
    /// Code of the public investment project, as the service had it.
    pub cup: Option<String>,
    /// Why it is charged, in Italian.
    pub reason: String,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
