//! From an amount, a rule and a basis to quotas.

use num_bigint::BigInt;

use crate::basis::Basis;
use crate::cents::Cents;
use crate::code::IstatCode;
use crate::error::{Error, Field};
use crate::exact::{Fraction, Whole, narrow_then_wide};
use crate::micros::Micros;
use crate::round::{half_up, to_cents};
use crate::rule::{Method, Part, PartSize, Rule, RuleBody, SimpleRule, band_of};
use crate::solve::{Solution, solve};
use crate::weights::{Adjustments, Column, multiplier_of};

/// An amount shared out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharing {
    /// What each comune pays, in order of their codes.
    pub quotas: Vec<(IstatCode, Cents)>,
    /// The sum of the quotas.
    pub total: Cents,
    /// The amount less the quotas: what rounding misses, or what a tariff brings in too little; negative
    /// where it brings in more.
    pub residue: Cents,
}

/// Shares an amount among the comuni of a basis.
///
/// With nothing to share everybody pays nothing, whatever the basis, unless the rule is a tariff or goes by
/// amounts, whose total does not depend on the amount.
pub fn share(amount: Cents, rule: &Rule, basis: &Basis) -> Result<Sharing, Error> {
    amount.not_negative(Field::Amount)?;
    rule.check()?;
    let sizes = sizes(amount, rule)?;
    let quotas = narrow_then_wide(|| quotas::<i128>(&sizes, rule, basis), || quotas::<BigInt>(&sizes, rule, basis))?;
    let total = Cents::sum(quotas.iter().copied())?;
    Ok(Sharing {
        quotas: basis.comuni().iter().copied().zip(quotas).collect(),
        total,
        residue: amount.checked_sub(total)?,
    })
}

/// The rounded quotas, in order of the comuni.
fn quotas<T: Whole>(sizes: &[Fraction<i128>], rule: &Rule, basis: &Basis) -> Result<Vec<Cents>, Error> {
    let parts = parts::<T>(sizes, rule, basis)?;
    if let [PartShares::Priced(quotas)] = parts.as_slice() {
        return Ok(quotas.clone());
    }
    let exact = ExactShares::of(&parts)?;
    let numerators = (0..basis.comuni().len()).map(|position| exact.numerator(position));
    to_cents(numerators, &exact.denominator, rule.rounding)
}

/// What one part asks of each comune.
pub(crate) enum PartShares<T> {
    /// Exact shares of the part's size.
    Solved(Box<Solution<T>>),
    /// Whole cents from prices or amounts; the total follows.
    Priced(Vec<Cents>),
}

/// Every part of a rule, worked out; a simple rule is one part.
pub(crate) fn parts<T: Whole>(
    sizes: &[Fraction<i128>],
    rule: &Rule,
    basis: &Basis,
) -> Result<Vec<PartShares<T>>, Error> {
    let rules = rule.simple_rules();
    let each = rules.into_iter().zip(sizes).map(|(simple, size)| {
        if simple.method.fixes_total() {
            return priced::<T>(simple, basis).map(PartShares::Priced);
        }
        solve(&size.widen(), simple, basis).map(|solution| PartShares::Solved(Box::new(solution)))
    });
    each.collect()
}

/// The parts' shares added up, over one denominator. Nothing is kept: each sum is made when it is asked for.
pub(crate) struct ExactShares<'a, T> {
    parts: &'a [PartShares<T>],
    /// What brings the shares of each part to the common denominator.
    factors: Vec<T>,
    /// The common denominator.
    pub(crate) denominator: T,
}

impl<'a, T: Whole> ExactShares<'a, T> {
    /// Finds the common denominator.
    pub(crate) fn of(parts: &'a [PartShares<T>]) -> Result<Self, Error> {
        let mut common = T::of(1);
        for part in parts {
            if let PartShares::Solved(solution) = part {
                let own = &solution.factor.denominator;
                let shared = common.common_divisor(own);
                common = common.times(&own.split(&shared)?.0)?;
            }
        }
        let factors = parts.iter().map(|part| match part {
            PartShares::Solved(solution) => Ok(common.split(&solution.factor.denominator)?.0),
            PartShares::Priced(_) => Ok(common.clone()),
        });
        Ok(Self { parts, factors: factors.collect::<Result<_, _>>()?, denominator: common })
    }

