//! Indicators: what is aimed at, and the acts that say it and record readings. Which indicators there are is said with their service; `reading` reads what was recorded.
//!
//! Unit and target hold from a month on, and those before are kept: a reading stays with the target of its month. Whether readings count people is no part of that: it says what
//! they are, of whatever month.

use allocation::Micros;
use chrono::NaiveDate;
use entity::{indicator, indicator_past, indicator_reading};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::activity::Month;
use super::ambito::expect_room;
use super::change::{Change, next_revision, own_ambito};
use super::insert::insert_row;
use super::master::{AmbitoBook, ServiceEntry};
use super::monitoring::field::from_month;
use super::{Transaction, Write, digest, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{MONITORING_DEFINITIONS_MAX, READING_MICROS_MAX};
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
    /// Whether readings count people.
    pub counts_people: Option<bool>,
    /// The month from which unit and target hold; this month where none is given, and from the beginning where there was nothing before.
    pub from: Option<Month>,
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
    /// Whether no document gives it.
    pub assumed: bool,
}

/// What becomes of a reading; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ReadingChange {
    /// What it showed.
    pub value: Option<Micros>,
    /// Where that comes from.
    pub source: Option<String>,
    /// Whether no document gives it.
    pub assumed: Option<bool>,
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
    let unit = change
        .unit
        .checked(|text| personal::free(shape::line_of(text, "input.unit", UNIT_CHARACTERS_MAX)?, "input.unit"))?;
    let target = change.target.checked(|target| not_below_zero(bounded(target, "input.target")?))?;
    let mut after = old.clone();
    after.unit = unit.over(after.unit);
    after.target_micros = target.over(after.target_micros.map(Micros::new)).map(Micros::get);
    after.at_most = change.at_most.unwrap_or(after.at_most);
    after.counts_people = change.counts_people.unwrap_or(after.counts_people);
    let from = from_month(change.from, Month::of(write.clock().today()), old.from_month)?;
    let aims = |row: &indicator::Model| (row.unit.clone(), row.target_micros, row.at_most);
    if aims(&after) != aims(old)
        && (change.from.is_some() || aims(old) != (None, None, false) || old.from_month.is_some())
    {
        after.from_month = Some(from.get());
        keep_past(write.tx(), old, from).await?;
    }
    let digests = (canonical(old)?, canonical(&after)?);
    let row = indicator::ActiveModel {
        unit: Set(after.unit),
        target_micros: Set(after.target_micros),
        at_most: Set(after.at_most),
        counts_people: Set(after.counts_people),
        from_month: Set(after.from_month),
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
    let value = counted(indicator, bounded(new.value, "input.value")?)?;
    let source = source_of(new.source)?;
    let same = indicator_reading::Entity::find()
        .filter(indicator_reading::Column::IndicatorId.eq(indicator.id))
        .filter(indicator_reading::Column::ReadOn.eq(read_on));
    if same.one(write.tx()).await?.is_some() {
        return Err(Refusal::new(Code::Duplicate).argument("input.readOn").into());
    }
    let after = canonical_reading(indicator, (read_on, 1), (value.get(), new.assumed), &source)?;
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
            assumed: new.assumed,
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
    let value = match change.value {
        Some(value) => counted(indicator, bounded(value, "input.value")?)?,
        None => Micros::new(old.value_micros),
    };
    let source = match change.source {
        Some(source) => source_of(source)?,
        None => old.source.clone(),
    };
    let assumed = change.assumed.unwrap_or(old.assumed);
    let before =
        canonical_reading(indicator, (old.read_on, old.row_version), (old.value_micros, old.assumed), &old.source)?;
    let after = canonical_reading(indicator, (old.read_on, next), (value.get(), assumed), &source)?;
    let row = indicator_reading::ActiveModel {
        value_micros: Set(value.get()),
        source: Set(source),
        assumed: Set(assumed),
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

/// Lets go of indicators that nothing was read of; of any other the readings would mean nothing any more.
pub(super) async fn let_go(tx: &Transaction, gone: &[&indicator::Model]) -> Result<()> {
    let ids = gone.iter().map(|row| row.id);
    let some = indicator_reading::Entity::find().filter(indicator_reading::Column::IndicatorId.is_in(ids));
    let Some(read) = some.one(tx).await? else {
        let past = indicator_past::Column::IndicatorId.is_in(gone.iter().map(|row| row.id));
        indicator_past::Entity::delete_many().filter(past).exec(tx).await?;
        return Ok(());
    };
    let name = gone.iter().find(|row| row.id == read.indicator_id).map_or("", |row| row.name.as_str());
    let refusal = Refusal::new(Code::Invalid).argument("input.indicators").message(
        format!("L'indicatore ha rilevazioni e resta: {name}."),
        format!("The indicator has readings and stays: {name}."),
    );
    Err(refusal.into())
}

/// Keeps what was aimed at before a month; what was said of the same month gives way to the new.
async fn keep_past(tx: &Transaction, old: &indicator::Model, until: Month) -> Result<()> {
    if old.from_month == Some(until.get()) {
        return Ok(());
    }
    let of_indicator = indicator_past::Column::IndicatorId.eq(old.id);
    let count = indicator_past::Entity::find().filter(of_indicator).count(tx).await?;
    expect_room(usize::try_from(count).map_err(Error::internal)?, MONITORING_DEFINITIONS_MAX, "input.from")?;
    insert_row!(
        tx,
        indicator_past {
            indicator_id: old.id,
            from_month: old.from_month,
            until_month: until.get(),
            unit: old.unit.clone(),
            target_micros: old.target_micros,
            at_most: old.at_most,
        }
    );
    Ok(())
}

fn source_of(source: String) -> Result<String> {
    personal::free(shape::line_of(source, "input.source", SOURCE_CHARACTERS_MAX)?, "input.source")
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

/// Refuses fewer people than none. A mean of them may have decimals.
fn counted(indicator: &indicator::Model, value: Micros) -> Result<Micros> {
    if indicator.counts_people && value.is_negative() {
        let (it, en) = ("Un numero di persone non è negativo.", "A number of people is not below zero.");
        return Err(shape::invalid("input.value", it, en));
    }
    Ok(value)
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
    digest::of_value(&json!([row.name, row.unit, row.target_micros, row.at_most, row.counts_people, row.from_month]))
}

/// A reading but for a count of people: small ones are withheld, and a digest of few possible numbers is found by trying.
fn canonical_reading(
    indicator: &indicator::Model,
    (day, revision): (NaiveDate, i32),
    (value, assumed): (i64, bool),
    source: &str,
) -> Result<String> {
    let value = (!indicator.counts_people).then_some(value);
    digest::of_value(&json!([indicator.name, day, revision, value, assumed, source]))
}
