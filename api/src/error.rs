//! The one error type at the door: each case with a stable code for programs, a sentence for people in Italian and English,
//! its HTTP status, and what stays hidden.
//!
//! It does not log and does not know HTTP: `http::publish` turns it into an answer, and logs it once.

mod bound;
mod code;
mod refusal;

use std::borrow::Cow;
use std::sync::Arc;

use crate::graphql::Language;
pub use bound::Bound;
pub use code::Code;
pub use refusal::Refusal;

/// What fails with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where a hidden cause is kept: shared, because the answer of a resolver is cloned.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// One statement in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// In Italian.
    pub it: Cow<'static, str>,
    /// In English.
    pub en: Cow<'static, str>,
}

impl Sentence {
    /// From both languages, fixed or made.
    pub fn new(it: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { it: it.into(), en: en.into() }
    }

    /// In the language asked for.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::It => &self.it,
            Language::En => &self.en,
        }
    }
}

/// A document, or the variables given to it, that cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// `PARSE_ERROR`, `VALIDATION_ERROR`, `INVALID_VARIABLES` or `BAD_REQUEST`.
    pub code: Code,
    /// What is wrong, in our words.
    pub message: Sentence,
    /// The argument or variable that is wrong, with its path: `input.amount`.
    pub argument: Option<String>,
    /// Whether a given value is not of its type. Such a request is refused with 400 whatever the client accepts.
    pub malformed_value: bool,
}

