//! How somebody is reached or paid: e-mail addresses, Italian telephone numbers and bank accounts (IBAN) in a text that was read as people read it.

/// Letters and digits of an IBAN, by country: those of the Union's, and of whom carers often come from.
const IBANS: [(&str, usize); 40] = [
    ("AD", 24),
    ("AL", 28),
    ("AT", 20),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IT", 27),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("NL", 18),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("RS", 22),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("UA", 29),
];

/// Digits of a mobile number.
const MOBILE: usize = 10;
/// Digits of a landline's, with the code of its area.
const LANDLINE: std::ops::RangeInclusive<usize> = 9..=11;
/// How people cut a mobile number into groups.
const MOBILE_GROUPS: [&[usize]; 7] = [&[10], &[3, 7], &[6, 4], &[3, 3, 4], &[3, 3, 2, 2], &[3, 2, 2, 3], &[3, 2, 3, 2]];
/// The most digits of a telephone number (E.164). Of a longer run one more is read, so that it is none.
const TELEPHONE_DIGITS_MAX: usize = 15;
/// The most signs that such a number is written in, each digit with what may stand before it.
const TELEPHONE_SIGNS_MAX: usize = 64;
/// Words between what a number is of and the number.
const NUMBER_WORDS: &str = " n nr num numero ";
/// Words before a number of a telephone.
const TELEPHONES: &str = " tel telefono tf tfn cell cel cellulare fax mobile whatsapp wa ";
/// Words before a number that is of no telephone.
const PAPERS: &str = " cig cup iva piva protocollo prot pg fatt fattura ft rif riferimento sdi id mandato durc rep repertorio cro trn bonifico ordine oda \
    determina determinazione delibera deliberazione decreto dgr impegno capitolo bolla ddt atto documento doc ricevuta pratica codice conto ";

/// Whether an e-mail address stands in it. Signs between its parts may be said in words.
pub(super) fn has_address(text: &str) -> bool {
    let mut text = text.to_lowercase();
    for said in ["(at)", "[at]", "{at}", " chiocciola ", "(chiocciola)", "[chiocciola]"] {
        text = text.replace(said, "@");
    }
    text.match_indices('@').any(|(at, _)| {
        let named = text[..at].trim_end().ends_with(|sign: char| sign.is_alphanumeric() || "._-+".contains(sign));
        named && is_domain(text[at + 1..].trim_start())
    })
}

/// Whether a text begins with the name of a host: labels with dots between them, about which there may be blanks.
fn is_domain(text: &str) -> bool {
    let end = text.find(|sign: char| !(sign.is_alphanumeric() || "-. ".contains(sign))).unwrap_or(text.len());
    let mut labels = text[..end].split('.');
    // A blank ends the name unless a dot stands beside it.
    let first = labels.next().unwrap_or_default().trim();
    let is_label = |label: &str| !label.is_empty() && !label.contains(' ');
    // The last label is of letters: `22.00` is an amount, `10.22.it` a host.
    let is_last = |label: &str| {
        let label = label.trim_start().split(' ').next().unwrap_or_default();
        label.chars().count() >= 2 && label.chars().all(char::is_alphabetic)
    };
    let mut is_over = false;
    let mut rest = labels.take_while(|label| !std::mem::replace(&mut is_over, !is_label(label.trim())));
    is_label(first) && rest.any(is_last)
}

/// Whether a bank account stands in it, in one piece or in groups.
pub(super) fn has_account(text: &str) -> bool {
    let signs: Vec<(u8, bool)> = {
        let mut is_begun = true;
        let sign = |sign: char| {
            let is_first = std::mem::replace(&mut is_begun, !sign.is_ascii_alphanumeric());
            let byte = u8::try_from(sign).ok().filter(u8::is_ascii_alphanumeric);
            Some((byte.map_or(b' ', |byte| byte.to_ascii_uppercase()), is_first))
        };
        text.chars().filter_map(sign).filter(|(byte, _)| *byte != b' ').collect()
    };
    let bytes: Vec<u8> = signs.iter().map(|(byte, _)| *byte).collect();
    (0..signs.len()).any(|from| {
        let country = |(country, _): &&(&str, usize)| bytes[from..].starts_with(country.as_bytes());
        let Some((country, length)) = IBANS.iter().find(country) else { return false };
        let Some(account) = bytes.get(from..from + length) else { return false };
        // An Italian one is told by its shape, mistyped or not, and within a word, too.
        let shaped = *country == "IT" && is_italian(account);
        let is_cut = signs[from].1 && signs.get(from + length).is_none_or(|(_, is_first)| *is_first);
        shaped || is_cut && account[2..4].iter().all(u8::is_ascii_digit) && is_checked(account)
    })
}

