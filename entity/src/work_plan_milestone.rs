//! A milestone of a version of a work plan: what begins on a day, or is done by a day.

use sea_orm::entity::prelude::*;

/// A row of the table `work_plan_milestone`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work_plan_milestone")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Version of the work plan.
    pub version_id: i64,
    /// Place in the version, from 1.
    pub position: i32,
    /// Code; unique in the version, and the same for the same milestone in every version.
    pub code: String,
    /// What is to happen.
    pub item: String,
    /// The organisation or role that answers for it; never a person.
    pub responsible: Option<String>,
    /// Day it begins.
    pub from_date: Option<Date>,
    /// Day it is done by.
    pub by_date: Option<Date>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
