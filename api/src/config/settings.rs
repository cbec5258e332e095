//! The list of settings: for each its name, what it is for, the values it takes, what holds where it is not set, and where it goes. There is no
//! other list: reading, `ambito config` and the test of `docs/operating.md` all go through this one.

use std::path::PathBuf;

use super::{
    CONFIG_FILE, Config, LogFormat, TOKEN_SECONDS, WORKERS_MAX, database, file_list, listen_address, log_filter,
    log_format, plain_text, without_password,
};

/// The longest that a token may last: a token cannot be called back, only its client.
const TOKEN_SECONDS_MAX: u64 = 7 * 24 * 3_600;
/// The shortest.
const TOKEN_SECONDS_MIN: u64 = 60;

/// The form of a setting's values.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// A text, and which.
    Text(&'static str),
    /// Names of files; in the environment separated by commas.
    Files,
    /// A whole number from one to the other.
    Whole(u64, u64),
    /// `true` or `false`.
    Truth,
}

/// One setting.
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) form: Form,
    /// What holds where it is not set, if the value does not say it.
    usual: Option<&'static str>,
    /// Takes a text over, or says why not.
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
    /// The value in force.
    show: fn(&Config) -> Option<String>,
}

/// A setting as `ambito config` and the documentation list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name in the environment.
    pub name: &'static str,
    /// The value in force, without what is secret in it.
    pub value: String,
    /// Where it comes from: `default`, `environment`, `command line`, or the file and its line.
    pub from: String,
    /// The values it takes.
    pub range: String,
    /// What it is for.
    pub meaning: &'static str,
}

/// A limit; the range has been checked before, so the conversion cannot fail.
macro_rules! limit {
    ($name:literal, $field:ident, $least:expr, $most:expr, $meaning:literal) => {
        Setting {
            name: $name,
            meaning: $meaning,
            form: Form::Whole($least, $most),
            usual: None,
            set: |config, text| {
                let value = whole(text, $least, $most)?;
                config.limits.$field = value.try_into().unwrap_or(config.limits.$field);
                Ok(())
            },
            show: |config| Some(config.limits.$field.to_string()),
        }
    };
}

