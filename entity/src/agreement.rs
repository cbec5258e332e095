//! An agreement with partners, through all its versions.

use sea_orm::entity::prelude::*;

use crate::kinds::AgreementKind;

/// A row of the table `agreement`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Ambito.
    pub ambito_id: i64,
    /// Code; unique in the Ambito.
    pub code: String,
    /// What it is.
    pub kind: AgreementKind,
    /// Comune that grants it; none where the managing body does.
    pub grantor_comune_id: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
