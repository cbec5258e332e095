//! Laws of minimums, maximums, fixed amounts and exemptions.

use allocation::{Cents, Error, Rule, RuleBody, share};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::config;
use crate::oracle::{Q, exact, round, whole};
use crate::scenario::{Scenario, amount, basis_of, measure, rounding, sharing_rule};

/// A case of one rule that shares a total, with adjustments.
fn adjusted() -> impl Strategy<Value = Scenario> {
    (amount(), vec(measure(), 1..=7), rounding()).prop_flat_map(|(amount, values, rounding)| {
        let basis = basis_of(&values);
        sharing_rule(values.len(), amount).prop_map(move |rule| Scenario {
            amount,
            rule: Rule { body: RuleBody::Simple(rule), rounding },
            basis: basis.clone(),
        })
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bounds_hold_after_rounding(case in adjusted()) {
        let adjustments = &case.rule.simple_rules()[0].adjustments;
        if let Ok(sharing) = share(Cents(case.amount), &case.rule, &case.basis) {
            for (comune, quota) in &sharing.quotas {
                let Some(own) = adjustments.get(comune) else { continue };
                prop_assert!(!own.exempt || *quota == Cents::ZERO);
                prop_assert!(own.fixed.is_none_or(|fixed| *quota == fixed));
                prop_assert!(own.minimum.is_none_or(|minimum| *quota >= minimum));
                prop_assert!(own.maximum.is_none_or(|maximum| *quota <= maximum));
            }
        }
    }

    #[test]
    fn bounds_are_refused_only_where_no_solution_exists(case in adjusted()) {
        let exact = exact(case.amount, &case.rule, &case.basis);
        match share(Cents(case.amount), &case.rule, &case.basis) {
            Ok(_) => {
                let total: Q = exact.unwrap().into_iter().sum();
                prop_assert_eq!(total, whole(case.amount));
            }
            Err(error) => {
                prop_assert!(exact.is_none());
                let expected = matches!(
                    error,
                    Error::InfeasibleBounds { .. } | Error::FixedAboveAmount | Error::ZeroWeights
                );
                prop_assert!(expected, "{}", error);
            }
        }
    }

    #[test]
    fn bounded_quotas_are_those_of_the_oracle(case in adjusted()) {
        let expected = exact(case.amount, &case.rule, &case.basis);
        let sharing = share(Cents(case.amount), &case.rule, &case.basis).ok();
        let quotas = sharing.map(|sharing| sharing.quotas.iter().map(|(_, q)| q.0).collect());
        prop_assert_eq!(quotas, expected.map(|shares| round(&shares, case.rule.rounding)));
    }
}
