//! The one place that rounds: half up, largest remainder, and the cut that shows a fraction as a decimal.

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};
use rust_decimal::Decimal;

use crate::cents::Cents;
use crate::error::Error;
use crate::exact::{Whole, power_of_ten};
use crate::rule::Rounding;

/// The most decimals a computed value is shown with.
pub(crate) const DECIMALS_MAX: u32 = 12;

/// A fraction with a positive denominator, to the nearest whole number; a half goes up, below zero too.
pub(crate) fn half_up<T: Whole>(numerator: &T, denominator: &T) -> Result<T, Error> {
    let (mut whole, mut remainder) = numerator.split(denominator)?;
    if remainder < T::of(0) {
        // Division cuts towards zero; below zero that is one too high.
        whole = whole.minus(&T::of(1))?;
        remainder = remainder.plus(denominator)?;
    }
    if remainder >= denominator.minus(&remainder)? {
        return whole.plus(&T::of(1));
    }
    Ok(whole)
}

/// [`half_up`] of numbers that may need more than an `i64` on the way, as cents.
pub(crate) fn half_up_cents(numerator: i128, denominator: i128) -> Result<Cents, Error> {
    half_up(&numerator, &denominator)?.narrow().map(Cents)
}

/// Shares over one denominator, as whole cents under a rounding.
///
/// The shares must stand in order of the ISTAT codes, since position decides between equal ones.
pub(crate) fn to_cents<T: Whole>(
    numerators: impl ExactSizeIterator<Item = Result<T, Error>>,
    denominator: &T,
    rounding: Rounding,
) -> Result<Vec<Cents>, Error> {
    match rounding {
        Rounding::HalfUpEach => {
            numerators.map(|numerator| half_up(&numerator?, denominator)?.narrow().map(Cents)).collect()
        }
        Rounding::LargestRemainder => {
            let mut cut = Cut::new(numerators, denominator)?;
            for position in cut.largest()? {
                cut.whole[position] += 1;
            }
            Ok(cut.whole.into_iter().map(Cents).collect())
        }
    }
}

/// Shares cut to the cent, and what the cut left over.
pub(crate) struct Cut<T> {
    /// The whole cents of each share.
    whole: Vec<i64>,
    /// What each share has above them, over the common denominator.
    remainders: Vec<T>,
    /// How many cents are to be given out; never more than there are remainders above zero.
    leftover: usize,
}

impl<T: Whole> Cut<T> {
    /// Cuts each share to the cent.
    pub(crate) fn new(
        numerators: impl ExactSizeIterator<Item = Result<T, Error>>,
        denominator: &T,
    ) -> Result<Self, Error> {
        let mut whole = Vec::with_capacity(numerators.len());
        let mut remainders = Vec::with_capacity(numerators.len());
        let mut total = T::of(0);
        for numerator in numerators {
            let (cents, remainder) = numerator?.split(denominator)?;
            // One cent may still come on top.
            whole.push(cents.narrow()?);
            total = total.plus(&remainder)?;
            remainders.push(remainder);
        }
        let leftover = half_up(&total, denominator)?.narrow()?;
        Ok(Self { whole, remainders, leftover: usize::try_from(leftover).map_err(|_| Error::Overflow)? })
    }

    /// How many cents the cut left over.
    pub(crate) fn leftover(&self) -> usize {
        self.leftover
    }

    /// The order in which left-over cents go out: larger remainder, larger share, lower position.
    fn order(&self, a: usize, b: usize) -> std::cmp::Ordering {
        self.remainders[b]
            .cmp(&self.remainders[a])
            .then_with(|| self.whole[b].cmp(&self.whole[a]))
            .then_with(|| a.cmp(&b))
    }

    /// The place of one share in that order, from 1.
    pub(crate) fn rank(&self, position: usize) -> usize {
        let before = (0..self.whole.len()).filter(|other| self.order(*other, position).is_lt());
        before.count() + 1
    }

