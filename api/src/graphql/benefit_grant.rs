//! Benefits granted (titoli concessi), with what became of them.

use allocation::Cents;
use async_graphql::{ID, SimpleObject};

use super::benefit_measure::BenefitMeasure;
use super::comune::Comune;
use super::direct::by_library;
use super::enums::BenefitStatus;
use super::id::Key;
use super::scalars::{Date, DateTime, Euro};
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::benefit::list::Granted;

/// A benefit granted to a case (titolo sociale concesso).
#[derive(Clone, SimpleObject)]
pub struct BenefitGrant {
    /// Opaque identifier (identificativo).
    pub id: ID,
    /// The measure (misura).
    pub measure: BenefitMeasure,
    /// Identifier of the application that it answers (domanda).
    pub application: Option<ID>,
    /// Comune of residence (Comune di residenza).
    pub comune: Comune,
    /// Pseudonym of the case, unique in its comune (codice del caso).
    pub case: String,
    /// Kind of benefit (tipologia).
    pub kind: String,
    /// The act that grants it (atto).
    pub act: Option<String>,
    /// The day it was granted (data di concessione).
    pub granted_on: Date,
    /// First day (dal).
    pub from: Date,
    /// Last day, as it was granted (al).
    pub to: Date,
    /// Amount a month; due for each calendar month that it is in force on a day of (importo mensile).
    pub monthly_amount: Option<Euro>,
    /// Amount at once (importo unico).
    pub single_amount: Option<Euro>,
    /// What it takes of the measure's budget: all that was granted until it ends, then what fell due (impegnato).
    pub committed: Euro,
    /// What became of it last (stato).
    pub status: BenefitStatus,
    /// What became of it, in the order in which it was recorded (storia).
    pub history: Vec<BenefitEvent>,
    /// When it was recorded (registrato il).
    pub recorded_at: DateTime,
    /// Counts its changes: what an act names as `expectedVersion` (revisione).
    pub revision: i32,
}

/// What became of a benefit on a day (evento).
#[derive(Clone, SimpleObject)]
pub struct BenefitEvent {
    /// What it became (stato).
    pub status: BenefitStatus,
    /// The first day of that; of an end, the first day without it (dal).
    pub from: Date,
    /// Why (motivo).
    pub reason: Option<String>,
    /// When it was recorded (registrato il).
    pub recorded_at: DateTime,
}

impl BenefitGrant {
    pub(super) fn new(sight: &Sight, granted: &Granted) -> Result<Self> {
        let Granted { row, application, history } = granted;
        let measure = sight.benefit_measure(row.benefit_measure_id);
        let (_, measure) = measure.ok_or_else(|| Error::broken("measure of benefit grant", row.id))?;
        let comune = sight.book().comune(row.comune_id);
        let event = |turn: &entity::benefit_grant_event::Model| BenefitEvent {
            status: turn.status.into(),
            from: Date(turn.from_date),
            reason: turn.reason.clone(),
            recorded_at: DateTime(turn.recorded_at),
        };
        Ok(Self {
            id: Key::BenefitGrant(granted.reference()).id(),
            measure: BenefitMeasure(measure.clone()),
            application: application.map(|reference| Key::BenefitApplication(reference).id()),
            comune: Comune(comune.ok_or_else(|| Error::broken("comune of benefit grant", row.id))?.clone()),
            case: row.case_code.clone(),
            kind: row.kind.clone(),
            act: row.act.clone(),
            granted_on: Date(row.granted_on),
            from: Date(row.starts_on),
            to: Date(row.ends_on),
            monthly_amount: row.monthly_cents.map(|cents| Euro(Cents::new(cents))),
            single_amount: row.single_cents.map(|cents| Euro(Cents::new(cents))),
            committed: Euro(Cents::new(row.committed_cents)),
            status: row.status.into(),
            history: history.iter().map(event).collect(),
            recorded_at: DateTime(row.recorded_at),
            revision: row.row_version,
        })
    }
}

by_library!(BenefitGrant);