/// IT, two digits, a letter, and ten digits of bank and branch.
fn is_italian(account: &[u8]) -> bool {
    let digits = |range: std::ops::Range<usize>| account[range].iter().all(u8::is_ascii_digit);
    digits(2..4) && account[4].is_ascii_alphabetic() && digits(5..15)
}

/// Whether the two digits check the rest (ISO 13616): as a number, with its beginning at its end, it leaves 1 by 97.
fn is_checked(account: &[u8]) -> bool {
    let (begin, rest) = account.split_at(4);
    let rest = rest.iter().chain(begin).fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        _ => (sum * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    });
    rest == 1
}

/// Whether a telephone number stands in it: a mobile one as people write it, one with the prefix of a country, or any after a word that says so.
pub(super) fn has_telephone(text: &str) -> bool {
    holds_telephone(text, &MOBILE_GROUPS)
}

/// Whether one stands in it that is no number like others: it is cut into groups, or has a prefix or a word before it.
pub(super) fn has_marked_telephone(text: &str) -> bool {
    holds_telephone(text, &MOBILE_GROUPS[1..])
}

/// Whether digits stand in a code that are a telephone number by their count and beginning alone: in one piece, or the code of an area and the rest. The count may be
/// another's as well: a number of a document has no place in a code, either.
pub(super) fn has_bare_telephone(code: &str) -> bool {
    let is_digit = |sign: &char| sign.is_ascii_digit();
    let signs: Vec<char> = code.chars().collect();
    let mut runs: Vec<(usize, &[char])> = Vec::new();
    let mut from = 0;
    for run in signs.chunk_by(|one, next| is_digit(one) == is_digit(next)) {
        if run.iter().all(is_digit) {
            runs.push((from, run));
        }
        from += run.len();
    }
    let glued = |from: usize| from.checked_sub(1).is_some_and(|before| signs[before].is_alphanumeric());
    let follow = |one: (usize, &[char]), next: (usize, &[char])| {
        let between = &signs[one.0 + one.1.len()..next.0];
        between.len() <= 3 && !between.iter().any(|sign| sign.is_alphanumeric())
    };
    runs.iter().any(|(_, run)| is_bare_telephone(run))
        || runs
            .windows(2)
            .any(|pair| !glued(pair[0].0) && follow(pair[0], pair[1]) && is_landline(pair[0].1, pair[1].1))
}

/// A mobile number, a landline's, or one of them behind the prefix of Italy.
fn is_bare_telephone(digits: &[char]) -> bool {
    let is_one = |digits: &[char]| match digits {
        ['3', '2'..='9', ..] => digits.len() == MOBILE,
        ['0', '1'..='9', ..] => LANDLINE.contains(&digits.len()),
        _ => false,
    };
    is_one(digits) || digits.strip_prefix(&['3', '9']).is_some_and(is_one)
}

/// The code of an area and the rest, which does not begin with 0: what does is a number of an office, filled up.
fn is_landline(area: &[char], rest: &[char]) -> bool {
    matches!(area, ['0', '1'..='9', ..])
        && (2..=4).contains(&area.len())
        && !rest.starts_with(&['0'])
        && LANDLINE.contains(&(area.len() + rest.len()))
}

