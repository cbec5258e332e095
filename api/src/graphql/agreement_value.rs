//! What an agreement is worth: who adds how much of it in a year, and its programmes.

use allocation::{Cents, Micros, proportion, whole_percents};
use async_graphql::SimpleObject;
use entity::{agreement_perimeter, agreement_programme};

use super::scalars::{Euro, ExactDecimal};
use crate::error::{Error, Result};

/// What an agreement is worth in a year (perimetro economico). Shares add up to 1 and percentages to 100; there are none where it is worth nothing.
#[derive(SimpleObject)]
pub struct AgreementPerimeter {
    /// The year (anno).
    pub year: i32,
    /// The whole (valore complessivo).
    pub total: Euro,
    /// What the grantor adds (risorse pubbliche).
    pub public: Euro,
    /// What the partners add (risorse private).
    pub private: Euro,
    /// The grantor's share, from 0 to 1, six decimals (quota pubblica).
    pub public_share: Option<ExactDecimal>,
    /// The partners' share: what the grantor's leaves of 1 (quota privata).
    pub private_share: Option<ExactDecimal>,
    /// The grantor's share in whole percent; what cutting leaves goes to the larger remainder (percentuale pubblica).
    pub public_percent: Option<i32>,
    /// The partners' share in whole percent (percentuale privata).
    pub private_percent: Option<i32>,
}

/// A programme of an agreement (programma).
#[derive(SimpleObject)]
pub struct AgreementProgramme {
    /// Code, unique in the version (codice).
    pub code: String,
    /// Name (denominazione).
    pub name: String,
    /// The year that its amounts are of (anno).
    pub year: Option<i32>,
    /// What the grantor adds to it, where the document says so (risorse pubbliche).
    pub public: Option<Euro>,
    /// What the partners add to it, where the document says so (risorse private).
    pub private: Option<Euro>,
}

/// What an agreement is worth in a year, as it is published.
pub(super) fn perimeter(row: &agreement_perimeter::Model) -> Result<AgreementPerimeter> {
    let (public, private) = (Cents::new(row.public_cents), Cents::new(row.private_cents));
    let total = public.checked_add(private)?;
    let share = proportion(public, total);
    let rest = share.map(|share| Micros::new(Micros::SCALE - share.get()));
    let percents = whole_percents(&[public, private])?;
    let percent = |place: usize| -> Result<Option<i32>> {
        let percent = percents.as_ref().and_then(|percents| percents.get(place));
        percent.map(|percent| i32::try_from(*percent).map_err(Error::internal)).transpose()
    };
    Ok(AgreementPerimeter {
        year: row.year,
        total: Euro(total),
        public: Euro(public),
        private: Euro(private),
        public_share: share.map(ExactDecimal::six_places),
        private_share: rest.map(ExactDecimal::six_places),
        public_percent: percent(0)?,
        private_percent: percent(1)?,
    })
}

/// A programme as it is published.
pub(super) fn programme(row: &agreement_programme::Model) -> AgreementProgramme {
    let euro = |cents: i64| Euro(Cents::new(cents));
    AgreementProgramme {
        code: row.code.clone(),
        name: row.name.clone(),
        year: row.year,
        public: row.public_cents.map(euro),
        private: row.private_cents.map(euro),
    }
}
