//! The fields of monitoring reports: what an Ambito asks of every programme. Code and kind stay, since answers rest on them.

use std::collections::HashMap;
use std::sync::Arc;

use allocation::{Cents, Micros};
use entity::kinds::FieldKind;
use entity::monitoring_field;
use sea_orm::{ActiveEnum, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{
    MONITORING_ANSWER_CHARACTERS_MAX, MONITORING_FIELDS_AN_AMBITO_MAX, PAYMENT_CENTS_MAX, READING_MICROS_MAX,
};
use crate::store::ambito::expect_room;
use crate::store::book::Book;
use crate::store::change::{next_revision, own_ambito};
use crate::store::insert::insert_row;
use crate::store::packed::IDS_A_STATEMENT;
use crate::store::text::checked;
use crate::store::{Transaction, Write, digest, shape};

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
}

/// Writes a new field. Returns its row id.
pub async fn add(write: &Write, permit: &MasterPermit, new: NewField, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let code = shape::code(new.code, "input.code")?;
    let name = shape::line_of(new.name, "input.name", NAME_CHARACTERS_MAX)?;
    let others = of_ambito(write.tx(), ambito.row.id).await?;
    if others.iter().any(|row| row.code == code) {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    expect_room(others.len(), MONITORING_FIELDS_AN_AMBITO_MAX, "input.code")?;
    let last = others.iter().map(|row| row.position).max().unwrap_or(0);
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
        row.name = shape::line_of(name, "input.name", NAME_CHARACTERS_MAX)?;
    }
    row.position = change.position.map_or(Ok(row.position), position)?;
    row.required = change.required.unwrap_or(row.required);
    row.retired = change.retired.unwrap_or(row.retired);
    let digests = (canonical(&old)?, canonical(&row)?);
    let subject = subject(&ambito.row.code, &row.code);
    let set = monitoring_field::ActiveModel {
        position: Set(row.position),
        name: Set(row.name),
        required: Set(row.required),
        retired: Set(row.retired),
        row_version: Set(next),
        ..Default::default()
    };
    let one = monitoring_field::Entity::update_many().set(set).filter(monitoring_field::Column::Id.eq(id));
    one.exec(write.tx()).await?;
    write.audit(permit.actor(), "monitoring.update_field", &subject, Some(digests.0), Some(digests.1)).await
}

/// A field as a write sees it.
pub async fn written(write: &Write, id: i64) -> Result<Option<monitoring_field::Model>> {
    Ok(monitoring_field::Entity::find_by_id(id).one(write.tx()).await?)
}

/// The fields of each of these Ambiti, in order.
pub async fn of_ambiti(tx: &Transaction, ambiti: &[i64]) -> Result<HashMap<i64, Arc<Vec<monitoring_field::Model>>>> {
    let mut found: HashMap<i64, Vec<monitoring_field::Model>> = ambiti.iter().map(|id| (*id, Vec::new())).collect();
    for some in ambiti.chunks(IDS_A_STATEMENT) {
        let of_some = monitoring_field::Column::AmbitoId.is_in(some.iter().copied());
        let rows = monitoring_field::Entity::find()
            .filter(of_some)
            .order_by_asc(monitoring_field::Column::Position)
            .order_by_asc(monitoring_field::Column::Code);
        for row in rows.all(tx).await? {
            found.entry(row.ambito_id).or_default().push(row);
        }
    }
    Ok(found.into_iter().map(|(id, rows)| (id, Arc::new(rows))).collect())
}

/// The fields of one Ambito, in order.
pub(super) async fn of_ambito(tx: &Transaction, ambito: i64) -> Result<Arc<Vec<monitoring_field::Model>>> {
    Ok(of_ambiti(tx, &[ambito]).await?.remove(&ambito).unwrap_or_default())
}

/// An answer in the form of its field.
pub(super) fn answer(field: &monitoring_field::Model, text: String, argument: &str) -> Result<String> {
    let (fits, it, en) = match field.kind {
        FieldKind::Text => return checked(text, argument, MONITORING_ANSWER_CHARACTERS_MAX),
        FieldKind::Number => (
            Micros::parse(&text).is_ok_and(|number| number.get().unsigned_abs() <= READING_MICROS_MAX.unsigned_abs()),
            "Serve un numero come \"12.5\", con al massimo sei decimali.",
            "A number such as \"12.5\" is needed, with at most six decimals.",
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
    digest::of_value(&json!([row.code, row.name, row.kind.to_value(), row.required, row.position, row.retired]))
}
