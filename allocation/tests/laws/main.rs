//! The laws of the arithmetic, each tried on ten thousand arbitrary cases against sums in fractions of big numbers.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod bounds;
mod comparison;
mod extremes;
mod money;
mod oracle;
mod scenario;
mod sharing;
mod steps;

use proptest::test_runner::Config;

/// How every law is tried.
fn config() -> Config {
    Config { cases: 10_000, max_global_rejects: 200_000, failure_persistence: None, ..Config::default() }
}
