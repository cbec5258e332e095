//! The steps of one part of a rule, or of a simple rule: from its size to what one comune pays of it.

use num_bigint::BigInt;
use rust_decimal::Decimal;

use crate::basis::Basis;
use crate::cents::Cents;
use crate::error::Error;
use crate::exact::{Whole, power_of_ten};
use crate::explain::{Story, euro, euro_of};
use crate::micros::Micros;
use crate::round::{DECIMALS_MAX, cut, half_up};
use crate::rule::{Adjustment, Band, Method, SimpleRule, band_of};
use crate::share::{PartShares, exact_price};
use crate::solve::{Place, Solution};
use crate::step::{Formula, InputName, NamedValue, StepKind, Unit};
use crate::weights::{Adjustments, Column, multiplier_of, stretches};

/// A weight is a product of at most three numbers of six places, and is shown whole.
const WEIGHT_DECIMALS_MAX: u32 = 18;

/// Tells one part and answers what the comune pays of it; `size` is what the part shares.
pub(crate) fn tell_part(
    story: &mut Story,
    rule: &SimpleRule,
    basis: &Basis,
    position: usize,
    part: &PartShares<BigInt>,
    size: NamedValue,
) -> Result<Decimal, Error> {
    let adjustments = Adjustments::of(rule, basis)?;
    story.subject = None;
    let own = adjustments.at(position);
    if own.is_some_and(|own| own.exempt) {
        let zero = Decimal::ZERO;
        return Ok(story.step(StepKind::Exempt, Formula::Zero, vec![], zero, Unit::Euro));
    }
    if let Some(fixed) = own.and_then(|own| own.fixed) {
        return Ok(given(story, StepKind::Fixed, InputName::FixedAmount, euro(fixed)));
    }
    let teller = Teller { rule, basis, adjustments: &adjustments, position };
    story.subject = rule.method.measure().map(ToString::to_string);
    match part {
        PartShares::Solved(solution) => teller.solved(story, solution, size),
        PartShares::Priced(quotas) => {
            let quota = quotas.get(position).copied().unwrap_or_default();
            teller.priced(story, quota)
        }
    }
}

/// A step whose value is its one input, in euro.
fn given(story: &mut Story, kind: StepKind, name: InputName, value: Decimal) -> Decimal {
    let input = story.input(name, value, Unit::Euro);
    story.step(kind, Formula::Given, vec![input], value, Unit::Euro)
}

/// One comune under one rule.
struct Teller<'a> {
    rule: &'a SimpleRule,
    basis: &'a Basis,
    adjustments: &'a Adjustments<'a>,
    position: usize,
}