fn holds_telephone(text: &str, mobile_groups: &[&[usize]]) -> bool {
    let text: Vec<char> = text.chars().collect();
    let is_begin = |at: &usize| {
        let before = at.checked_sub(1).map(|at| text[at]);
        (text[*at].is_ascii_digit() || text[*at] == '+')
            && !before.is_some_and(|sign| sign.is_ascii_digit() || sign == '+')
    };
    (0..text.len()).filter(is_begin).any(|from| is_telephone(&text[..from], &text[from..], mobile_groups))
}

fn is_telephone(before: &[char], text: &[char], mobile_groups: &[&[usize]]) -> bool {
    let (mut groups, signs) = groups(text);
    let is_abroad = text[0] == '+';
    let word = last_word(before);
    let is_said = TELEPHONES.split(' ').any(|own| own == word && !own.is_empty());
    let digits: String = groups.concat();
    let is_italian = if is_abroad {
        digits.starts_with("39")
    } else {
        groups.first().is_some_and(|first| first.starts_with("0039"))
    };
    if is_italian {
        let prefix = if is_abroad { 2 } else { 4 };
        let rest = digits[prefix..].len();
        return digits[prefix..].starts_with(['0', '3']) && rest >= 8;
    }
    if is_abroad {
        return (9..=15).contains(&digits.len());
    }
    if is_said {
        return digits.starts_with(['0', '3']) && digits.len() >= 8;
    }
    if word.chars().last().is_some_and(char::is_alphabetic) && PAPERS.split(' ').any(|own| own == word) {
        return false;
    }
    // Letters glued before it make it a code.
    if before.last().is_some_and(|sign| sign.is_alphanumeric()) {
        return false;
    }
    if !digits.starts_with('3') || digits.starts_with("30") || digits.starts_with("31") {
        return false;
    }
    while groups.concat().len() > MOBILE {
        groups.pop();
    }
    let lengths: Vec<usize> = groups.iter().map(String::len).collect();
    // Behind the prefix it is cut by one sign: other numbers follow each other with several.
    let signs = signs.get(1..groups.len().saturating_sub(1)).unwrap_or_default();
    mobile_groups.contains(&lengths.as_slice())
        && signs.windows(2).all(|pair| pair[0] == pair[1])
        && !signs.contains(&'/')
}

/// Groups of digits from the beginning on, as many as a telephone number can have, with a sign between them, or three about blanks; and the last of those signs each.
fn groups(text: &[char]) -> (Vec<String>, Vec<char>) {
    let (mut groups, mut signs) = (vec![String::new()], Vec::new());
    let (mut between, mut latest, mut digits) = (0, ' ', 0);
    for sign in text.iter().take(TELEPHONE_SIGNS_MAX) {
        if sign.is_ascii_digit() {
            if between > 0 {
                groups.push(String::new());
                signs.push(latest);
            }
            between = 0;
            if let Some(last) = groups.last_mut() {
                last.push(*sign);
            }
            digits += 1;
            if digits > TELEPHONE_DIGITS_MAX {
                break;
            }
        } else if (sign.is_whitespace() || "-./()–+".contains(*sign)) && between < 3 {
            between += usize::from(groups.last().is_some_and(|last| !last.is_empty()));
            latest = *sign;
        } else {
            // Letters glued behind make it a code.
            if between == 0 && sign.is_alphanumeric() {
                groups.pop();
            }
            break;
        }
    }
    (groups, signs)
}

/// The word before a number, in small letters: signs and blanks between them do not part them, nor does a word that says that it is a number.
fn last_word(before: &[char]) -> String {
    let (word, begin) = word_before(before);
    if NUMBER_WORDS.split(' ').any(|own| own == word && !own.is_empty()) {
        word_before(&before[..begin]).0
    } else {
        word
    }
}

/// The last word, and where it begins.
fn word_before(before: &[char]) -> (String, usize) {
    let end = before.iter().rposition(|sign| sign.is_alphanumeric()).map_or(0, |last| last + 1);
    let begin = before[..end].iter().rposition(|sign| !sign.is_alphanumeric()).map_or(0, |last| last + 1);
    let word: String = before[begin..end].iter().collect();
    (word.to_lowercase(), begin)
}
