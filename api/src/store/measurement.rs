//! Measurements: the values of a measure, one for each comune, on a day. A plan that froze one keeps it, whatever it becomes here.

use std::collections::HashMap;

use allocation::{IstatCode, MeasureCode, Micros};
use chrono::{Datelike, NaiveDate};
use entity::measurement;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::ambito::expect_room;
use super::change::own_ambito;
use super::master::{ComuneEntry, Measurement};
use super::{Transaction, Write, digest, insert, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{MEASURED_VALUES_AN_ACT_MAX, MEASUREMENTS_A_COMUNE_MAX};
use crate::store::book::Book;

/// A trillion: more than any count, and few enough that the sums of all comuni fit.
const VALUE_MAX: Micros = Micros::new(1_000_000_000_000 * Micros::SCALE);
/// Values that one statement changes.
const VALUES_A_STATEMENT: usize = 200;

/// Values of one measure and day.
#[derive(Clone, Debug)]
pub struct NewMeasurements {
    /// Code of the measure.
    pub measure: String,
    /// Code of the service that they count, where they count one.
    pub service: Option<String>,
    /// The day that they describe.
    pub reference_date: NaiveDate,
    /// Who says so.
    pub source: String,
    /// One for each comune.
    pub values: Vec<NewValue>,
}

/// The value of one comune.
#[derive(Clone, Copy, Debug)]
pub struct NewValue {
    /// The comune.
    pub comune: IstatCode,
    /// The value.
    pub value: Micros,
    /// The revision of the value that it takes the place of; none where there is no value yet.
    pub revision: Option<i32>,
}

/// What was set: row ids of the measure, of the service and of the comuni, in the order given.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The measure.
    pub measure: i64,
    /// The service, where the values count one.
    pub service: Option<i64>,
    /// The day.
    pub reference_date: NaiveDate,
    /// The comuni.
    pub comuni: Vec<i64>,
}

impl Measured {
    /// The value of one of its comuni, as a book has it.
    pub fn of<'b>(&self, comune: &'b ComuneEntry) -> Option<&'b Measurement> {
        comune.measurements.iter().find(|row| {
            row.measure_id == self.measure
                && row.service_id() == self.service
                && row.vintage.reference_date == self.reference_date
        })
    }
}

/// Adds the values that are not there, and changes those that are still at the revision that is named.
pub async fn set(write: &Write, permit: &MasterPermit, new: NewMeasurements, book: &Book) -> Result<Measured> {
    let ambito = own_ambito(book, permit)?;
    let not_found = |argument: &str| Error::from(Refusal::new(Code::NotFound).argument(argument));
    let code = MeasureCode::parse(&new.measure).map_err(|_| not_found("input.measure"))?;
    let measure = book.names().measure_id(ambito.row.id, &code).ok_or_else(|| not_found("input.measure"))?;
    let service = new.service.as_deref().map(|code| {
        let found = ambito.service(code).map(|service| service.row.id);
        found.ok_or_else(|| not_found("input.service"))
    });
    let service = service.transpose()?;
    let day = reference_date(new.reference_date, write.clock().today())?;
    let source = personal::free(shape::line(new.source, "input.source")?, "input.source")?;
    if new.values.is_empty() {
        return Err(shape::invalid("input.values", "Serve almeno un valore.", "At least one value is needed."));
    }
    shape::at_most(new.values.len(), MEASURED_VALUES_AN_ACT_MAX, "input.values")?;
    let comuni = comuni(&new.values, (ambito.row.id, day), book)?;
    let measured =
        Measured { measure, service, reference_date: day, comuni: comuni.iter().map(|comune| comune.row.id).collect() };
    let shown = Shown {
        measure: code.as_str(),
        service: new.service.as_deref(),
        day,
        values: ambito.measures.iter().any(|row| row.id == measure && !row.consumption),
    };
    let (before, sorted) = sort(&measured, (&comuni, &new.values), &shown)?;
    insert_new(write.tx(), &measured, &sorted.new, &source).await?;
    for some in sorted.changed.chunks(VALUES_A_STATEMENT) {
        change(write.tx(), &measured, some, &source).await?;
    }
    let after = new.values.iter().map(|value| Row {
        comune: value.comune,
        value: value.value,
        revision: value.revision.unwrap_or(0).saturating_add(1),
        source: &source,
    });
    let after = shown.digest_of(after)?;
    let of_service = new.service.as_deref().map_or_else(String::new, |service| format!("/{service}"));
    let subject = format!("measurement:{}/{code}/{day}{of_service}", ambito.row.code);
    write.audit(permit.actor(), "measurement.set", &subject, before, Some(after)).await?;
    Ok(measured)
}

/// A day within the years that are kept, and not after today: nobody has measured what is still to come.
fn reference_date(day: NaiveDate, today: NaiveDate) -> Result<NaiveDate> {
    shape::year(day.year(), "input.referenceDate")?;
    if day <= today {
        return Ok(day);
    }
    Err(shape::invalid("input.referenceDate", "La data è nel futuro.", "The day is in the future."))
}

