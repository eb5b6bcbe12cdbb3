//! The pipeline behind a camera of 30 frames a second: a thread gives frames at their times into the newest-frame slot,
//! as a camera's does, and the pipeline takes the newest when it is done with the last.
//!
//! A delay runs from the moment when a frame is there, before it is copied into its buffer, to its observation.
//! Once a second the best shot so far is embedded, which the next frame waits for.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use kiosk_capture::{
    CaptureError, Clock, Frame, FrameSource, PixelFormat, Pool, Shape, SourceFacts, SourceId,
    Stamp, Stream, SystemClock, newest,
};
use kiosk_inference::picture::Picture;
use opencv::core::{Mat, MatTraitConstManual};
use opencv::imgproc;

use super::pipeline::Pipeline;
use crate::figures::{cpu_ms, ms};

/// From one frame to the next.
pub const PERIOD: Duration = Duration::from_nanos(1_000_000_000 / 30);
/// Frames from one embedding to the next.
const EMBED_EVERY: u64 = 30;
/// Frames at the start that are not counted.
const WARM_UP: u64 = 30;
/// How long a frame is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Quality of a camera's JPEG pictures.
const JPEG_QUALITY: u8 = 90;

/// What came of a run.
pub struct Paced {
    /// The frames' format.
    pub format: &'static str,
    /// Seconds that were counted.
    pub seconds: f64,
    /// Frames that came.
    pub frames: u64,
    /// Frames that were replaced before the pipeline took them, or found no buffer.
    pub dropped: u64,
    /// Frames with a face.
    pub faces: u64,
    /// From a frame's arrival to its observation, ms.
    pub delays: Vec<f64>,
    /// Processor ms of the whole process; none where the system does not tell.
    pub cpu_ms: Option<f64>,
}

impl Paced {
    /// Processor time over the time that `cores` cores had, 0 to 1.
    pub fn share(&self, cores: f64) -> Option<f64> {
        self.cpu_ms.map(|cpu| cpu / (self.seconds * 1e3 * cores))
    }
}

/// A clip's frames in a camera's format.
pub struct Footage {
    format: PixelFormat,
    name: &'static str,
    size: (u32, u32),
    frames: Vec<Vec<u8>>,
}

impl Footage {
    /// As cameras on USB 2 give this size: each frame a JPEG picture.
    pub fn mjpeg(pictures: &[Picture]) -> anyhow::Result<Self> {
        let frames = pictures
            .iter()
            .map(|picture| picture.encode_jpeg(JPEG_QUALITY))
            .collect::<Result<_, _>>()?;
        Self::new(PixelFormat::Mjpeg, "MJPEG", pictures, frames)
    }

    /// As cameras without compression give it.
    pub fn nv12(pictures: &[Picture]) -> anyhow::Result<Self> {
        let frames = pictures.iter().map(nv12).collect::<Result<_, _>>()?;
        Self::new(PixelFormat::Nv12, "NV12", pictures, frames)
    }

    /// The same of the older kind.
    pub fn yuyv(pictures: &[Picture]) -> anyhow::Result<Self> {
        let frames = pictures.iter().map(yuyv).collect::<Result<_, _>>()?;
        Self::new(PixelFormat::Yuyv, "YUYV", pictures, frames)
    }

    /// The format's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// A frame by itself, to and fro.
    pub fn frame(&self, number: usize) -> anyhow::Result<Frame> {
        let stamp = Stamp {
            sequence: number as u64,
            captured_at: PERIOD * u32::try_from(number)?,
            source: SourceId::new("bench"),
        };
        let bytes = &self.frames[to_and_fro(number, self.frames.len())];
        Ok(Pool::new(1).frame(self.shape(), stamp, bytes)?)
    }

    const fn shape(&self) -> Shape {
        Shape {
            format: self.format,
            width: self.size.0,
            height: self.size.1,
        }
    }

    fn new(
        format: PixelFormat,
        name: &'static str,
        pictures: &[Picture],
        frames: Vec<Vec<u8>>,
    ) -> anyhow::Result<Self> {
        let first = pictures.first().context("the clip has no frame")?;
        Ok(Self {
            format,
            name,
            size: (first.width(), first.height()),
            frames,
        })
    }
}

/// Planes Y, U, V of a quarter each to one of Y and one of U V pairs.
fn nv12(picture: &Picture) -> anyhow::Result<Vec<u8>> {
    let mut planes = Mat::default();
    imgproc::cvt_color_def(&picture.as_mat()?, &mut planes, imgproc::COLOR_BGR2YUV_I420)?;
    let planes = planes.data_bytes()?;
    let area = picture.width() as usize * picture.height() as usize;
    let (luma, chroma) = planes.split_at(area);
    let (u, v) = chroma.split_at(area / 4);
    let pairs = u.iter().zip(v).flat_map(|(u, v)| [*u, *v]);
    Ok(luma.iter().copied().chain(pairs).collect())
}

