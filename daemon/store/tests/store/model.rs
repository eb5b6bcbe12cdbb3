//! Random appends, acknowledgements, evidence, erasures, retention, reopenings, power cuts and faults at any write,
//! against a model in memory.
//!
//! ```text
//!  step ──► store on a faulty disk ──► answered: the model takes the step
//!                                 └──► failed, or the power went: the store is opened again and must hold
//!                                      the model as it was, or with the step whole
//! ```
//!
//! `KIOSK_SEQUENCES` says how many sequences run; the view is in memory in all but one of a hundred, whose sled files
//! are left, set back, overwritten or removed at a cut.

// long file: steps, model, comparison and run are one test, read from top to bottom

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use kiosk_store::{EvidenceId, Store, StoreConfig, StoreError};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};
use tempfile::TempDir;
use uuid::Uuid;

use crate::faulty::{Fault, Faulty};
use crate::{asked, config, copy, open_when_free, session};

/// Sequences where nobody says how many: as the issue asks.
const SEQUENCES: u32 = 10_000;

#[derive(Debug, Clone)]
enum Step {
    Append { session: u128, events: Vec<Vec<u8>> },
    Acknowledge { part: u8 },
    Evidence { session: u128, bytes: Vec<u8> },
    Deliver { place: prop::sample::Index },
    Erase { session: u128 },
    Forget { session: u128 },
    Clean,
    Reopen,
    Cut,
}

/// A step, and the fault that strikes it after so many calls of the disk, if one does.
type Struck = (Step, Option<(u32, Fault)>);

fn steps() -> impl Strategy<Value = Vec<Struck>> {
    let session = 1..5u128;
    let bytes = || proptest::collection::vec(any::<u8>(), 0..300);
    let step = prop_oneof![
        8 => (session.clone(), proptest::collection::vec(bytes(), 1..4))
            .prop_map(|(session, events)| Step::Append { session, events }),
        3 => any::<u8>().prop_map(|part| Step::Acknowledge { part }),
        3 => (session.clone(), bytes()).prop_map(|(session, bytes)| Step::Evidence { session, bytes }),
        2 => any::<prop::sample::Index>().prop_map(|place| Step::Deliver { place }),
        1 => session.clone().prop_map(|session| Step::Erase { session }),
        2 => session.prop_map(|session| Step::Forget { session }),
        2 => Just(Step::Clean),
        1 => Just(Step::Reopen),
        2 => Just(Step::Cut),
    ];
    let fault = prop_oneof![Just(Fault::Cut), Just(Fault::NoRoom), Just(Fault::Failing)];
    let struck = (step, proptest::option::weighted(0.25, (0..12u32, fault)));
    proptest::collection::vec(struck, 1..16)
}

/// What the store has to hold.
#[derive(Debug, Default, Clone)]
struct Model {
    /// An event, or none where the session's erasure is told.
    log: Vec<(Uuid, Option<Vec<u8>>)>,
    acknowledged: u64,
    evidence: Vec<(EvidenceId, Uuid, Vec<u8>)>,
    delivered: BTreeSet<EvidenceId>,
    erased: BTreeSet<Uuid>,
    forgotten: BTreeSet<Uuid>,
}

impl Model {
    fn events(&self, wanted: Uuid) -> Vec<(u64, Vec<u8>)> {
        let numbered = (1..).zip(&self.log);
        numbered
            .filter(|(_, (session, _))| *session == wanted)
            .filter_map(|(number, (_, event))| Some((number, event.clone()?)))
            .collect()
    }

    /// Erases, and tells it where there was something.
    fn erase(&mut self, gone: Uuid) {
        let evidence = self.evidence.iter().any(|(_, session, _)| *session == gone);
        let held = evidence || !self.events(gone).is_empty();
        if held && !self.erased.contains(&gone) {
            self.log.push((gone, None));
        }
        self.let_go(gone);
    }

    fn sessions(&self) -> Vec<Uuid> {
        let events = self.log.iter().filter(|(_, event)| event.is_some());
        let all: BTreeSet<Uuid> = events.map(|(session, _)| *session).collect();
        all.difference(&self.erased).copied().collect()
    }

    fn waiting(&self) -> Vec<EvidenceId> {
        let ids = self.evidence.iter().map(|(id, ..)| id.clone());
        ids.filter(|id| !self.delivered.contains(id)).collect()
    }

    fn let_go(&mut self, gone: Uuid) {
        self.erased.insert(gone);
        self.evidence.retain(|(_, session, _)| *session != gone);
    }

