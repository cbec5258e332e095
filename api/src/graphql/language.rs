//! The two languages that people read here. Codes are never translated.

use async_graphql::Enum;

/// The language of texts (lingua). This list may grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum)]
pub enum Language {
    /// Italian (italiano).
    It,
    /// English (inglese).
    #[default]
    En,
}

impl Language {
    /// The Italian or the English text.
    pub fn choose<T>(self, italian: T, english: T) -> T {
        match self {
            Self::It => italian,
            Self::En => english,
        }
    }
}
