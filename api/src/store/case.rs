//! Whether the code of a case is a pseudonym, or names somebody: a tax code, a date of birth, a name. Files of activity and benefits ask alike.
//!
//! What systems make by themselves passes: numbers with letters before them, UUIDs, digests, random text. What is taken for a person may be none
//! (a code that holds the day on which a case was opened is refused): a row that is refused can be sent again, and a name that was stored cannot be called
//! back.

use chrono::NaiveDate;

use super::activity::{CASE_BYTES_MAX, CASE_CHARACTERS_MAX, Reason, month_named};
use super::personal::{has_address, has_contact, is_name, read, tax_code};

/// From how many digits on a text of hexadecimal digits alone is no name, though it could be spoken.
const NO_NAME_DIGITS_MIN: usize = 8;
/// From how many on it is a digest, whatever date stands in it: a shorter one is as soon letters and a date of birth.
const DIGEST_DIGITS_MIN: usize = 16;
/// The first year that somebody alive, or a case of ours, can have in its date.
const YEAR_MIN: i32 = 1900;
/// The last year that a date is looked for in.
const YEAR_MAX: i32 = 2100;

/// A code as it is compared with others: as people read it, in upper case and without blanks, so that two ways to write it are one case.
pub fn folded(code: &str) -> String {
    read(code).split_whitespace().collect::<String>().to_uppercase()
}

/// Refuses what is no pseudonym.
pub fn check(code: &str) -> Result<(), Reason> {
    if code.trim().is_empty() {
        return Err(Reason::Missing);
    }
    if code.chars().nth(CASE_CHARACTERS_MAX).is_some() || code.len() > CASE_BYTES_MAX {
        return Err(Reason::TooLong);
    }
    // A spreadsheet's formula may begin with a tab or a line's end, and is text like any other; further on they are no text.
    if code.chars().skip(1).any(char::is_control)
        || code.starts_with(|c: char| c.is_control() && c != '\t' && c != '\r')
    {
        return Err(Reason::NotPrintable);
    }
    // As people read it, whatever signs it is written in.
    let code = read(code);
    let code = code.as_str();
    let plain: Vec<u8> = code.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect();
    let is_hexadecimal =
        plain.iter().all(u8::is_ascii_hexdigit) && code.chars().all(|c| c.is_ascii_hexdigit() || "-{}".contains(c));
    let is_random =
        |digits: usize| is_hexadecimal && plain.len() >= digits && plain.iter().any(u8::is_ascii_alphabetic);
    // An account can be of hexadecimal digits, too: `DE` and twenty digits.
    let is_digest = is_random(DIGEST_DIGITS_MIN) && plain[2..].iter().any(u8::is_ascii_alphabetic);
    if tax_code::in_code(&plain, is_hexadecimal) {
        Err(Reason::TaxCode)
    } else if !is_random(DIGEST_DIGITS_MIN) && holds_date(code) {
        Err(Reason::DateOfBirth)
    } else if has_address(code) || !is_digest && has_contact(code) || !is_random(NO_NAME_DIGITS_MIN) && is_name(code) {
        Err(Reason::Name)
    } else {
        Ok(())
    }
}

/// Whether there is a whole date in it: eight digits in a row, or digits in three parts, whatever stands between them, or a month in letters.
fn holds_date(code: &str) -> bool {
    holds_written_date(code) || holds_date_of_digits(code)
}

/// Whether a day, a month in letters and a year follow each other: `1 gen 1980`, `01gennaio80`.
fn holds_written_date(code: &str) -> bool {
    let signs: Vec<char> = code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let parts: Vec<String> = signs
        .chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit())
        .map(|part| part.iter().collect())
        .collect();
    parts.windows(3).any(|part| {
        let month = month_named(&part[1]);
        let day = part[0].parse().ok().filter(|_| part[0].len() <= 2);
        // Any day that a leap year has.
        let is_day = month.zip(day).is_some_and(|(month, day)| NaiveDate::from_ymd_opt(2000, month, day).is_some());
        is_day && matches!(part[2].len(), 2 | 4)
    })
}

