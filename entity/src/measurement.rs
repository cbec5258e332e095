//! A measured value of one comune on a reference day.

use sea_orm::entity::prelude::*;

/// A row of the table `measurement`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "measurement")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Measure.
    pub measure_id: i64,
    /// Comune.
    pub comune_id: i64,
    /// Service it was measured in; none when it is of the comune as a whole.
    pub service_id: Option<i64>,
    /// Value in millionths of the unit of the measure.
    pub value_micros: i64,
    /// Day that the value refers to.
    pub reference_date: Date,
    /// Where the value comes from.
    pub source: String,
    /// True when the value is an assumption, not read from an act or a source.
    pub assumed: bool,
    /// Counts the changes of the row, from 1.
    pub row_version: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
