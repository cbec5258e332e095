//! What changed between two cases, comune by comune, split into effects that add up to the cent.
//!
//! One thing at a time is taken from the later case, in a fixed order: budget, funding, participation, basis,
//! rule. An intermediate case that cannot be worked out (say, a rule whose measure is new) has no effect of its
//! own: its change falls to the next step.

use std::collections::{BTreeMap, BTreeSet};

use crate::basis::Basis;
use crate::budget::{BudgetCase, compute};
use crate::cents::Cents;
use crate::code::IstatCode;
use crate::error::Error;

/// The change of one comune's quota. `budget + funding + participation + basis + rule = after - before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The comune.
    pub comune: IstatCode,
    /// Its quota before; zero where it did not take part.
    pub before: Cents,
    /// Its quota after; zero where it does not take part.
    pub after: Cents,
    /// The effect of the budget.
    pub budget: Cents,
    /// The effect of the funding.
    pub funding: Cents,
    /// The effect of who takes part.
    pub participation: Cents,
    /// The effect of the measures.
    pub basis: Cents,
    /// The effect of the rule.
    pub rule: Cents,
}

/// Compares two cases of the same service, for every comune of either, in order of their codes.
///
/// Where one side is missing, the whole change is an effect of the budget.
pub fn compare(before: Option<&BudgetCase>, after: Option<&BudgetCase>) -> Result<Vec<Change>, Error> {
    let start = quotas(before)?;
    let end = quotas(after)?;
    let mut states = vec![start];
    if let (Some(before), Some(after)) = (before, after) {
        for case in substitutions(before, after) {
            let next = match quotas(Some(&case)) {
                Ok(quotas) => quotas,
                Err(_) => states.last().cloned().unwrap_or_default(),
            };
            states.push(next);
        }
    } else {
        states.extend([end.clone(), end.clone(), end.clone(), end.clone()]);
    }
    states.push(end);

    let comuni: BTreeSet<IstatCode> = states.iter().flat_map(BTreeMap::keys).copied().collect();
    comuni.into_iter().map(|comune| change(comune, &states)).collect()
}

/// The quotas of a case by comune; none of a missing case.
fn quotas(case: Option<&BudgetCase>) -> Result<BTreeMap<IstatCode, Cents>, Error> {
    match case {
        Some(case) => Ok(compute(case)?.quotas.into_iter().collect()),
        None => Ok(BTreeMap::new()),
    }
}

/// The four cases between the two, each one step nearer to the later one.
fn substitutions(before: &BudgetCase, after: &BudgetCase) -> [BudgetCase; 4] {
    let budget = BudgetCase { amount: after.amount, ..before.clone() };
    let funding = BudgetCase { funding: after.funding.clone(), ..budget.clone() };
    // Whoever no longer takes part takes the adjustments and fixed weights of the old rule along.
    let participation = BudgetCase {
        basis: with_participants_of(&before.basis, &after.basis),
        rule: before.rule.for_comuni(|comune| after.basis.contains(comune)),
        ..funding.clone()
    };
    let basis = BudgetCase { basis: with_measures_of(&before.basis, &after.basis), ..participation.clone() };
    [budget, funding, participation, basis]
}

/// The comuni of `after` with the values of `before`, and of `after` for those who newly take part.
fn with_participants_of(before: &Basis, after: &Basis) -> Basis {
    let mut basis = after.without_values();
    for measure in before.measures() {
        for comune in after.comuni() {
            let known = before.contains(*comune);
            let source = if known { before } else { after };
            let value = source.get(measure, *comune);
            basis.put(measure, *comune, value);
        }
    }
    basis
}

/// The basis of `after`; a measure it does not have keeps the values of `before`.
fn with_measures_of(before: &Basis, after: &Basis) -> Basis {
    let mut basis = after.clone();
    for measure in before.measures() {
        if after.column(measure).is_none() {
            for comune in after.comuni() {
                basis.put(measure, *comune, before.get(measure, *comune));
            }
        }
    }
    basis
}

/// The change of one comune from state to state.
fn change(comune: IstatCode, states: &[BTreeMap<IstatCode, Cents>]) -> Result<Change, Error> {
    let at = |state: usize| {
        let quotas = states.get(state);
        let quota = quotas.and_then(|quotas| quotas.get(&comune));
        quota.copied().unwrap_or_default()
    };
    let effect = |step: usize| at(step + 1).checked_sub(at(step));
    Ok(Change {
        comune,
        before: at(0),
        after: at(5),
        budget: effect(0)?,
        funding: effect(1)?,
        participation: effect(2)?,
        basis: effect(3)?,
        rule: effect(4)?,
    })
}