    /// The share of the comune at a position, over the common denominator.
    pub(crate) fn numerator(&self, position: usize) -> Result<T, Error> {
        if let [PartShares::Solved(only)] = self.parts {
            return only.numerator(position);
        }
        let mut sum = T::of(0);
        for (part, factor) in self.parts.iter().zip(&self.factors) {
            let share = match part {
                PartShares::Solved(solution) => solution.numerator(position)?,
                PartShares::Priced(quotas) => T::of(quotas.get(position).copied().unwrap_or_default().0),
            };
            sum = sum.plus(&share.times(factor)?)?;
        }
        Ok(sum)
    }
}

/// How much each part shares, in cents.
pub(crate) fn sizes(amount: Cents, rule: &Rule) -> Result<Vec<Fraction<i128>>, Error> {
    match &rule.body {
        RuleBody::Simple(_) => Ok(vec![Fraction::new(&i128::from(amount.0), &1)?]),
        RuleBody::Mixed(parts) => mixed_sizes(amount, parts, rule.fixes_total()),
    }
}

/// The sizes of the parts of a mixed rule; they add up to the amount unless the rule fixes its own total.
fn mixed_sizes(amount: Cents, parts: &[Part], fixes_total: bool) -> Result<Vec<Fraction<i128>>, Error> {
    // Everything is counted in cents over 100 million, the denominator of a percentage of six places.
    let scale = i128::from(Micros::HUNDRED.0);
    let mut taken: i128 = 0;
    let mut sizes = Vec::with_capacity(parts.len());
    for part in parts {
        let size = match part.size {
            PartSize::Amount(fixed) => i128::from(fixed.0).times(&scale)?,
            PartSize::Percent(percent) => i128::from(amount.0).times(&i128::from(percent.0))?,
            PartSize::Remainder => 0,
        };
        taken = taken.plus(&size)?;
        sizes.push(size);
    }
    let left = i128::from(amount.0).times(&scale)?.minus(&taken)?;
    let takes_rest = parts.iter().any(|part| part.size == PartSize::Remainder);
    if left < 0 || (left > 0 && !takes_rest && !fixes_total) {
        return Err(Error::PartsDoNotAddUp);
    }
    let sizes = parts.iter().zip(sizes).map(|(part, size)| match part.size {
        PartSize::Remainder => Fraction::new(&left, &scale),
        PartSize::Amount(_) | PartSize::Percent(_) => Fraction::new(&size, &scale),
    });
    sizes.collect()
}

/// The quotas of a tariff or of amounts by band, rounded and then put between minimum and maximum.
fn priced<T: Whole>(rule: &SimpleRule, basis: &Basis) -> Result<Vec<Cents>, Error> {
    let adjustments = Adjustments::of(rule, basis)?;
    (0..basis.comuni().len())
        .map(|position| {
            let adjustment = adjustments.at(position);
            match adjustment {
                Some(adjustment) if adjustment.exempt => return Ok(Cents::ZERO),
                Some(adjustment) => {
                    if let Some(fixed) = adjustment.fixed {
                        return Ok(fixed);
                    }
                }
                None => {}
            }
            let (numerator, decimals) = exact_price::<T>(rule, &adjustments, basis, position)?;
            let denominator = T::of_wide(10_i128.pow(decimals));
            let rounded = Cents(half_up(&numerator, &denominator)?.narrow()?);
            Ok(adjustment.map_or(rounded, |adjustment| adjustment.clamp(rounded)))
        })
        .collect()
}

/// The exact cents of one comune under a tariff or amounts by band, as a whole number with so many decimals.
pub(crate) fn exact_price<T: Whole>(
    rule: &SimpleRule,
    adjustments: &Adjustments<'_>,
    basis: &Basis,
    position: usize,
) -> Result<(T, u32), Error> {
    let adjustment = adjustments.at(position);
    let (cents, decimals) = match &rule.method {
        Method::Tariff { measure, price } => {
            let price = adjustment.and_then(|own| own.price).unwrap_or(*price);
            let value = Column::of(measure, basis, false).at(position)?;
            // Six places of the price and six of the measure, less two from euro to cents.
            (T::of(price.0).times(&T::of(value.0))?, 10)
        }
        Method::FlatByBand { measure, amounts } => {
            let value = Column::of(measure, basis, false).at(position)?;
            (T::of(band_of(amounts, value)?.1.value.0), 0)
        }
        Method::Equal | Method::ByMeasure { .. } | Method::ByFixedWeights { .. } | Method::ByBands { .. } => {
            (T::of(0), 0)
        }
    };
    if adjustment.is_none_or(|own| own.multiplier.is_none()) {
        return Ok((cents, decimals));
    }
    let multiplier = multiplier_of(adjustment);
    Ok((cents.times(&T::of(multiplier.0))?, decimals + 6))
}
