//! Files out: tables in CSV for spreadsheets and reporting tools. The form is described in `docs/export.md`.
//!
//! Pure: values in, bytes out, a piece at a time. What an asker may see was decided before.

mod activity;
mod charge;
mod quota;

use allocation::{Cents, Micros};
use chrono::NaiveDate;
use csv::{Terminator, Writer, WriterBuilder};
use entity::kinds::{ChargeKind, PlanKind};

use super::formula;
use crate::error::{Error, Result};
pub use activity::{activity, begin_activity};
pub use charge::{ChargesOf, charges};
pub use quota::quotas;

/// By this mark spreadsheets know UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Decimals after which a comma could also stand between thousands; a number with so many gets one more, as the import asks for it.
const DECIMALS_OF_THOUSANDS: usize = 3;

/// What stands between cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Separator {
    /// A semicolon, as spreadsheets in Italy read and write it.
    #[default]
    Semicolon,
    /// A comma.
    Comma,
}

/// What stands before decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecimalMark {
    /// A comma, as in Italy.
    #[default]
    Comma,
    /// A point.
    Point,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// What stands between cells.
    pub separator: Separator,
    /// What stands before decimals.
    pub decimal: DecimalMark,
    /// Whether the file begins with a byte order mark.
    pub mark: bool,
}

impl Default for Format {
    fn default() -> Self {
        Self { separator: Separator::default(), decimal: DecimalMark::default(), mark: true }
    }
}

impl Separator {
    /// The separator of a word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "semicolon" => Some(Self::Semicolon),
            "comma" => Some(Self::Comma),
            _ => None,
        }
    }
}

impl DecimalMark {
    /// The mark of a word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "comma" => Some(Self::Comma),
            "point" => Some(Self::Point),
            _ => None,
        }
    }
}

/// One cell.
#[derive(Clone, Copy, Debug)]
enum Cell<'a> {
    /// Text of whatever origin: what begins like a formula is guarded.
    Text(&'a str),
    /// Money, always with two decimals.
    Amount(Cents),
    /// A quantity, zeros at its end cut.
    Number(Micros),
    /// A count, a year.
    Whole(i32),
    /// A day, as `YYYY-MM-DD`.
    Day(NaiveDate),
    /// `true` or `false`.
    Truth(bool),
}

impl<'a> Cell<'a> {
    /// A text, or an empty cell.
    fn optional(text: Option<&'a str>) -> Self {
        Self::Text(text.unwrap_or_default())
    }
}

/// A piece of a file, being written.
struct Piece {
    writer: Writer<Vec<u8>>,
    decimal: DecimalMark,
}

impl Piece {
    /// The first piece, with the names of the columns.
    fn first(format: Format, columns: &[&str]) -> Result<Self> {
        let start = if format.mark { BYTE_ORDER_MARK } else { &[] };
        let mut piece = Self::with(format, start.to_vec());
        piece.writer.write_record(columns).map_err(Error::internal)?;
        Ok(piece)
    }

    /// A further piece.
    fn further(format: Format) -> Self {
        Self::with(format, Vec::new())
    }

    fn with(format: Format, start: Vec<u8>) -> Self {
        let separator = match format.separator {
            Separator::Semicolon => b';',
            Separator::Comma => b',',
        };
        // Lines end as RFC 4180 has it.
        let writer = WriterBuilder::new().delimiter(separator).terminator(Terminator::CRLF).from_writer(start);
        Self { writer, decimal: format.decimal }
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        for cell in cells {
            let written = match cell {
                Cell::Text(text) => self.writer.write_field(formula::guarded(text).as_bytes()),
                Cell::Amount(amount) => self.writer.write_field(self.marked(amount.to_string())),
                Cell::Number(number) => self.writer.write_field(self.number(*number)),
                Cell::Whole(number) => self.writer.write_field(number.to_string()),
                Cell::Day(day) => self.writer.write_field(day.to_string()),
                Cell::Truth(truth) => self.writer.write_field(truth.to_string()),
            };
            written.map_err(Error::internal)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(Error::internal)
    }

    fn number(&self, number: Micros) -> String {
        let mut text = number.to_string();
        if text.split_once('.').is_some_and(|(_, decimals)| decimals.len() == DECIMALS_OF_THOUSANDS) {
            text.push('0');
        }
        self.marked(text)
    }

    /// A number with the mark that is asked for.
    fn marked(&self, text: String) -> String {
        if self.decimal == DecimalMark::Comma { text.replace('.', ",") } else { text }
    }

    fn finish(self) -> Result<Vec<u8>> {
        self.writer.into_inner().map_err(|problem| Error::internal(problem.to_string()))
    }
}

/// The word of a kind of plan, as the API has it.
fn plan_kind(kind: PlanKind) -> &'static str {
    match kind {
        PlanKind::Forecast => "FORECAST",
        PlanKind::Amendment => "AMENDMENT",
        PlanKind::Final => "FINAL",
    }
}

/// The word of a kind of charge, as the API has it.
fn charge_kind(kind: ChargeKind) -> &'static str {
    match kind {
        ChargeKind::Instalment => "INSTALMENT",
        ChargeKind::Amendment => "AMENDMENT",
        ChargeKind::Settlement => "SETTLEMENT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, cells: &[Cell<'_>]) -> String {
        let mut piece = Piece::first(format, &["a", "b"]).unwrap();
        for pair in cells.chunks(2) {
            piece.row(pair).unwrap();
        }
        String::from_utf8(piece.finish().unwrap()).unwrap()
    }

    #[test]
    fn a_file_for_people_and_one_for_programs() {
        let cells = [
            Cell::Text("=1+1;\"x\""),
            Cell::Amount(Cents::new(-123_450)),
            Cell::Number(Micros::new(1_234_000)),
            Cell::Number(Micros::new(7_500_000)),
            Cell::Text("a,b"),
            Cell::Whole(-3),
            Cell::Day(NaiveDate::from_ymd_opt(2023, 1, 31).unwrap()),
            Cell::Truth(false),
            Cell::optional(None),
            Cell::Amount(Cents::ZERO),
        ];
        let people =
            "\u{feff}a;b\r\n\"'=1+1;\"\"x\"\"\";-1234,50\r\n1,2340;7,5\r\na,b;-3\r\n2023-01-31;false\r\n;0,00\r\n";
        assert_eq!(written(Format::default(), &cells), people);
        let programs = Format { separator: Separator::Comma, decimal: DecimalMark::Point, mark: false };
        let expected =
            "a,b\r\n\"'=1+1;\"\"x\"\"\",-1234.50\r\n1.2340,7.5\r\n\"a,b\",-3\r\n2023-01-31,false\r\n,0.00\r\n";
        assert_eq!(written(programs, &cells), expected);
        // A comma for both is still a table of two columns.
        let both = Format { separator: Separator::Comma, ..Format::default() };
        assert_eq!(written(both, &cells[..2]), "\u{feff}a,b\r\n\"'=1+1;\"\"x\"\"\",\"-1234,50\"\r\n");
    }
}
