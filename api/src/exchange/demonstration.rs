//! The demonstration: the plan of Ambito 9 for 2020 to 2022, as files in the binary, read by the same code as any other.

use super::{Bundle, Files, Problem, parse};

const PLAN: &str = include_str!("../../data/ambito-9/plan.toml");
const COMUNI: &str = include_str!("../../data/ambito-9/comuni.csv");
const MEASUREMENTS: &str = include_str!("../../data/ambito-9/measurements.csv");

/// The files themselves.
pub(super) fn files() -> Files {
    Files::new(PLAN, COMUNI, MEASUREMENTS)
}

/// The demonstration's records.
pub fn demonstration() -> Result<Bundle, Vec<Problem>> {
    parse(&files())
}
