//! An application for a benefit.

use sea_orm::entity::prelude::*;

use crate::kinds::ApplicationStatus;

/// A row of the table `benefit_application`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "benefit_application")]
pub struct Model {
    /// Key, given by the database, in the order of receipt.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Measure of benefits.
    pub benefit_measure_id: i64,
    /// Comune of residence.
    pub comune_id: i64,
    /// Pseudonym of the case.
    pub case_code: String,
    /// Day of the application.
    pub applied_on: Date,
    /// Points under the measure's criteria.
    pub points: i32,
    /// What became of it.
    pub status: ApplicationStatus,
    /// Why it was rejected or withdrawn.
    pub reason: Option<String>,
    /// Client that recorded it.
    pub recorded_by: String,
    /// When it was recorded, UTC.
    pub recorded_at: DateTimeUtc,
    /// Revision, from 1.
    pub row_version: i32,
    /// What it goes by outside, at random; one that was there before there were such numbers goes by its key.
    pub reference: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