    /// Whether central holds all of a session.
    fn is_delivered(&self, wanted: Uuid) -> bool {
        let numbers = self.events(wanted).into_iter().map(|(number, _)| number);
        let evidence = self
            .evidence
            .iter()
            .filter(|(_, session, _)| *session == wanted);
        numbers.max().unwrap_or(0) <= self.acknowledged
            && evidence.clone().all(|(id, ..)| self.delivered.contains(id))
    }
}

/// Says where the store differs from the model; `None` where it does not.
async fn difference(store: &Store, model: &Model) -> Option<String> {
    let differs =
        |what: &str, is: String, wanted: String| Some(format!("{what}: {is}, not {wanted}"));
    macro_rules! same {
        ($what:expr, $is:expr, $wanted:expr) => {
            let (is, wanted) = ($is, $wanted);
            if is != wanted {
                return differs($what, format!("{is:?}"), format!("{wanted:?}"));
            }
        };
    }
    let newest = model.log.len() as u64;
    same!("newest", store.newest(), newest);
    same!("acknowledged", store.acknowledged(), model.acknowledged);
    same!("chain", store.verify_chain().ok(), Some(newest));
    same!("sessions", store.sessions().unwrap(), model.sessions());
    for session in (1..5).map(session) {
        let told = store.events(session);
        match model.erased.contains(&session) {
            true if matches!(told, Err(StoreError::Erased { .. })) => {}
            true => return Some(format!("erased {session}: {told:?}")),
            false => {
                same!("events", told.ok(), Some(model.events(session)));
            }
        }
        let kept = store.records(session).unwrap().len();
        let forgotten = model.forgotten.contains(&session);
        let wanted = if forgotten {
            0
        } else {
            model.events(session).len()
        };
        same!("records", kept, wanted);
    }
    let outbox = store.outbox(1000).await.unwrap();
    let told: Vec<(u64, Uuid, bool)> = outbox
        .iter()
        .map(|record| {
            let erasure = record.as_erasure().unwrap();
            assert!(erasure.is_none_or(|erasure| erasure == asked()));
            (record.number, record.session, erasure.is_some())
        })
        .collect();
    let wanted = (1..).zip(&model.log).skip(model.acknowledged as usize);
    let wanted: Vec<_> = wanted
        .map(|(number, (session, event))| (number, *session, event.is_none()))
        .collect();
    same!("outbox", told, wanted);
    let waiting = store.evidence_outbox(1000).await.unwrap();
    let waiting: Vec<_> = waiting.into_iter().map(|piece| piece.id).collect();
    same!("evidence outbox", waiting, model.waiting());
    for (id, session, bytes) in &model.evidence {
        let held = store.get_evidence(*session, id).ok();
        same!("evidence", held.as_ref(), Some(bytes));
    }
    None
}

struct Run {
    base: TempDir,
    cuts: u32,
    disk: Arc<Faulty>,
    store: Store,
    model: Model,
    seed: u64,
    on_sled: bool,
    earlier: Option<PathBuf>,
}

fn settings(folder: PathBuf, disk: Arc<Faulty>, on_sled: bool) -> StoreConfig {
    let mut config = config(&folder);
    config.disk = disk;
    config.segment_bytes = 2048;
    config.view_in_memory = !on_sled;
    // Few, so that crashes fall into settlings, too.
    config.settle_after = 12;
    config.cache_bytes = 1024 * 1024;
    config
}

impl Run {
    fn new(seed: u64, on_sled: bool) -> Self {
        let shm = PathBuf::from("/dev/shm");
        let base = match shm.is_dir() {
            true => TempDir::new_in(shm).unwrap(),
            false => TempDir::new().unwrap(),
        };
        let folder = base.path().join("0");
        std::fs::create_dir(&folder).unwrap();
        let disk = Faulty::new(&folder, seed);
        let config = settings(folder, Arc::clone(&disk), on_sled);
        let (store, report) = open_when_free(&config);
        assert!(report.is_clean());
        Self {
            base,
            cuts: 0,
            disk,
            store,
            model: Model::default(),
            seed,
            on_sled,
            earlier: None,
        }
    }

    fn folder(&self) -> PathBuf {
        self.base.path().join(self.cuts.to_string())
    }

