//! Money as whole euro cents. Not a place that rounds: see `round.rs`.

use std::fmt;

use rust_decimal::Decimal;

use crate::error::{Error, Field};

/// An amount of money in whole euro cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cents(pub i64);

impl Cents {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount of so many cents.
    pub const fn new(cents: i64) -> Self {
        Self(cents)
    }

    /// The number of cents.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads `-?digits.dd`: exactly two decimals, no plus, no exponent, no leading zeros but in `0.dd`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (negative, plain) = sign(text);
        let (whole, decimals) = plain.split_once('.').ok_or(Error::NotAnAmount)?;
        if !is_whole_number(whole) || decimals.len() != 2 {
            return Err(Error::NotAnAmount);
        }
        let cents = digits(whole, 0)
            .and_then(|euro| digits(decimals, euro))
            .and_then(|cents| signed(cents, negative))
            .ok_or(Error::NotAnAmount)?;
        Ok(Self(cents))
    }

    /// The sum, unless it does not fit.
    pub fn checked_add(self, other: Self) -> Result<Self, Error> {
        self.0.checked_add(other.0).map(Self).ok_or(Error::Overflow)
    }

    /// The difference, unless it does not fit.
    pub fn checked_sub(self, other: Self) -> Result<Self, Error> {
        self.0.checked_sub(other.0).map(Self).ok_or(Error::Overflow)
    }

    /// The sum of many amounts, unless it does not fit. What passes the limit on the way does no harm.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, Error> {
        let mut total: i128 = 0;
        for amount in amounts {
            total = total.checked_add(i128::from(amount.0)).ok_or(Error::Overflow)?;
        }
        i64::try_from(total).map(Self).map_err(|_| Error::Overflow)
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The amount in euro, with two decimals.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// The amount itself, refused when it is below zero.
    pub(crate) fn not_negative(self, field: Field) -> Result<Self, Error> {
        if self.is_negative() {
            return Err(Error::Negative { field, comune: None });
        }
        Ok(self)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02}", cents / 100, cents % 100))
    }
}

/// Splits a leading minus from the rest.
pub(crate) fn sign(text: &str) -> (bool, &str) {
    text.strip_prefix('-').map_or((false, text), |plain| (true, plain))
}

/// Whether the text may stand before a decimal point: not empty, and no zero before another digit, since a
/// code such as 017029 must never pass for a number.
pub(crate) fn is_whole_number(text: &str) -> bool {
    !text.is_empty() && (text.len() == 1 || !text.starts_with('0'))
}

/// Appends the digits of `text` to `start`; none when something else stands there or it does not fit.
pub(crate) fn digits(text: &str, start: i128) -> Option<i128> {
    text.bytes().try_fold(start, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| i128::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Puts the sign back, where the number fits.
pub(crate) fn signed(number: i128, negative: bool) -> Option<i64> {
    i64::try_from(if negative { -number } else { number }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_amounts() {
        let table = [
            ("0.00", Some(0)),
            ("-0.00", Some(0)),
            ("110000.00", Some(11_000_000)),
            ("-3.05", Some(-305)),
            ("92233720368547758.07", Some(i64::MAX)),
            ("-92233720368547758.08", Some(i64::MIN)),
            ("92233720368547758.08", None),
            ("99999999999999999999999999999999999999999999.00", None),
            ("1", None),
            ("1.0", None),
            ("1.000", None),
            (".50", None),
            ("1.", None),
            ("+1.00", None),
            ("01.00", None),
            ("00.00", None),
            ("1e2.00", None),
            ("1,00", None),
            ("1_0.00", None),
            (" 1.00", None),
            ("--1.00", None),
            ("1.-1", None),
            ("", None),
            ("\u{661}.00", None),
        ];
        for (text, expected) in table {
            assert_eq!(Cents::parse(text), expected.map(Cents).ok_or(Error::NotAnAmount), "{text}");
            if let Some(cents) = expected.filter(|cents| *cents != 0) {
                assert_eq!(Cents(cents).to_string(), text);
            }
        }
    }

    #[test]
    fn sums_are_checked() {
        assert_eq!(Cents(i64::MAX).checked_add(Cents(1)), Err(Error::Overflow));
        assert_eq!(Cents(i64::MIN).checked_sub(Cents(1)), Err(Error::Overflow));
        assert_eq!(Cents::sum([Cents(i64::MAX), Cents(1)]), Err(Error::Overflow));
        assert_eq!(Cents::sum([Cents(i64::MAX), Cents(1), Cents(-1)]), Ok(Cents(i64::MAX)));
    }
}
