//! Every step of an explanation can be redone from its inputs, and the last one is the quota.

use allocation::{
    BudgetCase, Cents, Formula, Funding, FundingSize, InputName, NamedValue, Rule, Step, StepKind, compute, explain,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::config;
use crate::oracle::{Q, half_up};
use crate::scenario::{basis_of, measure, priced_rule, scenario};

/// A decimal as a fraction.
fn number(decimal: Decimal) -> Q {
    let denominator = BigInt::from(10).pow(decimal.scale());
    BigRational::new(decimal.mantissa().into(), denominator)
}

/// The value of a step as a person with a pocket calculator gets it, before it is cut.
fn redo(step: &Step) -> Q {
    let values: Vec<Q> = step.inputs.iter().map(|input| number(input.value)).collect();
    let named = |name| step.inputs.iter().find(|input: &&NamedValue| input.name == name);
    let hundred = Q::from_integer(100.into());
    match step.formula {
        Formula::Zero => Q::zero(),
        Formula::Given => {
            assert_eq!(values.len(), 1);
            values[0].clone()
        }
        Formula::Difference => &values[0] - values[1..].iter().sum::<Q>(),
        Formula::Sum => values.iter().sum(),
        Formula::Product => values.iter().product(),
        Formula::SumOfProducts => values.chunks(2).map(|pair| &pair[0] * &pair[1]).sum(),
        Formula::Quotient => &values[0] / &values[1],
        Formula::ProductOverSum => &values[0] * &values[1] / &values[2],
        Formula::PercentOf => &values[0] * &values[1] / hundred,
        Formula::Clamp => {
            let mut value = values[0].clone();
            if let Some(minimum) = named(InputName::Minimum) {
                value = value.max(number(minimum.value));
            }
            if let Some(maximum) = named(InputName::Maximum) {
                value = value.min(number(maximum.value));
            }
            value
        }
        Formula::BandOf => {
            let above = named(InputName::BandFrom);
            assert!(above.is_none_or(|edge| number(edge.value) < values[0]));
            let below = named(InputName::BandUpTo);
            assert!(below.is_none_or(|edge| number(edge.value) >= values[0]));
            values.last().unwrap().clone()
        }
        Formula::HalfUp => Q::new(half_up(&(&values[0] * hundred)), 100.into()),
        Formula::LargestRemainder => {
            let cut = (&values[0] * &hundred).floor();
            let extra = i64::from(values[2] <= values[1]);
            (cut + Q::from_integer(extra.into())) / hundred
        }
    }
}

/// Cut to twelve decimals.
fn cut(value: &Q) -> Q {
    let scale = Q::from_integer(BigInt::from(10).pow(12));
    (value * &scale).floor() / scale
}

/// Whether the value of a step follows from its inputs.
fn holds(step: &Step) -> bool {
    let redone = redo(step);
    let value = number(step.value);
    match step.formula {
        // Each input may have been cut by less than one in the twelfth place.
        Formula::Sum => {
            let inputs = i64::try_from(step.inputs.len()).unwrap();
            let off = &value - &redone;
            off >= Q::zero() && off < Q::new(inputs.into(), BigInt::from(10).pow(12))
        }
        // Weights are shown whole.
        _ if step.kind == StepKind::Weight => value == redone,
        _ => value == cut(&redone),
    }
}

/// Whether what a step takes from earlier steps is what they gave.
fn chained(steps: &[Step]) -> bool {
    let given = |value: Decimal| value.is_zero() || steps.iter().any(|step| step.value == value);
    steps.iter().flat_map(|step| &step.inputs).all(|input| match input.name {
        InputName::Budget
        | InputName::MunicipalShare
        | InputName::SharedAmount
        | InputName::ExactQuota
        | InputName::Basis
        | InputName::PartQuota => given(input.value),
        _ => true,
    })
}

fn check(case: &BudgetCase) -> Result<(), TestCaseError> {
    let Ok(outcome) = compute(case) else {
        return Ok(());
    };
    for (comune, quota) in &outcome.quotas {
        let steps = explain(case, &outcome, *comune).unwrap();
        for step in &steps {
            prop_assert!(holds(step), "{:?}", step);
        }
        prop_assert!(chained(&steps), "{:#?}", steps);
        let last = steps.last().map(|step| step.value);
        prop_assert_eq!(last, Some(quota.to_decimal()), "{:#?}", steps);
    }
    Ok(())
}

fn fund(code: &str, size: FundingSize) -> Funding {
    Funding { fund: code.into(), size }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_step_can_be_redone(case in scenario(4), funded in 0_i64..5_000_000) {
        check(&BudgetCase {
            amount: Cents(case.amount + funded),
            funding: vec![fund("FNPS", FundingSize::Fixed(Cents(funded)))],
            rule: case.rule,
            basis: case.basis,
        })?;
    }

    #[test]
    fn every_step_beside_a_balancing_fund_can_be_redone(
        amount in 0_i64..2_000_000_000,
        value in measure(),
        rule in priced_rule(1),
    ) {
        check(&BudgetCase {
            amount: Cents(amount),
            funding: vec![
                fund("FNPS", FundingSize::Fixed(Cents(amount / 3))),
                fund("FSR", FundingSize::Balancing),
            ],
            rule: Rule { body: allocation::RuleBody::Simple(rule), rounding: allocation::Rounding::default() },
            basis: basis_of(&[value]),
        })?;
    }
}
