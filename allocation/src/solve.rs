//! Proportional shares, exactly: fixed amounts first, then `clamp(factor x weight, minimum, maximum)` with the
//! one factor that makes the shares add up.
//!
//! Shares stay fractions here; `round.rs` makes cents of them.

use crate::basis::Basis;
use crate::cents::Cents;
use crate::error::{BoundsFault, Error};
use crate::exact::{Fraction, Whole};
use crate::rule::SimpleRule;
use crate::weights::{Adjustments, Weights, weights};

/// Where a comune stands in the solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Shares in proportion to its weight.
    Free,
    /// Pays its minimum or its maximum.
    AtBound(Cents),
    /// Pays an amount of its own.
    Fixed(Cents),
    /// Pays nothing and counts nowhere.
    Exempt,
}

/// The exact shares of one amount.
pub(crate) struct Solution<T> {
    /// Where each comune stands.
    pub(crate) places: Vec<Place>,
    /// The weights, over any common scale.
    pub(crate) weights: Weights<T>,
    /// What is left for the others once the fixed amounts are taken off.
    pub(crate) after_fixed: Fraction<T>,
    /// What those share who are neither fixed nor at a bound.
    pub(crate) free_amount: Fraction<T>,
    /// The sum of their weights.
    pub(crate) free_weight: T,
    /// What one unit of weight pays, unless it is at a bound.
    pub(crate) factor: Fraction<T>,
}

/// Shares an amount among the comuni of a basis under a rule that shares a total.
pub(crate) fn solve<T: Whole>(amount: &Fraction<T>, rule: &SimpleRule, basis: &Basis) -> Result<Solution<T>, Error> {
    let adjustments = Adjustments::of(rule, basis)?;
    let mut weights = weights::<T>(rule, &adjustments, basis, amount.is_nought())?;
    T::reduce(&mut weights.values);

    let mut fixed_total = T::of(0);
    let mut places = vec![Place::Free; basis.comuni().len()];
    for (position, place) in places.iter_mut().enumerate() {
        let Some(adjustment) = adjustments.at(position) else {
            continue;
        };
        if adjustment.exempt {
            *place = Place::Exempt;
        } else if let Some(fixed) = adjustment.fixed {
            *place = Place::Fixed(fixed);
            fixed_total = fixed_total.plus(&T::of(fixed.0))?;
        }
    }
    let fixed_total = Fraction::new(&fixed_total, &T::of(1))?;
    let after_fixed = amount.less(&fixed_total)?.ok_or(Error::FixedAboveAmount)?;

    let mut sweep = Sweep::start(&weights.values, &adjustments, &mut places)?;
    sweep.run(&after_fixed, &mut places)?;
    let Sweep { bound, free, .. } = sweep;
    let bound = Fraction::new(&bound, &T::of(1))?;
    // The sweep stops before the bounds exceed what there is.
    let free_amount = after_fixed.less(&bound)?.ok_or(Error::Overflow)?;
    let factor = if free.is_nought() {
        Fraction::new(&T::of(0), &T::of(1))?
    } else {
        let denominator = free_amount.denominator.times(&free)?;
        Fraction::new(&free_amount.numerator, &denominator)?
    };
    Ok(Solution { places, weights, after_fixed, free_amount, free_weight: free, factor })
}

impl<T: Whole> Solution<T> {
    /// The share at a position, over the denominator of the factor.
    pub(crate) fn numerator(&self, position: usize) -> Result<T, Error> {
        match (self.places.get(position), self.weights.values.get(position)) {
            (Some(Place::Free), Some(weight)) => self.factor.numerator.times(weight),
            (Some(Place::AtBound(cents) | Place::Fixed(cents)), _) => self.factor.denominator.times(&T::of(cents.0)),
            _ => Ok(T::of(0)),
        }
    }
}

/// A factor at which one comune leaves its minimum or reaches its maximum: `bound / weight`.
struct Event<T> {
    position: usize,
    bound: Cents,
    weight: T,
    leaves_minimum: bool,
}

