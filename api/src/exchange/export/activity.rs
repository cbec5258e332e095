//! What was delivered, case by case, a row a value. The columns are those that the import takes, so that a file can go back the way it came.

use allocation::Micros;

use super::{Cell, Format, Piece};
use crate::error::{Error, Result};
use crate::store::activity::{Month, Row};
use crate::store::book::Book;

const COLUMNS: [&str; 6] = ["service", "comune", "month", "case", "measure", "value"];

/// The beginning of the file.
pub fn begin_activity(format: Format) -> Result<Vec<u8>> {
    Piece::first(format, &COLUMNS)?.finish()
}

/// A further piece of it.
pub fn activity(format: Format, book: &Book, rows: &[Row]) -> Result<Vec<u8>> {
    let mut piece = Piece::further(format);
    for row in rows {
        let (_, month, service, comune, measure, case) = &row.place;
        let broken = || Error::broken("activity", row.id);
        let (_, service) = book.service(*service).ok_or_else(broken)?;
        let comune = book.comune(*comune).ok_or_else(broken)?;
        let month = Month::stored(*month).ok_or_else(broken)?;
        piece.row(&[
            Cell::Text(&service.row.code),
            Cell::Text(comune.istat.as_str()),
            Cell::Text(&format!("{}-{:02}", month.year(), month.number())),
            Cell::Text(case),
            Cell::Text(book.names().measure(*measure)?.as_str()),
            Cell::Number(Micros::new(row.value)),
        ])?;
    }
    piece.finish()
}
