//! A total split over instalments by percentages, so that they always add up; and what is left of one over those still to come.

use crate::cents::Cents;
use crate::error::{Error, Field};
use crate::micros::Micros;
use crate::round::{half_up, half_up_cents};
use crate::rule::refuse_negative;

/// Instalment k is `round(total x cumulative_k) - round(total x cumulative_(k-1))`, rounded half up.
///
/// The percentages must add up to exactly 100.
pub fn instalments(total: Cents, percents: &[Micros]) -> Result<Vec<Cents>, Error> {
    total.not_negative(Field::Amount)?;
    let whole = i128::from(Micros::HUNDRED.0);
    let mut cumulative: i128 = 0;
    let mut paid = Cents::ZERO;
    let mut instalments = Vec::with_capacity(percents.len());
    for percent in percents {
        refuse_negative(percent.0, Field::Percentage, None)?;
        cumulative += i128::from(percent.0);
        if cumulative > whole {
            return Err(Error::InstalmentsNot100);
        }
        let due = half_up_cents(i128::from(total.0) * cumulative, whole)?;
        instalments.push(due.checked_sub(paid)?);
        paid = due;
    }
    if cumulative == whole { Ok(instalments) } else { Err(Error::InstalmentsNot100) }
}

/// What a total becomes over the instalments that are still to come: as [`instalments`], by their percentages of what these add up to. A total
/// below zero (something to give back) is split as the same total above zero.
///
/// The percentages must add up to more than nothing.
pub fn remaining_instalments(total: Cents, percents: &[Micros]) -> Result<Vec<Cents>, Error> {
    let mut whole: i128 = 0;
    for percent in percents {
        refuse_negative(percent.0, Field::Percentage, None)?;
        whole += i128::from(percent.0);
    }
    if whole == 0 {
        return Err(Error::InstalmentsNot100);
    }
    let (sign, magnitude) = if total.is_negative() { (-1, -i128::from(total.0)) } else { (1, i128::from(total.0)) };
    let (mut cumulative, mut paid) = (0_i128, Cents::ZERO);
    let mut instalments = Vec::with_capacity(percents.len());
    for percent in percents {
        cumulative += i128::from(percent.0);
        let product = magnitude.checked_mul(cumulative).ok_or(Error::Overflow)?;
        // The sign comes back before the difference: the lowest amount of all has no counterpart above zero.
        let due = half_up(&product, &whole)? * sign;
        let due = i64::try_from(due).map(Cents::new).map_err(|_| Error::Overflow)?;
        instalments.push(due.checked_sub(paid)?);
        paid = due;
    }
    Ok(instalments)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A total, percentages, and what becomes of it.
    type Case = (i64, &'static [i64], Option<&'static [i64]>);

    #[test]
    fn what_is_left_is_split_over_what_is_to_come() {
        let percents = |whole: &[i64]| whole.iter().map(|percent| Micros::new(percent * 1_000_000)).collect::<Vec<_>>();
        let cases: [Case; 9] = [
            (1_000, &[40, 40, 20], Some(&[400, 400, 200])),
            // 40 and 20 of 60: two thirds, rounded half up, and the rest.
            (1_000, &[40, 20], Some(&[667, 333])),
            (-1_000, &[40, 20], Some(&[-667, -333])),
            (1, &[50, 50], Some(&[1, 0])),
            (-1, &[50, 50], Some(&[-1, 0])),
            (7, &[0, 20, 0], Some(&[0, 7, 0])),
            (i64::MIN, &[100], Some(&[i64::MIN])),
            (5, &[0, 0], None),
            (5, &[], None),
        ];
        for (total, whole, expected) in cases {
            let found = remaining_instalments(Cents::new(total), &percents(whole)).ok();
            let expected = expected.map(|parts| parts.iter().copied().map(Cents::new).collect::<Vec<_>>());
            assert_eq!(found, expected, "{total} over {whole:?}");
        }
    }

    #[test]
    fn over_all_instalments_it_is_the_same() {
        let percents = [33_333_333, 0, 66_666_667].map(Micros::new);
        for total in [0, 1, 2, 50, 99_999, 123_456_789, i64::MAX] {
            let total = Cents::new(total);
            assert_eq!(remaining_instalments(total, &percents), instalments(total, &percents), "{total}");
        }
    }
}
