//! What a request reads of what is watched over time: each kind once for all things of a list.

use super::body::Bodies;
use super::indicator::Indicators;
use super::monitoring::Reports;
use super::project::Projects;
use super::work_plan::WorkPlans;

/// The readings, projects, bodies and reports of one request.
#[derive(Default)]
pub(super) struct Watched {
    pub(super) indicators: Indicators,
    pub(super) projects: Projects,
    pub(super) bodies: Bodies,
    pub(super) reports: Reports,
    pub(super) work_plans: WorkPlans,
}
