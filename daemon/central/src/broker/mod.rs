//! MQTT: acknowledgements out, under central's signature, and in what kiosks say of themselves, and records that don't
//! come by HTTPS.
//!
//! ```text
//!  commands issued ──► newest command of each kiosk ──QoS 1──► kiosk/v1/{tenant}/{kiosk}/commands
//!  records stored ──► newest acknowledgement of each kiosk ──QoS 1──► kiosk/v1/{tenant}/{kiosk}/ack
//!  kiosk/v1/+/+/status|events ──► newest word of each kiosk ──► ledger
//!  kiosk/v1/+/+/records ──► [64] ──► intake: what finds no room is sent again by its kiosk
//! ```
//!
//! A connection that breaks is made anew after a pause with full jitter, with the certificate files
//! read again. What was on its way then is lost, and harmless: a kiosk that is not answered asks by HTTPS, or
//! sends again. Acknowledgements are not retained: one of a central that has lost its database
//! must never be heard later. Whose topic it is, the broker's rights say, by certificate.

mod link;
mod newest;

use std::sync::Arc;

use bytes::Bytes;
use kiosk_pki::TlsFiles;
use kiosk_wire::{Acknowledgement, CommandSecretKey, KioskId, SignedCommand, TenantId};
use serde::Serialize;
use tokio::sync::{mpsc, watch};
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

/// Of a kiosk's commands the newest travels; one that comes before its turn has the kiosk ask by HTTPS.
type Commands = Newest<(TenantId, KioskId), SignedCommand>;
type Acks = Newest<(TenantId, KioskId), Acknowledgement>;
/// The third says which kind of word: one place for each.
type Words = Newest<(TenantId, KioskId, u8), Word>;

/// A batch as it came.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) tenant: TenantId,
    pub(crate) kiosk: KioskId,
    pub(crate) payload: Bytes,
}

/// Batches that wait to be taken.
pub(crate) const ARRIVING: usize = 64;

/// Where the broker is, as whom central goes there, and what it brings back.
#[derive(Debug)]
pub(crate) struct Ways {
    pub(crate) config: BrokerConfig,
    pub(crate) files: TlsFiles,
    /// Signs acknowledgements, where this central was given the key.
    pub(crate) signing: Option<Arc<CommandSecretKey>>,
    pub(crate) arrive: mpsc::Sender<Arrived>,
}

/// Central's side of the broker.
#[derive(Debug, Clone)]
pub(crate) struct Broker {
    acks: Arc<Acks>,
    commands: Arc<Commands>,
    state: watch::Receiver<BrokerState>,
}

impl Broker {
    /// Starts talking to the broker, for as long as the tasks are not aborted.
    pub(crate) fn start(
        ways: Ways,
        clock: Clock,
        ledger: Arc<Ledger>,
    ) -> (Self, [JoinHandle<()>; 2]) {
        let (state, watched) = watch::channel(BrokerState::Disconnected);
        let (acks, words) = (Arc::new(Acks::new()), Arc::new(Words::new()));
        let commands = Arc::new(Commands::new());
        let link = link::Link {
            ways,
            clock: Arc::clone(&clock),
            acks: Arc::clone(&acks),
            commands: Arc::clone(&commands),
            words: Arc::clone(&words),
            state,
        };
        let tasks = [
            tokio::spawn(link.run()),
            tokio::spawn(note(words, Arc::clone(&acks), ledger, clock)),
        ];
        let broker = Self {
            acks,
            commands,
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

    /// Sends a kiosk its newest command, as soon as there is a connection. Never waits.
    pub(crate) fn command(&self, tenant: &TenantId, kiosk: &KioskId, signed: SignedCommand) {
        let whose = (tenant.clone(), kiosk.clone());
        self.commands.put(whose, signed, |_, _| false);
    }

    /// Whether there is a connection.
    pub(crate) fn state(&self) -> BrokerState {
        *self.state.borrow()
    }
}

/// Writes what was heard to the database. A kiosk that comes online is told what is held of it: one that
/// let more go sends it again.
async fn note(words: Arc<Words>, acks: Arc<Acks>, ledger: Arc<Ledger>, clock: Clock) {
    loop {
        let ((tenant, kiosk, _), word) = words.next().await;
        let now_ms = unix_ms(clock());
        if word == Word::Online(true)
            && let Ok(Some(end)) = ledger.end(&kiosk).await
            && end.tenant == tenant
        {
            let told = Acknowledgement::of_records(kiosk.clone(), end.durable, end.head);
            acks.put((tenant.clone(), kiosk.clone()), told, |new, there| {
                new.durable < there.durable
            });
        }
        if let Err(error) = ledger.hear(&tenant, &kiosk, &word, now_ms).await {
            tracing::warn!(%error, "a kiosk's status could not be noted; its next one may be");
        }
    }
}
