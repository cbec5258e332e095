//! A programme of a version of an agreement.

use sea_orm::entity::prelude::*;

/// A row of the table `agreement_programme`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_programme")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Version of the agreement.
    pub version_id: i64,
    /// Place in the version, from 1.
    pub position: i32,
    /// Code; unique in the version.
    pub code: String,
    /// Name.
    pub name: String,
    /// Year that its amounts are of.
    pub year: Option<i32>,
    /// What the grantor adds to it, in euro cents, where the document says so.
    pub public_cents: Option<i64>,
    /// What the partners add to it, in euro cents, where the document says so.
    pub private_cents: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
