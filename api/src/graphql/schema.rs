//! The schema, and how a question is put to it.
//!
//! There are two of the library's: one that checks a document against the schema before it executes it, and one that does not. The
//! checks read the whole document each time, which takes longer than many an answer. A document that has passed them passes them again, whatever the
//! variables, where each of these is of its type. Where the library finds something wrong without the checks, it is asked again with them, so that its
//! complaints are always told in one way.

use std::sync::Arc;

use async_graphql::parser::types::{BaseType, DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::{
    EmptySubscription, ID, Positioned, Request, Response, ScalarType, SchemaBuilder, ValidationMode, Value, Variables,
};

use super::database::Database;
use super::mutation::Mutation;
use super::origin::Origin;
use super::scalars::{Date, DateTime, Euro, ExactDecimal, IstatCode};
use super::sight::Sight;
use super::{Asking, query};
use crate::error::Error;
use crate::limits::Limits;
use crate::store::Store;

/// The documents' nesting is bounded by `guard::scanner` before the library's parser runs; this is the library's own bound, out of the way.
const LIBRARY_DEPTH: usize = 64;

/// The library's schema.
pub(super) type Library = async_graphql::Schema<query::Query, Mutation, EmptySubscription>;

/// What is published, to be asked.
pub struct Schema {
    checking: Library,
    trusting: Library,
    limits: Limits,
}

/// A question that has passed every guard.
pub struct Asked<'d> {
    /// The document.
    pub document: &'d ExecutableDocument,
    /// The operation's name, where the client gave one.
    pub name: Option<String>,
    /// The operation that will run.
    pub operation: &'d Positioned<OperationDefinition>,
    /// Its variables, defaults among them.
    pub variables: Variables,
    /// Whether the library found the document valid before, it has no other operation, writes nothing, and the types of its variables tell whether their
    /// values are valid.
    pub is_known: bool,
}

/// What the library is given to make the schema of.
pub(super) fn builder() -> SchemaBuilder<query::Query, Mutation, EmptySubscription> {
    Library::build(query::Query, Mutation::default(), EmptySubscription)
}

/// The schema that checks, as the server runs it.
pub(super) fn checking(
    builder: SchemaBuilder<query::Query, Mutation, EmptySubscription>,
) -> SchemaBuilder<query::Query, Mutation, EmptySubscription> {
    builder.disable_suggestions().limit_recursive_depth(LIBRARY_DEPTH)
}

impl Schema {
    /// The schema over a store.
    pub fn new(store: &Arc<Store>, limits: Limits) -> Self {
        let over_store = || checking(builder()).data(Database::new(store.clone())).data(limits.clone());
        let trusting = over_store().validation_mode(ValidationMode::Fast).finish();
        Self { checking: over_store().finish(), trusting, limits }
    }

    /// Answers a question, and tells where the answer comes from.
    pub async fn answer(&self, asked: Asked<'_>, asking: Asking) -> (Response, Origin) {
        let origin = Origin::default();
        let request = |variables: Variables| {
            let mut request = Request::new("").variables(variables);
            if asked.document.operations.iter().count() == 1 {
                // The only operation goes without its name: that is less to copy than a table of one.
                let operations = DocumentOperations::Single(asked.operation.clone());
                let fragments = asked.document.fragments.clone();
                request.set_parsed_query(ExecutableDocument { operations, fragments });
            } else {
                request.operation_name.clone_from(&asked.name);
                request.set_parsed_query(asked.document.clone());
            }
            let request = match &asking.writing {
                Some(writing) => request.data(writing.clone()),
                None => request,
            };
            request.data(Sight::new(asking.clone(), origin.clone(), &self.limits))
        };
        if asked.is_known && are_of_their_types(&asked.operation.node, &asked.variables) {
            let response = self.trusting.execute(request(asked.variables.clone())).await;
            // Errors of ours are the same either way. To ask again for them would take the time of a database that is away twice.
            if response.errors.iter().all(|error| error.source::<Error>().is_some()) {
                return (response, origin);
            }
        }
        let response = self.checking.execute(request(asked.variables)).await;
        (response, origin)
    }
}

/// Whether the values of variables are valid, as far as can be told without the library: not of input objects and lists.
fn are_of_their_types(operation: &OperationDefinition, variables: &Variables) -> bool {
    operation.variable_definitions.iter().all(|definition| {
        let ty = &definition.node.var_type.node;
        match (variables.get(&definition.node.name.node), &ty.base) {
            (None | Some(Value::Null), _) => ty.nullable,
            (Some(value), BaseType::Named(name)) => is_of_type(name, value),
            (Some(_), BaseType::List(_)) => false,
        }
    })
}

/// By the same functions that the library's checks call.
fn is_of_type(name: &str, value: &Value) -> bool {
    let is_valid = match name {
        "Boolean" => <bool as ScalarType>::is_valid,
        "Int" => <i32 as ScalarType>::is_valid,
        "String" => <String as ScalarType>::is_valid,
        "ID" => <ID as ScalarType>::is_valid,
        "Euro" => <Euro as ScalarType>::is_valid,
        "ExactDecimal" => <ExactDecimal as ScalarType>::is_valid,
        "Date" => <Date as ScalarType>::is_valid,
        "DateTime" => <DateTime as ScalarType>::is_valid,
        "IstatCode" => <IstatCode as ScalarType>::is_valid,
        _ => return false,
    };
    is_valid(value)
}
