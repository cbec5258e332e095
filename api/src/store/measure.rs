//! Measures: what rules count by. An Ambito adds its own to those that every server knows, whose meaning stays.
//!
//! The code never changes, nor whether a measure counts what residents used: the database sees to that. The unit stays once there is a number in it.

use allocation::MeasureCode;
use entity::{activity_month, measure};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::ambito::expect_room;
use super::change::{next_revision, own_ambito};
use super::insert::insert_row;
use super::master::AmbitoBook;
use super::{Transaction, Write, digest, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::MEASURES_AN_AMBITO_MAX;
use crate::store::book::Book;

/// A measure to be.
#[derive(Clone, Debug)]
pub struct NewMeasure {
    /// Code, unique in the Ambito and not one of those that every server knows.
    pub code: String,
    /// Name in Italian.
    pub name: String,
    /// Unit in Italian.
    pub unit: String,
    /// Whether it counts what residents used, so that small values could name people.
    pub consumption: bool,
}

/// Writes a new measure. Returns its row id.
pub async fn add(write: &Write, permit: &MasterPermit, new: NewMeasure, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let code = MeasureCode::parse(&new.code).map_err(|fault| Error::from(fault).at("input.code"))?;
    personal::refuse_reference(code.as_str(), "input.code")?;
    let name = personal::line(new.name, "input.name")?;
    let unit = personal::line(new.unit, "input.unit")?;
    // Those that every server knows are among the measures of each Ambito.
    if ambito.measures.iter().any(|row| row.code == code.as_str()) {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    let own = ambito.measures.iter().filter(|row| row.ambito_id.is_some());
    expect_room(own.count(), MEASURES_AN_AMBITO_MAX, "input.code")?;
    let consumption = new.consumption;
    let after = canonical(code.as_str(), &name, &unit, consumption)?;
    let id = insert_row!(
        write.tx(),
        measure {
            ambito_id: Some(ambito.row.id),
            code: code.to_string(),
            name: name,
            unit: unit,
            consumption: consumption,
        }
    );
    write.audit(permit.actor(), "measure.add", &subject(ambito, code.as_str()), None, Some(after)).await?;
    Ok(id)
}

/// What becomes of a measure; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct MeasureChange {
    /// Name in Italian.
    pub name: Option<String>,
    /// Unit in Italian.
    pub unit: Option<String>,
}

/// Changes a measure of the Ambito's own that is still at this revision.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: MeasureChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let old = ambito.measures.iter().find(|row| row.id == id).ok_or_else(|| Error::broken("measure", id))?;
    if old.ambito_id.is_none() {
        let refusal = Refusal::new(Code::Forbidden).argument("input.measure").message(
            "È una misura comune a tutti gli Ambiti: non si modifica.",
            "It is a measure of all Ambiti and does not change.",
        );
        return Err(refusal.into());
    }
    let next = next_revision(old.row_version, revision)?;
    let name = change.name.map_or_else(|| Ok(old.name.clone()), |name| personal::line(name, "input.name"))?;
    let unit = change.unit.map_or_else(|| Ok(old.unit.clone()), |unit| personal::line(unit, "input.unit"))?;
    if unit != old.unit && (is_used(ambito, id, book) || is_delivered(write.tx(), id).await?) {
        return Err(shape::invalid(
            "input.unit",
            "La misura ha già dei valori, dei criteri o delle prestazioni: la sua unità non cambia.",
            "There are values, rules or activity of the measure already: its unit does not change.",
        ));
    }
    let before = canonical(&old.code, &old.name, &old.unit, old.consumption)?;
    let after = canonical(&old.code, &name, &unit, old.consumption)?;
    let row = measure::ActiveModel { name: Set(name), unit: Set(unit), row_version: Set(next), ..Default::default() };
    measure::Entity::update_many().set(row).filter(measure::Column::Id.eq(id)).exec(write.tx()).await?;
    write.audit(permit.actor(), "measure.update", &subject(ambito, &old.code), Some(before), Some(after)).await
}

/// Whether a value of the measure stands anywhere, or a rule counts by it.
fn is_used(ambito: &AmbitoBook, id: i64, book: &Book) -> bool {
    let comuni = ambito.comuni.iter().filter_map(|comune| book.comune(*comune));
    let mut measurements = comuni.flat_map(|comune| comune.measurements.iter());
    let mut budgets = ambito.plans.iter().flat_map(|plan| &plan.budgets);
    measurements.any(|row| row.measure_id == id)
        || budgets
            .any(|budget| budget.measures().contains(&id) || budget.basis.iter().any(|column| column.measure_id == id))
}

/// Whether anything was delivered that is counted by the measure. It is in the database only.
async fn is_delivered(tx: &Transaction, id: i64) -> Result<bool> {
    let found = activity_month::Entity::find().filter(activity_month::Column::MeasureId.eq(id)).limit(1);
    Ok(found.one(tx).await?.is_some())
}

fn subject(ambito: &AmbitoBook, code: &str) -> String {
    format!("measure:{}/{code}", ambito.row.code)
}

fn canonical(code: &str, name: &str, unit: &str, consumption: bool) -> Result<String> {
    digest::of_value(&json!([code, name, unit, consumption]))
}
