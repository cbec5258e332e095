//! The fields of monitoring reports: what an Ambito asks of every programme. Code and kind stay, since answers rest on them.
//!
//! The rest is a definition that holds from a month on; the one before it is kept, and a report is read with that of its month. Whether a field counts people is no part of it: it
//! says what the number is, of whatever month.

use std::collections::HashMap;
use std::sync::Arc;

use allocation::{Cents, Micros};
use entity::kinds::FieldKind;
use entity::{monitoring_field, monitoring_field_past};
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use serde_json::json;

use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{
    MONITORING_ANSWER_CHARACTERS_MAX, MONITORING_DEFINITIONS_MAX, MONITORING_FIELDS_AN_AMBITO_MAX, PAYMENT_CENTS_MAX,
    READING_MICROS_MAX,
};
use crate::store::activity::Month;
use crate::store::ambito::expect_room;
use crate::store::book::Book;
use crate::store::change::{next_revision, own_ambito};
use crate::store::insert::insert_row;
use crate::store::packed::IDS_A_STATEMENT;
use crate::store::text::checked;
use crate::store::{Transaction, Write, digest, personal, shape};

/// Characters of what is asked.
const NAME_CHARACTERS_MAX: usize = 200;
/// The places that a field can have.
const POSITIONS: std::ops::RangeInclusive<i32> = 1..=10_000;
/// How yes is written.
pub const YES: &str = "YES";
/// How no is written.
const NO: &str = "NO";

/// A field to be.
#[derive(Clone, Debug)]
pub struct NewField {
    /// Code, unique in the Ambito.
    pub code: String,
    /// What is asked.
    pub name: String,
    /// What kind of answer it takes.
    pub kind: FieldKind,
    /// Whether a report without it cannot be submitted.
    pub required: bool,
    /// Its place in the report; the last where none is given.
    pub position: Option<i32>,
    /// Whether its answers count people; where nothing is said, a number does.
    pub counts_people: Option<bool>,
    /// The first month that it is asked of; all where none is given.
    pub from: Option<Month>,
}

/// A field with all its definitions.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its row, with the definition that holds now.
    pub row: monitoring_field::Model,
    /// The definitions before, oldest first.
    past: Vec<monitoring_field_past::Model>,
}

impl Field {
    /// The field as it was asked in a month; none where it was not there yet.
    pub fn in_month(&self, month: Month) -> Option<monitoring_field::Model> {
        let held = |from: Option<i32>| from.is_none_or(|from| from <= month.get());
        if held(self.row.from_month) {
            return Some(self.row.clone());
        }
        let past = self.past.iter().find(|past| past.until_month > month.get())?;
        held(past.from_month).then(|| monitoring_field::Model {
            position: past.position,
            name: past.name.clone(),
            required: past.required,
            retired: past.retired,
            from_month: past.from_month,
            ..self.row.clone()
        })
    }
}

/// What becomes of a field; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct FieldChange {
    /// What is asked.
    pub name: Option<String>,
    /// Whether a report without it cannot be submitted.
    pub required: Option<bool>,
    /// Its place in the report.
    pub position: Option<i32>,
    /// Whether it is not asked any more.
    pub retired: Option<bool>,
    /// Whether its answers count people.
    pub counts_people: Option<bool>,
    /// The month from which that holds; this month where none is given.
    pub from: Option<Month>,
}

