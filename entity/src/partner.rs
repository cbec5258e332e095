//! A partner: an organisation that agreements are made with.

use sea_orm::entity::prelude::*;

/// A row of the table `partner`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito that keeps it in its list.
    pub ambito_id: i64,
    /// Code; unique in the Ambito.
    pub code: String,
    /// Name.
    pub name: String,
    /// Tax code of the organisation, eleven digits; never that of a person.
    pub tax_code: Option<String>,
    /// Revision, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