    /// What the share at a position comes to.
    pub(crate) fn quota(&self, position: usize) -> Result<i64, Error> {
        let extra = i64::from(self.rank(position) <= self.leftover);
        let whole = self.whole.get(position).copied().unwrap_or_default();
        whole.checked_add(extra).ok_or(Error::Overflow)
    }

    /// Who gets a cent more; refused where that would not fit.
    fn largest(&self) -> Result<Vec<usize>, Error> {
        let mut positions: Vec<usize> = (0..self.whole.len()).collect();
        if self.leftover < positions.len() && self.leftover > 0 {
            // Only the set matters, not the order within it, so a selection does instead of a sort.
            positions.select_nth_unstable_by(self.leftover - 1, |a, b| self.order(*a, *b));
        }
        positions.truncate(self.leftover);
        if positions.iter().any(|p| self.whole[*p] == i64::MAX) {
            return Err(Error::Overflow);
        }
        Ok(positions)
    }
}

/// A fraction that is not negative as a decimal, cut (never rounded up) to so many places or, for the very
/// large, to as many as fit. A cut keeps every later step true: what is below a half stays below it.
pub(crate) fn cut(numerator: &BigInt, denominator: &BigInt, places: u32) -> Result<Decimal, Error> {
    if denominator.is_zero() {
        return Err(Error::Overflow);
    }
    for scale in (0..=places.min(Decimal::MAX_SCALE)).rev() {
        let scaled = numerator * power_of_ten(scale) / denominator;
        let fitting = scaled.to_i128().and_then(|number| Decimal::try_from_i128_with_scale(number, scale).ok());
        if let Some(decimal) = fitting {
            return Ok(decimal.normalize());
        }
    }
    Err(Error::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_up() {
        let above = [(0, 1, 0), (1, 2, 1), (49, 100, 0), (50, 100, 1), (3, 2, 2), (5, 3, 2), (4, 3, 1)];
        let below = [(-1, 2, 0), (-51, 100, -1), (-3, 2, -1), (-5, 3, -2), (-4, 3, -1), (-6, 3, -2)];
        for (numerator, denominator, expected) in above.into_iter().chain(below) {
            assert_eq!(half_up(&BigInt::from(numerator), &denominator.into()), Ok(expected.into()));
            assert_eq!(half_up(&i128::of(numerator), &denominator), Ok(expected));
        }
        assert_eq!(half_up(&1_i128, &0), Err(Error::Overflow));
    }

    #[test]
    fn left_over_cents_go_to_the_largest_remainders() {
        let table: [(&[i128], i128, &[i64]); 6] = [
            (&[1, 1, 1], 3, &[1, 0, 0]),
            (&[5, 3, 4], 3, &[2, 1, 1]),
            (&[2, 5, 2], 3, &[1, 2, 0]),
            (&[0, 1, 1], 2, &[0, 1, 0]),
            (&[3, 1, 2], 2, &[2, 0, 1]),
            (&[], 7, &[]),
        ];
        for (numerators, denominator, expected) in table {
            let each = numerators.iter().copied().map(Ok);
            let quotas = to_cents(each, &denominator, Rounding::LargestRemainder);
            let quotas: Vec<i64> = quotas.unwrap().into_iter().map(Cents::get).collect();
            assert_eq!(quotas, expected, "{numerators:?}/{denominator}");
        }
    }

    #[test]
    fn decimals_are_cut() {
        let show = |n: i64, d: i64| cut(&n.into(), &d.into(), 12).unwrap().to_string();
        assert_eq!(show(2, 3), "0.666666666666");
        assert_eq!(show(5, 2), "2.5");
        let huge = power_of_ten(27);
        assert_eq!(cut(&(&huge * 2), &3.into(), 12).unwrap().to_string(), "666666666666666666666666666.66");
        assert_eq!(cut(&(&huge * 100), &1.into(), 12), Err(Error::Overflow));
    }
}
