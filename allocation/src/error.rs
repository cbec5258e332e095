//! Everything the arithmetic can refuse, as one type.
//!
//! Each case carries the data a caller needs to point at the fault; none carries text of the input.

use crate::cents::Cents;
use crate::code::{IstatCode, MeasureCode};

/// A field of a case that holds a number, named when the number is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The amount to share, a budget or the total of instalments.
    Amount,
    /// What a fund covers.
    Funding,
    /// A weight, of a comune or of a band.
    Weight,
    /// The value of a measure.
    Basis,
    /// The price of a tariff.
    Price,
    /// The multiplier of an adjustment.
    Multiplier,
    /// The fixed amount of an adjustment, of a part or of a band.
    FixedAmount,
    /// The minimum of an adjustment.
    Minimum,
    /// The maximum of an adjustment.
    Maximum,
    /// A percentage.
    Percentage,
    /// A number of hours.
    Hours,
}

/// Why no quotas satisfy the minimums and maximums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoundsFault {
    /// A comune has a minimum above its own maximum.
    MinimumAboveMaximum,
    /// The minimums alone come to more than the amount.
    MinimumsAboveAmount,
    /// The maximums together come to less than the amount.
    MaximumsBelowAmount,
}

/// Why a sum was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not an amount with exactly two decimals that fits.
    #[error("not an amount with exactly two decimals")]
    NotAnAmount,
    /// The text is not a plain decimal of at most six places that fits.
    #[error("not a plain decimal number with at most six decimals")]
    NotANumber,
    /// The text is not six digits.
    #[error("not an ISTAT code of six digits")]
    NotAnIstatCode,
    /// The text is not an upper-case code of at most 40 characters.
    #[error("not a measure code in upper case, digits and underscores")]
    NotAMeasureCode,
    /// A measure has no value: for one comune, or (`None`) for any.
    #[error("the measure {measure} has no value{}", of_comune(comune.as_ref()))]
    NoBasis {
        /// The measure.
        measure: MeasureCode,
        /// The comune without a value; `None` when no comune has one.
        comune: Option<IstatCode>,
    },
    /// A rule with fixed weights has none for a comune that takes part.
    #[error("the comune {comune} has no fixed weight")]
    NoWeight {
        /// The comune.
        comune: IstatCode,
    },
    /// There is something to share and nobody with a weight to share it.
    #[error("the weights add up to zero, so the amount cannot be shared")]
    ZeroWeights,
    /// Minimums and maximums leave no solution.
    #[error("the minimums and maximums leave no solution{}", of_comune(comune.as_ref()))]
    InfeasibleBounds {
        /// The comune at fault, where it is one.
        comune: Option<IstatCode>,
        /// What is wrong with them.
        fault: BoundsFault,
    },
    /// The fixed amounts of single comuni exceed what is to be shared.
    #[error("the fixed amounts of the comuni exceed the amount to share")]
    FixedAboveAmount,
    /// A mixed rule has no part.
    #[error("a mixed rule needs at least one part")]
    NoParts,
    /// The percentages of a mixed rule exceed 100.
    #[error("the percentages of the parts exceed 100")]
    PercentagesOver100,
    /// The parts of a mixed rule come to more than the amount, or to less and no part takes the remainder.
    #[error("the parts do not add up to the amount")]
    PartsDoNotAddUp,
    /// More than one part takes the remainder.
    #[error("only one part may take the remainder")]
    TwoRemainders,
    /// More than one funding balances the budget.
    #[error("only one funding may balance the budget")]
    TwoBalancing,
    /// A balancing fund needs a rule whose quotas do not depend on the municipal share.
    #[error("a balancing fund needs a rule that fixes its own total")]
    BalancingNeedsFixedTotal,
    /// The funding exceeds the budget.
    #[error("the funding {funding} exceeds the budget {amount}")]
    FundingExceedsBudget {
        /// The budget.
        amount: Cents,
        /// The funds that are not balancing, together.
        funding: Cents,
    },
    /// Quotas and funding exceed the budget, so that the balancing fund would be negative.
    #[error("quotas and funding exceed the budget by {excess}")]
    Unbalanced {
        /// How much they exceed it by.
        excess: Cents,
    },
    /// An own price was given under a rule that has no price.
    #[error("the comune {comune} has a price of its own, but the rule is not a tariff")]
    NotApplicable {
        /// The comune.
        comune: IstatCode,
    },
    /// A number that must not be negative is.
    #[error("a negative number is not allowed here ({field:?}){}", of_comune(comune.as_ref()))]
    Negative {
        /// Which number.
        field: Field,
        /// Whose number it is, where it is one comune's.
        comune: Option<IstatCode>,
    },
    /// The result does not fit.
    #[error("the result is too large")]
    Overflow,
    /// Bands must ascend strictly from zero and end with one open band.
    #[error("the bands do not ascend, or the last one is not open")]
    BadBands,
    /// A comune was given twice.
    #[error("the comune {comune} was given twice")]
    DuplicateComune {
        /// The comune.
        comune: IstatCode,
    },
    /// A value, weight or adjustment was given for a comune that does not take part.
    #[error("the comune {comune} does not take part")]
    UnknownComune {
        /// The comune.
        comune: IstatCode,
    },
    /// The percentages of instalments do not add up to 100.
    #[error("the percentages of the instalments do not add up to 100")]
    InstalmentsNot100,
    /// The outcome to explain does not come from the case given with it.
    #[error("the outcome does not belong to this case")]
    OutcomeOfAnotherCase,
}

