//! The first row of a file of activity: which column is which. Names are English or Italian; a column that is not known refuses the file, so that
//! a misspelt one is not lost, and nobody sends surnames along without noticing.

use std::collections::HashMap;

use crate::store::activity::{CASES, Reason, Vocabulary};

/// What may stand between columns; the first of these wins where two stand there alike.
const DELIMITERS: [u8; 3] = [b';', b',', b'\t'];

/// A column by its names, in lower case and with blanks between words.
const NAMES: [(Kind, &[&str]); 6] = [
    (Kind::Service, &["service", "servizio", "service code", "codice servizio"]),
    (Kind::Comune, &["comune", "istat", "istat code", "codice istat", "comune di residenza", "residenza"]),
    (Kind::Month, &["month", "mese", "periodo", "anno mese", "mese di competenza"]),
    (Kind::Case, &["case", "caso", "case code", "codice caso", "codice utente", "pseudonimo"]),
    (Kind::Measure, &["measure", "misura"]),
    (Kind::Value, &["value", "valore", "quantity", "quantità", "quantita"]),
];

/// Measures by the names that people use for them, besides their codes.
const MEASURES: [(&str, &[&str]); 4] = [
    ("HOURS", &["hours", "ore", "ore erogate"]),
    ("ACCESSES", &["accesses", "accessi"]),
    ("DAYS", &["days", "giorni", "giorni di presenza", "giornate"]),
    (CASES, &["cases", "casi"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Service,
    Comune,
    Month,
    Case,
    Measure,
    Value,
}

/// Which column is which.
pub(super) struct Header {
    pub(super) width: usize,
    pub(super) service: usize,
    pub(super) comune: usize,
    pub(super) month: usize,
    pub(super) case: usize,
    pub(super) columns: Columns,
    pub(super) comuni: Comuni,
}

/// Where the values stand.
pub(super) enum Columns {
    /// One a row, beside the name of its measure.
    Long { measure: usize, value: usize },
    /// Several a row, in a column for each measure (its row id).
    Wide(Vec<(usize, i64)>),
}

/// Places in the vocabulary's list of comuni, by ISTAT code and by name.
pub(super) struct Comuni(HashMap<String, usize>);

impl Comuni {
    fn of(vocabulary: &Vocabulary) -> Self {
        let mut places = HashMap::new();
        for (at, member) in vocabulary.comuni.iter().enumerate() {
            // Two comuni of one name are told apart by their codes alone.
            places.entry(member.name.to_lowercase()).and_modify(|at| *at = usize::MAX).or_insert(at);
        }
        for (at, member) in vocabulary.comuni.iter().enumerate() {
            places.insert(member.istat.clone(), at);
        }
        Self(places)
    }

    /// By ISTAT code, also one that a spreadsheet took the first zero of, or by name in whatever case.
    pub(super) fn find(&self, text: &str) -> Option<usize> {
        if let Some(at) = self.0.get(text) {
            return Some(*at);
        }
        if text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.0.get(&format!("0{text}")).copied();
        }
        self.0.get(&text.to_lowercase()).copied()
    }
}

/// What stands between the columns of a first line.
pub(super) fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in head.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')) {
        quoted ^= *byte == b'"';
        if let Some(at) = DELIMITERS.iter().position(|delimiter| delimiter == byte).filter(|_| !quoted) {
            counts[at] += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let at = counts.iter().position(|count| *count == most).filter(|_| most > 0);
    at.map_or(b',', |at| DELIMITERS[at])
}

/// The measure that a text names, as its row id.
pub(super) fn measure(text: &str, vocabulary: &Vocabulary) -> Result<i64, Reason> {
    let plain = plain(text);
    let known = MEASURES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(code, _)| *code);
    let code = known.map_or_else(|| plain.to_uppercase().replace(' ', "_"), str::to_owned);
    if code == CASES {
        return Err(Reason::CasesAreCounted);
    }
    vocabulary.measures.get(&code).copied().ok_or(Reason::UnknownMeasure)
}

/// A name in lower case, its words with one blank between.
fn plain(name: &str) -> String {
    let words: Vec<&str> = name.split([' ', '_', '-', '.', '\u{a0}']).filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

/// What is wrong with a header: columns from 1, what stands there, why.
type Wrong = Vec<(Option<usize>, String, Reason)>;

impl Header {
    /// Reads the names of the columns, or says all that is wrong with them.
    pub(super) fn read(names: &[String], vocabulary: &Vocabulary) -> Result<Self, Wrong> {
        let mut wrong = Wrong::new();
        let mut found: Vec<(Kind, usize)> = Vec::new();
        let mut wide: Vec<(usize, i64)> = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let plain = plain(name);
            let kind = NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(kind, _)| *kind);
            let problem = match (kind, measure(name, vocabulary)) {
                (Some(kind), _) if found.iter().any(|(other, _)| *other == kind) => Some(Reason::DuplicateColumn),
                (Some(kind), _) => {
                    found.push((kind, at));
                    None
                }
                (None, Ok(id)) if wide.iter().any(|(_, other)| *other == id) => Some(Reason::DuplicateColumn),
                (None, Ok(id)) => {
                    wide.push((at, id));
                    None
                }
                (None, Err(Reason::CasesAreCounted)) => Some(Reason::CasesAreCounted),
                (None, Err(_)) => Some(Reason::UnknownColumn),
            };
            wrong.extend(problem.map(|reason| (Some(at + 1), name.clone(), reason)));
        }
        let place = |kind: Kind| found.iter().find(|(other, _)| *other == kind).map(|(_, at)| *at);
        let mut need = |kind: Kind, name: &str| {
            let at = place(kind);
            if at.is_none() {
                wrong.push((None, name.to_owned(), Reason::MissingColumn));
            }
            at.unwrap_or_default()
        };
        let [service, comune, month, case] = [
            need(Kind::Service, "service"),
            need(Kind::Comune, "comune"),
            need(Kind::Month, "month"),
            need(Kind::Case, "case"),
        ];
        let columns = if wide.is_empty() {
            Columns::Long { measure: need(Kind::Measure, "measure"), value: need(Kind::Value, "value") }
        } else {
            for kind in [Kind::Measure, Kind::Value] {
                // A column for each measure leaves nothing for these to say.
                wrong.extend(place(kind).map(|at| (Some(at + 1), names[at].clone(), Reason::UnknownColumn)));
            }
            Columns::Wide(wide)
        };
        let width = names.len();
        let header = Self { width, service, comune, month, case, columns, comuni: Comuni::of(vocabulary) };
        if wrong.is_empty() { Ok(header) } else { Err(wrong) }
    }
}
