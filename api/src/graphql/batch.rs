//! What the things of one list need from the database is read together: one look for all of them, not one each.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::PoisonError;

use crate::error::Result;

/// What one request has asked the database for, by key.
pub(super) struct Batch<K, V> {
    asked: std::sync::Mutex<Vec<K>>,
    done: tokio::sync::Mutex<HashMap<K, Result<V>>>,
}

impl<K, V> Default for Batch<K, V> {
    fn default() -> Self {
        Self { asked: std::sync::Mutex::default(), done: tokio::sync::Mutex::default() }
    }
}

impl<K: Copy + Eq + Hash, V: Clone> Batch<K, V> {
    /// What belongs to a key; none where nothing does. Keys that are asked for together are read together.
    pub(super) async fn of<F>(&self, key: K, read: impl FnOnce(Vec<K>) -> F) -> Result<Option<V>>
    where
        F: Future<Output = Result<HashMap<K, Result<V>>>>,
    {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(key);
        // The others of the same list have their turn to ask before the first of them reads.
        tokio::task::yield_now().await;
        let mut done = self.done.lock().await;
        if !done.contains_key(&key) {
            let mut asked = std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner));
            asked.retain(|key| !done.contains_key(key));
            match read(asked.clone()).await {
                Ok(found) => done.extend(found),
                // Whoever asked with this one shares its failure: tried in turn, they would wait longer than anybody should.
                Err(problem) => done.extend(asked.iter().map(|key| (*key, Err(problem.clone())))),
            }
        }
        done.get(&key).cloned().transpose()
    }
}
