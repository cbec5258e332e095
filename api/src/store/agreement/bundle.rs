//! What a file of agreements holds once it was read and checked: plain records, in the order of the file.

use entity::kinds::VersionKind;

use super::given::{GivenAgreement, GivenTerms};
use crate::store::bundle::{AmbitoRecord, ComuneRecord};
use crate::store::partner::NewPartner;

/// Agreements of one Ambito, with what they need of it.
#[derive(Clone, Debug)]
pub struct AgreementBundle {
    /// The Ambito.
    pub ambito: AmbitoOf,
    /// Comuni of it, each with the day from which it is a member.
    pub comuni: Vec<ComuneRecord>,
    /// Partners of it.
    pub partners: Vec<NewPartner>,
    /// The agreements.
    pub agreements: Vec<AgreementRecord>,
}

/// The Ambito of a file of agreements.
#[derive(Clone, Debug)]
pub enum AmbitoOf {
    /// One that is there already, by its code.
    Known(String),
    /// A new one.
    New(AmbitoRecord),
}

impl AmbitoOf {
    /// Its code.
    pub fn code(&self) -> &str {
        match self {
            Self::Known(code) => code,
            Self::New(record) => &record.code,
        }
    }
}

/// An agreement with all its versions.
#[derive(Clone, Debug)]
pub struct AgreementRecord {
    /// The agreement, with its first version.
    pub first: GivenAgreement,
    /// The versions after it, oldest first: amendments and renewals.
    pub later: Vec<(VersionKind, GivenTerms)>,
}
