//! The steps of an explanation as data, without a word of any language.
//!
//! Amounts are in euro. A computed value is cut (not rounded) to at most twelve decimals; inputs other than
//! such values are exact.

use rust_decimal::Decimal;

/// What a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// The budget.
    Budget,
    /// What one fund covers; the subject is the fund.
    Funding,
    /// What the comuni share.
    MunicipalShare,
    /// The size of one part of a mixed rule.
    Part,
    /// The comune is exempt.
    Exempt,
    /// The comune has an amount of its own; or the fixed amounts of others are taken off.
    Fixed,
    /// The value of the measure; the subject is the measure.
    Basis,
    /// The weight of the comune.
    Weight,
    /// Its weight against the sum of all.
    Proportion,
    /// What it would pay before rounding.
    ExactQuota,
    /// Its minimum or maximum; or what others pay at theirs is taken off.
    Bound,
    /// Whole cents.
    Rounding,
}

/// How a step's value follows from its inputs. `a`, `b`, `c` are the inputs in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Formula {
    /// Zero, without inputs.
    Zero,
    /// `a`.
    Given,
    /// `a - b - c ...`.
    Difference,
    /// `a + b + c ...`. The value is the cut of the exact sum, so its last decimals may be above the sum of the cut
    /// inputs, by less than one in the twelfth place for each input.
    Sum,
    /// `a x b x c ...`.
    Product,
    /// `a x b + c x d ...`.
    SumOfProducts,
    /// `a / b`.
    Quotient,
    /// `a x b / c`.
    ProductOverSum,
    /// `a x b / 100`.
    PercentOf,
    /// The first input, raised to [`InputName::Minimum`] and lowered to [`InputName::Maximum`] where they stand.
    Clamp,
    /// The last input: the value of the band that the first falls in, [`InputName::BandFrom`] excluded and
    /// [`InputName::BandUpTo`] included.
    BandOf,
    /// `a` rounded half up to the cent.
    HalfUp,
    /// `a` cut to the cent, and a cent more where `c` (the rank of its remainder) is not above `b` (the
    /// number of left-over cents).
    LargestRemainder,
}

/// What an input of a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputName {
    /// The budget.
    Budget,
    /// What a fund covers; the subject is the fund.
    Funding,
    /// All quotas together.
    QuotaTotal,
    /// What the comuni share.
    MunicipalShare,
    /// The size of a part.
    PartSize,
    /// The sizes of the other parts.
    OtherParts,
    /// A percentage.
    Percentage,
    /// The fixed amounts of other comuni.
    FixedOfOthers,
    /// What comuni pay at their minimum or maximum.
    AtBounds,
    /// The amount shared by weight.
    SharedAmount,
    /// The value of the measure; the subject is the measure.
    Basis,
    /// The fixed weight of the comune.
    FixedWeight,
    /// The measure above which the band begins.
    BandFrom,
    /// The measure with which the band ends.
    BandUpTo,
    /// The weight of a band.
    BandWeight,
    /// The amount of a band.
    BandAmount,
    /// The stretch of the measure inside a band.
    BandStretch,
    /// The multiplier of the comune.
    Multiplier,
    /// The weight of the comune.
    Weight,
    /// The weights of all who share, together.
    WeightTotal,
    /// How many share.
    Participants,
    /// The price of one unit.
    Price,
    /// The quota before rounding.
    ExactQuota,
    /// The quota of one part; the subject is its number, from 0.
    PartQuota,
    /// The minimum of the comune.
    Minimum,
    /// The maximum of the comune.
    Maximum,
    /// The fixed amount of the comune.
    FixedAmount,
    /// How many cents the cut left over.
    LeftoverCents,
    /// The place of the comune's remainder among all, from 1.
    Rank,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Euro.
    Euro,
    /// Euro for one unit of the measure.
    EuroPerUnit,
    /// Hundredths.
    Percent,
    /// The unit of the measure named by the subject, or of the measure of the step.
    Measure,
    /// Weight, a number without unit.
    Weight,
    /// A proportion or a multiplier.
    Ratio,
    /// Comuni.
    Comuni,
    /// Cents.
    Cents,
    /// A place in an order.
    Place,
}

/// One input of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedValue {
    /// What it is.
    pub name: InputName,
    /// Which one, where there are several: the code of a fund or measure.
    pub subject: Option<String>,
    /// How much.
    pub value: Decimal,
    /// Of what.
    pub unit: Unit,
}

/// One step of a sum that a person can redo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub kind: StepKind,
    /// The part of a mixed rule it belongs to, from 0.
    pub part: Option<usize>,
    /// The code of the fund or measure it is about.
    pub subject: Option<String>,
    /// How the value follows from the inputs.
    pub formula: Formula,
    /// What goes in.
    pub inputs: Vec<NamedValue>,
    /// What comes out.
    pub value: Decimal,
    /// Of what.
    pub unit: Unit,
}
