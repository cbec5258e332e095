//! The document of an expense: its reference, the key by which that is found again however it is written, and its digest.

use crate::error::{Code, Error, Refusal, Result};
use crate::limits::EXPENSE_REFERENCE_CHARACTERS_MAX;
use crate::store::personal;
use crate::store::shape::{self, invalid};

/// SHA-256 of nothing at all: the digest of a document that is not there.
const NO_DOCUMENT: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Hexadecimal digits of SHA-256.
const DIGEST_DIGITS: usize = 64;

/// A document that is cited and has a digest.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// As it is cited.
    pub(super) reference: String,
    /// The same as it is compared.
    pub(super) key: String,
    /// SHA-256, in hexadecimal.
    pub(super) digest: String,
}

/// The document's reference and digest, both of which a cost needs.
pub(super) fn document(reference: Option<String>, digest: Option<String>) -> Result<Document> {
    let (cited, found) = ("input.cost.documentReference", "input.cost.documentDigest");
    let needed = |text: Option<String>, argument: &str| {
        let text = text.filter(|text| !text.trim().is_empty() && !text.trim().eq_ignore_ascii_case(NO_DOCUMENT));
        text.ok_or_else(|| Error::from(Refusal::new(Code::DocumentRequired).argument(argument)))
    };
    let reference = shape::line_of(needed(reference, cited)?, cited, EXPENSE_REFERENCE_CHARACTERS_MAX)?;
    personal::refuse_reference(&reference, cited)?;
    let key = key(&reference);
    if key.is_empty() {
        return Err(invalid(
            cited,
            "Un riferimento ha almeno una lettera o una cifra.",
            "A reference has a letter or a digit at least.",
        ));
    }
    let digest = needed(digest, found)?.to_ascii_lowercase();
    if digest.len() != DIGEST_DIGITS || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(invalid(
            found,
            "L'impronta SHA-256 ha 64 cifre esadecimali.",
            "A SHA-256 digest has 64 hexadecimal digits.",
        ));
    }
    Ok(Document { reference, key, digest })
}

/// A reference as it is compared: its letters and digits only, in small letters, whatever width, accents or alphabet they are written in.
fn key(reference: &str) -> String {
    personal::read(reference).to_lowercase().chars().filter(|sign| sign.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_compared_by_letters_and_digits() {
        let known = "fatturan12adel3";
        for spelling in [
            " Fattura  N. 12/A\u{a0}del 3",
            "fattura-n-12-a-del-3",
            "FATTURA n° 12/A del 3",
            "Ｆａｔｔｕｒａ n. １２/A del ³",
            // Greek and Cyrillic capitals, a soft hyphen, a variation selector and signs that show nothing.
            "F\u{391}\u{422}\u{422}URA N. 12/\u{410} del 3",
            "fat\u{ad}tura n\u{fe0f} 12\u{e0020} a d\u{3164}el\u{200d} 3",
            "fàttura n.12–A (del 3)",
        ] {
            assert_eq!(key(spelling), known, "{spelling}");
        }
        assert_ne!(key("Fattura 12/A del 4"), known);
        assert_eq!(key(" - / - "), "");
    }
}
