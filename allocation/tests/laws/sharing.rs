//! Laws of sharing one amount.

use std::collections::BTreeMap;

use allocation::{Cents, Error, Method, Micros, Rounding, Rule, RuleBody, Sharing, SimpleRule, share};
use num_traits::{One, Signed};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::config;
use crate::oracle::{Q, exact, round, whole};
use crate::scenario::{Scenario, amount, basis_of, comune, measure, plain, residents, rounding, scenario};

/// What the crate says of a case.
fn shared(case: &Scenario) -> Result<Sharing, Error> {
    share(Cents(case.amount), &case.rule, &case.basis)
}

/// The quotas in cents.
fn cents(sharing: &Sharing) -> Vec<i64> {
    sharing.quotas.iter().map(|(_, quota)| quota.0).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn quotas_are_those_of_the_oracle(case in scenario(5)) {
        let expected = exact(case.amount, &case.rule, &case.basis);
        let quotas = shared(&case).ok().map(|sharing| cents(&sharing));
        prop_assert_eq!(quotas, expected.map(|shares| round(&shares, case.rule.rounding)));
    }

    #[test]
    fn quotas_and_residue_are_the_amount(case in scenario(6)) {
        if let Ok(sharing) = shared(&case) {
            let total: i64 = cents(&sharing).iter().sum();
            prop_assert_eq!(total, sharing.total.0);
            prop_assert_eq!(total + sharing.residue.0, case.amount);
        }
    }

    #[test]
    fn largest_remainder_leaves_no_residue(case in plain(9)) {
        let rule = Rule { rounding: Rounding::LargestRemainder, ..case.rule.clone() };
        match share(Cents(case.amount), &rule, &case.basis) {
            Ok(sharing) => prop_assert_eq!(sharing.residue, Cents::ZERO),
            Err(error) => prop_assert_eq!(error, Error::ZeroWeights),
        }
    }

    #[test]
    fn each_quota_is_within_a_cent_of_its_exact_share(case in scenario(5)) {
        if let Ok(sharing) = shared(&case) {
            let shares = exact(case.amount, &case.rule, &case.basis).unwrap();
            for (quota, share) in cents(&sharing).into_iter().zip(shares) {
                let off = (whole(quota) - share).abs();
                match case.rule.rounding {
                    Rounding::LargestRemainder => prop_assert!(off < Q::one()),
                    Rounding::HalfUpEach => prop_assert!(off <= Q::new(1.into(), 2.into())),
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_comuni_does_not_matter(
        amount in amount(),
        rows in vec(measure(), 1..9).prop_flat_map(|values| {
            let rows: Vec<_> = values.into_iter().enumerate().collect();
            (Just(rows.clone()), Just(rows).prop_shuffle())
        }),
        rounding in rounding(),
    ) {
        let rule = Rule { rounding, ..Rule::by_measure(residents()) };
        let outcome = |rows: &[(usize, i64)]| {
            let comuni = rows.iter().map(|(number, _)| comune(*number)).collect();
            let mut basis = allocation::Basis::new(comuni).unwrap();
            for (number, value) in rows {
                basis.set(&residents(), comune(*number), Micros(*value)).unwrap();
            }
            share(Cents(amount), &rule, &basis)
        };
        prop_assert_eq!(outcome(&rows.0), outcome(&rows.1));
    }

    #[test]
    fn equal_weights_favour_the_lower_code(amount in amount(), comuni in 1_usize..12) {
        let basis = basis_of(&vec![1_000_000; comuni]);
        let sharing = share(Cents(amount), &Rule::by_measure(residents()), &basis).unwrap();
        prop_assert!(cents(&sharing).is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn the_same_input_gives_the_same_output(case in scenario(6)) {
        prop_assert_eq!(shared(&case), shared(&case.clone()));
    }

    #[test]
    fn a_weight_of_zero_pays_zero(case in plain(9), zeros in vec(any::<bool>(), 9)) {
        let weights: BTreeMap<_, _> = case.basis.comuni().iter().zip(&zeros).map(|(comune, zero)| {
            let weight = case.basis.get(&residents(), *comune).unwrap();
            (*comune, if *zero { Micros::ZERO } else { weight })
        }).collect();
        let body = RuleBody::Simple(SimpleRule::new(Method::ByFixedWeights { weights: weights.clone() }));
        let rule = Rule { body, rounding: case.rule.rounding };
        if let Ok(sharing) = share(Cents(case.amount), &rule, &case.basis) {
            for (comune, quota) in sharing.quotas {
                prop_assert!(weights[&comune] > Micros::ZERO || quota == Cents::ZERO);
            }
        }
    }

    #[test]
    fn a_larger_weight_never_pays_less(
        amount in amount(),
        values in vec(measure(), 1..10),
        rounding in rounding(),
    ) {
        let rule = Rule { rounding, ..Rule::by_measure(residents()) };
        if let Ok(sharing) = share(Cents(amount), &rule, &basis_of(&values)) {
            let mut pairs: Vec<_> = values.into_iter().zip(cents(&sharing)).collect();
            pairs.sort_unstable();
            for pair in pairs.windows(2) {
                prop_assert!(pair[0].0 == pair[1].0 || pair[0].1 <= pair[1].1);
            }
        }
    }

    #[test]
    fn scaling_all_weights_changes_nothing(
        amount in amount(),
        values in vec(measure(), 1..10),
        factor in 2_i64..200_000,
        rounding in rounding(),
    ) {
        let rule = Rule { rounding, ..Rule::by_measure(residents()) };
        let scaled: Vec<i64> = values.iter().map(|value| value * factor).collect();
        prop_assert_eq!(
            share(Cents(amount), &rule, &basis_of(&values)),
            share(Cents(amount), &rule, &basis_of(&scaled))
        );
    }

    #[test]
    fn sharing_an_amount_in_pieces_differs_by_less_than_a_cent_a_piece(
        case in plain(6),
        more in vec(amount(), 1..4),
    ) {
        let mut pieces = more;
        pieces.push(case.amount);
        let total: i64 = pieces.iter().sum();
        if let Some(shares) = exact(total, &case.rule, &case.basis) {
            let mut sums = vec![0; shares.len()];
            for piece in &pieces {
                let sharing = share(Cents(*piece), &case.rule, &case.basis).unwrap();
                for (sum, quota) in sums.iter_mut().zip(cents(&sharing)) {
                    *sum += quota;
                }
            }
            let limit = whole(i64::try_from(pieces.len()).unwrap());
            for (sum, share) in sums.into_iter().zip(shares) {
                prop_assert!((whole(sum) - share).abs() < limit);
            }
        }
    }
}