/// Everything that may go wrong between a request and its answer.
///
/// The `Display` text is for the log and may name what clients must not see; [`Error::sentence`] is for them.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// No token was sent.
    #[error("no token")]
    Unauthenticated,
    /// The token does not hold; no reason is told.
    #[error("invalid token")]
    InvalidToken,
    /// The caller may know that the thing exists, but not do this.
    #[error("forbidden")]
    Forbidden,
    /// The parameters of the request are not what they should be.
    #[error("bad request: {}", .0.en)]
    BadRequest(Sentence),
    /// The document or its variables cannot be executed.
    #[error("{}: {}", .0.code, .0.message.en)]
    Document(Box<Flaw>),
    /// The body is not JSON in UTF-8.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// No media type that we can answer in is accepted.
    #[error("not acceptable")]
    NotAcceptable,
    /// The method is not one of those named, as the `Allow` header lists them.
    #[error("method not allowed, only {0}")]
    MethodNotAllowed(&'static str),
    /// The body did not arrive within so many seconds.
    #[error("body not there within {0} s")]
    BodyTimeout(u64),
    /// The body broke off.
    #[error("body cut short")]
    BodyCut,
    /// A limit is passed; the number is the limit.
    #[error("{0:?} above {1}")]
    Limit(Bound, u64),
    /// Several requests came in one body.
    #[error("batch refused")]
    BatchRefused,
    /// Only listed documents run here, and this is none of them.
    #[error("document not allowed")]
    DocumentNotAllowed,
    /// The protocol's word for a hash whose document is to be sent once.
    #[error("persisted query not found")]
    PersistedQueryNotFound,
    /// The protocol's word for a server that keeps no documents.
    #[error("persisted queries not supported")]
    PersistedQueryNotSupported,
    /// The client's allowance is used up for so many seconds.
    #[error("rate limited for {0} s")]
    RateLimited(u64),
    /// A write without a key that tells it from its own repetition.
    #[error("no idempotency key")]
    IdempotencyKeyRequired,
    /// The key of another request of the same client.
    #[error("idempotency key of another request")]
    IdempotencyConflict,
    /// Execution did not end within so many seconds.
    #[error("not executed within {0} s")]
    Timeout(u64),
    /// A cursor that was cut, made up, or made for another order.
    #[error("invalid cursor")]
    InvalidCursor,
    /// A rule of the domain refuses.
    #[error("{}: {}", .0.code, .0.message.en)]
    Refusal(Box<Refusal>),
    /// The database does not answer as it should. The cause is for the log only.
    #[error("storage: {0}")]
    StorageUnavailable(#[source] Cause),
    /// The database has no room left. The cause is for the log only.
    #[error("storage full: {0}")]
    StorageFull(#[source] Cause),
    /// A defect of ours. The cause is for the log only.
    #[error("internal: {0}")]
    Internal(#[source] Cause),
}

impl Error {
    /// A defect of ours, with what is known of it.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(cause.into()))
    }

    /// A database that does not answer as it should.
    pub fn storage(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::StorageUnavailable(Arc::from(cause.into()))
    }

    /// A database without room.
    pub fn storage_full(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::StorageFull(Arc::from(cause.into()))
    }

    /// A stored row that contradicts another: a defect of ours, since the tables forbid it. For the log.
    pub fn broken(what: &str, id: i64) -> Self {
        Self::internal(format!("{what} {id} does not fit the other rows"))
    }

    /// A thing that the caller named and that is not there.
    pub fn not_found(what: &str, name: &str) -> Self {
        Refusal::new(Code::NotFound)
            .message(format!("Non trovato: {what} {name}."), format!("Not found: {what} {name}."))
            .into()
    }

    /// Names the service, where it is a refusal that names none.
    pub fn of_service(mut self, code: &str) -> Self {
        if let Self::Refusal(refusal) = &mut self {
            refusal.service.get_or_insert_with(|| code.to_owned());
        }
        self
    }

    /// Names the argument, where it is a refusal that names none.
    pub fn at(mut self, argument: &str) -> Self {
        if let Self::Refusal(refusal) = &mut self {
            refusal.argument.get_or_insert_with(|| argument.to_owned());
        }
        self
    }

    /// Parameters that are not what they should be, said in both languages.
    pub fn bad_request(it: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::BadRequest(Sentence::new(it, en))
    }

    /// A page of a size that is not given out.
    pub fn page(page_max: usize) -> Self {
        Self::limit(Bound::Page, page_max)
    }

    /// A limit of whole things, as `Limits` keeps them.
    pub fn limit(bound: Bound, limit: usize) -> Self {
        Self::Limit(bound, u64::try_from(limit).unwrap_or(u64::MAX))
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Unauthenticated => Code::Unauthenticated,
            Self::InvalidToken => Code::InvalidToken,
            Self::Forbidden => Code::Forbidden,
            Self::BadRequest(_) | Self::BodyCut => Code::BadRequest,
            Self::Document(flaw) => flaw.code,
            Self::UnsupportedMediaType => Code::UnsupportedMediaType,
            Self::NotAcceptable => Code::NotAcceptable,
            Self::MethodNotAllowed(_) => Code::MethodNotAllowed,
            Self::BodyTimeout(_) => Code::BodyTimeout,
            Self::Limit(bound, _) => bound.code(),
            Self::BatchRefused => Code::BatchRefused,
            Self::DocumentNotAllowed => Code::DocumentNotAllowed,
            Self::PersistedQueryNotFound => Code::PersistedQueryNotFound,
            Self::PersistedQueryNotSupported => Code::PersistedQueryNotSupported,
            Self::RateLimited(_) => Code::RateLimited,
            Self::IdempotencyKeyRequired => Code::IdempotencyKeyRequired,
            Self::IdempotencyConflict => Code::IdempotencyConflict,
            Self::Timeout(_) => Code::Timeout,
            Self::InvalidCursor => Code::InvalidCursor,
            Self::Refusal(refusal) => refusal.code,
            Self::StorageUnavailable(_) => Code::StorageUnavailable,
            Self::StorageFull(_) => Code::StorageFull,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// The HTTP status of a request that fails as a whole with this error.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated | Self::InvalidToken => 401,
            // A step of the protocol, not a failure: its clients discard the body of any other status.
            Self::PersistedQueryNotFound | Self::PersistedQueryNotSupported => 200,
            Self::Forbidden | Self::DocumentNotAllowed => 403,
            Self::BadRequest(_)
            | Self::BodyCut
            | Self::Document(_)
            | Self::BatchRefused
            | Self::InvalidCursor
            | Self::IdempotencyKeyRequired
            | Self::Refusal(_) => 400,
            Self::Limit(bound, _) => bound.status(),
            Self::MethodNotAllowed(_) => 405,
            Self::NotAcceptable => 406,
            Self::BodyTimeout(_) => 408,
            Self::UnsupportedMediaType => 415,
            // What the draft of the header (draft-ietf-httpapi-idempotency-key-header) says of a key with another request.
            Self::IdempotencyConflict => 422,
            Self::RateLimited(_) => 429,
            Self::Internal(_) => 500,
            Self::StorageUnavailable(_) | Self::Timeout(_) => 503,
            Self::StorageFull(_) => 507,
        }
    }

    /// Whether the cause is ours: it is logged as an error, and clients are told the code only.
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::StorageUnavailable(_) | Self::StorageFull(_) | Self::Internal(_) | Self::Timeout(_))
    }

    /// What a client is told.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Unauthenticated => Sentence::new("Serve un token di accesso.", "An access token is needed."),
            Self::InvalidToken => Sentence::new("Il token di accesso non è valido.", "The access token is not valid."),
            Self::Forbidden => Sentence::new("Operazione non consentita.", "This is not allowed."),
            Self::BadRequest(sentence) => sentence.clone(),
            Self::Document(flaw) => flaw.message.clone(),
            Self::UnsupportedMediaType => Sentence::new(
                "Il corpo della richiesta deve essere application/json in UTF-8.",
                "The body must be application/json in UTF-8.",
            ),
            Self::NotAcceptable => Sentence::new(
                "Si risponde in application/graphql-response+json o application/json.",
                "Answers are application/graphql-response+json or application/json.",
            ),
            Self::MethodNotAllowed(allow) => Sentence::new(
                format!("Metodo non consentito; consentiti: {allow}."),
                format!("Method not allowed; allowed: {allow}."),
            ),
            Self::BodyTimeout(seconds) => Sentence::new(
                format!("Il corpo della richiesta non è arrivato entro {seconds} secondi."),
                format!("The body did not arrive within {seconds} seconds."),
            ),
            Self::BodyCut => Sentence::new("Il corpo della richiesta è incompleto.", "The body is incomplete."),
            Self::Limit(bound, limit) => bound.sentence(*limit),
            Self::BatchRefused => {
                Sentence::new("Una sola operazione per richiesta.", "One operation a request, no batches.")
            }
            Self::DocumentNotAllowed => Sentence::new(
                "Qui si eseguono solo i documenti in elenco, e questo non lo è.",
                "Only listed documents run here, and this is none of them.",
            ),
            // Clients compare these texts, whatever the language.
            Self::PersistedQueryNotFound => Sentence::new("PersistedQueryNotFound", "PersistedQueryNotFound"),
            Self::PersistedQueryNotSupported => {
                Sentence::new("PersistedQueryNotSupported", "PersistedQueryNotSupported")
            }
            Self::RateLimited(seconds) => Sentence::new(
                format!("Troppe richieste; riprovare tra {seconds} secondi."),
                format!("Too many requests; try again in {seconds} seconds."),
            ),
            Self::IdempotencyKeyRequired => Sentence::new(
                "Per scrivere serve l'intestazione Idempotency-Key.",
                "A write needs the header Idempotency-Key.",
            ),
            Self::IdempotencyConflict => Sentence::new(
                "Questa Idempotency-Key è già stata usata per un'altra richiesta.",
                "This Idempotency-Key was used for another request already.",
            ),
            Self::Timeout(seconds) => Sentence::new(
                format!("L'esecuzione ha superato {seconds} secondi."),
                format!("Execution took more than {seconds} seconds."),
            ),
            Self::InvalidCursor => Sentence::new(
                "Il cursore non è valido per questo elenco e questo ordine.",
                "The cursor is not one of this list in this order.",
            ),
            Self::Refusal(refusal) => refusal.message.clone(),
            Self::StorageUnavailable(_) => {
                Sentence::new("L'archivio dati non è disponibile.", "The storage is not available.")
            }
            Self::StorageFull(_) => Sentence::new("L'archivio dati è pieno.", "The storage is full."),
            Self::Internal(_) => Sentence::new("Errore interno.", "Internal error."),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(Box::new(refusal))
    }
}

