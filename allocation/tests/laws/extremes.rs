//! No input makes the crate panic: numbers at the edges of their types, missing values, broken rules, strange texts.

use std::collections::BTreeMap;

use allocation::vat::{self, Vat};
use allocation::{
    Adjustment, Band, Basis, BudgetCase, Cents, Funding, FundingSize, IstatCode, MeasureCode, Method, Micros, Part,
    PartSize, Rule, RuleBody, SimpleRule, compare, compute, explain, instalments, share,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::config;
use crate::oracle::{exact, round};
use crate::scenario::{comune, residents, rounding};

/// Any number, most often one that breaks something; negative ones less often, for they are refused at once.
fn edge() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => prop::sample::select(vec![0, 1, 2, 100, 1_000_000, 100_000_000, i64::MAX - 1, i64::MAX]),
        1 => prop::sample::select(vec![-1, i64::MIN, i64::MIN + 1]),
        4 => 0..=i64::MAX,
        2 => 0_i64..1_000_000_000,
    ]
}

/// Bands that may be empty, out of order or never open.
fn bands<T: std::fmt::Debug>(value: fn(i64) -> T) -> impl Strategy<Value = Vec<Band<T>>> {
    (vec((edge(), edge()), 0..4), 0_u8..4).prop_map(move |(mut edges, kind)| {
        if kind > 0 {
            edges.sort_unstable();
        }
        let last = edges.len();
        let bands = edges.into_iter().enumerate().map(|(index, (up_to, given))| Band {
            up_to: (kind == 1 || index + 1 < last).then_some(Micros(up_to)),
            value: value(given),
        });
        bands.collect()
    })
}

fn method() -> impl Strategy<Value = Method> {
    prop_oneof![
        Just(Method::Equal),
        Just(Method::ByMeasure { measure: residents() }),
        vec(edge(), 0..5).prop_map(|weights| Method::ByFixedWeights {
            weights: weights.into_iter().enumerate().map(|(n, w)| (comune(n), Micros(w))).collect(),
        }),
        (any::<bool>(), bands(Micros)).prop_map(|(marginal, bands)| Method::ByBands {
            measure: residents(),
            marginal,
            bands,
        }),
        bands(Cents).prop_map(|amounts| Method::FlatByBand { measure: residents(), amounts }),
        edge().prop_map(|price| Method::Tariff { measure: residents(), price: Micros(price) }),
    ]
}

fn adjustment() -> impl Strategy<Value = Adjustment> {
    let number = || option::weighted(0.3, edge());
    (any::<u8>(), number(), number(), number(), number(), number()).prop_map(
        |(exempt, multiplier, price, fixed, minimum, maximum)| Adjustment {
            exempt: exempt < 20,
            multiplier: multiplier.map(Micros),
            price: price.filter(|_| exempt > 200).map(Micros),
            fixed: fixed.filter(|_| exempt > 100).map(Cents),
            minimum: minimum.map(Cents),
            maximum: maximum.map(Cents),
        },
    )
}

