//! What a work plan says from a day on.

use sea_orm::entity::prelude::*;

/// A row of the table `work_plan_version`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work_plan_version")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Work plan.
    pub work_plan_id: i64,
    /// Its number, from 1.
    pub number: i32,
    /// Day from which it holds.
    pub effective_from: Date,
    /// Title.
    pub title: String,
    /// The act.
    pub act: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// First day of the period.
    pub starts_on: Date,
    /// Last day of the period.
    pub ends_on: Date,
    /// Whether no document gives it.
    pub assumed: bool,
    /// How many milestones it has.
    pub milestone_count: i32,
    /// Who wrote it.
    pub written_by: String,
    /// When.
    pub written_at: DateTimeUtc,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
