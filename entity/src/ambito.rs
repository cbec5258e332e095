//! An Ambito: the group of comuni that runs its social services together.

use sea_orm::entity::prelude::*;

/// A row of the table `ambito`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ambito")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Natural key, never changed, for example `BS09`.
    pub code: String,
    /// Full name.
    pub name: String,
    /// Region.
    pub region: String,
    /// Province, two letters.
    pub province: String,
    /// Body that manages the services.
    pub managing_body: String,
    /// Legal form of the managing body.
    pub legal_form: Option<String>,
    /// Counts the changes of the row, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
