//! From a config to a running kiosk, and back in order.
//!
//! ```text
//! start:  store ─► models, analysis ─► sync ─► service, station ─► listeners ─► ready
//! stop:   listeners ─► sweep, live events ─► analysis ─► sync ─► store flushes last
//! ```
//!
//! Each step of the stop has its time; what does not stop in it is named in the log and left behind.

// long file: what is started in order and stopped in order, side by side

use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use kiosk_inference::engine::EngineState;
use kiosk_session::Effect;
use kiosk_store::{RecoveryReport, Store};
use kiosk_sync::SyncHandle;
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};

use crate::analysis::{self, Analyst, Calibrations};
use crate::clock::{Clock, SystemClock};
use crate::command::{self, Bells, trial::Trial};
use crate::config::{Config, WhenFull};
use crate::heap;
use crate::listen::{listen, screens};
use crate::live;
use crate::metrics::Metrics;
use crate::service::{
    Kept, Lists, Service, Told, expire_overdue, let_audit_go, let_go, make_room, mark_synced,
    recall, refresh_lists,
};
use crate::station::{Cameras, Place};
use crate::supervise::Supervisor;

/// How often the heap's free pages go back.
const TEND_EVERY: Duration = Duration::from_secs(10);
/// How often overdue sessions are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// How often it is asked whether a watch list's file has changed.
const LISTS_EVERY: Duration = Duration::from_secs(5);
/// Live events that may wait for sync; when full, the newest is dropped, since they are hints.
const TOLD: usize = 256;
/// Time for listeners and sweep to stop.
const UNITS_WITHIN: Duration = Duration::from_secs(8);
/// Time for the analysis thread to end its job.
const ANALYSIS_WITHIN: Duration = Duration::from_secs(5);
/// Time for the store to flush.
const STORE_WITHIN: Duration = Duration::from_secs(10);

/// A kiosk that runs.
pub struct Running {
    supervisor: Supervisor,
    analysis: JoinHandle<()>,
    sync: Option<SyncHandle>,
    store: Store,
    pub(crate) bells: Bells,
    /// Time for a start that is on trial to prove itself; without central's commands there are no trials.
    prove_within: Option<Duration>,
}

/// Starts everything that the config names.
pub async fn start(config: &Config, trial: &Trial) -> anyhow::Result<Running> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = open_store(config)?;
    let metrics = Metrics::new();
    let (analyst, analysis) = analyst(config, &metrics, &store, clock.now()).await?;
    let (bells, (stands, standing)) = (Bells::default(), watch::channel(Weak::new()));
    let handlers = command::handlers(config, &store, trial, &bells, standing);
    let sync = live::start_sync(config, &store, handlers)?;
    let (told, heard) = mpsc::channel(TOLD);
    let state = sync.as_ref().map(SyncHandle::state);
    let mut supervisor = Supervisor::new();
    let screens = screens(config, &mut supervisor)?;
    let lists = lists(config, &store).await;
    let analyst = Arc::new(analyst);
    keep_analysing(&analyst, &mut supervisor);
    let service = Service::new(
        store.clone(),
        analyst,
        config.policy.clone(),
        Arc::clone(&clock),
        told,
        Box::new(move || live::words(state.as_ref())),
    )?
    .with_cameras(cameras(config, &metrics))
    .with_lists(Arc::clone(&lists))
    .with_preview(screens.as_ref().map(|(_, tokens)| Arc::clone(tokens)))
    .with_webhooks(&config.webhooks)?;
    let service = Arc::new(service);
    let loaded = service.note_loaded(trial.config(), &config.kiosk.tenant);
    loaded.await.context("what was loaded can't be noted")?;
    stands.send_replace(Arc::downgrade(&service));
    listen(
        config,
        &service,
        (&store, sync.as_ref()),
        (&metrics, screens),
        &mut supervisor,
    )
    .await?;
    sweep(config, &service, &store, &mut supervisor);
    keep_up(lists, &mut supervisor);
    look_over(&store, &mut supervisor);
    tend_heap(&mut supervisor);
    tell_tenants(&service, &mut supervisor);
    pass_on(config, heard, sync.as_ref(), metrics, &mut supervisor)?;
    Ok(Running {
        supervisor,
        analysis,
        sync,
        store,
        bells,
        prove_within: prove_within(config),
    })
}

fn prove_within(config: &Config) -> Option<Duration> {
    let commands = config.sync.as_ref()?.commands.as_ref();
    commands.map(|commands| commands.prove_within)
}

