//! A cost-sharing rule: how the municipal share of a budget is divided.
//!
//! A budget has one rule without a parent; the parts of a mixed rule name it as theirs.

use sea_orm::entity::prelude::*;

use crate::kinds::{PartSizeKind, Rounding, RuleKind};

/// A row of the table `rule`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Plan that this belongs to.
    pub plan_id: i64,
    /// Budget that this belongs to; of the same plan.
    pub budget_id: i64,
    /// Mixed rule that this is a part of; of the same plan.
    pub parent_id: Option<i64>,
    /// Place among the parts, from 1.
    pub position: i32,
    /// Which rule.
    pub kind: RuleKind,
    /// How quotas become whole cents.
    pub rounding: Rounding,
    /// Measure that the rule counts by.
    pub measure_id: Option<i64>,
    /// True when the weights of bands are summed band by band.
    pub marginal: bool,
    /// Tariff, in millionths of a euro a unit of the measure.
    pub price_micros: Option<i64>,
    /// For a part: how its size is given.
    pub size_kind: Option<PartSizeKind>,
    /// For a part of fixed amount: the amount, in euro cents.
    pub size_cents: Option<i64>,
    /// For a part in percent: millionths of one percent of the whole.
    pub size_percent_micros: Option<i64>,
    /// True when the rule is an assumption, not read from an act or a source.
    pub assumed: bool,
    /// Remark.
    pub note: Option<String>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
