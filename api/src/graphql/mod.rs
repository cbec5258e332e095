//! What is published: one file a noun. Views wrap rows of the book; nothing here names the database or HTTP.

pub mod ambito;
pub mod budget;
mod checker;
pub mod comparison;
pub mod comune;
pub mod cost_allocation;
mod database;
pub mod enums;
pub mod explanation;
pub mod fund;
mod id;
pub mod language;
mod origin;
pub mod page;
pub mod plan;
pub mod programme;
pub mod query;
pub mod quota;
mod quota_list;
pub mod quotas;
pub mod rate_limit;
pub mod rule;
pub mod rule_input;
pub mod scalars;
pub mod service;
mod sight;
pub mod simulation;
mod small_cells;
pub mod verification;
pub mod viewer;

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, Request};
use chrono::NaiveDate;

use crate::auth::viewer::Viewer as Asker;
use crate::limits::Limits;
use crate::store::Store;
use crate::store::book::Book;
pub use checker::Checker;
use database::Database;
pub use language::Language;
pub use origin::Origin;
pub use rate_limit::RateLimit;
use sight::Sight;

/// The schema: queries only, until plans are prepared through the API.
pub type Schema = async_graphql::Schema<query::Query, EmptyMutation, EmptySubscription>;

/// The documents' nesting is bounded by `guard::scanner` before the library's parser runs; this is the library's own bound, out of the way.
const LIBRARY_DEPTH: usize = 64;

/// Builds the schema over a store.
pub fn schema(store: Arc<Store>, limits: Limits) -> Schema {
    let builder = Schema::build(query::Query, EmptyMutation, EmptySubscription);
    builder.data(Database::new(store)).data(limits).disable_suggestions().limit_recursive_depth(LIBRARY_DEPTH).finish()
}

/// The schema in the schema definition language, as `schema.graphql` holds it.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    let builder = Schema::build(query::Query, EmptyMutation, EmptySubscription);
    builder.finish().sdl_with_options(options)
}

/// Who asks, and of what: all that an answer depends on besides the question itself.
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
}

/// Gives a request what its resolvers see. What is returned besides tells, once it is executed, where its answer comes from.
pub fn request_data(request: Request, asking: Asking, limits: &Limits) -> (Request, Origin) {
    let origin = Origin::default();
    (request.data(Sight::new(asking, origin.clone(), limits)), origin)
}