/// Writes a new field. Returns its row id.
pub async fn add(write: &Write, permit: &MasterPermit, new: NewField, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let code = shape::code(new.code, "input.code")?;
    let name = name_of(new.name)?;
    if new.counts_people == Some(true) {
        expect_number(new.kind)?;
    }
    let others = of_ambito(write.tx(), ambito.row.id).await?;
    if others.iter().any(|field| field.row.code == code) {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    expect_room(others.len(), MONITORING_FIELDS_AN_AMBITO_MAX, "input.code")?;
    let from = match new.from {
        Some(from) => Some(from_month(Some(from), Month::of(write.clock().today()), None)?),
        None => None,
    };
    let last = others.iter().map(|field| field.row.position).max().unwrap_or(0);
    let position = position(new.position.unwrap_or(last.saturating_add(1).min(*POSITIONS.end())))?;
    let row = monitoring_field::Model {
        id: 0,
        ambito_id: ambito.row.id,
        position,
        code,
        name,
        kind: new.kind,
        required: new.required,
        retired: false,
        row_version: 1,
        counts_people: new.counts_people.unwrap_or(new.kind == FieldKind::Number),
        from_month: from.map(Month::get),
    };
    let (after, subject) = (canonical(&row)?, subject(&ambito.row.code, &row.code));
    let id = insert_row!(
        write.tx(),
        monitoring_field {
            ambito_id: row.ambito_id,
            position: row.position,
            code: row.code,
            name: row.name,
            kind: row.kind,
            required: row.required,
            retired: row.retired,
            counts_people: row.counts_people,
            from_month: row.from_month,
        }
    );
    write.audit(permit.actor(), "monitoring.add_field", &subject, None, Some(after)).await?;
    Ok(id)
}

/// Changes a field that is still at this revision.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: FieldChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let old = written(write, id).await?.ok_or_else(|| Error::broken("monitoring_field", id))?;
    let next = next_revision(old.row_version, revision)?;
    let mut row = old.clone();
    if let Some(name) = change.name {
        row.name = name_of(name)?;
    }
    row.position = change.position.map_or(Ok(row.position), position)?;
    row.required = change.required.unwrap_or(row.required);
    row.retired = change.retired.unwrap_or(row.retired);
    if let Some(counts_people) = change.counts_people {
        if counts_people {
            expect_number(row.kind)?;
        }
        row.counts_people = counts_people;
    }
    if asks(&row) != asks(&old) {
        let from = from_month(change.from, Month::of(write.clock().today()), old.from_month)?;
        row.from_month = Some(from.get());
        keep_past(write.tx(), &old, from).await?;
    }
    let digests = (canonical(&old)?, canonical(&row)?);
    let subject = subject(&ambito.row.code, &row.code);
    let set = monitoring_field::ActiveModel {
        position: Set(row.position),
        name: Set(row.name),
        required: Set(row.required),
        retired: Set(row.retired),
        counts_people: Set(row.counts_people),
        from_month: Set(row.from_month),
        row_version: Set(next),
        ..Default::default()
    };
    let one = monitoring_field::Entity::update_many().set(set).filter(monitoring_field::Column::Id.eq(id));
    one.exec(write.tx()).await?;
    write.audit(permit.actor(), "monitoring.update_field", &subject, Some(digests.0), Some(digests.1)).await
}

/// What a definition says.
fn asks(row: &monitoring_field::Model) -> (&str, bool, i32, bool) {
    (&row.name, row.required, row.position, row.retired)
}

/// Keeps the definition that held before a month; one of the same month gives way to the new one.
async fn keep_past(tx: &Transaction, old: &monitoring_field::Model, until: Month) -> Result<()> {
    if old.from_month == Some(until.get()) {
        return Ok(());
    }
    let of_field = monitoring_field_past::Column::FieldId.eq(old.id);
    let count = monitoring_field_past::Entity::find().filter(of_field).count(tx).await?;
    expect_room(usize::try_from(count).map_err(Error::internal)?, MONITORING_DEFINITIONS_MAX, "input.from")?;
    insert_row!(
        tx,
        monitoring_field_past {
            field_id: old.id,
            from_month: old.from_month,
            until_month: until.get(),
            position: old.position,
            name: old.name.clone(),
            required: old.required,
            retired: old.retired,
        }
    );
    Ok(())
}

/// The month from which a new definition holds: not one to come, and not one before the definition that it follows.
pub(in crate::store) fn from_month(
    given: Option<Month>,
    this_month: Option<Month>,
    last: Option<i32>,
) -> Result<Month> {
    let this_month = this_month.ok_or_else(|| Error::internal("a month of today"))?;
    let from = given.unwrap_or(this_month);
    if from > this_month {
        let (it, en) = ("Il mese non è ancora cominciato.", "The month has not begun yet.");
        return Err(shape::invalid("input.from", it, en));
    }
    if last.is_some_and(|last| last > from.get()) {
        let (it, en) =
            ("Dopo quel mese la definizione è già cambiata.", "The definition has changed after that month already.");
        return Err(shape::invalid("input.from", it, en));
    }
    Ok(from)
}

fn name_of(name: String) -> Result<String> {
    personal::free(shape::line_of(name, "input.name", NAME_CHARACTERS_MAX)?, "input.name")
}

/// Only a number counts anything.
fn expect_number(kind: FieldKind) -> Result<()> {
    if kind == FieldKind::Number {
        return Ok(());
    }
    let (it, en) = ("Solo un campo NUMBER conta persone.", "Only a field of kind NUMBER counts people.");
    Err(shape::invalid("input.countsPeople", it, en))
}

