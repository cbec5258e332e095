//! A file of activity: CSV as spreadsheets in Italy write it, read as it comes, in pieces of any size. The form is described in `docs/import.md`.
//!
//! Bytes in, values and problems out. It holds one row and what was understood so far, never the file; it knows neither the database nor HTTP.

mod cell;
mod given;
mod header;

use aws_lc_rs::digest::{Context, SHA256};
use csv_core::ReadRecordResult;

use super::formula;
use crate::limits::Limits;
use crate::store::activity::{ActivityFile, Member, MonthKey, Problem, Reason, Values, Vocabulary};
use crate::store::case;
use crate::store::digest::hex;
use cell::Decoder;
pub use given::read_given;
use header::{Columns, Header};

/// The longest row, in bytes: longer ones come from a quote that nobody closed.
const ROW_BYTES_MAX: usize = 64 * 1024;
/// The most columns of a row.
const COLUMNS_MAX: usize = 64;
/// How much of a wrong value is told, in characters.
const SHOWN_CHARACTERS_MAX: usize = 40;
/// How much of one that could name a person is.
const SHOWN_OF_PERSONAL: usize = 3;

/// Reads one file.
pub struct ActivityReader {
    vocabulary: Vocabulary,
    rows_max: usize,
    problems_max: usize,
    digest: Context,
    /// What came before the end of the first line, which tells what stands between columns.
    head: Vec<u8>,
    splitter: Option<Splitter>,
    decoder: Decoder,
    header: Option<Header>,
    values: Values,
    rows: u64,
    rejected: u64,
    problems: Vec<Problem>,
    more_problems: u64,
    broken: bool,
}

/// Cuts bytes into rows.
struct Splitter {
    core: csv_core::Reader,
    cells: Vec<u8>,
    ends: Vec<usize>,
    written: usize,
    ended: usize,
}

/// One row, as bytes.
struct Row<'a> {
    cells: &'a [u8],
    ends: &'a [usize],
    line: u64,
}

impl<'a> Row<'a> {
    fn len(&self) -> usize {
        self.ends.len()
    }

    /// A cell; empty where the row has none there.
    fn cell(&self, at: usize) -> &'a [u8] {
        let from = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let to = self.ends.get(at).copied().unwrap_or(from);
        self.cells.get(from..to).unwrap_or_default()
    }
}

/// What a row says, as far as it is understood.
struct Understood {
    service: i64,
    comune: i64,
    month: crate::store::activity::Month,
    case: String,
    values: Vec<(i64, i64)>,
}

impl ActivityReader {
    /// A reader that knows these names.
    pub fn new(vocabulary: Vocabulary, limits: &Limits) -> Self {
        Self {
            vocabulary,
            rows_max: limits.import_rows_max,
            problems_max: limits.import_problems_max,
            digest: Context::new(&SHA256),
            head: Vec::new(),
            splitter: None,
            decoder: Decoder::default(),
            header: None,
            values: Values::default(),
            rows: 0,
            rejected: 0,
            problems: Vec::new(),
            more_problems: 0,
            broken: false,
        }
    }

    /// Takes the next bytes of the file.
    pub fn read(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        if self.broken {
            return;
        }
        let Some(splitter) = self.splitter.take() else {
            self.head.extend_from_slice(bytes);
            let ends = self.head.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
            if ends || self.head.len() > ROW_BYTES_MAX {
                self.begin();
            }
            return;
        };
        self.split(splitter, bytes);
    }

    /// The end of the file.
    pub fn finish(mut self, name: &str) -> ActivityFile {
        if self.splitter.is_none() && !self.broken {
            self.begin();
        }
        if let Some(splitter) = self.splitter.take().filter(|_| !self.broken) {
            self.end(splitter);
        }
        if self.header.is_none() && !self.broken {
            self.break_off(1, Reason::NoHeader);
        } else if self.rows == 0 && !self.broken {
            self.break_off(1, Reason::NoRows);
        }
        let mut again = self.values.sort();
        again.sort_unstable();
        again.dedup();
        self.values.leave_out(&again);
        for line in again {
            self.rejected += 1;
            self.tell(Problem { line, column: None, value: String::new(), reason: Reason::Duplicate });
        }
        self.problems.sort_unstable();
        if self.broken {
            self.values = Values::default();
            self.rejected = self.rows;
        }
        ActivityFile {
            ambito: self.vocabulary.ambito,
            ambito_code: self.vocabulary.ambito_code,
            cases: self.vocabulary.cases,
            name: name.to_owned(),
            digest: hex(self.digest.finish().as_ref()),
            values: self.values,
            rows: self.rows,
            rejected: self.rejected,
            problems: self.problems,
            more_problems: self.more_problems,
            broken: self.broken,
        }
    }

