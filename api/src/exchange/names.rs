//! The codes that the files declare, so that a reference to none of them is found, and a code declared twice.

use std::collections::BTreeMap;
use std::fmt::Display;

use allocation::{IstatCode, MeasureCode};

use super::document::Value;
use super::problem::Place;
use super::text::{self, Read};

/// The measures that every server knows.
const KNOWN_MEASURES: [&str; 12] = [
    "RESIDENTS",
    "RESIDENTS_0_17",
    "RESIDENTS_18_64",
    "RESIDENTS_65_PLUS",
    "RESIDENTS_75_PLUS",
    "HOURS",
    "ENTRUSTED_HOURS",
    "CASES",
    "ACCESSES",
    "DAYS",
    "AREA_KM2",
    "INCOME_PER_HEAD",
];

/// Codes of one kind, each with the place that declares it.
#[derive(Debug)]
pub(super) struct Declared<K> {
    places: BTreeMap<K, Place>,
    complete: bool,
}

impl<K: Ord + Display> Declared<K> {
    pub(super) fn new() -> Self {
        Self { places: BTreeMap::new(), complete: true }
    }

    /// Takes a code, unless it stands elsewhere already: then the line of that place is the answer.
    pub(super) fn add(&mut self, code: K, place: Place) -> Result<(), usize> {
        if let Some(first) = self.places.get(&code) {
            return Err(first.line);
        }
        self.places.insert(code, place);
        Ok(())
    }

    /// Takes the code that a value holds, and reports one that stands elsewhere already.
    pub(super) fn declare(&mut self, value: Option<Value<'_>>, parse: impl Fn(&str) -> Read<K>) -> Option<K>
    where
        K: Clone,
    {
        let code = value.and_then(|value| Some((value, value.read(parse)?)));
        let Some((value, code)) = code else {
            self.blur();
            return None;
        };
        if let Err(line) = self.add(code.clone(), value.place()) {
            value.problem(&format!("{code} stands already in line {line}"));
        }
        Some(code)
    }

    /// The code that a value refers to, once it is known that something has it; `what` names such a thing.
    pub(super) fn refer(&self, value: Value<'_>, what: &str, parse: impl Fn(&str) -> Read<K>) -> Option<K> {
        let code = value.read(parse)?;
        if self.lacks(&code) {
            value.problem(&format!("no {what} has the code {code}"));
            return None;
        }
        Some(code)
    }

    /// All codes of a list, each once; `None` where one of them could not be read.
    pub(super) fn refer_all(&self, value: Value<'_>, what: &str, parse: impl Fn(&str) -> Read<K>) -> Option<Vec<K>> {
        let mut codes = Some(Vec::new());
        for item in value.items()? {
            match self.refer(item, what, &parse) {
                Some(code) if codes.as_ref().is_some_and(|codes| codes.contains(&code)) => {
                    item.problem(&format!("{code} stands here twice"));
                }
                Some(code) => {
                    if let Some(codes) = &mut codes {
                        codes.push(code);
                    }
                }
                None => codes = None,
            }
        }
        codes
    }

    /// Takes note of a declaration that could not be read: from now on nobody knows what is missing.
    pub(super) fn blur(&mut self) {
        self.complete = false;
    }

    /// Whether a code is certainly not declared.
    pub(super) fn lacks<Q>(&self, code: &Q) -> bool
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.complete && !self.places.contains_key(code)
    }

    /// Whether every declaration could be read.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// The codes, in their order.
    pub(super) fn codes(&self) -> impl Iterator<Item = &K> {
        self.places.keys()
    }
}

/// Everything that can be referred to.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) comuni: Declared<IstatCode>,
    pub(super) measures: Declared<MeasureCode>,
    pub(super) funds: Declared<String>,
    pub(super) services: Declared<String>,
    pub(super) years: Declared<i32>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            comuni: Declared::new(),
            measures: Declared::new(),
            funds: Declared::new(),
            services: Declared::new(),
            years: Declared::new(),
        }
    }

    /// Takes note that `plan.toml` is not whole, so that whatever it declares may be missing without fault.
    pub(super) fn blur_plan(&mut self) {
        self.measures.blur();
        self.funds.blur();
        self.services.blur();
        self.years.blur();
    }

    /// The measure that a value refers to, once it is known that the server or the files know it.
    pub(super) fn measure(&self, value: Value<'_>) -> Option<MeasureCode> {
        let code = value.read(text::measure)?;
        if self.lack_measure(&code) {
            value.problem(&format!("no measure has the code {code}"));
            return None;
        }
        Some(code)
    }

    /// Whether neither the server nor the files know a measure.
    pub(super) fn lack_measure(&self, code: &MeasureCode) -> bool {
        !is_known_measure(code) && self.measures.lacks(code)
    }
}

/// Whether every server knows a measure.
pub(super) fn is_known_measure(code: &MeasureCode) -> bool {
    KNOWN_MEASURES.contains(&code.as_str())
}
