//! Importing what monitoring rests on: a checked [`MonitoringBundle`] becomes rows, in one transaction, or nothing does.
//!
//! Everything is written by the functions that acts take, each with its event in the audit trail.

use entity::indicator_reading;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::bundle::{IndicatorRecord, MonitoringBundle};
use super::field::{self, NewField};
use crate::auth::MasterPermit;
use crate::auth::permit::Operator;
use crate::error::{Code, Refusal, Result};
use crate::store::book::Book;
use crate::store::change::Change;
use crate::store::indicator::{self, IndicatorChange, NewReading};
use crate::store::{Store, Write};

/// What an import wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Code of the Ambito.
    pub ambito: String,
    /// How many fields.
    pub fields: usize,
    /// How many indicators it said something of.
    pub indicators: usize,
    /// How many readings.
    pub readings: usize,
}

/// Whether an Ambito has no field and its indicators neither readings nor anything said of them, so that a file of its can be taken in.
pub async fn is_unsaid(store: &Store, bundle: &MonitoringBundle) -> Result<bool> {
    let book = store.book();
    let Some(ambito) = book.ambito_by_code(&bundle.ambito) else { return Ok(false) };
    let services = ambito.services.iter().filter(|own| bundle.indicators.iter().any(|one| one.service == own.row.code));
    let named =
        services.flat_map(|own| &own.indicators).filter(|row| bundle.indicators.iter().any(|one| one.name == row.name));
    let named: Vec<_> = named.collect();
    if named.len() < bundle.indicators.len() || named.iter().any(|row| row.row_version > 1) {
        return Ok(false);
    }
    let snapshot = store.read_for_client().await?;
    let found = async {
        let fields = field::of_ambito(snapshot.tx(), ambito.row.id).await?;
        let read = indicator_reading::Column::IndicatorId.is_in(named.iter().map(|row| row.id));
        let read = indicator_reading::Entity::find().filter(read).one(snapshot.tx()).await?;
        Ok(fields.is_empty() && read.is_none())
    };
    let found = found.await;
    snapshot.end(found).await
}

/// Writes a bundle. The Ambito and its indicators must be there, fields and readings must be new. A refusal says of which record it is, and where that stands in the file.
pub async fn import(store: &Store, operator: &Operator, bundle: &MonitoringBundle) -> Result<Imported> {
    let write = store.write().await?;
    let book = write.book(&store.book()).await?;
    let ambito = book.ambito_by_code(&bundle.ambito).ok_or_else(|| bundle.places.no_ambito(&bundle.ambito))?.row.id;
    let permit = operator.keep_master(ambito);
    for record in &bundle.fields {
        let new = NewField {
            code: record.code.clone(),
            name: record.name.clone(),
            kind: record.kind,
            required: record.required,
            position: None,
            counts_people: record.counts_people,
            from: None,
        };
        let added = field::add(&write, &permit, new, &book).await;
        added.map_err(|fault| record.places.located(&format!("field {}", record.code), fault))?;
    }
    let mut readings = 0;
    for record in &bundle.indicators {
        import_indicator(&write, &permit, record, &book).await?;
        readings += record.readings.len();
    }
    store.commit(write).await?;
    let (fields, indicators) = (bundle.fields.len(), bundle.indicators.len());
    Ok(Imported { ambito: bundle.ambito.clone(), fields, indicators, readings })
}

/// What a file says nothing of stays.
fn said<T>(given: Option<T>) -> Change<T> {
    given.map_or(Change::Stays, |given| Change::To(Some(given)))
}

async fn import_indicator(write: &Write, permit: &MasterPermit, record: &IndicatorRecord, book: &Book) -> Result<()> {
    let name = format!("indicator {} of {}", record.name, record.service);
    let missing = |part: &str| record.places.located(&name, Refusal::new(Code::NotFound).argument(part).into());
    let service = book.ambito(permit.ambito()).and_then(|ambito| ambito.service(&record.service));
    let service = service.ok_or_else(|| missing("service"))?;
    let found = service.indicators.iter().find(|row| row.name == record.name).ok_or_else(|| missing("name"))?;
    let change = IndicatorChange {
        unit: said(record.unit.clone()),
        target: said(record.target),
        at_most: record.at_most,
        counts_people: Some(record.counts_people),
        from: None,
    };
    let changed = indicator::update(write, permit, (found.id, found.row_version), change, book).await;
    changed.map_err(|fault| record.places.located(&name, fault))?;
    for reading in &record.readings {
        let new = NewReading {
            indicator: found.id,
            read_on: reading.read_on,
            value: reading.value,
            source: reading.source.clone(),
            assumed: reading.assumed,
        };
        let recorded = indicator::record(write, permit, new, book).await;
        recorded.map_err(|fault| reading.places.located(&format!("{name}, reading {}", reading.read_on), fault))?;
    }
    Ok(())
}
