//! Every setting of the server. The only reader of the environment.
//!
//! All that is wrong is reported at once, each with the name of its variable and the reason; a name that nobody knows
//! is wrong as well. Whether a setting is needed depends on the command: see [`Config::serving`].

mod database;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::limits::Limits;
pub use database::{sqlite_url, url as database_url, with_mode, without_password};

/// All names begin like this.
const PREFIX: &str = "AMBITO_";
/// Where the server listens unless told otherwise: this machine only.
const LISTEN: &str = "127.0.0.1:8080";
/// The audience of this server's tokens unless told otherwise.
const AUDIENCE: &str = "ambito";
/// How long a token of `serve` lasts unless told otherwise.
const TOKEN_SECONDS: u32 = 3_600;
/// The longest that a token may last: a token cannot be called back, only its client.
const TOKEN_SECONDS_MAX: u32 = 7 * 24 * 3_600;
/// The shortest.
const TOKEN_SECONDS_MIN: u32 = 60;
/// Worker threads, at most.
const WORKERS_MAX: usize = 256;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// The settings, as far as they are set. No secret is among them; the signing keys are files.
#[derive(Clone, Debug)]
pub struct Config {
    /// `AMBITO_DATABASE_URL`: where the database is.
    pub database_url: Option<String>,
    /// `AMBITO_LISTEN`: address and port of `serve`.
    pub listen: SocketAddr,
    /// `AMBITO_SIGNING_KEY_FILES`: the signing keys, separated by commas; the first signs.
    pub signing_key_files: Vec<PathBuf>,
    /// `AMBITO_ISSUER`: the `iss` of this server's tokens.
    pub issuer: Option<String>,
    /// `AMBITO_AUDIENCE`: their `aud`.
    pub audience: String,
    /// `AMBITO_TOKEN_SECONDS`: how long they last.
    pub token_seconds: Option<u32>,
    /// `AMBITO_ISSUERS_FILE`: other issuers that are trusted.
    pub issuers_file: Option<PathBuf>,
    /// `AMBITO_LOG`: what is logged, for example `info` or `api=debug`.
    pub log: Option<String>,
    /// `AMBITO_LOG_FORMAT`: `json` or `text`.
    pub log_format: Option<LogFormat>,
    /// `AMBITO_WORKERS`: worker threads.
    pub workers: usize,
    /// Every limit; see `limits.rs`.
    pub limits: Limits,
}

/// What `serve` needs, all of it present.
#[derive(Clone, Debug)]
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

impl Config {
    /// Reads the environment of the process.
    pub fn from_environment() -> Result<Self, Vec<String>> {
        let mut variables = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            match value.into_string() {
                Ok(value) => drop(variables.insert(name.to_owned(), value)),
                Err(_) => problems.push(format!("{name}: it is not UTF-8 text")),
            }
        }
        match Self::read(&variables) {
            Err(more) => Err(problems.into_iter().chain(more).collect()),
            Ok(_) if !problems.is_empty() => Err(problems),
            Ok(config) => Ok(config),
        }
    }

    /// Reads settings from these variables. An empty value counts as not set.
    pub fn read(variables: &BTreeMap<String, String>) -> Result<Self, Vec<String>> {
        let asked = RefCell::new(BTreeSet::new());
        let look_up = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            variables.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let mut problems = Vec::new();
        let limits = Limits::from_environment(&look_up).unwrap_or_else(|found| {
            problems.extend(found);
            Limits::default()
        });
        let mut reader = Reader { look_up: &look_up, problems: &mut problems };
        let config = Self {
            database_url: reader.parsed("AMBITO_DATABASE_URL", database::url),
            listen: reader.parsed("AMBITO_LISTEN", listen_address).unwrap_or_else(default_listen),
            signing_key_files: reader.parsed("AMBITO_SIGNING_KEY_FILES", file_list).unwrap_or_default(),
            issuer: reader.parsed("AMBITO_ISSUER", plain_text),
            audience: reader.parsed("AMBITO_AUDIENCE", plain_text).unwrap_or_else(|| AUDIENCE.to_owned()),
            token_seconds: reader.parsed("AMBITO_TOKEN_SECONDS", token_seconds),
            issuers_file: reader.parsed("AMBITO_ISSUERS_FILE", |text| Ok(PathBuf::from(text))),
            log: reader.parsed("AMBITO_LOG", log_filter),
            log_format: reader.parsed("AMBITO_LOG_FORMAT", log_format),
            workers: reader.parsed("AMBITO_WORKERS", workers).unwrap_or_else(default_workers),
            limits,
        };
        let asked = asked.into_inner();
        let unknown = variables.keys().filter(|name| name.starts_with(PREFIX) && !asked.contains(*name));
        problems.extend(unknown.map(|name| format!("{name}: there is no setting of this name")));
        if problems.is_empty() { Ok(config) } else { Err(problems) }
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

/// Reads single settings and notes what is wrong with them.
struct Reader<'r> {
    look_up: &'r dyn Fn(&str) -> Option<String>,
    problems: &'r mut Vec<String>,
}

