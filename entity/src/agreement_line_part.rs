//! A part of a line: months at a monthly fee, or hours at an hourly cost.

use sea_orm::entity::prelude::*;

use crate::kinds::PartGiven;

/// A row of the table `agreement_line_part`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_line_part")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Version of the agreement.
    pub version_id: i64,
    /// Place in the version, from 1.
    pub position: i32,
    /// Line.
    pub line_id: i64,
    /// What it pays for.
    pub item: String,
    /// How it is worked out.
    pub given: PartGiven,
    /// Months or hours, in millionths.
    pub quantity_micros: i64,
    /// Net fee a month, or cost an hour with VAT, in euro cents.
    pub price_cents: i64,
    /// Net amount, in euro cents.
    pub net_cents: i64,
    /// VAT, in euro cents.
    pub vat_cents: i64,
    /// Gross amount, in euro cents.
    pub gross_cents: i64,
    /// Gross amount that the document prints, where it is another, in euro cents.
    pub stated_cents: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
