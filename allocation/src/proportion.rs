//! Ratios that are shown, never shared by: what part one amount is of another, and how much it is a unit.

use crate::cents::Cents;
use crate::micros::Micros;
use crate::round::half_up;

/// `part / whole`, rounded half up to six decimals; none where the whole is zero or the ratio does not fit.
pub fn proportion(part: Cents, whole: Cents) -> Option<Micros> {
    ratio(i128::from(part.get()), 1_000_000, i128::from(whole.get())).map(Micros::new)
}

/// `amount / units`, rounded half up to the cent; none where there are no units or the amount does not fit.
pub fn per_unit(amount: Cents, units: Micros) -> Option<Cents> {
    ratio(i128::from(amount.get()), 1_000_000, i128::from(units.get())).map(Cents::new)
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
