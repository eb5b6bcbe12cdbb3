//! The threads that analyse: one where a processor computes, one a camera where they share a card's sessions.
//!
//! ```text
//! queue of 8 ──► thread "analysis"    owns Models ──┐
//!           └──► thread "analysis-2"  owns Models ──┴──► each network's one session (`engine::SharedNetwork`)
//! ```
//!
//! Whichever thread is free takes the next job, so that a job that takes long holds up no other camera's frames. What each
//! owns are its readers and their buffers; the memory of clips that were seen is one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiosk_inference::engine::Engine;
use kiosk_inference::liveness::injection::SeenClips;
use kiosk_inference::pack::Pack;
use tokio::sync::mpsc;

use super::{Job, Models};

/// Cameras that a kiosk has: one for faces, one for documents.
const CAMERAS: usize = 2;

/// Hashes of the clips that were judged, one memory for all threads.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<SeenClips>>);

impl Seen {
    /// The memory, for as long as it is held.
    pub fn lock(&self) -> MutexGuard<'_, SeenClips> {
        // Whoever panicked left it as it was before or after one clip.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The models of each thread.
pub struct Lanes {
    first: Models,
    others: Vec<Models>,
}

impl From<Models> for Lanes {
    fn from(first: Models) -> Self {
        let others = Vec::new();
        Self { first, others }
    }
}

impl Lanes {
    /// Loads the models of each camera where the engine shares its sessions, else of one thread for all.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, kiosk_inference::Error> {
        let mut lanes = Self::from(Models::load(engine, pack)?);
        for _ in 1..if engine.shares() { CAMERAS } else { 1 } {
            let mut other = Models::load(engine, pack)?;
            other.seen = lanes.first.seen.clone();
            lanes.others.push(other);
        }
        Ok(lanes)
    }

    /// Those of the first thread; the others have the same.
    pub const fn first(&self) -> &Models {
        &self.first
    }

    /// Every thread's.
    pub fn each(&mut self) -> impl Iterator<Item = &mut Models> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// Does jobs, on this thread and on one more for each other's models, until nobody can give one any more.
    pub(super) fn work(self, jobs: mpsc::Receiver<Job>) {
        let jobs = Mutex::new(jobs);
        std::thread::scope(|scope| {
            for (number, models) in self.others.into_iter().enumerate() {
                let jobs = &jobs;
                let started = std::thread::Builder::new()
                    .name(format!("analysis-{}", number + 2))
                    .spawn_scoped(scope, move || one_by_one(models, jobs));
                if let Err(error) = started {
                    tracing::error!(%error, "the system gives no thread: cameras are analysed one after the other");
                }
            }
            one_by_one(self.first, &jobs);
        });
    }
}

fn one_by_one(mut models: Models, jobs: &Mutex<mpsc::Receiver<Job>>) {
    let next = || {
        let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.blocking_recv()
    };
    while let Some(job) = next() {
        if catch_unwind(AssertUnwindSafe(|| job(&mut models))).is_err() {
            tracing::error!("an analysis job panicked; its caller was told that it failed");
        }
    }
}
