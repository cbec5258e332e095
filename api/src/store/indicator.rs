//! Indicators: what is aimed at, and what was read on which day. Which indicators there are is said with their service.

use std::collections::HashMap;

use allocation::Micros;
use chrono::NaiveDate;
use entity::{indicator, indicator_reading};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::change::{Change, next_revision, own_ambito};
use super::insert::insert_row;
use super::master::{AmbitoBook, ServiceEntry};
use super::packed::{self, IDS_A_STATEMENT};
use super::pages::{self, Asked, Found, Place};
use super::{Transaction, Write, digest, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::READING_MICROS_MAX;
use crate::store::book::Book;

/// Characters of a unit.
const UNIT_CHARACTERS_MAX: usize = 100;
/// Characters of the source of a reading.
const SOURCE_CHARACTERS_MAX: usize = 200;

/// What becomes of an indicator; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct IndicatorChange {
    /// Unit of its readings.
    pub unit: Change<String>,
    /// What is aimed at.
    pub target: Change<Micros>,
    /// Whether that is the most that a reading may be.
    pub at_most: Option<bool>,
}

/// A reading to be recorded.
#[derive(Clone, Debug)]
pub struct NewReading {
    /// Row id of the indicator.
    pub indicator: i64,
    /// The day; not after today.
    pub read_on: NaiveDate,
    /// What it showed.
    pub value: Micros,
    /// Where that comes from.
    pub source: String,
}

/// What becomes of a reading; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ReadingChange {
    /// What it showed.
    pub value: Option<Micros>,
    /// Where that comes from.
    pub source: Option<String>,
}

/// Changes an indicator that is still at this revision.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: IndicatorChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let (service, old) = find(ambito, id)?;
    let next = next_revision(old.row_version, revision)?;
    let unit = change.unit.checked(|text| shape::line_of(text, "input.unit", UNIT_CHARACTERS_MAX))?;
    let target = change.target.checked(|target| not_below_zero(bounded(target, "input.target")?))?;
    let mut after = old.clone();
    after.unit = unit.over(after.unit);
    after.target_micros = target.over(after.target_micros.map(Micros::new)).map(Micros::get);
    after.at_most = change.at_most.unwrap_or(after.at_most);
    let digests = (canonical(old)?, canonical(&after)?);
    let row = indicator::ActiveModel {
        unit: Set(after.unit),
        target_micros: Set(after.target_micros),
        at_most: Set(after.at_most),
        row_version: Set(next),
        ..Default::default()
    };
    indicator::Entity::update_many().set(row).filter(indicator::Column::Id.eq(id)).exec(write.tx()).await?;
    let subject = format!("indicator:{}/{}/{id}", ambito.row.code, service.row.code);
    write.audit(permit.actor(), "indicator.update", &subject, Some(digests.0), Some(digests.1)).await
}

/// Records what an indicator showed on a day; one reading a day. Returns its row id.
pub async fn record(write: &Write, permit: &MasterPermit, new: NewReading, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let (service, indicator) = find(ambito, new.indicator)?;
    let read_on = shape::past_day(new.read_on, write.clock().today(), "input.readOn")?;
    let value = bounded(new.value, "input.value")?;
    let source = personal::free(shape::line_of(new.source, "input.source", SOURCE_CHARACTERS_MAX)?, "input.source")?;
    let same = indicator_reading::Entity::find()
        .filter(indicator_reading::Column::IndicatorId.eq(indicator.id))
        .filter(indicator_reading::Column::ReadOn.eq(read_on));
    if same.one(write.tx()).await?.is_some() {
        return Err(Refusal::new(Code::Duplicate).argument("input.readOn").into());
    }
    let after = canonical_reading(&indicator.name, read_on, value.get(), &source)?;
    let subject = subject_of_reading(ambito, service, indicator.id, read_on);
    let id = insert_row!(
        write.tx(),
        indicator_reading {
            indicator_id: indicator.id,
            read_on: read_on,
            value_micros: value.get(),
            source: source,
            recorded_by: permit.actor().to_owned(),
            recorded_at: write.clock().now(),
        }
    );
    write.audit(permit.actor(), "reading.record", &subject, None, Some(after)).await?;
    Ok(id)
}

/// Corrects a reading that is still at this revision. Its day stays.
pub async fn correct(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: ReadingChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let old = reading(write, id).await?.ok_or_else(|| Error::broken("reading", id))?;
    let (service, indicator) = find(ambito, old.indicator_id)?;
    let next = next_revision(old.row_version, revision)?;
    let value = change.value.map_or(Ok(Micros::new(old.value_micros)), |value| bounded(value, "input.value"))?;
    let source = match change.source {
        Some(source) => personal::free(shape::line_of(source, "input.source", SOURCE_CHARACTERS_MAX)?, "input.source")?,
        None => old.source.clone(),
    };
    let before = canonical_reading(&indicator.name, old.read_on, old.value_micros, &old.source)?;
    let after = canonical_reading(&indicator.name, old.read_on, value.get(), &source)?;
    let row = indicator_reading::ActiveModel {
        value_micros: Set(value.get()),
        source: Set(source),
        row_version: Set(next),
        ..Default::default()
    };
    let one = indicator_reading::Entity::update_many().set(row).filter(indicator_reading::Column::Id.eq(id));
    one.exec(write.tx()).await?;
    let subject = subject_of_reading(ambito, service, indicator.id, old.read_on);
    write.audit(permit.actor(), "reading.correct", &subject, Some(before), Some(after)).await
}

