//! What was reported of a milestone of a work plan. The last report counts; none is changed.

use sea_orm::entity::prelude::*;

/// A row of the table `work_plan_report`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work_plan_report")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Work plan.
    pub work_plan_id: i64,
    /// Code of the milestone.
    pub code: String,
    /// Its number among the reports of the milestone, from 1.
    pub number: i32,
    /// Day it began.
    pub started_on: Option<Date>,
    /// Day it was done.
    pub done_on: Option<Date>,
    /// A note.
    pub note: Option<String>,
    /// Who reported it.
    pub recorded_by: String,
    /// When.
    pub recorded_at: DateTimeUtc,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
