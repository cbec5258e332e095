//! Text that a spreadsheet would take for a formula, and the apostrophe that keeps it from doing so.
//!
//! A spreadsheet that opens a CSV runs what begins like a formula. An apostrophe before it makes it text, as OWASP advises for CSV. It is put there when a
//! file is written and taken off when one is read, so that a text that went out comes back as it was, whatever it is.

use std::borrow::Cow;

use crate::store::shape::is_invisible;

/// What makes text of a formula.
const GUARD: char = '\'';
/// What formulas begin with, in the widths that East Asian spreadsheets know, too.
const STARTS: [char; 12] = [
    '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\u{fe66}', '\u{fe62}', '\u{fe63}', '\u{fe6b}',
];
/// What begins a new cell or line where a program splits a text again.
const BREAKS: [char; 3] = ['\t', '\r', '\n'];
/// Quotes, which some programs drop from the beginning of a cell.
const QUOTES: &str = "'\"`´«»‘’‚‛“”„‟‹›＇＂";

/// A text as a file has it.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("{GUARD}{text}")) } else { Cow::Borrowed(text) }
}

/// A text as it was before [`guarded`].
pub(super) fn unguarded(text: &str) -> &str {
    text.strip_prefix(GUARD).filter(|rest| is_formula(rest)).unwrap_or(text)
}

/// Whether a text begins like a formula once blanks, quotes and what nobody sees are passed over. Apostrophes are among these, so that a guarded formula counts as
/// one: it is guarded once more, and no two texts are written alike.
fn is_formula(text: &str) -> bool {
    let passed_over = |c: &char| {
        !BREAKS.contains(c) && (c.is_whitespace() || c.is_control() || QUOTES.contains(*c) || is_invisible(*c))
    };
    let first = text.chars().find(|c| !passed_over(c));
    first.is_some_and(|first| STARTS.contains(&first) || BREAKS.contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMULAS: [&str; 22] = [
        "=1+1",
        "+42",
        "-42",
        "@SUM(A1)",
        "\t=1",
        "\tC-1",
        "\rC-1",
        "\nC-1",
        "  =1",
        "\u{a0}=1",
        "\"=1",
        "'=1",
        "''=1",
        " ' \" =1",
        "“=1”",
        "\u{feff}=1",
        "\u{200b}\u{200b}-1",
        "\u{0}=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
    ];
    const OTHERS: [&str; 10] = ["", "C-1", "1=1", "'C-1", "'", "\"", "Località", "(=1)", " C-1", "’Ndrangheta"];

    #[test]
    fn what_begins_like_a_formula_is_guarded_and_nothing_else() {
        for text in FORMULAS {
            assert_eq!(guarded(text), format!("'{text}"), "{text:?}");
        }
        for text in OTHERS {
            assert_eq!(guarded(text), text);
            assert_eq!(unguarded(text), text);
        }
    }

    #[test]
    fn every_text_comes_back() {
        let parts = ["'", " ", "=", "\t", "\"", "C", "-", "’", "\u{feff}", "＝"];
        let mut texts: Vec<String> = vec![String::new()];
        for _ in 0..4 {
            texts = texts.iter().flat_map(|text| parts.iter().map(move |part| format!("{text}{part}"))).collect();
            let written: std::collections::BTreeSet<String> =
                texts.iter().map(|text| guarded(text).into_owned()).collect();
            assert_eq!(written.len(), texts.len(), "two texts are written alike");
            for text in &texts {
                assert_eq!(unguarded(&guarded(text)), text);
            }
        }
    }
}
