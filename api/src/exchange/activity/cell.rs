//! What a single cell may look like: texts of two encodings, months, and numbers with a comma or a point.

use allocation::Micros;
use chrono::NaiveDate;
use encoding_rs::WINDOWS_1252;

use crate::store::activity::{Month, Reason, month_named};

/// The largest value: above what a case can be given in a month, and small enough that no sum passes what a column holds.
const VALUE_MAX: i64 = 1_000_000 * Micros::SCALE;
/// The most decimals.
const DECIMALS_MAX: usize = 6;

/// Turns bytes into text. The first cell that is more than ASCII decides for the whole file: what reads as UTF-8 is that, since text of the other
/// encoding hardly ever does by chance.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Decoder {
    is_utf8: Option<bool>,
}

impl Decoder {
    /// A file that says of itself that it is UTF-8.
    pub(super) fn utf8() -> Self {
        Self { is_utf8: Some(true) }
    }

    /// A cell as text; none where it is no text of the file's encoding.
    pub(super) fn text(&mut self, cell: &[u8]) -> Option<String> {
        let utf8 = str::from_utf8(cell).ok();
        if cell.is_ascii() {
            return utf8.map(str::to_owned);
        }
        if *self.is_utf8.get_or_insert(utf8.is_some()) {
            return utf8.map(str::to_owned);
        }
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(cell);
        Some(text.into_owned())
    }
}

/// Whether a cell holds nothing but blanks.
pub(super) fn is_blank(cell: &[u8]) -> bool {
    cell.iter().all(u8::is_ascii_whitespace)
}

/// A month: `2023-01`, `2023/1`, `202301`, `01/2023`, a day of it in either order, `gennaio 2023`, `gen-23`.
pub(super) fn month(text: &str) -> Option<Month> {
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ']).collect();
    match parts[..] {
        [whole] if whole.len() == 6 => Month::new(year(whole.get(..4)?)?, number(whole.get(4..)?)?),
        [first, second] if first.len() == 4 => Month::new(year(first)?, number(second)?),
        [first, second] if second.len() == 4 && first.len() <= 2 => Month::new(year(second)?, number(first)?),
        [name, second] => Month::new(year(second).or_else(|| short_year(second))?, month_named(&name.to_lowercase())?),
        [first, second, third] if first.len() == 4 => Month::of(day(first, second, third)?),
        [first, second, third] if third.len() == 4 => Month::of(day(third, second, first)?),
        _ => None,
    }
}

fn day(in_year: &str, in_month: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year(in_year)?, number(in_month)?, number(day)?)
}

/// Four digits.
fn year(text: &str) -> Option<i32> {
    (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Two digits, of this century.
fn short_year(text: &str) -> Option<i32> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok().map(|year: i32| 2000 + year))?
}

/// One or two digits.
fn number(text: &str) -> Option<u32> {
    let fits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok())?
}

/// A number in millionths: a comma or a point before its decimals, and thousands apart only where that leaves no doubt.
pub(super) fn value(text: &str) -> Result<i64, Reason> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest.trim_start()));
    let written = plain_number(text)?;
    let (whole, decimals) = written.split_once('.').unwrap_or((&written, ""));
    if decimals.len() > DECIMALS_MAX {
        return Err(Reason::TooPrecise);
    }
    let micros = Micros::parse(&written).map(Micros::get);
    match micros {
        Ok(0) => Ok(0),
        _ if negative => Err(Reason::Negative),
        Ok(micros) if micros <= VALUE_MAX => Ok(micros),
        Ok(_) => Err(Reason::TooLarge),
        // More digits than fit; a leading zero is that of a code.
        Err(_) if whole.len() > 12 && !whole.starts_with('0') => Err(Reason::TooLarge),
        Err(_) => Err(Reason::NotANumber),
    }
}

/// The same with a point before its decimals and nothing between thousands.
fn plain_number(text: &str) -> Result<String, Reason> {
    let is_known = |byte: u8| byte.is_ascii_digit() || matches!(byte, b',' | b'.');
    if text.is_empty() || !text.bytes().all(is_known) {
        return Err(Reason::NotANumber);
    }
    let Some(last) = text.rfind([',', '.']) else { return Ok(text.to_owned()) };
    let (whole, decimals) = (&text[..last], &text[last + 1..]);
    if whole.is_empty() || decimals.is_empty() {
        return Err(Reason::NotANumber);
    }
    let mark = &text[last..=last];
    if !whole.contains([',', '.']) {
        // 1.234 may be either; 0.125 and 1234.567 can only be one.
        let could_be_thousands = decimals.len() == 3 && whole.len() <= 3 && !whole.starts_with('0');
        return if could_be_thousands { Err(Reason::AmbiguousNumber) } else { Ok(format!("{whole}.{decimals}")) };
    }
    let thousands = if mark == "," { "." } else { "," };
    let groups = |text: &str, between: &str| {
        let mut groups = text.split(between);
        let first = groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && !first.contains([',', '.']));
        first && groups.all(|group| group.len() == 3 && !group.contains([',', '.']))
    };
    if groups(whole, thousands) {
        Ok(format!("{}.{decimals}", whole.replace(thousands, "")))
    } else if groups(text, mark) {
        Ok(text.replace(mark, ""))
    } else {
        Err(Reason::NotANumber)
    }
}
