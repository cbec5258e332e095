//! What a request reads of what is watched over time: each kind once for all things of a list.

use std::sync::Arc;

use super::batch::Batch;
use super::body::Bodies;
use super::indicator::Indicators;
use super::monitoring_report::MonitoringReports;
use super::project::Projects;
use super::work_plan::WorkPlans;
use crate::store::monitoring::duty::{Asked, Duty};

/// The readings, projects, bodies and reports of one request.
#[derive(Default)]
pub(super) struct Watched {
    pub(super) indicators: Indicators,
    pub(super) projects: Projects,
    pub(super) bodies: Bodies,
    pub(super) reports: MonitoringReports,
    pub(super) duties: Batch<Asked, Arc<Vec<Duty>>>,
    pub(super) work_plans: WorkPlans,
}
