//! Allowances of requests a minute: one for each client at `/graphql`, one for each network address where tokens are granted.
//!
//! The number of keys remembered is bounded: past it, keys that are idle are forgotten, and new ones share one allowance.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::{DashMapStateStore, ShrinkableKeyedStateStore};
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use crate::error::{Error, Result};
use crate::graphql::RateLimit;

const SECONDS_A_MINUTE: u64 = 60;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// By the name of the client.
pub(super) type ClientAllowance = Allowance<Arc<str>>;
/// By the address of the connection; of an IPv6 address the network, since one subscriber has all of it.
pub(super) type AddressAllowance = Allowance<IpAddr>;

type Limiter<K> = RateLimiter<K, Bounded<K>, DefaultClock, StateInformationMiddleware>;

/// What each key has used, and what those have used together for which there was no room. To count the keys takes a look into every part of the map,
/// so it is done for new ones only.
struct Bounded<K: Hash + Eq> {
    keys_max: usize,
    own: DashMapStateStore<K>,
    shared: InMemoryState,
    /// Whether a key found no room since this was last looked at.
    crowded: Arc<AtomicBool>,
}

/// What was counted, and what comes of it.
pub(super) struct Counted {
    /// The error where the allowance is used up.
    pub(super) refused: Option<Error>,
    /// What is left; none where there is no limit.
    pub(super) left: Option<RateLimit>,
}

/// Requests a minute for each key.
pub(super) struct Allowance<K: Hash + Eq + Clone> {
    per_minute: u32,
    crowded: Arc<AtomicBool>,
    limiter: Option<Limiter<K>>,
}

impl<K: Hash + Eq + Clone> Allowance<K> {
    /// So many requests a minute, all of which may come at once; 0 is no limit.
    pub(super) fn new(per_minute: u32, keys_max: usize) -> Self {
        let crowded = Arc::<AtomicBool>::default();
        let (own, shared) = (DashMapStateStore::default(), InMemoryState::default());
        let states = Bounded { keys_max, own, shared, crowded: crowded.clone() };
        let quota = NonZeroU32::new(per_minute).map(Quota::per_minute);
        let limiter = quota.map(|quota| RateLimiter::new(quota, states, DefaultClock::default()));
        Self { per_minute, crowded, limiter }
    }

    /// Counts one request of a key.
    pub(super) fn count(&self, key: &K) -> Counted {
        let Some(limiter) = &self.limiter else { return Counted { refused: None, left: None } };
        // Forgetting takes a walk over all keys, so it is done only when there are too many.
        if self.crowded.load(Ordering::Relaxed) && self.crowded.swap(false, Ordering::Relaxed) {
            limiter.retain_recent();
        }
        match limiter.check_key(key) {
            Ok(state) => Counted { refused: None, left: Some(self.left(state.remaining_burst_capacity())) },
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Counted { refused: Some(Error::RateLimited(seconds.max(1))), left: Some(self.left(0)) }
            }
        }
    }

    fn left(&self, remaining: u32) -> RateLimit {
        let used = u64::from(self.per_minute.saturating_sub(remaining));
        let seconds = (used * SECONDS_A_MINUTE).div_ceil(u64::from(self.per_minute.max(1)));
        RateLimit { limit: self.per_minute, remaining, reset_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
    }
}

impl<K: Hash + Eq + Clone> StateStore for Bounded<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> std::result::Result<T, E>
    where
        F: Fn(Option<Nanos>) -> std::result::Result<(T, Nanos), E>,
    {
        if let Some(state) = self.own.get(key) {
            return state.measure_and_replace(&NotKeyed::NonKey, measure);
        }
        if self.own.len() < self.keys_max {
            return self.own.measure_and_replace(key, measure);
        }
        self.crowded.store(true, Ordering::Relaxed);
        self.shared.measure_and_replace(&NotKeyed::NonKey, measure)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Bounded<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.own.retain_recent(drop_below);
    }

    fn len(&self) -> usize {
        self.own.len()
    }

    fn is_empty(&self) -> bool {
        self.own.is_empty()
    }
}

/// The key of an address.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        IpAddr::V4(_) => address,
    }
}

/// Says in an answer's headers what is left, and when to come back.
pub(super) fn tell(response: &mut HttpResponse, counted: &Counted) {
    let headers = response.headers_mut();
    if let Some(left) = counted.left {
        headers.insert(LIMIT, HeaderValue::from(left.limit));
        headers.insert(REMAINING, HeaderValue::from(left.remaining));
        headers.insert(RESET, HeaderValue::from(left.reset_seconds));
    }
    if let Some(Error::RateLimited(seconds)) = counted.refused {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

impl Counted {
    /// What is left, unless the request is refused.
    pub(super) fn passed(&self) -> Result<Option<RateLimit>> {
        self.refused.clone().map_or(Ok(self.left), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn counts_each_key_apart() {
        let allowance = Allowance::<&str>::new(3, 10);
        let remaining = |key| allowance.count(&key).passed().ok().flatten().map(|left| left.remaining);
        assert_eq!(
            (remaining("a"), remaining("a"), remaining("b"), remaining("a"), remaining("a")),
            (Some(2), Some(1), Some(2), Some(0), None)
        );
        let refused = allowance.count(&"a");
        assert!(matches!(refused.refused, Some(Error::RateLimited(1..=20))), "{:?}", refused.refused);
        assert_eq!(refused.left, Some(RateLimit { limit: 3, remaining: 0, reset_seconds: 60 }));
    }

    #[test]
    fn zero_is_no_limit() {
        let allowance = Allowance::<&str>::new(0, 1);
        assert!((0..1_000).all(|_| matches!(allowance.count(&"a").passed(), Ok(None))));
    }

    #[test]
    fn keys_are_bounded() {
        let allowance = Allowance::<u32>::new(2, 5);
        let passed = (0..100).filter(|key| allowance.count(key).refused.is_none()).count();
        // Five keys of their own, and two requests for all the others together.
        assert_eq!(passed, 7);
        // Who was there before the crowd has what is left of its own.
        let passed = [0, 0, 4, 4, 5].map(|key| allowance.count(&key).refused.is_none());
        assert_eq!(passed, [true, false, true, false, false]);
    }

    #[test]
    fn idle_keys_make_room() {
        // One comes back each tenth of a second, so that whoever has asked once is idle soon.
        let allowance = Allowance::<u32>::new(600, 1);
        let remaining = |key| allowance.count(&key).passed().ok().flatten().map(|left| left.remaining);
        assert_eq!(remaining(1), Some(599));
        let shared = (0..50).filter_map(|_| remaining(2)).min();
        assert!(shared < Some(570), "{shared:?}");
        // A key that nobody shares with has all of an allowance but its own request.
        let deadline = Instant::now() + Duration::from_secs(30);
        while remaining(3) != Some(599) {
            assert!(Instant::now() < deadline, "no key is ever forgotten");
        }
    }

    #[test]
    fn networks() {
        let cases = [("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")];
        for (address, expect) in cases {
            assert_eq!(network(address.parse().unwrap()).to_string(), expect);
        }
    }
}
