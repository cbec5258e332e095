//! Shares of an amount as fractions of whole numbers, and the two roundings, worked out by the tests themselves.

use super::{Quotas, Weights};

/// Exact shares, each a number of cents over one denominator.
#[derive(Clone)]
pub(super) struct Shares {
    /// By ISTAT code.
    pub(super) parts: Vec<(&'static str, i128)>,
    /// Of all of them.
    pub(super) denominator: i128,
}

impl Shares {
    /// Cents in proportion to weights.
    pub(super) fn proportional(cents: i128, weights: &Weights) -> Self {
        let parts = weights.iter().map(|(istat, weight)| (*istat, cents * weight));
        Self { parts: parts.collect(), denominator: weights.iter().map(|(_, weight)| weight).sum() }
    }

    /// The same with the amounts of single comuni in the place of theirs.
    pub(super) fn with(mut self, own: &[(&'static str, i128)]) -> Self {
        for (istat, cents) in own {
            self.parts.retain(|(other, _)| other != istat);
            self.parts.push((istat, cents * self.denominator));
        }
        self.parts.sort_unstable();
        self
    }

    /// Adds the shares of another part.
    pub(super) fn plus(&self, other: &Self) -> Self {
        let common = greatest_divisor(self.denominator, other.denominator);
        let (one_times, other_times) = (other.denominator / common, self.denominator / common);
        let both = self.parts.iter().zip(&other.parts);
        let sum = both.map(|((istat, one), (same, two))| {
            assert_eq!(istat, same);
            (*istat, one * one_times + two * other_times)
        });
        Self { parts: sum.collect(), denominator: self.denominator * one_times }
    }

    /// Over a denominator so many times as large: shares of an amount that is itself a fraction.
    pub(super) fn over(mut self, times: i128) -> Self {
        self.denominator *= times;
        self
    }

    /// Each share rounded half up on its own.
    pub(super) fn half_up_each(&self) -> Quotas {
        self.parts.iter().map(|(istat, part)| (*istat, half_up(*part, self.denominator))).collect()
    }

    /// Each cut to the cent, the cents left over to the largest remainders; of equal ones to the larger share, then the lower code.
    pub(super) fn largest_remainder(&self) -> Quotas {
        let total: i128 = self.parts.iter().map(|(_, part)| part).sum();
        assert_eq!(total % self.denominator, 0, "the shares do not come to whole cents");
        let mut quotas: Quotas = self.parts.iter().map(|(istat, part)| (*istat, part / self.denominator)).collect();
        let left = total / self.denominator - quotas.values().sum::<i128>();
        let mut order = self.parts.clone();
        order.sort_by_key(|(istat, part)| (-(part % self.denominator), -part, *istat));
        for (istat, _) in &order[..usize::try_from(left).unwrap()] {
            *quotas.get_mut(istat).unwrap() += 1;
        }
        quotas
    }
}

fn greatest_divisor(one: i128, other: i128) -> i128 {
    if other == 0 { one } else { greatest_divisor(other, one % other) }
}

/// A fraction to the nearest whole number, a half up.
pub(super) fn half_up(numerator: i128, denominator: i128) -> i128 {
    (numerator * 2 + denominator) / (denominator * 2)
}

#[test]
fn roundings_by_hand() {
    let weights = vec![("017001", 1), ("017002", 1), ("017003", 1)];
    let shares = Shares::proportional(200, &weights);
    assert_eq!(shares.largest_remainder(), Quotas::from([("017001", 67), ("017002", 67), ("017003", 66)]));
    assert_eq!(shares.half_up_each(), Quotas::from([("017001", 67), ("017002", 67), ("017003", 67)]));
    // 100 x 1/3 and 50 x 2/3 more for the first: 66.67 and 33.33.
    let sum = Shares::proportional(100, &vec![("017001", 1), ("017002", 2)])
        .plus(&Shares::proportional(50, &vec![("017001", 2), ("017002", 1)]));
    assert_eq!(sum.largest_remainder(), Quotas::from([("017001", 67), ("017002", 83)]));
}
