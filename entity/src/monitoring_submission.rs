//! That a monitoring report was submitted.

use sea_orm::entity::prelude::*;

/// A row of the table `monitoring_submission`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monitoring_submission")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Report.
    pub report_id: i64,
    /// Counts the submissions of the report, from 1.
    pub number: i32,
    /// Day.
    pub submitted_on: Date,
    /// Client that submitted it.
    pub submitted_by: String,
    /// Digest of the answers; none where nobody took it.
    pub digest: Option<String>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
