//! Whether there is room for another session, in the words of health and of the screen.

use kiosk_api::service::{NoRoom, StoreHealth, StoreState};
use kiosk_store::{Store, StoreError};

use super::Service;

/// Said where a write has failed.
const NOT_WRITABLE: &str = "STORE_NOT_WRITABLE";

impl Service {
    /// Why no session can be begun now, as a code for the screen; `None` where one can.
    pub fn turns_away(&self) -> Option<&'static str> {
        match self.store.may_begin() {
            Ok(()) => None,
            Err(StoreError::DiskFull { .. }) => Some(NoRoom::Disk.code()),
            Err(error) if error.is_full() => Some(NoRoom::Store.code()),
            Err(_) => Some(NOT_WRITABLE),
        }
    }
}

/// How the store stands, in the service's words.
pub(super) fn store_health(store: &Store) -> StoreHealth {
    let stats = store.stats();
    let state = match store.may_begin() {
        Ok(()) => StoreState::Ready,
        Err(error) if error.is_full() => StoreState::Full,
        Err(_) => StoreState::NotWritable,
    };
    StoreHealth {
        state,
        used_bytes: stats.used_bytes,
        max_bytes: stats.max_bytes,
    }
}
