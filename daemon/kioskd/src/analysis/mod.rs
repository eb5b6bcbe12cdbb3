//! Pictures to findings: the models, on a thread of their own, and what is asked of them.
//!
//! ```text
//! service, station ──(job)──► queue of 8 ──► thread "analysis" owns Models ──(findings)──► caller
//! ```
//!
//! On a GPU there is such a thread for each camera, and their networks' sessions are shared (`lanes`).
//!
//! The thread loads the models itself, so that an engine that takes minutes to build holds up neither health answers nor
//! a stop; until it is ready, jobs are refused with how far it is.
//!
//! The queue is bounded: when it is full the caller waits, which holds back one upload or one camera's
//! newest-frame slot, never the async runtime. Findings are measurements; what they mean is decided in
//! `kiosk-session`.

mod calibration;
mod clip;
mod continuity;
mod document;
mod lanes;
mod load;
mod presentation;
mod quality;
mod screen;
mod selfie;
mod view;

use std::thread::JoinHandle;

use kiosk_inference::document::DocumentReader;
use kiosk_inference::engine::{Attempt, Engine, EngineState, Provider};
use kiosk_inference::face::{FaceEmbedder, FaceObservation, FaceReader, Track};
use kiosk_inference::liveness::PassivePad;
use kiosk_inference::pack::Pack;
use kiosk_inference::picture::Picture;
use kiosk_inference::stages::StageTimes;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use crate::metrics::Metrics;

pub use calibration::Calibrations;
pub(crate) use clip::least;
pub use clip::{BestFrame, ClipFindings, ClipJudge, Moment};
pub use document::{DocumentFindings, read_document, read_zone};
pub use lanes::{Lanes, Seen};
pub use load::{FaceModels, documents_from, faces_from, load, load_from, models_from};
pub use screen::ScreenFindings;
pub(crate) use screen::points;
pub use selfie::{
    Against, NoSelfie, SelfieFindings, SelfieWish, Unusable, look_at_selfie, template_of, usable,
};
pub use view::{View, Viewing};

/// Jobs that may wait before a caller has to.
const QUEUE: usize = 8;

/// Every model that a verification needs, loaded.
pub struct Models {
    /// Documents.
    pub documents: DocumentReader,
    /// Faces, their landmarks, pose and openness.
    pub faces: FaceReader,
    /// Faces to templates.
    pub embedder: FaceEmbedder,
    /// Passive presentation attack detection, where the pack has its networks.
    pub pad: Option<PassivePad>,
    /// Hashes of the clips that were judged since the start.
    pub seen: Seen,
    /// What distances of faces say.
    pub calibrations: Calibrations,
    /// SHA-256 (hex) of each model in the pack, by name.
    pub hashes: Vec<(String, String)>,
    /// What runs them.
    pub on: Attempt,
    /// Where the time of each stage is told.
    pub metrics: Metrics,
    /// The same once more, for who evaluates frame by frame and takes it after each; `None` in the daemon.
    pub heard: Option<StageTimes>,
}

impl Models {
    /// Loads every model of a verified pack.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, kiosk_inference::Error> {
        Ok(Self {
            documents: DocumentReader::load(engine, pack)?,
            faces: FaceReader::load(engine, pack)?,
            embedder: FaceEmbedder::load(engine, pack)?,
            pad: PassivePad::load(engine, pack)?,
            seen: Seen::default(),
            calibrations: Calibrations::default(),
            hashes: pack.hashes(),
            on: Attempt {
                provider: engine.report().in_use,
                precision: engine.report().precision,
            },
            metrics: Metrics::new(),
            heard: None,
        })
    }

    /// Looks for faces, and tells how long it took.
    pub fn observe(
        &mut self,
        picture: &Picture,
    ) -> Result<FaceObservation, kiosk_inference::Error> {
        let seen = self.faces.observe(picture)?;
        self.timed(&seen.stages);
        Ok(seen)
    }

    /// Looks at the next frame of a stream, and tells how long it took.
    pub fn follow(
        &mut self,
        picture: &Picture,
        track: &mut Track,
    ) -> Result<FaceObservation, kiosk_inference::Error> {
        let seen = self.faces.follow(picture, track)?;
        self.timed(&seen.stages);
        Ok(seen)
    }

    /// Tells how long the stages of a run took.
    pub fn timed(&mut self, stages: &StageTimes) {
        for (stage, took) in stages {
            self.metrics.stage(stage, *took);
        }
        if let Some(heard) = &mut self.heard {
            heard.extend_from_slice(stages);
        }
    }

    /// Hashes of the models whose names are given, for an evidence record.
    pub fn hashes_of(&self, names: &[&str]) -> Vec<(String, String)> {
        self.hashes
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .cloned()
            .collect()
    }
}

type Job = Box<dyn FnOnce(&mut Models) + Send>;

/// The thread that owns the models.
pub struct Analyst {
    queue: mpsc::Sender<Job>,
    engine: watch::Receiver<EngineState>,
}

/// Hears how far the engine is.
pub type Tell<'a> = &'a mut dyn FnMut(&EngineState);

/// An analyst whose models are being loaded.
pub struct Loading {
    /// Takes jobs once the models are there.
    pub analyst: Analyst,
    /// The thread.
    pub thread: JoinHandle<()>,
    loaded: oneshot::Receiver<anyhow::Result<()>>,
}

