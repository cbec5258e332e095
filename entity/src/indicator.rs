//! An indicator that a service is judged by.

use sea_orm::entity::prelude::*;

/// A row of the table `indicator`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Service.
    pub service_id: i64,
    /// Place in the list, from 1.
    pub position: i32,
    /// What is looked at.
    pub name: String,
    /// Unit of its readings, where it has any.
    pub unit: Option<String>,
    /// Value that is aimed at, in millionths.
    pub target_micros: Option<i64>,
    /// True where the target is the most that a reading may be.
    pub at_most: bool,
    /// Revision, from 1.
    pub row_version: i32,
    /// True where its readings count people, so that small ones could name them.
    pub counts_people: bool,
    /// Month from which this holds, year times 100 plus month; none where from the beginning.
    pub from_month: Option<i32>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