impl Reader<'_> {
    fn parsed<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text = (self.look_up)(name)?;
        parse(&text).map_err(|reason| self.problems.push(format!("{name}: {reason}"))).ok()
    }
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
    std::thread::available_parallelism().map_or(1, |count| count.get().min(WORKERS_MAX))
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

fn token_seconds(text: &str) -> Result<u32, String> {
    let reason = || format!("it must be a whole number from {TOKEN_SECONDS_MIN} to {TOKEN_SECONDS_MAX}");
    text.parse().ok().filter(|seconds| (TOKEN_SECONDS_MIN..=TOKEN_SECONDS_MAX).contains(seconds)).ok_or_else(reason)
}

fn workers(text: &str) -> Result<usize, String> {
    let reason = || format!("it must be a whole number from 1 to {WORKERS_MAX}");
    text.parse().ok().filter(|count| (1..=WORKERS_MAX).contains(count)).ok_or_else(reason)
}

fn log_filter(text: &str) -> Result<String, String> {
    match text.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("it must be a level such as info, or targets with levels such as api=debug,info".to_owned()),
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
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        Config::read(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn nothing_set_is_enough_for_a_demonstration_and_not_for_serve() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.to_string(), LISTEN);
        assert_eq!(config.audience, "ambito");
        assert!(config.workers >= 1);
        let problems = config.serving().unwrap_err();
        let names: Vec<&str> = problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
        assert_eq!(names, ["AMBITO_DATABASE_URL", "AMBITO_SIGNING_KEY_FILES", "AMBITO_ISSUER"]);
    }

    #[test]
    fn everything_set() {
        let config = read(&[
            ("AMBITO_DATABASE_URL", "sqlite:///srv/a.sqlite"),
            ("AMBITO_LISTEN", "[::1]:9000"),
            ("AMBITO_SIGNING_KEY_FILES", "/srv/new.pem, /srv/old.pem"),
            ("AMBITO_ISSUER", "https://ambito.example"),
            ("AMBITO_AUDIENCE", "api"),
            ("AMBITO_TOKEN_SECONDS", "600"),
            ("AMBITO_ISSUERS_FILE", "/srv/issuers.toml"),
            ("AMBITO_LOG", "api=debug,info"),
            ("AMBITO_LOG_FORMAT", "json"),
            ("AMBITO_WORKERS", "3"),
            ("AMBITO_RATE_PER_MINUTE", "0"),
        ])
        .unwrap();
        let serving = config.serving().unwrap();
        assert_eq!(serving.signing_key_files, [PathBuf::from("/srv/new.pem"), PathBuf::from("/srv/old.pem")]);
        assert_eq!((serving.token_seconds, config.workers, config.limits.rate_per_minute), (600, 3, 0));
        assert_eq!((config.log_format, config.listen.port()), (Some(LogFormat::Json), 9000));
    }

    #[test]
    fn each_wrong_value_is_named_with_its_reason() {
        for (name, value, reason) in [
            ("AMBITO_DATABASE_URL", "mysql://h/d", "URL of a database"),
            ("AMBITO_LISTEN", "8080", "not an address and a port"),
            ("AMBITO_LISTEN", "127.0.0.1:99999", "not an address and a port"),
            ("AMBITO_SIGNING_KEY_FILES", "a,,b", "between the commas"),
            ("AMBITO_ISSUER", "two words", "none of them blank"),
            ("AMBITO_TOKEN_SECONDS", "59", "from 60 to 604800"),
            ("AMBITO_TOKEN_SECONDS", "1h", "from 60 to 604800"),
            ("AMBITO_LOG", "api=loud", "must be a level"),
            ("AMBITO_LOG_FORMAT", "xml", "json or text"),
            ("AMBITO_WORKERS", "0", "from 1 to 256"),
            ("AMBITO_BODY_BYTES_MAX", "much", "AMBITO_BODY_BYTES_MAX"),
            ("AMBITO_DATABSE_URL", "x", "no setting of this name"),
        ] {
            let problems = read(&[(name, value)]).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].starts_with(&format!("{name}: ")) && problems[0].contains(reason), "{problems:?}");
        }
    }

    #[test]
    fn all_problems_are_told_together_and_what_is_not_ours_is_left_alone() {
        let problems = read(&[("AMBITO_LISTEN", "x"), ("AMBITO_WORKERS", "x"), ("AMBITO_NOTHING", "x"), ("HOME", "x")])
            .unwrap_err();
        assert_eq!(problems.len(), 3);
        assert!(read(&[("AMBITO_LISTEN", " "), ("PATH", "x")]).is_ok());
    }

    #[test]
    fn this_machine_has_a_name() {
        assert_eq!(listen_address("localhost:81").unwrap().to_string(), "127.0.0.1:81");
    }
}
