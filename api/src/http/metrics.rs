//! What a server counts of itself, in the text format of `OpenMetrics`, which Prometheus reads. It is served apart from everything else.
//!
//! It holds no personal data: labels are routes, statuses, codes, and names of operations ([`super::operations`]).

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::envelope::Account;
use super::listed::Listed;
use super::operations::Operations;
use crate::error::Code;
use crate::store::Store;

/// Microseconds at which the buckets of latency end.
const LATENCY_MICROS: [u64; 15] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000,
];
/// Costs at which the buckets of cost end.
const COSTS: [u32; 9] = [1, 10, 50, 100, 500, 1_000, 2_500, 5_000, 10_000];

/// Codes of errors that are the server's own doing; every other is the client's.
const FAULTS: [Code; 4] = [Code::Internal, Code::Timeout, Code::StorageUnavailable, Code::StorageFull];

/// How a request of `/graphql` went, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// All of it was answered.
    Ok,
    /// Something in it was the client's mistake, or not allowed.
    Refused,
    /// Something failed here.
    Failed,
    /// The document was named by a hash that is not known, so that its text is sent next: a step, and no mistake.
    UnknownHash,
}

/// The endings with the words of their label, in the order of `Ending`.
const ENDINGS: [&str; 4] = ["ok", "refused", "failed", "unknown_hash"];
/// The statuses of `/graphql` that nearly all answers have.
const USUAL: [u16; 2] = [200, 304];
/// Whether something was kept from before, in the order of false and true.
const KEPT: [&str; 2] = ["miss", "hit"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Door {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Word {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
    engine: &'static str,
}

/// Requests by route and status. The counters of the usual ones are at hand once they are there.
#[derive(Debug, Default)]
struct Doors {
    all: Family<Door, Counter>,
    usual: [OnceLock<Counter>; USUAL.len()],
}

/// Every number, and the registry that writes them out. What a request touches is held here by itself, so that no label is put together then.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    doors: Doors,
    operations: Operations,
    latencies: [Histogram; ENDINGS.len()],
    cost: Histogram,
    kept_answers: [Counter; KEPT.len()],
    kept_documents: [Counter; KEPT.len()],
    running: Gauge,
    unanswered: Counter,
    draining: Gauge,
    connections: [Gauge; 2],
    reachable: Gauge,
    book_version: Gauge,
}

impl Metrics {
    /// Numbers of a server of this version on this store, which starts now.
    pub(super) fn new(version: &'static str, store: &Store, operations_max: usize) -> Self {
        let mut whole = Registry::default();
        let started = Gauge::<i64>::default();
        started.set(store.clock().now().timestamp());
        whole.register_with_unit("process_start_time", "When the process started", Unit::Seconds, started);
        let registry = whole.sub_registry_with_prefix("ambito");
        let build = Build { version, engine: store.engine() };
        registry.register("build", "The program's version, and the database's engine", Info::new(build));
        let (doors, operations) = (Doors::default(), Operations::new(operations_max));
        registry.register("http_requests", "Requests by route and status", doors.all.clone());
        registry.register("graphql_requests", "Requests of /graphql by operation and outcome", operations.clone());
        let latency = Family::<Word, Histogram>::new_with_constructor(|| of_micros(&LATENCY_MICROS));
        let latencies = ENDINGS.map(|result| latency.get_or_create_owned(&Word { result }));
        registry.register_with_unit("graphql_duration", "Time of requests of /graphql", Unit::Seconds, latency);
        let cost = Histogram::new(COSTS.map(Into::into));
        registry.register("graphql_cost", "Cost of operations, as extensions.cost tells it", cost.clone());
        let unanswered = Counter::default();
        let help = "Requests that ended without an answer, since the client left or the server stopped";
        registry.register("http_requests_unanswered", help, unanswered.clone());
        Self {
            unanswered,
            kept_answers: results(registry, "kept_answers", "Whether an answer was kept from before"),
            kept_documents: results(registry, "kept_documents", "Whether a parsed document was kept from before"),
            running: gauge(registry, "http_requests_running", "Requests under way"),
            draining: gauge(registry, "draining", "1 while the server is about to stop"),
            reachable: gauge(registry, "database_reachable", "1 where the last look at the database succeeded"),
            book_version: gauge(registry, "book_version", "Sequence of the last change that is answered from memory"),
            connections: connections(registry),
            registry: whole,
            doors,
            operations,
            latencies,
            cost,
        }
    }

    /// Takes note of the documents that an operator lists.
    pub(super) fn list(&self, listed: &Listed) {
        self.operations.list(listed.operations().into_iter());
    }

    /// Takes note of a request that begins.
    pub(super) fn begin(&self) {
        self.running.inc();
    }

    /// Takes note of the end of a request that began, answered or not.
    pub(super) fn end(&self, is_answered: bool) {
        self.running.dec();
        if !is_answered {
            self.unanswered.inc();
        }
    }

    /// Requests that ended without an answer.
    pub(super) fn unanswered(&self) -> u64 {
        self.unanswered.get()
    }

    /// Requests under way.
    pub(super) fn running(&self) -> i64 {
        self.running.get()
    }

    /// Takes note that the server is about to stop.
    pub(super) fn drain(&self) {
        self.draining.set(1);
    }

    /// Takes note of an answer.
    pub(super) fn answered(&self, route: &'static str, status: u16, account: &Account, took: Duration) {
        self.doors.count(route, status);
        if route != super::GRAPHQL {
            return;
        }
        self.operations.count(&account.operation, account.code);
        let ending = ending(status, account.code);
        self.latencies[ending as usize].observe(took.as_secs_f64());
        if let Some(cost) = account.cost {
            self.cost.observe(u32::try_from(cost).unwrap_or(u32::MAX).into());
        }
        let kept_document = account.kept_document.or((ending == Ending::UnknownHash).then_some(false));
        for (kept, counters) in [(account.kept_answer, &self.kept_answers), (kept_document, &self.kept_documents)] {
            if let Some(kept) = kept {
                counters[usize::from(kept)].inc();
            }
        }
    }

    /// All of it as text, with what the store says at this moment.
    pub(super) fn text(&self, store: &Store) -> Result<String, fmt::Error> {
        self.operations.make_room(store.clock().now());
        let pool = store.connections();
        for (gauge, number) in self.connections.iter().zip([pool.idle, pool.in_use]) {
            gauge.set(number.into());
        }
        self.reachable.set(i64::from(!store.is_stale()));
        self.book_version.set(store.book().version());
        let mut written = String::new();
        text::encode(&mut written, &self.registry)?;
        Ok(written)
    }
}

impl Doors {
    fn count(&self, route: &'static str, status: u16) {
        let usual = USUAL.iter().position(|usual| *usual == status && route == super::GRAPHQL);
        match usual {
            Some(at) => self.usual[at].get_or_init(|| self.all.get_or_create_owned(&Door { route, status })).inc(),
            None => self.all.get_or_create(&Door { route, status }).inc(),
        };
    }
}

fn ending(status: u16, code: Option<&str>) -> Ending {
    match code {
        Some(code) if code == Code::PersistedQueryNotFound.as_str() => Ending::UnknownHash,
        Some(code) if status >= 500 || FAULTS.iter().any(|fault| fault.as_str() == code) => Ending::Failed,
        None if status >= 500 => Ending::Failed,
        None if status < 400 => Ending::Ok,
        _ => Ending::Refused,
    }
}

/// A histogram of seconds. Prometheus knows no numbers but floats; nothing is computed with them.
fn of_micros(bounds: &[u64]) -> Histogram {
    Histogram::new(bounds.iter().map(|micros| Duration::from_micros(*micros).as_secs_f64()))
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}

fn results(registry: &mut Registry, name: &str, help: &str) -> [Counter; KEPT.len()] {
    let family = Family::<Word, Counter<u64, AtomicU64>>::default();
    registry.register(name, help, family.clone());
    KEPT.map(|result| family.get_or_create_owned(&Word { result }))
}

fn connections(registry: &mut Registry) -> [Gauge; 2] {
    let family = Family::<State, Gauge>::default();
    registry.register("database_connections", "Connections to the database", family.clone());
    ["idle", "in_use"].map(|state| family.get_or_create_owned(&State { state }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings() {
        let cases = [
            (200, None, Ending::Ok),
            (304, None, Ending::Ok),
            (200, Some("NOT_FOUND"), Ending::Refused),
            (401, Some("UNAUTHENTICATED"), Ending::Refused),
            (200, Some("PERSISTED_QUERY_NOT_FOUND"), Ending::UnknownHash),
            (400, Some("PERSISTED_QUERY_MISMATCH"), Ending::Refused),
            (200, Some("STORAGE_UNAVAILABLE"), Ending::Failed),
            (503, Some("TIMEOUT"), Ending::Failed),
            (500, None, Ending::Failed),
            (404, None, Ending::Refused),
        ];
        for (status, code, expect) in cases {
            assert_eq!(ending(status, code), expect, "{status} {code:?}");
        }
    }
}