/// Two pixels of a row share a U and a V: those of NV12, whose rows share them in pairs.
fn yuyv(picture: &Picture) -> anyhow::Result<Vec<u8>> {
    let planes = nv12(picture)?;
    let width = picture.width() as usize;
    let (luma, chroma) = planes.split_at(width * picture.height() as usize);
    let mut bytes = Vec::with_capacity(2 * luma.len());
    for (row, line) in luma.chunks_exact(width).enumerate() {
        let chroma = &chroma[row / 2 * width..][..width];
        for (two, pair) in line.chunks_exact(2).zip(chroma.chunks_exact(2)) {
            bytes.extend([two[0], pair[0], two[1], pair[1]]);
        }
    }
    Ok(bytes)
}

/// Runs for so many seconds. The clip is played to and fro, so that nothing jumps.
pub fn run(pipeline: &mut Pipeline, footage: Footage, seconds: u64) -> anyhow::Result<Paced> {
    let clock = Arc::new(SystemClock::start());
    let format = footage.name;
    let (publisher, mut viewer) = newest::slot();
    let stream = Stream::start(Box::new(Camera::new(footage, clock.clone())), publisher)?;
    pipeline.begin();
    let last = WARM_UP + seconds * 30;
    let mut paced = Paced {
        format,
        seconds: 0.0,
        frames: 0,
        dropped: 0,
        faces: 0,
        delays: Vec::new(),
        cpu_ms: None,
    };
    let mut begun: Option<(Duration, Option<f64>, u64, u64)> = None;
    loop {
        let frame = viewer.next(PATIENCE)?.context("the camera ended")?;
        if begun.is_none() && frame.sequence() >= WARM_UP {
            begun = Some((clock.now(), cpu_ms(), frame.sequence(), viewer.dropped()));
        }
        let seen = pipeline.look(&frame)?;
        let delay = clock.now().saturating_sub(frame.captured_at());
        if let Some(subject) = &seen.subject
            && frame.sequence() % EMBED_EVERY == 0
        {
            pipeline.embed(subject)?;
        }
        let Some((start, worked, first, dropped)) = begun else {
            continue;
        };
        paced.delays.push(ms(delay));
        paced.faces += u64::from(seen.subject.is_some());
        if frame.sequence() >= last {
            paced.seconds = (clock.now() - start).as_secs_f64();
            paced.cpu_ms = cpu_ms().zip(worked).map(|(now, then)| now - then);
            paced.frames = frame.sequence() - first + 1;
            paced.dropped = viewer.dropped() - dropped;
            break;
        }
    }
    stream.stop(PATIENCE)?;
    ensure!(!paced.delays.is_empty(), "no frame was looked at");
    Ok(paced)
}

/// Gives a clip's frames at their times, to and fro, without end.
struct Camera {
    facts: SourceFacts,
    footage: Footage,
    clock: Arc<SystemClock>,
    pool: Pool,
    given: u32,
}

impl Camera {
    fn new(footage: Footage, clock: Arc<SystemClock>) -> Self {
        Self {
            facts: SourceFacts {
                id: SourceId::new("camera:bench"),
                format: footage.format,
                width: footage.size.0,
                height: footage.size.1,
                fps: Some(30.0),
                live: false,
            },
            footage,
            clock,
            pool: Pool::new(4),
            given: 0,
        }
    }
}

impl FrameSource for Camera {
    fn facts(&self) -> &SourceFacts {
        &self.facts
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, CaptureError> {
        let due = PERIOD * self.given;
        self.clock.sleep(due.saturating_sub(self.clock.now()));
        let stamp = Stamp {
            sequence: u64::from(self.given),
            captured_at: self.clock.now(),
            source: self.facts.id.clone(),
        };
        let bytes =
            &self.footage.frames[to_and_fro(self.given as usize, self.footage.frames.len())];
        self.given += 1;
        let shape = self.footage.shape();
        self.pool.frame(shape, stamp, bytes).map(Some)
    }
}

/// 0, 1, 2, 1, 0, 1, ... for three frames.
fn to_and_fro(number: usize, frames: usize) -> usize {
    let turn = (2 * frames).saturating_sub(2).max(1);
    let at = number % turn;
    at.min(turn - at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_is_played_to_and_fro() {
        let played: Vec<usize> = (0..6).map(|number| to_and_fro(number, 3)).collect();
        assert_eq!(played, [0, 1, 2, 1, 0, 1]);
        assert_eq!([0, 1, 2].map(|number| to_and_fro(number, 1)), [0; 3]);
    }

    #[test]
    fn a_grey_picture_has_even_chroma() {
        let grey = Picture::from_bgr(4, 2, vec![130; 24]).unwrap();
        let frame = nv12(&grey).unwrap();
        assert_eq!(frame.len(), 12);
        assert!(frame[..8].iter().all(|luma| luma.abs_diff(128) <= 1));
        assert_eq!(frame[8..], [128; 4]);
    }
}
