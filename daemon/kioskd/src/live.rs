//! Sync as the daemon starts it, and what it is told live.

use std::sync::Arc;

use anyhow::Context;
use kiosk_session::Effect;
use kiosk_store::Store;
use kiosk_sync::{
    BackoffConfig, CentralsWord, Endpoint, Handler, Limits, LinkState, LiveEvents, Sync,
    SyncConfig, SyncHandle, SyncState,
};
use kiosk_wire::{CloudEvent, EventKind, KioskId, SessionNews, TenantId};
use rand::SeedableRng;
use tokio::sync::watch;
use uuid::Uuid;

use crate::clock::{Clock, SystemClock};
use crate::config::{Central, Config, Mqtt};
use crate::metrics::SyncGauge;
use crate::service::{Told, status_name};

/// Starts sync as the config says, or none where nothing leaves this kiosk.
pub fn start_sync(
    config: &Config,
    store: &Store,
    handlers: Vec<Arc<dyn Handler>>,
) -> anyhow::Result<Option<SyncHandle>> {
    let Some(wanted) = &config.sync else {
        return Ok(None);
    };
    let central = &wanted.central;
    let settings = SyncConfig {
        kiosk: config.kiosk.id.parse().context("[kiosk] id")?,
        tenant: config.kiosk.tenant.parse().context("[kiosk] tenant")?,
        central: Endpoint::from_https_url(&central.url).context("[sync.central] url")?,
        central_key: public_key(central)?,
        broker: wanted.mqtt.as_ref().map(broker),
        records_by: wanted.records_by,
        identity: kiosk_pki::TlsFiles {
            authority: central.ca.clone(),
            certificate: central.certificate.clone(),
            key: central.key.clone(),
        },
        word: word(config, handlers)?,
        limits: Limits {
            bytes_a_second: central.kib_a_second.map(|kib| kib.saturating_mul(1024)),
            ..Limits::default()
        },
        backoff: BackoffConfig {
            longest: central.retry_at_most,
            ..BackoffConfig::default()
        },
    };
    let clock = Arc::new(|| SystemClock.now());
    let rng = rand::rngs::StdRng::from_os_rng();
    let started = Sync::start(settings, store.clone(), clock, rng)?;
    Ok(Some(started))
}

fn public_key(central: &Central) -> anyhow::Result<kiosk_wire::CentralPublicKey> {
    let text = std::fs::read_to_string(&central.public_key).with_context(|| {
        format!(
            "[sync.central] public_key: {} can't be read",
            central.public_key.display()
        )
    })?;
    text.parse().context("[sync.central] public_key")
}

fn word(config: &Config, handlers: Vec<Arc<dyn Handler>>) -> anyhow::Result<Option<CentralsWord>> {
    let Some(commands) = config.sync.as_ref().and_then(|sync| sync.commands.as_ref()) else {
        return Ok(None);
    };
    let file = &commands.public_key;
    let text = std::fs::read_to_string(file).with_context(|| {
        format!(
            "[sync.commands] public_key: {} can't be read",
            file.display()
        )
    })?;
    Ok(Some(CentralsWord {
        key: text.parse().context("[sync.commands] public_key")?,
        folder: config.kiosk.state_folder.join("central"),
        handlers,
    }))
}

fn broker(mqtt: &Mqtt) -> Endpoint {
    Endpoint {
        host: mqtt.host.clone(),
        port: mqtt.port,
    }
}

/// How sync stands, in a word or two, for health answers.
pub fn words(state: Option<&watch::Receiver<SyncState>>) -> String {
    match state.map(|state| state.borrow().records.clone()) {
        None => "off".into(),
        Some(LinkState::Online { .. }) => "online".into(),
        Some(LinkState::Waiting { why, .. }) => format!("waiting: {why}"),
    }
}

/// The same for the metrics.
pub fn gauge(state: Option<&watch::Receiver<SyncState>>) -> SyncGauge {
    match state {
        None => SyncGauge::Off,
        Some(state) if state.borrow().records.is_online() => SyncGauge::Online,
        Some(_) => SyncGauge::Waiting,
    }
}

/// Tells what happened as live events.
#[derive(Debug, Clone)]
pub struct Speaker {
    tenant: TenantId,
    kiosk: KioskId,
    live: Option<LiveEvents>,
}

impl Speaker {
    /// A speaker; without sync there is nobody to tell.
    pub fn new(config: &Config, sync: Option<&SyncHandle>) -> anyhow::Result<Self> {
        Ok(Self {
            tenant: config.kiosk.tenant.parse().context("[kiosk] tenant")?,
            kiosk: config.kiosk.id.parse().context("[kiosk] id")?,
            live: sync.map(SyncHandle::live),
        })
    }

    /// Puts one event on its way.
    pub fn say(&self, told: &Told) {
        let Some(live) = &self.live else { return };
        let (kind, status) = match told.effect {
            Effect::TellCreated => (EventKind::Created, None),
            Effect::TellDocument => (EventKind::Advanced, None),
            Effect::TellDecided(status) => {
                (EventKind::Decided, Some(status_name(status).to_owned()))
            }
            Effect::TellExpired => (EventKind::Expired, None),
            Effect::TellCancelled => (EventKind::Cancelled, None),
        };
        let news = SessionNews {
            number: told.number,
            state: told.state.to_owned(),
            status,
        };
        let from = (&self.tenant, &self.kiosk);
        let event =
            CloudEvent::of_session(Uuid::new_v4(), from, kind, told.at, told.session.0, news);
        live.put(&event);
    }
}
