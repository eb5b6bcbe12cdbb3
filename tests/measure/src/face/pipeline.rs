//! Our side of the bench: the networks of the pipeline, and one frame's way through them.

use std::time::Duration;

use kiosk_capture::Frame;
use kiosk_inference::face::{FaceEmbedder, FaceQuality, FaceReader, Subject, Track};
use kiosk_inference::liveness::passive::PassiveWatch;
use kiosk_inference::liveness::{GestureDetector, PassivePad};
use kiosk_inference::picture::Picture;
use kiosk_inference::stages::{StageTimes, Stopwatch};

use crate::models;

/// The networks of the pipeline and what they keep from frame to frame.
pub struct Pipeline {
    /// What runs the networks, in words.
    pub engine: String,
    /// Detector, mesh and irises.
    pub reader: FaceReader,
    embedder: FaceEmbedder,
    pad: Option<PassivePad>,
    gestures: GestureDetector,
    passive: PassiveWatch,
    track: Track,
    picture: Option<Picture>,
}

/// What a frame showed.
pub struct Seen {
    /// The face that is followed.
    pub subject: Option<Subject>,
    /// Time by stage.
    pub stages: StageTimes,
}

impl Pipeline {
    /// Loads the networks, `threads` threads within an operator.
    pub fn load(threads: usize) -> anyhow::Result<Self> {
        let (engine, pack) = models(threads)?;
        let pad = PassivePad::load(&engine, &pack)?;
        let judged = if pad.is_some() {
            "passive PAD on every frame"
        } else {
            "passive PAD not assessed, its networks are not in the pack"
        };
        Ok(Self {
            engine: format!(
                "ONNX Runtime on {}, threads a network: {threads}, {judged}",
                engine.report().in_use
            ),
            reader: FaceReader::load(&engine, &pack)?,
            embedder: FaceEmbedder::load(&engine, &pack)?,
            pad,
            gestures: GestureDetector::new(),
            passive: PassiveWatch::new(true),
            track: Track::new(),
            picture: None,
        })
    }

    /// A reader of its own that looks at no irises.
    pub fn without_irises(threads: usize) -> anyhow::Result<FaceReader> {
        let (engine, pack) = models(threads)?;
        Ok(FaceReader::load_without_irises(&engine, &pack)?)
    }

    /// Forgets the face that is followed: another clip begins.
    pub fn begin(&mut self) {
        self.track = Track::new();
        self.gestures = GestureDetector::new();
        self.passive = PassiveWatch::new(true);
    }

    /// One frame to its observation, with its quality, and passive detection where its networks are there.
    pub fn look(&mut self, frame: &Frame) -> anyhow::Result<Seen> {
        let mut watch = Stopwatch::start();
        let picture = match &mut self.picture {
            Some(picture) => {
                picture.take_frame(frame)?;
                picture
            }
            first => first.insert(Picture::from_frame(frame)?),
        };
        watch.lap("convert");
        let mut stages = watch.finish();
        let mut seen = self.reader.follow(picture, &mut self.track)?;
        stages.append(&mut seen.stages);
        let t_ms = frame.captured_at().as_secs_f64() * 1e3;
        let followed = seen.subject.as_ref().zip(seen.track);
        stages.extend(self.passive.look(picture, followed, t_ms)?);
        if let Some(subject) = &seen.subject {
            let mut watch = Stopwatch::start();
            self.gestures.push(t_ms, subject);
            watch.lap("gestures");
            FaceQuality::assess(picture, subject, &seen)?;
            watch.lap("quality");
            stages.extend(watch.finish());
            if let Some(pad) = &mut self.pad {
                stages.extend(pad.score(picture, &subject.bounds)?.stages);
            }
        }
        Ok(Seen {
            subject: seen.subject,
            stages,
        })
    }

    /// The embedding of a face in the frame that was looked at last, as a session's best shot gets it.
    pub fn embed(&mut self, subject: &Subject) -> anyhow::Result<Option<Duration>> {
        let Some(picture) = &self.picture else {
            return Ok(None);
        };
        let mut watch = Stopwatch::start();
        self.embedder.embed(picture, subject)?;
        watch.lap("embed");
        Ok(watch.finish().first().map(|(_, time)| *time))
    }
}
