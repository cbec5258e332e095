//! The tax code of a person (codice fiscale): what it is made of, and whether one stands in a text, however it is written.
//!
//! It is six letters of surname and name, two digits of the year of birth, a letter of the month, two digits of the day (of a woman, and 40), a letter and three digits of the place, and a letter that
//! checks the others. Where two people would have the same, digits become letters (omocodia).

/// Characters of a tax code.
const WHOLE: usize = 16;
/// Those of it that tell a person's name and date of birth.
const BEGINNING: usize = 11;
/// Where digits stand in it.
const DIGITS: [usize; 7] = [6, 7, 9, 10, 12, 13, 14];
/// From how many of its digits on it needs no check letter to be one: that may be mistyped.
const SURE_DIGITS_MIN: usize = 5;
/// From how many hexadecimal digits on a word of them is random text.
const RANDOM_DIGITS_MIN: usize = 16;

/// Whether a code that stands for a case is, or holds, one or its beginning. `code` are its letters, in upper case, and digits.
pub(in crate::store) fn in_code(code: &[u8], is_hexadecimal: bool) -> bool {
    // One whose digits were changed to letters, or one of hexadecimal digits alone, could be random text: its last letter tells.
    let is_whole = code.len() == WHOLE && is_shaped(code) && has_check_letter(code);
    let begins = |window: &[u8]| is_beginning(window, false);
    let stands = |window: &[u8]| is_shaped(window) && digits(window) >= SURE_DIGITS_MIN;
    is_whole || !is_hexadecimal && (code.windows(BEGINNING).any(begins) || code.windows(WHOLE).any(stands))
}

/// Whether one, or the beginning of one, stands in a text that was read as people read it: between other letters, in pieces, or with letters for its digits.
///
/// Texts are long, and their letters follow each other by chance. So a name must be made as tax codes make them; and what is in pieces, or has few digits, must end as a tax code does, or begin
/// and end where words do.
pub(in crate::store) fn in_text(text: &str) -> bool {
    let signs = signs(text);
    let bytes: Vec<u8> = signs.iter().map(|sign| sign.byte).collect();
    let window = |from: usize, length: usize| Some((signs.get(from..from + length)?, bytes.get(from..from + length)?));
    let is_cut = |from: usize, length: usize| {
        let before = from.checked_sub(1).and_then(|at| signs.get(at));
        let begins = before.is_none_or(|other| other.word != signs[from].word);
        begins && signs.get(from + length).is_none_or(|other| other.word != signs[from + length - 1].word)
    };
    (0..signs.len()).any(|from| {
        window(from, WHOLE).is_some_and(|(signs, bytes)| is_whole(signs, bytes, is_cut(from, WHOLE)))
            || window(from, BEGINNING).is_some_and(|(signs, bytes)| {
                let is_whole_word = is_one(signs) && !signs[0].is_random || is_cut(from, BEGINNING);
                is_beginning(bytes, false) && has_names(bytes) && is_whole_word
            })
    })
}

/// A letter, in upper case, or a digit of a text.
struct Sign {
    byte: u8,
    /// Which word it is of.
    word: usize,
    /// Whether the word is long and of hexadecimal digits alone.
    is_random: bool,
}

fn signs(text: &str) -> Vec<Sign> {
    let words = text.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let word = |(at, word): (usize, &'_ str)| {
        let is_random = word.len() >= RANDOM_DIGITS_MIN && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let sign = move |byte: u8| Sign { byte: byte.to_ascii_uppercase(), word: at, is_random };
        word.bytes().map(sign).collect::<Vec<_>>()
    };
    words.enumerate().flat_map(word).collect()
}

fn is_one(signs: &[Sign]) -> bool {
    signs.first().map(|sign| sign.word) == signs.last().map(|sign| sign.word)
}

/// Whether sixteen signs of a text are one. `is_cut`: whether words begin and end where they do.
fn is_whole(signs: &[Sign], bytes: &[u8], is_cut: bool) -> bool {
    if !is_shaped(bytes) {
        return false;
    }
    let (digits, is_checked) = (digits(bytes), has_check_letter(bytes));
    if signs[0].is_random && is_one(signs) {
        return is_cut && is_checked;
    }
    if is_one(signs) && is_cut {
        return digits >= 1 || is_checked;
    }
    has_names(bytes) && (digits >= SURE_DIGITS_MIN || is_checked && (digits >= 1 || is_cut || is_one(signs)))
}

/// Whether sixteen letters and digits are one, with its digits or with letters for some of them.
fn is_shaped(code: &[u8]) -> bool {
    let place = code.get(BEGINNING..WHOLE).is_some_and(|place| {
        let digits = place[1..4].iter().all(|byte| digit(*byte, true).is_some());
        place[0].is_ascii_alphabetic() && digits && place[4].is_ascii_alphabetic()
    });
    is_beginning(code, true) && place
}

/// Name, year, month and day.
fn is_beginning(code: &[u8], changed: bool) -> bool {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        code.get(range)?.iter().try_fold(0, |number, byte| Some(number * 10 + digit(*byte, changed)?))
    };
    let is_name = code.get(..6).is_some_and(|name| name.iter().all(u8::is_ascii_alphabetic));
    let is_month = code.get(8).is_some_and(|month| b"ABCDEHLMPRST".contains(month));
    is_name && is_month && number(6..8).is_some() && number(9..11).is_some_and(|day| matches!(day, 1..=31 | 41..=71))
}

/// How many of its digits are digits.
fn digits(code: &[u8]) -> usize {
    DIGITS.iter().filter(|at| code.get(**at).is_some_and(u8::is_ascii_digit)).count()
}

/// Whether surname and name are as tax codes have them: consonants first, then vowels, then what fills up.
fn has_names(code: &[u8]) -> bool {
    let is_vowel = |byte: &u8| b"AEIOU".contains(byte);
    let is_name = |name: &[u8]| {
        let filled = name.iter().rposition(|byte| *byte != b'X').map_or(name.len(), |last| last + 1);
        let consonants = name[..filled].iter().position(is_vowel).unwrap_or(filled);
        name[consonants..filled].iter().all(is_vowel)
    };
    code.get(..6).is_some_and(|names| names.chunks(3).all(is_name))
}

/// The value of a digit, or of what stands for one: the letter of the law, or a letter that looks like it.
fn digit(byte: u8, changed: bool) -> Option<u32> {
    if byte.is_ascii_digit() {
        return Some(u32::from(byte - b'0'));
    }
    let alike = [(b'O', 0), (b'I', 1)].into_iter().find(|(letter, _)| *letter == byte).map(|(_, value)| value);
    let at = b"LMNPQRSTUV".iter().position(|letter| *letter == byte).and_then(|at| u32::try_from(at).ok());
    at.or(alike).filter(|_| changed)
}

/// Whether the last letter of sixteen is the one that the others ask for (D.M. 12 marzo 1974).
fn has_check_letter(code: &[u8]) -> bool {
    /// What a character at an odd place counts, by its value.
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let value = |byte: u8| if byte.is_ascii_digit() { byte - b'0' } else { byte.saturating_sub(b'A') };
    let Some((last, others)) = code.split_last() else { return false };
    let count = |(at, byte): (usize, &u8)| {
        let value = value(*byte);
        if at % 2 == 0 { ODD.get(usize::from(value)).copied().unwrap_or(0) } else { u32::from(value) }
    };
    let sum: u32 = others.iter().enumerate().map(count).sum();
    u32::from(value(*last)) == sum % 26
}