/// A reading as a write sees it.
pub async fn reading(write: &Write, id: i64) -> Result<Option<indicator_reading::Model>> {
    Ok(indicator_reading::Entity::find_by_id(id).one(write.tx()).await?)
}

/// Refuses to take away indicators that something was read of: the readings would mean nothing any more.
pub(super) async fn expect_unread(tx: &Transaction, gone: &[&indicator::Model]) -> Result<()> {
    let ids = gone.iter().map(|row| row.id);
    let some = indicator_reading::Entity::find().filter(indicator_reading::Column::IndicatorId.is_in(ids));
    let Some(read) = some.one(tx).await? else { return Ok(()) };
    let name = gone.iter().find(|row| row.id == read.indicator_id).map_or("", |row| row.name.as_str());
    let refusal = Refusal::new(Code::Invalid).argument("input.indicators").message(
        format!("L'indicatore ha rilevazioni e resta: {name}."),
        format!("The indicator has readings and stays: {name}."),
    );
    Err(refusal.into())
}

/// Pages of the readings of indicators.
pub async fn readings(tx: &Transaction, asked: &[Asked]) -> Result<HashMap<Asked, Found<indicator_reading::Model>>> {
    let place = Place {
        from: "indicator_reading",
        id: "id",
        owner: "indicator_id",
        day: "read_on",
        is_month: false,
        condition: String::new(),
    };
    pages::read::<indicator_reading::Entity>(tx, &place, asked, indicator_reading::Column::Id, |row| row.id).await
}

/// The last reading of each indicator that is not after a day.
pub async fn latest(
    tx: &Transaction,
    keys: &[(i64, NaiveDate)],
) -> Result<HashMap<(i64, NaiveDate), indicator_reading::Model>> {
    let mut found = HashMap::new();
    let mut days: Vec<NaiveDate> = keys.iter().map(|(_, day)| *day).collect();
    days.sort_unstable();
    days.dedup();
    for day in days {
        let of_day: Vec<i64> = keys.iter().filter(|key| key.1 == day).map(|key| key.0).collect();
        for some in of_day.chunks(IDS_A_STATEMENT) {
            let (names, mut values) = packed::parameters(some);
            values.push(day.into());
            let last = format!(
                "SELECT max(read_on) FROM indicator_reading other \
                 WHERE other.indicator_id = r.indicator_id AND other.read_on <= ${}",
                values.len()
            );
            let sql = format!(
                "SELECT r.id FROM indicator_reading r WHERE r.indicator_id IN ({names}) AND r.read_on = ({last})"
            );
            let rows = packed::rows(tx, &sql, values).await?;
            let ids = rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect::<Result<Vec<i64>>>()?;
            let rows = indicator_reading::Entity::find().filter(indicator_reading::Column::Id.is_in(ids));
            found.extend(rows.all(tx).await?.into_iter().map(|row| ((row.indicator_id, day), row)));
        }
    }
    Ok(found)
}

/// An indicator of the Ambito, and its service.
fn find(ambito: &AmbitoBook, id: i64) -> Result<(&ServiceEntry, &indicator::Model)> {
    let of_service = |service: &'_ std::sync::Arc<ServiceEntry>| service.indicators.iter().any(|row| row.id == id);
    let service = ambito.services.iter().find(|service| of_service(service));
    let found = service.and_then(|service| Some((&**service, service.indicators.iter().find(|row| row.id == id)?)));
    found.ok_or_else(|| Error::broken("indicator", id))
}

fn bounded(value: Micros, argument: &str) -> Result<Micros> {
    if (-READING_MICROS_MAX..=READING_MICROS_MAX).contains(&value.get()) {
        return Ok(value);
    }
    Err(Refusal::new(Code::Overflow).argument(argument).into())
}

fn not_below_zero(target: Micros) -> Result<Micros> {
    if target.is_negative() {
        let (it, en) = ("Un obiettivo non è negativo.", "A target is not below zero.");
        return Err(shape::invalid("input.target", it, en));
    }
    Ok(target)
}

fn subject_of_reading(ambito: &AmbitoBook, service: &ServiceEntry, indicator: i64, day: NaiveDate) -> String {
    format!("reading:{}/{}/{indicator}/{day}", ambito.row.code, service.row.code)
}

fn canonical(row: &indicator::Model) -> Result<String> {
    digest::of_value(&json!([row.name, row.unit, row.target_micros, row.at_most]))
}

fn canonical_reading(indicator: &str, day: NaiveDate, value: i64, source: &str) -> Result<String> {
    digest::of_value(&json!([indicator, day, value, source]))
}
