//! What an agreement is worth: who adds how much of it, by year and over the years, and the same of its programmes.

use allocation::{Cents, Micros, proportion, whole_percents};
use async_graphql::SimpleObject;
use entity::agreement_programme;

use super::scalars::{Euro, ExactDecimal};
use crate::error::{Error, Result};
use crate::store::agreement::read::Version;

/// What an agreement or a programme is worth in a year (perimetro economico). Shares add up to 1 and percentages to 100; there are none where it is worth nothing.
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

/// What an agreement or a programme is worth over all years of which that is stated (valore sugli anni). Shares are those of the sums.
#[derive(SimpleObject)]
pub struct AgreementValue {
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
    /// The year that its amounts are of, where it is told of one alone (anno).
    pub year: Option<i32>,
    /// What the grantor adds to it in that year, where the document says so (risorse pubbliche).
    pub public: Option<Euro>,
    /// What the partners add to it in that year, where the document says so; not for a partner that is one of several (risorse private).
    pub private: Option<Euro>,
    /// What it is worth, by year, where the document says what both sides add; not for a partner that is one of several (valore per anno).
    pub years: Vec<AgreementPerimeter>,
    /// What it is worth over these years (valore complessivo).
    pub value: Option<AgreementValue>,
}

/// What is worth so much in a year: year, public and private part.
type Row = (i32, Cents, Cents);

/// What an agreement is worth, by year; nothing of it for a partner that is one of several, whom it would tell what the others add.
pub(super) fn perimeters(version: &Version, tells_private: bool) -> Result<Vec<AgreementPerimeter>> {
    stated(version, tells_private).into_iter().map(perimeter).collect()
}

/// The same over the years.
pub(super) fn value(version: &Version, tells_private: bool) -> Result<Option<AgreementValue>> {
    over(&stated(version, tells_private))
}

fn stated(version: &Version, tells_private: bool) -> Vec<Row> {
    let rows = version.perimeters.iter().filter(|_| tells_private);
    rows.map(|row| (row.year, Cents::new(row.public_cents), Cents::new(row.private_cents))).collect()
}

fn perimeter((year, public, private): Row) -> Result<AgreementPerimeter> {
    let AgreementValue { total, public, private, public_share, private_share, public_percent, private_percent } =
        worth(public, private)?;
    Ok(AgreementPerimeter {
        year,
        total,
        public,
        private,
        public_share,
        private_share,
        public_percent,
        private_percent,
    })
}

fn over(rows: &[Row]) -> Result<Option<AgreementValue>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let public = Cents::sum(rows.iter().map(|(_, public, _)| *public))?;
    let private = Cents::sum(rows.iter().map(|(_, _, private)| *private))?;
    worth(public, private).map(Some)
}

fn worth(public: Cents, private: Cents) -> Result<AgreementValue> {
    let total = public.checked_add(private)?;
    let share = proportion(public, total);
    let rest = share.map(|share| Micros::new(Micros::SCALE - share.get()));
    let percents = whole_percents(&[public, private])?;
    let percent = |place: usize| -> Result<Option<i32>> {
        let percent = percents.as_ref().and_then(|percents| percents.get(place));
        percent.map(|percent| i32::try_from(*percent).map_err(Error::internal)).transpose()
    };
    Ok(AgreementValue {
        total: Euro(total),
        public: Euro(public),
        private: Euro(private),
        public_share: share.map(ExactDecimal::six_places),
        private_share: rest.map(ExactDecimal::six_places),
        public_percent: percent(0)?,
        private_percent: percent(1)?,
    })
}

/// The programmes of a version as they are published.
pub(super) fn programmes(version: &Version, tells_private: bool) -> Result<Vec<AgreementProgramme>> {
    version.programmes.iter().map(|row| programme(version, row, tells_private)).collect()
}

fn programme(version: &Version, row: &agreement_programme::Model, tells_private: bool) -> Result<AgreementProgramme> {
    let euro = |cents: i64| Euro(Cents::new(cents));
    let of_several = version.programme_years.iter().filter(|year| year.code == row.code);
    let of_several = of_several.map(|one| (one.year, Cents::new(one.public_cents), Cents::new(one.private_cents)));
    let amounts = row.year.zip(row.public_cents).zip(row.private_cents);
    let of_one = amounts.map(|((year, public), private)| (year, Cents::new(public), Cents::new(private)));
    let rows: Vec<Row> = of_one.into_iter().chain(of_several).filter(|_| tells_private).collect();
    Ok(AgreementProgramme {
        code: row.code.clone(),
        name: row.name.clone(),
        year: row.year,
        public: row.public_cents.map(euro),
        private: row.private_cents.filter(|_| tells_private).map(euro),
        value: over(&rows)?,
        years: rows.into_iter().map(perimeter).collect::<Result<_>>()?,
    })
}
