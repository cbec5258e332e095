//! A social service that an Ambito runs.

use sea_orm::entity::prelude::*;

use crate::kinds::TargetArea;

/// A row of the table `service`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito; never changed.
    pub ambito_id: i64,
    /// Natural key within the Ambito, never changed, for example `SAD`.
    pub code: String,
    /// Name.
    pub name: String,
    /// Area of need.
    pub area: String,
    /// How it is delivered.
    pub delivery: String,
    /// Mission and programme of public accounts, for example `12.01`.
    pub mission_programme: Option<String>,
    /// Remark.
    pub note: Option<String>,
    /// Place in the list of the Ambito.
    pub position: i32,
    /// Code of the tender that it is bought by (CIG).
    pub cig: Option<String>,
    /// Code of the public investment project that it belongs to (CUP).
    pub cup: Option<String>,
    /// Counts the changes of the row, from 1.
    pub row_version: i32,
    /// Whom it is for, as the Ambito classifies it; none where it does not.
    pub target_area: Option<TargetArea>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
