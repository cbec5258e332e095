//! The answer to a field of a monitoring report.

use sea_orm::entity::prelude::*;

/// A row of the table `monitoring_value`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monitoring_value")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Report.
    pub report_id: i64,
    /// Field.
    pub field_id: i64,
    /// The answer, as text in the form of its field.
    pub value: String,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