    /// The power goes; the store is opened on what the disk then holds.
    async fn cut(mut self) -> Self {
        let before = self.folder();
        self.cuts += 1;
        let after = self.folder();
        std::fs::create_dir(&after).unwrap();
        self.disk.cut(&after);
        // sled's own files are not the faulty disk's: what it takes from there is thrown away or chosen here.
        let _ = std::fs::remove_dir_all(after.join("log"));
        if self.on_sled {
            match (self.seed + u64::from(self.cuts)) % 4 {
                0 => copy(&before.join("log"), &after.join("log")),
                1 if self.earlier.is_some() => {
                    copy(&self.earlier.take().unwrap(), &after.join("log"))
                }
                2 => {
                    std::fs::create_dir_all(after.join("log")).unwrap();
                    std::fs::write(after.join("log/db"), vec![0x5a; 20_000]).unwrap();
                }
                _ => {}
            }
            let earlier = self.base.path().join(format!("earlier-{}", self.cuts));
            copy(&before.join("log"), &earlier);
            self.earlier = Some(earlier);
        }
        self.disk = Faulty::new(&after, self.seed + u64::from(self.cuts));
        let config = settings(after, Arc::clone(&self.disk), self.on_sled);
        let (store, report) = open_when_free(&config);
        assert!(report.is_clean(), "{report:?}");
        self.store = store;
        self
    }

    async fn reopen(mut self) -> Self {
        let config = settings(self.folder(), Arc::clone(&self.disk), self.on_sled);
        // A store that failed is closed with what it failed by.
        let _ = self.store.close().await;
        let (store, report) = open_when_free(&config);
        assert!(report.is_clean(), "{report:?}");
        self.store = store;
        self
    }

    /// Does a step; gives the model as it is afterwards, and whether the store said so.
    async fn perform(&self, step: Step) -> (Model, Result<(), StoreError>) {
        let mut after = self.model.clone();
        let told = match step {
            Step::Append {
                session: number,
                events,
            } => {
                let session = session(number);
                let told = self.store.append_all(session, events.clone()).await;
                if !after.erased.contains(&session) {
                    after
                        .log
                        .extend(events.into_iter().map(|event| (session, Some(event))));
                }
                expected(told, |number| number == after.log.len() as u64)
            }
            Step::Acknowledge { part } => {
                let upto = after.log.len() as u64 * u64::from(part) / 255;
                after.acknowledged = after.acknowledged.max(upto);
                let told = self.store.acknowledge(upto).await;
                expected(told, |now| now == after.acknowledged)
            }
            Step::Evidence {
                session: number,
                bytes,
            } => {
                let session = session(number);
                self.store.put_evidence(session, &bytes).await.map(|id| {
                    after.evidence.push((id, session, bytes));
                })
            }
            Step::Deliver { place } if !after.evidence.is_empty() => {
                let id = place.get(&after.evidence).0.clone();
                after.delivered.insert(id.clone());
                self.store.acknowledge_evidence(&id).await
            }
            Step::Erase { session: number } => {
                after.erase(session(number));
                self.store.erase(session(number), asked()).await
            }
            Step::Forget { session: number } => {
                let gone = session(number);
                let delivered = after.is_delivered(gone);
                if delivered {
                    after.let_go(gone);
                    after.forgotten.insert(gone);
                }
                expected(self.store.forget(gone).await, |done| done == delivered)
            }
            Step::Clean => self.store.clean().await.map(|_| ()),
            Step::Deliver { .. } | Step::Reopen | Step::Cut => Ok(()),
        };
        (after, told)
    }

    async fn step(mut self, (step, fault): Struck) -> Result<Self, String> {
        match step {
            Step::Cut => return Ok(self.cut().await),
            Step::Reopen => return Ok(self.reopen().await),
            _ => {}
        }
        if let Some((calls, fault)) = fault {
            self.disk.arm(calls, fault);
        }
        let is_evidence = matches!(step, Step::Evidence { .. });
        let (after, told) = self.perform(step).await;
        self.disk.disarm();
        match told {
            Ok(()) => self.model = after,
            Err(StoreError::Erased { .. }) => {}
            // No room: nothing has changed, and the store goes on.
            Err(error) if error.is_full() && self.store.is_writable() => {}
            Err(_) => {
                self = match self.disk.is_dead() {
                    true => self.cut().await,
                    false => self.reopen().await,
                };
                self.settle(after, is_evidence).await?;
            }
        }
        if self.disk.is_dead() {
            self = self.cut().await;
        }
        Ok(self)
    }