    /// Finds out what stands between columns, and begins to cut.
    fn begin(&mut self) {
        let head = std::mem::take(&mut self.head);
        let head = if let Some(rest) = head.strip_prefix(b"\xef\xbb\xbf") {
            self.decoder = Decoder::utf8();
            rest
        } else {
            &head
        };
        let splitter = Splitter {
            core: csv_core::ReaderBuilder::new().delimiter(header::delimiter(head)).build(),
            cells: vec![0; ROW_BYTES_MAX],
            ends: vec![0; COLUMNS_MAX],
            written: 0,
            ended: 0,
        };
        self.split(splitter, head);
    }

    /// Cuts bytes into rows, and reads each that is whole.
    fn split(&mut self, mut splitter: Splitter, mut bytes: &[u8]) {
        // To the splitter, no bytes are the end of the file.
        while !bytes.is_empty() && !self.broken {
            let read = self.step(&mut splitter, bytes);
            bytes = bytes.get(read..).unwrap_or_default();
        }
        self.splitter = Some(splitter);
    }

    /// Reads what is left without a line's end.
    fn end(&mut self, mut splitter: Splitter) {
        let mut rows = 0;
        // Once for the last row, once for the end.
        while rows < 2 && !self.broken {
            self.step(&mut splitter, &[]);
            rows += 1;
        }
    }

