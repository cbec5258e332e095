//! Arbitrary cases: comuni, measures, rules and adjustments, ordinary ones and extreme ones.

use std::collections::BTreeMap;

use allocation::{
    Adjustment, Band, Basis, Cents, IstatCode, MeasureCode, Method, Micros, Part, PartSize, Rounding, Rule, RuleBody,
    SimpleRule,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// An amount, a rule and a basis.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// In cents.
    pub(crate) amount: i64,
    /// How it is shared.
    pub(crate) rule: Rule,
    /// Among whom.
    pub(crate) basis: Basis,
}

/// The comune with a number.
pub(crate) fn comune(number: usize) -> IstatCode {
    IstatCode::parse(&format!("{:06}", 17_000 + number)).unwrap()
}

/// The one measure of most cases.
pub(crate) fn residents() -> MeasureCode {
    MeasureCode::parse("RESIDENTS").unwrap()
}

/// A basis of the first comuni with these residents.
pub(crate) fn basis_of(values: &[i64]) -> Basis {
    let mut basis = Basis::new((0..values.len()).map(comune).collect()).unwrap();
    for (number, value) in values.iter().enumerate() {
        basis.set(&residents(), comune(number), Micros(*value)).unwrap();
    }
    basis
}

/// A measure: small, ordinary, or with decimals.
pub(crate) fn measure() -> impl Strategy<Value = i64> {
    prop_oneof![
        1 => Just(0),
        3 => (1_i64..8).prop_map(|n| n * 1_000_000),
        4 => (1_i64..60_000).prop_map(|n| n * 1_000_000),
        2 => 0_i64..40_000_000_000,
    ]
}

/// An amount: none, a few cents, or a budget.
pub(crate) fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![1 => Just(0), 3 => 0_i64..100, 6 => 0_i64..40_000_000]
}

/// How to round.
pub(crate) fn rounding() -> impl Strategy<Value = Rounding> {
    prop_oneof![Just(Rounding::LargestRemainder), Just(Rounding::HalfUpEach)]
}

/// Two to four bands with values of one kind.
fn bands<T: Copy + std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<Band<T>>> {
    (vec((1_i64..20_000, value), 1..4)).prop_map(|steps| {
        let mut up_to = 0;
        let last = steps.len() - 1;
        let bands = steps.into_iter().enumerate().map(|(index, (step, value))| {
            up_to += step * 1_000_000;
            let edge = (index < last).then_some(Micros(up_to));
            Band { up_to: edge, value }
        });
        bands.collect()
    })
}

/// A method that shares a total among so many comuni.
pub(crate) fn sharing_method(comuni: usize) -> BoxedStrategy<Method> {
    prop_oneof![
        Just(Method::Equal),
        Just(Method::ByMeasure { measure: residents() }),
        vec(measure(), comuni).prop_map(|weights| Method::ByFixedWeights {
            weights: weights.into_iter().enumerate().map(|(n, w)| (comune(n), Micros(w))).collect()
        }),
        (any::<bool>(), bands((0_i64..3_000_000).prop_map(Micros)))
            .prop_map(|(marginal, bands)| { Method::ByBands { measure: residents(), marginal, bands } }),
    ]
    .boxed()
}

/// A method whose total follows.
pub(crate) fn priced_method() -> impl Strategy<Value = Method> {
    prop_oneof![
        (0_i64..40_000_000).prop_map(|price| Method::Tariff { measure: residents(), price: Micros(price) }),
        bands((0_i64..900_000).prop_map(Cents))
            .prop_map(|amounts| Method::FlatByBand { measure: residents(), amounts }),
    ]
}

