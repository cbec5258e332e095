//! The bounds of a request: which one it passes, and how that is told.

use super::{Code, Sentence};

/// A bound of [`crate::limits::Limits`] that a request passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each is the limit of the same name.
pub enum Bound {
    BodyBytes,
    Tokens,
    VariableValues,
    Nesting,
    Depth,
    Aliases,
    Directives,
    Selections,
    Cost,
    Page,
    Ids,
}

impl Bound {
    /// The code of a request that passes the bound.
    pub fn code(self) -> Code {
        match self {
            Self::BodyBytes => Code::BodyTooLarge,
            Self::Tokens | Self::VariableValues => Code::TooManyTokens,
            Self::Nesting | Self::Depth => Code::TooDeep,
            Self::Aliases => Code::TooManyAliases,
            Self::Directives => Code::TooManyDirectives,
            Self::Selections => Code::TooManySelections,
            Self::Cost => Code::CostExceeded,
            Self::Page | Self::Ids => Code::PageLimitExceeded,
        }
    }

    pub(super) fn status(self) -> u16 {
        if self == Self::BodyBytes { 413 } else { 400 }
    }

    pub(super) fn sentence(self, limit: u64) -> Sentence {
        let (it, en) = match self {
            Self::BodyBytes => ("Il corpo della richiesta supera {} byte.", "The body is over {} bytes."),
            Self::Tokens => ("Il documento supera {} token.", "The document is over {} tokens."),
            Self::VariableValues => ("Le variabili superano {} valori.", "The variables hold more than {} values."),
            Self::Nesting => ("Le parentesi superano {} livelli.", "Brackets nest more than {} deep."),
            Self::Depth => ("I campi superano {} livelli.", "Fields nest more than {} deep."),
            Self::Aliases => ("Il documento supera {} alias.", "The document is over {} aliases."),
            Self::Directives => ("Il documento supera {} direttive.", "The document is over {} directives."),
            Self::Selections => (
                "Il documento, con i frammenti espansi, supera {} selezioni.",
                "The document, its fragments expanded, is over {} selections.",
            ),
            Self::Cost => ("Il costo dell'operazione supera {}.", "The operation costs more than {}."),
            Self::Page => ("Una pagina ha da 1 a {} elementi.", "A page has 1 to {} entries."),
            Self::Ids => ("Al massimo {} identificativi.", "At most {} ids."),
        };
        let limit = limit.to_string();
        Sentence::new(it.replace("{}", &limit), en.replace("{}", &limit))
    }
}
