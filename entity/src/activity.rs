//! What was delivered to one case in one month, by one measure.
//!
//! Service, comune, month and measure stand once in the row of the month that this belongs to.

use sea_orm::entity::prelude::*;

/// A row of the table `activity`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Month of a service, comune and measure that this belongs to.
    pub activity_month_id: i64,
    /// Pseudonym of the case, unique in its comune; never a name, tax code or date of birth.
    pub case_code: String,
    /// Value in millionths of the unit of the measure.
    pub value_micros: i64,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
