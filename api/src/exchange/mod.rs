//! Files in: an Ambito with its plans, agreements, monitoring, and who governs them, from a folder of TOML and CSV to checked records, or to every problem of the files.
//! The format is described in `docs/import.md`. Files out are [`export`]'s.
//!
//! Pure but for [`read_folder`] and [`read_whole_folder`]: nothing here writes, and nothing knows the database.

mod activity;
mod agreement;
mod benefit;
mod budget;
mod comune;
mod demonstration;
mod document;
pub mod export;
mod files;
mod formula;
mod freeze;
mod governance;
mod master;
mod measurement;
mod monitoring;
mod names;
mod plan;
mod problem;
mod rule;
mod service;
mod sheet;
#[cfg(test)]
mod tests;
mod text;

pub use crate::store::bundle::Bundle;
pub use activity::{ActivityReader, read_given};
pub use agreement::parse_agreements;
pub use demonstration::{agreements, benefits, demonstration, governance as demonstration_governance, monitoring};
pub use files::{
    AgreementFile, FILE_BYTES_MAX, Files, Folder, GovernanceFile, MonitoringFile, read_folder, read_whole_folder,
};
pub use governance::parse_governance;
pub use monitoring::parse_monitoring;
pub use problem::Problem;

use crate::store::bundle::{FundRecord, MeasureRecord, PlanRecord, ProgrammeRecord};
use budget::Budgets;
use document::{Source, Table};
use freeze::Context;
use names::Names;
use plan::{Days, Plan, Schedules};
use problem::{Problems, checked};
use service::Service;

/// Reads and checks the files: the records, or everything that is wrong, by file and line.
pub fn parse(files: &Files) -> Result<Bundle, Vec<Problem>> {
    checked(|problems| read(files, problems))
}

/// Reads what can be read. Names are declared before anything refers to them: funds and measures, years, comuni, services.
fn read(files: &Files, problems: &Problems) -> Option<Bundle> {
    let (source, root) = Source::parse(files::PLAN, files.plan.text(files::PLAN, problems), problems);
    let comuni_file = files.comuni.text(files::COMUNI, problems);
    let measurements_file = files.measurements.text(files::MEASUREMENTS, problems);
    let mut root = source.root(&root);
    let mut names = Names::new();
    if !source.is_whole() {
        names.blur_plan();
    }

    let ambito = root.need("ambito").and_then(document::Value::table).and_then(master::ambito);
    let programme = root.get("programme").and_then(document::Value::table).and_then(master::programme);
    let (funds, measures, plans) = declarations(&mut root, programme.as_ref(), &mut names);
    let first_day = master::first_day(programme.as_ref(), &names);
    let (comune_records, comuni) = comune::comuni(comuni_file, first_day, &mut names, problems);
    let tables = root.tables("service");
    let services: Vec<Service> =
        tables.into_iter().map(|table| service::service(table, first_day, &mut names)).collect();
    let (measurement_records, measurements) = measurement::measurements(measurements_file, &names, problems);

    let mut schedules = Schedules::default();
    let mut days = Days::default();
    for table in root.tables("instalment") {
        schedules.take(table, &names);
    }
    for table in root.tables("basis") {
        days.take(table, &names);
    }
    let context = Context { names: &names, comuni: &comuni, measurements: &measurements, days: &days, problems };
    let mut budgets = Budgets::default();
    for table in root.tables("budget") {
        budgets.take(table, &services, &context);
    }
    root.finish();
    check_plans(&plans, &schedules, &budgets, problems);

    Some(Bundle {
        digest: files.digest(),
        ambito: ambito?,
        comuni: comune_records,
        measures,
        measurements: measurement_records,
        funds,
        services: services.into_iter().map(|service| service.record).collect::<Option<_>>()?,
        programme,
        plans: plan_records(plans, &mut schedules, &mut budgets)?,
    })
}

/// What the rest of the file refers to.
fn declarations(
    root: &mut Table<'_>,
    programme: Option<&ProgrammeRecord>,
    names: &mut Names,
) -> (Vec<FundRecord>, Vec<MeasureRecord>, Vec<Plan>) {
    let funds = root.tables("fund").into_iter().filter_map(|table| master::fund(table, names)).collect();
    let measures = root.tables("measure").into_iter().filter_map(|table| master::measure(table, names)).collect();
    let plans = root.tables("plan").into_iter().filter_map(|table| plan::plan(table, programme, names)).collect();
    (funds, measures, plans)
}

/// What shows only once every block has been read.
fn check_plans(plans: &[Plan], schedules: &Schedules, budgets: &Budgets, problems: &Problems) {
    for (place, year, sum) in schedules.unbalanced() {
        problems.add(place, format!("the instalments of {year} add up to {sum} percent, not to 100"));
    }
    for plan in plans.iter().filter(|plan| budgets.lack(plan.year)) {
        problems.add(plan.place, format!("the plan of {} has no budget", plan.year));
    }
}

/// The plans, oldest first.
fn plan_records(plans: Vec<Plan>, schedules: &mut Schedules, budgets: &mut Budgets) -> Option<Vec<PlanRecord>> {
    let mut records = Vec::new();
    for plan in plans {
        records.push(PlanRecord {
            year: plan.year,
            kind: plan.kind?,
            note: plan.note,
            resolution: plan.resolution,
            instalments: schedules.of(plan.year),
            budgets: budgets.of(plan.year),
        });
    }
    records.sort_by_key(|plan| plan.year);
    Some(records)
}
