//! Why a comune owes what it owes, as steps that a person can redo with a pocket calculator.
//!
//! The sum is worked out once more with big numbers, and told for one comune. Not a text: callers put the
//! steps into words (`step.rs` says what each one means).

use std::borrow::Cow;

use num_bigint::BigInt;
use rust_decimal::Decimal;

use crate::basis::Basis;
use crate::budget::{BudgetCase, BudgetOutcome, FundingSize, compute};
use crate::cents::Cents;
use crate::code::IstatCode;
use crate::error::Error;
use crate::exact::{Fraction, Whole};
use crate::explain_part::tell_part;
use crate::round::{Cut, DECIMALS_MAX, cut, half_up};
use crate::rule::{PartSize, Rounding, Rule, RuleBody};
use crate::share::{ExactShares, PartShares, parts, sizes};
use crate::solve::Place;
use crate::step::{Formula, InputName, NamedValue, Step, StepKind, Unit};

/// The steps from the budget to the quota of one comune; the value of the last one is the quota.
///
/// The outcome must be the one that [`compute`] gives for the case. Who explains several quotas of one case makes an [`Explainer`].
pub fn explain(case: &BudgetCase, outcome: &BudgetOutcome, comune: IstatCode) -> Result<Vec<Step>, Error> {
    if !case.basis.contains(comune) {
        return Err(Error::UnknownComune { comune });
    }
    Explainer::new(Cow::Borrowed(case), Cow::Borrowed(outcome))?.steps(comune)
}

/// A case worked out once more with big numbers, ready to tell the steps of any of its comuni.
pub struct Explainer<'a> {
    case: Cow<'a, BudgetCase>,
    outcome: Cow<'a, BudgetOutcome>,
    shared: Cents,
    sizes: Vec<Fraction<i128>>,
    worked: Vec<PartShares<BigInt>>,
    /// Where left-over cents are given out.
    cut: Option<Cut<BigInt>>,
}

impl<'a> Explainer<'a> {
    /// Works a case out; its outcome must be the one that [`compute`] gives.
    pub fn new(case: Cow<'a, BudgetCase>, outcome: Cow<'a, BudgetOutcome>) -> Result<Self, Error> {
        if compute(&case)? != *outcome {
            return Err(Error::OutcomeOfAnotherCase);
        }
        // A balancing fund takes part of the municipal share only where the rule does not look at it.
        let shared = shared_amount(&case, &outcome)?;
        let sizes = sizes(shared, &case.rule)?;
        let worked = parts::<BigInt>(&sizes, &case.rule, &case.basis)?;
        let cut = match case.rule.rounding {
            Rounding::LargestRemainder => Some(cut_of(&worked, &case.basis)?),
            Rounding::HalfUpEach => None,
        };
        Ok(Self { case, outcome, shared, sizes, worked, cut })
    }

    /// The case.
    pub fn case(&self) -> &BudgetCase {
        &self.case
    }

    /// Its outcome.
    pub fn outcome(&self) -> &BudgetOutcome {
        &self.outcome
    }

    /// The steps from the budget to the quota of one comune; the value of the last one is the quota.
    pub fn steps(&self, comune: IstatCode) -> Result<Vec<Step>, Error> {
        let (case, outcome) = (&*self.case, &*self.outcome);
        let position = case.basis.position(comune).ok_or(Error::UnknownComune { comune })?;
        let mut story = Story::default();
        tell_funding(&mut story, case, outcome);
        let mixed = matches!(case.rule.body, RuleBody::Mixed(_));
        let mut quotas = Vec::new();
        for (index, (simple, part)) in case.rule.simple_rules().into_iter().zip(&self.worked).enumerate() {
            story.part = mixed.then_some(index);
            let whole = if mixed {
                tell_size(&mut story, &case.rule, self.shared, &self.sizes, index)?
            } else {
                story.input(InputName::MunicipalShare, euro(outcome.municipal_share), Unit::Euro)
            };
            let quota = tell_part(&mut story, simple, &case.basis, position, part, whole)?;
            if mixed {
                quotas.push(story.about(InputName::PartQuota, index.to_string(), quota, Unit::Euro));
            }
        }
        story.part = None;
        story.subject = None;
        self.tell_rounding(&mut story, quotas, position)?;
        Ok(story.steps)
    }

    /// The sum of the parts and the rounding, where what was told so far is not in whole cents yet.
    fn tell_rounding(&self, story: &mut Story, quotas: Vec<NamedValue>, position: usize) -> Result<(), Error> {
        let whole = match &self.worked[..] {
            [PartShares::Priced(_)] => true,
            [PartShares::Solved(solution)] => solution.places.get(position) != Some(&Place::Free),
            _ => false,
        };
        let mixed = !quotas.is_empty();
        if whole && !mixed {
            return Ok(());
        }
        let shares = ExactShares::of(&self.worked)?;
        let numerator = shares.numerator(position)?;
        let exact = euro_of(&numerator, &shares.denominator)?;
        if mixed {
            story.step(StepKind::ExactQuota, Formula::Sum, quotas, exact, Unit::Euro);
        }
        let mut inputs = vec![story.input(InputName::ExactQuota, exact, Unit::Euro)];
        let (formula, cents) = match &self.cut {
            None => (Formula::HalfUp, half_up(&numerator, &shares.denominator)?.narrow()?),
            Some(cut) => {
                inputs.push(story.input(InputName::LeftoverCents, cut.leftover().into(), Unit::Cents));
                inputs.push(story.input(InputName::Rank, cut.rank(position).into(), Unit::Place));
                (Formula::LargestRemainder, cut.quota(position)?)
            }
        };
        story.step(StepKind::Rounding, formula, inputs, euro(Cents(cents)), Unit::Euro);
        Ok(())
    }
}

