//! The stable codes of errors, as the contract lists them.

use std::fmt;

/// A stable code, never translated: `extensions.code` of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names are the contract's own; what each means is said where it is raised.
pub enum Code {
    Unauthenticated,
    InvalidToken,
    Forbidden,
    NotFound,
    BadRequest,
    ParseError,
    ValidationError,
    InvalidVariables,
    UnsupportedMediaType,
    NotAcceptable,
    MethodNotAllowed,
    BodyTooLarge,
    BodyTimeout,
    TooManyTokens,
    TooDeep,
    TooManyAliases,
    TooManyDirectives,
    TooManySelections,
    CostExceeded,
    BatchRefused,
    DocumentNotAllowed,
    DocumentNotFound,
    PersistedQueryMismatch,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
    RateLimited,
    Timeout,
    InvalidCursor,
    PageLimitExceeded,
    StorageUnavailable,
    StorageFull,
    Internal,
    Invalid,
    VersionConflict,
    PlanImmutable,
    PlanUnbalanced,
    IllegalTransition,
    ResolutionRequired,
    SamePerson,
    NoBasis,
    InfeasibleBounds,
    FundingExceedsBudget,
    Duplicate,
    Overflow,
}

impl Code {
    /// The code as clients read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadRequest => "BAD_REQUEST",
            Self::ParseError => "PARSE_ERROR",
            Self::ValidationError => "VALIDATION_ERROR",
            Self::InvalidVariables => "INVALID_VARIABLES",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::BodyTooLarge => "BODY_TOO_LARGE",
            Self::BodyTimeout => "BODY_TIMEOUT",
            Self::TooManyTokens => "TOO_MANY_TOKENS",
            Self::TooDeep => "TOO_DEEP",
            Self::TooManyAliases => "TOO_MANY_ALIASES",
            Self::TooManyDirectives => "TOO_MANY_DIRECTIVES",
            Self::TooManySelections => "TOO_MANY_SELECTIONS",
            Self::CostExceeded => "COST_EXCEEDED",
            Self::BatchRefused => "BATCH_REFUSED",
            Self::DocumentNotAllowed => "DOCUMENT_NOT_ALLOWED",
            Self::DocumentNotFound => "DOCUMENT_NOT_FOUND",
            Self::PersistedQueryMismatch => "PERSISTED_QUERY_MISMATCH",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Timeout => "TIMEOUT",
            Self::InvalidCursor => "INVALID_CURSOR",
            Self::PageLimitExceeded => "PAGE_LIMIT_EXCEEDED",
            Self::StorageUnavailable => "STORAGE_UNAVAILABLE",
            Self::StorageFull => "STORAGE_FULL",
            Self::Internal => "INTERNAL",
            Self::Invalid => "INVALID",
            Self::VersionConflict => "VERSION_CONFLICT",
            Self::PlanImmutable => "PLAN_IMMUTABLE",
            Self::PlanUnbalanced => "PLAN_UNBALANCED",
            Self::IllegalTransition => "ILLEGAL_TRANSITION",
            Self::ResolutionRequired => "RESOLUTION_REQUIRED",
            Self::SamePerson => "SAME_PERSON",
            Self::NoBasis => "NO_BASIS",
            Self::InfeasibleBounds => "INFEASIBLE_BOUNDS",
            Self::FundingExceedsBudget => "FUNDING_EXCEEDS_BUDGET",
            Self::Duplicate => "DUPLICATE",
            Self::Overflow => "OVERFLOW",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
