//! Cost-sharing rules as data: the closed list of methods, their adjustments, and mixtures of them.
//!
//! Not the sums: `weights.rs` turns a method into weights, `share.rs` into quotas.

use std::collections::{BTreeMap, BTreeSet};

use crate::cents::Cents;
use crate::code::{IstatCode, MeasureCode};
use crate::error::{Error, Field};
use crate::micros::Micros;

/// How exact shares become whole cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// Each share is cut to the cent; the left-over cents go to the largest remainders, ties to the larger
    /// share and then to the lower ISTAT code. The quotas always add up to what is shared.
    #[default]
    LargestRemainder,
    /// Each share is rounded half up on its own; what the sum misses is the residue.
    HalfUpEach,
}

/// What is special about one comune. The default changes nothing.
///
/// `exempt` wins over everything else, and `fixed` over multiplier, price, minimum and maximum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Adjustment {
    /// Pays nothing and is left out of every sum.
    pub exempt: bool,
    /// Multiplies its weight; under a tariff its measure, under amounts by band its amount.
    pub multiplier: Option<Micros>,
    /// Its own price; only under a tariff.
    pub price: Option<Micros>,
    /// Its own amount, taken off before the others share.
    pub fixed: Option<Cents>,
    /// The least it pays.
    pub minimum: Option<Cents>,
    /// The most it pays.
    pub maximum: Option<Cents>,
}

/// One band of a measure, from just above the band before it up to and with `up_to`; the last is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Band<T> {
    /// The highest value in the band; `None` for the last band.
    pub up_to: Option<Micros>,
    /// What the band gives: a weight or an amount.
    pub value: T,
}

/// How one rule counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Method {
    /// Everybody the same: amount / n.
    Equal,
    /// In proportion to a measure.
    ByMeasure {
        /// The measure.
        measure: MeasureCode,
    },
    /// In proportion to weights given with the rule.
    ByFixedWeights {
        /// The weight of each comune that takes part.
        weights: BTreeMap<IstatCode, Micros>,
    },
    /// In proportion to a weight that depends on the band of a measure.
    ByBands {
        /// The measure.
        measure: MeasureCode,
        /// Whether the weight is summed over the bands, each for the stretch of the measure inside it
        /// (as income tax is); otherwise it is the weight of the band the measure falls in.
        marginal: bool,
        /// The bands, ascending.
        bands: Vec<Band<Micros>>,
    },
    /// The amount of the band the measure falls in; the total follows.
    FlatByBand {
        /// The measure.
        measure: MeasureCode,
        /// The bands, ascending.
        amounts: Vec<Band<Cents>>,
    },
    /// Price times measure, rounded half up; the total follows.
    Tariff {
        /// The measure.
        measure: MeasureCode,
        /// The price in euro of one unit.
        price: Micros,
    },
}

impl Method {
    /// The measure it counts by, if any.
    pub fn measure(&self) -> Option<&MeasureCode> {
        match self {
            Self::Equal | Self::ByFixedWeights { .. } => None,
            Self::ByMeasure { measure }
            | Self::ByBands { measure, .. }
            | Self::FlatByBand { measure, .. }
            | Self::Tariff { measure, .. } => Some(measure),
        }
    }

    /// Whether quotas come from prices or amounts, not from a total that is shared.
    pub fn fixes_total(&self) -> bool {
        matches!(self, Self::FlatByBand { .. } | Self::Tariff { .. })
    }
}

/// One method with the adjustments of single comuni.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SimpleRule {
    /// How it counts.
    pub method: Method,
    /// What is special about single comuni.
    pub adjustments: BTreeMap<IstatCode, Adjustment>,
}

impl SimpleRule {
    /// A rule without adjustments.
    pub fn new(method: Method) -> Self {
        Self { method, adjustments: BTreeMap::new() }
    }

    /// Refuses what no basis could make right.
    fn check(&self) -> Result<(), Error> {
        match &self.method {
            Method::Equal | Method::ByMeasure { .. } => {}
            Method::ByFixedWeights { weights } => {
                for (comune, weight) in weights {
                    refuse_negative(weight.0, Field::Weight, Some(*comune))?;
                }
            }
            Method::ByBands { bands, .. } => {
                check_bands(bands)?;
                for band in bands {
                    refuse_negative(band.value.0, Field::Weight, None)?;
                }
            }
            Method::FlatByBand { amounts, .. } => {
                check_bands(amounts)?;
                for band in amounts {
                    refuse_negative(band.value.0, Field::FixedAmount, None)?;
                }
            }
            Method::Tariff { price, .. } => refuse_negative(price.0, Field::Price, None)?,
        }
        let tariff = matches!(self.method, Method::Tariff { .. });
        self.adjustments.iter().try_for_each(|(comune, adjustment)| adjustment.check(*comune, tariff))
    }
}

impl Adjustment {
    /// Refuses negative numbers, crossed bounds and a price where there is none.
    fn check(&self, comune: IstatCode, tariff: bool) -> Result<(), Error> {
        let numbers = [
            (self.multiplier.map(Micros::get), Field::Multiplier),
            (self.price.map(Micros::get), Field::Price),
            (self.fixed.map(Cents::get), Field::FixedAmount),
            (self.minimum.map(Cents::get), Field::Minimum),
            (self.maximum.map(Cents::get), Field::Maximum),
        ];
        for (number, field) in numbers {
            refuse_negative(number.unwrap_or(0), field, Some(comune))?;
        }
        if self.price.is_some() && !tariff {
            return Err(Error::NotApplicable { comune });
        }
        match (self.minimum, self.maximum) {
            (Some(minimum), Some(maximum)) if minimum > maximum => Err(Error::InfeasibleBounds {
                comune: Some(comune),
                fault: crate::error::BoundsFault::MinimumAboveMaximum,
            }),
            _ => Ok(()),
        }
    }

