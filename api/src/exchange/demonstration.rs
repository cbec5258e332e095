//! The demonstration: the plan of Ambito 9 for 2020 to 2022, and agreements of Crema and Cremona, as files in the binary, read by the same code as any other.

use super::benefit::parse_benefits;
use super::{
    AgreementFile, Bundle, Files, GovernanceFile, MonitoringFile, Problem, parse, parse_agreements, parse_governance,
    parse_monitoring,
};
use crate::store::agreement::bundle::AgreementBundle;
use crate::store::benefit::import::BenefitBundle;
use crate::store::governance::GovernanceBundle;
use crate::store::monitoring::bundle::MonitoringBundle;

const PLAN: &str = include_str!("../../data/ambito-9/plan.toml");
const COMUNI: &str = include_str!("../../data/ambito-9/comuni.csv");
const MEASUREMENTS: &str = include_str!("../../data/ambito-9/measurements.csv");
const MONITORING: &str = include_str!("../../data/ambito-9/monitoring.toml");
const BENEFITS: &str = include_str!("../../data/invented/benefits.toml");
const AGREEMENTS: [&str; 2] =
    [include_str!("../../data/crema/agreements.toml"), include_str!("../../data/cremona/agreements.toml")];
const GOVERNANCE: [&str; 2] =
    [include_str!("../../data/ambito-9/governance.toml"), include_str!("../../data/crema/governance.toml")];

/// The files themselves.
pub(super) fn files() -> Files {
    Files::new(PLAN, COMUNI, MEASUREMENTS)
}

/// The demonstration's records.
pub fn demonstration() -> Result<Bundle, Vec<Problem>> {
    parse(&files())
}

/// What the monitoring of that Ambito asks, and what its indicators showed.
pub fn monitoring() -> Result<MonitoringBundle, Vec<Problem>> {
    parse_monitoring(&MonitoringFile::new(MONITORING))
}

/// What the measures of benefits of Ambito 9 may grant, and what was granted: invented, since no document gives it.
pub fn benefits() -> Result<BenefitBundle, Vec<Problem>> {
    parse_benefits(BENEFITS)
}

/// The agreements beside it: those of the comune of Crema and of the comune of Cremona, each of an Ambito of its own.
pub fn agreements() -> Result<Vec<AgreementBundle>, Vec<Problem>> {
    AGREEMENTS.iter().map(|text| parse_agreements(&AgreementFile::new(*text))).collect()
}

/// Who governs Ambito 9 and the co-design of Crema, the work plan of Ambito 9, and the time of its projects.
pub fn governance() -> Result<Vec<GovernanceBundle>, Vec<Problem>> {
    GOVERNANCE.iter().map(|text| parse_governance(&GovernanceFile::new(*text))).collect()
}