/// What is no limit.
const GENERAL: &[Setting] = &[
    Setting {
        name: CONFIG_FILE,
        meaning: "a file with settings (above); `--config FILE` names one, too",
        form: Form::Text("a path"),
        usual: Some("none"),
        set: |config, text| {
            config.config_file = Some(PathBuf::from(text));
            Ok(())
        },
        show: |config| config.config_file.as_ref().map(|file| file.display().to_string()),
    },
    Setting {
        name: "AMBITO_DATABASE_URL",
        meaning: "where the data is kept",
        form: Form::Text("`sqlite:///absolute/path` or `postgres://user:password@host/name`"),
        usual: Some("none: `serve` needs it"),
        set: |config, text| database::url(text).map(|url| config.database_url = Some(url)),
        show: |config| config.database_url.as_deref().map(without_password),
    },
    Setting {
        name: "AMBITO_SIGNING_KEY_FILES",
        meaning: "ES256 keys (PKCS#8 PEM); the first signs, the others are still accepted",
        form: Form::Files,
        usual: Some("none: `serve` needs it"),
        set: |config, text| file_list(text).map(|files| config.signing_key_files = files),
        show: |config| {
            let files: Vec<_> = config.signing_key_files.iter().map(|file| file.display().to_string()).collect();
            Some(files.join(",")).filter(|files| !files.is_empty())
        },
    },
    Setting {
        name: "AMBITO_ISSUER",
        meaning: "the `iss` of this server's tokens",
        form: Form::Text("at most 256 characters, none of them blank"),
        usual: Some("none: `serve` needs it"),
        set: |config, text| plain_text(text).map(|issuer| config.issuer = Some(issuer)),
        show: |config| config.issuer.clone(),
    },
    Setting {
        name: "AMBITO_AUDIENCE",
        meaning: "their `aud`",
        form: Form::Text("at most 256 characters, none of them blank"),
        usual: None,
        set: |config, text| plain_text(text).map(|audience| config.audience = audience),
        show: |config| Some(config.audience.clone()),
    },
    Setting {
        name: "AMBITO_TOKEN_SECONDS",
        meaning: "how long they last; those of `demo` last a day",
        form: Form::Whole(TOKEN_SECONDS_MIN, TOKEN_SECONDS_MAX),
        usual: Some("3600"),
        set: |config, text| {
            let seconds = whole(text, TOKEN_SECONDS_MIN, TOKEN_SECONDS_MAX)?;
            config.token_seconds = Some(seconds.try_into().unwrap_or(TOKEN_SECONDS));
            Ok(())
        },
        show: |config| config.token_seconds.map(|seconds| seconds.to_string()),
    },
    Setting {
        name: "AMBITO_ISSUERS_FILE",
        meaning: "other issuers that are trusted (below)",
        form: Form::Text("a path"),
        usual: Some("none"),
        set: |config, text| {
            config.issuers_file = Some(PathBuf::from(text));
            Ok(())
        },
        show: |config| config.issuers_file.as_ref().map(|file| file.display().to_string()),
    },
    Setting {
        name: "AMBITO_DOCUMENTS_FILE",
        meaning: "documents that clients may name by an id (docs/caching.md)",
        form: Form::Text("a path"),
        usual: Some("none"),
        set: |config, text| {
            config.documents_file = Some(PathBuf::from(text));
            Ok(())
        },
        show: |config| config.documents_file.as_ref().map(|file| file.display().to_string()),
    },
    Setting {
        name: "AMBITO_DOCUMENTS_ONLY",
        meaning: "whether those are the only documents that run",
        form: Form::Truth,
        usual: None,
        set: |config, text| {
            config.documents_only = text.parse().map_err(|_| "it must be true or false".to_owned())?;
            Ok(())
        },
        show: |config| Some(config.documents_only.to_string()),
    },
    Setting {
        name: "AMBITO_LISTEN",
        meaning: "where `serve` listens",
        form: Form::Text("an address and a port"),
        usual: None,
        set: |config, text| listen_address(text).map(|address| config.listen = address),
        show: |config| Some(config.listen.to_string()),
    },
    Setting {
        name: "AMBITO_METRICS_LISTEN",
        meaning: "where `/metrics` is served (below)",
        form: Form::Text("an address and a port"),
        usual: Some("none: not served, but by `demo`"),
        set: |config, text| listen_address(text).map(|address| config.metrics_listen = Some(address)),
        show: |config| config.metrics_listen.map(|address| address.to_string()),
    },
    Setting {
        name: "AMBITO_WORKERS",
        meaning: "worker threads",
        form: Form::Whole(1, WORKERS_MAX),
        usual: Some("the machine's cores"),
        set: |config, text| {
            config.workers = whole(text, 1, WORKERS_MAX)?.try_into().unwrap_or(config.workers);
            Ok(())
        },
        show: |config| Some(config.workers.to_string()),
    },
    Setting {
        name: "AMBITO_LOG",
        meaning: "what is logged (below)",
        form: Form::Text("`info`, `warn`, `api=debug` ..."),
        usual: Some("`info` by servers, `warn` by other commands"),
        set: |config, text| log_filter(text).map(|filter| config.log = Some(filter)),
        show: |config| config.log.clone(),
    },
    Setting {
        name: "AMBITO_LOG_FORMAT",
        meaning: "how it is written",
        form: Form::Text("`text` or `json`"),
        usual: None,
        set: |config, text| log_format(text).map(|format| config.log_format = format),
        show: |config| {
            let word = match config.log_format {
                LogFormat::Json => "json",
                LogFormat::Text => "text",
            };
            Some(word.to_owned())
        },
    },
    Setting {
        name: "AMBITO_DRAIN_SECONDS",
        meaning: "seconds for which a server that is told to stop says that it is not ready and still takes requests",
        form: Form::Whole(0, 600),
        usual: None,
        set: |config, text| whole(text, 0, 600).map(|seconds| config.drain_seconds = seconds),
        show: |config| Some(config.drain_seconds.to_string()),
    },
];

