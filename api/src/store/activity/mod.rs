//! Activity: what was delivered, by service, comune of residence, month, measure and pseudonymous case. How it comes in, and how it is read.
//!
//! It is the one thing that is too large for the book, so it is read where it is stored. A file says everything of the months that it names: a month of a
//! service, comune and measure that is imported again takes the place of the one before. What is replaced leaves the tables, since it may be about people and was
//! wrong; that it was there, and in whose place what stands now came, is in the audit trail and in the list of imports.

mod file;
mod given;
mod month;
mod read;
mod walk;
mod write;
mod year;

use chrono::{DateTime, Utc};
use entity::activity_import;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Store, Write};
use crate::auth::ActivityPermit;
use crate::error::{Code, Error, Refusal, Result};
pub use file::{
    ActivityFile, CASE_BYTES_MAX, CASE_CHARACTERS_MAX, CASES, Member, MonthKey, Problem, Reason, Sum, Values,
    Vocabulary, cases_measure,
};
pub use given::{Given, GivenRow, Reading};
pub use month::{Month, month_named};
pub use read::{Direction, MonthSum, PlaceInList, Row, Wanted, count, months, page};
pub use walk::Walk;
pub use year::{YearOfService, of_year};

/// The longest name of a file, in characters.
const NAME_CHARACTERS_MAX: usize = 200;
/// Digits of a file's digest.
const DIGEST_DIGITS: usize = 64;
/// What the audit trail calls the taking in of a file.
const IMPORT: &str = "activity.import";
/// What it calls that a file took the place of another, or of a part of it.
const REPLACE: &str = "activity.replace";

/// What becomes of a file that has bad rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing of it is taken.
    #[default]
    RejectEverything,
    /// The good rows are taken.
    RejectFailedRows,
}

impl Mode {
    /// The word that clients use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RejectEverything => "REJECT_EVERYTHING",
            Self::RejectFailedRows => "REJECT_FAILED_ROWS",
        }
    }

    /// The mode of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::RejectEverything, Self::RejectFailedRows].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// How a file is to be taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// What becomes of it where it has bad rows.
    pub mode: Mode,
    /// Whether nothing is written, and only told what would be.
    pub dry_run: bool,
    /// Digest of the file that this one replaces whole: what of it this one does not name goes, too.
    pub replaces: Option<String>,
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it was written; never on a dry run.
    pub written: bool,
    /// When the same file was taken in before, in which case nothing was done.
    pub known_since: Option<DateTime<Utc>>,
    /// Months (of a service, comune and measure) that it names.
    pub months: usize,
    /// Months that stood there before and went, or would go.
    pub replaced_months: usize,
}

/// Takes a file in, within a write that is under way. Nothing is done where the same file was taken in before, where it cannot be read, or where it has bad rows
/// and the wish is to reject everything; the outcome says so.
pub async fn import(write: &Write, permit: &ActivityPermit, file: &ActivityFile, wish: &Wish) -> Result<Outcome> {
    let plan = prepare(write.tx(), permit, file, wish).await?;
    if !plan.writes {
        return Ok(plan.outcome);
    }
    let now = write.clock().now();
    let replaced = write::write(write.tx(), permit.actor(), now, file, plan.replaces.as_ref()).await?;
    let subject = |digest: &str| format!("activity:{}/{digest}", file.ambito_code);
    let after = || Some(file.digest.clone());
    for digest in replaced.digests {
        let before = Some(digest.clone());
        write.audit(permit.actor(), REPLACE, &subject(&digest), before, after()).await?;
    }
    write.audit(permit.actor(), IMPORT, &subject(&file.digest), None, after()).await?;
    Ok(Outcome { written: true, replaced_months: replaced.months, ..plan.outcome })
}

/// The same in a write of its own, which is begun only where there is something to write.
pub async fn import_alone(store: &Store, permit: &ActivityPermit, file: &ActivityFile, wish: &Wish) -> Result<Outcome> {
    let plan = prepare(store.reader(), permit, file, wish).await?;
    if !plan.writes {
        return Ok(plan.outcome);
    }
    let write = store.write().await?;
    let outcome = import(&write, permit, file, wish).await?;
    if outcome.written {
        store.commit(write).await?;
    }
    Ok(outcome)
}

/// What is known before anything is written.
struct Plan {
    outcome: Outcome,
    writes: bool,
    /// The import that is replaced whole.
    replaces: Option<activity_import::Model>,
}

async fn prepare(db: &impl ConnectionTrait, permit: &ActivityPermit, file: &ActivityFile, wish: &Wish) -> Result<Plan> {
    if !permit.covers(file.ambito) {
        return Err(Error::Forbidden);
    }
    if file.name.chars().nth(NAME_CHARACTERS_MAX).is_some() || file.name.chars().any(char::is_control) {
        return Err(Refusal::new(Code::Invalid).argument("name").into());
    }
    let replaces = match &wish.replaces {
        Some(digest) => {
            // What is no digest is not there; PostgreSQL would not even take a text with a zero byte.
            let found = if is_digest(digest) { latest(db, file.ambito, digest).await? } else { None };
            Some(found.ok_or_else(|| Error::from(Refusal::new(Code::NotFound).argument("replaces")))?)
        }
        None => None,
    };
    let mut outcome = Outcome { months: file.values.months()?.len(), ..Outcome::default() };
    let known = latest(db, file.ambito, &file.digest).await?;
    if let Some(known) = &known {
        // A file that was replaced may be sent to take the place of what replaced it, once. One of which other rows are good by now is another one.
        let restores = replaces.as_ref().is_some_and(|replaced| replaced.id > known.id);
        let says_the_same = u64::try_from(known.rejected_rows) == Ok(file.rejected);
        if says_the_same && !restores {
            outcome.known_since = Some(known.imported_at);
            return Ok(Plan { outcome, writes: false, replaces: None });
        }
    }
    // What it said before goes, also where it is not said any more.
    let replaces = replaces.or(known);
    let is_refused =
        file.broken || file.values.is_empty() || (file.rejected > 0 && wish.mode == Mode::RejectEverything);
    if wish.dry_run && !is_refused {
        outcome.replaced_months = write::count_replaced(db, file, replaces.as_ref()).await?;
    }
    Ok(Plan { outcome, writes: !is_refused && !wish.dry_run, replaces })
}

/// Whether it is written as the digest of a file is.
fn is_digest(text: &str) -> bool {
    text.len() == DIGEST_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The last import of a file.
async fn latest(db: &impl ConnectionTrait, ambito: i64, digest: &str) -> Result<Option<activity_import::Model>> {
    let found = activity_import::Entity::find()
        .filter(activity_import::Column::AmbitoId.eq(ambito))
        .filter(activity_import::Column::Digest.eq(digest))
        .order_by_desc(activity_import::Column::Id);
    Ok(found.one(db).await?)
}
