//! What was delivered in one month, by service, comune of residence and measure: the sum over its cases, kept beside them.

use sea_orm::entity::prelude::*;

/// A row of the table `activity_month`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_month")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito; that of the service.
    pub ambito_id: i64,
    /// Service.
    pub service_id: i64,
    /// Comune of residence.
    pub comune_id: i64,
    /// Year x 100 + month: 202301 is January 2023.
    pub month: i32,
    /// Measure. The cases of a month are a row of their own, of the measure that counts them.
    pub measure_id: i64,
    /// File that its rows are from; none where it is counted from the other measures of the month.
    pub import_id: Option<i64>,
    /// Sum in millionths of the unit of the measure.
    pub total_micros: i64,
    /// People behind the sum: cases with a value above zero; of the count of cases, all of them.
    pub cases: i32,
    /// Rows of `activity` that belong to it.
    pub row_count: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
