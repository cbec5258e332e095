//! Every setting of the server, from the environment and one file. The only reader of the environment.
//!
//! The environment wins over the file, and both over the defaults. All that is wrong is reported at once, each with its place, its name and the
//! reason; a name that nobody knows is wrong as well. Whether a setting is needed depends on the command: see [`Config::serving`]. The list of
//! settings itself is `config/settings.rs`.

mod database;
mod file;
mod settings;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::limits::Limits;
pub use database::{sqlite_url, url as database_url, with_mode, without_password};
use file::SettingsFile;
pub use settings::{Listed, documented};

/// All names begin like this in the environment.
const PREFIX: &str = "AMBITO_";
/// Where the server listens unless told otherwise: this machine only.
const LISTEN: &str = "127.0.0.1:8080";
/// The audience of this server's tokens unless told otherwise.
const AUDIENCE: &str = "ambito";
/// How long a token of `serve` lasts unless told otherwise.
const TOKEN_SECONDS: u32 = 3_600;
/// Worker threads, at most.
const WORKERS_MAX: u64 = 256;

/// How long a server that is told to stop still takes requests, unless told otherwise: two looks of a load balancer that looks every two
/// seconds, and the time to act on them.
const DRAIN_SECONDS: u64 = 5;
/// The setting that names the file.
const CONFIG_FILE: &str = "AMBITO_CONFIG_FILE";

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// The settings, as far as they are set. Besides a password in the database's URL no secret is among them; the signing keys are files.
#[derive(Clone)]
pub struct Config {
    /// The file that was read.
    pub config_file: Option<PathBuf>,
    /// Where the database is.
    pub database_url: Option<String>,
    /// Address and port of `serve`.
    pub listen: SocketAddr,
    /// Address and port of the metrics, where they are served.
    pub metrics_listen: Option<SocketAddr>,
    /// The signing keys; the first signs.
    pub signing_key_files: Vec<PathBuf>,
    /// The `iss` of this server's tokens.
    pub issuer: Option<String>,
    /// Their `aud`.
    pub audience: String,
    /// How long they last.
    pub token_seconds: Option<u32>,
    /// Other issuers that are trusted.
    pub issuers_file: Option<PathBuf>,
    /// The documents that clients may name by an id.
    pub documents_file: Option<PathBuf>,
    /// Whether nothing else runs.
    pub documents_only: bool,
    /// What is logged, for example `info` or `api=debug`.
    pub log: Option<String>,
    /// `json` or `text`.
    pub log_format: LogFormat,
    /// Worker threads.
    pub workers: usize,
    /// Seconds for which a server that is told to stop says that it is not ready and still takes requests.
    pub drain_seconds: u64,
    /// Every limit; see `limits.rs`.
    pub limits: Limits,
    /// Where each setting comes from that is not as it is by default.
    places: BTreeMap<&'static str, Place>,
}

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    CommandLine,
    Environment,
    File { file: PathBuf, line: usize },
}

/// A name with its value, as it was written.
#[derive(Debug)]
struct Given {
    /// Its name in the table.
    name: String,
    /// Its name as it is written there.
    written: String,
    value: Result<String, String>,
    place: Place,
}

/// What `serve` needs, all of it present.
#[derive(Clone)]
pub struct Serving {
    /// Where the database is.
    pub database_url: String,
    /// The signing keys, at least one.
    pub signing_key_files: Vec<PathBuf>,
    /// The `iss` of this server's tokens.
    pub issuer: String,
    /// How long they last.
    pub token_seconds: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            config_file: None,
            database_url: None,
            listen: default_listen(),
            metrics_listen: None,
            signing_key_files: Vec::new(),
            issuer: None,
            audience: AUDIENCE.to_owned(),
            token_seconds: None,
            issuers_file: None,
            documents_file: None,
            documents_only: false,
            log: None,
            log_format: LogFormat::Text,
            workers: default_workers(),
            drain_seconds: DRAIN_SECONDS,
            limits: Limits::default(),
            places: BTreeMap::new(),
        }
    }
}

