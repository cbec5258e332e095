//! Programmes: the years that plans are made for. No year belongs to two of them, or nobody could say which one a new plan is of.

use entity::programme;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::ambito::expect_room;
use super::change::{Change, next_revision, own_ambito};
use super::insert::insert_row;
use super::master::AmbitoBook;
use super::text::checked;
use super::{Write, digest, personal, shape, work_plan};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::PROGRAMMES_AN_AMBITO_MAX;
use crate::store::book::Book;

/// Characters of a note.
const NOTE_CHARACTERS_MAX: usize = 2_000;

/// What is said of a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Title.
    pub title: String,
    /// First year.
    pub from_year: i32,
    /// Last year.
    pub to_year: i32,
    /// A note.
    pub note: Option<String>,
}

/// What becomes of a programme; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ProgrammeChange {
    /// Title.
    pub title: Option<String>,
    /// First year.
    pub from_year: Option<i32>,
    /// Last year.
    pub to_year: Option<i32>,
    /// A note.
    pub note: Change<String>,
}

/// Writes a new programme. Returns its row id.
pub async fn add(write: &Write, permit: &MasterPermit, new: Described, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let new = checked_whole(new, ambito, None)?;
    expect_room(ambito.programmes.len(), PROGRAMMES_AN_AMBITO_MAX, "input.title")?;
    let after = canonical(&new)?;
    let Described { title, from_year, to_year, note } = new;
    let id = insert_row!(
        write.tx(),
        programme { ambito_id: ambito.row.id, title: title, from_year: from_year, to_year: to_year, note: note }
    );
    write.audit(permit.actor(), "programme.add", &subject(ambito, id), None, Some(after)).await?;
    Ok(id)
}

/// Changes a programme that is still at this revision. The plans and work plans that belong to it stay within its years.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: ProgrammeChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let old = ambito.programmes.iter().find(|row| row.id == id).ok_or_else(|| Error::broken("programme", id))?;
    let next = next_revision(old.row_version, revision)?;
    let before =
        Described { title: old.title.clone(), from_year: old.from_year, to_year: old.to_year, note: old.note.clone() };
    let after = Described {
        title: change.title.unwrap_or_else(|| before.title.clone()),
        from_year: change.from_year.unwrap_or(before.from_year),
        to_year: change.to_year.unwrap_or(before.to_year),
        note: change.note.over(before.note.clone()),
    };
    let after = checked_whole(after, ambito, Some(id))?;
    keeps_plans(ambito, id, &after)?;
    work_plan::expect_within(write.tx(), id, (after.from_year, after.to_year)).await?;
    let digests = (canonical(&before)?, canonical(&after)?);
    let row = programme::ActiveModel {
        title: Set(after.title),
        from_year: Set(after.from_year),
        to_year: Set(after.to_year),
        note: Set(after.note),
        row_version: Set(next),
        ..Default::default()
    };
    programme::Entity::update_many().set(row).filter(programme::Column::Id.eq(id)).exec(write.tx()).await?;
    write.audit(permit.actor(), "programme.update", &subject(ambito, id), Some(digests.0), Some(digests.1)).await
}

/// What is said of a programme, its texts trimmed; `own` is the one that is changed.
fn checked_whole(given: Described, ambito: &AmbitoBook, own: Option<i64>) -> Result<Described> {
    let title = personal::line(given.title, "input.title")?;
    let from_year = shape::year(given.from_year, "input.fromYear")?;
    let to_year = shape::year(given.to_year, "input.toYear")?;
    let note = given
        .note
        .map(|text| personal::free(checked(text, "input.note", NOTE_CHARACTERS_MAX)?, "input.note"))
        .transpose()?;
    if from_year > to_year {
        return Err(shape::invalid(
            "input.toYear",
            "Il programma finisce prima di cominciare.",
            "The programme ends before it begins.",
        ));
    }
    let mut others = ambito.programmes.iter().filter(|row| Some(row.id) != own);
    if let Some(other) = others.find(|row| row.from_year <= to_year && from_year <= row.to_year) {
        let title = &other.title;
        let refusal = Refusal::new(Code::Duplicate).argument("input.fromYear").message(
            format!("Gli anni sono già in parte di un altro programma: {title}."),
            format!("Some of the years belong to another programme already: {title}."),
        );
        return Err(refusal.into());
    }
    Ok(Described { title, from_year, to_year, note })
}

/// Refuses years that leave out that of a plan of the programme.
fn keeps_plans(ambito: &AmbitoBook, id: i64, after: &Described) -> Result<()> {
    let mut plans = ambito.plans.iter().filter(|plan| plan.row.programme_id == Some(id));
    let Some(plan) = plans.find(|plan| !(after.from_year..=after.to_year).contains(&plan.row.year)) else {
        return Ok(());
    };
    let year = plan.row.year;
    let argument = if year < after.from_year { "input.fromYear" } else { "input.toYear" };
    let refusal = Refusal::new(Code::Invalid)
        .argument(argument)
        .message(format!("Il programma ha un piano del {year}."), format!("The programme has a plan of {year}."));
    Err(refusal.into())
}

fn subject(ambito: &AmbitoBook, id: i64) -> String {
    format!("programme:{}/{id}", ambito.row.code)
}

fn canonical(programme: &Described) -> Result<String> {
    let Described { title, from_year, to_year, note } = programme;
    digest::of_value(&json!([title, from_year, to_year, note]))
}
