//! Whether a document is valid, without executing it: for documents that are listed before anybody sends them.

use std::sync::Arc;

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, ServerError};
use futures_util::FutureExt;

use super::schema::{self, Library};

/// A schema that stops where execution would begin.
pub struct Checker(Library);

struct Stop;

impl ExtensionFactory for Stop {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Stop {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::default()
    }
}

impl Checker {
    /// Of the schema that is published.
    pub fn new() -> Self {
        Self(schema::checking(schema::builder()).extension(Stop).finish())
    }

    /// The first complaint about a document whose operation of this name would run, with whatever variables.
    pub fn complaint(&self, document: &ExecutableDocument, operation: Option<&str>) -> Option<ServerError> {
        let mut request = Request::new("");
        request.operation_name = operation.map(str::to_owned);
        request.set_parsed_query(document.clone());
        let response = self.0.execute(request).now_or_never();
        // Nothing in it waits.
        let unanswered = || vec![ServerError::new("The check did not end.", None)];
        response.map_or_else(unanswered, |response| response.errors).into_iter().next()
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}
