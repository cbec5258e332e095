//! Laws of VAT, funding and instalments.

use allocation::vat::{self, Vat};
use allocation::{BudgetCase, Cents, Error, Funding, FundingSize, Micros, Rule, RuleBody, compute, instalments};
use num_traits::{One, Signed};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::config;
use crate::oracle::{Q, half_up, micros, whole};
use crate::scenario::{amount, basis_of, measure, priced_rule, scenario};

/// Percentages that add up to 100.
fn percents() -> impl Strategy<Value = Vec<Micros>> {
    vec(0_i64..=100_000_000, 0..6).prop_map(|mut cuts| {
        cuts.extend([0, 100_000_000]);
        cuts.sort_unstable();
        cuts.windows(2).map(|pair| Micros(pair[1] - pair[0])).collect()
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn vat_is_the_rounded_product_and_comes_back(net in 0_i64..1_000_000_000_000, rate in 0_i64..40_000_000) {
        let rate = Micros(rate);
        let line = vat::from_net(Cents(net), Vat::Rate(rate)).unwrap();
        let expected = half_up(&(whole(net) * micros(rate) / whole(100)));
        prop_assert_eq!(num_bigint::BigInt::from(line.vat.0), expected);
        prop_assert_eq!(line.gross.0, line.net.0 + line.vat.0);
        prop_assert_eq!(vat::from_gross(line.gross, Vat::Rate(rate)), Ok(line));
    }

    #[test]
    fn net_is_the_rounded_quotient(gross in 0_i64..1_000_000_000_000, rate in 0_i64..40_000_000) {
        let rate = Micros(rate);
        let line = vat::from_gross(Cents(gross), Vat::Rate(rate)).unwrap();
        let expected = half_up(&(whole(gross) / (Q::one() + micros(rate) / whole(100))));
        prop_assert_eq!(num_bigint::BigInt::from(line.net.0), expected);
        prop_assert_eq!(line.gross.0, line.net.0 + line.vat.0);
    }

    #[test]
    fn instalments_add_up(total in amount(), percents in percents()) {
        let parts = instalments(Cents(total), &percents).unwrap();
        prop_assert_eq!(parts.len(), percents.len());
        prop_assert_eq!(Cents::sum(parts.iter().copied()), Ok(Cents(total)));
        for (part, percent) in parts.iter().zip(&percents) {
            let exact = whole(total) * micros(*percent) / whole(100);
            prop_assert!(part.0 >= 0 && (whole(part.0) - exact).abs() <= Q::one());
        }
    }

    #[test]
    fn instalments_of_other_than_100_are_refused(total in amount(), mut percents in percents(), off in 1_i64..9) {
        percents[0].0 += off;
        prop_assert_eq!(instalments(Cents(total), &percents), Err(Error::InstalmentsNot100));
    }

    #[test]
    fn budget_is_funding_and_quotas_and_residue(
        case in scenario(6),
        funds in vec(0_i64..20_000_000, 0..3),
    ) {
        let covered: i64 = funds.iter().sum();
        let fund = |(index, amount): (usize, i64)| Funding {
            fund: format!("F{index}"),
            size: FundingSize::Fixed(Cents(amount)),
        };
        let budget = BudgetCase {
            amount: Cents(case.amount),
            funding: funds.into_iter().enumerate().map(fund).collect(),
            rule: case.rule,
            basis: case.basis,
        };
        match compute(&budget) {
            Ok(outcome) => {
                let quotas = Cents::sum(outcome.quotas.iter().map(|(_, quota)| *quota)).unwrap();
                prop_assert_eq!(outcome.municipal_share.0, case.amount - covered);
                prop_assert_eq!(quotas.0 + outcome.residue.0, outcome.municipal_share.0);
            }
            Err(error) if covered > case.amount => {
                prop_assert_eq!(error, Error::FundingExceedsBudget {
                    amount: Cents(case.amount),
                    funding: Cents(covered),
                });
            }
            Err(_) => {}
        }
    }

    #[test]
    fn a_balancing_fund_takes_what_is_left(
        amount in 0_i64..2_000_000_000,
        other in 0_i64..50_000_000,
        (values, rule) in vec(measure(), 1..6).prop_flat_map(|values| {
            let rule = priced_rule(values.len());
            (Just(values), rule)
        }),
    ) {
        let case = BudgetCase {
            amount: Cents(amount),
            funding: vec![
                Funding { fund: "A".into(), size: FundingSize::Balancing },
                Funding { fund: "B".into(), size: FundingSize::Fixed(Cents(other)) },
            ],
            rule: Rule { body: RuleBody::Simple(rule), rounding: allocation::Rounding::default() },
            basis: basis_of(&values),
        };
        let quotas = allocation::share(Cents::ZERO, &case.rule, &case.basis).unwrap().total.0;
        match compute(&case) {
            Ok(outcome) => {
                prop_assert_eq!(outcome.municipal_share.0, quotas);
                prop_assert_eq!(outcome.funding[0].1.0, amount - other - quotas);
                prop_assert!(outcome.funding[0].1.0 >= 0);
                prop_assert_eq!(outcome.residue, Cents::ZERO);
            }
            Err(Error::Unbalanced { excess }) => {
                prop_assert_eq!(excess.0, quotas + other - amount);
                prop_assert!(excess.0 > 0);
            }
            Err(error) => prop_assert!(other > amount, "{}", error),
        }
    }
}