/// As it is listed, so that a password stays out of whatever prints it.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.listing().into_iter().map(|setting| (setting.name, setting.value))).finish()
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("database_url", &without_password(&self.database_url)).finish_non_exhaustive()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("command line"),
            Self::Environment => f.write_str("environment"),
            Self::File { file, line } => write!(f, "{}:{line}", file.display()),
        }
    }
}

impl Given {
    fn new(name: &str, value: Result<String, String>, place: Place) -> Self {
        Self { name: name.to_owned(), written: name.to_owned(), value, place }
    }
}

impl Config {
    /// Reads the environment of the process, and the file that the command line or the environment names.
    pub fn load(file: Option<&Path>) -> Result<Self, Vec<String>> {
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            variables.insert(name.to_owned(), value.into_string().map_err(|_| "it is not UTF-8 text".to_owned()));
        }
        Self::read(file, &variables)
    }

    /// Reads settings from the file, if one is named here or there, and from these variables. An empty value counts as not set.
    fn read(file: Option<&Path>, variables: &BTreeMap<String, Result<String, String>>) -> Result<Self, Vec<String>> {
        let mut given = Vec::new();
        if let Some(file) = file {
            let value = Ok(file.to_string_lossy().into_owned());
            given.push(Given::new(CONFIG_FILE, value, Place::CommandLine));
        }
        // The command line has said it already.
        let ours = |name: &str| name.starts_with(PREFIX) && (file.is_none() || name != CONFIG_FILE);
        for (name, value) in variables.iter().filter(|(name, _)| ours(name)) {
            given.push(Given::new(name, value.clone(), Place::Environment));
        }
        let named = given.iter().find(|given| given.name == CONFIG_FILE).and_then(|given| given.value.clone().ok());
        let mut problems = Vec::new();
        if let Some(named) = named.map(|named| named.trim().to_owned()).filter(|named| !named.is_empty()) {
            let SettingsFile { given: written, problems: found } = SettingsFile::read(Path::new(&named));
            problems.extend(found);
            // First, so that the environment is taken after it.
            given.splice(0..0, written);
        }
        let mut config = Self::default();
        problems.extend(config.take(&given));
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// Takes over what is given, in the order of the table, and returns what is wrong.
    fn take(&mut self, given: &[Given]) -> Vec<String> {
        let mut problems = Vec::new();
        for setting in settings::all() {
            for Given { written, value, place, .. } in given.iter().filter(|given| given.name == setting.name) {
                let taken = match value.as_deref().map(str::trim) {
                    Ok("") => continue,
                    Ok(text) => (setting.set)(self, text),
                    Err(reason) => Err(reason.clone()),
                };
                match taken {
                    Ok(()) => drop(self.places.insert(setting.name, place.clone())),
                    Err(reason) => problems.push(format!("{place}: {written}: {reason}")),
                }
            }
        }
        let unknown = given.iter().filter(|given| settings::all().all(|setting| setting.name != given.name));
        problems.extend(
            unknown.map(|Given { written, place, .. }| format!("{place}: {written}: there is no setting of this name")),
        );
        let Limits { page_default, page_max, .. } = self.limits;
        if page_default > page_max {
            let place = ["AMBITO_PAGE_DEFAULT", "AMBITO_PAGE_MAX"].iter().find_map(|name| self.places.get(name));
            let place = place.map_or_else(String::new, |place| format!("{place}: "));
            problems.push(format!("{place}AMBITO_PAGE_DEFAULT: {page_default} is above AMBITO_PAGE_MAX, {page_max}"));
        }
        if self.documents_only && self.documents_file.is_none() {
            let place = self.places.get("AMBITO_DOCUMENTS_ONLY").map(|place| format!("{place}: ")).unwrap_or_default();
            problems
                .push(format!("{place}AMBITO_DOCUMENTS_ONLY: without AMBITO_DOCUMENTS_FILE nothing could be asked"));
        }
        problems
    }

    /// Every setting with the value in force and where it comes from. A password is not among them.
    pub fn listing(&self) -> Vec<Listed> {
        settings::all().map(|setting| setting.listed(self)).collect()
    }

    /// Says of a setting's value what turned out to be wrong with it, with its place as ever.
    pub fn complaints(&self, name: &'static str, problems: &[String]) -> Vec<String> {
        let place = self.places.get(name);
        // As it is written there.
        let written = match place {
            Some(Place::File { .. }) => name.trim_start_matches(PREFIX).to_ascii_lowercase(),
            _ => name.to_owned(),
        };
        let place = place.map_or_else(String::new, |place| format!("{place}: "));
        problems.iter().map(|problem| format!("{place}{written}: {problem}")).collect()
    }

    /// What `serve` cannot do without, or a sentence for each thing that is missing.
    pub fn serving(&self) -> Result<Serving, Vec<String>> {
        let mut problems = Vec::new();
        if self.database_url.is_none() {
            let example = "for example sqlite:///var/lib/ambito/ambito.sqlite";
            problems.push(format!("AMBITO_DATABASE_URL: it must say where the database is, {example}"));
        }
        if self.signing_key_files.is_empty() {
            problems.push(
                "AMBITO_SIGNING_KEY_FILES: it must name a signing key; `ambito key create --out FILE` makes one"
                    .to_owned(),
            );
        }
        if self.issuer.is_none() {
            problems.push(
                "AMBITO_ISSUER: it must say who issues the tokens, for example https://ambito.example.it".to_owned(),
            );
        }
        match (&self.database_url, &self.issuer) {
            (Some(database_url), Some(issuer)) if problems.is_empty() => Ok(Serving {
                database_url: database_url.clone(),
                signing_key_files: self.signing_key_files.clone(),
                issuer: issuer.clone(),
                token_seconds: self.token_seconds.unwrap_or(TOKEN_SECONDS),
            }),
            _ => Err(problems),
        }
    }
}

