//! The changes of the database, in order, one file a change, never edited after release.
//!
//! They run on `SQLite` and on `PostgreSQL` 15 or later and make the same tables there. What they do not do: connect,
//! choose an engine, or set what belongs to a connection (foreign keys, journal); that is for whoever opens it.

use sea_orm_migration::MigrationTrait;
pub use sea_orm_migration::MigratorTrait;

mod apply;
mod dialect;
mod folding;
mod guard;
mod m20261101_000001_master;
mod m20261101_000002_plan;
mod m20261101_000003_access;
mod m20261101_000004_guards;
mod m20261121_000005_writes;
mod m20261121_000006_trail;
mod m20261121_000007_activity;
mod m20261121_000008_billing;
mod m20261121_000009_revision;
mod m20261122_000010_partner;
mod m20261122_000011_agreement;
mod m20261122_000012_expense;
mod m20261122_000013_benefit;
mod m20261122_000014_monitoring;
mod m20261123_000015_review;
mod m20261123_000016_monitoring_past;
mod m20261123_000017_work_plan;
mod m20261123_000019_agreement_acts;
mod m20261124_000020_monitoring_begun;
mod m20261124_000021_benefit_reference;
mod privilege;
pub mod refusal;

pub use apply::{LOCK_KEY, State, migrate, pending, state};

/// The list of the changes. [`migrate`] applies them; what this type offers besides takes no lock.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261101_000001_master::Migration),
            Box::new(m20261101_000002_plan::Migration),
            Box::new(m20261101_000003_access::Migration),
            Box::new(m20261101_000004_guards::Migration),
            Box::new(m20261121_000005_writes::Migration),
            Box::new(m20261121_000006_trail::Migration),
            Box::new(m20261121_000007_activity::Migration),
            Box::new(m20261121_000008_billing::Migration),
            Box::new(m20261121_000009_revision::Migration),
            Box::new(m20261122_000010_partner::Migration),
            Box::new(m20261122_000011_agreement::Migration),
            Box::new(m20261122_000012_expense::Migration),
            Box::new(m20261122_000013_benefit::Migration),
            Box::new(m20261122_000014_monitoring::Migration),
            Box::new(m20261123_000015_review::Migration),
            Box::new(m20261123_000016_monitoring_past::Migration),
            Box::new(m20261123_000017_work_plan::Migration),
            Box::new(m20261123_000019_agreement_acts::Migration),
            Box::new(m20261124_000020_monitoring_begun::Migration),
            Box::new(m20261124_000021_benefit_reference::Migration),
        ]
    }
}
