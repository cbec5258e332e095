//! What is kept in memory to be given again, bounded by its bytes: what was used least lately goes first.

use std::hash::Hash;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};

/// So many of the largest entries fit into a part that is locked by itself.
const LARGEST_A_PART: usize = 8;
/// What an entry takes besides its own bytes: its place in the table and the list, and what the allocator adds.
const ENTRY_BYTES: usize = 256;
/// How large an entry is taken to be where only their number is to be guessed.
const USUAL_BYTES: usize = 4 * 1024;

/// A thing that knows about how many bytes it takes.
pub(super) trait Bytes {
    fn bytes(&self) -> usize;
}

/// Keeps values by key, up to so many bytes. The hash of keys is seeded anew in each process.
pub(super) struct Bounded<K, V> {
    each_max: usize,
    cache: Option<Cache<K, V, ByBytes>>,
}

#[derive(Clone)]
struct ByBytes;

impl<K: Bytes, V: Bytes> Weighter<K, V> for ByBytes {
    fn weight(&self, key: &K, value: &V) -> u64 {
        u64::try_from(weight(key, value)).unwrap_or(u64::MAX)
    }
}

fn weight(key: &impl Bytes, value: &impl Bytes) -> usize {
    key.bytes() + value.bytes() + ENTRY_BYTES
}

impl<K: Bytes + Hash + Eq, V: Bytes + Clone> Bounded<K, V> {
    /// Room for so many bytes; 0 keeps nothing. One entry may take as much as lets so many of its size fit, so that a few large ones do not drive
    /// out all others. The more may fit, the more parts are locked apart, so that threads seldom meet.
    pub(super) fn new(bytes_max: usize, entries_min: usize) -> Self {
        let options = OptionsBuilder::new()
            .shards(entries_min / LARGEST_A_PART)
            .estimated_items_capacity(bytes_max / USUAL_BYTES)
            .weight_capacity(u64::try_from(bytes_max).unwrap_or(u64::MAX))
            .build();
        let make =
            |options| Cache::with_options(options, ByBytes, DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self { each_max: bytes_max / entries_min, cache: options.ok().filter(|_| bytes_max > 0).map(make) }
    }

    /// Whether anything is ever kept.
    pub(super) fn is_on(&self) -> bool {
        self.cache.is_some()
    }

    /// The value of a key, if it is kept.
    pub(super) fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        self.cache.as_ref()?.get(key)
    }

    /// Keeps a value, unless it is too large a part of the whole.
    pub(super) fn keep(&self, key: K, value: V) {
        if let Some(cache) = self.cache.as_ref().filter(|_| weight(&key, &value) <= self.each_max) {
            cache.insert(key, value);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        if let Some(cache) = &self.cache {
            cache.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Bytes for u32 {
        fn bytes(&self) -> usize {
            4
        }
    }

    impl Bytes for String {
        fn bytes(&self) -> usize {
            self.len()
        }
    }

    #[test]
    fn whatever_comes_it_stays_within_its_bytes() {
        let kept = Bounded::<u32, String>::new(1024 * 1024, 64);
        for key in 0..20_000 {
            kept.keep(key, "x".repeat(1 + usize::try_from(key).unwrap() % 2_000));
        }
        let cache = kept.cache.as_ref().unwrap();
        assert!(cache.weight() <= 1024 * 1024, "{}", cache.weight());
        assert!(cache.len() > 500, "{}", cache.len());
        assert_eq!(kept.get(&19_999), Some("x".repeat(1 + 19_999 % 2_000)));
        kept.clear();
        assert_eq!((kept.get(&19_999), cache.weight()), (None, 0));
    }

    #[test]
    fn what_is_too_large_a_part_is_not_kept() {
        let kept = Bounded::<u32, String>::new(64 * 1024, 64);
        kept.keep(1, "x".repeat(1024 - 4 - ENTRY_BYTES));
        kept.keep(2, "x".repeat(1024 - 4 - ENTRY_BYTES + 1));
        assert!(kept.get(&1).is_some() && kept.get(&2).is_none());
        let nothing = Bounded::<u32, String>::new(0, 64);
        nothing.keep(1, String::new());
        assert!(!nothing.is_on() && nothing.get(&1).is_none());
    }
}
