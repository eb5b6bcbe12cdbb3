//! `diagnostics`: how this kiosk stands, in numbers that say nothing of anybody.

use async_trait::async_trait;
use kiosk_store::Store;
use kiosk_sync::{Handler, Progress};
use kiosk_wire::{Command, Outcome};
use serde_json::json;

use crate::config::Config;

/// Tells of store and build.
pub struct Diagnostics {
    store: Store,
    policy: String,
    begun: tokio::time::Instant,
}

impl Diagnostics {
    /// Of a kiosk that begins now.
    pub fn new(config: &Config, store: Store) -> Self {
        Self {
            store,
            policy: config.policy.name.clone(),
            begun: tokio::time::Instant::now(),
        }
    }
}

#[async_trait]
impl Handler for Diagnostics {
    fn kind(&self) -> &'static str {
        "diagnostics"
    }

    async fn carry_out(&self, _: &Command) -> Progress {
        let stats = self.store.stats();
        let waiting = self
            .store
            .evidence_outbox(1000)
            .await
            .map(|pieces| pieces.len());
        Progress::Ended(Outcome::Done(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "policy": self.policy,
            "up_s": self.begun.elapsed().as_secs(),
            "store": {
                "newest": stats.newest,
                "acknowledged": stats.acknowledged,
                "used_bytes": stats.used_bytes,
                "max_bytes": stats.max_bytes,
                "writable": self.store.is_writable(),
                // Up to 1,000; null where it could not be read.
                "evidence_waiting": waiting.ok(),
            },
        })))
    }
}