/// The factor rising from zero, past one event after another.
struct Sweep<T> {
    /// What those at a bound pay together.
    bound: T,
    /// The sum of the weights of those who are free.
    free: T,
    /// Whether anybody has a weight.
    weighted: bool,
    events: Vec<Event<T>>,
}

impl<T: Whole> Sweep<T> {
    /// The state at factor zero: whoever has a minimum pays it, everybody else is free.
    fn start(weights: &[T], adjustments: &Adjustments<'_>, places: &mut [Place]) -> Result<Self, Error> {
        let mut sweep = Self { bound: T::of(0), free: T::of(0), weighted: false, events: Vec::new() };
        for (position, (place, weight)) in places.iter_mut().zip(weights).enumerate() {
            if *place != Place::Free {
                continue;
            }
            let adjustment = adjustments.at(position);
            let minimum = adjustment.and_then(|adjustment| adjustment.minimum);
            let minimum = minimum.filter(|minimum| *minimum > Cents::ZERO);
            let maximum = adjustment.and_then(|adjustment| adjustment.maximum);
            match minimum {
                Some(minimum) => {
                    *place = Place::AtBound(minimum);
                    sweep.bound = sweep.bound.plus(&T::of(minimum.0))?;
                }
                None => sweep.free = sweep.free.plus(weight)?,
            }
            if weight.is_nought() {
                continue;
            }
            sweep.weighted = true;
            for (bound, leaves_minimum) in [(minimum, true), (maximum, false)] {
                sweep.events.extend(bound.map(|bound| Event {
                    position,
                    bound,
                    weight: weight.clone(),
                    leaves_minimum,
                }));
            }
        }
        sweep.sort()?;
        Ok(sweep)
    }

    /// Orders the events by factor; at the same factor a minimum is left before a maximum is reached.
    fn sort(&mut self) -> Result<(), Error> {
        // The largest product is tried first: were one to overflow in the middle of the sort, the order would
        // contradict itself.
        let bound = self.events.iter().map(|event| event.bound).max();
        let weight = self.events.iter().map(|event| &event.weight).max();
        if let (Some(bound), Some(weight)) = (bound, weight) {
            weight.times(&T::of(bound.0))?;
        }
        self.events.sort_by(|a, b| {
            let left = b.weight.times(&T::of(a.bound.0)).ok();
            let right = a.weight.times(&T::of(b.bound.0)).ok();
            left.cmp(&right)
                .then_with(|| b.leaves_minimum.cmp(&a.leaves_minimum))
                .then_with(|| a.position.cmp(&b.position))
        });
        Ok(())
    }

    /// Raises the factor until the shares come to the amount.
    fn run(&mut self, amount: &Fraction<T>, places: &mut [Place]) -> Result<(), Error> {
        let infeasible = |fault| Error::InfeasibleBounds { comune: None, fault };
        let bound = |bound: &T| bound.times(&amount.denominator);
        if bound(&self.bound)? > amount.numerator {
            return Err(infeasible(BoundsFault::MinimumsAboveAmount));
        }
        let events = std::mem::take(&mut self.events);
        for event in &events {
            // At the event's factor the free ones pay free x bound / weight.
            let missing = amount.numerator.minus(&bound(&self.bound)?)?;
            let paid = self.free.times(&T::of(event.bound.0))?.times(&amount.denominator)?;
            if paid >= missing.times(&event.weight)? {
                return Ok(());
            }
            let weight = &event.weight;
            let cents = T::of(event.bound.0);
            if event.leaves_minimum {
                self.bound = self.bound.minus(&cents)?;
                self.free = self.free.plus(weight)?;
                places[event.position] = Place::Free;
            } else {
                self.bound = self.bound.plus(&cents)?;
                self.free = self.free.minus(weight)?;
                places[event.position] = Place::AtBound(event.bound);
            }
        }
        if !self.free.is_nought() || bound(&self.bound)? == amount.numerator {
            return Ok(());
        }
        Err(if self.weighted { infeasible(BoundsFault::MaximumsBelowAmount) } else { Error::ZeroWeights })
    }
}