/// One line a limit. Nesting has an upper end that no setting passes, since the parser's stack does not grow with it.
#[rustfmt::skip] // A line each.
const LIMITS: &[Setting] = &[
    limit!("AMBITO_RATE_PER_MINUTE", rate_per_minute, 0, 10_000_000, "requests a minute and client; 0 for none"),
    limit!("AMBITO_TOKEN_RATE_PER_MINUTE", token_rate_per_minute, 0, 10_000_000, "requests a minute and address to `/oauth/token`; 0 for none"),
    limit!("AMBITO_RATE_KEYS_MAX", rate_keys_max, 1, 10_000_000, "clients or addresses that are counted apart"),
    limit!("AMBITO_BODY_BYTES_MAX", body_bytes_max, 1_024, 64 * 1_024 * 1_024, "bytes of a body"),
    limit!("AMBITO_BODY_SECONDS_MAX", body_seconds_max, 1, 600, "seconds until it is there"),
    limit!("AMBITO_HEAD_SECONDS_MAX", head_seconds_max, 1, 600, "seconds until a request's headers are there"),
    limit!("AMBITO_IDLE_SECONDS_MAX", idle_seconds_max, 1, 3_600, "seconds that an idle connection is kept"),
    limit!("AMBITO_CONNECTIONS_MAX", connections_max, 1, 1_000_000, "connections a worker"),
    limit!("AMBITO_EXECUTION_SECONDS_MAX", execution_seconds_max, 1, 600, "seconds of execution"),
    limit!("AMBITO_READY_SECONDS_MAX", ready_seconds_max, 1, 60, "seconds of a readiness check"),
    limit!("AMBITO_SHUTDOWN_SECONDS_MAX", shutdown_seconds_max, 0, 600, "seconds that running requests are given at the end"),
    limit!("AMBITO_TOKEN_BYTES_MAX", token_bytes_max, 256, 8_192, "bytes of a token"),
    limit!("AMBITO_NESTING_MAX", nesting_max, 4, 48, "nesting of brackets in a document"),
    limit!("AMBITO_TOKENS_MAX", tokens_max, 10, 100_000, "tokens of a document"),
    limit!("AMBITO_VARIABLE_VALUES_MAX", variable_values_max, 10, 1_000_000, "values in the variables"),
    limit!("AMBITO_DIRECTIVES_MAX", directives_max, 0, 1_000, "directives"),
    limit!("AMBITO_SELECTIONS_MAX", selections_max, 1, 100_000, "selections, fragments expanded"),
    limit!("AMBITO_ALIASES_MAX", aliases_max, 0, 10_000, "aliases, fragments expanded"),
    limit!("AMBITO_DEPTH_MAX", depth_max, 1, 30, "depth of fields, fragments expanded"),
    limit!("AMBITO_COST_MAX", cost_max, 1, 1_000_000_000, "cost of an operation, as `extensions.cost` tells it"),
    limit!("AMBITO_KEPT_ANSWER_BYTES_MAX", kept_answer_bytes_max, 0, 64 * 1_024 * 1_024 * 1_024, "bytes of all answers kept in memory (docs/caching.md); 0 keeps none"),
    limit!("AMBITO_KEPT_DOCUMENT_BYTES_MAX", kept_document_bytes_max, 0, 64 * 1_024 * 1_024 * 1_024, "bytes of all documents kept in memory, parsed; 0 keeps none, and clients cannot name them by hash"),
    limit!("AMBITO_PAGE_DEFAULT", page_default, 1, 1_000, "entries of a page, where not asked"),
    limit!("AMBITO_PAGE_MAX", page_max, 1, 1_000, "entries of a page"),
    limit!("AMBITO_IDS_MAX", ids_max, 1, 1_000, "ids that `nodes` takes"),
    limit!("AMBITO_ALTERNATIVES_MAX", alternatives_max, 1, 100, "alternatives that `simulations` compares"),
    limit!("AMBITO_METRIC_OPERATIONS_MAX", metric_operations_max, 0, 10_000, "names of operations that the metrics tell apart"),
    limit!("AMBITO_IMPORT_BODY_BYTES_MAX", import_body_bytes_max, 1, 4 * 1_024 * 1_024 * 1_024, "bytes of a file of activity (docs/import.md)"),
    limit!("AMBITO_IMPORT_BODY_SECONDS_MAX", import_body_seconds_max, 1, 3_600, "seconds until such a file must be there"),
    limit!("AMBITO_IMPORT_ROWS_MAX", import_rows_max, 1, 100_000_000, "values of such a file; they are held in memory, about 100 bytes each"),
    limit!("AMBITO_IMPORT_PROBLEMS_MAX", import_problems_max, 1, 10_000, "problems of such a file that are told; the others are counted"),
    limit!("AMBITO_EXPORT_PAGE_ROWS", export_page_rows, 1, 100_000, "rows of activity that an export reads and sends at once (docs/export.md)"),
    limit!("AMBITO_EXPORT_SECONDS_MAX", export_seconds_max, 1, 86_400, "seconds after which an export that is still being sent is cut"),
    limit!("AMBITO_SMALL_CELL_PEOPLE_MIN", small_cell_people_min, 3, 1_000, "people below which what they used is withheld; never below 3"),
];

/// Every setting.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    GENERAL.iter().chain(LIMITS)
}

impl Setting {
    /// What holds where it is not set.
    fn usual(&self) -> String {
        let usual = self.usual.map(str::to_owned).or_else(|| (self.show)(&Config::default()));
        usual.unwrap_or_else(|| "none".to_owned())
    }

    /// The setting with its value in force.
    pub(super) fn listed(&self, config: &Config) -> Listed {
        let place = config.places.get(self.name);
        // What is not set shows what it is, such as the number of cores, or what its absence means.
        let value = (self.show)(config).unwrap_or_else(|| self.usual());
        let range = match self.form {
            Form::Text(range) => range.to_owned(),
            Form::Files => "paths, separated by commas".to_owned(),
            Form::Whole(least, most) => format!("{least} to {most}"),
            Form::Truth => "`true` or `false`".to_owned(),
        };
        let from = place.map_or_else(|| "default".to_owned(), ToString::to_string);
        Listed { name: self.name, value, from, range, meaning: self.meaning }
    }
}

/// Every setting as the documentation lists it: with what holds where nothing is set, in words.
pub fn documented() -> Vec<Listed> {
    let config = Config::default();
    all().map(|setting| Listed { value: setting.usual(), ..setting.listed(&config) }).collect()
}

/// A whole number within its range.
fn whole(text: &str, least: u64, most: u64) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        Ok(value) => Err(format!("{value} is outside {least} to {most}")),
        Err(_) => Err(format!("a whole number from {least} to {most} is needed")),
    }
}
