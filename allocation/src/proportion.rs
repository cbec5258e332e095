//! Ratios that are shown, never shared by: what part one amount is of another, and how much it is a unit.

use crate::cents::Cents;
use crate::error::{Error, Field};
use crate::micros::Micros;
use crate::round::{half_up, to_cents};
use crate::rule::Rounding;

/// `part / whole`, rounded half up to six decimals; none where the whole is zero or the ratio does not fit.
pub fn proportion(part: Cents, whole: Cents) -> Option<Micros> {
    ratio(i128::from(part.get()), 1_000_000, i128::from(whole.get())).map(Micros::new)
}

/// `amount / units`, rounded half up to the cent; none where there are no units or the amount does not fit.
pub fn per_unit(amount: Cents, units: Micros) -> Option<Cents> {
    ratio(i128::from(amount.get()), 1_000_000, i128::from(units.get())).map(Cents::new)
}

/// What part of their sum each of some amounts is, in whole per cent that add up to 100: cut, and what is left over goes to the largest remainders. None
/// where they add up to nothing. Amounts below zero are refused.
pub fn whole_percents(amounts: &[Cents]) -> Result<Option<Vec<i64>>, Error> {
    for amount in amounts {
        amount.not_negative(Field::Amount)?;
    }
    let whole = Cents::sum(amounts.iter().copied())?.get();
    if whole == 0 {
        return Ok(None);
    }
    let hundredfold = amounts.iter().map(|amount| Ok(i128::from(amount.get()) * 100));
    // The rounding that gives out cents gives out percents as well.
    let percents = to_cents(hundredfold, &i128::from(whole), Rounding::LargestRemainder)?;
    Ok(Some(percents.into_iter().map(Cents::get).collect()))
}

/// `numerator x scale / denominator`, rounded half up.
fn ratio(numerator: i128, scale: i128, denominator: i128) -> Option<i64> {
    if denominator == 0 {
        return None;
    }
    // The rounding wants the sign above the line.
    let sign = denominator.signum();
    let exact = half_up(&(numerator * scale * sign), &(denominator * sign)).ok()?;
    i64::try_from(exact).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_percents_add_up_to_a_hundred() {
        let percents = |amounts: &[i64]| {
            let amounts: Vec<Cents> = amounts.iter().copied().map(Cents::new).collect();
            whole_percents(&amounts)
        };
        // 78.47 and 21.53: what is left over goes to the second.
        assert_eq!(percents(&[141_878_400, 38_918_500]), Ok(Some(vec![78, 22])));
        assert_eq!(percents(&[1, 1, 1]), Ok(Some(vec![34, 33, 33])));
        assert_eq!(percents(&[1, 199]), Ok(Some(vec![0, 100])));
        assert_eq!(percents(&[0, 5]), Ok(Some(vec![0, 100])));
        assert_eq!(percents(&[0, 0]), Ok(None));
        assert!(percents(&[-1, 2]).is_err());
    }

    #[test]
    fn ratios_are_rounded_half_up_once() {
        let cents = |text: &str| Cents::parse(text).unwrap();
        let micros = |text: &str| Micros::parse(text).unwrap();
        for (part, whole, expected) in
            [("1.00", "3.00", "0.333333"), ("2.00", "3.00", "0.666667"), ("0.00", "5.00", "0"), ("5.00", "5.00", "1")]
        {
            assert_eq!(proportion(cents(part), cents(whole)), Some(micros(expected)));
        }
        assert_eq!(proportion(cents("1.00"), Cents::ZERO), None);
        for (amount, units, expected) in
            [("100.00", "3", "33.33"), ("0.05", "10", "0.01"), ("0.04", "10", "0.00"), ("10.00", "2.5", "4.00")]
        {
            assert_eq!(per_unit(cents(amount), micros(units)), Some(cents(expected)));
        }
        assert_eq!(per_unit(cents("1.00"), micros("0")), None);
        assert_eq!(per_unit(Cents::new(i64::MAX), Micros::new(1)), None);
        assert_eq!(proportion(Cents::new(i64::MIN), Cents::new(-1)), None);
    }
}
