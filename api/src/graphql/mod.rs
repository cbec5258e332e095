//! What is published: one file a noun. Views wrap rows of the book; nothing here names the database or HTTP.

mod activities;
pub mod activity;
pub mod activity_import;
pub mod agreement;
pub mod agreement_account;
pub mod agreement_days;
pub mod agreement_input;
pub mod agreement_line;
pub mod agreement_value;
pub mod agreement_version;
pub mod ambito;
pub mod audit;
mod batch;
pub mod benefit_application;
mod benefit_cells;
pub mod benefit_grant;
mod benefit_lists;
pub mod benefit_measure;
pub mod benefits;
pub mod body;
pub mod budget;
mod checker;
pub mod comparison;
pub mod comune;
pub mod cost_allocation;
mod database;
mod direct;
pub mod enums;
pub mod expense;
pub mod expense_report;
pub mod explanation;
pub mod export;
pub mod forecast;
pub mod fund;
pub mod hypothesis;
mod id;
pub mod indicator;
pub mod json;
pub mod language;
pub mod membership;
pub mod monitoring;
pub mod monitoring_report;
pub mod monthly_activity;
pub mod mutation;
mod origin;
pub mod page;
pub mod partner;
pub mod payment;
pub mod plan;
pub mod programme;
pub mod project;
pub mod query;
pub mod quota;
mod quota_list;
pub mod quotas;
pub mod rate_limit;
mod reading;
pub mod rule;
pub mod rule_input;
pub mod scalars;
mod schema;
pub mod service;
pub mod settlement;
mod sight;
pub mod simulation;
pub mod simulations;
mod small_cells;
pub mod social_spending;
pub mod spread;
pub mod statement;
pub mod verification;
pub mod viewer;
mod watched;
pub mod work_plan;
mod writing;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::auth::viewer::Viewer as Asker;
use crate::store::book::Book;
pub use checker::Checker;
pub use language::Language;
pub use origin::Origin;
pub use rate_limit::RateLimit;
pub use schema::{Asked, Schema};
pub use writing::{IdempotencyKey, Writing, Written};

/// The schema in the schema definition language, as `schema.graphql` holds it.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    schema::builder().finish().sdl_with_options(options)
}

/// Who asks, and of what: all that an answer depends on besides the question itself.
#[derive(Clone)]
pub struct Asking {
    /// Who asks.
    pub viewer: Asker,
    /// What is left of the asker's allowance; none where there is no limit.
    pub allowance: Option<RateLimit>,
    /// The book that is asked.
    pub book: Arc<Book>,
    /// The language of sentences.
    pub language: Language,
    /// The day that is today.
    pub today: NaiveDate,
    /// Whether the document asks for something with fields of its own twice under one name.
    pub repeats_names: bool,
    /// What it writes through; none where it is a query.
    pub writing: Option<Arc<Writing>>,
}
