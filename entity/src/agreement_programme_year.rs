//! What a programme of a version of an agreement is worth in a year.

use sea_orm::entity::prelude::*;

/// A row of the table `agreement_programme_year`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_programme_year")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Version of the agreement.
    pub version_id: i64,
    /// Place in the version, from 1.
    pub position: i32,
    /// Code of the programme.
    pub code: String,
    /// Year.
    pub year: i32,
    /// What the grantor adds to it, in euro cents.
    pub public_cents: i64,
    /// What the partners add to it, in euro cents.
    pub private_cents: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
