//! Counts brackets, tokens, directives and aliases in the bytes of a document, before a parser that recurses and backtracks sees them.
//!
//! One pass, no allocation. It is no parser: it accepts much that the parser refuses, but never takes for a string or a comment what the
//! parser would read as brackets, and never counts fewer values than the parser would make. The parser's grammar is
//! laxer than the specification (`[00nullnull]` has four values for it), so tokens end here where they end there.

use async_graphql::Pos;

use crate::error::{Bound, Code, Error, Flaw, Sentence};
use crate::limits::Limits;

/// A refusal with the byte at which it was found.
#[derive(Debug)]
pub struct Refused {
    /// What is wrong.
    pub error: Error,
    /// Offset in bytes from the start.
    pub offset: usize,
}

/// What a document holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tokens, as the parser may split them.
    pub tokens: usize,
    /// `@` signs.
    pub directives: usize,
    /// Colons outside parentheses, where only an alias has one.
    pub aliases: usize,
    /// Brackets open at once, at most.
    pub nesting: usize,
}

/// Counts a document and refuses it at the first limit that it passes.
pub fn scan(document: &str, limits: &Limits) -> Result<Counts, Refused> {
    let bytes = document.as_bytes();
    let mut counts = Counts::default();
    let mut open = 0_usize;
    let mut parentheses = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let refuse = |error| Err(Refused { error, offset: at });
        let mut tokens = 1;
        let length = match byte {
            b' ' | b',' | b'\t' | b'\n' | b'\r' | 0x80.. => {
                tokens = 0;
                1
            }
            b'#' => {
                tokens = 0;
                rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
            }
            b'"' => match string(rest) {
                Some(length) => length,
                None => return refuse(unterminated()),
            },
            b'{' | b'(' | b'[' => {
                open += 1;
                parentheses += usize::from(byte == b'(');
                counts.nesting = counts.nesting.max(open);
                if open > limits.nesting_max {
                    return refuse(Error::limit(Bound::Nesting, limits.nesting_max));
                }
                1
            }
            b'}' | b')' | b']' => {
                open = open.saturating_sub(1);
                parentheses = parentheses.saturating_sub(usize::from(byte == b')'));
                1
            }
            b':' if parentheses == 0 => {
                counts.aliases += 1;
                if counts.aliases > limits.aliases_max {
                    return refuse(Error::limit(Bound::Aliases, limits.aliases_max));
                }
                1
            }
            b'@' => {
                counts.directives += 1;
                if counts.directives > limits.directives_max {
                    return refuse(Error::limit(Bound::Directives, limits.directives_max));
                }
                1
            }
            b'.' if rest.starts_with(b"...") => 3,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let length = run(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
                tokens = words(rest, length);
                length
            }
            b'-' | b'0'..=b'9' => number(rest),
            _ => 1,
        };
        counts.tokens += tokens;
        if counts.tokens > limits.tokens_max {
            return refuse(Error::limit(Bound::Tokens, limits.tokens_max));
        }
        at += length;
    }
    Ok(counts)
}

