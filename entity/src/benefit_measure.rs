//! A kind of benefit (titolo sociale) that a service grants.

use sea_orm::entity::prelude::*;

/// A row of the table `benefit_measure`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "benefit_measure")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Service.
    pub service_id: i64,
    /// Place in the list, from 1.
    pub position: i32,
    /// Name.
    pub name: String,
    /// Kind of benefit: buono, voucher, contribution.
    pub kind: String,
    /// Act it rests on.
    pub act: Option<String>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
