//! A benefit granted to a case.

use sea_orm::entity::prelude::*;

use crate::kinds::GrantStatus;

/// A row of the table `benefit_grant`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "benefit_grant")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Measure of benefits.
    pub benefit_measure_id: i64,
    /// Application that it answers.
    pub application_id: Option<i64>,
    /// Comune of residence.
    pub comune_id: i64,
    /// Pseudonym of the case.
    pub case_code: String,
    /// Kind of benefit: buono, voucher, contributo.
    pub kind: String,
    /// The act that grants it.
    pub act: Option<String>,
    /// Day it was granted.
    pub granted_on: Date,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Date,
    /// Amount a month, in euro cents.
    pub monthly_cents: Option<i64>,
    /// Amount at once, in euro cents.
    pub single_cents: Option<i64>,
    /// What of the measure's budget it takes, in euro cents.
    pub committed_cents: i64,
    /// What became of it.
    pub status: GrantStatus,
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
