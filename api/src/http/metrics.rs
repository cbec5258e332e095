//! What a server counts of itself, in the text format of `OpenMetrics`, which Prometheus reads. It is served apart from everything else.
//!
//! It holds no personal data: labels are routes, statuses, codes, and names of operations, which clients choose; so only plain, short names are
//! told apart, and only so many.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::envelope::Account;
use crate::error::Code;
use crate::store::Store;

/// Characters of an operation's name that is told.
pub(super) const OPERATION_CHARS_MAX: usize = 64;
/// An operation without a name. No name of GraphQL has brackets.
const ANONYMOUS: &str = "(anonymous)";
/// An operation whose name is too long, or one too many.
const OTHER: &str = "(other)";
/// The outcome of a request that nothing was wrong with.
const OK: &str = "OK";

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
}

/// The endings with the words of their label, in the order of `Ending`.
const ENDINGS: [&str; 3] = ["ok", "refused", "failed"];
/// Whether something was kept from before, in the order of false and true.
const KEPT: [&str; 2] = ["miss", "hit"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Door {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    operation: Arc<str>,
    outcome: &'static str,
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

/// An operation's name with the counter that is used most.
#[derive(Debug)]
struct Operation {
    name: Arc<str>,
    ok: Counter,
}

/// Every number, and the registry that writes them out. What a request touches is held here by itself, so that no label is put together then.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    door: Family<Door, Counter>,
    outcomes: Family<Outcome, Counter>,
    operations_max: usize,
    operations: RwLock<HashMap<Arc<str>, Operation>>,
    anonymous: Operation,
    other: Operation,
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
        let (door, outcomes) = (Family::<Door, Counter>::default(), Family::<Outcome, Counter>::default());
        registry.register("http_requests", "Requests by route and status", door.clone());
        registry.register("graphql_requests", "Requests of /graphql by operation and outcome", outcomes.clone());
        let operation = |name: &str| Operation::new(name, &outcomes);
        let (anonymous, other) = (operation(ANONYMOUS), operation(OTHER));
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
            door,
            outcomes,
            operations_max,
            operations: RwLock::default(),
            anonymous,
            other,
            latencies,
            cost,
        }
    }

    /// Takes note of a request that begins. It is under way until the returned value goes, answered or not.
    pub(super) fn begin(&self) -> Running {
        self.running.inc();
        Running { running: self.running.clone(), unanswered: Some(self.unanswered.clone()) }
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
        self.door.get_or_create(&Door { route, status }).inc();
        if route != super::GRAPHQL {
            return;
        }
        self.count(account.operation.as_deref(), account.code);
        self.latencies[ending(status, account.code) as usize].observe(took.as_secs_f64());
        if let Some(cost) = account.cost {
            self.cost.observe(u32::try_from(cost).unwrap_or(u32::MAX).into());
        }
        for (kept, counters) in
            [(account.kept_answer, &self.kept_answers), (account.kept_document, &self.kept_documents)]
        {
            if let Some(kept) = kept {
                counters[usize::from(kept)].inc();
            }
        }
    }

    fn count(&self, name: Option<&str>, code: Option<&'static str>) {
        let add = |operation: &Operation| match code {
            None => drop(operation.ok.inc()),
            Some(outcome) => {
                self.outcomes.get_or_create(&Outcome { operation: operation.name.clone(), outcome }).inc();
            }
        };
        let Some(name) = name else { return add(&self.anonymous) };
        if let Some(operation) = self.operations.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return add(operation);
        }
        if name.len() > OPERATION_CHARS_MAX {
            return add(&self.other);
        }
        let mut operations = self.operations.write().unwrap_or_else(PoisonError::into_inner);
        if !operations.contains_key(name) && operations.len() >= self.operations_max {
            // It will be asked for again and again; the lock to write is for new names only.
            drop(operations);
            return add(&self.other);
        }
        add(operations.entry(name.into()).or_insert_with(|| Operation::new(name, &self.outcomes)));
    }

    /// All of it as text, with what the store says at this moment.
    pub(super) fn text(&self, store: &Store) -> Result<String, fmt::Error> {
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

impl Operation {
    fn new(name: &str, outcomes: &Family<Outcome, Counter>) -> Self {
        let name: Arc<str> = name.into();
        let ok = outcomes.get_or_create_owned(&Outcome { operation: name.clone(), outcome: OK });
        Self { name, ok }
    }
}

/// A request under way.
pub(super) struct Running {
    running: Gauge,
    /// Where it is counted, unless it is answered.
    unanswered: Option<Counter>,
}

impl Running {
    /// It is answered.
    pub(super) fn answered(&mut self) {
        self.unanswered = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.running.dec();
        if let Some(unanswered) = &self.unanswered {
            unanswered.inc();
        }
    }
}

fn ending(status: u16, code: Option<&str>) -> Ending {
    match code {
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
