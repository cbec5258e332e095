//! An answer as it was submitted.

use sea_orm::entity::prelude::*;

/// A row of the table `monitoring_submission_value`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monitoring_submission_value")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Submission.
    pub submission_id: i64,
    /// Field.
    pub field_id: i64,
    /// Place in the report, from 1.
    pub position: i32,
    /// What was asked.
    pub name: String,
    /// The answer, as text in the form of its field.
    pub value: String,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
