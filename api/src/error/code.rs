//! The stable codes of errors, as the contract lists them.

use std::fmt;

use strum::IntoStaticStr;

/// A stable code, never translated: `extensions.code` of an error. Clients read the name of the variant, in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
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
    NoBudget,
    NoRule,
    NoParticipants,
    NotAMember,
    InstalmentsUnbalanced,
    VatMismatch,
    OutsidePeriod,
    OutsideAgreement,
    AboveLine,
    DocumentRequired,
    DocumentUsed,
    VersionsOverlap,
    BeyondBudget,
    PersonalData,
    UnknownMission,
    BelowCommitments,
    IdempotencyKeyRequired,
    IdempotencyConflict,
}

impl Code {
    /// The code as clients read it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
