//! A TOML file as tables and values that know their line, and report whatever is missing, unknown or of the wrong kind.
//!
//! It knows nothing of what the keys mean.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problems};
use super::text::{self, Read};
use crate::store::places::Places;

/// A text, where its lines start, and where its findings go.
pub(super) struct Source<'a> {
    file: &'static str,
    problems: &'a Problems,
    line_starts: Vec<usize>,
    /// Lines with a fault of syntax; what was guessed of their values is not worth a second problem.
    broken_lines: BTreeSet<usize>,
}

impl<'a> Source<'a> {
    /// Parses as much as can be understood, and reports the rest; without a text, that has been done.
    pub(super) fn parse(
        file: &'static str,
        text: Option<&'a str>,
        problems: &'a Problems,
    ) -> (Self, Spanned<DeTable<'a>>) {
        // Of a file that is not there nothing is whole either, and the empty text has no line 0.
        let broken_lines = if text.is_some() { BTreeSet::new() } else { BTreeSet::from([0]) };
        let text = text.unwrap_or_default();
        let (root, errors) = DeTable::parse_recoverable(text);
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let mut source =
            Self { file, problems, line_starts: breaks.map(|(position, _)| position + 1).collect(), broken_lines };
        for error in errors {
            let line = source.line(error.span().map_or(0, |span| span.start));
            problems.add(Place { file, line }, format!("not TOML: {}", error.message()));
            source.broken_lines.insert(line);
        }
        (source, root)
    }

    /// The outermost table.
    pub(super) fn root(&'a self, root: &'a Spanned<DeTable<'a>>) -> Table<'a> {
        Table { source: self, line: 1, entries: root.get_ref(), seen: BTreeSet::new() }
    }

    /// Whether the whole text is TOML, so that what is not there was not written.
    pub(super) fn is_whole(&self) -> bool {
        self.broken_lines.is_empty()
    }

    fn line(&self, position: usize) -> usize {
        1 + self.line_starts.partition_point(|start| *start <= position)
    }

    fn add(&self, line: usize, reason: impl Into<String>) {
        if !self.broken_lines.contains(&line) {
            self.problems.add(Place { file: self.file, line }, reason);
        }
    }
}

/// A table whose keys are asked for one by one; what nobody asked for is unknown.
pub(super) struct Table<'a> {
    source: &'a Source<'a>,
    line: usize,
    entries: &'a DeTable<'a>,
    seen: BTreeSet<&'a str>,
}

impl<'a> Table<'a> {
    /// Where it starts.
    pub(super) fn place(&self) -> Place {
        Place { file: self.source.file, line: self.line }
    }

    /// Where it and what it holds stand, by the names that acts have for them: those of lists are given with their keys, the others are the keys in the manner of acts.
    pub(super) fn places(&self, lists: &[(&str, &str)]) -> Places {
        let mut fields = Vec::with_capacity(self.entries.len());
        for (key, value) in self.entries {
            let own = lists.iter().find(|(_, known)| *known == key.get_ref().as_ref());
            match (own, value.get_ref()) {
                (Some((field, _)), DeValue::Array(items)) => {
                    let lines = items.iter().map(|item| self.source.line(item.span().start)).collect();
                    fields.push(((*field).to_owned(), lines));
                }
                _ => fields.push((camel_case(key.get_ref()), vec![self.source.line(key.span().start)])),
            }
        }
        Places { file: self.source.file, line: self.line, fields }
    }

    /// Reports something about it as a whole.
    pub(super) fn problem(&self, reason: impl Into<String>) {
        self.source.add(self.line, reason);
    }

    /// Reports something about a line of it.
    pub(super) fn problem_at(&self, line: usize, reason: impl Into<String>) {
        self.source.add(line, reason);
    }

    /// How many problems there are so far, of all files.
    pub(super) fn found(&self) -> usize {
        self.source.problems.count()
    }

    /// Puts what is meant before the reason of every problem that was found since there were so many.
    pub(super) fn name_since(&self, count: usize, what: &str) {
        self.source.problems.name_since(count, what);
    }

    /// The value of a key that may be absent.
    pub(super) fn get(&mut self, key: &str) -> Option<Value<'a>> {
        let (key, value) = self.entries.get_key_value(key)?;
        self.seen.insert(key.get_ref());
        Some(Value::new(self.source, key.get_ref(), self.source.line(key.span().start), value.get_ref()))
    }

    /// The value of a key that must be there.
    pub(super) fn need(&mut self, key: &str) -> Option<Value<'a>> {
        let value = self.get(key);
        if value.is_none() && self.source.is_whole() {
            self.problem(format!("`{key}` is missing"));
        }
        value
    }

    /// A needed text.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.read(key, text::plain)
    }

    /// A text that may be absent.
    pub(super) fn text_or_none(&mut self, key: &str) -> Option<String> {
        self.read_or_none(key, text::plain)
    }

    /// Needed text that a function understands.
    pub(super) fn read<T>(&mut self, key: &str, parse: impl Fn(&str) -> Read<T>) -> Option<T> {
        self.need(key)?.read(parse)
    }

    /// Text that may be absent, and that a function understands. One that could not be read looks absent: it has been
    /// reported, so that nothing comes of the record.
    pub(super) fn read_or_none<T>(&mut self, key: &str, parse: impl Fn(&str) -> Read<T>) -> Option<T> {
        self.get(key)?.read(parse)
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// A list of texts; absent is empty.
    pub(super) fn texts(&mut self, key: &str) -> Vec<String> {
        let items = self.get(key).and_then(Value::items).unwrap_or_default();
        items.into_iter().filter_map(|item| item.read(text::plain)).collect()
    }

    /// A flag; absent is false.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.get(key).and_then(Value::flag).unwrap_or_default()
    }

    /// The tables of an array of tables; absent is empty.
    pub(super) fn tables(&mut self, key: &str) -> Vec<Table<'a>> {
        let items = self.get(key).and_then(Value::items).unwrap_or_default();
        items.into_iter().filter_map(Value::table).collect()
    }

    /// Every key with its value, where the keys are codes.
    pub(super) fn entries(mut self) -> Vec<(&'a str, Value<'a>)> {
        let keys: Vec<&'a str> = self.entries.keys().map(|key| key.get_ref().as_ref()).collect();
        keys.into_iter().filter_map(|key| Some((key, self.get(key)?))).collect()
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(&self) {
        for key in self.entries.keys().filter(|key| !self.seen.contains(key.get_ref().as_ref())) {
            let line = self.source.line(key.span().start);
            self.source.add(line, format!("unknown key {}", text::quoted(key.get_ref())));
        }
    }
}

