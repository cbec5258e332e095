//! Free texts about costs and benefits say nothing of people: the tax code of a person in one is refused.
//!
//! Names cannot be told from other words, so the tax code is what is looked for: it is what invoices and payslips have of people.

use crate::error::{Code, Error, Refusal, Result};

/// Characters of the tax code of a person.
const TAX_CODE_CHARACTERS: usize = 16;

/// What stands where in a tax code: letters of the name, then year, month, day, place of birth, and a check. Where two people would have the same,
/// letters stand for digits.
const SHAPE: &str = "AAAAAA00A00A000A";

/// Letters that stand for digits.
const FOR_DIGITS: &str = "LMNPQRSTUV";

/// A text that was checked, where it holds no tax code of a person.
pub(super) fn free(text: String, argument: &str) -> Result<String> {
    refuse(&text, argument).map(|()| text)
}

/// Refuses a text that holds the tax code of a person.
pub(super) fn refuse(text: &str, argument: &str) -> Result<()> {
    if !names_person(text) {
        return Ok(());
    }
    let refusal = Refusal::new(Code::PersonalData).argument(argument).message(
        "Il testo contiene il codice fiscale di una persona: non si registra.",
        "The text holds the tax code of a person, which is not recorded.",
    );
    Err(Error::from(refusal))
}

fn names_person(text: &str) -> bool {
    text.split(|sign: char| !sign.is_ascii_alphanumeric()).any(is_tax_code)
}

fn is_tax_code(word: &str) -> bool {
    let fits = |(sign, kind): (char, char)| match kind {
        'A' => sign.is_ascii_alphabetic(),
        _ => sign.is_ascii_digit() || FOR_DIGITS.contains(sign.to_ascii_uppercase()),
    };
    word.len() == TAX_CODE_CHARACTERS && word.chars().zip(SHAPE.chars()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::names_person;

    #[test]
    fn tax_codes_of_people_are_found() {
        let cases = [
            ("busta paga di RSSMRA80A01B157X", true),
            ("cedolino rssmra80a01b157x/2020", true),
            ("RSSMRA8LA01B157X", true),
            ("Fattura 12/2015 del 31.01.2015", false),
            ("P.IVA 01234567890", false),
            ("RSSMRA80A01B157", false),
            ("RSSMRA80A01B157XY", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(names_person(text), expected, "{text}");
        }
    }
}
