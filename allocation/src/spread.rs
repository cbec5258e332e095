//! How evenly a cost lies on the residents of several comuni: the highest and the lowest burden, and the Gini coefficient.
//!
//! Each resident of a comune is taken to bear the same: `b = a / n`, its amount by its residents. The coefficient is half the mean difference
//! between the burdens of two residents, in proportion to the mean burden (C. Gini, "Sulla misura della concentrazione e della variabilità dei
//! caratteri", Atti del Reale Istituto Veneto di Scienze, Lettere ed Arti 73 (2), 1914, pp. 1203-1248). With `N` residents who together bear `A`:
//!
//! `G = sum over i, j of n_i n_j |b_i - b_j| / (2 N^2 (A / N)) = sum over i < j of |a_i n_j - a_j n_i| / (N A)`
//!
//! The last is a fraction of whole numbers, so that nothing is rounded before the end. It is 0 where all bear the same and never reaches 1: where one
//! comune bears all, it is the part of the residents who live elsewhere.

use std::cmp::Ordering;

use num_bigint::BigInt;

use crate::cents::Cents;
use crate::code::IstatCode;
use crate::error::{Error, Field};
use crate::exact::{Whole, narrow_then_wide};
use crate::micros::Micros;
use crate::round::half_up;

/// What the residents of a comune bear together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burden {
    /// The comune.
    pub comune: IstatCode,
    /// What it pays.
    pub amount: Cents,
    /// Its residents.
    pub residents: Micros,
}

/// How evenly a cost lies on the residents of several comuni.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The comune whose residents bear most each; of equal ones that of the lowest code.
    pub highest: Burden,
    /// The comune whose residents bear least each; of equal ones that of the lowest code.
    pub lowest: Burden,
    /// The Gini coefficient of the burden a resident, rounded half up to six decimals; 0 where nobody bears anything.
    pub gini: Micros,
}

impl Burden {
    /// Compares what one resident bears: the fractions `amount / residents`, exactly. Residents must be above zero.
    fn cmp_each(&self, other: &Self) -> Ordering {
        let crossed = |amount: Cents, residents: Micros| i128::from(amount.get()) * i128::from(residents.get());
        crossed(self.amount, other.residents).cmp(&crossed(other.amount, self.residents))
    }
}

/// The spread of some burdens, in any order, one a comune; none where there are none, or where a comune has no residents.
pub fn spread(burdens: &[Burden]) -> Result<Option<Spread>, Error> {
    for burden in burdens {
        if burden.amount.is_negative() {
            return Err(Error::Negative { field: Field::Amount, comune: Some(burden.comune) });
        }
    }
    if burdens.iter().any(|burden| burden.residents <= Micros::ZERO) {
        return Ok(None);
    }
    let mut ascending = burdens.to_vec();
    ascending.sort_unstable_by(|one, other| one.cmp_each(other).then(one.comune.cmp(&other.comune)));
    let (Some(lowest), Some(last)) = (ascending.first(), ascending.last()) else { return Ok(None) };
    let highest = ascending.iter().find(|burden| burden.cmp_each(last).is_eq()).unwrap_or(last);
    let gini = narrow_then_wide(|| gini::<i128>(&ascending), || gini::<BigInt>(&ascending))?;
    Ok(Some(Spread { highest: *highest, lowest: *lowest, gini }))
}

/// The coefficient of burdens that ascend.
fn gini<T: Whole>(ascending: &[Burden]) -> Result<Micros, Error> {
    let (mut amount, mut residents, mut differences) = (T::of(0), T::of(0), T::of(0));
    for burden in ascending {
        let (own_amount, own_residents) = (T::of(burden.amount.get()), T::of(burden.residents.get()));
        // Against all those before it at once: none of them bears more, so the differences have one sign.
        let more = own_amount.times(&residents)?.minus(&amount.times(&own_residents)?)?;
        differences = differences.plus(&more)?;
        amount = amount.plus(&own_amount)?;
        residents = residents.plus(&own_residents)?;
    }
    let whole = amount.times(&residents)?;
    if whole.is_nought() {
        return Ok(Micros::ZERO);
    }
    half_up(&differences.times(&T::of(Micros::SCALE))?, &whole)?.narrow().map(Micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burden(number: usize, (cents, residents): (i64, i64)) -> Burden {
        let comune = IstatCode::parse(&format!("{number:06}")).unwrap();
        Burden { comune, amount: Cents(cents), residents: Micros(residents * Micros::SCALE) }
    }

    #[test]
    fn worked_by_hand() {
        /// Cents and residents of each comune; the coefficient; which bears most and which least.
        type Row = (&'static [(i64, i64)], &'static str, [usize; 2]);
        let table: [Row; 11] = [
            (&[(100, 1)], "0", [0, 0]),
            (&[(100, 1), (300, 3)], "0", [0, 0]),
            (&[(0, 1), (0, 3)], "0", [0, 0]),
            // One pays all: the part of the residents who live elsewhere.
            (&[(0, 1), (100, 1)], "0.5", [1, 0]),
            (&[(0, 3), (100, 1)], "0.75", [1, 0]),
            (&[(100, 3), (0, 1)], "0.25", [0, 1]),
            // |1 x 1 - 3 x 1| / (2 x 4).
            (&[(1, 1), (3, 1)], "0.25", [1, 0]),
            // |1 x 2 - 1 x 1| / (3 x 2) = 1/6.
            (&[(1, 1), (1, 2)], "0.166667", [0, 1]),
            // (1 + 2 + 1) / (3 x 6) = 2/9.
            (&[(1, 1), (2, 1), (3, 1)], "0.222222", [2, 0]),
            // (2 + 4 + 4 + 8) / (6 x 12); of two that bear the same the lower code is named.
            (&[(1, 1), (2, 2), (3, 1), (6, 2)], "0.25", [2, 0]),
            // 1 cent of one resident against none of 1,999,999: a half of a millionth short of 1 is rounded up to it.
            (&[(0, 1_999_999), (1, 1)], "1", [1, 0]),
        ];
        for (burdens, gini, [highest, lowest]) in table {
            let all: Vec<Burden> = burdens.iter().enumerate().map(|(number, own)| burden(number, *own)).collect();
            let expected = Spread { highest: all[highest], lowest: all[lowest], gini: Micros::parse(gini).unwrap() };
            assert_eq!(spread(&all), Ok(Some(expected)), "{burdens:?}");
        }
    }

    #[test]
    fn what_has_no_spread() {
        assert_eq!(spread(&[]), Ok(None));
        assert_eq!(spread(&[burden(0, (1, 1)), burden(1, (1, 0))]), Ok(None));
        assert_eq!(spread(&[burden(0, (1, -1))]), Ok(None));
        let negative = Err(Error::Negative { field: Field::Amount, comune: Some(burden(1, (0, 1)).comune) });
        assert_eq!(spread(&[burden(0, (1, 1)), burden(1, (-1, 1))]), negative);
    }
}
