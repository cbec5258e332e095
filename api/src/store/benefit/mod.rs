//! Benefits (titoli sociali): measures that grant them, who applies, what was granted and what became of it.
//!
//! Measures are in the book with their services. Applications and grants are about people, pseudonymous, and grow: they are read where they are stored, by pages
//! or added up.

pub mod application;
pub mod change;
pub mod grant;
pub mod import;
pub mod list;
pub mod measure;
mod reference;
pub mod sum;
mod term;

use std::sync::Arc;

use allocation::IstatCode;
use chrono::NaiveDate;
use entity::{benefit_application, benefit_measure};
use sea_orm::EntityTrait;
use serde_json::json;

use super::activity::Reason;
use super::book::Book;
use super::master::{AmbitoBook, BenefitMeasureEntry, ComuneEntry, covers};
use super::{Transaction, Write, case, digest, packed, personal, shape};
use crate::auth::permit::BenefitPermit;
use crate::error::{Code, Error, Refusal, Result};
pub use term::{Amount, Term, Turn};

/// The Ambito that a permit holds for, and a measure of benefits of its.
fn own_measure<'b>(
    book: &'b Book,
    permit: &BenefitPermit,
    measure: i64,
) -> Result<(&'b AmbitoBook, &'b Arc<BenefitMeasureEntry>)> {
    let ambito = book.ambito(permit.ambito()).ok_or_else(|| Error::broken("ambito", permit.ambito()))?;
    let found = ambito.benefit_measure(measure);
    let (_, measure) = found.ok_or_else(|| Error::from(Refusal::new(Code::NotFound).argument("input.measure")))?;
    Ok((ambito, measure))
}

/// The days between which a measure grants anything.
fn period(row: &benefit_measure::Model, argument: &str) -> Result<(NaiveDate, NaiveDate)> {
    row.starts_on.zip(row.ends_on).ok_or_else(|| {
        let refusal = Refusal::new(Code::OutsidePeriod).argument(argument);
        refusal.message("La misura non ha ancora un periodo.", "The measure has no period yet.").into()
    })
}

/// Refuses a day outside of a measure's period.
fn expect_within(row: &benefit_measure::Model, day: NaiveDate, argument: &str) -> Result<()> {
    let (from, to) = period(row, argument)?;
    if covers(from, Some(to), day) {
        return Ok(());
    }
    let refusal = Refusal::new(Code::OutsidePeriod).argument(argument);
    let (it, en) =
        (format!("La misura va dal {from} al {to}."), format!("The measure's period is from {from} to {to}."));
    Err(refusal.message(it, en).into())
}

/// The comune with this code, where it is a member of the Ambito on a day. Whether another exists is not told.
fn member<'b>(
    (book, ambito): (&'b Book, &AmbitoBook),
    comune: IstatCode,
    (day, argument): (NaiveDate, &str),
) -> Result<&'b ComuneEntry> {
    let found = book.comune_by_istat(comune).filter(|entry| entry.ambito_on(day) == Some(ambito.row.id));
    found.map(|entry| &**entry).ok_or_else(|| {
        let refusal = Refusal::new(Code::NotAMember).argument(argument).comune(comune);
        refusal
            .message(
                "Quel giorno il comune non fa parte dell'Ambito.",
                "The comune is no member of the Ambito on that day.",
            )
            .into()
    })
}

/// The code of a case as it was given, where it is a pseudonym. What is refused is not said again.
fn pseudonym(text: String, argument: &str) -> Result<String> {
    let text = shape::line_of(text, argument, super::activity::CASE_CHARACTERS_MAX)?;
    match case::check(&text) {
        Ok(()) => Ok(text),
        Err(Reason::TaxCode | Reason::DateOfBirth | Reason::Name) => {
            Err(Refusal::new(Code::PersonalData).argument(argument).into())
        }
        Err(_) => Err(shape::invalid(argument, "Il codice non è ammesso.", "The code is not allowed.")),
    }
}

/// Why something is done to somebody's application or benefit.
fn reason(text: String) -> Result<String> {
    let argument = "input.reason";
    personal::free(super::text::checked(text, argument, shape::TEXT_CHARACTERS_MAX)?, argument)
}

fn not_in_the_future(write: &Write, day: NaiveDate, argument: &str) -> Result<()> {
    if day > write.clock().today() {
        return Err(shape::invalid(argument, "Il giorno è nel futuro.", "The day is in the future."));
    }
    Ok(())
}

/// A step that cannot be made from where something stands.
fn illegal(argument: &str, it: &'static str, en: &'static str) -> Error {
    Refusal::new(Code::IllegalTransition).argument(argument).message(it, en).into()
}

async fn find_application(tx: &Transaction, id: i64) -> Result<benefit_application::Model> {
    let found = benefit_application::Entity::find_by_id(id).one(tx).await?;
    found.ok_or_else(|| Error::broken("benefit application", id))
}

/// Row ids of the application that goes by a number, and of its measure; none where there is no such application.
pub async fn find_application_by(write: &Write, number: i64) -> Result<Option<(i64, i64)>> {
    goes_by(write, "benefit_application", number).await
}

/// Row ids of the grant that goes by a number, and of its measure; none where there is no such grant.
pub async fn find_grant_by(write: &Write, number: i64) -> Result<Option<(i64, i64)>> {
    goes_by(write, "benefit_grant", number).await
}

async fn goes_by(write: &Write, table: &str, number: i64) -> Result<Option<(i64, i64)>> {
    let sql = format!("SELECT id, benefit_measure_id FROM {table} WHERE {}", reference::goes_by(number));
    let rows = packed::rows(write.tx(), &sql, []).await?;
    rows.first().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).transpose()
}

/// A row as the trail digests it: where it stands, and nothing of the person. Amounts, days, comuni and codes of cases have few values, and a digest of
/// them could be found by trying.
fn canonical(ambito: &AmbitoBook, (kind, id): (&str, i64), status: &str, revision: i32) -> Result<String> {
    digest::of_value(&json!([ambito.row.code, kind, id, status, revision]))
}
