//! Activity that is sent whole within a request: a file as one text, or rows.
//!
//! How it is read is `exchange`'s to know, and by the same rules as a file that comes by itself; whoever may not name that room is handed the function.

use allocation::{IstatCode, Micros};
use chrono::NaiveDate;

use super::file::{ActivityFile, Vocabulary};
use crate::limits::Limits;

/// What is sent.
#[derive(Clone, Debug)]
pub enum Given {
    /// A file, as its text.
    Csv(String),
    /// Rows.
    Rows(Vec<GivenRow>),
}

/// A row that is given without a file.
#[derive(Clone, Debug)]
pub struct GivenRow {
    /// Code of the service.
    pub service: String,
    /// The comune of residence.
    pub comune: IstatCode,
    /// A day of the month.
    pub month: NaiveDate,
    /// Pseudonym of the case.
    pub case: String,
    /// Code of the measure.
    pub measure: String,
    /// How much.
    pub value: Micros,
}

/// Reads what is sent, by the names of an Ambito; the text is what the sender calls it.
pub type Reading = fn(Vocabulary, &Limits, &str, &Given) -> ActivityFile;