/// Refuses JSON that nests more than so deep or holds more values than a limit, before it is parsed: a value takes thirty times the bytes
/// of its text.
pub fn check_json(json: &[u8], nesting_max: usize, values_max: usize) -> Result<(), Error> {
    let mut open = 0_usize;
    // Every value but the first follows a comma, or the bracket of what it is in.
    let mut values = 1_usize;
    let mut in_string = false;
    let mut escaped = false;
    for &byte in json {
        if !in_string && matches!(byte, b',' | b'{' | b'[') {
            values += 1;
            if values > values_max {
                return Err(Error::limit(Bound::VariableValues, values_max));
            }
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                open += 1;
                if open > nesting_max {
                    return Err(Error::limit(Bound::Nesting, nesting_max));
                }
            }
            b'}' | b']' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Line and column of an offset, both from 1, columns in characters.
pub fn position(document: &str, offset: usize) -> Pos {
    let before = document.get(..offset).unwrap_or(document);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Pos { line, column }
}

/// Length of the string that begins here, quotes included; `None` where it does not end. A block that does not end is read by the
/// parser as an empty string and whatever follows, so it must not be skipped.
fn string(rest: &[u8]) -> Option<usize> {
    if rest.starts_with(b"\"\"\"") {
        let mut at = 3;
        loop {
            let tail = rest.get(at..)?;
            if tail.starts_with(b"\\\"\"\"") {
                at += 4;
            } else if tail.starts_with(b"\"\"\"") {
                return Some(at + 3);
            } else if tail.is_empty() {
                return None;
            } else {
                at += 1;
            }
        }
    }
    let mut at = 1;
    loop {
        match rest.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' | b'\r' => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// How many values the parser may make of one word: it does not ask for a boundary after `null`, `true` and `false`.
fn words(rest: &[u8], length: usize) -> usize {
    let split = [&b"null"[..], b"true", b"false"].iter().any(|word| rest.starts_with(word));
    if split { length.div_ceil(4) } else { 1 }
}

/// Length of the number that begins here. A zero ends the whole part, so `007` is three numbers.
fn number(rest: &[u8]) -> usize {
    let digits = |at: usize| run(rest.get(at..).unwrap_or_default(), |byte| byte.is_ascii_digit());
    let sign = usize::from(rest.first() == Some(&b'-'));
    let mut at = sign + if rest.get(sign) == Some(&b'0') { 1 } else { digits(sign) };
    if rest.get(at) == Some(&b'.') && digits(at + 1) > 0 {
        at += 1 + digits(at + 1);
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    at.max(1)
}

fn run(bytes: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !is_part(*byte)).unwrap_or(bytes.len())
}

fn unterminated() -> Error {
    Flaw {
        code: Code::ParseError,
        message: Sentence::new("Una stringa del documento non è chiusa.", "A string of the document does not end."),
        argument: None,
        malformed_value: false,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use async_graphql::Value;
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
    use proptest::prelude::*;

    use super::*;

    fn check(document: &str) -> Result<Counts, &'static str> {
        scan(document, &Limits::default()).map_err(|refused| refused.error.code().as_str())
    }

    #[test]
    fn worked_cases() {
        type Found = Result<(usize, usize, usize), &'static str>;
        let nested = |open: &str, times: usize| format!("{{a(x:{})}}", open.repeat(times));
        let cases: Vec<(String, Found)> = vec![
            ("{a}".into(), Ok((3, 0, 1))),
            ("query Q($a: [Int!] = 1) { a(x: $a) @include(if: true) ...F }".into(), Ok((31, 1, 2))),
            ("{a(x: \"{[(\", y: \"\"\"{[( \\\"\"\" \"\"\")}".into(), Ok((11, 0, 2))),
            ("{a # {[(\n}".into(), Ok((3, 0, 1))),
            ("{a # {[(\r}".into(), Ok((3, 0, 1))),
            ("{a(x:[00nullnull-1-2.5e-3])}".into(), Ok((15, 0, 3))),
            ("{a(x:[\"\"\"[[[[\" ])}".into(), Err("PARSE_ERROR")),
            ("{a(x: \"b\n\")}".into(), Err("PARSE_ERROR")),
            ("{a(x: \"b\\".into(), Err("PARSE_ERROR")),
            (nested("[", 22), Ok((29, 0, 24))),
            (nested("[", 23), Err("TOO_DEEP")),
            (nested("[", 1_500), Err("TOO_DEEP")),
            (nested("{a:", 1_500), Err("TOO_DEEP")),
            (format!("{{a {}}}", "@a ".repeat(21)), Err("TOO_MANY_DIRECTIVES")),
            (format!("{{a {}}}", "a ".repeat(2_000)), Err("TOO_MANY_TOKENS")),
            (format!("{{{}}}", "a: a(b: {c: $d}) ".repeat(30)), Ok((392, 0, 3))),
            (format!("{{{}}}", "a: a(b: {c: $d}) ".repeat(31)), Err("TOO_MANY_ALIASES")),
            (format!("{{a(x:[{}])}}", "null".repeat(2_000)), Err("TOO_MANY_TOKENS")),
            (format!("{{a(x:[{}])}}", "0".repeat(2_000)), Err("TOO_MANY_TOKENS")),
            (format!("{{a(x:[{}])}}", "-1".repeat(2_000)), Err("TOO_MANY_TOKENS")),
            (String::new(), Ok((0, 0, 0))),
        ];
        for (document, expect) in cases {
            let found = check(&document).map(|counts| (counts.tokens, counts.directives, counts.nesting));
            assert_eq!(found, expect, "{document:.60}");
        }
    }

    #[test]
    fn json() {
        let cases = [
            ("[[[]]]", 3, 4, ""),
            ("[[[]]]", 2, 4, "TOO_DEEP"),
            ("[[[]]]", 3, 3, "TOO_MANY_TOKENS"),
            ("{\"a\":\"[[,[[\\\"[[\"}", 1, 2, ""),
            ("[[],[],[]]", 2, 7, ""),
            ("[1,2,3]", 1, 4, ""),
            ("[1,2,3]", 1, 3, "TOO_MANY_TOKENS"),
        ];
        for (json, nesting, values, expect) in cases {
            let code = check_json(json.as_bytes(), nesting, values).map_or_else(|error| error.code().as_str(), |()| "");
            assert_eq!(code, expect, "{json}");
        }
    }

    #[test]
    fn positions() {
        assert_eq!(position("a\nbè{", 5), Pos { line: 2, column: 3 });
        assert_eq!(position("", 9), Pos { line: 1, column: 1 });
    }

    /// Values and nesting of a parsed document, brackets of values included.
    fn measure(document: &ExecutableDocument) -> (usize, usize) {
        fn value(given: &Value) -> (usize, usize) {
            let inner: Vec<_> = match given {
                Value::List(items) => items.iter().map(value).collect(),
                Value::Object(fields) => fields.values().map(value).collect(),
                _ => return (1, 0),
            };
            fold(&inner)
        }
        fn fold(inner: &[(usize, usize)]) -> (usize, usize) {
            let sum = inner.iter().map(|(count, _)| count).sum::<usize>();
            (sum + 1, inner.iter().map(|(_, depth)| depth).max().unwrap_or(&0) + 1)
        }
        fn set(selections: &SelectionSet) -> (usize, usize) {
            let mut inner = Vec::new();
            for selection in &selections.items {
                if let Selection::Field(field) = &selection.node {
                    let arguments: Vec<_> = field
                        .node
                        .arguments
                        .iter()
                        .filter_map(|(_, given)| given.node.clone().into_const_with(|_| Ok::<_, ()>(Value::Null)).ok())
                        .map(|given| value(&given))
                        .collect();
                    if !arguments.is_empty() {
                        inner.push(fold(&arguments));
                    }
                    let is_leaf = field.node.selection_set.node.items.is_empty();
                    inner.push(if is_leaf { (1, 0) } else { set(&field.node.selection_set.node) });
                } else if let Selection::InlineFragment(inline) = &selection.node {
                    inner.push(set(&inline.node.selection_set.node));
                }
            }
            fold(&inner)
        }
        let sets = document.operations.iter().map(|(_, operation)| set(&operation.node.selection_set.node));
        sets.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1.max(one.1)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let text = String::from_utf8_lossy(&bytes);
            let _ = scan(&text, &Limits::default());
            let _ = check_json(&bytes, 4, 40);
        }

        /// Whatever both accept, the scanner has counted at least as deep and at least as many.
        #[test]
        fn counts_no_less_than_the_parser(pieces in proptest::collection::vec(proptest::sample::select(vec![
            "{", "}", "(", ")", "[", "]", "a", "b:", "x:", "\"", "\"\"\"", "\\", "#", "\n", " ", "null", "true", "0", "-1", "2.5e3", "...",
            " on Q", "@a", "$v", "{a", "(x:", "(x:[", "])", "\"s\"", "\"\"\"b\"\"\"", "\u{feff}", "{a(x:[", "])}",
        ]), 0..24)) {
            let document = format!("{{a(x:[{}])}}", pieces.concat());
            for document in [document, pieces.concat()] {
                // Generated documents are far below the stack's end, so the parser may see them unscanned.
                if let Ok(parsed) = parse_query(&document) {
                    let (values, nesting) = measure(&parsed);
                    let counts = scan(&document, &Limits { nesting_max: 1_000, directives_max: 1_000, aliases_max: 1_000, ..Limits::default() });
                    let counts = match counts {
                        // The parser reads a block that does not end as two strings; the specification does not.
                        Err(refused) if refused.error.code() == Code::ParseError => continue,
                        counts => counts.map_err(|refused| TestCaseError::fail(format!("{refused:?}")))?,
                    };
                    prop_assert!(counts.nesting >= nesting, "{document} nests {nesting}, counted {}", counts.nesting);
                    prop_assert!(counts.tokens >= values, "{document} has {values}, counted {}", counts.tokens);
                }
            }
        }
    }
}
