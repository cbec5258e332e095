//! An item of a contribution.

use sea_orm::entity::prelude::*;

/// A row of the table `agreement_contribution_item`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_contribution_item")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Version of the agreement.
    pub version_id: i64,
    /// Place in the version, from 1.
    pub position: i32,
    /// Contribution.
    pub contribution_id: i64,
    /// What it is.
    pub item: String,
    /// Amount, in euro cents.
    pub amount_cents: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
