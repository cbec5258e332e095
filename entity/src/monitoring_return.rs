//! That a submission was sent back.

use sea_orm::entity::prelude::*;

/// A row of the table `monitoring_return`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monitoring_return")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Submission.
    pub submission_id: i64,
    /// Day from which it does not stand any more.
    pub returned_on: Date,
    /// Client that sent it back.
    pub returned_by: String,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
