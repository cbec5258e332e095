//! That a client belongs to an Ambito.

use sea_orm::entity::prelude::*;

/// A row of the table `client_ambito`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_ambito")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Client: the key of its row, not the name it presents.
    pub client_id: i64,
    /// Ambito.
    pub ambito_id: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
