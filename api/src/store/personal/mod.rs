//! Texts say nothing of people: the tax code of a person in one is refused, an e-mail address, a telephone number, a bank account. Pseudonyms of cases are looked at with the same eyes
//! ([`super::case`]).
//!
//! Names cannot be told from other words, and the numbers of papers must pass: acts, protocols, invoices, CUP and CIG, VAT numbers, dates, amounts. So of telephone numbers and accounts only
//! what is written as such is found, and in the reference of a document neither is looked for, since it may be any number.

mod contact;
mod name;
mod signs;
pub(super) mod tax_code;

use super::shape;
use crate::error::{Code, Error, Refusal, Result};

pub(super) use name::is_name;
pub(super) use signs::read;

/// A text that was checked, where it tells of nobody.
pub(super) fn free(text: String, argument: &str) -> Result<String> {
    refuse(&text, argument).map(|()| text)
}

/// A text of one line that tells of nobody.
pub(super) fn line(text: String, argument: &str) -> Result<String> {
    free(shape::line(text, argument)?, argument)
}

/// An act as it is cited, where it tells of nobody. Its number and day may read as a telephone number.
pub(super) fn act(text: String, argument: &str) -> Result<String> {
    refuse_reference(&text, argument).map(|()| text)
}

/// Refuses a text that tells who somebody is, or how to reach or pay them.
pub(super) fn refuse(text: &str, argument: &str) -> Result<()> {
    let text = read(text);
    let is_reached = contact::has_telephone(&text) || contact::has_account(&text);
    if is_reached || names_person(&text) { Err(personal(argument)) } else { Ok(()) }
}

/// Refuses the reference of a document that holds the tax code of a person, or an address. Any number may be one.
pub(super) fn refuse_reference(text: &str, argument: &str) -> Result<()> {
    if names_person(&read(text)) { Err(personal(argument)) } else { Ok(()) }
}

/// Whether an e-mail address stands in a text that was read.
pub(super) fn has_address(text: &str) -> bool {
    contact::has_address(text)
}

/// Whether a bank account stands in what is to be a pseudonym, or a telephone number, though nothing says that it is one: nobody has to number cases like telephones.
pub(super) fn has_contact(code: &str) -> bool {
    contact::has_account(code) || contact::has_marked_telephone(code) || contact::has_bare_telephone(code)
}

fn names_person(text: &str) -> bool {
    tax_code::in_text(text) || contact::has_address(text)
}

fn personal(argument: &str) -> Error {
    let refusal = Refusal::new(Code::PersonalData).argument(argument).message(
        "Il testo contiene dati di una persona (codice fiscale, posta elettronica, telefono o IBAN): non si registra.",
        "The text holds data of a person (tax code, e-mail, telephone or IBAN), which are not recorded.",
    );
    Error::from(refusal)
}

#[cfg(test)]
mod tests;
