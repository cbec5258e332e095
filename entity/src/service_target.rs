//! A group of people that a service is for.

use sea_orm::entity::prelude::*;

/// A row of the table `service_target`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_target")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Service.
    pub service_id: i64,
    /// Place in the list, from 1.
    pub position: i32,
    /// Who they are.
    pub name: String,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
