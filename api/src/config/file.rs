//! The settings file: TOML, one key a setting, in lower case and without the prefix of the environment.
//!
//! It knows which form a value has, and not what it means: that is `settings.rs`. Nothing is taken over here.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::settings::{self, Form};
use super::{CONFIG_FILE, Given, PREFIX, Place, without_password};

/// The longest file that is read: every setting with a long value fits many times.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// What a file gives, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct SettingsFile {
    pub(super) given: Vec<Given>,
    pub(super) problems: Vec<String>,
}

impl SettingsFile {
    /// Reads a file, as much of it as can be understood.
    pub(super) fn read(file: &Path) -> Self {
        let (text, is_open) = match read(file) {
            Ok(read) => read,
            Err(reason) => {
                return Self { given: Vec::new(), problems: vec![format!("{}: {reason}", file.display())] };
            }
        };
        let mut settings = Self::parse(file, &text);
        let secret = |given: &&Given| matches!(&given.value, Ok(value) if without_password(value) != *value);
        // Others who may write it could as well take the password out and put another server in.
        if let Some(given) = settings.given.iter().find(secret).filter(|_| is_open) {
            settings.problems.push(format!(
                "{}: {}: a password stands here, and the group or others may read or write the file; `chmod 600` it first",
                given.place, given.written
            ));
        }
        settings
    }

    /// Reads a text. A line that is not TOML is reported and gives nothing.
    fn parse(file: &Path, text: &str) -> Self {
        let place = |position: usize| Place::File { file: file.to_path_buf(), line: line_at(text, position) };
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut problems = Vec::new();
        let mut broken = Vec::new();
        for error in errors {
            let place = place(error.span().map_or(0, |span| span.start));
            problems.push(format!("{place}: not TOML: {}", error.message()));
            broken.push(place);
        }
        let mut given = Vec::new();
        for (key, value) in root.get_ref() {
            let place = place(key.span().start);
            if broken.contains(&place) {
                continue;
            }
            let written = key.get_ref().to_string();
            // Capitals are the environment's way to write it; here they are another name.
            let is_lower = !written.bytes().any(|byte| byte.is_ascii_uppercase());
            let name = if is_lower { format!("{PREFIX}{}", written.to_ascii_uppercase()) } else { written.clone() };
            let value = match settings::all().find(|setting| setting.name == name) {
                Some(_) if name == CONFIG_FILE => Err("a file names no other".to_owned()),
                Some(setting) => text_of(setting.form, value.get_ref()),
                // Unknown; whoever takes it over says so.
                None => Ok(String::new()),
            };
            given.push(Given { name, written, value, place });
        }
        given.sort_by_key(|given| match given.place {
            Place::File { line, .. } => line,
            Place::CommandLine | Place::Environment => 0,
        });
        Self { given, problems }
    }
}

/// A value as the environment would write it.
fn text_of(form: Form, value: &DeValue<'_>) -> Result<String, String> {
    let list = |values: &[Option<&str>]| {
        let texts: Option<Vec<&str>> = values.iter().map(|text| text.filter(|text| !text.contains(','))).collect();
        texts.map(|texts| texts.join(","))
    };
    let (text, needed) = match form {
        Form::Text(_) => (value.as_str().map(str::to_owned), "a text in quotes"),
        Form::Truth => (value.as_bool().map(|truth| truth.to_string()), "true or false without quotes"),
        Form::Whole(..) => (value.as_integer().map(whole), "a whole number without quotes"),
        Form::Files => match value.as_array() {
            Some(values) => {
                let values: Vec<_> = values.iter().map(|value| value.get_ref().as_str()).collect();
                (list(&values), "a list of texts in quotes, without commas in them")
            }
            None => (value.as_str().map(str::to_owned), "a list of texts in quotes"),
        },
    };
    text.ok_or_else(|| format!("{needed} is needed"))
}

/// An integer in decimal; one that is too large stays as it is written, and is refused with its range.
fn whole(integer: &toml::de::DeInteger<'_>) -> String {
    let text = integer.as_str();
    i128::from_str_radix(text, integer.radix()).map_or_else(|_| text.to_owned(), |number| number.to_string())
}

fn line_at(text: &str, position: usize) -> usize {
    1 + text.bytes().take(position).filter(|byte| *byte == b'\n').count()
}

/// The text of a file, and whether others than its owner may read or write it: both through one handle.
fn read(file: &Path) -> Result<(String, bool), String> {
    let reason = |problem: &io::Error| match problem.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => format!("it cannot be read: {problem}"),
    };
    let handle = File::open(file).map_err(|problem| reason(&problem))?;
    let about = handle.metadata().map_err(|problem| reason(&problem))?;
    if !about.is_file() {
        return Err("it is not a file".to_owned());
    }
    if about.len() > FILE_BYTES_MAX {
        return Err(format!("it is longer than {FILE_BYTES_MAX} bytes"));
    }
    let mut text = String::new();
    handle.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|problem| reason(&problem))?;
    Ok((text, is_open_to_others(&about)))
}

#[cfg(unix)]
fn is_open_to_others(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_about: &std::fs::Metadata) -> bool {
    false
}
