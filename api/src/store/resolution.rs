//! Resolutions: acts of an Ambito's bodies. One that approved a plan never changes, which the database itself sees to.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use entity::resolution;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::ambito::expect_room;
use super::book::Book;
use super::change::{Change, next_revision};
use super::master::AmbitoBook;
use super::text::checked;
use super::{Write, digest, packed, personal, shape};
use crate::auth::permit::ResolutionPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::RESOLUTIONS_AN_AMBITO_MAX;

/// Characters of an act's number.
const NUMBER_CHARACTERS_MAX: usize = 50;
/// Characters of a body's name.
const BODY_CHARACTERS_MAX: usize = 200;
/// Characters of what it is about.
const SUBJECT_CHARACTERS_MAX: usize = 1_000;

/// An act to be recorded.
#[derive(Clone, Debug)]
pub struct NewResolution {
    /// Number.
    pub number: String,
    /// Day of adoption.
    pub adopted_on: NaiveDate,
    /// The body that adopted it.
    pub body: String,
    /// What it is about.
    pub subject: Option<String>,
}

/// What becomes of an act; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ResolutionChange {
    /// Number.
    pub number: Option<String>,
    /// Day of adoption.
    pub adopted_on: Option<NaiveDate>,
    /// The body that adopted it.
    pub body: Option<String>,
    /// What it is about.
    pub subject: Change<String>,
}

/// Records an act. Returns its row id.
pub async fn add(write: &Write, permit: &ResolutionPermit, new: NewResolution, book: &Book) -> Result<i64> {
    let ambito = book.ambito(permit.ambito()).ok_or_else(|| Error::broken("ambito", permit.ambito()))?;
    let new = checked_whole(new, (ambito, None), write.clock().today())?;
    expect_room(ambito.resolutions.len(), RESOLUTIONS_AN_AMBITO_MAX, "input.number")?;
    let (subject_of_event, after) = (subject_of(ambito, &new.number, new.adopted_on), canonical(&new)?);
    let row = resolution::ActiveModel {
        ambito_id: Set(ambito.row.id),
        number: Set(new.number),
        adopted_on: Set(new.adopted_on),
        body: Set(new.body),
        subject: Set(new.subject),
        assumed: Set(false),
        ..Default::default()
    };
    let id = resolution::Entity::insert(row).exec(write.tx()).await?.last_insert_id;
    write.audit(permit.actor(), "resolution.add", &subject_of_event, None, Some(after)).await?;
    Ok(id)
}

/// Corrects an act that is still at this revision, and that approved no plan yet.
pub async fn update(
    write: &Write,
    permit: &ResolutionPermit,
    (id, revision): (i64, i32),
    change: ResolutionChange,
    book: &Book,
) -> Result<()> {
    let ambito = book.ambito(permit.ambito()).ok_or_else(|| Error::broken("ambito", permit.ambito()))?;
    let old = ambito.resolutions.iter().find(|row| row.id == id).ok_or_else(|| Error::broken("resolution", id))?;
    let next = next_revision(old.row_version, revision)?;
    if ambito.plans.iter().any(|plan| plan.row.resolution_id == Some(id)) {
        let refusal = Refusal::new(Code::PlanImmutable).argument("input.resolution").message(
            "Una deliberazione che ha approvato un piano non si modifica.",
            "A resolution that approved a plan does not change.",
        );
        return Err(refusal.into());
    }
    let before = NewResolution {
        number: old.number.clone(),
        adopted_on: old.adopted_on,
        body: old.body.clone(),
        subject: old.subject.clone(),
    };
    let after = NewResolution {
        number: change.number.unwrap_or_else(|| before.number.clone()),
        adopted_on: change.adopted_on.unwrap_or(before.adopted_on),
        body: change.body.unwrap_or_else(|| before.body.clone()),
        subject: change.subject.over(before.subject.clone()),
    };
    let after = checked_whole(after, (ambito, Some(id)), write.clock().today())?;
    let digests = (canonical(&before)?, canonical(&after)?);
    // The name that it had when this was done to it, which leads from its first event to this one.
    let subject = subject_of(ambito, &before.number, before.adopted_on);
    let row = resolution::ActiveModel {
        number: Set(after.number),
        adopted_on: Set(after.adopted_on),
        body: Set(after.body),
        subject: Set(after.subject),
        row_version: Set(next),
        ..Default::default()
    };
    resolution::Entity::update_many().set(row).filter(resolution::Column::Id.eq(id)).exec(write.tx()).await?;
    write.audit(permit.actor(), "resolution.update", &subject, Some(digests.0), Some(digests.1)).await
}

/// What is said of an act, its texts trimmed, where no other says the same; `own` is the one that is corrected.
fn checked_whole(
    given: NewResolution,
    (ambito, own): (&AmbitoBook, Option<i64>),
    today: NaiveDate,
) -> Result<NewResolution> {
    let new = NewResolution {
        number: number_checked(given.number)?,
        adopted_on: day_of_adoption(given.adopted_on, today)?,
        body: personal::free(shape::line_of(given.body, "input.body", BODY_CHARACTERS_MAX)?, "input.body")?,
        subject: given.subject.map(subject_checked).transpose()?,
    };
    let is_same = |row: &resolution::Model| {
        (&row.number, row.adopted_on, &row.body) == (&new.number, new.adopted_on, &new.body) && Some(row.id) != own
    };
    if ambito.resolutions.iter().any(|row| is_same(row)) {
        return Err(Refusal::new(Code::Duplicate).argument("input.number").into());
    }
    Ok(new)
}

fn number_checked(text: String) -> Result<String> {
    personal::act(shape::line_of(text, "input.number", NUMBER_CHARACTERS_MAX)?, "input.number")
}

fn subject_checked(text: String) -> Result<String> {
    personal::free(checked(text, "input.subject", SUBJECT_CHARACTERS_MAX)?, "input.subject")
}

/// A day within the years that are kept, and not after today: a plan is in force from the day of its act, and charged by it.
fn day_of_adoption(day: NaiveDate, today: NaiveDate) -> Result<NaiveDate> {
    shape::year(day.year(), "input.date")?;
    if day <= today {
        return Ok(day);
    }
    Err(shape::invalid("input.date", "Il giorno è dopo oggi.", "The day is after today."))
}

fn subject_of(ambito: &AmbitoBook, number: &str, adopted_on: NaiveDate) -> String {
    format!("resolution:{}/{number}/{adopted_on}", ambito.row.code)
}

fn canonical(act: &NewResolution) -> Result<String> {
    let NewResolution { number, adopted_on, body, subject } = act;
    digest::of_value(&json!([number, adopted_on.to_string(), body, subject]))
}

/// The acts with these row ids.
pub(super) async fn with_ids(db: &impl ConnectionTrait, ids: &[i64]) -> Result<HashMap<i64, Arc<resolution::Model>>> {
    let mut acts = HashMap::new();
    for ids in ids.chunks(packed::IDS_A_STATEMENT) {
        let some = resolution::Entity::find().filter(resolution::Column::Id.is_in(ids.iter().copied()));
        acts.extend(some.all(db).await?.into_iter().map(|row| (row.id, Arc::new(row))));
    }
    Ok(acts)
}
