//! A project that belongs to a service.

use sea_orm::entity::prelude::*;

/// A row of the table `project`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
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
    /// Years it runs, as its act words them.
    pub years: Option<String>,
    /// Contribution granted, in euro cents.
    pub contribution_cents: Option<i64>,
    /// Act it rests on.
    pub act: Option<String>,
    /// Remark.
    pub note: Option<String>,
    /// Fund that its revenue comes from.
    pub fund_id: Option<i64>,
    /// First day.
    pub starts_on: Option<Date>,
    /// Last day.
    pub ends_on: Option<Date>,
    /// Ambiti that share the contribution; none where it is this one's alone.
    pub ambiti_count: Option<i32>,
    /// Revision, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