/// The analysis thread, which loads the models, and is reminded of the clips that were seen before this start.
async fn analyst(
    config: &Config,
    metrics: &Metrics,
    store: &Store,
    now: OffsetDateTime,
) -> anyhow::Result<(Analyst, JoinHandle<()>)> {
    let (wanted, metrics) = (config.models.clone(), metrics.clone());
    let (calibration, policy) = (config.calibration.clone(), config.policy.clone());
    let store = store.clone();
    let cache = config.kiosk.state_folder.join("engines");
    let loading = Analyst::load(EngineState::Absent, move |tell| {
        let mut lanes = analysis::load(&wanted, &cache, tell)?;
        if lanes.first().pad.is_none() {
            tracing::warn!(
                "the pack has no passive PAD networks: passive PAD is not assessed, and no session is approved"
            );
        }
        for models in lanes.each() {
            models.metrics = metrics.clone();
            models.calibrations = Calibrations::load(&calibration, &models.hashes, &policy)
                .context("the calibration of face matches can't be used")?;
        }
        recall(&store, &mut lanes.first().seen.lock(), now);
        Ok(lanes)
    })?;
    loading.begun().await.context("the models can't be loaded")
}

/// The cameras that the config names, before any was used.
fn cameras(config: &Config, metrics: &Metrics) -> Cameras {
    let named = [
        (Place::Face, &config.cameras.face),
        (Place::Document, &config.cameras.document),
    ];
    for (place, camera) in named {
        if camera.is_some() {
            metrics.cameras().expect(place);
        }
    }
    metrics.cameras().clone()
}

fn open_store(config: &Config) -> anyhow::Result<Store> {
    let key = crate::secrets::device_key(&config.store.device_key)?;
    let settings = crate::secrets::store_config(config)?;
    let (store, report) = Store::open(&settings, key).context("the store can't be opened")?;
    tell(&report);
    Ok(store)
}

/// What recovery found is said once, at start.
fn tell(report: &RecoveryReport) {
    if report.is_clean() {
        tracing::info!(records = report.records, "the store is whole");
    } else {
        tracing::warn!(
            ?report,
            "the store was repaired; what was set aside lies in its quarantine"
        );
    }
}

/// The start believed the store's view as it was settled; beside the first sessions it is added up. Where it does not add
/// up this process ends, and the next start makes it anew.
fn look_over(store: &Store, supervisor: &mut Supervisor) {
    let (store, stop) = (store.clone(), supervisor.stopping());
    supervisor.add("view", move || {
        let (store, mut stop) = (store.clone(), stop.clone());
        async move {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                verified = store.verify_view() => verified?,
            }
            // Fails only where the supervisor is gone.
            let _ = stop.wait_for(|stop| *stop).await;
            Ok(())
        }
    });
}

/// Models that can't be loaded once an engine was built end the process: nothing can be verified without them.
fn keep_analysing(analyst: &Arc<Analyst>, supervisor: &mut Supervisor) {
    let (analyst, stop) = (Arc::clone(analyst), supervisor.stopping());
    supervisor.add("analysis", move || {
        let (analyst, mut stop) = (Arc::clone(&analyst), stop.clone());
        async move {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => Ok(()),
                () = analyst.ended() => anyhow::bail!("no analysis runs; the log says why the models can't be used"),
            }
        }
    });
}

/// What one document took must not stay taken: free pages go back, every while (`docs/benchmarks/soak.md`).
fn tend_heap(supervisor: &mut Supervisor) {
    supervisor.every(TEND_EVERY, "heap", || async {
        tokio::task::spawn_blocking(heap::give_back).await?;
        Ok(())
    });
}

/// The watch lists that the config names, read.
async fn lists(config: &Config, store: &Store) -> Arc<Lists> {
    let lists = Arc::new(Lists::new(config.screening.clone(), store.clone()));
    refresh_lists(&lists).await;
    lists
}

/// Watch lists are read again where their files change.
fn keep_up(lists: Arc<Lists>, supervisor: &mut Supervisor) {
    supervisor.every(LISTS_EVERY, "screening", move || {
        let lists = Arc::clone(&lists);
        async move {
            refresh_lists(&lists).await;
            Ok(())
        }
    });
}

/// Tenants are told of what happens to their sessions.
fn tell_tenants(service: &Arc<Service>, supervisor: &mut Supervisor) {
    let (service, stop) = (Arc::clone(service), supervisor.stopping());
    supervisor.add("webhooks", move || {
        let (webhooks, stop) = (Arc::clone(service.webhooks()), stop.clone());
        async move { webhooks.run(stop).await }
    });
}

