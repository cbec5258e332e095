//! Lines of a budget: VAT from the net and from the gross, and how a line's net is built.
//!
//! Everything rounds half up to the cent, once. Negative amounts and rates are refused.

use crate::cents::Cents;
use crate::error::{Error, Field};
use crate::micros::Micros;
use crate::round::half_up_cents;
use crate::rule::refuse_negative;

/// The VAT regime of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vat {
    /// Taxed at so many per cent.
    Rate(Micros),
    /// Exempt: no VAT is due.
    Exempt,
    /// Outside the scope of VAT.
    OutOfScope,
}

impl Vat {
    /// The rate in per cent; zero where no VAT is due.
    pub fn rate(self) -> Micros {
        match self {
            Self::Rate(percent) => percent,
            Self::Exempt | Self::OutOfScope => Micros::ZERO,
        }
    }
}

/// A line with its VAT. `gross = net + vat`, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Without VAT.
    pub net: Cents,
    /// The VAT.
    pub vat: Cents,
    /// With VAT.
    pub gross: Cents,
}

/// A line given net: `vat = round half up (net x rate)`.
pub fn from_net(net: Cents, vat: Vat) -> Result<Line, Error> {
    let vat = percent_of(net, vat.rate())?;
    Ok(Line { net, vat, gross: net.checked_add(vat)? })
}

/// A line given gross: `net = round half up (gross / (1 + rate))`.
pub fn from_gross(gross: Cents, vat: Vat) -> Result<Line, Error> {
    gross.not_negative(Field::Amount)?;
    let rate = vat.rate();
    refuse_negative(rate.0, Field::Percentage, None)?;
    let whole = i128::from(Micros::HUNDRED.0);
    let net = half_up_cents(i128::from(gross.0) * whole, whole + i128::from(rate.0))?;
    Ok(Line { net, vat: gross.checked_sub(net)?, gross })
}

/// Which amount of a line was given; the others follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// The net.
    Net,
    /// The gross.
    Gross,
}

/// Amounts of a line as a document prints them; those that it leaves out are not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Printed {
    /// Without VAT.
    pub net: Option<Cents>,
    /// The VAT.
    pub vat: Option<Cents>,
    /// With VAT.
    pub gross: Option<Cents>,
}

impl Printed {
    /// The line that they mean: none where neither net nor gross is printed. Where both are, the one is taken that all others follow from, and the gross where
    /// they follow from none; whether they fit is for [`Printed::fits`] to say.
    pub fn line(&self, vat: Vat) -> Result<Option<(Given, Line)>, Error> {
        Ok(match (self.net, self.gross) {
            (None, None) => None,
            (Some(net), None) => Some((Given::Net, from_net(net, vat)?)),
            (None, Some(gross)) => Some((Given::Gross, from_gross(gross, vat)?)),
            (Some(net), Some(gross)) => {
                let made = from_net(net, vat)?;
                let of_net = self.fits(made);
                Some(if of_net { (Given::Net, made) } else { (Given::Gross, from_gross(gross, vat)?) })
            }
        })
    }

    /// Whether each that is printed is that of a line.
    pub fn fits(&self, line: Line) -> bool {
        let same = |printed: Option<Cents>, made: Cents| printed.is_none_or(|printed| printed == made);
        same(self.net, line.net) && same(self.vat, line.vat) && same(self.gross, line.gross)
    }
}

/// So many months of a monthly fee.
pub fn months_times_fee(months: u32, fee: Cents) -> Result<Cents, Error> {
    fee.not_negative(Field::Amount)?;
    let cents = fee.0.checked_mul(i64::from(months)).ok_or(Error::Overflow)?;
    Ok(Cents(cents))
}

/// So many hours at an hourly cost, rounded half up.
pub fn hours_times_cost(hours: Micros, cost: Cents) -> Result<Cents, Error> {
    cost.not_negative(Field::Amount)?;
    refuse_negative(hours.0, Field::Hours, None)?;
    half_up_cents(i128::from(hours.0) * i128::from(cost.0), i128::from(Micros::SCALE))
}

/// So many per cent of an amount, rounded half up.
pub fn percent_of(amount: Cents, percent: Micros) -> Result<Cents, Error> {
    amount.not_negative(Field::Amount)?;
    refuse_negative(percent.0, Field::Percentage, None)?;
    half_up_cents(i128::from(amount.0) * i128::from(percent.0), i128::from(Micros::HUNDRED.0))
}
