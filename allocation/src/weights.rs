//! From a method and a basis to the weight of each comune.
//!
//! Weights are whole numbers over one power of ten. Not the sharing itself: see `solve.rs`.

use std::collections::BTreeMap;

use crate::basis::Basis;
use crate::code::{IstatCode, MeasureCode};
use crate::error::{Error, Field};
use crate::exact::Whole;
use crate::micros::Micros;
use crate::rule::{Adjustment, Band, Method, SimpleRule, band_of, refuse_negative};

/// The weights of all comuni, in order of their codes.
pub(crate) struct Weights<T> {
    /// The weights as whole numbers; zero for those left out.
    pub(crate) values: Vec<T>,
    /// How many decimals the whole numbers carry.
    pub(crate) decimals: u32,
}

/// What is special about each comune, aligned with the basis; empty when nothing is.
pub(crate) struct Adjustments<'a>(Vec<Option<&'a Adjustment>>);

impl<'a> Adjustments<'a> {
    /// Aligns the adjustments of a rule; one for a comune that does not take part is refused.
    pub(crate) fn of(rule: &'a SimpleRule, basis: &Basis) -> Result<Self, Error> {
        if rule.adjustments.is_empty() {
            return Ok(Self(Vec::new()));
        }
        aligned(&rule.adjustments, basis).map(Self)
    }

    /// The adjustment of the comune at a position.
    pub(crate) fn at(&self, position: usize) -> Option<&'a Adjustment> {
        self.0.get(position).copied().flatten()
    }

    /// Whether the comune at a position shares by weight: neither exempt nor with a fixed amount.
    pub(crate) fn shares(&self, position: usize) -> bool {
        self.at(position).is_none_or(|adjustment| !adjustment.exempt && adjustment.fixed.is_none())
    }

    /// Whether any weight is multiplied.
    fn multiply(&self) -> bool {
        let mut all = self.0.iter().flatten();
        all.any(|adjustment| adjustment.multiplier.is_some())
    }
}

/// Puts a map by comune beside the sorted comuni in one walk.
fn aligned<'a, V>(map: &'a BTreeMap<IstatCode, V>, basis: &Basis) -> Result<Vec<Option<&'a V>>, Error> {
    let mut row = vec![None; basis.comuni().len()];
    let mut position = 0;
    for (comune, value) in map {
        while basis.comuni().get(position).is_some_and(|at| at < comune) {
            position += 1;
        }
        if basis.comuni().get(position) != Some(comune) {
            return Err(Error::UnknownComune { comune: *comune });
        }
        row[position] = Some(value);
    }
    Ok(row)
}

/// The values of a measure, each checked when it is asked for.
pub(crate) struct Column<'a> {
    measure: &'a MeasureCode,
    comuni: &'a [IstatCode],
    values: Option<&'a [Option<Micros>]>,
    /// With nothing to share a missing value does no harm and counts as zero.
    missing_is_zero: bool,
}

impl<'a> Column<'a> {
    /// The column of a measure.
    pub(crate) fn of(measure: &'a MeasureCode, basis: &'a Basis, missing_is_zero: bool) -> Self {
        Self { measure, comuni: basis.comuni(), values: basis.column(measure), missing_is_zero }
    }

    /// The value for the comune at a position; refused when it is missing or negative.
    pub(crate) fn at(&self, position: usize) -> Result<Micros, Error> {
        let comune = self.comuni.get(position).copied();
        let value = self.values.and_then(|values| *values.get(position)?);
        let value = match value {
            Some(value) => value,
            None if self.missing_is_zero => Micros::ZERO,
            None => {
                return Err(Error::NoBasis { measure: self.measure.clone(), comune: self.values.and(comune) });
            }
        };
        refuse_negative(value.0, Field::Basis, comune)?;
        Ok(value)
    }
}

/// The weights of a rule that shares a total. Tariffs and amounts by band have none.
pub(crate) fn weights<T: Whole>(
    rule: &SimpleRule,
    adjustments: &Adjustments<'_>,
    basis: &Basis,
    missing_is_zero: bool,
) -> Result<Weights<T>, Error> {
    let column = |measure| Column::of(measure, basis, missing_is_zero);
    let each = |weight: &dyn Fn(usize) -> Result<T, Error>| -> Result<Vec<T>, Error> {
        (0..basis.comuni().len())
            .map(|position| if adjustments.shares(position) { weight(position) } else { Ok(T::of(0)) })
            .collect()
    };
    let (values, decimals) = match &rule.method {
        Method::Equal => (each(&|_| Ok(T::of(1)))?, 0),
        Method::ByMeasure { measure } => {
            let column = column(measure);
            (each(&|position| Ok(T::of(column.at(position)?.0)))?, 6)
        }
        Method::ByFixedWeights { weights } => {
            let row = aligned(weights, basis)?;
            let weight = |position: usize| match row[position] {
                Some(weight) => Ok(T::of(weight.0)),
                None if missing_is_zero => Ok(T::of(0)),
                None => Err(Error::NoWeight { comune: basis.comuni()[position] }),
            };
            (each(&weight)?, 6)
        }
        Method::ByBands { measure, marginal, bands } => {
            let column = column(measure);
            if *marginal {
                let weight = |position| marginal_weight(bands, column.at(position)?);
                (each(&weight)?, 12)
            } else {
                let weight = |position| Ok(T::of(band_of(bands, column.at(position)?)?.1.value.0));
                (each(&weight)?, 6)
            }
        }
        Method::FlatByBand { .. } | Method::Tariff { .. } => (each(&|_| Ok(T::of(0)))?, 0),
    };
    let weights = Weights { values, decimals };
    if adjustments.multiply() {
        return weights.multiplied(adjustments);
    }
    Ok(weights)
}

impl<T: Whole> Weights<T> {
    /// Multiplies each weight, by one where nothing else is said.
    fn multiplied(mut self, adjustments: &Adjustments<'_>) -> Result<Self, Error> {
        for (position, weight) in self.values.iter_mut().enumerate() {
            let multiplier = multiplier_of(adjustments.at(position));
            *weight = weight.times(&T::of(multiplier.0))?;
        }
        self.decimals += 6;
        Ok(self)
    }
}

/// The multiplier of a comune, one where nothing else is said.
pub(crate) fn multiplier_of(adjustment: Option<&Adjustment>) -> Micros {
    adjustment.and_then(|adjustment| adjustment.multiplier).unwrap_or(Micros::ONE)
}

/// The stretches of a measure inside each band it reaches, with the weight of the band.
pub(crate) fn stretches(bands: &[Band<Micros>], measure: Micros) -> Vec<(Micros, Micros)> {
    let mut reached = Vec::new();
    let mut below = Micros::ZERO;
    for band in bands {
        let top = band.up_to.map_or(measure, |up_to| up_to.min(measure));
        if top > below {
            reached.push((Micros(top.0 - below.0), band.value));
            below = top;
        }
    }
    reached
}

/// The weights of the bands, each times the stretch of the measure inside it.
fn marginal_weight<T: Whole>(bands: &[Band<Micros>], measure: Micros) -> Result<T, Error> {
    let mut weight = T::of(0);
    for (stretch, value) in stretches(bands, measure) {
        weight = weight.plus(&T::of(stretch.0).times(&T::of(value.0))?)?;
    }
    Ok(weight)
}
