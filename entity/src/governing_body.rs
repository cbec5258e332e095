//! A body that governs: who sits in it, and how often it meets.

use sea_orm::entity::prelude::*;

use crate::kinds::BodyLevel;

/// A row of the table `governing_body`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "governing_body")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito.
    pub ambito_id: i64,
    /// Agreement that it governs; none where it governs the Ambito.
    pub agreement_id: Option<i64>,
    /// Code; unique in the Ambito.
    pub code: String,
    /// Name.
    pub name: String,
    /// Where it stands.
    pub level: BodyLevel,
    /// Meetings that are due in each period of so many months; none where none are.
    pub meetings: Option<i32>,
    /// Months of a period.
    pub every_months: Option<i32>,
    /// Day from which it sits.
    pub starts_on: Date,
    /// Last day; none while it sits.
    pub ends_on: Option<Date>,
    /// Revision, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