impl Error {
    /// The comune at fault, where it is one.
    pub fn comune(&self) -> Option<IstatCode> {
        match self {
            Self::NoBasis { comune, .. } | Self::InfeasibleBounds { comune, .. } | Self::Negative { comune, .. } => {
                *comune
            }
            Self::NoWeight { comune }
            | Self::NotApplicable { comune }
            | Self::DuplicateComune { comune }
            | Self::UnknownComune { comune } => Some(*comune),
            _ => None,
        }
    }

    /// A stable code for programs, in upper snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnAmount => "NOT_AN_AMOUNT",
            Self::NotANumber => "NOT_A_NUMBER",
            Self::NotAnIstatCode => "NOT_AN_ISTAT_CODE",
            Self::NotAMeasureCode => "NOT_A_MEASURE_CODE",
            Self::NoBasis { .. } => "NO_BASIS",
            Self::NoWeight { .. } => "NO_WEIGHT",
            Self::ZeroWeights => "ZERO_WEIGHTS",
            Self::InfeasibleBounds { .. } => "INFEASIBLE_BOUNDS",
            Self::FixedAboveAmount => "FIXED_ABOVE_AMOUNT",
            Self::NoParts => "NO_PARTS",
            Self::PercentagesOver100 => "PERCENTAGES_OVER_100",
            Self::PartsDoNotAddUp => "PARTS_DO_NOT_ADD_UP",
            Self::TwoRemainders => "TWO_REMAINDERS",
            Self::TwoBalancing => "TWO_BALANCING",
            Self::BalancingNeedsFixedTotal => "BALANCING_NEEDS_FIXED_TOTAL",
            Self::FundingExceedsBudget { .. } => "FUNDING_EXCEEDS_BUDGET",
            Self::Unbalanced { .. } => "UNBALANCED",
            Self::NotApplicable { .. } => "NOT_APPLICABLE",
            Self::Negative { .. } => "NEGATIVE",
            Self::Overflow => "OVERFLOW",
            Self::BadBands => "BAD_BANDS",
            Self::DuplicateComune { .. } => "DUPLICATE_COMUNE",
            Self::UnknownComune { .. } => "UNKNOWN_COMUNE",
            Self::InstalmentsNot100 => "INSTALMENTS_NOT_100",
            Self::OutcomeOfAnotherCase => "OUTCOME_OF_ANOTHER_CASE",
        }
    }
}

/// The end of a sentence that names a comune, where there is one.
fn of_comune(comune: Option<&IstatCode>) -> String {
    comune.map_or_else(String::new, |comune| format!(" for the comune {comune}"))
}
