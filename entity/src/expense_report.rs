//! A partner's report of what it spent under an agreement in a period.

use sea_orm::entity::prelude::*;

use crate::kinds::ReportStatus;

/// A row of the table `expense_report`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "expense_report")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Agreement.
    pub agreement_id: i64,
    /// Partner.
    pub partner_id: i64,
    /// Number within the agreement and partner, from 1.
    pub number: i32,
    /// First day of the period.
    pub period_from: Date,
    /// Last day of the period.
    pub period_to: Date,
    /// How far it has come.
    pub status: ReportStatus,
    /// A note.
    pub note: Option<String>,
    /// Client that began it.
    pub created_by: String,
    /// Client that submitted it.
    pub submitted_by: Option<String>,
    /// When it was submitted, UTC.
    pub submitted_at: Option<DateTimeUtc>,
    /// Client that reviews it.
    pub reviewed_by: Option<String>,
    /// When the review ended, UTC.
    pub reviewed_at: Option<DateTimeUtc>,
    /// Why it was last sent back.
    pub returned_reason: Option<String>,
    /// Day it was paid.
    pub paid_on: Option<Date>,
    /// Reference of the transfer.
    pub payment_reference: Option<String>,
    /// Client that recorded the payment.
    pub paid_by: Option<String>,
    /// Revision, from 1.
    pub row_version: i32,
    /// The version of the agreement that is the first act or the renewal in whose period it lies.
    pub act_id: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
