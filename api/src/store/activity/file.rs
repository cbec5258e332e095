//! A file of activity between its reading and its writing: the values of its rows, packed, and all that is wrong with the others.
//!
//! It is filled by whoever reads files, and knows neither their form nor the database.

use std::collections::HashMap;

use allocation::MeasureCode;
use chrono::NaiveDate;

use super::month::Month;
use crate::error::{Error, Result};
use crate::store::book::Book;

/// The measure that counts the cases of a month. It is never imported.
pub const CASES: &str = "CASES";
/// The longest code of a case, in characters.
pub const CASE_CHARACTERS_MAX: usize = 64;
/// The same in bytes: one keeps its length in a byte.
pub const CASE_BYTES_MAX: usize = 255;

/// The names that a file may use, and what they stand for: row ids.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Row id of the Ambito.
    pub ambito: i64,
    /// Its code.
    pub ambito_code: String,
    /// Row id of the measure that counts cases.
    pub cases: i64,
    /// Services by code.
    pub services: HashMap<String, i64>,
    /// The comuni that are, were or will be members.
    pub comuni: Vec<Member>,
    /// Measures of consumption by code, without the one that counts cases.
    pub measures: HashMap<String, i64>,
    /// The last month that anything can have been delivered in.
    pub last: Option<Month>,
}

/// A comune that is, was or will be a member of the Ambito.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Row id.
    pub id: i64,
    /// ISTAT code.
    pub istat: String,
    /// Name.
    pub name: String,
    /// First and last days of its membership.
    pub valid: Vec<(NaiveDate, Option<NaiveDate>)>,
}

impl Member {
    /// Whether it is a member on any day of a month.
    pub fn is_member_in(&self, month: Month) -> bool {
        self.valid.iter().any(|(from, to)| *from <= month.last_day() && to.is_none_or(|to| to >= month.first_day()))
    }
}

impl Vocabulary {
    /// The names of an Ambito, as of a day.
    pub fn of(book: &Book, ambito: i64, today: NaiveDate) -> Result<Self> {
        let found = book.ambito(ambito).ok_or_else(|| Error::broken("ambito", ambito))?;
        let services = found.services.iter().map(|service| (service.row.code.clone(), service.row.id)).collect();
        let comuni = found.comuni.iter().filter_map(|id| book.comune(*id)).map(|comune| Member {
            id: comune.row.id,
            istat: comune.row.istat_code.clone(),
            name: comune.row.name.clone(),
            valid: comune
                .memberships
                .iter()
                .filter(|row| row.ambito_id == ambito)
                .map(|row| (row.valid_from, row.valid_to))
                .collect(),
        });
        let measures = found.measures.iter().filter(|row| row.consumption && row.code != CASES);
        // An Ambito's own measure stands before the one known everywhere.
        let (own, common): (Vec<_>, Vec<_>) = measures.partition(|row| row.ambito_id.is_some());
        let measures = common.iter().chain(&own).map(|row| (row.code.clone(), row.id)).collect();
        Ok(Self {
            ambito,
            ambito_code: found.row.code.clone(),
            cases: cases_measure(book, ambito)?,
            services,
            comuni: comuni.collect(),
            measures,
            last: Month::of(today),
        })
    }
}

/// Row id of the measure that counts cases, as an Ambito knows it.
pub fn cases_measure(book: &Book, ambito: i64) -> Result<i64> {
    let id = MeasureCode::parse(CASES).ok().and_then(|code| book.names().measure_id(ambito, &code));
    id.ok_or_else(|| Error::broken("measures of ambito", ambito))
}

/// A month of a service, comune and measure. Numbers are row ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthKey {
    /// Service.
    pub service: i64,
    /// Comune of residence.
    pub comune: i64,
    /// The month.
    pub month: Month,
    /// Measure.
    pub measure: i64,
}

/// One value. Its case stands in [`Values::codes`].
#[derive(Clone, Copy, Debug)]
struct Value {
    month: u32,
    code_from: u32,
    line: u32,
    code_bytes: u8,
    micros: i64,
}

/// The values of a file: a hundred bytes each at most, so that a million of them fit.
#[derive(Clone, Debug, Default)]
pub struct Values {
    months: Vec<MonthKey>,
    places: HashMap<MonthKey, u32>,
    all: Vec<Value>,
    codes: String,
}

/// What a month comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// In millionths.
    pub total: i64,
    /// Cases with a value above zero.
    pub cases: i64,
    /// Cases.
    pub rows: i64,
}

