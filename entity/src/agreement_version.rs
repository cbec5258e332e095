//! One version of an agreement: what was agreed by one act. Its rows never change.

use sea_orm::entity::prelude::*;

use crate::kinds::VersionKind;

/// A row of the table `agreement_version`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_version")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Agreement.
    pub agreement_id: i64,
    /// Number of the version, from 1.
    pub number: i32,
    /// What made it.
    pub kind: VersionKind,
    /// Title.
    pub title: String,
    /// The act, as it is cited.
    pub act: Option<String>,
    /// Day from which it holds.
    pub effective_from: Date,
    /// First day of the period.
    pub starts_on: Date,
    /// Last day of the period.
    pub ends_on: Date,
    /// A note.
    pub note: Option<String>,
    /// True when no document gives some of it.
    pub assumed: bool,
    /// SHA-256 of what was agreed, in hexadecimal.
    pub digest: String,
    /// How many partners it has.
    pub partner_count: i32,
    /// How many services it is tied to.
    pub service_count: i32,
    /// How many areas it has.
    pub area_count: i32,
    /// How many lines it has.
    pub line_count: i32,
    /// How many parts its lines have.
    pub line_part_count: i32,
    /// How many contributions of partners it has.
    pub contribution_count: i32,
    /// How many items these have.
    pub contribution_item_count: i32,
    /// How many instalments it has.
    pub instalment_count: i32,
    /// How many milestones it has.
    pub milestone_count: i32,
    /// How many recurring days it has.
    pub recurrence_count: i32,
    /// For how many years its value is stated.
    pub perimeter_count: i32,
    /// How many programmes it has.
    pub programme_count: i32,
    /// How many years of its programmes have a value.
    pub programme_year_count: i32,
    /// Client that wrote it.
    pub written_by: String,
    /// When it was written, UTC.
    pub written_at: DateTimeUtc,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
