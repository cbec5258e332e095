//! The bytes of an import: read from a folder, or given. What they mean is for the parser.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};

use super::problem::{Place, Problems};
use crate::store::digest::hex;

/// The description of the Ambito, its services and plans.
pub(super) const PLAN: &str = "plan.toml";
/// The comuni.
pub(super) const COMUNI: &str = "comuni.csv";
/// The values of measures.
pub(super) const MEASUREMENTS: &str = "measurements.csv";

/// The agreements of an Ambito.
pub(super) const AGREEMENTS: &str = "agreements.toml";
/// What the monitoring of an Ambito asks, and what its indicators showed.
pub(super) const MONITORING: &str = "monitoring.toml";

/// Who governs an Ambito, its work plans, and the time of its projects.
pub(super) const GOVERNANCE: &str = "governance.toml";

/// The largest file that is read.
pub const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The three files of an import.
#[derive(Clone, Debug)]
pub struct Files {
    pub(super) plan: Content,
    pub(super) comuni: Content,
    pub(super) measurements: Content,
}

/// A file of agreements.
#[derive(Clone, Debug)]
pub struct AgreementFile(pub(super) Content);

impl AgreementFile {
    /// A file whose content is at hand.
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        Self(Content::new(text.into()))
    }
}

/// A file of monitoring.
#[derive(Clone, Debug)]
pub struct MonitoringFile(pub(super) Content);

impl MonitoringFile {
    /// A file whose content is at hand.
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        Self(Content::new(text.into()))
    }
}

/// A file of governance.
#[derive(Clone, Debug)]
pub struct GovernanceFile(pub(super) Content);

impl GovernanceFile {
    /// A file whose content is at hand.
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        Self(Content::new(text.into()))
    }
}

/// What a folder of an import holds.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The files of an Ambito with its plans; none where the folder holds others alone.
    pub plan: Option<Files>,
    /// The file of agreements, where there is one.
    pub agreements: Option<AgreementFile>,
    /// The file of monitoring, where there is one.
    pub monitoring: Option<MonitoringFile>,
    /// The file of governance, where there is one.
    pub governance: Option<GovernanceFile>,
}

/// What stands in the place of a file.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// Nothing, or something that is no file.
    Missing,
    /// More than [`FILE_BYTES_MAX`].
    TooLarge,
}

impl Files {
    /// Files whose content is at hand.
    pub fn new(plan: impl Into<Vec<u8>>, comuni: impl Into<Vec<u8>>, measurements: impl Into<Vec<u8>>) -> Self {
        Self {
            plan: Content::new(plan.into()),
            comuni: Content::new(comuni.into()),
            measurements: Content::new(measurements.into()),
        }
    }

    /// SHA-256 over the three files, each preceded by its length.
    pub(super) fn digest(&self) -> String {
        let mut context = Context::new(&SHA256);
        for content in [&self.plan, &self.comuni, &self.measurements] {
            let bytes = if let Content::Bytes(bytes) = content { bytes.as_slice() } else { &[] };
            context.update(format!("{}:", bytes.len()).as_bytes());
            context.update(bytes);
        }
        hex(context.finish().as_ref())
    }
}

/// Reads what a folder holds: a plan with its files, agreements, monitoring, governance, or several of them. Where it has none, the plan is what is missing.
pub fn read_whole_folder(folder: &Path) -> io::Result<Folder> {
    let files = read_folder(folder)?;
    let is_there = |content: &Content| !matches!(content, Content::Missing);
    let one = |name: &str| Ok::<_, io::Error>(Some(read(&folder.join(name))?).filter(is_there));
    let agreements = one(AGREEMENTS)?.map(AgreementFile);
    let monitoring = one(MONITORING)?.map(MonitoringFile);
    let has_plan = [&files.plan, &files.comuni, &files.measurements].into_iter().any(is_there);
    let governance = one(GOVERNANCE)?.map(GovernanceFile);
    let has_others = agreements.is_some() || monitoring.is_some() || governance.is_some();
    Ok(Folder { plan: (has_plan || !has_others).then_some(files), agreements, monitoring, governance })
}

/// Reads the files of a folder. A missing or oversized file is no error here: the parser reports it with the rest.
pub fn read_folder(folder: &Path) -> io::Result<Files> {
    if !fs::metadata(folder)?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::NotADirectory));
    }
    Ok(Files {
        plan: read(&folder.join(PLAN))?,
        comuni: read(&folder.join(COMUNI))?,
        measurements: read(&folder.join(MEASUREMENTS))?,
    })
}

fn read(path: &Path) -> io::Result<Content> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        // A pipe or a device would keep the reader waiting for ever.
        Ok(_) => return Ok(Content::Missing),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::Missing),
        Err(error) => return Err(error),
    }
    let mut bytes = Vec::new();
    // One byte more than allowed, since a file may grow between the look at its size and the reading.
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(Content::new(bytes))
}

impl Content {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        match u64::try_from(bytes.len()) {
            Ok(length) if length <= FILE_BYTES_MAX => Self::Bytes(bytes),
            _ => Self::TooLarge,
        }
    }

    /// The text, without a byte order mark; `None` when there is none, which is then reported.
    pub(super) fn text(&self, file: &'static str, problems: &Problems) -> Option<&str> {
        let first = Place { file, line: 1 };
        match self {
            Self::Missing => problems.add(first, "the file is missing"),
            Self::TooLarge => problems.add(first, format!("the file has more than {FILE_BYTES_MAX} bytes")),
            Self::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) => return Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
                Err(error) => {
                    let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                    let line = 1 + String::from_utf8_lossy(good).matches('\n').count();
                    problems.add(Place { file, line }, "the text is not UTF-8");
                }
            },
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_each_file_by_itself() {
        let digest = |plan: &str, comuni: &str, measurements: &str| Files::new(plan, comuni, measurements).digest();
        // printf '1:a1:b1:c' | sha256sum
        let expected = "321cf3124838eafcf3df515fc440c7452def249dc89643bb5fb8e1bc260b2191";
        assert_eq!(digest("a", "b", "c"), expected);
        for other in [digest("ab", "", "c"), digest("", "ab", "c"), digest("a", "b", "d"), digest("a", "b", "")] {
            assert_ne!(other, expected);
        }
    }
}
