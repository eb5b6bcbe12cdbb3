//! One lock a session, for as long as somebody holds or awaits it: sessions never wait for each other.
//!
//! A fixed table of locks that sessions share was the wrong thing here: with 64 sessions under way and 64 locks, a new session waited for
//! two or three foreign commits (`docs/benchmarks/api.md`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use kiosk_session::SessionId;
use tokio::sync::{Mutex as SessionLock, OwnedMutexGuard};

/// The locks that are in use, and some that were: those go before the table would grow.
#[derive(Default)]
pub(super) struct Locks(Mutex<HashMap<SessionId, Weak<SessionLock<()>>>>);

impl Locks {
    /// Waits until the session is nobody else's.
    pub(super) async fn hold(&self, id: SessionId) -> OwnedMutexGuard<()> {
        self.of(id).lock_owned().await
    }

    fn of(&self, id: SessionId) -> Arc<SessionLock<()>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = known.get(&id).and_then(Weak::upgrade) {
            return lock;
        }
        if known.len() == known.capacity() {
            known.retain(|_, lock| lock.strong_count() > 0);
        }
        let lock = Arc::default();
        known.insert(id, Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> SessionId {
        SessionId(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn a_session_is_held_by_one_and_waits_for_no_other() {
        let locks = Locks::default();
        let first = locks.hold(id(1)).await;
        let _other = locks.hold(id(1 << 64)).await;
        let again = locks.of(id(1));
        assert!(again.try_lock().is_err(), "one session, one lock");
        drop(first);
        assert!(again.try_lock().is_ok());
    }

    #[tokio::test]
    async fn locks_that_nobody_holds_go_and_those_that_are_held_stay() {
        let locks = Locks::default();
        let held = locks.hold(id(0)).await;
        for number in 1..100_000 {
            drop(locks.hold(id(number)).await);
        }
        let known = locks.0.lock().unwrap().len();
        assert!(known < 64, "{known} kept");
        assert!(locks.of(id(0)).try_lock().is_err());
        drop(held);
    }
}
