//! Seats of a governing body: an organisation in a role.

use sea_orm::entity::prelude::*;

use crate::kinds::BodySide;

/// A row of the table `body_member`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "body_member")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Governing body.
    pub body_id: i64,
    /// Place in the list, from 1.
    pub position: i32,
    /// Whose side it is.
    pub side: BodySide,
    /// Organisation.
    pub organisation: String,
    /// Role; never a person's name.
    pub role: String,
    /// How many sit there for it.
    pub seats: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