/// Where the machine keeps temporary files.
pub fn temporary_folder() -> PathBuf {
    std::env::temp_dir()
}

/// An address and a port, `localhost` being this machine.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    numeric.parse().map_err(|_| format!("{text:?} is not an address and a port, such as {LISTEN}"))
}

/// The address where nothing else is said.
pub fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn default_workers() -> usize {
    let most = usize::try_from(WORKERS_MAX).unwrap_or(usize::MAX);
    std::thread::available_parallelism().map_or(1, |count| count.get().min(most))
}

fn file_list(text: &str) -> Result<Vec<PathBuf>, String> {
    let files: Vec<PathBuf> = text.split(',').map(|file| PathBuf::from(file.trim())).collect();
    if files.iter().any(|file| file.as_os_str().is_empty()) {
        Err("a name between the commas is empty".to_owned())
    } else {
        Ok(files)
    }
}

fn plain_text(text: &str) -> Result<String, String> {
    if text.len() > 256 || text.chars().any(|character| character.is_control() || character.is_whitespace()) {
        return Err("it must have at most 256 characters, none of them blank".to_owned());
    }
    Ok(text.to_owned())
}

fn log_filter(text: &str) -> Result<String, String> {
    // A word alone that is no level is read as the name of a target by the library, which would silence all others.
    let is_level = |word: &str| word.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    let words_are_levels = text.split(',').all(|part| part.contains(['=', '[']) || is_level(part.trim()));
    match text.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) if words_are_levels => Ok(text.to_owned()),
        _ => Err("it must be a level such as info, or targets with levels such as api=debug,info".to_owned()),
    }
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err("it must be json or text".to_owned()),
    }
}

#[cfg(test)]
mod tests;