/// The job was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AnalystError {
    /// The analysis thread has ended, because the daemon is stopping.
    #[error("analysis has stopped; start kioskd again")]
    Stopped,
    /// The engine is not ready; the text says how far it is.
    #[error("the models are not ready ({state}{}); try again later", progress(*.done, *.of))]
    NotReady {
        /// The engine's state.
        state: &'static str,
        /// Networks that are there.
        done: usize,
        /// Networks in all; 0 where they are not counted.
        of: usize,
    },
    /// The job itself failed; the log names it.
    #[error("the picture could not be analysed; the kiosk's log names the fault")]
    Failed,
}

impl Analyst {
    /// Starts the thread with models that are there. It ends when the last handle is dropped and its queue is empty.
    pub fn start(models: Models) -> std::io::Result<(Self, JoinHandle<()>)> {
        let ready = EngineState::Ready { on: models.on };
        let loading = Self::load(ready, move |_| Ok(models.into()))?;
        Ok((loading.analyst, loading.thread))
    }

    /// Starts the thread and has it load the models first; `load` tells how far the engine is, from `state` on.
    pub fn load(
        state: EngineState,
        load: impl FnOnce(Tell<'_>) -> anyhow::Result<Lanes> + Send + 'static,
    ) -> std::io::Result<Loading> {
        let (queue, jobs) = mpsc::channel::<Job>(QUEUE);
        let (engine_state, engine) = watch::channel(state);
        let (done, loaded) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("analysis".into())
            .spawn(move || {
                let mut ready = None;
                let mut tell = |state: &EngineState| match state {
                    // Its networks are there; the models that they are part of are not yet.
                    EngineState::Ready { .. } => ready = Some(state.clone()),
                    state => drop(engine_state.send_replace(state.clone())),
                };
                match load(&mut tell) {
                    Ok(lanes) => {
                        if let Some(ready) = ready {
                            engine_state.send_replace(ready);
                        }
                        // Who did not wait hears of it by the state.
                        drop(done.send(Ok(())));
                        lanes.work(jobs);
                    }
                    Err(error) => {
                        tracing::error!(error = format!("{error:#}"), "the models can't be loaded");
                        drop(done.send(Err(error)));
                    }
                }
            })?;
        Ok(Loading {
            analyst: Self { queue, engine },
            thread,
            loaded,
        })
    }

    /// How far the engine is.
    pub fn engine(&self) -> EngineState {
        self.engine.borrow().clone()
    }

    fn ready(&self) -> Result<(), AnalystError> {
        let engine = self.engine.borrow();
        let (done, of) = match &*engine {
            EngineState::Ready { .. } => return Ok(()),
            EngineState::Building { done, of, .. } => (*done, *of),
            _ => (0, 0),
        };
        let state = engine.name();
        Err(AnalystError::NotReady { state, done, of })
    }

    /// Waits until the thread takes no jobs any more: it was stopped, or the models could not be loaded after all.
    pub async fn ended(&self) {
        self.queue.closed().await;
    }

    /// Whether the thread takes jobs.
    pub fn is_running(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Has the models do something and waits for what comes of it.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Models) -> T + Send + 'static,
    ) -> Result<T, AnalystError> {
        self.ready()?;
        let (job, answered) = job(work);
        self.queue
            .send(job)
            .await
            .map_err(|_| AnalystError::Stopped)?;
        answered.await.map_err(|_| AnalystError::Failed)
    }

    /// The same for a plain thread, such as a camera's.
    pub fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Models) -> T + Send + 'static,
    ) -> Result<T, AnalystError> {
        self.ready()?;
        let (job, answered) = job(work);
        self.queue
            .blocking_send(job)
            .map_err(|_| AnalystError::Stopped)?;
        answered.blocking_recv().map_err(|_| AnalystError::Failed)
    }
}

impl Loading {
    /// Waits until the models are there, or until it is clear that an engine is built for a GPU, which goes on by
    /// itself.
    ///
    /// # Errors
    /// Why the models can't be loaded.
    pub async fn begun(self) -> anyhow::Result<(Analyst, JoinHandle<()>)> {
        let mut engine = self.analyst.engine.clone();
        let builds = |state: &EngineState| matches!(state, EngineState::Building { on, .. } if on.provider != Provider::Cpu);
        tokio::select! {
            // A sender that is gone without a word has panicked: the thread's end says so to who asks it to run.
            loaded = self.loaded => loaded.unwrap_or(Ok(()))?,
            Ok(_) = engine.wait_for(builds) => {}
        }
        Ok((self.analyst, self.thread))
    }
}

/// ": 2 of 9", where that is known.
fn progress(done: usize, of: usize) -> String {
    if of == 0 {
        String::new()
    } else {
        format!(": {done} of {of}")
    }
}

/// Work as a job, and where its answer comes.
fn job<T: Send + 'static>(
    work: impl FnOnce(&mut Models) -> T + Send + 'static,
) -> (Job, oneshot::Receiver<T>) {
    let (answer, answered) = oneshot::channel();
    // A caller that went away needs no answer, and what it sent is let go as soon as its turn comes.
    let unless_gone = move |models: &mut Models| {
        if !answer.is_closed() {
            drop(answer.send(work(models)));
        }
    };
    (Box::new(unless_gone), answered)
}