/// The comuni of the values, each once and a member on the day, with values that can be.
fn comuni<'b>(values: &[NewValue], (ambito, day): (i64, NaiveDate), book: &'b Book) -> Result<Vec<&'b ComuneEntry>> {
    let mut found = Vec::with_capacity(values.len());
    let mut places = HashMap::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let refusal =
            |code, field: &str| Refusal::new(code).comune(value.comune).argument(format!("input.values.{at}.{field}"));
        if places.insert(value.comune, at).is_some() {
            return Err(refusal(Code::Duplicate, "comune").into());
        }
        // One of another Ambito and one that nobody knows are told alike.
        let comune = book.comune_by_istat(value.comune).filter(|comune| comune.ambito_on(day) == Some(ambito));
        let comune = comune.ok_or_else(|| {
            let code = value.comune;
            refusal(Code::NotAMember, "comune").message(
                format!("Il comune {code} non fa parte dell'Ambito alla data {day}."),
                format!("The comune {code} is not a member of the Ambito on {day}."),
            )
        })?;
        if value.value.is_negative() {
            let words = ("Un valore non può essere negativo.", "A value cannot be below zero.");
            return Err(refusal(Code::Invalid, "value").message(words.0, words.1).into());
        }
        if value.value > VALUE_MAX {
            return Err(refusal(Code::Overflow, "value").into());
        }
        found.push(&**comune);
    }
    Ok(found)
}

/// Values by row id of the comune.
#[derive(Default)]
struct Sorted {
    new: Vec<(i64, Micros)>,
    changed: Vec<(i64, Micros)>,
}

/// Which values are new and which change, and the digest of those that were there.
fn sort(
    measured: &Measured,
    (comuni, values): (&[&ComuneEntry], &[NewValue]),
    shown: &Shown<'_>,
) -> Result<(Option<String>, Sorted)> {
    let (mut before, mut sorted) = (Vec::new(), Sorted::default());
    for (at, (comune, value)) in comuni.iter().zip(values).enumerate() {
        let old = measured.of(comune);
        if old.map(|row| row.row_version) != value.revision {
            let place = format!("input.values.{at}.expectedVersion");
            return Err(Refusal::new(Code::VersionConflict).comune(value.comune).argument(place).into());
        }
        if old.is_none() {
            expect_room(comune.measurements.len(), MEASUREMENTS_A_COMUNE_MAX, &format!("input.values.{at}.comune"))?;
        }
        let list = if old.is_some() { &mut sorted.changed } else { &mut sorted.new };
        list.push((comune.row.id, value.value));
        before.extend(old.map(|row| Row {
            comune: comune.istat,
            value: row.value,
            revision: row.row_version,
            source: &row.vintage.source,
        }));
    }
    let digest = if before.is_empty() { None } else { Some(shown.digest_of(before)?) };
    Ok((digest, sorted))
}

async fn insert_new(tx: &Transaction, measured: &Measured, values: &[(i64, Micros)], source: &str) -> Result<()> {
    let rows = values.iter().map(|(comune, value)| measurement::ActiveModel {
        measure_id: Set(measured.measure),
        comune_id: Set(*comune),
        service_id: Set(measured.service),
        value_micros: Set(value.get()),
        reference_date: Set(measured.reference_date),
        source: Set(source.to_owned()),
        assumed: Set(false),
        ..Default::default()
    });
    // Collected first: an iterator that borrows, held while the database is waited for, would keep the work on one thread.
    let rows: Vec<_> = rows.collect();
    insert::many(tx, rows).await
}

/// Changes values that are there, all in one statement.
async fn change(tx: &Transaction, measured: &Measured, values: &[(i64, Micros)], source: &str) -> Result<()> {
    let mut by_comune = CaseStatement::new();
    for (comune, value) in values {
        by_comune = by_comune.case(measurement::Column::ComuneId.eq(*comune), value.get());
    }
    let of_service = match measured.service {
        Some(service) => measurement::Column::ServiceId.eq(service),
        None => measurement::Column::ServiceId.is_null(),
    };
    let done = measurement::Entity::update_many()
        .col_expr(measurement::Column::ValueMicros, by_comune.into())
        .col_expr(measurement::Column::Source, Expr::value(source))
        .col_expr(measurement::Column::Assumed, Expr::value(false))
        .col_expr(measurement::Column::RowVersion, Expr::col(measurement::Column::RowVersion).add(1))
        .filter(measurement::Column::MeasureId.eq(measured.measure))
        .filter(measurement::Column::ReferenceDate.eq(measured.reference_date))
        .filter(of_service)
        .filter(measurement::Column::ComuneId.is_in(values.iter().map(|(comune, _)| *comune)))
        .exec(tx)
        .await?;
    if usize::try_from(done.rows_affected).is_ok_and(|rows| rows == values.len()) {
        return Ok(());
    }
    Err(Error::broken("measurements of measure", measured.measure))
}

/// A value as its event's digest has it.
struct Row<'a> {
    comune: IstatCode,
    value: Micros,
    revision: i32,
    source: &'a str,
}

/// What the digests of an event are of.
struct Shown<'a> {
    measure: &'a str,
    service: Option<&'a str>,
    day: NaiveDate,
    /// Whether the values are for everybody who reads the trail. What residents used is not: a number that is small is found from its digest by
    /// trying them all. Then the revision stands for it, which changes with every value.
    values: bool,
}

impl Shown<'_> {
    /// The digest of values, by the codes of their comuni.
    fn digest_of<'r>(&self, rows: impl IntoIterator<Item = Row<'r>>) -> Result<String> {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_unstable_by_key(|row| row.comune);
        let rows = rows.iter().map(|row| {
            let said = if self.values { row.value.get() } else { i64::from(row.revision) };
            json!([row.comune.as_str(), said, row.source])
        });
        let rows: Vec<_> = rows.collect();
        digest::of_value(&json!([self.measure, self.service, self.day.to_string(), rows]))
    }
}
