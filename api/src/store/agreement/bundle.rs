//! What a file of agreements holds once it was read and checked: plain records, in the order of the file.

use entity::kinds::VersionKind;

use super::given::{GivenAgreement, GivenTerms};
use crate::error::{Error, Refusal};
use crate::store::bundle::{AmbitoRecord, ComuneRecord};
use crate::store::partner::NewPartner;
use crate::store::places::{self, Places};

/// Agreements of one Ambito, with what they need of it.
#[derive(Clone, Debug)]
pub struct AgreementBundle {
    /// The Ambito.
    pub ambito: AmbitoOf,
    /// Comuni of it, each with the day from which it is a member.
    pub comuni: Vec<ComuneRecord>,
    /// Partners of it.
    pub partners: Vec<NewPartner>,
    /// The line of the file in which each of them stands.
    pub partner_lines: Vec<usize>,
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
    /// The line of the file in which it stands.
    pub line: usize,
    /// Where each of its versions stands, the first among them.
    pub places: Vec<Places>,
}

/// The way to the terms of a version in the input of an act.
pub const TERMS: &str = "input.terms.";

/// A refusal with its place in the file in the place of the one in the input.
fn placed(refusal: Refusal, line: usize, of: &str) -> Error {
    let argument = refusal.argument.as_deref().unwrap_or_default();
    let way = argument.strip_prefix(TERMS).or(argument.strip_prefix("input.")).unwrap_or(argument).to_owned();
    places::placed(refusal, (FILE, line), of, &way)
}

/// What the file is called.
const FILE: &str = "agreements.toml";

impl AgreementRecord {
    /// What was refused of a version, with its line of the file and the code of the agreement.
    pub(super) fn located(&self, version: usize, fault: Error) -> Error {
        let Error::Refusal(refusal) = fault else { return fault };
        let argument = refusal.argument.as_deref().unwrap_or_default();
        let of_version = self.places.get(version).zip(argument.strip_prefix(TERMS));
        let line = of_version.map_or(self.line, |(places, way)| places.line_of(way));
        placed(*refusal, line, &format!("agreement {}", self.first.code))
    }
}

impl AgreementBundle {
    /// What was refused of a partner, with its line of the file and its code.
    pub(super) fn located(&self, partner: usize, fault: Error) -> Error {
        let Error::Refusal(refusal) = fault else { return fault };
        let line = self.partner_lines.get(partner).copied().unwrap_or(1);
        let code = self.partners.get(partner).map(|partner| partner.code.as_str()).unwrap_or_default();
        placed(*refusal, line, &format!("partner {code}"))
    }
}
