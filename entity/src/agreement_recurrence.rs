//! A day that comes again while a version of an agreement lasts.

use sea_orm::entity::prelude::*;

use crate::kinds::RecurrenceKind;

/// A row of the table `agreement_recurrence`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_recurrence")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Version of the agreement.
    pub version_id: i64,
    /// Place in the version, from 1.
    pub position: i32,
    /// What is done on it.
    pub kind: RecurrenceKind,
    /// Month times 100 plus day, every year.
    pub month_day: Option<i32>,
    /// Months from one to the next, counted from the first day of the period.
    pub every_months: Option<i32>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
