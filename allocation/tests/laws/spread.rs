//! Laws of the spread of a burden, checked against the area under the Lorenz curve in fractions of big numbers.

use allocation::{Burden, Cents, Error, Micros, Spread};
use num_traits::{One, ToPrimitive, Zero};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::config;
use crate::oracle::{Q, half_up, micros, whole};
use crate::scenario::comune;

/// Cents and residents of a comune: none or few, ordinary, and as many as fit.
fn burden() -> impl Strategy<Value = (i64, i64)> {
    let cents = prop_oneof![1 => Just(0), 3 => 0_i64..100, 6 => 0_i64..40_000_000, 1 => 0..=i64::MAX];
    let residents = prop_oneof![
        2 => 1_i64..8,
        6 => (1_i64..60_000).prop_map(|count| count * 1_000_000),
        1 => 1..=i64::MAX,
    ];
    (cents, residents)
}

/// The same of ordinary size, so that multiples fit.
fn ordinary() -> impl Strategy<Value = Vec<(i64, i64)>> {
    vec((0_i64..40_000_000, (1_i64..60_000).prop_map(|count| count * 1_000_000)), 1..6)
}

fn burdens(all: &[(i64, i64)]) -> Vec<Burden> {
    let numbered = all.iter().enumerate();
    numbered
        .map(|(number, (cents, residents))| Burden {
            comune: comune(number),
            amount: Cents(*cents),
            residents: Micros(*residents),
        })
        .collect()
}

fn spread(all: &[(i64, i64)]) -> Spread {
    allocation::spread(&burdens(all)).unwrap().unwrap()
}

/// What a resident bears.
fn each(burden: &Burden) -> Q {
    whole(burden.amount.0) / micros(burden.residents)
}

/// One less twice the area under the Lorenz curve: the part of the cost that the least burdened part of the residents bears.
fn by_lorenz_curve(burdens: &[Burden]) -> Q {
    let amount: Q = burdens.iter().map(|burden| whole(burden.amount.0)).sum();
    let residents: Q = burdens.iter().map(|burden| micros(burden.residents)).sum();
    if amount.is_zero() {
        return Q::zero();
    }
    let mut ascending = burdens.to_vec();
    ascending.sort_by_key(each);
    let (mut borne, mut twice_the_area) = (Q::zero(), Q::zero());
    for burden in &ascending {
        let before = borne.clone();
        borne += whole(burden.amount.0) / &amount;
        // A trapezium, as wide as the comune's part of the residents.
        twice_the_area += (before + &borne) * micros(burden.residents) / &residents;
    }
    Q::one() - twice_the_area
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn it_is_twice_the_area_above_the_lorenz_curve(all in vec(burden(), 1..7)) {
        let all = burdens(&all);
        let found = allocation::spread(&all).unwrap().unwrap();
        let exact = by_lorenz_curve(&all);
        prop_assert!(exact >= Q::zero() && exact < Q::one());
        prop_assert_eq!(Some(found.gini.0), half_up(&(exact * whole(1_000_000))).to_i64());
        prop_assert_eq!(each(&found.highest), all.iter().map(each).max().unwrap());
        prop_assert_eq!(each(&found.lowest), all.iter().map(each).min().unwrap());
    }

    #[test]
    fn an_equal_burden_has_none(residents in vec(1_i64..60_000, 1..7), cents in 0_i64..100_000) {
        let all: Vec<_> = residents.iter().map(|count| (count * cents, count * 1_000_000)).collect();
        let found = spread(&all);
        prop_assert_eq!((found.gini, found.highest, found.lowest), (Micros::ZERO, burdens(&all)[0], burdens(&all)[0]));
    }

    #[test]
    fn scale_changes_nothing(all in ordinary(), by_cents in 1_i64..1_000, by_residents in 1_i64..1_000) {
        let scaled: Vec<_> = all.iter().map(|(cents, count)| (cents * by_cents, count * by_residents)).collect();
        let (one, other) = (spread(&all), spread(&scaled));
        prop_assert_eq!(one.gini, other.gini);
        prop_assert_eq!((one.highest.comune, one.lowest.comune), (other.highest.comune, other.lowest.comune));
    }

    #[test]
    fn order_does_not_matter(
        (all, shuffled) in vec(burden(), 1..7).prop_map(|all| burdens(&all)).prop_flat_map(|all| {
            (Just(all.clone()), Just(all).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(allocation::spread(&all), allocation::spread(&shuffled));
    }

    #[test]
    fn two_halves_of_a_comune_are_as_the_whole(all in ordinary(), at in any::<prop::sample::Index>()) {
        let doubled: Vec<_> = all.iter().map(|(cents, count)| (cents * 2, count * 2)).collect();
        let at = at.index(all.len());
        let mut halved = doubled.clone();
        halved[at] = all[at];
        halved.push(all[at]);
        prop_assert_eq!(spread(&doubled).gini, spread(&halved).gini);
    }

    #[test]
    fn what_the_least_burdened_take_over_lessens_it(all in ordinary(), part in 0_i64..=100) {
        let found = spread(&all);
        let place = |burden: &Burden| burdens(&all).iter().position(|other| other == burden).unwrap();
        let (from, to) = (place(&found.highest), place(&found.lowest));
        // At most so much that their places do not change.
        let of_all = i128::from(all[from].1) + i128::from(all[to].1);
        let apart = i128::from(all[from].0) * i128::from(all[to].1) - i128::from(all[to].0) * i128::from(all[from].1);
        let moved = i64::try_from(apart / of_all * i128::from(part) / 100).unwrap();
        let mut evened = all.clone();
        evened[from].0 -= moved;
        evened[to].0 += moved;
        prop_assert!(spread(&evened).gini <= found.gini);
    }

    #[test]
    fn nothing_makes_it_panic(all in vec((any::<i64>(), any::<i64>()), 0..5)) {
        let all = burdens(&all);
        match allocation::spread(&all) {
            Err(error) => {
                let refused = matches!(error, Error::Negative { .. });
                prop_assert!(refused && all.iter().any(|own| own.amount.0 < 0));
            }
            Ok(None) => prop_assert!(all.is_empty() || all.iter().any(|own| own.residents.0 <= 0)),
            Ok(Some(found)) => prop_assert!(found.gini >= Micros::ZERO && found.gini <= Micros::ONE),
        }
    }
}
