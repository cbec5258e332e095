//! What the comuni of an Ambito were charged for a year, and how each charge stood on a day: a row a charge.

use chrono::NaiveDate;

use super::{Cell, Format, Piece};
use crate::error::{Error, Result};
use crate::store::master::{AmbitoBook, ComuneEntry};
use crate::store::statement::ChargeLine;

const COLUMNS: [&str; 20] = [
    "ambito",
    "year",
    "istat_code",
    "comune",
    "service",
    "service_name",
    "number",
    "kind",
    "due_date",
    "charged_on",
    "financial_year",
    "mission_programme",
    "cig",
    "cup",
    "reason",
    "as_of",
    "amount",
    "paid",
    "outstanding",
    "overdue",
];

/// The charges of a comune.
pub struct ChargesOf<'a> {
    /// The comune.
    pub comune: &'a ComuneEntry,
    /// Its charges, as they stood.
    pub lines: &'a [ChargeLine],
}

/// The file, comune by comune, by due date and service.
pub fn charges<'a>(
    format: Format,
    ambito: &AmbitoBook,
    (year, day): (i32, NaiveDate),
    comuni: impl IntoIterator<Item = ChargesOf<'a>>,
) -> Result<Vec<u8>> {
    let mut piece = Piece::first(format, &COLUMNS)?;
    for ChargesOf { comune, lines } in comuni {
        for line in lines {
            let charge = &line.charge;
            let service = ambito.services.iter().find(|service| service.row.id == charge.service_id);
            let service = service.ok_or_else(|| Error::broken("service of charge", charge.id))?;
            piece.row(&[
                Cell::Text(&ambito.row.code),
                Cell::Whole(year),
                Cell::Text(comune.istat.as_str()),
                Cell::Text(&comune.row.name),
                Cell::Text(&service.row.code),
                Cell::Text(&service.row.name),
                Cell::Whole(charge.number),
                Cell::Text(super::charge_kind(charge.kind)),
                Cell::Day(charge.due_date),
                Cell::Day(charge.charged_on),
                Cell::Whole(charge.financial_year),
                Cell::optional(charge.mission_programme.as_deref()),
                Cell::optional(charge.cig.as_deref()),
                Cell::optional(charge.cup.as_deref()),
                Cell::Text(&charge.reason),
                Cell::Day(day),
                Cell::Amount(charge.amount),
                Cell::Amount(line.paid),
                Cell::Amount(line.outstanding),
                Cell::Amount(line.overdue),
            ])?;
        }
    }
    piece.finish()
}
