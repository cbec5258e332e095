//! A file of activity that was imported. Never changed: a correction is another row.

use sea_orm::entity::prelude::*;

/// A row of the table `activity_import`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_import")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito.
    pub ambito_id: i64,
    /// SHA-256 over the bytes of the file, in hexadecimal.
    pub digest: String,
    /// Name of the file, as its sender calls it.
    pub name: String,
    /// Client, or the operator, that imported it.
    pub actor: String,
    /// When, UTC.
    pub imported_at: DateTimeUtc,
    /// Rows that were taken.
    pub accepted_rows: i32,
    /// Rows that were left out.
    pub rejected_rows: i32,
    /// The import that it names as replaced whole.
    pub replaces_id: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
