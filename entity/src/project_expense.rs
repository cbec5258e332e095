//! What was spent of a project's bound revenue.

use sea_orm::entity::prelude::*;

/// A row of the table `project_expense`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_expense")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Project.
    pub project_id: i64,
    /// Day.
    pub spent_on: Date,
    /// Amount, in euro cents; below zero it takes an earlier one back.
    pub amount_cents: i64,
    /// What for.
    pub description: String,
    /// Document, as it is cited.
    pub reference: Option<String>,
    /// Expense that it takes back.
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
