//! A line of a version of an agreement: what the grantor pays in a year for something.

use sea_orm::entity::prelude::*;

use crate::kinds::{TermGiven, VatRegime};

/// A row of the table `agreement_line`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_line")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Version of the agreement.
    pub version_id: i64,
    /// Place in the version, from 1.
    pub position: i32,
    /// Code; unique in the version, and the same for the same line in every version.
    pub code: String,
    /// Year.
    pub year: i32,
    /// Code of its area.
    pub area: Option<String>,
    /// What it pays for.
    pub item: Option<String>,
    /// Service whose cost it is.
    pub service_id: Option<i64>,
    /// Which amount was given; the others follow.
    pub given: TermGiven,
    /// Net amount, in euro cents.
    pub net_cents: i64,
    /// VAT, in euro cents.
    pub vat_cents: i64,
    /// Gross amount, in euro cents.
    pub gross_cents: i64,
    /// How VAT applies.
    pub vat_regime: VatRegime,
    /// VAT rate, in millionths of a percent; with the regime `RATE` only.
    pub vat_rate_micros: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