    /// Hands bytes to the splitter; answers how many it took.
    fn step(&mut self, splitter: &mut Splitter, bytes: &[u8]) -> usize {
        let Splitter { core, cells, ends, written, ended } = splitter;
        let (result, read, new, more) = core.read_record(bytes, &mut cells[*written..], &mut ends[*ended..]);
        *written += new;
        *ended += more;
        match result {
            ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                self.break_off(core.line(), Reason::RowTooLong);
            }
            ReadRecordResult::Record => {
                let is_ended = read > 0 && bytes.get(read - 1) == Some(&b'\n');
                let cells = &cells[..*written];
                // Lines' ends within the row, and the one after it.
                let passed = cells.iter().fold(u64::from(is_ended), |ends, byte| ends + u64::from(*byte == b'\n'));
                let line = core.line().saturating_sub(passed);
                let row = Row { cells, ends: &ends[..*ended], line };
                if self.header.is_some() {
                    self.row(&row);
                } else {
                    self.header(&row);
                }
                (*written, *ended) = (0, 0);
            }
        }
        read
    }

    fn header(&mut self, row: &Row<'_>) {
        let names: Vec<String> = (0..row.len()).map(|at| self.decoder.text(row.cell(at)).unwrap_or_default()).collect();
        match Header::read(&names, &self.vocabulary) {
            Ok(header) => self.header = Some(header),
            Err(problems) => {
                self.broken = true;
                for (column, value, reason) in problems {
                    let value = shown(&value, reason);
                    self.tell(Problem { line: row.line, column, value, reason });
                }
            }
        }
    }

    fn row(&mut self, row: &Row<'_>) {
        if (0..row.len()).all(|at| row.cell(at).iter().all(u8::is_ascii_whitespace)) {
            // Spreadsheets write rows of nothing below a table.
            return;
        }
        self.rows += 1;
        let Some(header) = self.header.take() else { return };
        let understood = self.understand(row, &header);
        self.header = Some(header);
        let Some(understood) = understood else {
            self.rejected += 1;
            return;
        };
        let Understood { service, comune, month, case, values } = understood;
        for (measure, micros) in values {
            let key = MonthKey { service, comune, month, measure };
            let has_room = self.values.len() < self.rows_max;
            if !has_room || !self.values.add(key, &case, micros, row.line) {
                self.break_off(row.line, Reason::TooManyRows);
                return;
            }
        }
    }

    /// What a row says; none where something is wrong with it, which is told.
    fn understand(&mut self, row: &Row<'_>, header: &Header) -> Option<Understood> {
        if row.len() != header.width {
            let value = row.len().to_string();
            self.tell(Problem { line: row.line, column: None, value, reason: Reason::ColumnCount });
            return None;
        }
        let month = self.cell(row, header.month, |text, vocabulary| {
            let month = cell::month(text).ok_or(Reason::NotAMonth)?;
            if vocabulary.last.is_some_and(|last| month > last) { Err(Reason::FutureMonth) } else { Ok(month) }
        });
        let service = self.cell(row, header.service, |text, vocabulary| {
            vocabulary.services.get(text).copied().ok_or(Reason::UnknownService)
        });
        let comune = self.cell(row, header.comune, |text, vocabulary| {
            let is_member = |member: &&Member| month.is_none_or(|month| member.is_member_in(month));
            let found = header.comuni.find(text).and_then(|at| vocabulary.comuni.get(at)).filter(is_member);
            found.map(|member| member.id).ok_or(Reason::UnknownComune)
        });
        let case = self.case(row, header.case);
        let values = self.row_values(row, header);
        Some(Understood { service: service?, comune: comune?, month: month?, case: case?, values: values? })
    }

    /// The values of a row by measure; none where one of them is wrong, or there are none.
    fn row_values(&mut self, row: &Row<'_>, header: &Header) -> Option<Vec<(i64, i64)>> {
        match &header.columns {
            Columns::Long { measure, value } => {
                let measure = self.cell(row, *measure, header::measure);
                let value = self.cell(row, *value, |text, _| cell::value(text));
                Some(vec![(measure?, value?)])
            }
            Columns::Wide(columns) => {
                let filled = columns.iter().filter(|(at, _)| !cell::is_blank(row.cell(*at)));
                let read: Vec<_> = filled
                    .map(|(at, measure)| Some((*measure, self.cell(row, *at, |text, _| cell::value(text))?)))
                    .collect();
                if read.is_empty() {
                    let column = columns.first().map(|(at, _)| at + 1);
                    let value = String::new();
                    self.tell(Problem { line: row.line, column, value, reason: Reason::Missing });
                    return None;
                }
                read.into_iter().collect()
            }
        }
    }

    /// The code of a case: text as it is but for the guard of a formula, as long as it names nobody.
    fn case(&mut self, row: &Row<'_>, at: usize) -> Option<String> {
        let text = self.decoder.text(row.cell(at));
        let checked = text.as_deref().ok_or(Reason::NotPrintable).and_then(|text| {
            let text = trimmed(formula::unguarded(trimmed(text)));
            case::check(text).map(|()| text.to_owned())
        });
        checked.map_err(|reason| self.tell_of(row, at, text.as_deref(), reason)).ok()
    }

    /// A cell that a function understands.
    fn cell<T>(
        &mut self,
        row: &Row<'_>,
        at: usize,
        read: impl FnOnce(&str, &Vocabulary) -> Result<T, Reason>,
    ) -> Option<T> {
        let text = self.decoder.text(row.cell(at));
        let result = match text.as_deref().map(str::trim) {
            None => Err(Reason::NotPrintable),
            Some("") => Err(Reason::Missing),
            Some(text) => read(text, &self.vocabulary),
        };
        result.map_err(|reason| self.tell_of(row, at, text.as_deref(), reason)).ok()
    }

    fn tell_of(&mut self, row: &Row<'_>, at: usize, text: Option<&str>, reason: Reason) {
        let value = shown(text.unwrap_or_default(), reason);
        self.tell(Problem { line: row.line, column: Some(at + 1), value, reason });
    }

    fn tell(&mut self, problem: Problem) {
        if self.problems.len() < self.problems_max {
            self.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }

    /// Gives the file up.
    fn break_off(&mut self, line: u64, reason: Reason) {
        self.broken = true;
        // It is told whatever else is: it is the reason why nothing was taken.
        self.problems.truncate(self.problems_max.saturating_sub(1));
        self.tell(Problem { line, column: None, value: String::new(), reason });
    }
}

/// A code without the blanks around it, which nobody sees.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\u{a0}'])
}

/// A wrong value as it is told.
fn shown(text: &str, reason: Reason) -> String {
    let most = if reason.is_personal() { SHOWN_OF_PERSONAL } else { SHOWN_CHARACTERS_MAX };
    let mut shown: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