fn holds_date_of_digits(code: &str) -> bool {
    let is_date = |year: &str, month: &str, day: &str| {
        let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else { return false };
        (YEAR_MIN..=YEAR_MAX).contains(&year) && NaiveDate::from_ymd_opt(year, month, day).is_some()
    };
    let runs = code.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 8);
    for run in runs {
        if is_date(&run[..4], &run[4..6], &run[6..]) || is_date(&run[4..], &run[2..4], &run[..2]) {
            return true;
        }
    }
    let parts: Vec<&str> = code.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let slashed: Vec<&str> = code.split('/').collect();
    // With a short year only as people write it by hand.
    let by_hand = Some(slashed.as_slice()).filter(|slashed| slashed.len() == 3);
    parts.windows(3).map(|window| (window, false)).chain(by_hand.map(|window| (window, true))).any(
        |(window, by_hand)| {
            // What stands before the first part and after the last is not of the date: `RM12/03/1984` holds one.
            let first = &window[0][window[0].trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
            let third =
                &window[2][..window[2].len() - window[2].trim_start_matches(|c: char| c.is_ascii_digit()).len()];
            let short = |part: &str| (1..=2).contains(&part.len());
            let ours = first.len() == 4 && short(window[1]) && short(third) && is_date(first, window[1], third);
            let usual = third.len() == 4 && short(window[1]) && short(first) && is_date(third, window[1], first);
            let handwritten = by_hand && short(first) && short(window[1]) && third.len() == 2;
            ours || usual || handwritten && is_date(&format!("20{third}"), window[1], first)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_all(codes: &[&str], expected: Result<(), Reason>) {
        for code in codes {
            assert_eq!(check(code), expected, "{code}");
        }
    }

    #[test]
    fn pseudonyms_pass() {
        check_all(
            &[
                "C-004217",
                "004217",
                "1",
                "SAD-LENO-0042",
                "SAD/2023/0042",
                "UTENTE 17",
                "caso_3",
                "2023-0042",
                "4217-2023",
                "123e4567-e89b-12d3-a456-426614174000",
                "{123E4567-E89B-12D3-A456-426614174000}",
                "d41d8cd98f00b204e9800998ecf8427e",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "deadbeef",
                "DFBBECAD",
                "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "V1StGXR8_Z5jdHi6B-myT",
                "kQzXwVbNmT",
                "KXQZ",
                "ABCDEF01A02B345",
                "X1",
                "99999999",
                "00421719",
                "31/02/2020-7",
                "=1+1",
                "=cmd|' /C calc'!A0",
                "=HYPERLINK(\"http://a\")",
                "+4217",
                "-4217",
                "@42",
                "\t=1",
                "\r=1",
                "ÀÈ-42",
                "2023/3401",
            ],
            Ok(()),
        );
    }

    #[test]
    fn ways_to_write_a_code_are_one() {
        for code in ["C-à1", "c-À1", " c - à 1", "C\u{a0}-À1", "С-А1", "Ｃ-Ａ１", "C\u{200b}-A1"] {
            assert_eq!(folded(code), "C-A1", "{code:?}");
        }
        assert_ne!(folded("C-1"), folded("C1"));
    }

    #[test]
    fn tax_codes_do_not() {
        check_all(
            &[
                "RSSMRA80A01H501U",
                "rssmra80a01h501u",
                "RSS MRA 80A01 H501 U",
                "RSS.MRA.80A01.H501.U",
                "CF-RSSMRA80A01H501U",
                "RSSMRA80A01H501U/2",
                "RSSMRA80A41H501Y",
                // With a wrong last letter it is still one, mistyped.
                "RSSMRA80A01H501X",
                "RSSMRA80A01",
                // Cut off anywhere behind the day, with more behind it, or in the middle of something else.
                "RSSMRA80A01H501",
                "RSSMRA80A01H",
                "RSSMRA80A01-1",
                "SAD-RSSMRA80A01",
                "17 RSS MRA 80A01 H501",
                // Digits changed to letters, where two people would have the same.
                "RSSMRAULALMHRLMD",
                "CF-RSSMRA8LA01H50MX",
                // Other signs that look alike, or show nothing.
                "ＲＳＳＭＲＡ８０Ａ０１Ｈ５０１Ｕ",
                "RSSМRА80А01Н501U",
                "RSSMRA80\u{200b}A01",
                "RSSMRA٨٠A٠١",
            ],
            Err(Reason::TaxCode),
        );
        // Random text of the same shape is none: its last letter is not the one that the others ask for.
        check_all(&["RSSMRAULALMHRLMA", "FEDABC01A02D345E"], Ok(()));
    }

    #[test]
    fn dates_do_not() {
        check_all(
            &[
                "12/03/1984",
                "12-3-1984",
                "12.03.1984",
                "1984-03-12",
                "1984/03/12",
                "12 03 1984",
                "12031984",
                "19840312",
                "RM12031984",
                "RM-12/03/1984",
                "RM12/03/1984B",
                "SAD-19840312-2",
                "12/03/84",
                "RM-12/03/84",
                "1/1/80",
                "1gen1980",
                "01gennaio1980",
                "1 Gen. 1980",
                "01-GEN-80",
                "C-3 mar 84",
                // A few letters and a date are no digest, though they be hexadecimal.
                "FB12031984",
                "AB19840312",
                "AB-12-03-1984",
                "ADA19840312",
                "12_03_1984",
                "12:03:1984",
                "12-03/1984",
                "12 / 03 / 1984",
                "12\u{2013}03\u{2013}1984",
            ],
            Err(Reason::DateOfBirth),
        );
    }

    #[test]
    fn names_do_not() {
        check_all(
            &[
                "Mario Rossi",
                "ROSSI MARIO",
                "rossi mario",
                "Rossi M.",
                "Bianchi",
                "BIANCHI",
                "D'Angelo Sofia",
                "Li Wei",
                "mario.rossi",
                "mario_rossi_84",
                "Mario1",
                "Niccolò Dell'Acqua",
                "Fatima 3",
                "Mаriо1",
                "MarioRossi",
                "ROSSIMARIO80",
                "M. Rossi 12",
                "ＭＡＲＩＯ１",
                "m.r@example.it",
                // Whoever is paid or called there.
                "IT60X0542811101000000123456",
                "IT60 X054 2811 1010 0000 0123 456",
                "DE89370400440532013000",
                "+39 340 1234567",
                "+393401234567",
                "00393401234567",
                "tel 3401234567",
                "340 1234567",
                "340-123-4567",
            ],
            Err(Reason::Name),
        );
    }

    /// Digits alone, of which nothing says that they are a telephone's: as many as an office numbers its cases with pass.
    #[test]
    fn digits_of_telephones_do_not() {
        check_all(
            &[
                "3331234567",
                "3401234567",
                "C-3401234567",
                "C3401234567",
                "3401234567/2",
                "٣٤٠١٢٣٤٥٦٧",
                "393331234567",
                "0303331234",
                "0303-331234",
                "030 3331234",
                "030/3331234",
                "SAD-0303331234",
                "037212345",
                "02 12345678",
                "01234567890",
                "390303331234",
            ],
            Err(Reason::Name),
        );
        check_all(
            &[
                "0042",
                "004217",
                "301234",
                "0421719",
                "03033312",
                "34012345",
                "340123456",
                "2021-0042",
                "20210042",
                "2021000042",
                "202100000042",
                "0000004217",
                "0003401234567",
                "12345678901",
                "017103-0042",
                "0103-000123",
                "012/000042",
                "030-0042",
                "S01-20210042",
                "3012345678",
                "340123456789",
                "34012345678901234567",
                "123e4567-e89b-12d3-a456-034012345678",
                "d41d8cd98f00b20434012345673401a4",
            ],
            Ok(()),
        );
    }

    #[test]
    fn what_is_no_text_of_one_line_does_not() {
        check_all(&["", "  ", " \t "], Err(Reason::Missing));
        check_all(&["C\n1", "\u{0}1", "\u{7}C1"], Err(Reason::NotPrintable));
        let longest = "1".repeat(64);
        check_all(&[&longest], Ok(()));
        check_all(&[&format!("{longest}1")], Err(Reason::TooLong));
        // Characters of four bytes: a code of 64 of them is too long to be kept.
        let widest = "\u{1f600}".repeat(63);
        check_all(&[&widest, &format!("{widest}1")], Ok(()));
        check_all(&[&format!("{widest}\u{1f600}")], Err(Reason::TooLong));
    }

    /// Codes as a generator makes them: none of them is a person.
    #[test]
    fn random_digests_pass() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            // xorshift64, written out: no generator of ours is needed for this.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..20_000 {
            let (a, b) = (next(), next());
            for code in [format!("{a:016x}{b:016x}"), format!("{a:016X}"), format!("C-{:06}", a % 1_000_000)] {
                assert_eq!(check(&code), Ok(()), "{code}");
            }
        }
    }
}
