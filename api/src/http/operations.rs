//! The requests of `/graphql` by the operation that was asked for and by how it ended: `ambito_graphql_requests`.
//!
//! Names come from clients. So only so many are told apart, a place is given for an answer only, and those that nobody asks for any more give
//! theirs up when it is wanted. The names of listed documents are the operator's own and keep theirs.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

use super::envelope::OperationName;

/// Characters of an operation's name that is told.
pub(super) const OPERATION_CHARS_MAX: usize = 64;
/// What has no name of its own here. No name of GraphQL has brackets.
const UNREAD: &str = "(unread)";
const ANONYMOUS: &str = "(anonymous)";
const OTHER: &str = "(other)";
/// The outcome of a request that nothing was wrong with.
const OK: &str = "OK";
/// How long nobody has asked for a name that has to go where there is no place left.
const IDLE: TimeDelta = TimeDelta::hours(1);

/// The counts. Clones are one.
#[derive(Clone, Debug)]
pub(super) struct Operations(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    names_max: usize,
    names: RwLock<HashMap<Box<str>, Operation>>,
    /// Refused before an operation was found.
    unread: Operation,
    /// An operation without a name.
    anonymous: Operation,
    /// One whose name has no place.
    other: Operation,
}

/// The requests of one operation.
#[derive(Debug, Default)]
struct Operation {
    /// Nearly all.
    ok: AtomicU64,
    /// The others, by the code of their first error.
    others: Mutex<BTreeMap<&'static str, u64>>,
    is_listed: bool,
    /// Whether it was asked for since the last time that the numbers were read, and when that was last so.
    used: AtomicBool,
    used_at: DateTime<Utc>,
}

impl Operations {
    /// Counts that tell so many names apart.
    pub(super) fn new(names_max: usize) -> Self {
        let (unread, anonymous, other) = Default::default();
        Self(Arc::new(Counts { names_max, names: RwLock::default(), unread, anonymous, other }))
    }

    /// Gives these names places, as far as there are any.
    pub(super) fn list<'n>(&self, names: impl Iterator<Item = &'n str>) {
        let mut places = self.0.names.write().unwrap_or_else(PoisonError::into_inner);
        for name in names.filter(|name| name.len() <= OPERATION_CHARS_MAX) {
            if places.len() < self.0.names_max {
                places.insert(name.into(), Operation { is_listed: true, ..Operation::default() });
            }
        }
    }

    /// Counts one request, by the code of its first error where it had one.
    pub(super) fn count(&self, asked: &OperationName, code: Option<&'static str>) {
        match asked {
            OperationName::Unread => self.0.unread.count(code),
            OperationName::Anonymous => self.0.anonymous.count(code),
            OperationName::Named(name) => self.count_named(name, code),
        }
    }

    fn count_named(&self, name: &str, code: Option<&'static str>) {
        let names = self.0.names.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(operation) = names.get(name) {
            return operation.count(code);
        }
        let has_room = names.len() < self.0.names_max;
        drop(names);
        // Whatever is refused costs a client nothing to make up.
        if code.is_some() || name.len() > OPERATION_CHARS_MAX || !has_room {
            return self.0.other.count(code);
        }
        let mut names = self.0.names.write().unwrap_or_else(PoisonError::into_inner);
        // Others may have been here in between.
        if names.len() < self.0.names_max || names.contains_key(name) {
            names.entry(name.into()).or_default().count(code);
        } else {
            self.0.other.count(code);
        }
    }

    /// Where there is no place left, lets names go that were not asked for lately. It is called whenever the numbers are read.
    pub(super) fn make_room(&self, now: DateTime<Utc>) {
        let mut names = self.0.names.write().unwrap_or_else(PoisonError::into_inner);
        for operation in names.values_mut() {
            if std::mem::take(operation.used.get_mut()) {
                operation.used_at = now;
            }
        }
        if names.len() >= self.0.names_max {
            names.retain(|_, operation| operation.is_listed || now - operation.used_at < IDLE);
        }
    }
}

impl Operation {
    fn count(&self, code: Option<&'static str>) {
        // Read first: all threads may read at once.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        match code {
            None => {
                self.ok.fetch_add(1, Ordering::Relaxed);
            }
            Some(code) => *self.others.lock().unwrap_or_else(PoisonError::into_inner).entry(code).or_default() += 1,
        }
    }

    fn encode(&self, name: &str, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
        let mut write = |outcome: &str, count: u64| {
            let labels = [("operation", name), ("outcome", outcome)];
            ConstCounter::new(count).encode(encoder.encode_family(&labels)?)
        };
        write(OK, self.ok.load(Ordering::Relaxed))?;
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.iter().try_for_each(|(code, count)| write(code, *count))
    }
}

impl EncodeMetric for Operations {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let Counts { names, unread, anonymous, other, .. } = &*self.0;
        for (name, operation) in [(UNREAD, unread), (ANONYMOUS, anonymous), (OTHER, other)] {
            operation.encode(name, &mut encoder)?;
        }
        let names = names.read().unwrap_or_else(PoisonError::into_inner);
        names.iter().try_for_each(|(name, operation)| operation.encode(name, &mut encoder))
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}
