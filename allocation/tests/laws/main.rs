//! The laws of the arithmetic, each tried on ten thousand arbitrary cases against sums in fractions of big numbers.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod bounds;
mod comparison;
mod extremes;
mod money;
mod oracle;
mod scenario;
mod sharing;
mod spread;
mod steps;

use proptest::test_runner::Config;

/// How every law is tried.
fn config() -> Config {
    Config { cases: 10_000, max_global_rejects: 200_000, failure_persistence: None, ..Config::default() }
}

#[test]
fn most_arbitrary_cases_have_a_solution() {
    use proptest::strategy::{Strategy, ValueTree};
    // Were most cases refused, the laws would say little.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = scenario::scenario(5);
    let (mut solved, mut mixed, mut adjusted) = (0, 0, 0);
    for _ in 0..1_000 {
        let case = strategy.new_tree(&mut runner).unwrap().current();
        if allocation::share(allocation::Cents(case.amount), &case.rule, &case.basis).is_ok() {
            let rules = case.rule.simple_rules();
            solved += 1;
            mixed += i32::from(rules.len() > 1);
            adjusted += i32::from(rules.iter().any(|rule| !rule.adjustments.is_empty()));
        }
    }
    assert!(solved > 500 && mixed > 100 && adjusted > 250, "{solved} {mixed} {adjusted}");
}
