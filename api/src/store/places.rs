//! Where what a file says stands in it, so that what is refused of a record is told with its line.

use crate::error::{Code, Error, Refusal};

/// Where a record and what it holds stand in their file.
#[derive(Clone, Debug)]
pub struct Places {
    /// Name of the file.
    pub file: &'static str,
    /// Its line, from 1.
    pub line: usize,
    /// The lines of what it holds: the name of a field in the input of an act, and the line of each of its entries, or its own.
    pub fields: Vec<(String, Vec<usize>)>,
}

impl Places {
    /// The line of a part of the record, by the way to it: `milestones.3.by`.
    pub fn line_of(&self, way: &str) -> usize {
        let mut way = way.split('.');
        let field = way.next().unwrap_or_default();
        let at = way.next().and_then(|at| at.parse::<usize>().ok()).unwrap_or_default();
        let lines = self.fields.iter().find(|(name, _)| name == field).map(|(_, lines)| lines);
        lines.and_then(|lines| lines.get(at).or(lines.last())).copied().unwrap_or(self.line)
    }

    /// Where an entry of a field stands, of which nothing more is known.
    pub fn entry(&self, field: &str, at: usize) -> Self {
        Self { file: self.file, line: self.line_of(&format!("{field}.{at}")), fields: Vec::new() }
    }

    /// That the Ambito which a file is of is not there.
    pub fn no_ambito(&self, code: &str) -> Error {
        let place = self.entry("ambito", 0);
        place.located(&format!("ambito {code}"), Refusal::new(Code::NotFound).into())
    }

    /// What was refused of the record, with its place in the file and its name before the way to the part that is meant.
    pub fn located(&self, record: &str, fault: Error) -> Error {
        let Error::Refusal(refusal) = fault else { return fault };
        let argument = refusal.argument.as_deref().unwrap_or_default();
        let way = argument.strip_prefix("input.").unwrap_or(argument).to_owned();
        placed(*refusal, (self.file, self.line_of(&way)), record, &way)
    }
}

/// A refusal with its place in a file in the place of the one in the input.
pub(super) fn placed(refusal: Refusal, (file, line): (&str, usize), record: &str, way: &str) -> Error {
    let way = if way.is_empty() { String::new() } else { format!(": {way}") };
    refusal.argument(format!("{file}:{line}: {record}{way}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let fields = [("startsOn", vec![4]), ("members", vec![6, 7])].map(|(name, lines)| (name.to_owned(), lines));
        Places { file: "a.toml", line: 3, fields: fields.to_vec() }
    }

    #[test]
    fn a_part_has_the_line_of_its_entry_or_of_the_record() {
        for (way, line) in [("startsOn", 4), ("members.1.role", 7), ("members", 6), ("members.9", 7), ("name", 3)] {
            assert_eq!(places().line_of(way), line, "{way}");
        }
        assert_eq!(places().entry("members", 1).line_of("role"), 7);
    }

    #[test]
    fn a_refusal_names_the_place_and_anything_else_stays() {
        let told = |argument: Option<&str>| {
            let refusal = Refusal { argument: argument.map(str::to_owned), ..Refusal::new(Code::Invalid) };
            let Error::Refusal(refusal) = places().located("body A", refusal.into()) else { panic!("no refusal") };
            refusal.argument.unwrap_or_default()
        };
        assert_eq!(told(Some("input.members.1.role")), "a.toml:7: body A: members.1.role");
        assert_eq!(told(None), "a.toml:3: body A");
        assert!(matches!(places().located("body A", Error::Forbidden), Error::Forbidden));
    }
}
