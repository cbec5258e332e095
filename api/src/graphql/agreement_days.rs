//! The days of an agreement: when money is due, and what is to happen when.

use allocation::Cents;
use async_graphql::SimpleObject;
use chrono::NaiveDate;
use entity::{agreement_instalment, agreement_milestone, agreement_recurrence, milestone_progress};

use super::enums::{MilestoneState, RecurrenceKind};
use super::scalars::{Date, Euro};
use crate::error::{Error, Result};
use crate::store::agreement::schedule::{self, Progress};

/// So much of an agreement is due on a day (rata).
#[derive(SimpleObject)]
#[graphql(name = "AgreementInstalment")]
pub struct Instalment {
    /// What the document calls it (denominazione).
    pub label: String,
    /// First day of the period that it is for (periodo dal).
    pub period_from: Option<Date>,
    /// Last day of the period that it is for (periodo al).
    pub period_to: Option<Date>,
    /// The day it is due; none where the document does not give it (scadenza).
    pub due_date: Option<Date>,
    /// How much (importo).
    pub amount: Euro,
}

/// What is to happen, and how that stands on a day (tappa). It has either a day on which it begins or a day by which it is done.
#[derive(SimpleObject)]
pub struct Milestone {
    /// Code: the same for the same milestone in every version (codice).
    pub code: String,
    /// Code of its area (area).
    pub area: Option<String>,
    /// What is to happen (attività).
    pub item: String,
    /// The day it begins (a partire dal).
    pub from: Option<Date>,
    /// The day it is done by (entro il).
    pub by: Option<Date>,
    /// The day it began, where that was by the day asked about (avviata il).
    pub started_on: Option<Date>,
    /// The day it was done, where that was by the day asked about (conclusa il).
    pub done_on: Option<Date>,
    /// How far it has come (stato).
    pub state: MilestoneState,
    /// Whether it had not begun on the day it was to begin, or was not done by the day it was to be done; so it stays where it came late (in ritardo).
    pub late: bool,
    /// By how many days; 0 where it is not late (giorni di ritardo).
    pub days_late: i32,
    /// What was said of it, whatever the day (nota).
    pub note: Option<String>,
    /// Counts what was reported of it: what the next report names as `expectedVersion`; 0 where nothing was (revisione).
    pub revision: i32,
}

/// A day that comes again (scadenza ricorrente): every year in a month on a day, or after so many months each. As it was given, so that it can be given again.
#[derive(SimpleObject)]
#[graphql(name = "AgreementRecurrence")]
pub struct Recurrence {
    /// What is done on it (tipo di scadenza).
    pub kind: RecurrenceKind,
    /// The month, from 1 to 12 (mese).
    pub month: Option<i32>,
    /// The day of the month; where the month is shorter its last day stands for it (giorno).
    pub day: Option<i32>,
    /// Months from one to the next, counted from the first day of the period (ogni quanti mesi).
    pub every_months: Option<i32>,
}

/// Whether a day lies between two others; where none of them is given, also what has no day.
pub(super) fn within(day: Option<NaiveDate>, from: Option<Date>, by: Option<Date>) -> bool {
    match day {
        Some(day) => from.is_none_or(|from| day >= from.0) && by.is_none_or(|by| day <= by.0),
        None => from.is_none() && by.is_none(),
    }
}

impl Instalment {
    pub(super) fn new(row: &agreement_instalment::Model) -> Self {
        Self {
            label: row.label.clone(),
            period_from: row.period_from.map(Date),
            period_to: row.period_to.map(Date),
            due_date: row.due_date.map(Date),
            amount: Euro(Cents::new(row.amount_cents)),
        }
    }
}

impl Recurrence {
    pub(super) fn new(row: &agreement_recurrence::Model) -> Result<Self> {
        let every = (row.month_day.map(|number| (number / 100, number % 100)), row.every_months);
        if every.0.is_some() == every.1.is_some() {
            return Err(Error::broken("recurrence of agreement", row.id));
        }
        let (month, day) = every.0.unzip();
        Ok(Self { kind: row.kind.into(), month, day, every_months: every.1 })
    }
}

impl From<Progress> for MilestoneState {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Planned => Self::Planned,
            Progress::Started => Self::Started,
            Progress::Done => Self::Done,
        }
    }
}

impl Milestone {
    pub(super) fn new(
        row: &agreement_milestone::Model,
        reported: Option<&milestone_progress::Model>,
        day: NaiveDate,
    ) -> Result<Self> {
        let standing = schedule::standing(row, reported, day);
        Ok(Self {
            code: row.code.clone(),
            area: row.area.clone(),
            item: row.item.clone(),
            from: row.from_date.map(Date),
            by: row.by_date.map(Date),
            started_on: standing.started_on.map(Date),
            done_on: standing.done_on.map(Date),
            state: standing.progress.into(),
            late: standing.days_late > 0,
            days_late: i32::try_from(standing.days_late).map_err(Error::internal)?,
            note: reported.and_then(|row| row.note.clone()),
            revision: reported.map_or(0, |row| row.row_version),
        })
    }
}
