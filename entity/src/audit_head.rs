//! A signed head: what a server vouched for of the audit trail at one moment, with one of its keys.
//!
//! The database refuses to change or delete it.

use sea_orm::entity::prelude::*;

/// A row of the table `audit_head`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_head")]
pub struct Model {
    /// Key: the sequence of the event that was the last one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// Hash of that event, in hexadecimal.
    pub hash: String,
    /// The `kid` of the key that signed.
    pub key_id: String,
    /// The signature, as a compact JWS over sequence, hash and instant.
    pub signature: String,
    /// When, UTC.
    pub signed_at: DateTimeUtc,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
