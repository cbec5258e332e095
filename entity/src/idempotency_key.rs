//! A key under which a client sent a write, with the answer it got: the same request again gets the same answer and has no other effect.

use sea_orm::entity::prelude::*;

/// A row of the table `idempotency_key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    /// Key, given by the database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Client that sent it, by the name in its tokens.
    pub client_id: String,
    /// What the client calls its request.
    pub key: String,
    /// SHA-256 of the request's body, in hexadecimal.
    pub request_hash: String,
    /// The answer's body.
    pub answer: String,
    /// When it was answered, UTC.
    pub answered_at: DateTimeUtc,
}

/// No relations: readers load whole tables by key and join them in memory.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