    /// The amount put between its minimum and maximum.
    pub(crate) fn clamp(&self, amount: Cents) -> Cents {
        let raised = self.minimum.map_or(amount, |minimum| amount.max(minimum));
        self.maximum.map_or(raised, |maximum| raised.min(maximum))
    }
}

/// How much of the amount a part shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartSize {
    /// So much.
    Amount(Cents),
    /// So many hundredths of the whole amount.
    Percent(Micros),
    /// What the other parts leave; at most one part.
    Remainder,
}

/// One part of a mixed rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Part {
    /// How much it shares.
    pub size: PartSize,
    /// How it shares that.
    pub rule: SimpleRule,
}

/// One rule, or several side by side.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RuleBody {
    /// One rule for the whole amount.
    Simple(SimpleRule),
    /// Parts of the amount, each under a rule of its own.
    Mixed(Vec<Part>),
}

/// A cost-sharing rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    /// What it does.
    pub body: RuleBody,
    /// How it rounds.
    pub rounding: Rounding,
}

impl Rule {
    /// A rule of one method, without adjustments, that rounds by largest remainder.
    pub fn simple(method: Method) -> Self {
        Self { body: RuleBody::Simple(SimpleRule::new(method)), rounding: Rounding::default() }
    }

    /// The rule that shares in proportion to a measure.
    pub fn by_measure(measure: MeasureCode) -> Self {
        Self::simple(Method::ByMeasure { measure })
    }

    /// Refuses what neither an amount nor a basis could make right.
    pub fn check(&self) -> Result<(), Error> {
        self.simple_rules().into_iter().try_for_each(SimpleRule::check)?;
        match &self.body {
            RuleBody::Simple(_) => Ok(()),
            RuleBody::Mixed(parts) => check_parts(parts),
        }
    }

    /// The simple rules in it, in order.
    pub fn simple_rules(&self) -> Vec<&SimpleRule> {
        match &self.body {
            RuleBody::Simple(rule) => vec![rule],
            RuleBody::Mixed(parts) => parts.iter().map(|part| &part.rule).collect(),
        }
    }

    /// The measures it counts by, each once, in order of their codes.
    pub fn measures(&self) -> Vec<&MeasureCode> {
        let measures: BTreeSet<_> = self.simple_rules().into_iter().filter_map(|rule| rule.method.measure()).collect();
        measures.into_iter().collect()
    }

    /// The same rule with the adjustments and fixed weights of only some comuni.
    pub(crate) fn for_comuni(&self, keep: impl Fn(IstatCode) -> bool) -> Self {
        let mut kept = self.clone();
        let rules: Vec<&mut SimpleRule> = match &mut kept.body {
            RuleBody::Simple(rule) => vec![rule],
            RuleBody::Mixed(parts) => parts.iter_mut().map(|part| &mut part.rule).collect(),
        };
        for rule in rules {
            rule.adjustments.retain(|comune, _| keep(*comune));
            if let Method::ByFixedWeights { weights } = &mut rule.method {
                weights.retain(|comune, _| keep(*comune));
            }
        }
        kept
    }

    /// Whether its quotas do not depend on the municipal share: a tariff, amounts by band, or a mixture of
    /// those and of parts whose size is an amount.
    pub fn fixes_total(&self) -> bool {
        match &self.body {
            RuleBody::Simple(rule) => rule.method.fixes_total(),
            RuleBody::Mixed(parts) => {
                parts.iter().all(|part| matches!(part.size, PartSize::Amount(_)) || part.rule.method.fixes_total())
            }
        }
    }
}

/// There is a part, none is below zero, the percentages come to 100 at most, and one part at most takes the rest.
fn check_parts(parts: &[Part]) -> Result<(), Error> {
    if parts.is_empty() {
        return Err(Error::NoParts);
    }
    let (mut percentages, mut remainders) = (0_i128, 0);
    for part in parts {
        match part.size {
            PartSize::Amount(fixed) => refuse_negative(fixed.0, Field::FixedAmount, None)?,
            PartSize::Percent(percent) => {
                refuse_negative(percent.0, Field::Percentage, None)?;
                percentages += i128::from(percent.0);
            }
            PartSize::Remainder => remainders += 1,
        }
    }
    if remainders > 1 {
        return Err(Error::TwoRemainders);
    }
    if percentages > i128::from(Micros::HUNDRED.0) {
        return Err(Error::PercentagesOver100);
    }
    Ok(())
}

/// Bands ascend strictly from zero; the last one is open, and only that one.
fn check_bands<T>(bands: &[Band<T>]) -> Result<(), Error> {
    let Some((last, inner)) = bands.split_last() else {
        return Err(Error::BadBands);
    };
    let mut below = Micros(-1);
    for band in inner {
        match band.up_to {
            Some(up_to) if up_to > below => below = up_to,
            _ => return Err(Error::BadBands),
        }
    }
    match last.up_to {
        None => Ok(()),
        Some(_) => Err(Error::BadBands),
    }
}

/// The band a measure falls in, with its number. Checked bands always have one.
pub(crate) fn band_of<T>(bands: &[Band<T>], measure: Micros) -> Result<(usize, &Band<T>), Error> {
    bands.iter().enumerate().find(|(_, band)| band.up_to.is_none_or(|up_to| measure <= up_to)).ok_or(Error::BadBands)
}

/// Refuses a number below zero.
pub(crate) fn refuse_negative(number: i64, field: Field, comune: Option<IstatCode>) -> Result<(), Error> {
    if number < 0 {
        return Err(Error::Negative { field, comune });
    }
    Ok(())
}
