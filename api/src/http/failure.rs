//! A request that failed as a whole, with what was known of it by then.

use async_graphql::Pos;
use async_graphql::parser;

use super::answer::Cost;
use crate::error::{Code, Error, Flaw, Sentence};
use crate::guard::cost;

/// Why a request has no answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Where in the document.
    pub(super) pos: Option<Pos>,
    /// What it would have cost, where that is known.
    pub(super) cost: Option<Cost>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, pos: None, cost: None }
    }
}

impl From<cost::Refused> for Failure {
    fn from(refused: cost::Refused) -> Self {
        Self { error: refused.error, pos: refused.pos, cost: None }
    }
}

impl From<parser::Error> for Failure {
    fn from(error: parser::Error) -> Self {
        let message = match error {
            parser::Error::MissingOperation => {
                Sentence::new("Il documento non contiene operazioni.", "The document has no operation.")
            }
            parser::Error::MultipleOperations { .. } => Sentence::new(
                "Un'operazione senza nome deve essere l'unica del documento.",
                "An operation without a name must be the document's only one.",
            ),
            parser::Error::OperationDuplicated { .. } | parser::Error::FragmentDuplicated { .. } => Sentence::new(
                "Due operazioni o due frammenti hanno lo stesso nome.",
                "Two operations or two fragments have the same name.",
            ),
            _ => Sentence::new("Il documento non è GraphQL valido.", "The document is not valid GraphQL."),
        };
        let flaw = Flaw { code: Code::ParseError, message, argument: None, malformed_value: false };
        Self { error: flaw.into(), pos: error.positions().next(), cost: None }
    }
}
