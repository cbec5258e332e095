//! An instalment of a version of an agreement: what the grantor pays and when.

use sea_orm::entity::prelude::*;

/// A row of the table `agreement_instalment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_instalment")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Version of the agreement.
    pub version_id: i64,
    /// Place in the version, from 1.
    pub position: i32,
    /// What the document calls it.
    pub label: String,
    /// First day of the period that it is for.
    pub period_from: Option<Date>,
    /// Last day of the period that it is for.
    pub period_to: Option<Date>,
    /// Day it is due; none where the document does not give it.
    pub due_date: Option<Date>,
    /// Amount, in euro cents.
    pub amount_cents: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
