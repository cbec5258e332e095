//! A work plan of a programme (piano di lavoro); what it says is its versions'.

use sea_orm::entity::prelude::*;

/// A row of the table `work_plan`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work_plan")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Programme.
    pub programme_id: i64,
    /// Code; unique in the programme.
    pub code: String,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
