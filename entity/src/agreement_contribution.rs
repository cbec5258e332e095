//! What partners add of their own to a version of an agreement.

use sea_orm::entity::prelude::*;

/// A row of the table `agreement_contribution`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_contribution")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Version of the agreement.
    pub version_id: i64,
    /// Place in the version, from 1.
    pub position: i32,
    /// Year.
    pub year: i32,
    /// Code of its area.
    pub area: Option<String>,
    /// What it is for.
    pub item: Option<String>,
    /// Partner that adds it; none where the document does not say which.
    pub partner_id: Option<i64>,
    /// Percentage of the net total of the year's lines, in millionths; none where the amount was given.
    pub percent_micros: Option<i64>,
    /// Amount, in euro cents.
    pub amount_cents: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