/// A value, the name of its key and its line.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    source: &'a Source<'a>,
    name: &'a str,
    line: usize,
    inner: &'a DeValue<'a>,
}

impl<'a> Value<'a> {
    fn new(source: &'a Source<'a>, name: &'a str, line: usize, inner: &'a DeValue<'a>) -> Self {
        Self { source, name, line, inner }
    }

    /// Where it stands.
    pub(super) fn place(self) -> Place {
        Place { file: self.source.file, line: self.line }
    }

    /// Reports something about it.
    pub(super) fn problem(self, reason: &str) {
        let name = text::quoted(self.name);
        self.source.add(self.line, format!("`{}`: {reason}", name.trim_matches('"')));
    }

    /// The text itself, where it is one.
    pub(super) fn as_str(self) -> Option<&'a str> {
        match self.inner {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// A text that a function understands.
    pub(super) fn read<T>(self, parse: impl Fn(&str) -> Read<T>) -> Option<T> {
        let result = match self.inner {
            DeValue::String(text) => parse(text).map_err(|reason| format!("{reason} (found {})", text::quoted(text))),
            DeValue::Integer(_) | DeValue::Float(_) => {
                Err("write the number in quotes, as a text: TOML's own numbers are not exact".to_owned())
            }
            other => Err(format!("a text in quotes is expected, not {}", kind(other))),
        };
        self.report(result)
    }

    /// One of a closed list of words.
    pub(super) fn choice<T: Copy>(self, words: &[(&str, T)]) -> Option<T> {
        self.read(|text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found.map(|(_, meaning)| *meaning).ok_or_else(|| {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                format!("one of {} is expected", words.join(", "))
            })
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(self) -> Option<bool> {
        self.report(match self.inner {
            DeValue::Boolean(flag) => Ok(*flag),
            other => Err(format!("true or false is expected, not {}", kind(other))),
        })
    }

    /// A year, as a plain number.
    pub(super) fn year(self) -> Option<i32> {
        let year = match self.inner {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            _ => None,
        };
        let range = text::YEAR_MIN..=text::YEAR_MAX;
        let reason = || format!("a year between {} and {} is expected, without quotes", range.start(), range.end());
        self.report(year.filter(|year| range.contains(year)).ok_or_else(reason))
    }

    /// How many of something, as a plain number from 1.
    pub(super) fn count(self) -> Option<u32> {
        let count = match self.inner {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            _ => None,
        };
        self.report(
            count
                .filter(|count| *count > 0)
                .ok_or_else(|| "a whole number from 1 is expected, without quotes".to_owned()),
        )
    }

    /// Whether a day is written here, rather than anything else.
    pub(super) fn is_date(self) -> bool {
        matches!(self.inner, DeValue::Datetime(_))
    }

    /// A day, as TOML writes it: `2020-12-31`, without quotes.
    pub(super) fn date(self) -> Option<NaiveDate> {
        let wrong = || "a day such as 2020-12-31 is expected, without quotes and without a time".to_owned();
        let day = match self.inner {
            DeValue::Datetime(datetime) if datetime.time.is_none() && datetime.offset.is_none() => datetime.date,
            _ => None,
        };
        let date = day.and_then(|day| NaiveDate::from_ymd_opt(day.year.into(), day.month.into(), day.day.into()));
        self.report(date.ok_or_else(wrong).and_then(text::in_range))
    }

    /// The items of a list.
    pub(super) fn items(self) -> Option<Vec<Value<'a>>> {
        match self.inner {
            DeValue::Array(items) => {
                let item = |item: &'a Spanned<DeValue<'a>>| {
                    Value::new(self.source, self.name, self.source.line(item.span().start), item.get_ref())
                };
                Some(items.iter().map(item).collect())
            }
            other => {
                self.problem(&format!("a list is expected, not {}", kind(other)));
                None
            }
        }
    }

    /// A table.
    pub(super) fn table(self) -> Option<Table<'a>> {
        match self.inner {
            DeValue::Table(entries) => {
                Some(Table { source: self.source, line: self.line, entries, seen: BTreeSet::new() })
            }
            other => {
                self.problem(&format!("a table is expected, not {}", kind(other)));
                None
            }
        }
    }

    fn report<T>(self, result: Read<T>) -> Option<T> {
        result.map_err(|reason| self.problem(&reason)).ok()
    }
}

/// A key as acts write it: `startsOn` for `starts_on`.
fn camel_case(key: &str) -> String {
    let mut parts = key.split('_');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut signs = part.chars();
        name.extend(signs.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(signs.as_str());
    }
    name
}

/// What a value is, for a sentence.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a day",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
