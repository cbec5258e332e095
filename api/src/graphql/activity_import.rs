//! What became of activity that was sent: how much of it was taken, and what was wrong with the rest.

use async_graphql::{Enum, SimpleObject};

use super::language::Language;
use super::scalars::DateTime;
use crate::error::Result;
use crate::store::activity::{self, ActivityFile, Outcome, Wish};

/// What becomes of activity that has bad rows (modalità). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "activity::Mode")]
pub enum ImportMode {
    /// Nothing of it is taken (respingi tutto).
    RejectEverything,
    /// The good rows are taken (respingi le righe errate).
    RejectFailedRows,
}

/// What became of activity that was sent (esito dell'importazione).
#[derive(SimpleObject)]
pub struct ActivityImport {
    /// Whether it was written; never on a dry run (scritto).
    pub written: bool,
    /// Whether it was only tried (prova).
    pub dry_run: bool,
    /// What becomes of it where it has bad rows (modalità).
    pub mode: ImportMode,
    /// SHA-256 of what was sent, by which the same is known again (impronta).
    pub digest: String,
    /// How many rows were sent (righe).
    pub rows: i32,
    /// Those that nothing is wrong with (righe corrette).
    pub accepted: i32,
    /// Those that something is wrong with (righe errate).
    pub rejected: i32,
    /// Values of the rows that nothing is wrong with (valori).
    pub values: i32,
    /// Months, of a service, comune and measure, that they are of (mesi).
    pub months: i32,
    /// Months that stood there before and went, or would go (mesi sostituiti).
    pub replaced_months: i32,
    /// When the same was taken in before; then nothing was done (già importato il).
    pub known_since: Option<DateTime>,
    /// What is wrong, by line; the first 100 (problemi).
    pub problems: Vec<ActivityImportProblem>,
    /// How many problems there are beyond those (altri problemi).
    pub more_problems: i32,
}

/// Something that is wrong with a row, or with a file as a whole (problema).
#[derive(SimpleObject)]
pub struct ActivityImportProblem {
    /// Line of the file from 1, its header among them; of rows the row's number, from 1 (riga).
    pub line: i32,
    /// Number of the column from 1, of rows in the order of `ActivityRowInput`; none where it is the row as a whole (colonna).
    pub column: Option<i32>,
    /// What stands there, shortened; of what could name a person, three characters at most (valore).
    pub value: String,
    /// Stable code, for example `UNKNOWN_COMUNE` or `TAX_CODE`. More may be added (codice).
    pub reason: String,
    /// The same in a sentence, in the language of the request (messaggio).
    pub message: String,
}

impl ActivityImport {
    pub(super) fn new(file: &ActivityFile, wish: &Wish, outcome: &Outcome, language: Language) -> Result<Self> {
        let problem = |problem: &activity::Problem| {
            let (it, en) = problem.reason.sentence();
            Ok(ActivityImportProblem {
                line: count(problem.line)?,
                column: problem.column.map(count).transpose()?,
                value: problem.value.clone(),
                reason: problem.reason.code().to_owned(),
                message: language.choose(it, en).to_owned(),
            })
        };
        Ok(Self {
            written: outcome.written,
            dry_run: wish.dry_run,
            mode: wish.mode.into(),
            digest: file.digest.clone(),
            rows: count(file.rows)?,
            accepted: count(file.rows - file.rejected)?,
            rejected: count(file.rejected)?,
            values: count(file.values.len())?,
            months: count(outcome.months)?,
            replaced_months: count(outcome.replaced_months)?,
            known_since: outcome.known_since.map(DateTime),
            problems: file.problems.iter().map(problem).collect::<Result<_>>()?,
            more_problems: count(file.more_problems)?,
        })
    }
}

/// A count as it is published.
fn count<N>(number: N) -> Result<i32>
where
    i32: TryFrom<N>,
{
    i32::try_from(number).map_err(|_| allocation::Error::Overflow.into())
}