impl Values {
    /// How many.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds one of a line; answers false where there is no room for it.
    pub fn add(&mut self, key: MonthKey, code: &str, micros: i64, line: u64) -> bool {
        let months = &mut self.months;
        let place = self.places.entry(key).or_insert_with(|| {
            months.push(key);
            u32::try_from(months.len() - 1).unwrap_or(u32::MAX)
        });
        let from = u32::try_from(self.codes.len());
        let (Ok(code_from), Ok(code_bytes)) = (from, u8::try_from(code.len())) else { return false };
        self.codes.push_str(code);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.all.push(Value { month: *place, code_from, line, code_bytes, micros });
        true
    }

    fn code(&self, value: &Value) -> &str {
        let from = value.code_from as usize;
        self.codes.get(from..from + usize::from(value.code_bytes)).unwrap_or_default()
    }

    /// Puts them into the order in which they are stored, by month and case, and gives the lines of those that name a case of a month again.
    pub fn sort(&mut self) -> Vec<u64> {
        let mut all = std::mem::take(&mut self.all);
        let order = |one: &Value, other: &Value| {
            let (a, b) = (self.months[one.month as usize], self.months[other.month as usize]);
            a.cmp(&b).then_with(|| self.code(one).cmp(self.code(other))).then(one.line.cmp(&other.line))
        };
        all.sort_unstable_by(order);
        let again =
            all.windows(2).filter(|pair| pair[0].month == pair[1].month && self.code(&pair[0]) == self.code(&pair[1]));
        let again = again.map(|pair| u64::from(pair[1].line)).collect();
        self.all = all;
        again
    }

    /// Leaves out all values of these lines, which are sorted.
    pub fn leave_out(&mut self, lines: &[u64]) {
        if !lines.is_empty() {
            self.all.retain(|value| lines.binary_search(&u64::from(value.line)).is_err());
        }
    }

    /// The months that have values, each with its place among them, and what it comes to.
    pub fn months(&self) -> Result<Vec<(u32, MonthKey, Sum)>> {
        let mut sums = vec![Sum::default(); self.months.len()];
        for value in &self.all {
            let sum = &mut sums[value.month as usize];
            sum.total = sum.total.checked_add(value.micros).ok_or(allocation::Error::Overflow)?;
            sum.cases += i64::from(value.micros > 0);
            sum.rows += 1;
        }
        let months = (0_u32..).zip(&self.months).zip(sums).filter(|(_, sum)| sum.rows > 0);
        Ok(months.map(|((place, key), sum)| (place, *key, sum)).collect())
    }

    /// Every value in order: the place of its month, the code of its case, millionths.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &str, i64)> {
        self.all.iter().map(|value| (value.month, self.code(value), value.micros))
    }
}

