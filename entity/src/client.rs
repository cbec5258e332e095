//! A client: a program that may ask for tokens, with its role.

use sea_orm::entity::prelude::*;

use crate::kinds::Role;

/// A row of the table `client`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Name it presents itself with; unique.
    pub client_id: String,
    /// Name for people.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Argon2 hash of its secret; none when another issuer vouches for it.
    pub secret_hash: Option<String>,
    /// True when it belongs to every Ambito.
    pub all_ambiti: bool,
    /// Comune it acts for; required by the role `COMUNE`.
    pub comune_id: Option<i64>,
    /// When it was created, UTC.
    pub created_at: DateTimeUtc,
    /// When it was revoked, UTC.
    pub revoked_at: Option<DateTimeUtc>,
    /// Partner it acts for; with the role `PARTNER` only.
    pub partner_id: Option<i64>,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
