//! A month's monitoring report of a programme of an agreement.

use sea_orm::entity::prelude::*;

use crate::kinds::MonitoringStatus;

/// A row of the table `monitoring_report`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monitoring_report")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Agreement.
    pub agreement_id: i64,
    /// Code of the programme.
    pub programme_code: String,
    /// Year times 100 plus month.
    pub month: i32,
    /// How far it has come.
    pub status: MonitoringStatus,
    /// Day it was submitted.
    pub submitted_on: Option<Date>,
    /// Client that wrote it last.
    pub written_by: String,
    /// Revision, from 1.
    pub row_version: i32,
    /// Partner whose report it is; none where it is the managing body's, of the whole programme.
    pub partner_id: Option<i64>,
    /// Day it was begun; none where nobody knows, and it was there before that was kept.
    pub begun_on: Option<Date>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
