//! A resolution: the act that approves a plan.

use sea_orm::entity::prelude::*;

/// A row of the table `resolution`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resolution")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito.
    pub ambito_id: i64,
    /// Number, as the act has it.
    pub number: String,
    /// Day it was adopted.
    pub adopted_on: Date,
    /// Body that adopted it.
    pub body: String,
    /// Subject.
    pub subject: Option<String>,
    /// True when the act is an assumption, not read from an act or a source.
    pub assumed: bool,
    /// Counts the changes of the row, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
