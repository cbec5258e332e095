//! The files of the workspace as text, and the little reading of Rust that the checks of `tidy` need.
//!
//! It is no parser: it knows comments, literals, words, braces and lines, which is enough to say where something stands.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours.
const SKIPPED_FOLDERS: &[&str] = &[".git", "target", "node_modules"];

/// Folders of the root that hold nothing of ours (see `.gitignore`).
const SKIPPED_ROOT_FOLDERS: &[&str] = &["data"];

/// One text file.
pub(crate) struct Source {
    /// From the root of the workspace, with `/` on every system.
    pub(crate) path: String,
    /// As it stands on the disk.
    pub(crate) text: String,
    /// Rust only: the text with comments and the insides of literals blanked, line by line the same. Empty for other files.
    pub(crate) code: String,
}

impl Source {
    /// A file of the given path and text.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = if is_rust(path) { blank(text) } else { String::new() };
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// Every text file of the workspace, by path.
    pub(crate) fn all() -> io::Result<Vec<Self>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut paths = Vec::new();
        walk(&root, &root, &mut paths)?;
        paths.sort();
        let mut sources = Vec::new();
        for path in paths {
            let bytes = fs::read(&path)?;
            if let Ok(text) = String::from_utf8(bytes) {
                sources.push(Self::new(&relative(&root, &path), &text));
            }
        }
        Ok(sources)
    }

    /// Whether the file is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        is_rust(&self.path)
    }

    /// Whether the file is part of a crate's `src`.
    pub(crate) fn is_in_src(&self) -> bool {
        self.is_rust() && self.path.contains("/src/")
    }

    /// The code that runs in the server: of a file in `src` what stands before the unit tests at its foot, else nothing.
    pub(crate) fn production(&self) -> &str {
        if !self.is_in_src() || self.path.ends_with("_tests.rs") {
            return "";
        }
        self.code.split("#[cfg(test)]").next().unwrap_or_default()
    }

    /// One offence of this file, ready to be read.
    pub(crate) fn offence(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn relative(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    inner.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn walk(root: &Path, folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let at_root = folder == root;
            if SKIPPED_FOLDERS.contains(&name.as_str()) || (at_root && SKIPPED_ROOT_FOLDERS.contains(&name.as_str())) {
                continue;
            }
            walk(root, &entry.path(), paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// Whether a character can stand inside a name.
pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The lines (from 1) on which `pattern` stands, not as a part of a longer name.
pub(crate) fn lines_with(text: &str, pattern: &str) -> Vec<usize> {
    offsets_of(text, pattern).into_iter().map(|offset| line_of(text, offset)).collect()
}

/// The byte offsets at which `pattern` stands, not as a part of a longer name.
pub(crate) fn offsets_of(text: &str, pattern: &str) -> Vec<usize> {
    let starts_as_word = pattern.chars().next().is_some_and(is_word);
    let ends_as_word = pattern.chars().next_back().is_some_and(is_word);
    text.match_indices(pattern)
        .map(|(offset, _)| offset)
        .filter(|&offset| {
            let before = text[..offset].chars().next_back().is_some_and(is_word);
            let after = text[offset + pattern.len()..].chars().next().is_some_and(is_word);
            !(starts_as_word && before || ends_as_word && after)
        })
        .collect()
}

/// The line (from 1) of a byte offset.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The name at the start of `text`, empty where there is none.
pub(crate) fn word_at(text: &str) -> &str {
    let end = text.find(|character| !is_word(character)).unwrap_or(text.len());
    &text[..end]
}

/// A function with its first and last line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

/// Every function with a body.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for offset in offsets_of(code, "fn") {
        let name = word_at(code[offset + 2..].trim_start());
        // `fn(u8) -> u8` is a type.
        if name.is_empty() {
            continue;
        }
        if let Some(end) = body_end(&code[offset..]) {
            found.push(Function {
                name: name.to_owned(),
                first: line_of(code, offset),
                last: line_of(code, offset + end),
            });
        }
    }
    found
}

/// The offset of the brace that closes the first body; none where a `;` comes before any body.
fn body_end(code: &str) -> Option<usize> {
    let (mut round_or_square, mut curly) = (0_usize, 0_usize);
    for (offset, character) in code.char_indices() {
        match character {
            '(' | '[' => round_or_square += 1,
            ')' | ']' => round_or_square = round_or_square.saturating_sub(1),
            ';' if round_or_square == 0 && curly == 0 => return None,
            '{' => curly += 1,
            '}' if curly <= 1 => return Some(offset),
            '}' => curly -= 1,
            _ => {}
        }
    }
    None
}

/// Blanks comments and the insides of literals; every line stays where it is.
fn blank(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let end = match (character, characters.get(at + 1)) {
            ('/', Some('/')) => end_of_line(&characters, at),
            ('/', Some('*')) => end_of_comment(&characters, at),
            ('"', _) => end_of_string(&characters, at),
            ('\'', Some('\\')) => end_of_escape(&characters, at),
            ('\'', Some(_)) if characters.get(at + 2) == Some(&'\'') => at + 3,
            _ if is_word(character) => {
                let end = at + characters[at..].iter().take_while(|&&next| is_word(next)).count();
                out.extend(&characters[at..end]);
                at = end;
                let word_is_prefix = matches!(out.rsplit(|c| !is_word(c)).next(), Some("r" | "br" | "cr"));
                match end_of_raw_string(&characters, at) {
                    Some(end) if word_is_prefix => end,
                    _ => continue,
                }
            }
            _ => {
                out.push(character);
                at += 1;
                continue;
            }
        };
        let end = end.min(characters.len());
        out.extend(characters[at..end].iter().map(|&inner| if inner == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

fn end_of_line(characters: &[char], at: usize) -> usize {
    characters[at..].iter().position(|&character| character == '\n').map_or(characters.len(), |length| at + length)
}

/// Block comments nest.
fn end_of_comment(characters: &[char], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < characters.len() {
        match (characters[at], characters.get(at + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                at += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    characters.len()
}

fn end_of_string(characters: &[char], at: usize) -> usize {
    let mut next = at + 1;
    while let Some(&character) = characters.get(next) {
        match character {
            '\\' => next += 2,
            '"' => return next + 1,
            _ => next += 1,
        }
    }
    characters.len()
}

fn end_of_escape(characters: &[char], at: usize) -> usize {
    // The character after the backslash may itself be a quote.
    (at + 3..characters.len()).find(|&next| characters[next] == '\'').map_or(characters.len(), |next| next + 1)
}

/// Where the raw string ends whose `#`s or quote stand at `at`; none where there is no raw string.
fn end_of_raw_string(characters: &[char], at: usize) -> Option<usize> {
    let hashes = characters[at..].iter().take_while(|&&character| character == '#').count();
    if characters.get(at + hashes) != Some(&'"') {
        return None;
    }
    let mut next = at + hashes + 1;
    while next < characters.len() {
        let closes = characters[next] == '"'
            && characters[next + 1..].iter().take(hashes).filter(|&&character| character == '#').count() == hashes;
        if closes {
            return Some(next + 1 + hashes);
        }
        next += 1;
    }
    Some(characters.len())
}

#[test]
fn blanking_keeps_code_and_lines_only() {
    let table = [
        ("a // f\nb", "a     \nb"),
        ("a /* x /* y */ \n z */ b", "a              \n      b"),
        ("f(\"a\\\"b\", c)", "f(      , c)"),
        ("r#\"a \" b\"# c", "r          c"),
        ("r#type", "r#type"),
        ("'x' 'a b'", "    'a b'"),
        ("'\\'' x", "     x"),
        ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
    ];
    for (text, expected) in table {
        assert_eq!(blank(text), expected, "{text}");
    }
}

#[test]
fn functions_are_found_with_their_lines() {
    let code = "fn a() {\n}\ntrait T { fn b(&self) -> [u8; 4];\n fn c(f: fn(u8)) { if x { y } }\n}\nfn\nd()\n{\n}";
    let found: Vec<_> = functions(code).into_iter().map(|f| (f.name, f.first, f.last)).collect();
    assert_eq!(found, [("a".to_owned(), 1, 2), ("c".to_owned(), 4, 4), ("d".to_owned(), 6, 9)]);
}
