//! Starting and stopping: two tasks, one handle.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kiosk_store::Store;
use kiosk_wire::{CloudEvent, SignedCommand};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::backoff::Backoff;
use crate::by_mqtt::{self, Carried, Carrier};
use crate::clock::Clock;
use crate::command::{Commander, Journal};
use crate::config::{RecordsBy, SyncConfig};
use crate::error::SyncError;
use crate::evidence::EvidenceRun;
use crate::hints::{HintSender, hints};
use crate::link::Link;
use crate::live::{Live, Topics};
use crate::network;
use crate::records::Pump;
use crate::renewal::{self, Renewal};
use crate::state::{Board, SyncState};
use crate::true_clock::TrueClock;
use crate::true_time::TrueTime;

/// The way to central; [`Sync::start`] sets it going.
#[derive(Debug)]
pub struct Sync;

/// Running sync. Dropped, it stops without taking leave; [`SyncHandle::shutdown`] is the orderly way.
#[derive(Debug)]
pub struct SyncHandle {
    state: watch::Receiver<SyncState>,
    live: LiveEvents,
    nudges: Nudges,
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
    ///
    /// # Errors
    ///
    /// [`SyncError::Journal`]; [`SyncError::NoWayByMqtt`].
    pub fn start(
        config: SyncConfig,
        store: Store,
        clock: Clock,
        mut rng: StdRng,
    ) -> Result<SyncHandle, SyncError> {
        let by_mqtt_may = config.broker.is_some() && config.word.is_some();
        if config.records_by != RecordsBy::Https && !by_mqtt_may {
            return Err(SyncError::NoWayByMqtt);
        }
        renewal::finish(&config.identity);
        let file = config
            .word
            .as_ref()
            .map(|word| word.folder.join("signed-time"));
        let time = TrueClock::new(clock, file);
        let clock = time.as_clock();
        let (board, state) = Board::new(Arc::clone(&clock), config.broker.is_some());
        let (stop, stopped) = watch::channel(false);
        let (sender, receiver) = hints(config.limits.live_queue);
        let nudges = Nudges::default();
        let stop_within = config.limits.stop;
        let (say, heard) = mpsc::channel(HEARD);
        let commander = commander(&config, &time, heard, &nudges, &mut rng)?;
        let (carrier, carried) = by_mqtt::way();
        let heard = (say, carried);
        let live = live(&config, &store, &board, (&clock, &nudges), heard, &mut rng);
        let mut tasks = vec![(
            "network",
            tokio::spawn(network(nudges.clone(), stopped.clone())),
        )];
        if let Some(commander) = commander {
            tasks.push(("commands", tokio::spawn(commander.run(stopped.clone()))));
        }
        let ways = (carrier, Arc::clone(&nudges.records));
        let pump = pump(config, store, board, clock, rng, ways);
        tasks.push(("records", tokio::spawn(pump.run(stopped.clone()))));
        if let Some(live) = live {
            tasks.push(("live events", tokio::spawn(live.run(receiver, stopped))));
        }
        Ok(SyncHandle {
            state,
            live: LiveEvents(sender),
            nudges,
            stop,
            stop_within,
            tasks,
        })
    }
}

/// Commands heard by MQTT that wait for their turn; a full queue leaves the next to the poll.
const HEARD: usize = 8;

/// One for each task that may be in the middle of a wait.
#[derive(Debug, Clone, Default)]
struct Nudges {
    records: Arc<Notify>,
    live: Arc<Notify>,
    commands: Arc<Notify>,
}

impl Nudges {
    fn all(&self) -> Vec<Arc<Notify>> {
        [&self.records, &self.live, &self.commands]
            .map(Arc::clone)
            .to_vec()
    }
}

async fn network(nudges: Nudges, mut stopped: watch::Receiver<bool>) {
    tokio::select! {
        // Fails only where the handle is gone: then it is time to stop, too.
        _ = stopped.wait_for(|stop| *stop) => {}
        () = network::watch(nudges.all()) => {}
    }
}

fn commander(
    config: &SyncConfig,
    time: &TrueClock,
    heard: mpsc::Receiver<SignedCommand>,
    nudges: &Nudges,
    rng: &mut StdRng,
) -> Result<Option<Commander>, SyncError> {
    let Some(word) = &config.word else {
        return Ok(None);
    };
    let journal = Journal::open(&word.folder);
    let journal = journal.map_err(|error| SyncError::Journal(error.to_string()))?;
    let link = Link::new(
        config.central.clone(),
        config.identity.clone(),
        config.limits,
        time.as_clock(),
    );
    let waiting = word.folder.join("renewal");
    Ok(Some(Commander {
        kiosk: config.kiosk.clone(),
        word: word.clone(),
        journal,
        link,
        time: TrueTime::new(time.clone()),
        renewal: Renewal::new(config.identity.clone(), waiting, time.clone(), rng),
        heard,
        nudge: Arc::clone(&nudges.commands),
        poll: config.limits.command_poll,
        backoff: Backoff::new(config.backoff),
        rng: StdRng::seed_from_u64(rng.random()),
    }))
}

fn live(
    config: &SyncConfig,
    store: &Store,
    board: &Board,
    (clock, nudges): (&Clock, &Nudges),
    (commands, carried): (mpsc::Sender<SignedCommand>, Carried),
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
        nudge: Arc::clone(&nudges.live),
        commands,
        poll_commands: Arc::clone(&nudges.commands),
        nudge_records: Arc::clone(&nudges.records),
        carried,
        kiosk: config.kiosk.clone(),
        central: config.word.as_ref().map(|word| word.key.clone()),
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
    (carrier, nudge): (Carrier, Arc<Notify>),
) -> Pump {
    Pump {
        kiosk: config.kiosk,
        central_key: config.central_key,
        by: config.records_by,
        identity: config.identity.clone(),
        clock: Arc::clone(&clock),
        carrier,
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

    /// Central and broker are tried at once instead of after the present wait. The kernel's word of a
    /// network that has changed does the same by itself.
    pub fn nudge(&self) {
        self.nudges
            .all()
            .iter()
            .for_each(|nudge| nudge.notify_one());
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
