//! Pictures to findings: the models, on a thread of their own, and what is asked of them.
//!
//! ```text
//! service, station ──(job)──► queue of 8 ──► thread "analysis" owns Models ──(findings)──► caller
//! ```
//!
//! The queue is bounded: when it is full the caller waits, which holds back one upload or one camera's
//! newest-frame slot, never the async runtime. Findings are measurements; what they mean is decided in
//! `kiosk-session`.

mod calibration;
mod clip;
mod continuity;
mod document;
mod load;
mod quality;
mod selfie;
mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use kiosk_inference::document::DocumentReader;
use kiosk_inference::engine::Engine;
use kiosk_inference::face::{FaceEmbedder, FaceObservation, FaceReader, Track};
use kiosk_inference::liveness::PassivePad;
use kiosk_inference::liveness::injection::SeenClips;
use kiosk_inference::pack::Pack;
use kiosk_inference::picture::Picture;
use kiosk_inference::stages::StageTimes;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::metrics::Metrics;

pub use calibration::Calibrations;
pub use clip::{BestFrame, ClipFindings, ClipJudge, Moment};
pub use document::{DocumentFindings, read_document, read_zone};
pub use load::{FaceModels, documents_from, faces_from, load, load_from, models_from};
pub use selfie::{SelfieFindings, Unusable, look_at_selfie, template_of, usable};
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
    pub seen: SeenClips,
    /// What distances of faces say.
    pub calibrations: Calibrations,
    /// SHA-256 (hex) of each model in the pack, by name.
    pub hashes: Vec<(String, String)>,
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
            seen: SeenClips::default(),
            calibrations: Calibrations::default(),
            hashes: pack.hashes(),
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
}

/// The job was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AnalystError {
    /// The analysis thread has ended, because the daemon is stopping.
    #[error("analysis has stopped; start kioskd again")]
    Stopped,
    /// The job itself failed; the log names it.
    #[error("the picture could not be analysed; the kiosk's log names the fault")]
    Failed,
}

impl Analyst {
    /// Starts the thread. It ends when the last handle is dropped and its queue is empty.
    pub fn start(mut models: Models) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, mut jobs) = mpsc::channel::<Job>(QUEUE);
        let thread = std::thread::Builder::new()
            .name("analysis".into())
            .spawn(move || {
                while let Some(job) = jobs.blocking_recv() {
                    if catch_unwind(AssertUnwindSafe(|| job(&mut models))).is_err() {
                        tracing::error!(
                            "an analysis job panicked; its caller was told that it failed"
                        );
                    }
                }
            })?;
        Ok((Self { queue }, thread))
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
        let (job, answered) = job(work);
        self.queue
            .blocking_send(job)
            .map_err(|_| AnalystError::Stopped)?;
        answered.blocking_recv().map_err(|_| AnalystError::Failed)
    }
}

/// Work as a job, and where its answer comes.
fn job<T: Send + 'static>(
    work: impl FnOnce(&mut Models) -> T + Send + 'static,
) -> (Job, oneshot::Receiver<T>) {
    let (answer, answered) = oneshot::channel();
    // A caller that went away needs no answer.
    (
        Box::new(move |models| drop(answer.send(work(models)))),
        answered,
    )
}
