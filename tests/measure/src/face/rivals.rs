//! Who looks at the same frames: ours, and the peers in processes of their own (`tests/peers/face.py`, `face.cjs`).
//!
//! Each follows the face from frame to frame in its own way, from where it left off in its last turn.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, ensure};
use kiosk_inference::face::{FaceReader, Track};
use kiosk_inference::picture::Picture;
use kiosk_inference::stages::Stopwatch;
use serde_json::{Value, json};

use super::clips::Clip;
use super::stages::Camera;
use crate::figures::{cpu_ms, ms};
use crate::peer::Peer;

/// The points of a face in picture pixels.
pub type Points = Vec<[f32; 2]>;

/// What a reader did with some frames in a row.
pub struct Turn {
    /// Milliseconds of each frame.
    pub ms: Vec<f64>,
    /// Processor milliseconds of all of them together; none where the system does not tell.
    pub cpu_ms: Option<f64>,
    /// Where the face's points are in each frame; none where no face was seen.
    pub points: Vec<Option<Points>>,
}

/// Our reader: detector, mesh, pose, and irises where it reads them.
pub struct Ours<'a> {
    reader: &'a mut FaceReader,
    track: Track,
    camera: Camera,
    picture: Option<Picture>,
}

impl<'a> Ours<'a> {
    /// With a reader's networks.
    pub fn new(reader: &'a mut FaceReader) -> Self {
        Self {
            reader,
            track: Track::new(),
            camera: Camera::new(),
            picture: None,
        }
    }

    /// Begins a clip.
    pub fn open(&mut self) {
        self.track = Track::new();
    }

    /// Looks at frames.
    pub fn look(&mut self, clip: &Clip, range: Range<usize>) -> anyhow::Result<Turn> {
        let mut turn = Turn {
            ms: Vec::new(),
            cpu_ms: None,
            points: Vec::new(),
        };
        let worked = cpu_ms();
        for index in range {
            let frame = self.camera.frame(index, &clip.frames[index])?;
            let mut watch = Stopwatch::start();
            let picture = match &mut self.picture {
                Some(picture) => {
                    picture.take_frame(&frame)?;
                    picture
                }
                first => first.insert(Picture::from_frame(&frame)?),
            };
            let seen = self.reader.follow(picture, &mut self.track)?;
            watch.lap("all");
            turn.ms
                .push(watch.finish().iter().map(|(_, time)| ms(*time)).sum());
            turn.points.push(seen.subject.map(|subject| {
                let flat = subject.landmarks.iter().map(|[x, y, _]| [*x, *y]);
                flat.collect()
            }));
        }
        turn.cpu_ms = cpu_ms().zip(worked).map(|(now, then)| now - then);
        Ok(turn)
    }
}

/// Another program.
pub struct Other(Peer);

impl Other {
    /// MediaPipe's FaceMesh, with refined landmarks or without.
    pub fn mediapipe(python: &Path, refine: bool) -> anyhow::Result<Self> {
        let arguments = refine.then_some("--refine".as_ref());
        let peer = Peer::start(python, "face.py", arguments.as_slice())?;
        Ok(Self(peer))
    }

    /// The same networks under TensorFlow.js, installed in `folder`.
    pub fn tfjs(folder: &Path) -> anyhow::Result<Self> {
        let peer = Peer::start("node".as_ref(), "face.cjs", &[folder.as_os_str()])?;
        Ok(Self(peer))
    }

    /// As [`Peer::versions`].
    pub fn versions(&mut self) -> anyhow::Result<String> {
        self.0.versions()
    }

    /// Begins a clip, whose frames lie in `file`.
    pub fn open(&mut self, clip: &Clip, file: &Path) -> anyhow::Result<()> {
        let first = clip.frames.first().context("the clip has no frame")?;
        self.0.ask(&json!({
            "what": "open", "file": file, "frames": clip.frames.len(),
            "width": first.width(), "height": first.height(),
        }))?;
        Ok(())
    }

    /// Looks at frames.
    pub fn look(&mut self, range: Range<usize>) -> anyhow::Result<Turn> {
        let count = range.len();
        let answer = self
            .0
            .ask(&json!({ "what": "look", "from": range.start, "to": range.end }))?;
        let list = |name: &str| {
            answer[name]
                .as_array()
                .context("the peer's answer lacks a list")
        };
        let ms: Option<Vec<f64>> = list("ms")?.iter().map(Value::as_f64).collect();
        let points: Vec<Option<Points>> = list("points")?.iter().map(points).collect();
        let ms = ms.context("a time is no number")?;
        ensure!(
            ms.len() == count && points.len() == count,
            "the peer skipped frames"
        );
        Ok(Turn {
            ms,
            cpu_ms: answer["cpu_ms"].as_f64(),
            points,
        })
    }
}

fn points(face: &Value) -> Option<Points> {
    let number = |value: &Value| value.as_f64().map(|number| number as f32);
    face.as_array()?
        .iter()
        .map(|point| Some([number(&point[0])?, number(&point[1])?]))
        .collect()
}
