//! Where log lines go, how they look, and what is kept out of them: to the standard error, as text unless the settings ask for JSON.
//!
//! Libraries tell of requests and statements in detail, with what clients sent in them. So only our own lines go below `info`, whatever the settings
//! say; each of ours is written so that it names nobody and repeats no token.

use std::panic::{self, PanicHookInfo};

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};

/// What servers log: each request, and not how the libraries start.
const SERVER: &str = "info,actix_server=warn,sea_orm_migration=warn";
/// What other commands log.
const QUIET: &str = "warn";
/// Where our own lines come from.
const OURS: &str = "api";

/// Starts logging for the process. A second call changes nothing.
pub(super) fn start(config: &Config, quiet: bool) {
    let level = config.log.as_deref().unwrap_or(if quiet { QUIET } else { SERVER });
    let lines =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::new(level)).with_writer(std::io::stderr).with_ansi(false);
    let capped = filter_fn(may_be_told);
    // It fails only where logging was started before, as in tests.
    let started = match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).finish().with(capped).try_init(),
        LogFormat::Text => lines.finish().with(capped).try_init(),
    };
    if started.is_ok() && !quiet {
        panic::set_hook(Box::new(tell_panic));
    }
}

fn may_be_told(about: &Metadata<'_>) -> bool {
    let is_ours = about.target().strip_prefix(OURS).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    is_ours || *about.level() <= Level::INFO
}

/// Tells where a server panicked. What it says of the reason may hold a value of the request, such as the text that could not be cut.
fn tell_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    tracing::error!(place = panic.location().map(tracing::field::display), thread = thread.name(), "panic");
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'p> MakeWriter<'p> for Page {
        type Writer = Self;

        fn make_writer(&'p self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_panic_tells_its_place_only() {
        let page = Page::default();
        let subscriber = tracing_subscriber::fmt().with_writer(page.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let before = panic::take_hook();
            panic::set_hook(Box::new(tell_panic));
            assert!(panic::catch_unwind(|| panic!("Annalisa")).is_err());
            panic::set_hook(before);
        });
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("logging.rs") && !text.contains("Annalisa"), "{text}");
    }

    #[test]
    fn only_our_own_lines_go_below_info() {
        let page = Page::default();
        let lines = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("trace,sqlx=trace"));
        let subscriber = lines.with_writer(page.clone()).finish().with(filter_fn(may_be_told));
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!("ours 1");
            tracing::trace!(target: "api::http", "ours 2");
            tracing::info!(target: "actix_server", "theirs 1");
            tracing::debug!(target: "sqlx::query", "theirs 2");
            tracing::trace!(target: "actix_http::h1", "theirs 3");
            tracing::debug!(target: "apiarist", "theirs 4");
        });
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        for (part, told) in [
            ("ours 1", true),
            ("ours 2", true),
            ("theirs 1", true),
            ("theirs 2", false),
            ("theirs 3", false),
            ("theirs 4", false),
        ] {
            assert_eq!(text.contains(part), told, "{part}: {text}");
        }
    }
}