impl Teller<'_> {
    /// What is special about the comune.
    fn own(&self) -> Option<&Adjustment> {
        self.adjustments.at(self.position)
    }

    /// A share of the size.
    fn solved(&self, story: &mut Story, solution: &Solution<BigInt>, size: NamedValue) -> Result<Decimal, Error> {
        let place = solution.places.get(self.position).copied();
        let place = place.unwrap_or(Place::Exempt);
        let shared = tell_shared_amount(story, solution, size)?;
        let nothing = solution.free_weight == BigInt::ZERO || solution.free_amount.numerator == BigInt::ZERO;
        if nothing {
            // Whoever is not at a bound has nothing to share, so that no weight matters.
            return Ok(match place {
                Place::AtBound(bound) => {
                    let at_maximum = self.own().and_then(|own| own.maximum) == Some(bound);
                    let name = if at_maximum { InputName::Maximum } else { InputName::Minimum };
                    given(story, StepKind::Bound, name, euro(bound))
                }
                _ => given(story, StepKind::ExactQuota, InputName::SharedAmount, shared),
            });
        }
        let own_weight = self.tell_weight(story, solution)?;
        let total = self.weight_total(story, solution)?;
        let weights = &solution.weights.values;
        let weight = weights.get(self.position).cloned().unwrap_or_default();
        if place == Place::Free {
            let ratio = cut(&weight, &solution.free_weight, DECIMALS_MAX)?;
            let inputs = vec![own_weight.clone(), total.clone()];
            story.step(StepKind::Proportion, Formula::Quotient, inputs, ratio, Unit::Ratio);
        }
        let amount = &solution.free_amount;
        let exact = euro_of(&(&amount.numerator * weight), &(&amount.denominator * &solution.free_weight))?;
        let amount = story.input(InputName::SharedAmount, shared, Unit::Euro);
        let inputs = vec![amount, own_weight, total];
        story.step(StepKind::ExactQuota, Formula::ProductOverSum, inputs, exact, Unit::Euro);
        let value = match place {
            Place::AtBound(bound) => euro(bound),
            _ => exact,
        };
        Ok(self.tell_bounds(story, exact, value))
    }

    /// The value of the measure.
    fn tell_basis(&self, story: &mut Story) -> Result<(Micros, NamedValue), Error> {
        let value = match self.rule.method.measure() {
            Some(measure) => Column::of(measure, self.basis, false).at(self.position)?,
            None => Micros::ONE,
        };
        let input = story.input(InputName::Basis, value.to_decimal(), Unit::Measure);
        let inputs = vec![input.clone()];
        story.step(StepKind::Basis, Formula::Given, inputs, input.value, Unit::Measure);
        Ok((value, input))
    }

    /// The weight of the comune, as the input that later steps take.
    fn tell_weight(&self, story: &mut Story, solution: &Solution<BigInt>) -> Result<NamedValue, Error> {
        let mut weight = match &self.rule.method {
            Method::ByBands { measure: _, marginal, bands } => {
                let (value, basis) = self.tell_basis(story)?;
                let (formula, inputs, weight) = if *marginal {
                    marginal_inputs(story, bands, value)?
                } else {
                    let (inputs, weight) = band_inputs(story, bands, value, basis, InputName::BandWeight)?;
                    (Formula::BandOf, inputs, weight)
                };
                story.step(StepKind::Weight, formula, inputs, weight, Unit::Weight);
                story.input(InputName::Weight, weight, Unit::Weight)
            }
            Method::ByFixedWeights { weights } => {
                let comune = self.basis.comuni().get(self.position);
                let weight = comune.and_then(|comune| weights.get(comune));
                let weight = weight.copied().unwrap_or_default().to_decimal();
                let input = story.input(InputName::FixedWeight, weight, Unit::Weight);
                story.step(StepKind::Weight, Formula::Given, vec![input], weight, Unit::Weight);
                story.input(InputName::Weight, weight, Unit::Weight)
            }
            Method::Equal => story.input(InputName::Weight, Decimal::ONE, Unit::Weight),
            _ => self.tell_basis(story)?.1,
        };
        if self.own().is_some_and(|own| own.multiplier.is_some()) {
            let multiplier = self.multiplier(story);
            let weights = &solution.weights.values;
            let whole = weights.get(self.position).cloned().unwrap_or_default();
            let value = weight_value(&whole, solution)?;
            story.step(StepKind::Weight, Formula::Product, vec![weight, multiplier], value, Unit::Weight);
            weight = story.input(InputName::Weight, value, Unit::Weight);
        }
        Ok(weight)
    }

    /// The multiplier of the comune.
    fn multiplier(&self, story: &Story) -> NamedValue {
        let multiplier = multiplier_of(self.own()).to_decimal();
        story.input(InputName::Multiplier, multiplier, Unit::Ratio)
    }

    /// The weights of all who share; their number where each weighs one.
    fn weight_total(&self, story: &Story, solution: &Solution<BigInt>) -> Result<NamedValue, Error> {
        let total = weight_value(&solution.free_weight, solution)?;
        let heads = self.rule.method == Method::Equal && solution.weights.decimals == 0;
        Ok(if heads {
            story.input(InputName::Participants, total, Unit::Comuni)
        } else {
            story.input(InputName::WeightTotal, total, Unit::Weight)
        })
    }

    /// Puts a value between the bounds of the comune, where it has any.
    fn tell_bounds(&self, story: &mut Story, before: Decimal, after: Decimal) -> Decimal {
        let minimum = self.own().and_then(|own| own.minimum);
        let maximum = self.own().and_then(|own| own.maximum);
        if minimum.is_none() && maximum.is_none() {
            return after;
        }
        let bound = |name, cents: Cents| story.input(name, euro(cents), Unit::Euro);
        let mut inputs = vec![story.input(InputName::ExactQuota, before, Unit::Euro)];
        inputs.extend(minimum.map(|cents| bound(InputName::Minimum, cents)));
        inputs.extend(maximum.map(|cents| bound(InputName::Maximum, cents)));
        story.step(StepKind::Bound, Formula::Clamp, inputs, after, Unit::Euro)
    }

    /// A price times a measure, or the amount of a band.
    fn priced(&self, story: &mut Story, quota: Cents) -> Result<Decimal, Error> {
        let (value, basis) = self.tell_basis(story)?;
        let multiplied = self.own().is_some_and(|own| own.multiplier.is_some());
        let mut factors = match &self.rule.method {
            Method::FlatByBand { amounts, .. } => {
                let (inputs, amount) = band_inputs(story, amounts, value, basis, InputName::BandAmount)?;
                story.step(StepKind::ExactQuota, Formula::BandOf, inputs, amount, Unit::Euro);
                if !multiplied {
                    return Ok(self.tell_bounds(story, amount, euro(quota)));
                }
                vec![story.input(InputName::BandAmount, amount, Unit::Euro)]
            }
            Method::Tariff { price, .. } => {
                let price = self.own().and_then(|own| own.price).unwrap_or(*price);
                let price = price.to_decimal();
                vec![story.input(InputName::Price, price, Unit::EuroPerUnit), basis]
            }
            _ => vec![basis],
        };
        if multiplied {
            factors.push(self.multiplier(story));
        }
        let (numerator, decimals) = exact_price::<BigInt>(self.rule, self.adjustments, self.basis, self.position)?;
        let denominator = power_of_ten(decimals);
        let exact = euro_of(&numerator, &denominator)?;
        story.step(StepKind::ExactQuota, Formula::Product, factors, exact, Unit::Euro);
        let rounded = half_up(&numerator, &denominator)?;
        let rounded = euro(Cents(rounded.narrow()?));
        let input = story.input(InputName::ExactQuota, exact, Unit::Euro);
        story.step(StepKind::Rounding, Formula::HalfUp, vec![input], rounded, Unit::Euro);
        Ok(self.tell_bounds(story, rounded, euro(quota)))
    }
}

