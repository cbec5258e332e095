//! A comune: a municipality, known by its ISTAT code.

use sea_orm::entity::prelude::*;

/// A row of the table `comune`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "comune")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Natural key, never changed: six digits, text because it starts with 0.
    pub istat_code: String,
    /// Name.
    pub name: String,
    /// Cadastral (Belfiore) code.
    pub cadastral_code: Option<String>,
    /// Province, two letters.
    pub province: String,
    /// Counts the changes of the row, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
