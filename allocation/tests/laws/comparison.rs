//! Laws of comparing two cases.

use std::collections::BTreeMap;

use allocation::{Basis, BudgetCase, Cents, Change, Funding, FundingSize, IstatCode, compare, compute};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::config;
use crate::scenario::scenario;

/// A case with one fund, in which only some of the comuni take part.
fn budget() -> impl Strategy<Value = BudgetCase> {
    (scenario(5), 0_i64..100_000, vec(any::<bool>(), 5)).prop_map(|(case, funded, stay)| {
        let all = case.basis.comuni().iter().copied().zip(stay);
        let comuni: Vec<IstatCode> = all.filter(|(_, stay)| *stay).map(|(comune, _)| comune).collect();
        let mut basis = Basis::new(comuni.clone()).unwrap();
        for measure in case.basis.measures() {
            for comune in &comuni {
                let value = case.basis.get(measure, *comune).unwrap();
                basis.set(measure, *comune, value).unwrap();
            }
        }
        BudgetCase {
            amount: Cents(case.amount + funded),
            funding: vec![Funding { fund: "FSR".into(), size: FundingSize::Fixed(Cents(funded)) }],
            rule: case.rule,
            basis,
        }
    })
}

fn quotas(case: Option<&BudgetCase>) -> BTreeMap<IstatCode, Cents> {
    case.map_or_else(BTreeMap::new, |case| compute(case).unwrap().quotas.into_iter().collect())
}

/// The effects of one change, together.
fn effects(change: &Change) -> i64 {
    let all = [change.budget, change.funding, change.participation, change.basis, change.rule];
    all.iter().map(|effect| effect.0).sum()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn effects_add_up_to_the_change(before in proptest::option::weighted(0.9, budget()), after in budget(), same in 0_u8..4) {
        // Often the rule stays, as it does from one year to the next.
        let mut after = after;
        if let (Some(before), 1..) = (&before, same) {
            after.rule = before.rule.clone();
        }
        match compare(before.as_ref(), Some(&after)) {
            Err(_) => {
                let computable = before.as_ref().is_none_or(|before| compute(before).is_ok());
                prop_assert!(!computable || compute(&after).is_err());
            }
            Ok(changes) => {
                let (old, new) = (quotas(before.as_ref()), quotas(Some(&after)));
                let comuni: Vec<_> = changes.iter().map(|change| change.comune).collect();
                let mut union: Vec<_> = old.keys().chain(new.keys()).copied().collect();
                union.sort_unstable();
                union.dedup();
                prop_assert_eq!(comuni, union);
                for change in &changes {
                    let at = |quotas: &BTreeMap<IstatCode, Cents>| quotas.get(&change.comune).copied().unwrap_or_default();
                    prop_assert_eq!(change.before, at(&old));
                    prop_assert_eq!(change.after, at(&new));
                    prop_assert_eq!(effects(change), change.after.0 - change.before.0);
                    if before.is_none() {
                        prop_assert_eq!(change.budget, change.after);
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_changes_between_a_case_and_itself(case in budget()) {
        if let Ok(changes) = compare(Some(&case), Some(&case)) {
            for change in changes {
                let each = [change.budget, change.funding, change.participation, change.basis, change.rule];
                prop_assert_eq!(each, [Cents::ZERO; 5]);
            }
        }
    }
}
