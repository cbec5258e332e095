//! A programme of several years that plans belong to (piano di programma).

use sea_orm::entity::prelude::*;

/// A row of the table `programme`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito.
    pub ambito_id: i64,
    /// Title.
    pub title: String,
    /// First year.
    pub from_year: i32,
    /// Last year, itself included.
    pub to_year: i32,
    /// Remark.
    pub note: Option<String>,
    /// Counts the changes of the row, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
