//! Whole numbers that never lose anything, and fractions of them.
//!
//! Every sum is written once, over [`Whole`]. It is first tried with `i128`, which is quick and refuses what
//! does not fit, and only then repeated with `BigInt`, which holds everything. Not a place that rounds.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};

use crate::error::Error;

/// A whole number under checked arithmetic. Divisors are positive.
pub(crate) trait Whole: Clone + Ord {
    /// The same number.
    fn of(number: i64) -> Self;
    /// The same number.
    fn of_wide(number: i128) -> Self;
    /// The sum.
    fn plus(&self, other: &Self) -> Result<Self, Error>;
    /// The difference.
    fn minus(&self, other: &Self) -> Result<Self, Error>;
    /// The product.
    fn times(&self, other: &Self) -> Result<Self, Error>;
    /// Quotient, cut towards zero, and remainder.
    fn split(&self, divisor: &Self) -> Result<(Self, Self), Error>;
    /// The greatest common divisor.
    fn common_divisor(&self, other: &Self) -> Self;
    /// Whether it is zero.
    fn is_nought(&self) -> bool;
    /// The same number, where it fits.
    fn narrow(&self) -> Result<i64, Error>;
    /// Divides all numbers by what they have in common, where that makes later sums fit.
    fn reduce(numbers: &mut [Self]);
}

impl Whole for i128 {
    fn of(number: i64) -> Self {
        Self::from(number)
    }

    fn of_wide(number: i128) -> Self {
        number
    }

    fn plus(&self, other: &Self) -> Result<Self, Error> {
        self.checked_add(*other).ok_or(Error::Overflow)
    }

    fn minus(&self, other: &Self) -> Result<Self, Error> {
        self.checked_sub(*other).ok_or(Error::Overflow)
    }

    fn times(&self, other: &Self) -> Result<Self, Error> {
        self.checked_mul(*other).ok_or(Error::Overflow)
    }

    fn split(&self, divisor: &Self) -> Result<(Self, Self), Error> {
        // The narrow division is several times as quick, and most numbers are narrow.
        if let (Ok(number), Ok(by)) = (u64::try_from(*self), u64::try_from(*divisor)) {
            let quotient = number.checked_div(by).ok_or(Error::Overflow)?;
            return Ok((Self::from(quotient), Self::from(number - quotient * by)));
        }
        let quotient = self.checked_div(*divisor).ok_or(Error::Overflow)?;
        Ok((quotient, self - quotient * divisor))
    }

    fn common_divisor(&self, other: &Self) -> Self {
        let (mut a, mut b) = (*self, *other);
        while b != 0 {
            // Nothing here is negative, so the remainder cannot overflow.
            (a, b) = (b, a.checked_rem(b).unwrap_or_default());
        }
        a
    }

    fn is_nought(&self) -> bool {
        *self == 0
    }

    fn narrow(&self) -> Result<i64, Error> {
        i64::try_from(*self).map_err(|_| Error::Overflow)
    }

    fn reduce(numbers: &mut [Self]) {
        let mut common: u64 = 0;
        for number in numbers.iter() {
            let Ok(number) = u64::try_from(*number) else {
                return;
            };
            // After the first few numbers the divisor settles, and one remainder a number is enough.
            if common == 0 || number % common != 0 {
                common = common.gcd(&number);
            }
            if common == 1 {
                return;
            }
        }
        if common == 0 {
            return;
        }
        for number in numbers {
            if let Ok(narrow) = u64::try_from(*number) {
                *number = Self::from(narrow / common);
            }
        }
    }
}

impl Whole for BigInt {
    fn of(number: i64) -> Self {
        Self::from(number)
    }

    fn of_wide(number: i128) -> Self {
        Self::from(number)
    }

    fn plus(&self, other: &Self) -> Result<Self, Error> {
        Ok(self + other)
    }

    fn minus(&self, other: &Self) -> Result<Self, Error> {
        Ok(self - other)
    }

    fn times(&self, other: &Self) -> Result<Self, Error> {
        Ok(self * other)
    }

    fn split(&self, divisor: &Self) -> Result<(Self, Self), Error> {
        if divisor.is_zero() {
            return Err(Error::Overflow);
        }
        Ok(self.div_rem(divisor))
    }

    fn common_divisor(&self, other: &Self) -> Self {
        self.gcd(other)
    }

    fn is_nought(&self) -> bool {
        self.is_zero()
    }

    fn narrow(&self) -> Result<i64, Error> {
        ToPrimitive::to_i64(self).ok_or(Error::Overflow)
    }

    fn reduce(_numbers: &mut [Self]) {}
}

/// A fraction with a positive denominator, in lowest terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fraction<T> {
    pub(crate) numerator: T,
    pub(crate) denominator: T,
}

impl<T: Whole> Fraction<T> {
    /// The fraction in lowest terms; the numerator must not be negative, the denominator must be positive.
    pub(crate) fn new(numerator: &T, denominator: &T) -> Result<Self, Error> {
        let common = numerator.common_divisor(denominator);
        Ok(Self { numerator: numerator.split(&common)?.0, denominator: denominator.split(&common)?.0 })
    }

    /// Whether it is zero.
    pub(crate) fn is_nought(&self) -> bool {
        self.numerator.is_nought()
    }

    /// What is left after taking off a fraction; none when that is more than there is.
    pub(crate) fn less(&self, other: &Self) -> Result<Option<Self>, Error> {
        let left = self.numerator.times(&other.denominator)?;
        let right = other.numerator.times(&self.denominator)?;
        if right > left {
            return Ok(None);
        }
        let denominator = self.denominator.times(&other.denominator)?;
        Self::new(&left.minus(&right)?, &denominator).map(Some)
    }
}

impl Fraction<i128> {
    /// The same fraction over another kind of whole number.
    pub(crate) fn widen<T: Whole>(&self) -> Fraction<T> {
        Fraction { numerator: T::of_wide(self.numerator), denominator: T::of_wide(self.denominator) }
    }
}

/// Tries a sum in `i128` and, only where that is too narrow, repeats it in `BigInt`.
pub(crate) fn narrow_then_wide<R>(
    narrow: impl FnOnce() -> Result<R, Error>,
    wide: impl FnOnce() -> Result<R, Error>,
) -> Result<R, Error> {
    match narrow() {
        Err(Error::Overflow) => wide(),
        result => result,
    }
}

/// Ten to some power.
pub(crate) fn power_of_ten(exponent: u32) -> BigInt {
    let mut power = BigInt::one();
    for _ in 0..exponent {
        power *= 10;
    }
    power
}