/// Overdue sessions expire, delivered ones are marked, old ones are let go.
fn sweep(config: &Config, service: &Arc<Service>, store: &Store, supervisor: &mut Supervisor) {
    let kept = Kept {
        delivered_days: config.store.keep_delivered_days,
        undelivered_days: config.store.keep_undelivered_days,
    };
    let audit_days = config.store.keep_audit_days;
    let when_full = config.store.when_full;
    let parts = (Arc::clone(service), store.clone());
    supervisor.every(SWEEP_EVERY, "sweep", move || {
        let (service, store) = parts.clone();
        async move {
            expire_overdue(&service).await;
            mark_synced(&service, store.acknowledged()).await;
            let_go(&service, store.acknowledged(), kept).await;
            let_audit_go(&service, audit_days).await;
            if when_full == WhenFull::ForgetDelivered {
                make_room(&service, store.acknowledged()).await;
            }
            Ok(())
        }
    });
}

/// What happened goes on to sync as live events.
fn pass_on(
    config: &Config,
    heard: mpsc::Receiver<Told>,
    sync: Option<&SyncHandle>,
    metrics: Metrics,
    supervisor: &mut Supervisor,
) -> anyhow::Result<()> {
    let stop = supervisor.stopping();
    let speaker = live::Speaker::new(config, sync)?;
    let heard = Arc::new(tokio::sync::Mutex::new(heard));
    supervisor.add("live", move || {
        let (heard, speaker, metrics) = (Arc::clone(&heard), speaker.clone(), metrics.clone());
        let mut stop = stop.clone();
        async move {
            let mut heard = heard.lock().await;
            loop {
                tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => return Ok(()),
                    told = heard.recv() => match told {
                        Some(told) => {
                            if let Effect::TellDecided(status) = told.effect {
                                metrics.decided(status);
                            }
                            speaker.say(&told);
                        }
                        None => return Ok(()),
                    },
                }
            }
        }
    });
    Ok(())
}

impl Running {
    /// Waits until a unit has failed for good; gives its name.
    pub async fn failed(&mut self) -> &'static str {
        self.supervisor.failed().await
    }

    /// Proves a start that is on trial: central answers, the store can be written, and the very command that put
    /// the file there is heard again, all within a time; or what is wrong. A file came from central a moment
    /// ago: one that cuts off the way to central, or makes this kiosk deaf to its commands, is not a good one.
    pub fn probe(&self) -> impl Future<Output = Result<(), String>> + Send + 'static {
        let (store, heard) = (self.store.clone(), Arc::clone(&self.bells.heard));
        let state = self.sync.as_ref().map(SyncHandle::state);
        let within = self.prove_within;
        async move {
            let Some((mut state, within)) = state.zip(within) else {
                return Err("no [sync.commands]: this kiosk would hear of central no more".into());
            };
            let end = tokio::time::Instant::now() + within;
            let online = async {
                let online = state.wait_for(|state| state.records.is_online());
                online.await.is_ok()
            };
            match tokio::time::timeout_at(end, online).await {
                Ok(true) => {}
                Ok(false) => return Err("sync has ended".to_owned()),
                Err(_) => return Err(live::words(Some(&state))),
            }
            if tokio::time::timeout_at(end, heard.notified())
                .await
                .is_err()
            {
                return Err("central answers, but its command was not heard".to_owned());
            }
            match store.is_writable() {
                true => Ok(()),
                false => Err("the store cannot be written".to_owned()),
            }
        }
    }

    /// Has sync ask central at once, for what the trial's end has changed.
    pub fn nudge_sync(&self) {
        if let Some(sync) = &self.sync {
            sync.nudge();
        }
    }

    /// Stops everything in order.
    pub async fn stop(self) {
        let Self {
            supervisor,
            analysis,
            sync,
            store,
            bells: _,
            prove_within: _,
        } = self;
        if !supervisor.stop(UNITS_WITHIN).await {
            tracing::warn!(unit = "listeners", "did not stop in its time");
        }
        // The service and with it the last handle on the analysis thread are gone with the units.
        let joined = tokio::task::spawn_blocking(move || analysis.join());
        if tokio::time::timeout(ANALYSIS_WITHIN, joined).await.is_err() {
            tracing::warn!(unit = "analysis", "did not stop in its time");
        }
        if let Some(sync) = sync
            && let Err(error) = sync.shutdown().await
        {
            tracing::warn!(unit = "sync", %error, "did not stop in its time");
        }
        match tokio::time::timeout(STORE_WITHIN, store.close()).await {
            Ok(Ok(())) => tracing::info!("stopped"),
            Ok(Err(error)) => tracing::error!(%error, "the store did not close well"),
            Err(_) => tracing::error!(unit = "store", "did not stop in its time"),
        }
    }
}
