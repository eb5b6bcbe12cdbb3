//! A waiting room with one place for each key, where the newer sends the older away.
//!
//! Bounded by the number of kiosks: nobody ever waits to put something in, and nothing but what is
//! out of date is dropped.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// One value for each key, taken out in the order of keys.
#[derive(Debug)]
pub(super) struct Newest<K, V> {
    waiting: Mutex<BTreeMap<K, V>>,
    rung: Notify,
}

impl<K: Ord, V> Newest<K, V> {
    pub(super) fn new() -> Self {
        Self {
            waiting: Mutex::new(BTreeMap::new()),
            rung: Notify::new(),
        }
    }

    /// Puts `value` in, unless `outdated` says that the one there is the newer.
    pub(super) fn put(&self, key: K, value: V, outdated: impl FnOnce(&V, &V) -> bool) {
        let mut waiting = self.lock();
        match waiting.get(&key) {
            Some(there) if outdated(&value, there) => return,
            _ => waiting.insert(key, value),
        };
        drop(waiting);
        self.rung.notify_one();
    }

    /// Waits for one. Only one task may wait.
    pub(super) async fn next(&self) -> (K, V) {
        loop {
            if let Some(first) = self.lock().pop_first() {
                return first;
            }
            self.rung.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, V>> {
        // A map is whole after any panic here: nothing is done while it is locked but one step.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newer_takes_the_place_of_the_older() {
        let room = Newest::new();
        for number in [3, 7, 5] {
            room.put("k-1", number, |new, there| new < there);
        }
        room.put("k-0", 1, |_, _| false);
        assert_eq!(room.next().await, ("k-0", 1));
        assert_eq!(room.next().await, ("k-1", 7));
    }

    #[tokio::test]
    async fn an_empty_room_lets_wait() {
        let room = Newest::<u8, u8>::new();
        let mut waiting = std::pin::pin!(room.next());
        let a_moment = std::time::Duration::from_millis(20);
        let waited = tokio::time::timeout(a_moment, waiting.as_mut()).await;
        assert!(waited.is_err());
        room.put(1, 2, |_, _| false);
        assert_eq!(waiting.await, (1, 2));
    }
}
