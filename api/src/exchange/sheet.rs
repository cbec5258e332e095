//! A CSV file as rows that know their line. It knows nothing of what the columns mean.

use csv::{ReaderBuilder, StringRecord};

use super::problem::{Place, Problems};
use super::text::{self, Read};

/// One row, whose cells are named by the header.
pub(super) struct Row<'a> {
    header: &'static [&'static str],
    cells: StringRecord,
    place: Place,
    problems: &'a Problems,
}

impl Row<'_> {
    /// Where it stands.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Reports something about it.
    pub(super) fn problem(&self, reason: impl Into<String>) {
        self.problems.add(self.place, reason);
    }

    /// A cell that a function understands.
    pub(super) fn read<T>(&self, column: &str, parse: impl Fn(&str) -> Read<T>) -> Option<T> {
        let cell = self.cell(column);
        let report = |reason| self.problem(format!("`{column}`: {reason} (found {})", text::quoted(cell)));
        parse(cell).map_err(report).ok()
    }

    /// A cell that may be empty.
    pub(super) fn read_or_none<T>(&self, column: &str, parse: impl Fn(&str) -> Read<T>) -> Option<T> {
        if self.is_empty(column) { None } else { self.read(column, parse) }
    }

    /// Whether a cell is empty.
    pub(super) fn is_empty(&self, column: &str) -> bool {
        self.cell(column).is_empty()
    }

    fn cell(&self, column: &str) -> &str {
        let position = self.header.iter().position(|name| *name == column);
        position.and_then(|position| self.cells.get(position)).unwrap_or_default()
    }
}

/// Hands every row with the right number of cells to a function, after a header of exactly these names. Answers whether
/// every row was handed on.
pub(super) fn rows(
    file: &'static str,
    text: &str,
    header: &'static [&'static str],
    problems: &Problems,
    mut each: impl FnMut(Row<'_>),
) -> bool {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut lines = Lines { text, position: 0, line: 1 };
    let mut cells = StringRecord::new();
    let mut complete = true;
    let mut has_header = false;
    loop {
        match reader.read_record(&mut cells) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => {
                problems.add(Place { file, line: lines.line }, "the row is not CSV");
                return false;
            }
        }
        let line = lines.of(cells.position().map_or(0, csv::Position::byte));
        let place = Place { file, line };
        if !has_header {
            if !cells.iter().eq(header.iter().copied()) {
                problems.add(place, format!("the header must be {}, separated by commas", header.join(",")));
                return false;
            }
            has_header = true;
        } else if cells.len() == header.len() {
            each(Row { header, cells: cells.clone(), place, problems });
        } else {
            problems.add(place, format!("{} columns are expected, {} are here", header.len(), cells.len()));
            complete = false;
        }
    }
    if !has_header {
        problems.add(Place { file, line: 1 }, format!("the header {} is missing", header.join(",")));
    }
    has_header && complete
}

/// Counts lines while walking forward.
struct Lines<'a> {
    text: &'a str,
    position: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of the first row at or after a byte. The reader passes over empty lines without a word, so that the byte
    /// it names may lie before them.
    fn of(&mut self, byte: u64) -> usize {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(current) = self.text.as_bytes().get(self.position) {
            if self.position >= byte && !matches!(current, b'\n' | b'\r') {
                break;
            }
            self.line += usize::from(*current == b'\n');
            self.position += 1;
        }
        self.line
    }
}
