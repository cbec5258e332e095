//! What is wrong with the files of an import, each with its place. Not an error of the server: nothing has happened yet.

use std::cell::RefCell;
use std::fmt;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Name of the file in the folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, as a sentence for a person.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

/// A line of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) file: &'static str,
    pub(super) line: usize,
}

/// Everything found so far. Shared by the readers, so that none of them has to hand its findings up.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(super) fn add(&self, place: Place, reason: impl Into<String>) {
        self.0.borrow_mut().push(Problem { file: place.file.to_owned(), line: place.line, reason: reason.into() });
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// Puts what is meant before the reason of each but the first so many.
    pub(super) fn name_since(&self, count: usize, what: &str) {
        for problem in self.0.borrow_mut().iter_mut().skip(count) {
            problem.reason = format!("{what}: {}", problem.reason);
        }
    }

    /// All of them by file and line, each once.
    fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.0.into_inner();
        problems.sort_unstable();
        problems.dedup();
        problems
    }
}

/// What was read of a file, or everything that is wrong with it. A reader that reads nothing has said why.
pub(super) fn checked<T>(read: impl FnOnce(&Problems) -> Option<T>) -> Result<T, Vec<Problem>> {
    let problems = Problems::default();
    let found = read(&problems);
    let problems = problems.into_sorted();
    match found {
        Some(found) if problems.is_empty() => Ok(found),
        _ => Err(problems),
    }
}