/// Every exact share cut to the cent.
fn cut_of(worked: &[PartShares<BigInt>], basis: &Basis) -> Result<Cut<BigInt>, Error> {
    let shares = ExactShares::of(worked)?;
    Cut::new((0..basis.comuni().len()).map(|position| shares.numerator(position)), &shares.denominator)
}

/// The steps told so far, and what they are about.
#[derive(Default)]
pub(crate) struct Story {
    /// The steps.
    steps: Vec<Step>,
    /// The part being told.
    part: Option<usize>,
    /// The measure being told.
    pub(crate) subject: Option<String>,
}

impl Story {
    /// Adds a step and answers its value.
    pub(crate) fn step(
        &mut self,
        kind: StepKind,
        formula: Formula,
        inputs: Vec<NamedValue>,
        value: Decimal,
        unit: Unit,
    ) -> Decimal {
        self.steps.push(Step { kind, part: self.part, subject: self.subject.clone(), formula, inputs, value, unit });
        value
    }

    /// An input that needs no subject beyond the step's own.
    pub(crate) fn input(&self, name: InputName, value: Decimal, unit: Unit) -> NamedValue {
        let subject = match name {
            InputName::Basis => self.subject.clone(),
            _ => None,
        };
        NamedValue { name, subject, value, unit }
    }

    /// An input about something named.
    fn about(&self, name: InputName, subject: String, value: Decimal, unit: Unit) -> NamedValue {
        NamedValue { subject: Some(subject), ..self.input(name, value, unit) }
    }
}

/// Cents as euro.
pub(crate) fn euro(cents: Cents) -> Decimal {
    cents.to_decimal()
}

/// A fraction of cents as euro.
pub(crate) fn euro_of(numerator: &BigInt, denominator: &BigInt) -> Result<Decimal, Error> {
    cut(numerator, &(denominator * 100), DECIMALS_MAX)
}

/// The amount the rule was given.
fn shared_amount(case: &BudgetCase, outcome: &BudgetOutcome) -> Result<Cents, Error> {
    let funding = case.funding.iter().zip(&outcome.funding);
    let fixed = funding.filter(|(funding, _)| funding.size != FundingSize::Balancing);
    let covered = Cents::sum(fixed.map(|(_, (_, amount))| *amount))?;
    outcome.amount.checked_sub(covered)
}

/// Budget, each funding and the municipal share.
fn tell_funding(story: &mut Story, case: &BudgetCase, outcome: &BudgetOutcome) {
    let amount = euro(outcome.amount);
    let budget = story.input(InputName::Budget, amount, Unit::Euro);
    story.step(StepKind::Budget, Formula::Given, vec![budget.clone()], amount, Unit::Euro);

    let funds: Vec<NamedValue> = outcome
        .funding
        .iter()
        .map(|(fund, amount)| story.about(InputName::Funding, fund.clone(), euro(*amount), Unit::Euro))
        .collect();
    let share = euro(outcome.municipal_share);
    for (index, (funding, fund)) in case.funding.iter().zip(&funds).enumerate() {
        story.subject = Some(funding.fund.clone());
        let (formula, inputs) = match funding.size {
            FundingSize::Fixed(_) => (Formula::Given, vec![fund.clone()]),
            FundingSize::Balancing => {
                let others = funds.iter().enumerate().filter(|(other, _)| *other != index);
                let mut inputs = vec![budget.clone()];
                inputs.extend(others.map(|(_, other)| other.clone()));
                // Beside a balancing fund the municipal share is what the quotas come to.
                inputs.push(story.input(InputName::QuotaTotal, share, Unit::Euro));
                (Formula::Difference, inputs)
            }
        };
        story.step(StepKind::Funding, formula, inputs, fund.value, Unit::Euro);
    }
    story.subject = None;
    let mut inputs = vec![budget];
    inputs.extend(funds);
    story.step(StepKind::MunicipalShare, Formula::Difference, inputs, share, Unit::Euro);
}

/// The size of a part. Where the rule fixes its own total, only sizes that are amounts mean anything.
fn tell_size(
    story: &mut Story,
    rule: &Rule,
    shared: Cents,
    sizes: &[Fraction<i128>],
    index: usize,
) -> Result<NamedValue, Error> {
    let in_euro = |size: &Fraction<i128>| euro_of(&size.numerator.into(), &size.denominator.into());
    let value = sizes.get(index).map_or(Ok(Decimal::ZERO), in_euro)?;
    let RuleBody::Mixed(parts) = &rule.body else {
        return Ok(story.input(InputName::PartSize, value, Unit::Euro));
    };
    let municipal = story.input(InputName::MunicipalShare, euro(shared), Unit::Euro);
    let told = match parts.get(index).map(|part| part.size) {
        Some(PartSize::Amount(_)) => {
            let size = story.input(InputName::PartSize, value, Unit::Euro);
            Some((Formula::Given, vec![size]))
        }
        _ if rule.fixes_total() => None,
        Some(PartSize::Percent(percent)) => {
            let percent = story.input(InputName::Percentage, percent.to_decimal(), Unit::Percent);
            Some((Formula::PercentOf, vec![municipal, percent]))
        }
        Some(PartSize::Remainder) => {
            let mut inputs = vec![municipal];
            for (other, size) in sizes.iter().enumerate().filter(|(other, _)| *other != index) {
                let size = in_euro(size)?;
                inputs.push(story.about(InputName::OtherParts, other.to_string(), size, Unit::Euro));
            }
            Some((Formula::Difference, inputs))
        }
        None => None,
    };
    if let Some((formula, inputs)) = told {
        story.step(StepKind::Part, formula, inputs, value, Unit::Euro);
    }
    Ok(story.input(InputName::PartSize, value, Unit::Euro))
}
