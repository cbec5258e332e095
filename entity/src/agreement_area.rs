//! An area of a version of an agreement.

use sea_orm::entity::prelude::*;

/// A row of the table `agreement_area`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_area")]
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
    /// Name, where the document gives one.
    pub name: Option<String>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
