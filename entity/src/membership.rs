//! That a comune is a member of an Ambito, from a day to a day.

use sea_orm::entity::prelude::*;

/// A row of the table `membership`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito.
    pub ambito_id: i64,
    /// Comune.
    pub comune_id: i64,
    /// First day.
    pub valid_from: Date,
    /// Last day, itself included; none while it lasts.
    pub valid_to: Option<Date>,
    /// Counts the changes of the row, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