impl From<Flaw> for Error {
    fn from(flaw: Flaw) -> Self {
        Self::Document(Box::new(flaw))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_stays_hidden() {
        let cause = "UNIQUE constraint failed: secret.table";
        for error in [Error::internal(cause), Error::storage(cause), Error::storage_full(cause)] {
            let sentence = error.sentence();
            assert!(!sentence.it.contains("secret") && !sentence.en.contains("secret"));
            assert!(error.to_string().contains("secret"), "the log needs the cause");
            assert!(error.is_fault() && error.status() >= 500);
        }
    }

    #[test]
    fn codes_and_statuses() {
        let cases = [
            (Error::Unauthenticated, "UNAUTHENTICATED", 401),
            (Error::InvalidToken, "INVALID_TOKEN", 401),
            (Error::limit(Bound::BodyBytes, 1), "BODY_TOO_LARGE", 413),
            (Error::limit(Bound::Nesting, 24), "TOO_DEEP", 400),
            (Error::limit(Bound::VariableValues, 1), "TOO_MANY_TOKENS", 400),
            (Error::page(100), "PAGE_LIMIT_EXCEEDED", 400),
            (Error::BodyTimeout(10), "BODY_TIMEOUT", 408),
            (Error::RateLimited(3), "RATE_LIMITED", 429),
            (Error::DocumentNotAllowed, "DOCUMENT_NOT_ALLOWED", 403),
            (Error::PersistedQueryNotFound, "PERSISTED_QUERY_NOT_FOUND", 200),
            (Error::MethodNotAllowed("POST"), "METHOD_NOT_ALLOWED", 405),
            (Refusal::new(Code::NoBasis).into(), "NO_BASIS", 400),
        ];
        for (error, code, status) in cases {
            assert_eq!((error.code().as_str(), error.status()), (code, status));
        }
    }
}
