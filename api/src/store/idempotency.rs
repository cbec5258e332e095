//! Answers to writes, kept with the writes themselves: a request that comes again under its key gets the answer that it got, and has no other effect.
//!
//! An answer is kept in the transaction of what it tells of, so that there is never one without the other.

use chrono::TimeDelta;
use entity::idempotency_key;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::Write;
use crate::error::Result;

/// How long an answer is kept: longer than any client tries again.
const KEPT: TimeDelta = TimeDelta::days(30);

/// What was answered under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// SHA-256 of the request's body, in hexadecimal.
    pub request_hash: String,
    /// The answer's body.
    pub answer: String,
}

/// What a client was answered under a key.
pub async fn find(write: &Write, client: &str, key: &str) -> Result<Option<Answered>> {
    let row = idempotency_key::Entity::find()
        .filter(idempotency_key::Column::ClientId.eq(client))
        .filter(idempotency_key::Column::Key.eq(key))
        .filter(idempotency_key::Column::AnsweredAt.gt(write.clock().now() - KEPT));
    let row = row.one(write.tx()).await?;
    Ok(row.map(|row| Answered { request_hash: row.request_hash, answer: row.answer }))
}

/// Keeps an answer, and forgets those that are older than any that is asked for again.
pub async fn keep(write: &Write, client: &str, key: &str, answered: Answered) -> Result<()> {
    let now = write.clock().now();
    idempotency_key::Entity::delete_many()
        .filter(idempotency_key::Column::AnsweredAt.lte(now - KEPT))
        .exec(write.tx())
        .await?;
    let row = idempotency_key::ActiveModel {
        client_id: Set(client.to_owned()),
        key: Set(key.to_owned()),
        request_hash: Set(answered.request_hash),
        answer: Set(answered.answer),
        answered_at: Set(now),
        ..Default::default()
    };
    idempotency_key::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}
