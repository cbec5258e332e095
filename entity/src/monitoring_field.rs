//! A field of the monitoring reports of an Ambito.

use sea_orm::entity::prelude::*;

use crate::kinds::FieldKind;

/// A row of the table `monitoring_field`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "monitoring_field")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito.
    pub ambito_id: i64,
    /// Place in the report, from 1.
    pub position: i32,
    /// Code; unique in the Ambito.
    pub code: String,
    /// What is asked.
    pub name: String,
    /// What kind of answer it takes.
    pub kind: FieldKind,
    /// True when a report without it cannot be submitted.
    pub required: bool,
    /// True when new reports do not ask it.
    pub retired: bool,
    /// Revision, from 1.
    pub row_version: i32,
    /// True where its answers count people, so that small ones could name them.
    pub counts_people: bool,
    /// Month from which this holds, year times 100 plus month; none where from the beginning.
    pub from_month: Option<i32>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
