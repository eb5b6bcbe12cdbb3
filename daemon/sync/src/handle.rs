//! Starting and stopping: two tasks, one handle.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kiosk_store::Store;
use kiosk_wire::CloudEvent;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::config::SyncConfig;
use crate::error::SyncError;
use crate::evidence::EvidenceRun;
use crate::hints::{HintSender, hints};
use crate::link::Link;
use crate::live::{Live, Topics};
use crate::records::Pump;
use crate::state::{Board, SyncState};

/// The way to central; [`Sync::start`] sets it going.
#[derive(Debug)]
pub struct Sync;

/// Running sync. Dropped, it stops without taking leave; [`SyncHandle::shutdown`] is the orderly way.
#[derive(Debug)]
pub struct SyncHandle {
    state: watch::Receiver<SyncState>,
    live: LiveEvents,
    nudge: Arc<Notify>,
    stop: watch::Sender<bool>,
    stop_within: Duration,
    tasks: Vec<(&'static str, JoinHandle<()>)>,
}

/// Takes live events; clones go to whoever has some. Never waits: the newest win.
#[derive(Debug, Clone)]
pub struct LiveEvents(HintSender<Bytes>);

impl Sync {
    /// Starts both transports on the current tokio runtime. Certificates are read at each connection,
    /// so what is wrong with them shows in the state and can be mended while it runs.
    ///
    /// `clock` tells the time of day; `rng` spreads the waits.
    pub fn start(config: SyncConfig, store: Store, clock: Clock, mut rng: StdRng) -> SyncHandle {
        let (board, state) = Board::new(Arc::clone(&clock), config.broker.is_some());
        let (stop, stopped) = watch::channel(false);
        let (sender, receiver) = hints(config.limits.live_queue);
        let nudge = Arc::new(Notify::new());
        let stop_within = config.limits.stop;
        let live = live(&config, &store, &board, &clock, &mut rng);
        let pump = pump(config, store, board, clock, rng, Arc::clone(&nudge));
        let mut tasks = vec![("records", tokio::spawn(pump.run(stopped.clone())))];
        if let Some(live) = live {
            tasks.push(("live events", tokio::spawn(live.run(receiver, stopped))));
        }
        SyncHandle {
            state,
            live: LiveEvents(sender),
            nudge,
            stop,
            stop_within,
            tasks,
        }
    }
}

fn live(
    config: &SyncConfig,
    store: &Store,
    board: &Board,
    clock: &Clock,
    rng: &mut StdRng,
) -> Option<Live> {
    Some(Live {
        broker: config.broker.clone()?,
        files: config.identity.clone(),
        limits: config.limits,
        topics: Topics::of(&config.tenant, &config.kiosk)?,
        store: store.clone(),
        board: board.clone(),
        clock: Arc::clone(clock),
        backoff: Backoff::new(config.backoff),
        rng: StdRng::seed_from_u64(rng.random()),
    })
}

fn pump(
    config: SyncConfig,
    store: Store,
    board: Board,
    clock: Clock,
    rng: StdRng,
    nudge: Arc<Notify>,
) -> Pump {
    Pump {
        kiosk: config.kiosk,
        central_key: config.central_key,
        link: Link::new(config.central, config.identity, config.limits, clock),
        evidence: EvidenceRun::default(),
        store,
        limits: config.limits,
        board,
        backoff: Backoff::new(config.backoff),
        rng,
        nudge,
        lacks: None,
    }
}

impl SyncHandle {
    /// The state, and each change of it.
    pub fn state(&self) -> watch::Receiver<SyncState> {
        self.state.clone()
    }

    /// Where live events are put in.
    pub fn live(&self) -> LiveEvents {
        self.live.clone()
    }

    /// Central is tried at once instead of after the present wait; for a network that has changed.
    pub fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Whether every task still runs. They end only by being told to, or by a fault of this program.
    pub fn is_running(&self) -> bool {
        self.tasks.iter().all(|(_, task)| !task.is_finished())
    }

    /// Says `offline` to the broker and stops, in at most twice [`Limits::stop`](crate::Limits::stop).
    ///
    /// # Errors
    ///
    /// [`SyncError::Stragglers`] names what had to be cut off.
    pub async fn shutdown(mut self) -> Result<(), SyncError> {
        self.stop.send_replace(true);
        let mut stragglers = Vec::new();
        let end = tokio::time::Instant::now() + self.stop_within * 2;
        for (name, task) in &mut self.tasks {
            if tokio::time::timeout_at(end, &mut *task).await.is_err() {
                task.abort();
                stragglers.push(*name);
            }
        }
        if stragglers.is_empty() {
            Ok(())
        } else {
            Err(SyncError::Stragglers(stragglers.join(" and ")))
        }
    }
}

impl Drop for SyncHandle {
    fn drop(&mut self) {
        for (_, task) in &self.tasks {
            task.abort();
        }
    }
}

impl LiveEvents {
    /// Puts one event on its way, without waiting and without a promise: while the broker is away
    /// only the newest are kept. It must carry no personal data.
    pub fn put(&self, event: &CloudEvent) {
        match serde_json::to_vec(event) {
            Ok(bytes) => self.0.put(bytes.into()),
            Err(error) => tracing::warn!(%error, "a live event could not be written as JSON"),
        }
    }
}