/// A file that was read to its end.
#[derive(Clone, Debug)]
pub struct ActivityFile {
    /// Row id of the Ambito whose names it was read with.
    pub ambito: i64,
    /// Its code.
    pub ambito_code: String,
    /// Row id of the measure that counts cases there.
    pub cases: i64,
    /// Its name, as the sender calls it.
    pub name: String,
    /// SHA-256 over its bytes, in hexadecimal.
    pub digest: String,
    /// The values of the rows that nothing is wrong with, sorted.
    pub values: Values,
    /// Rows below the header.
    pub rows: u64,
    /// Those that something is wrong with.
    pub rejected: u64,
    /// What is wrong, by line; not more than the limit.
    pub problems: Vec<Problem>,
    /// Problems beyond those.
    pub more_problems: u64,
    /// Whether it cannot be read to its end, or has no header that is understood: then no row of it is taken.
    pub broken: bool,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Line, from 1.
    pub line: u64,
    /// The column's number, from 1; none where it is the row as a whole.
    pub column: Option<usize>,
    /// What stands there, shortened; of what could name a person, three characters at most.
    pub value: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a value, a row or a file. Codes never change; more may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // What each means to a person is in `Reason::sentence`.
pub enum Reason {
    NoHeader,
    UnknownColumn,
    MissingColumn,
    DuplicateColumn,
    RowTooLong,
    TooManyRows,
    NoRows,
    ColumnCount,
    Missing,
    UnknownService,
    UnknownComune,
    NotAMonth,
    FutureMonth,
    UnknownMeasure,
    CasesAreCounted,
    NotANumber,
    AmbiguousNumber,
    Negative,
    TooPrecise,
    TooLarge,
    NotPrintable,
    TooLong,
    TaxCode,
    Name,
    DateOfBirth,
    Duplicate,
}

impl Reason {
    /// Its stable code, and a sentence in Italian and in English.
    const fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NoHeader => ("NO_HEADER", "manca l'intestazione", "there is no header"),
            Self::UnknownColumn => ("UNKNOWN_COLUMN", "colonna sconosciuta", "this column is not known"),
            Self::MissingColumn => ("MISSING_COLUMN", "manca una colonna", "a column is missing"),
            Self::DuplicateColumn => ("DUPLICATE_COLUMN", "colonna ripetuta", "this column stands there twice"),
            Self::RowTooLong => (
                "ROW_TOO_LONG",
                "riga troppo lunga: forse manca una chiusura di virgolette",
                "the row is too long: a quote may not be closed",
            ),
            Self::TooManyRows => ("TOO_MANY_ROWS", "troppe righe per un file", "there are too many rows for one file"),
            Self::NoRows => ("NO_ROWS", "nessuna riga", "there are no rows"),
            Self::ColumnCount => {
                ("COLUMN_COUNT", "numero di colonne diverso dall'intestazione", "not as many columns as the header has")
            }
            Self::Missing => ("MISSING", "valore mancante", "a value is needed here"),
            Self::UnknownService => {
                ("UNKNOWN_SERVICE", "servizio sconosciuto nell'Ambito", "no service of the Ambito has this code")
            }
            Self::UnknownComune => {
                ("UNKNOWN_COMUNE", "il comune non è dell'Ambito in quel mese", "no comune of the Ambito in that month")
            }
            Self::NotAMonth => {
                ("NOT_A_MONTH", "non è un mese, come 2023-01 o 01/2023", "not a month such as 2023-01 or 01/2023")
            }
            Self::FutureMonth => ("FUTURE_MONTH", "mese futuro", "the month has not begun"),
            Self::UnknownMeasure => {
                ("UNKNOWN_MEASURE", "misura di consumo sconosciuta", "no measure of consumption has this name")
            }
            Self::CasesAreCounted => {
                ("CASES_ARE_COUNTED", "i casi si contano dai codici", "cases are counted from their codes")
            }
            Self::NotANumber => ("NOT_A_NUMBER", "non è un numero", "not a number"),
            Self::AmbiguousNumber => (
                "AMBIGUOUS_NUMBER",
                "migliaia o decimali? scrivere 1234 o 1,2340",
                "thousands or decimals? write 1234 or 1.2340",
            ),
            Self::Negative => ("NEGATIVE", "valore negativo", "below zero"),
            Self::TooPrecise => ("TOO_PRECISE", "più di sei decimali", "more than six decimals"),
            Self::TooLarge => ("TOO_LARGE", "più di un milione", "above a million"),
            Self::NotPrintable => {
                ("NOT_PRINTABLE", "caratteri invisibili o non validi", "invisible or invalid characters")
            }
            Self::TooLong => {
                ("TOO_LONG", "più di 64 caratteri o di 255 byte", "longer than 64 characters or 255 bytes")
            }
            Self::TaxCode => (
                "TAX_CODE",
                "sembra un codice fiscale: serve uno pseudonimo",
                "it looks like a tax code: a pseudonym is needed",
            ),
            Self::Name => (
                "NAME",
                "sembra un nome o un recapito: serve uno pseudonimo",
                "it looks like a name, or like how somebody is reached: a pseudonym is needed",
            ),
            Self::DateOfBirth => {
                ("DATE_OF_BIRTH", "contiene una data: serve uno pseudonimo", "it holds a date: a pseudonym is needed")
            }
            Self::Duplicate => (
                "DUPLICATE",
                "lo stesso caso, mese e misura in una riga precedente",
                "an earlier row has the same case, month and measure",
            ),
        }
    }

    /// The code.
    pub const fn code(self) -> &'static str {
        self.texts().0
    }

    /// What it means, in Italian and in English.
    pub const fn sentence(self) -> (&'static str, &'static str) {
        (self.texts().1, self.texts().2)
    }

    /// Whether it is about the code of a case, which could name a person.
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::TaxCode | Self::Name | Self::DateOfBirth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_sorted_summed_and_left_out_by_line() {
        let key = |month| MonthKey { service: 1, comune: 2, month: Month::new(2023, month).unwrap(), measure: 3 };
        let mut values = Values::default();
        for (month, code, micros, line) in
            [(2, "B", 5, 2), (1, "B", 1, 3), (1, "A", 0, 4), (1, "B", 7, 5), (2, "B", 9, 6)]
        {
            assert!(values.add(key(month), code, micros, line));
        }
        assert_eq!(values.sort(), [5, 6]);
        values.leave_out(&[5, 6]);
        assert_eq!(values.iter().collect::<Vec<_>>(), [(1, "A", 0), (1, "B", 1), (0, "B", 5)]);
        let sum = |total, cases, rows| Sum { total, cases, rows };
        assert_eq!(values.months().unwrap(), [(0, key(2), sum(5, 1, 1)), (1, key(1), sum(1, 1, 2))]);
        values.leave_out(&[2, 3, 4]);
        assert!(values.is_empty() && values.months().unwrap().is_empty());
    }
}
