//! A kind of benefit (titolo sociale) that a service grants.

use sea_orm::entity::prelude::*;

/// A row of the table `benefit_measure`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "benefit_measure")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Service.
    pub service_id: i64,
    /// Place in the list, from 1.
    pub position: i32,
    /// Name.
    pub name: String,
    /// Kind of benefit: buono, voucher, contribution.
    pub kind: String,
    /// Act it rests on.
    pub act: Option<String>,
    /// Fund that pays for it.
    pub fund_id: Option<i64>,
    /// First day of its period.
    pub starts_on: Option<Date>,
    /// Last day of its period.
    pub ends_on: Option<Date>,
    /// What it may grant in all, in euro cents; none where nothing is granted yet.
    pub budget_cents: Option<i64>,
    /// Who may have it, in words.
    pub criteria: Option<String>,
    /// Revision, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