fn simple() -> impl Strategy<Value = SimpleRule> {
    (method(), vec(option::weighted(0.2, adjustment()), 4)).prop_map(|(method, own)| {
        let own = own.into_iter().enumerate();
        let adjustments: BTreeMap<_, _> = own.filter_map(|(n, own)| own.map(|own| (comune(n), own))).collect();
        SimpleRule { method, adjustments }
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let size = prop_oneof![
        edge().prop_map(|amount| PartSize::Amount(Cents(amount))),
        edge().prop_map(|percent| PartSize::Percent(Micros(percent))),
        Just(PartSize::Percent(Micros(50_000_000))),
        Just(PartSize::Remainder),
    ];
    let part = (size, simple()).prop_map(|(size, rule)| Part { size, rule });
    let body = prop_oneof![simple().prop_map(RuleBody::Simple), vec(part, 0..4).prop_map(RuleBody::Mixed),];
    (body, rounding()).prop_map(|(body, rounding)| Rule { body, rounding })
}

/// A case of up to four comuni, some without a value.
fn case() -> impl Strategy<Value = BudgetCase> {
    let funding = prop_oneof![
        2 => edge().prop_map(|amount| FundingSize::Fixed(Cents(amount))),
        1 => Just(FundingSize::Balancing),
    ];
    (edge(), vec(funding, 0..2), rule(), vec(option::weighted(0.95, edge()), 0..5)).prop_map(
        |(amount, sizes, rule, values)| {
            let mut basis = Basis::new((0..values.len()).map(comune).collect()).unwrap();
            for (number, value) in values.into_iter().enumerate() {
                if let Some(value) = value {
                    basis.set(&residents(), comune(number), Micros(value)).unwrap();
                }
            }
            let funding = sizes.into_iter().map(|size| Funding { fund: "F".into(), size });
            BudgetCase { amount: Cents(amount), funding: funding.collect(), rule, basis }
        },
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_case_panics(before in case(), after in case()) {
        for case in [&before, &after] {
            if let Ok(outcome) = compute(case) {
                for comune in case.basis.comuni() {
                    // Numbers beyond 28 digits cannot be shown and are refused.
                    let _ = explain(case, &outcome, *comune);
                }
            }
        }
        let _ = compare(Some(&before), Some(&after));
    }

    #[test]
    fn wide_numbers_are_shared_exactly(
        amount in 0..=i64::MAX,
        values in vec(0..=i64::MAX, 1..4),
        multipliers in vec(0..=i64::MAX, 6),
        rounding in rounding(),
    ) {
        let mut simple = SimpleRule::new(Method::ByMeasure { measure: residents() });
        for (number, multiplier) in multipliers.into_iter().take(values.len()).enumerate() {
            let own = Adjustment { multiplier: Some(Micros(multiplier)), ..Adjustment::default() };
            simple.adjustments.insert(comune(number), own);
        }
        let rule = Rule { body: RuleBody::Simple(simple), rounding };
        let basis = crate::scenario::basis_of(&values);
        let sharing = share(Cents(amount), &rule, &basis).unwrap();
        let quotas: Vec<i64> = sharing.quotas.iter().map(|(_, quota)| quota.0).collect();
        prop_assert_eq!(quotas, round(&exact(amount, &rule, &basis).unwrap(), rounding));
    }

    #[test]
    fn no_number_panics(a in any::<i64>(), b in any::<i64>(), months in any::<u32>(), c in edge(), d in edge()) {
        for (a, b) in [(a, b), (c, d), (a, d)] {
            let _ = vat::from_net(Cents(a), Vat::Rate(Micros(b)));
            let _ = vat::from_gross(Cents(a), Vat::Rate(Micros(b)));
            let _ = vat::months_times_fee(months, Cents(a));
            let _ = vat::hours_times_cost(Micros(a), Cents(b));
            let _ = vat::percent_of(Cents(a), Micros(b));
            let _ = instalments(Cents(a), &[Micros(b), Micros::HUNDRED, Micros(a)]);
            let _ = (Cents(a).checked_add(Cents(b)), Cents(a).checked_sub(Cents(b)));
            prop_assert_eq!(Cents::parse(&Cents(a).to_string()), Ok(Cents(a)));
            prop_assert_eq!(Micros::parse(&Micros(a).to_string()), Ok(Micros(a)));
            prop_assert_eq!(Micros::parse(&Micros(a).display_six()), Ok(Micros(a)));
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,12}|-?[0-9]{0,22}[.]?[0-9]{0,8}") {
        if let Ok(cents) = Cents::parse(&text) {
            prop_assert_eq!(cents.to_string(), text.replace("-0.00", "0.00"));
        }
        if let Ok(number) = Micros::parse(&text) {
            prop_assert_eq!(Micros::parse(&number.to_string()), Ok(number));
        }
        let _ = IstatCode::parse(&text);
        let _ = MeasureCode::parse(&text);
    }
}
