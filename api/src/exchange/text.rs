//! What a single value may look like, the same in TOML and CSV. Each function answers with the value, or with the reason
//! why it is none.

use allocation::{Cents, IstatCode, MeasureCode, Micros};
use chrono::{Datelike, NaiveDate};

use crate::store::mission;
use crate::store::shape::{self, CODE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX, is_invisible};
pub(super) use crate::store::shape::{YEAR_MAX, YEAR_MIN};

/// How much of a wrong value a reason repeats, in characters.
const QUOTED_CHARACTERS_MAX: usize = 40;

/// A reason, or the value.
pub(super) type Read<T> = Result<T, String>;

/// Text of one line that is not empty.
pub(super) fn plain(text: &str) -> Read<String> {
    if text.is_empty() {
        return Err("a text is needed here".to_owned());
    }
    if text.chars().nth(TEXT_CHARACTERS_MAX).is_some() {
        return Err(format!("longer than {TEXT_CHARACTERS_MAX} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err("control characters and line breaks are not allowed".to_owned());
    }
    if text.chars().any(is_invisible) {
        return Err("invisible characters are not allowed".to_owned());
    }
    if text.trim() != text {
        return Err("blanks at the start or the end are not allowed".to_owned());
    }
    Ok(text.to_owned())
}

/// The code of an Ambito, service or fund.
pub(super) fn code(text: &str) -> Read<String> {
    shaped(text, shape::is_code, || {
        format!("not a code: upper-case letters, digits, - and _, at most {CODE_CHARACTERS_MAX}")
    })
}

/// The ISTAT code of a comune.
pub(super) fn istat(text: &str) -> Read<IstatCode> {
    IstatCode::parse(text).map_err(|error| error.to_string())
}

/// The code of a measure.
pub(super) fn measure(text: &str) -> Read<MeasureCode> {
    MeasureCode::parse(text).map_err(|error| error.to_string())
}

/// An amount that is not negative.
pub(super) fn money(text: &str) -> Read<Cents> {
    match Cents::parse(text) {
        Ok(amount) if amount.is_negative() => Err("an amount must not be negative".to_owned()),
        Ok(amount) => Ok(amount),
        Err(error) => Err(format!("{error}, such as \"110000.00\"")),
    }
}

/// A number that is not negative.
pub(super) fn number(text: &str) -> Read<Micros> {
    match Micros::parse(text) {
        Ok(number) if number.is_negative() => Err("a number must not be negative".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}

/// A percentage from 0 to 100.
pub(super) fn percent(text: &str) -> Read<Micros> {
    match number(text)? {
        percent if percent > Micros::HUNDRED => Err("a percentage goes up to 100".to_owned()),
        percent => Ok(percent),
    }
}

/// A day as `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Read<NaiveDate> {
    let wrong = || "not a day such as 2020-12-31".to_owned();
    let (year, rest) = text.split_once('-').ok_or_else(wrong)?;
    if year.len() != 4 {
        return Err(wrong());
    }
    let (month, day) = month_day(rest).map_err(|_| wrong())?;
    let year = digits(year).and_then(|year| i32::try_from(year).ok()).ok_or_else(wrong)?;
    in_range(NaiveDate::from_ymd_opt(year, month, day).ok_or_else(wrong)?)
}

/// A day of any year as `MM-DD`; whether the year has it shows later.
pub(super) fn month_day(text: &str) -> Read<(u32, u32)> {
    text.split_once('-')
        .filter(|(month, day)| month.len() == 2 && day.len() == 2)
        .and_then(|(month, day)| Some((digits(month)?, digits(day)?)))
        .filter(|(month, day)| (1..=12).contains(month) && (1..=31).contains(day))
        .ok_or_else(|| "not a day of the year such as \"03-31\"".to_owned())
}

/// Refuses days outside the years that the server keeps.
pub(super) fn in_range(date: NaiveDate) -> Read<NaiveDate> {
    if (YEAR_MIN..=YEAR_MAX).contains(&date.year()) {
        Ok(date)
    } else {
        Err(format!("the year must lie between {YEAR_MIN} and {YEAR_MAX}"))
    }
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().try_fold(0_u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// `true` or `false`.
pub(super) fn flag(text: &str) -> Read<bool> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("either true or false".to_owned()),
    }
}

/// The two letters of a province.
pub(super) fn province(text: &str) -> Read<String> {
    shaped(text, shape::is_province, || "not the two letters of a province".to_owned())
}

/// The cadastral code of a comune: a letter and three digits.
pub(super) fn cadastral(text: &str) -> Read<String> {
    shaped(text, shape::is_cadastral, || "not a cadastral code such as A188".to_owned())
}

/// A mission and programme of D.Lgs. 118/2011.
pub(super) fn mission_programme(text: &str) -> Read<String> {
    shaped(text, shape::is_mission_programme, || "not a mission and programme such as 12.03".to_owned())?;
    shaped(
        text,
        |text| mission::meaning(text).is_some(),
        || "not in the list of missions and programmes of D.Lgs. 118/2011".to_owned(),
    )
}

/// The code of a tender (codice identificativo gara).
pub(super) fn cig(text: &str) -> Read<String> {
    shaped(text, shape::is_cig, || "not a CIG: ten upper-case letters and digits".to_owned())
}

/// The code of a public investment project (codice unico di progetto).
pub(super) fn cup(text: &str) -> Read<String> {
    shaped(text, shape::is_cup, || "not a CUP: fifteen upper-case letters and digits".to_owned())
}

fn shaped(text: &str, is: impl Fn(&str) -> bool, reason: impl Fn() -> String) -> Read<String> {
    if is(text) { Ok(text.to_owned()) } else { Err(reason()) }
}

/// A wrong value as a reason repeats it: short, and with nothing in it that a terminal would obey.
pub(super) fn quoted(text: &str) -> String {
    let start: String = text.chars().take(QUOTED_CHARACTERS_MAX).collect();
    let more = if start.len() < text.len() { "..." } else { "" };
    let shown: String = start.chars().map(|c| if is_invisible(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    format!("{shown:?}{more}")
}