/// Takes off what others pay as fixed amounts and at their bounds, and answers what is shared by weight.
fn tell_shared_amount(story: &mut Story, solution: &Solution<BigInt>, size: NamedValue) -> Result<Decimal, Error> {
    let sum =
        |amount: &dyn Fn(&Place) -> Option<Cents>| Cents::sum(solution.places.iter().filter_map(amount)).map(euro);
    let fixed = sum(&|place| match place {
        Place::Fixed(cents) => Some(*cents),
        _ => None,
    })?;
    let bound = sum(&|place| match place {
        Place::AtBound(cents) => Some(*cents),
        _ => None,
    })?;
    let mut amount = size;
    let after_fixed = &solution.after_fixed;
    let free = &solution.free_amount;
    for (kind, name, off, left) in [
        (StepKind::Fixed, InputName::FixedOfOthers, fixed, after_fixed),
        (StepKind::Bound, InputName::AtBounds, bound, free),
    ] {
        if off.is_zero() {
            continue;
        }
        let left = euro_of(&left.numerator, &left.denominator)?;
        let inputs = vec![amount, story.input(name, off, Unit::Euro)];
        story.step(kind, Formula::Difference, inputs, left, Unit::Euro);
        amount = story.input(InputName::SharedAmount, left, Unit::Euro);
    }
    Ok(amount.value)
}

/// A weight in its own unit.
fn weight_value(weight: &BigInt, solution: &Solution<BigInt>) -> Result<Decimal, Error> {
    let scale = power_of_ten(solution.weights.decimals);
    cut(weight, &scale, WEIGHT_DECIMALS_MAX)
}

/// What a band gives, as a decimal with its unit.
trait BandValue: Copy {
    /// The value.
    fn decimal(self) -> Decimal;
    /// What it counts.
    const UNIT: Unit;
}

impl BandValue for Micros {
    const UNIT: Unit = Unit::Weight;

    fn decimal(self) -> Decimal {
        self.to_decimal()
    }
}

impl BandValue for Cents {
    const UNIT: Unit = Unit::Euro;

    fn decimal(self) -> Decimal {
        self.to_decimal()
    }
}

/// The measure, the edges of the band it falls in, and what the band gives.
fn band_inputs<T: BandValue>(
    story: &Story,
    bands: &[Band<T>],
    value: Micros,
    basis: NamedValue,
    name: InputName,
) -> Result<(Vec<NamedValue>, Decimal), Error> {
    let (index, band) = band_of(bands, value)?;
    let below = index.checked_sub(1).and_then(|below| bands.get(below));
    let edge = |name, edge: Micros| story.input(name, edge.to_decimal(), Unit::Measure);
    let mut inputs = vec![basis];
    let from = below.and_then(|below| below.up_to);
    inputs.extend(from.map(|from| edge(InputName::BandFrom, from)));
    inputs.extend(band.up_to.map(|up_to| edge(InputName::BandUpTo, up_to)));
    let given = band.value.decimal();
    inputs.push(story.input(name, given, T::UNIT));
    Ok((inputs, given))
}

/// The stretch inside each band with the band's weight, and the sum of their products.
fn marginal_inputs(
    story: &Story,
    bands: &[Band<Micros>],
    value: Micros,
) -> Result<(Formula, Vec<NamedValue>, Decimal), Error> {
    let mut inputs = Vec::new();
    let mut sum = BigInt::ZERO;
    for (stretch, weight) in stretches(bands, value) {
        let (length, worth) = (stretch.to_decimal(), weight.to_decimal());
        inputs.push(story.input(InputName::BandStretch, length, Unit::Measure));
        inputs.push(story.input(InputName::BandWeight, worth, Unit::Weight));
        sum += BigInt::from(stretch.0) * weight.0;
    }
    let weight = cut(&sum, &power_of_ten(12), DECIMALS_MAX)?;
    Ok((Formula::SumOfProducts, inputs, weight))
}
