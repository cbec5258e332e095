//! That a service declares to be covered by a fund.
//!
//! How much the fund covers in one year is a `funding`.

use sea_orm::entity::prelude::*;

/// A row of the table `service_fund`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_fund")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Service.
    pub service_id: i64,
    /// Fund.
    pub fund_id: i64,
    /// Place in the list, from 1.
    pub position: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
