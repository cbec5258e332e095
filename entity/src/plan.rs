//! A plan: one version of one year of one Ambito, approved whole.
//!
//! The database refuses every change of an approved plan and of the rows that belong to it.

use sea_orm::entity::prelude::*;

use crate::kinds::{PlanKind, PlanStatus};

/// A row of the table `plan`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito; never changed.
    pub ambito_id: i64,
    /// Programme it belongs to.
    pub programme_id: Option<i64>,
    /// Year; never changed.
    pub year: i32,
    /// What the plan is for.
    pub kind: PlanKind,
    /// Version within the Ambito and year, from 1; never changed.
    pub version: i32,
    /// How far it has come.
    pub status: PlanStatus,
    /// Counts the changes of a draft, so that two writers notice each other.
    pub row_version: i32,
    /// Resolution that approved it.
    pub resolution_id: Option<i64>,
    /// SHA-256 over inputs and results, in hexadecimal.
    pub digest: Option<String>,
    /// Remark.
    pub note: Option<String>,
    /// When it was created, UTC.
    pub created_at: DateTimeUtc,
    /// Person or client that proposed it.
    pub proposed_by: Option<String>,
    /// When it was proposed, UTC.
    pub proposed_at: Option<DateTimeUtc>,
    /// Person or client that approved it; never the one that proposed it.
    pub approved_by: Option<String>,
    /// When it was approved, UTC.
    pub approved_at: Option<DateTimeUtc>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
