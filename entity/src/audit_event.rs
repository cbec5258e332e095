//! An audit event: one link of the chain of everything that was written.
//!
//! The database refuses to change or delete it.

use sea_orm::entity::prelude::*;

/// A row of the table `audit_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    /// Key and place in the chain, given by the writer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// When, UTC.
    pub at: DateTimeUtc,
    /// Client that did it.
    pub actor: String,
    /// What was done.
    pub act: String,
    /// To what.
    pub subject: String,
    /// Digest of the subject before, in hexadecimal.
    pub digest_before: Option<String>,
    /// Digest of the subject after, in hexadecimal.
    pub digest_after: Option<String>,
    /// Hash of the event before, in hexadecimal.
    pub previous_hash: String,
    /// Hash of this event, in hexadecimal.
    pub hash: String,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
