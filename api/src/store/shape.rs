//! The shapes of master data: codes, lines of text, years. An import and an act ask here, so that neither lets in what the other refuses.

use chrono::{Datelike, NaiveDate};

use super::personal;
use super::text::checked;
use crate::error::{Code, Error, Refusal, Result};

/// Characters of a text of master data.
pub const TEXT_CHARACTERS_MAX: usize = 1_000;
/// Characters of the code of an Ambito, service or fund.
pub const CODE_CHARACTERS_MAX: usize = 40;
/// First year that a plan or a day may lie in.
pub const YEAR_MIN: i32 = 1990;
/// Last year that a plan or a day may lie in.
pub const YEAR_MAX: i32 = 2200;

/// Whether a text is the code of an Ambito, service or fund: upper-case letters, digits, `-` and `_`.
pub fn is_code(text: &str) -> bool {
    let known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let starts_well = text.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
    starts_well && text.len() <= CODE_CHARACTERS_MAX && text.chars().all(known)
}

/// Whether a text is a mission and programme of D.Lgs. 118/2011, such as `12.03`.
pub fn is_mission_programme(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, b'.', c, d] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()))
}

/// Whether a text is the code of a tender (codice identificativo gara): ten upper-case letters and digits.
pub fn is_cig(text: &str) -> bool {
    is_accounting_code(text, 10)
}

/// Whether a text is the code of a public investment project (codice unico di progetto): fifteen upper-case letters and digits.
pub fn is_cup(text: &str) -> bool {
    is_accounting_code(text, 15)
}

fn is_accounting_code(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether a text is the two letters of a province.
pub fn is_province(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether a text is the cadastral code of a comune, such as `A188`: a letter and three digits.
pub fn is_cadastral(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, number @ ..]
        if letter.is_ascii_uppercase() && number.len() == 3 && number.iter().all(u8::is_ascii_digit))
}

/// Characters that show nothing or turn the direction of what follows: two codes that look alike could differ by them. Beside the marks of format these are fillers,
/// selectors of variants and tags.
pub fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text of one line, without blanks around it.
pub(super) fn line(text: String, argument: &str) -> Result<String> {
    line_of(text, argument, TEXT_CHARACTERS_MAX)
}

/// The same of at most so many characters.
pub(super) fn line_of(text: String, argument: &str, characters_max: usize) -> Result<String> {
    let text = checked(text, argument, characters_max)?;
    if text.contains('\n') || text.chars().any(is_invisible) {
        return Err(invalid(
            argument,
            "Serve un testo di una riga, senza caratteri invisibili.",
            "A text of one line is needed, without invisible characters.",
        ));
    }
    Ok(text)
}

/// Lines of a list that tell of nobody, each once, at most so many.
pub(super) fn lines(texts: Vec<String>, argument: &str, most: usize) -> Result<Vec<String>> {
    at_most(texts.len(), most, argument)?;
    let mut lines = Vec::with_capacity(texts.len());
    for (at, text) in texts.into_iter().enumerate() {
        let place = format!("{argument}.{at}");
        let text = personal::line(text, &place)?;
        if lines.contains(&text) {
            return Err(Refusal::new(Code::Duplicate).argument(place).into());
        }
        lines.push(text);
    }
    Ok(lines)
}

/// A code that a new thing is to have for ever. It may be any number, as the reference of a document.
pub(super) fn code(text: String, argument: &str) -> Result<String> {
    if is_code(&text) {
        return personal::refuse_reference(&text, argument).map(|()| text);
    }
    let refusal = Refusal::new(Code::Invalid).argument(argument).message(
        format!("Un codice ha lettere maiuscole, cifre, - e _, al massimo {CODE_CHARACTERS_MAX}."),
        format!("A code has upper-case letters, digits, - and _, at most {CODE_CHARACTERS_MAX}."),
    );
    Err(refusal.into())
}

/// The two letters of a province.
pub(super) fn province(text: String, argument: &str) -> Result<String> {
    if is_province(&text) {
        return Ok(text);
    }
    Err(invalid(argument, "Una provincia ha due lettere maiuscole.", "A province has two upper-case letters."))
}

/// The cadastral code of a comune.
pub(super) fn cadastral(text: String, argument: &str) -> Result<String> {
    if is_cadastral(&text) {
        return Ok(text);
    }
    let (it, en) = (
        "Un codice catastale ha una lettera maiuscola e tre cifre.",
        "A cadastral code has an upper-case letter and three digits.",
    );
    Err(invalid(argument, it, en))
}

/// A year that a plan can be of.
pub(super) fn year(year: i32, argument: &str) -> Result<i32> {
    if (YEAR_MIN..=YEAR_MAX).contains(&year) {
        return Ok(year);
    }
    Err(invalid(argument, "L'anno va dal 1990 al 2200.", "A year is from 1990 to 2200."))
}

/// A day that anything can be of.
pub(super) fn day(day: NaiveDate, argument: &str) -> Result<NaiveDate> {
    if (YEAR_MIN..=YEAR_MAX).contains(&day.year()) {
        return Ok(day);
    }
    Err(invalid(argument, "Il giorno va dal 1990 al 2200.", "A day is from 1990 to 2200."))
}

/// The same of one that has come already.
pub(super) fn past_day(given: NaiveDate, today: NaiveDate, argument: &str) -> Result<NaiveDate> {
    if given > today {
        return Err(invalid(argument, "Il giorno è nel futuro.", "The day is in the future."));
    }
    day(given, argument)
}

/// Refuses a list of more entries than this.
pub(super) fn at_most(count: usize, most: usize, argument: &str) -> Result<()> {
    if count <= most {
        return Ok(());
    }
    let refusal = Refusal::new(Code::Invalid).argument(argument);
    Err(refusal.message(format!("Al massimo {most} elementi."), format!("At most {most} entries.")).into())
}

/// A value that is not allowed, and why.
pub(super) fn invalid(argument: &str, it: &'static str, en: &'static str) -> Error {
    Refusal::new(Code::Invalid).message(it, en).argument(argument).into()
}
