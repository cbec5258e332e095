//! A total split over instalments by percentages, so that they always add up.

use crate::cents::Cents;
use crate::error::{Error, Field};
use crate::micros::Micros;
use crate::round::half_up_cents;
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