/// A field as a write sees it.
pub async fn written(write: &Write, id: i64) -> Result<Option<monitoring_field::Model>> {
    Ok(monitoring_field::Entity::find_by_id(id).one(write.tx()).await?)
}

/// The fields of each of these Ambiti, by code.
pub async fn of_ambiti(tx: &Transaction, ambiti: &[i64]) -> Result<HashMap<i64, Arc<Vec<Field>>>> {
    let mut found: HashMap<i64, Vec<Field>> = ambiti.iter().map(|id| (*id, Vec::new())).collect();
    for some in ambiti.chunks(IDS_A_STATEMENT) {
        let of_some = monitoring_field::Column::AmbitoId.is_in(some.iter().copied());
        let rows = monitoring_field::Entity::find().filter(of_some.clone());
        let rows = rows.order_by_asc(monitoring_field::Column::Code).all(tx).await?;
        let fields = monitoring_field::Entity::find().select_only().column(monitoring_field::Column::Id);
        let of_fields = monitoring_field_past::Column::FieldId.in_subquery(fields.filter(of_some).into_query());
        let past = monitoring_field_past::Entity::find().filter(of_fields);
        let past = past.order_by_asc(monitoring_field_past::Column::UntilMonth).all(tx).await?;
        let mut by_field: HashMap<i64, Vec<monitoring_field_past::Model>> = HashMap::new();
        for row in past {
            by_field.entry(row.field_id).or_default().push(row);
        }
        for row in rows {
            let past = by_field.remove(&row.id).unwrap_or_default();
            found.entry(row.ambito_id).or_default().push(Field { row, past });
        }
    }
    Ok(found.into_iter().map(|(id, fields)| (id, Arc::new(fields))).collect())
}

/// The fields of one Ambito, by code.
pub(super) async fn of_ambito(tx: &Transaction, ambito: i64) -> Result<Arc<Vec<Field>>> {
    Ok(of_ambiti(tx, &[ambito]).await?.remove(&ambito).unwrap_or_default())
}

/// What the fields asked in a month, in the order of the report.
pub fn in_month(fields: &[Field], month: Month) -> Vec<monitoring_field::Model> {
    let mut found: Vec<_> = fields.iter().filter_map(|field| field.in_month(month)).collect();
    found.sort_by(|one, other| (one.position, &one.code).cmp(&(other.position, &other.code)));
    found
}

/// An answer in the form of its field.
pub(super) fn answer(field: &monitoring_field::Model, text: String, argument: &str) -> Result<String> {
    let (fits, it, en) = match field.kind {
        FieldKind::Text => {
            return personal::free(checked(text, argument, MONITORING_ANSWER_CHARACTERS_MAX)?, argument);
        }
        FieldKind::Number => (
            Micros::parse(&text).is_ok_and(|number| {
                let is_bounded = number.get().unsigned_abs() <= READING_MICROS_MAX.unsigned_abs();
                is_bounded && !(field.counts_people && number.is_negative())
            }),
            "Serve un numero come \"12.5\", con al massimo sei decimali; di persone, non negativo.",
            "A number such as \"12.5\" is needed, with at most six decimals; of people, not below zero.",
        ),
        FieldKind::Euro => (
            Cents::parse(&text).is_ok_and(|amount| amount.get().unsigned_abs() <= PAYMENT_CENTS_MAX.unsigned_abs()),
            "Serve un importo come \"110000.00\".",
            "An amount such as \"110000.00\" is needed.",
        ),
        FieldKind::YesNo => ([YES, NO].contains(&text.as_str()), "Serve YES oppure NO.", "YES or NO is needed."),
    };
    if fits { Ok(text) } else { Err(shape::invalid(argument, it, en)) }
}

fn position(position: i32) -> Result<i32> {
    if POSITIONS.contains(&position) {
        return Ok(position);
    }
    let (it, en) = ("Il posto va da 1 a 10000.", "A place is from 1 to 10000.");
    Err(shape::invalid("input.position", it, en))
}

fn subject(ambito: &str, code: &str) -> String {
    format!("monitoring:{ambito}/field/{code}")
}

fn canonical(row: &monitoring_field::Model) -> Result<String> {
    digest::of_value(&json!([
        row.code,
        row.name,
        row.kind.to_value(),
        row.required,
        row.position,
        row.retired,
        row.counts_people,
        row.from_month
    ]))
}
