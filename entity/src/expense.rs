//! An expense of a partner's report, with its document.

use sea_orm::entity::prelude::*;

use crate::kinds::{ExpenseStatus, VatRegime};

/// A row of the table `expense`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "expense")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Report.
    pub report_id: i64,
    /// Place in the report, from 1.
    pub position: i32,
    /// Day of the expense.
    pub spent_on: Date,
    /// What kind of cost it is.
    pub category: String,
    /// What it was for.
    pub description: Option<String>,
    /// Code of the agreement's line that it is charged to; none where the partner bears it.
    pub line_code: Option<String>,
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
    /// True when the partner recovers the VAT, so that it is no cost.
    pub vat_recoverable: bool,
    /// What of the cost is charged to the line, in euro cents; the partner bears the rest.
    pub charged_cents: i64,
    /// The document, as it is cited: who issued it, its number and its day.
    pub document_reference: String,
    /// The reference's letters and digits in small letters, by which it is found again however it is written.
    pub document_key: String,
    /// SHA-256 of the document, in hexadecimal.
    pub document_digest: String,
    /// What the review said of it.
    pub status: ExpenseStatus,
    /// What of the charged amount was admitted, in euro cents.
    pub admitted_cents: Option<i64>,
    /// Why it was not admitted whole.
    pub refusal: Option<String>,
    /// Client that wrote it first; nobody knows who wrote one that is older than this column.
    pub created_by: Option<String>,
    /// Client that said it anew last.
    pub updated_by: Option<String>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
