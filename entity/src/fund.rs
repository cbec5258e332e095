//! A fund: a source of money for budgets.

use sea_orm::entity::prelude::*;

use crate::kinds::FundLevel;

/// A row of the table `fund`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fund")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito.
    pub ambito_id: i64,
    /// Natural key within the Ambito, never changed, for example `FNPS`.
    pub code: String,
    /// Name.
    pub name: String,
    /// Who pays into it.
    pub level: FundLevel,
    /// Counts the changes of the row, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
