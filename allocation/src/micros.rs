//! Measures, weights, prices and percentages: exact decimals of six places. Not money, and never a float.

use std::fmt;

use rust_decimal::Decimal;

use crate::cents::{digits, is_whole_number, sign, signed};
use crate::error::Error;

/// An exact decimal with six places, held as millionths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

impl Micros {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(Self::SCALE);
    /// One hundred, the whole of a percentage.
    pub const HUNDRED: Self = Self(100 * Self::SCALE);
    /// How many millionths make one.
    pub const SCALE: i64 = 1_000_000;

    /// A number of so many millionths.
    pub const fn new(micros: i64) -> Self {
        Self(micros)
    }

    /// A whole number.
    pub fn whole(number: i32) -> Self {
        // An i32 times a million fits an i64.
        Self(i64::from(number) * Self::SCALE)
    }

    /// The number of millionths.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads a plain decimal: an optional minus, digits without leading zeros, at most six decimals.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (negative, plain) = sign(text);
        let (whole, decimals) = match plain.split_once('.') {
            Some((_, decimals)) if decimals.is_empty() || decimals.len() > 6 => {
                return Err(Error::NotANumber);
            }
            Some(parts) => parts,
            None => (plain, ""),
        };
        if !is_whole_number(whole) {
            return Err(Error::NotANumber);
        }
        let padding = &"000000"[decimals.len()..];
        let micros = digits(whole, 0)
            .and_then(|number| digits(decimals, number))
            .and_then(|number| digits(padding, number))
            .and_then(|number| signed(number, negative))
            .ok_or(Error::NotANumber)?;
        Ok(Self(micros))
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The same number as a decimal, trailing zeros cut.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 6).normalize()
    }

    /// The number with all six decimals, as canonical forms want it.
    pub fn display_six(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let scale = Self::SCALE.unsigned_abs();
        format!("{sign}{}.{:06}", micros / scale, micros % scale)
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let six = self.display_six();
        f.pad(six.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_numbers() {
        let table = [
            ("0", Some((0, "0", "0.000000"))),
            ("9", Some((9_000_000, "9", "9.000000"))),
            ("83.25", Some((83_250_000, "83.25", "83.250000"))),
            ("33.333333", Some((33_333_333, "33.333333", "33.333333"))),
            ("-0.5", Some((-500_000, "-0.5", "-0.500000"))),
            ("100", Some((100_000_000, "100", "100.000000"))),
            ("9223372036854.775807", Some((i64::MAX, "9223372036854.775807", "9223372036854.775807"))),
            ("-9223372036854.775808", Some((i64::MIN, "-9223372036854.775808", "-9223372036854.775808"))),
            ("9223372036854.775808", None),
            ("9999999999999999999999999999999999999999999", None),
            ("1.", None),
            (".1", None),
            ("1.0000000", None),
            ("017029", None),
            ("+1", None),
            ("1e3", None),
            ("1_000", None),
            ("-", None),
            ("", None),
            ("1.2.3", None),
            ("NaN", None),
        ];
        for (text, expected) in table {
            let read = Micros::parse(text);
            match expected {
                None => assert_eq!(read, Err(Error::NotANumber), "{text}"),
                Some((micros, short, six)) => {
                    assert_eq!(read, Ok(Micros(micros)), "{text}");
                    assert_eq!(Micros(micros).to_string(), short);
                    assert_eq!(Micros(micros).display_six(), six);
                    assert_eq!(Micros(micros).to_decimal().to_string(), short);
                }
            }
        }
    }
}
