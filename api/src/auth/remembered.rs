//! Tokens whose signature was good, so that it is checked once and not with every request. Time and client are none of its business: they are
//! looked at anew each time.
//!
//! A token is looked up by a hash of its end, which for all signatures that are accepted is as good as random, and counts as found only where all of
//! it is the same. That comparison ends at the first byte that differs, so its time could tell how far a guess is right. But it is reached only where
//! the hash is that of a good token: by the end of that token, which nobody has who has not the whole, or by chance. The hash is keyed, by a key that
//! is drawn when the process starts and never leaves it, so nobody can search for a text with a wanted hash either.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError, RwLock};

/// So many are remembered; when there are more, all are forgotten and checked again.
const TOKENS_MAX: usize = 4_096;
/// Characters of a token's end that are hashed. They stand for 48 bytes of its signature, which has 64 or more.
const END_CHARACTERS: usize = 64;

/// What is known of tokens.
pub(super) struct Remembered<V> {
    key: RandomState,
    known: RwLock<HashMap<u64, Known<V>>>,
}

struct Known<V> {
    token: Box<str>,
    value: Arc<V>,
}

impl<V> Remembered<V> {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self { key: RandomState::new(), known: RwLock::default() }
    }

    /// What is known of a token.
    pub(super) fn find(&self, token: &str) -> Option<Arc<V>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&self.hash(token)).filter(|known| *known.token == *token).map(|known| known.value.clone())
    }

    /// Remembers it of a token. Of two with one hash the later one stays.
    pub(super) fn keep(&self, token: &str, value: Arc<V>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TOKENS_MAX {
            known.clear();
        }
        known.insert(self.hash(token), Known { token: token.into(), value });
    }

    fn hash(&self, token: &str) -> u64 {
        let bytes = token.as_bytes();
        self.key.hash_one(bytes.last_chunk::<END_CHARACTERS>().map_or(bytes, |end| end.as_slice()))
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.read().unwrap().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_token_is_found() {
        let remembered = Remembered::new();
        let end = "s".repeat(END_CHARACTERS);
        let token = format!("head.claims.{end}");
        remembered.keep(&token, Arc::new(1));
        remembered.keep("short", Arc::new(2));
        for (text, expect) in [
            (token.as_str(), Some(1)),
            ("short", Some(2)),
            // The same hash, since the end is the same.
            (&format!("heed.claims.{end}"), None),
            (&format!("xhead.claims.{end}"), None),
            (&end, None),
            (&token[1..], None),
            (&format!("{token}s"), None),
            ("shorn", None),
            ("", None),
        ] {
            assert_eq!(remembered.find(text).as_deref(), expect.as_ref(), "{text}");
        }
    }

    #[test]
    fn their_number_is_bounded() {
        let remembered = Remembered::new();
        for number in 0..=TOKENS_MAX {
            remembered.keep(&number.to_string(), Arc::new(number));
        }
        assert_eq!((remembered.len(), remembered.find("0")), (1, None));
        assert_eq!(remembered.find(&TOKENS_MAX.to_string()).as_deref(), Some(&TOKENS_MAX));
    }
}
