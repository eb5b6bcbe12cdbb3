//! Looking back: a record's hash, to be compared with the one that central holds, and records that central
//! had and lost.

use kiosk_wire::{Record, limits};

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

    /// The records after `after` without a gap, acknowledged or not: at most `limit`, and at most
    /// [`limits::BATCH_SEALED_BYTES`] of sealed bytes, but at least one where the first is held.
    ///
    /// # Errors
    ///
    /// As for [`Store::record_hash`].
    pub async fn held_after(&self, after: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        self.aside(move |shared| {
            let mut records = Vec::new();
            let mut bytes = 0;
            for number in (after.saturating_add(1)..).take(limit) {
                let Some(record) = shared.held(number)? else {
                    break;
                };
                bytes += record.sealed.len();
                if bytes > limits::BATCH_SEALED_BYTES && !records.is_empty() {
                    break;
                }
                records.push(record);
            }
            Ok(records)
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
