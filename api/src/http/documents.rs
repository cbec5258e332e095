//! Documents: read and checked once, then kept under the SHA-256 of their text, so that one that comes again is neither parsed nor counted
//! again, and may be asked for by its hash alone.
//!
//! Kept is what the library has found valid, and nothing else. Two protocols name a document by its hash: Apollo's automatic persisted
//! queries, and `documentId` of GraphQL over HTTP. Documents that an operator lists are always there ([`super::listed`]).

use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use aws_lc_rs::digest::{SHA256, digest};

use super::bounded::{Bounded, Bytes};
use super::failure::Failure;
use super::listed::Listed;
use super::parameters::{Naming, Parameters, wrong};
use crate::error::{Code, Error, Flaw, Sentence};
use crate::guard::variables::{self, TypeNames};
use crate::guard::{cost, repeated, scanner};
use crate::limits::Limits;

/// What a parsed token takes, about: the parser makes more of a token than its text.
const TOKEN_BYTES: usize = 256;

/// So many documents fit, however large they are. At the default settings the largest that the guards let in is kept.
const DOCUMENTS_MIN: usize = 8;

/// The SHA-256 of a document's text.
pub(super) type Digest = [u8; 32];

/// A document that has passed every check that does not depend on variables.
#[derive(Debug)]
pub(super) struct Document {
    /// Its text.
    pub(super) text: Box<str>,
    /// What the parser made of it.
    pub(super) parsed: ExecutableDocument,
    /// Whether it asks for something with fields of its own twice under one name.
    pub(super) repeats_names: bool,
    /// Whether it has one operation, whose variables' values are valid wherever they are used if they are of their types.
    pub(super) is_checked_by_types: bool,
    digest: Digest,
    tokens: usize,
}

/// A document that was asked for.
pub(super) struct Found {
    pub(super) document: Arc<Document>,
    /// Whether it was there already.
    pub(super) kept: bool,
}

/// The documents that are kept, and those that are listed.
pub(super) struct Documents {
    kept: Bounded<Digest, Arc<Document>>,
    listed: Listed,
}

impl Document {
    /// Reads a document and counts it, so that nothing later can be brought down by it.
    pub(super) fn read(text: &str, limits: &Limits, types: &TypeNames) -> Result<Self, Failure> {
        Self::read_as(digest_of(text), text, limits, types)
    }

    fn read_as(digest: Digest, text: &str, limits: &Limits, types: &TypeNames) -> Result<Self, Failure> {
        let counts = scanner::scan(text, limits).map_err(|refused| Failure {
            error: refused.error,
            pos: Some(scanner::position(text, refused.offset)),
            cost: None,
        })?;
        let parsed = parse_query(text)?;
        cost::check_size(&parsed, limits)?;
        variables::check_types(&parsed, types)?;
        let repeats_names = repeated::repeats_names(&parsed);
        let is_checked_by_types = variables::are_checked_by_types(&parsed);
        Ok(Self { text: text.into(), parsed, repeats_names, is_checked_by_types, digest, tokens: counts.tokens })
    }

    /// The SHA-256 of its text.
    pub(super) fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl Documents {
    /// Room for so many bytes besides those that are listed.
    pub(super) fn new(bytes_max: usize, listed: Listed) -> Self {
        Self { kept: Bounded::new(bytes_max, DOCUMENTS_MIN), listed }
    }

    /// The document of a request, by its text, its name, or both.
    pub(super) fn find(&self, parameters: &Parameters, limits: &Limits, types: &TypeNames) -> Result<Found, Failure> {
        match (&parameters.query, &parameters.naming) {
            (None, None) => Err(wrong("query").into()),
            (None, Some(naming)) => self.by_name(naming).map(|document| Found { document, kept: true }),
            (Some(text), naming) => {
                let digest = digest_of(text);
                if let Some(document) = self.listed.by_digest(&digest).or_else(|| self.by_digest(&digest)) {
                    check_name(naming.as_ref(), &document, &self.listed)?;
                    return Ok(Found { document, kept: true });
                }
                if self.listed.only() {
                    return Err(Error::DocumentNotAllowed.into());
                }
                let document = Arc::new(Document::read_as(digest, text, limits, types)?);
                check_name(naming.as_ref(), &document, &self.listed)?;
                Ok(Found { document, kept: false })
            }
        }
    }

    /// Keeps a document that the library has found valid.
    pub(super) fn keep(&self, found: Found) {
        if !found.kept {
            self.kept.keep(found.document.digest, found.document);
        }
    }

    fn by_name(&self, naming: &Naming) -> Result<Arc<Document>, Failure> {
        let listed = self.listed.by_id(naming.id());
        let digest = naming.digest();
        let known = listed.or_else(|| digest.and_then(|digest| self.listed.by_digest(&digest)));
        if let Some(document) = known.or_else(|| digest.and_then(|digest| self.by_digest(&digest))) {
            return Ok(document);
        }
        Err(match naming {
            _ if self.listed.only() => Error::DocumentNotAllowed,
            Naming::PersistedQuery(_) if !self.kept.is_on() => Error::PersistedQueryNotSupported,
            Naming::PersistedQuery(_) => Error::PersistedQueryNotFound,
            Naming::DocumentId(_) => flaw(
                Code::DocumentNotFound,
                "Il documento indicato da \"documentId\" non è noto.",
                "The document that \"documentId\" names is not known.",
            ),
        }
        .into())
    }

    fn by_digest(&self, digest: &Digest) -> Option<Arc<Document>> {
        // Where only listed documents run, nothing else is ever kept.
        self.kept.get(digest)
    }
}

/// Refuses a name that is not of the text it came with, so that no client can put a document under another's name.
fn check_name(naming: Option<&Naming>, document: &Document, listed: &Listed) -> Result<(), Failure> {
    let Some(naming) = naming else { return Ok(()) };
    let is_listed = || listed.by_id(naming.id()).is_some_and(|known| known.digest == document.digest);
    if naming.digest() == Some(document.digest) || is_listed() {
        return Ok(());
    }
    Err(flaw(
        Code::PersistedQueryMismatch,
        "L'identificativo del documento non è lo SHA-256 del suo testo.",
        "The document's identifier is not the SHA-256 of its text.",
    )
    .into())
}

/// A fault of the program that calls, so that it is told by the status, whatever the client accepts.
fn flaw(code: Code, it: &'static str, en: &'static str) -> Error {
    Flaw { code, message: Sentence::new(it, en), argument: None, malformed_value: true }.into()
}

fn digest_of(text: &str) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    bytes
}

impl Bytes for Digest {
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl Bytes for Arc<Document> {
    fn bytes(&self) -> usize {
        size_of::<Document>() + self.text.len() + self.tokens * TOKEN_BYTES
    }
}