/// What is special about a comune; `scale` is about what it would pay, in cents.
fn adjustment(scale: i64, priced: bool) -> impl Strategy<Value = Adjustment> {
    let cents = move || 0..scale.max(1) + 2;
    prop_oneof![
        1 => Just(Adjustment { exempt: true, ..Adjustment::default() }),
        3 => (0_i64..3_000_000).prop_map(|m| Adjustment { multiplier: Some(Micros(m)), ..Adjustment::default() }),
        2 => (cents()).prop_map(|c| Adjustment { fixed: Some(Cents(c)), ..Adjustment::default() }),
        4 => (option::of(cents()), option::of(cents())).prop_map(|(a, b)| {
            let (low, high) = match (a, b) {
                (Some(a), Some(b)) => (Some(a.min(b)), Some(a.max(b))),
                other => other,
            };
            Adjustment { minimum: low.map(Cents), maximum: high.map(Cents), ..Adjustment::default() }
        }),
        1 => (0_i64..9_000_000).prop_map(move |p| Adjustment {
            price: priced.then_some(Micros(p)),
            ..Adjustment::default()
        }),
    ]
}

/// Adjustments for some of the comuni.
fn adjustments(comuni: usize, scale: i64, priced: bool) -> impl Strategy<Value = BTreeMap<IstatCode, Adjustment>> {
    vec(option::weighted(0.3, adjustment(scale, priced)), comuni).prop_map(|all| {
        let some = all.into_iter().enumerate();
        some.filter_map(|(n, one)| one.map(|one| (comune(n), one))).collect()
    })
}

/// A rule that shares a total, with adjustments.
pub(crate) fn sharing_rule(comuni: usize, amount: i64) -> impl Strategy<Value = SimpleRule> {
    let scale = amount / i64::try_from(comuni).unwrap();
    (sharing_method(comuni), adjustments(comuni, scale, false))
        .prop_map(|(method, adjustments)| SimpleRule { method, adjustments })
}

/// A tariff or amounts by band, with adjustments.
pub(crate) fn priced_rule(comuni: usize) -> impl Strategy<Value = SimpleRule> {
    (priced_method(), any::<bool>()).prop_flat_map(move |(method, _)| {
        let tariff = matches!(method, Method::Tariff { .. });
        adjustments(comuni, 90_000, tariff)
            .prop_map(move |adjustments| SimpleRule { method: method.clone(), adjustments })
    })
}

/// Any simple rule.
fn simple_rule(comuni: usize, amount: i64) -> BoxedStrategy<SimpleRule> {
    prop_oneof![4 => sharing_rule(comuni, amount), 1 => priced_rule(comuni)].boxed()
}

/// Parts: an amount, a percentage, and the remainder.
fn mixed(comuni: usize, amount: i64) -> impl Strategy<Value = RuleBody> {
    let percents = prop_oneof![(0_i64..=100).prop_map(|p| p * 1_000_000), 0_i64..=100_000_000,];
    ((0..=amount / 2, percents, any::<bool>()), vec(simple_rule(comuni, amount / 3), 3)).prop_map(
        |((fixed, percent, with_amount), rules)| {
            let mut rules = rules.into_iter();
            let mut part = |size| Part { size, rule: rules.next().unwrap() };
            let mut parts = vec![part(PartSize::Percent(Micros(percent)))];
            if with_amount {
                parts.push(part(PartSize::Amount(Cents(fixed))));
            }
            parts.push(part(PartSize::Remainder));
            RuleBody::Mixed(parts)
        },
    )
}

/// A case with any rule, up to so many comuni.
pub(crate) fn scenario(comuni_max: usize) -> impl Strategy<Value = Scenario> {
    (amount(), vec(measure(), 1..=comuni_max), rounding()).prop_flat_map(|(amount, values, rounding)| {
        let comuni = values.len();
        let basis = basis_of(&values);
        let body = prop_oneof![
            3 => simple_rule(comuni, amount).prop_map(RuleBody::Simple),
            2 => mixed(comuni, amount),
        ];
        body.prop_map(move |body| Scenario { amount, rule: Rule { body, rounding }, basis: basis.clone() })
    })
}

/// A case of a rule that shares a total, without adjustments.
pub(crate) fn plain(comuni_max: usize) -> impl Strategy<Value = Scenario> {
    (amount(), vec(measure(), 1..=comuni_max), rounding()).prop_flat_map(|(amount, values, rounding)| {
        let basis = basis_of(&values);
        sharing_method(values.len()).prop_map(move |method| Scenario {
            amount,
            rule: Rule { body: RuleBody::Simple(SimpleRule::new(method)), rounding },
            basis: basis.clone(),
        })
    })
}
