//! Resolutions: acts of an Ambito's bodies. One that approved a plan never changes, which the database itself sees to.

use chrono::NaiveDate;
use entity::resolution;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::Write;
use super::book::Book;
use super::text::checked;
use crate::auth::permit::ResolutionPermit;
use crate::error::{Code, Error, Refusal, Result};

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

/// Records an act. Returns its row id.
pub async fn add(write: &Write, permit: &ResolutionPermit, new: NewResolution, book: &Book) -> Result<i64> {
    let ambito = book.ambito(permit.ambito()).ok_or_else(|| Error::broken("ambito", permit.ambito()))?;
    let number = checked(new.number, "input.number", NUMBER_CHARACTERS_MAX)?;
    let body = checked(new.body, "input.body", BODY_CHARACTERS_MAX)?;
    let subject = new.subject.map(|text| checked(text, "input.subject", SUBJECT_CHARACTERS_MAX)).transpose()?;
    let is_same =
        |row: &resolution::Model| (&row.number, row.adopted_on, &row.body) == (&number, new.adopted_on, &body);
    if ambito.resolutions.iter().any(|row| is_same(row)) {
        return Err(Refusal::new(Code::Duplicate).argument("input.number").into());
    }
    let subject_of_event = format!("resolution:{}/{number}/{}", ambito.row.code, new.adopted_on);
    let row = resolution::ActiveModel {
        ambito_id: Set(ambito.row.id),
        number: Set(number),
        adopted_on: Set(new.adopted_on),
        body: Set(body),
        subject: Set(subject),
        assumed: Set(false),
        ..Default::default()
    };
    let id = resolution::Entity::insert(row).exec(write.tx()).await?.last_insert_id;
    write.audit(permit.actor(), "resolution.add", &subject_of_event, None, None).await?;
    Ok(id)
}
