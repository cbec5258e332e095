//! Where log lines go and how they look: to the standard error, as text unless the settings ask for JSON.

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// What servers log: each request, and not how the libraries start.
const SERVER: &str = "info,actix_server=warn,sea_orm_migration=warn";
/// What other commands log.
const QUIET: &str = "warn";

/// Starts logging for the process. A second call changes nothing.
pub(super) fn start(config: &Config, quiet: bool) {
    let level = config.log.as_deref().unwrap_or(if quiet { QUIET } else { SERVER });
    let lines =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::new(level)).with_writer(std::io::stderr).with_ansi(false);
    // It fails only where logging was started before, as in tests.
    let _ = match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Text => lines.try_init(),
    };
}
