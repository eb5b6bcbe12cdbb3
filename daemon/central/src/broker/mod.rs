//! MQTT: acknowledgements out, what kiosks say of themselves in. Hints both ways, never records.
//!
//! ```text
//!  records stored ──► newest acknowledgement of each kiosk ──QoS 1──► kiosk/v1/{tenant}/{kiosk}/ack
//!  kiosk/v1/+/+/status|events ──► newest word of each kiosk ──► ledger
//! ```
//!
//! A connection that breaks is made anew after a pause with full jitter, with the certificate files
//! read again. What was on its way then is lost, and harmless: the kiosk has been answered by HTTPS,
//! and asks there. Acknowledgements are not retained: one of a central that has lost its database
//! must never be heard later. Whose topic it is, the broker's rights say, by certificate.

mod link;
mod newest;

use std::sync::Arc;

use kiosk_pki::TlsFiles;
use kiosk_wire::{Acknowledgement, KioskId, TenantId};
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{Clock, unix_ms};
use crate::config::BrokerConfig;
use crate::ledger::{Ledger, Word};
use newest::Newest;

/// Whether central is connected to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BrokerState {
    /// The configuration names no broker.
    NotConfigured,
    /// Connected, subscriptions asked for.
    Connected,
    /// Not connected; tried again and again.
    Disconnected,
}

type Acks = Newest<(TenantId, KioskId), Acknowledgement>;
/// The third says which kind of word: one place for each.
type Words = Newest<(TenantId, KioskId, u8), Word>;

/// Central's side of the broker.
#[derive(Debug, Clone)]
pub(crate) struct Broker {
    acks: Arc<Acks>,
    state: watch::Receiver<BrokerState>,
}

impl Broker {
    /// Starts talking to the broker, for as long as the tasks are not aborted.
    pub(crate) fn start(
        config: BrokerConfig,
        files: TlsFiles,
        clock: Clock,
        ledger: Arc<Ledger>,
    ) -> (Self, [JoinHandle<()>; 2]) {
        let (state, watched) = watch::channel(BrokerState::Disconnected);
        let (acks, words) = (Arc::new(Acks::new()), Arc::new(Words::new()));
        let link = link::Link {
            config,
            files,
            clock: Arc::clone(&clock),
            acks: Arc::clone(&acks),
            words: Arc::clone(&words),
            state,
        };
        let tasks = [
            tokio::spawn(link.run()),
            tokio::spawn(note(words, ledger, clock)),
        ];
        let broker = Self {
            acks,
            state: watched,
        };
        (broker, tasks)
    }

    /// Tells a kiosk what is durable, as soon as there is a connection. Never waits.
    pub(crate) fn acknowledge(&self, tenant: &TenantId, told: &Acknowledgement) {
        let whose = (tenant.clone(), told.kiosk.clone());
        self.acks.put(whose, told.clone(), |new, waiting| {
            new.durable < waiting.durable
        });
    }

    /// Whether there is a connection.
    pub(crate) fn state(&self) -> BrokerState {
        *self.state.borrow()
    }
}

/// Writes what was heard to the database.
async fn note(words: Arc<Words>, ledger: Arc<Ledger>, clock: Clock) {
    loop {
        let ((tenant, kiosk, _), word) = words.next().await;
        let now_ms = unix_ms(clock());
        if let Err(error) = ledger.hear(&tenant, &kiosk, &word, now_ms).await {
            tracing::warn!(%error, "a kiosk's status could not be noted; its next one may be");
        }
    }
}
