//! The rows of the database, one file a table, and nothing else.
//!
//! Units end the names: `..._cents` are euro cents, `..._micros` are millionths (six decimal places), both
//! whole numbers. Days are `chrono::NaiveDate`, instants `chrono::DateTime<Utc>`. The closed lists of words are
//! in [`kinds`]. What a row means to a reader, and who may see it, is not said here.

pub mod activity;
pub mod activity_import;
pub mod activity_month;
pub mod adjustment;
pub mod ambito;
pub mod audit_event;
pub mod audit_head;
pub mod basis;
pub mod benefit_measure;
pub mod billing;
pub mod budget;
pub mod budget_line;
pub mod charge;
pub mod client;
pub mod client_ambito;
pub mod comune;
pub mod fund;
pub mod funding;
pub mod idempotency_key;
pub mod indicator;
pub mod kinds;
pub mod measure;
pub mod measurement;
pub mod membership;
pub mod participant;
pub mod participation;
pub mod payment;
pub mod payment_match;
pub mod plan;
pub mod plan_instalment;
pub mod programme;
pub mod project;
pub mod quota;
pub mod resolution;
pub mod rule;
pub mod rule_band;
pub mod rule_weight;
pub mod service;
pub mod service_fund;
pub mod service_target;
pub mod service_task;
