//! A measure: what a rule can count by.
//!
//! The value for one comune on one day is a `measurement`; the value frozen in a plan is a `basis`.

use sea_orm::entity::prelude::*;

/// A row of the table `measure`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "measure")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito that defined it; none for those known everywhere.
    pub ambito_id: Option<i64>,
    /// Natural key within the Ambito, never changed, for example `RESIDENTS`.
    pub code: String,
    /// Italian name.
    pub name: String,
    /// Italian unit, for example `abitanti`.
    pub unit: String,
    /// True when it counts what the people of a comune used (hours, cases, accesses, days).
    pub consumption: bool,
    /// Counts the changes of the row, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
