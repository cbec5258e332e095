//! A criterion of a measure of benefits: so many points for what applies to an application.

use sea_orm::entity::prelude::*;

/// A row of the table `benefit_criterion`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "benefit_criterion")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Measure of benefits.
    pub benefit_measure_id: i64,
    /// Place in the list, from 1.
    pub position: i32,
    /// Code; unique in the measure.
    pub code: String,
    /// What is looked at.
    pub name: String,
    /// Points for each time that it applies.
    pub points: i32,
    /// The most times that it counts.
    pub maximum_times: i32,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
