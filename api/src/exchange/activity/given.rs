//! Activity that is sent whole: a file as one text, or rows. A row takes the way of a file's row from where that is cut into cells, so that there is one way to read
//! each cell.

use allocation::Micros;

use super::cell::Decoder;
use super::header::Header;
use super::{ActivityReader, Row, formula};
use crate::limits::Limits;
use crate::store::activity::{ActivityFile, Given, GivenRow, Vocabulary};

/// The columns of a row, in their order: problems tell them by their numbers.
const COLUMNS: [&str; 6] = ["service", "comune", "month", "case", "measure", "value"];
/// What the digest of rows begins with, so that it is never that of a file.
const ROWS: &[u8] = b"rows of activity, 1";
/// Decimals that a file could mean as thousands.
const AMBIGUOUS_DECIMALS: usize = 3;

/// Reads what is sent.
pub fn read_given(vocabulary: Vocabulary, limits: &Limits, name: &str, given: &Given) -> ActivityFile {
    let mut reader = ActivityReader::new(vocabulary, limits);
    match given {
        Given::Csv(text) => reader.read(text.as_bytes()),
        Given::Rows(rows) => reader.read_rows(rows),
    }
    reader.finish(name)
}

impl ActivityReader {
    /// Takes rows, the first of which is line 1. Their digest is over the length and the bytes of each cell.
    fn read_rows(&mut self, rows: &[GivenRow]) {
        self.digest.update(ROWS);
        self.decoder = Decoder::utf8();
        self.header = Header::read(&COLUMNS.map(str::to_owned), &self.vocabulary).ok();
        for (line, row) in (1..).zip(rows) {
            if self.broken {
                return;
            }
            let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(COLUMNS.len()));
            for cell in cells(row) {
                self.digest.update(&u64::try_from(cell.len()).unwrap_or(u64::MAX).to_be_bytes());
                self.digest.update(cell.as_bytes());
                bytes.extend_from_slice(cell.as_bytes());
                ends.push(bytes.len());
            }
            self.row(&Row { cells: &bytes, ends: &ends, line });
        }
    }
}

/// A row's cells, as a file would spell them.
fn cells(row: &GivenRow) -> [String; COLUMNS.len()] {
    let GivenRow { service, comune, month, case, measure, value } = row;
    [
        service.clone(),
        comune.to_string(),
        month.format("%Y-%m").to_string(),
        formula::guarded(case).into_owned(),
        measure.clone(),
        plain(*value),
    ]
}

/// A number that nobody can take for another: in a file 1.234 could be thousands, here it is not.
fn plain(value: Micros) -> String {
    let text = value.to_string();
    match text.split_once('.') {
        Some((_, decimals)) if decimals.len() == AMBIGUOUS_DECIMALS => text + "0",
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use allocation::{IstatCode, Micros};
    use chrono::NaiveDate;

    use super::{GivenRow, cells, formula, plain};

    /// A row is no spreadsheet: an apostrophe in it is one of the code.
    #[test]
    fn a_code_is_read_as_it_was_given() {
        for case in ["=1", "'=1", "''-1", "'C-1", "C-1"] {
            let row = GivenRow {
                service: "SAD".to_owned(),
                comune: IstatCode::parse("017103").unwrap(),
                month: NaiveDate::default(),
                case: case.to_owned(),
                measure: "HOURS".to_owned(),
                value: Micros::ONE,
            };
            assert_eq!(formula::unguarded(&cells(&row)[3]), case);
        }
    }

    #[test]
    fn a_number_of_three_decimals_is_not_thousands() {
        for (micros, expected) in [
            (1_234_000, "1.2340"),
            (1_200_000, "1.2"),
            (1_000_000_000, "1000"),
            (1_234_567, "1.234567"),
            (-1_500_000, "-1.5"),
            (0, "0"),
        ] {
            let text = plain(Micros::new(micros));
            assert_eq!(text, expected);
            let read = super::super::cell::value(&text);
            assert_eq!(read.ok(), Some(micros).filter(|micros| *micros >= 0), "{text}");
        }
    }
}
