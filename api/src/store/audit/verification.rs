//! Checking the whole trail: that each event follows from the one before it, and that every signed head is the one that was signed.
//!
//! It reads in pieces, each of which is dropped before the next, and stops at the first thing that is wrong. It tells what is stored from what
//! was written, not what was done: an event that nobody appended is not missed.

use std::collections::BTreeMap;

use sea_orm::ConnectionTrait;

use super::raw::{self, RawEvent, RawHead};
use super::{GENESIS, NewEvent, event_hash};
use crate::auth::permit::Operator;
use crate::auth::signed_head::{Head, HeadFault, HeadKeys};
use crate::error::Result;
use crate::store::Store;
use crate::store::plan::APPROVE;

/// What was checked, and the first thing that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Events that follow from the one before them.
    pub events: u64,
    /// Sequence and hash of the last of them.
    pub last: Option<(i64, String)>,
    /// Signed heads that are those of their events.
    pub heads: u64,
    /// The sequence of the last of them.
    pub last_head: Option<i64>,
    /// Heads whose signature was not checked, since no key is at hand.
    pub unchecked_heads: u64,
    /// Approvals of plans that nobody signed.
    pub unsigned_approvals: u64,
    /// The sequence of the first of them.
    pub first_unsigned: Option<i64>,
    /// The first thing that is wrong. What comes after it was not looked at.
    pub broken: Option<Broken>,
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The sequence of the event or the head.
    pub sequence: i64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What may be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Sequences have no gaps.
    #[error("the event is missing; the next one is event {0}")]
    Missing(i64),
    /// Sequences begin with 1.
    #[error("no event has this number")]
    Number,
    /// The program writes the column otherwise.
    #[error("the event's {0} is not as it was written")]
    Unreadable(&'static str),
    /// It follows from another event.
    #[error("the event's previous hash is not the hash of the event before it")]
    PreviousHash,
    /// It is not the event that was hashed.
    #[error("the event's hash is not that of what it says")]
    Hash,
    /// Events after the last one are gone.
    #[error("the signed head is that of an event beyond the last one: the end of the trail is missing")]
    Tail,
    /// There was another event of this sequence.
    #[error("the signed head has another hash than the event")]
    HeadHash,
    /// The program writes the column otherwise.
    #[error("the signed head's {0} is not as it was written")]
    UnreadableHead(&'static str),
    /// It is not what was signed.
    #[error("the signed head: {0}")]
    Head(#[from] HeadFault),
}

/// Checks the trail of a store, as of one instant.
pub async fn verify(store: &Store, _operator: &Operator, keys: &HeadKeys) -> Result<Checked> {
    let tx = store.snapshot().await?;
    let checked = check(&tx, keys).await?;
    tx.commit().await?;
    Ok(checked)
}

/// Checks the trail that a transaction sees.
pub(in crate::store) async fn check(db: &impl ConnectionTrait, keys: &HeadKeys) -> Result<Checked> {
    let mut checked = Checked::default();
    if let Err(broken) = walk(db, keys, &mut checked).await? {
        checked.broken = Some(broken);
    }
    Ok(checked)
}

/// The inner result is what is wrong with the trail, the outer one what is wrong with the database.
async fn walk(
    db: &impl ConnectionTrait,
    keys: &HeadKeys,
    checked: &mut Checked,
) -> Result<std::result::Result<(), Broken>> {
    let mut from = i64::MIN;
    loop {
        let events = raw::events(db, from).await?;
        let Some(last) = events.last().map(|event| event.sequence) else { break };
        let heads = raw::heads(db, from, last).await?;
        if let Err(broken) = check_page(events, heads, keys, checked) {
            return Ok(Err(broken));
        }
        // Only an event that is out of place has the highest number there is.
        let Some(next) = last.checked_add(1) else { break };
        from = next;
    }
    let beyond = raw::head_from(db, from).await?;
    Ok(beyond.map_or(Ok(()), |head| Err(Broken { sequence: head.sequence, fault: Fault::Tail })))
}

fn check_page(
    events: Vec<RawEvent>,
    heads: Vec<RawHead>,
    keys: &HeadKeys,
    checked: &mut Checked,
) -> std::result::Result<(), Broken> {
    let mut heads: BTreeMap<i64, RawHead> = heads.into_iter().map(|head| (head.sequence, head)).collect();
    for event in events {
        let sequence = event.sequence;
        let (place, previous_hash) = match &checked.last {
            Some((last, hash)) => (last + 1, hash.as_str()),
            None => (1, GENESIS),
        };
        if sequence != place {
            return Err(if sequence < place {
                Broken { sequence, fault: Fault::Number }
            } else {
                Broken { sequence: place, fault: Fault::Missing(sequence) }
            });
        }
        let at_this = |fault: Fault| Broken { sequence, fault };
        let (hash, is_approval) = check_event(event, previous_hash).map_err(at_this)?;
        match heads.remove(&sequence) {
            Some(head) => {
                let is_checked = check_head(head, &hash, keys).map_err(at_this)?;
                checked.heads += 1;
                checked.last_head = Some(sequence);
                checked.unchecked_heads += u64::from(!is_checked);
            }
            None if is_approval => {
                checked.unsigned_approvals += 1;
                checked.first_unsigned.get_or_insert(sequence);
            }
            None => {}
        }
        checked.events += 1;
        checked.last = Some((sequence, hash));
    }
    // Every event has taken its own.
    heads.pop_first().map_or(Ok(()), |(sequence, _)| Err(Broken { sequence, fault: Fault::Number }))
}

/// The hash of an event that is whole, and whether it is the approval of a plan.
fn check_event(raw: RawEvent, previous_hash: &str) -> std::result::Result<(String, bool), Fault> {
    let unreadable = Fault::Unreadable;
    let (actor, act) = (raw.actor.map_err(unreadable)?, raw.act.map_err(unreadable)?);
    let subject = raw.subject.map_err(unreadable)?;
    let event = NewEvent {
        at: raw.at.map_err(unreadable)?,
        actor: &actor,
        act: &act,
        subject: &subject,
        before: raw.before.map_err(unreadable)?,
        after: raw.after.map_err(unreadable)?,
    };
    if raw.previous_hash.map_err(unreadable)? != previous_hash {
        return Err(Fault::PreviousHash);
    }
    let hash = event_hash(raw.sequence, &event, previous_hash);
    if raw.hash.map_err(unreadable)? != hash {
        return Err(Fault::Hash);
    }
    Ok((hash, act == APPROVE))
}

/// Whether the signature of a head that is whole was checked.
fn check_head(raw: RawHead, event_hash: &str, keys: &HeadKeys) -> std::result::Result<bool, Fault> {
    let unreadable = Fault::UnreadableHead;
    let (hash, signed_at) = (raw.hash.map_err(unreadable)?, raw.signed_at.map_err(unreadable)?);
    let (key_id, signature) = (raw.key_id.map_err(unreadable)?, raw.signature.map_err(unreadable)?);
    if hash != event_hash {
        return Err(Fault::HeadHash);
    }
    Ok(keys.check(&key_id, &Head { sequence: raw.sequence, hash: &hash, signed_at }, &signature)?)
}
