//! Looking back: a record's hash, to be compared with the one that central holds, and records that central
//! had and lost.

use kiosk_wire::Record;

use crate::layout;
use crate::store::Shared;
use crate::{Store, StoreError};

impl Store {
    /// The hash of a durable record; `None` where this store does not hold it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`]; [`StoreError::Record`] where it is damaged.
    pub async fn record_hash(&self, number: u64) -> Result<Option<[u8; 32]>, StoreError> {
        self.aside(move |shared| Ok(shared.held(number)?.map(|record| record.hash)))
            .await
    }

    /// The records above `after`, acknowledged or not, as [`Store::outbox`] gives them; none where the first was let go.
    ///
    /// # Errors
    ///
    /// As for [`Store::record_hash`].
    pub async fn held_after(&self, after: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        self.aside(move |shared| match shared.held(after.saturating_add(1))? {
            Some(_) => shared.outbox(after, limit),
            None => Ok(Vec::new()),
        })
        .await
    }
}

impl Shared {
    fn held(&self, number: u64) -> Result<Option<Record>, StoreError> {
        match number <= self.newest() && self.log.get(&layout::record(number))?.is_some() {
            true => self.record(number).map(Some),
            false => Ok(None),
        }
    }
}
