//! How often a criterion applies to an application.

use sea_orm::entity::prelude::*;

/// A row of the table `benefit_score`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "benefit_score")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Application.
    pub application_id: i64,
    /// Criterion.
    pub criterion_id: i64,
    /// How often it applies.
    pub times: i32,
    /// Points for it.
    pub points: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