    /// After a failure: the store holds what it held, or that with the whole step.
    async fn settle(&mut self, after: Model, is_evidence: bool) -> Result<(), String> {
        let Some(before) = difference(&self.store, &self.model).await else {
            return Ok(());
        };
        if is_evidence {
            // Its id was never told; were it noted, it would wait for central.
            let pieces = self.store.evidence_outbox(1000).await.unwrap();
            let piece = pieces.last().ok_or(before.clone())?;
            let bytes = self
                .store
                .get_evidence(piece.session, &piece.id)
                .map_err(|error| error.to_string())?;
            self.model
                .evidence
                .push((piece.id.clone(), piece.session, bytes));
            return difference(&self.store, &self.model)
                .await
                .map_or(Ok(()), Err);
        }
        match difference(&self.store, &after).await {
            None => {
                self.model = after;
                Ok(())
            }
            Some(with) => Err(format!(
                "neither as before ({before}) nor with the step ({with})"
            )),
        }
    }
}

fn expected<T: std::fmt::Debug>(
    told: Result<T, StoreError>,
    right: impl Fn(T) -> bool,
) -> Result<(), StoreError> {
    told.map(|value| {
        let shown = format!("{value:?}");
        assert!(right(value), "answered {shown}");
    })
}

async fn run(steps: Vec<Struck>, seed: u64, on_sled: bool) -> Result<(u32, u64), String> {
    let mut run = Run::new(seed, on_sled);
    let mut calls = 0;
    for step in steps {
        let shown = format!("{step:?}");
        let before = run.cuts;
        run = run
            .step(step)
            .await
            .map_err(|why| format!("{shown}: {why}"))?;
        if run.cuts != before {
            calls += run.disk.calls();
        }
        if let Some(why) = difference(&run.store, &run.model).await {
            return Err(format!("{shown}: {why}"));
        }
    }
    calls += run.disk.calls();
    let cuts = run.cuts;
    run.store.close().await.map_err(|error| error.to_string())?;
    Ok((cuts, calls))
}

#[test]
fn the_store_does_what_the_model_does_whatever_the_disk_does() {
    let sequences = std::env::var("KIOSK_SEQUENCES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(SEQUENCES);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let persistence = FileFailurePersistence::Direct("tests/proptest-regressions/model.txt");
    let mut runner = TestRunner::new(Config {
        cases: sequences,
        failure_persistence: Some(Box::new(persistence)),
        ..Config::default()
    });
    let (cuts, calls, turn) = (
        std::cell::Cell::new(0),
        std::cell::Cell::new(0),
        std::cell::Cell::new(0),
    );
    let outcome = runner.run(&(steps(), any::<u64>()), |(steps, seed)| {
        turn.set(turn.get() + 1);
        let told = runtime.block_on(run(steps, seed >> 8, turn.get() % 100 == 0));
        let (more_cuts, more_calls) = told.map_err(TestCaseError::fail)?;
        cuts.set(cuts.get() + u64::from(more_cuts));
        calls.set(calls.get() + more_calls);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    println!(
        "{sequences} sequences: {} cuts, {} calls of the disk, the store as the model throughout",
        cuts.get(),
        calls.get()
    );
}

/// Sequences that once went wrong, told as they are: seeds of the generator mean nothing once its steps change.
#[tokio::test(flavor = "multi_thread")]
async fn sequences_that_once_went_wrong_stay_right() {
    let evidence = |session| Step::Evidence {
        session,
        bytes: vec![1; 9],
    };
    let append = |session, length| Step::Append {
        session,
        events: vec![vec![2; length]],
    };
    let first = || {
        let mut runner = TestRunner::deterministic();
        let index = any::<prop::sample::Index>();
        let tree = index.new_tree(&mut runner).unwrap();
        Step::Deliver {
            place: tree.current(),
        }
    };
    let sequences: [(&str, Vec<Struck>); 4] = [
        (
            "a place in the evidence outbox was given again after a restart",
            vec![
                (evidence(4), None),
                (first(), None),
                (Step::Cut, None),
                (evidence(2), None),
                (Step::Erase { session: 4 }, None),
            ],
        ),
        (
            "no room for the witness after a durable commit was taken for a failed commit",
            vec![
                (evidence(4), None),
                (append(4, 0), Some((1, Fault::NoRoom))),
                (Step::Reopen, None),
            ],
        ),
        (
            "what a failed write had spilled stayed between two segments",
            vec![
                (append(2, 200), None),
                (append(2, 900), Some((0, Fault::NoRoom))),
                (append(2, 1500), None),
                (Step::Cut, None),
            ],
        ),
        (
            "a key was used whose folder could not be synced",
            vec![
                (evidence(1), Some((4, Fault::Failing))),
                (append(1, 0), None),
                (Step::Cut, None),
            ],
        ),
    ];
    for (what, steps) in sequences {
        for seed in 0..20 {
            let done = run(steps.clone(), seed, false).await;
            assert!(done.is_ok(), "{what}: {done:?}");
        }
    }
}
