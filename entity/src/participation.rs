//! That a comune takes part in a service, from a day to a day.
//!
//! Who took part in a budget of a plan is frozen as `participant`.

use sea_orm::entity::prelude::*;

/// A row of the table `participation`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "participation")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Service.
    pub service_id: i64,
    /// Comune.
    pub comune_id: i64,
    /// First day.
    pub valid_from: Date,
    /// Last day, itself included; none while it lasts.
    pub valid_to: Option<Date>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
