//! The audit trail: one event a write, in the write's own transaction, each holding the hash of the one before.
//!
//! Here events are appended, and read by the program itself. Signing ([`sign`]), checking ([`verify`]) and reading for clients ([`Trail`]) each have
//! a file.

mod head;
mod page;
mod raw;
mod verification;

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, SecondsFormat, Utc};
use entity::audit_event;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::digest::hex;
use super::listen;
use crate::error::Result;
pub use head::sign;
pub use page::{Counted, KINDS_OF_AMBITO, Stretch, Trail, TrailFilter};
pub(super) use verification::check;
pub use verification::{Broken, Checked, Fault, verify};

/// What the first event holds in place of a previous hash.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An event before it has its place in the chain.
pub struct NewEvent<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// Which client, or the operator.
    pub actor: &'a str,
    /// What was done, for example `plan.approve`.
    pub act: &'a str,
    /// To what, for example `plan:9/2020/1`.
    pub subject: &'a str,
    /// Digest of the subject before.
    pub before: Option<String>,
    /// Digest of the subject after.
    pub after: Option<String>,
}

/// Sequence and hash of the last event: the version of all that can be read. 0 and nothing when there is none.
pub async fn head(db: &impl ConnectionTrait) -> Result<(i64, String)> {
    Ok(last(db).await?.map_or_else(|| (0, String::new()), |event| (event.sequence, event.hash)))
}

/// Appends an event to the chain, whose head is given, and lets other servers know. Returns the new head. Two events can never take the same place:
/// the sequence is the primary key.
pub async fn append(
    tx: &impl ConnectionTrait,
    (last, hash): (i64, String),
    event: NewEvent<'_>,
) -> Result<(i64, String)> {
    let sequence = last + 1;
    let previous_hash = if last == 0 { GENESIS.to_owned() } else { hash };
    let hash = event_hash(sequence, &event, &previous_hash);
    let row = audit_event::ActiveModel {
        sequence: Set(sequence),
        at: Set(event.at),
        actor: Set(event.actor.to_owned()),
        act: Set(event.act.to_owned()),
        subject: Set(event.subject.to_owned()),
        digest_before: Set(event.before),
        digest_after: Set(event.after),
        previous_hash: Set(previous_hash),
        hash: Set(hash.clone()),
    };
    audit_event::Entity::insert(row).exec_without_returning(tx).await?;
    listen::tell(tx, sequence).await?;
    Ok((sequence, hash))
}

/// Whether somebody ever did one of these acts to a subject.
pub(super) async fn did(db: &impl ConnectionTrait, actor: &str, subject: &str, acts: &[&str]) -> Result<bool> {
    let events = audit_event::Entity::find()
        .filter(audit_event::Column::Subject.eq(subject))
        .filter(audit_event::Column::Actor.eq(actor))
        .filter(audit_event::Column::Act.is_in(acts.iter().copied()));
    Ok(events.limit(1).one(db).await?.is_some())
}

/// What an act left behind the last time it was done to each of these subjects.
pub(super) async fn digests_after(
    db: &impl ConnectionTrait,
    act: &str,
    subjects: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, String>> {
    let events = audit_event::Entity::find()
        .filter(audit_event::Column::Act.eq(act))
        .filter(audit_event::Column::Subject.is_in(subjects));
    let events = events.order_by_asc(audit_event::Column::Sequence).all(db).await?;
    // Of several of one subject, the last one stays.
    let mut digests = HashMap::new();
    for event in events {
        match event.digest_after {
            Some(digest) => digests.insert(event.subject, digest),
            None => digests.remove(&event.subject),
        };
    }
    Ok(digests)
}

/// The events from a sequence on, itself included; from 0, the last one alone.
pub(super) async fn since(db: &impl ConnectionTrait, sequence: i64) -> Result<Vec<audit_event::Model>> {
    if sequence == 0 {
        return Ok(last(db).await?.into_iter().collect());
    }
    let events = audit_event::Entity::find().filter(audit_event::Column::Sequence.gte(sequence));
    Ok(events.order_by_asc(audit_event::Column::Sequence).all(db).await?)
}

async fn last(db: &impl ConnectionTrait) -> Result<Option<audit_event::Model>> {
    Ok(audit_event::Entity::find().order_by_desc(audit_event::Column::Sequence).limit(1).one(db).await?)
}

/// SHA-256 over every field, each preceded by its length so that no two events read the same.
fn event_hash(sequence: i64, event: &NewEvent<'_>, previous_hash: &str) -> String {
    let at = event.at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let sequence = sequence.to_string();
    // A digest that is not there is written otherwise than an empty one.
    let presence =
        |digest: &Option<String>| digest.as_ref().map_or_else(|| "-".to_owned(), |digest| format!("+{digest}"));
    let (before, after) = (presence(&event.before), presence(&event.after));
    let mut text = Vec::new();
    for field in [&sequence, &at, event.actor, event.act, event.subject, &before, &after, previous_hash] {
        text.extend_from_slice(field.len().to_string().as_bytes());
        text.push(b':');
        text.extend_from_slice(field.as_bytes());
    }
    hex(digest(&SHA256, &text).as_ref())
}
