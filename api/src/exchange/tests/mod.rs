//! A small Ambito, and what comes of its files when something in them is changed.

mod broken;
mod demonstration;
mod documented;
mod folder;
mod rules;

use super::{Bundle, Files, Problem, parse};

const PLAN: &str = include_str!("base/plan.toml");
const COMUNI: &str = include_str!("base/comuni.csv");
const MEASUREMENTS: &str = include_str!("base/measurements.csv");

/// One change of one of the three files: a text that stands there once, and what takes its place. An empty text is the end of the file.
type Change<'a> = (&'a str, &'a str, &'a str);

/// Parses the small Ambito after some changes.
fn parse_changed(changes: &[Change<'_>]) -> Result<Bundle, Vec<Problem>> {
    let mut files = [("plan.toml", PLAN), ("comuni.csv", COMUNI), ("measurements.csv", MEASUREMENTS)]
        .map(|(name, text)| (name, text.to_owned()));
    for (file, from, to) in changes {
        let (_, text) = files.iter_mut().find(|(name, _)| name == file).unwrap();
        if from.is_empty() {
            text.push_str(to);
        } else {
            assert_eq!(text.matches(from).count(), 1, "{from:?} must stand once in {file}");
            *text = text.replace(from, to);
        }
    }
    let [(_, plan), (_, comuni), (_, measurements)] = files;
    parse(&Files::new(plan, comuni, measurements))
}
