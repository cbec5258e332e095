//! A step of a project.

use sea_orm::entity::prelude::*;

/// A row of the table `project_milestone`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_milestone")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Project.
    pub project_id: i64,
    /// Place in the timeline, from 1.
    pub position: i32,
    /// What is to happen.
    pub item: String,
    /// Day it is done by.
    pub due_on: Date,
    /// Day it was begun.
    pub started_on: Option<Date>,
    /// Day it was done.
    pub done_on: Option<Date>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
