//! Frame after frame as fast as they are looked at: each stage's time, and what is allocated on the way.

use std::collections::BTreeMap;

use kiosk_capture::{Frame, PixelFormat, Pool, Shape, SourceId, Stamp};
use kiosk_inference::face::Track;
use kiosk_inference::picture::Picture;
use kiosk_inference::stages::StageTimes;

use super::pipeline::Pipeline;
use crate::figures::ms;

/// Frames at the start of a clip that fill caches and buffers and are not counted: the detector has looked twice by
/// then, and ONNX Runtime lays out a network's memory in its second run.
const WARM_UP: usize = 20;
/// Frames from one embedding to the next: once a second a best shot.
const EMBED_EVERY: usize = 30;
/// Searches that are timed, of either kind.
const SEARCHES: usize = 12;

/// What was allocated so far, by anyone in this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allocated {
    /// Allocations.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those of at least a quarter of a frame.
    pub large: u64,
}

impl Allocated {
    fn since(self, before: Self) -> Self {
        Self {
            count: self.count - before.count,
            bytes: self.bytes - before.bytes,
            large: self.large - before.large,
        }
    }
}

/// What a run gave, a value a frame.
#[derive(Default)]
pub struct Stages {
    /// Frames with a face.
    pub faces: usize,
    /// From a frame's arrival to its observation, ms.
    pub totals: Vec<f64>,
    /// Each stage's ms in the frames where it ran.
    pub by_name: BTreeMap<&'static str, Vec<f64>>,
    /// ms of an embedding.
    pub embeddings: Vec<f64>,
    /// What a frame's look allocated.
    pub allocated: Vec<Allocated>,
    /// ms of the whole search, as in a stream's first frame and right after a face was lost.
    pub searches: Vec<f64>,
    /// ms of a frame while nobody is there: the whole picture and one part.
    pub empty_frames: Vec<f64>,
}

/// Looks at every frame (JPEG) of a clip, `rounds` times. Decoding is not counted.
pub fn run(
    pipeline: &mut Pipeline,
    clip: &[Vec<u8>],
    rounds: usize,
    allocated: fn() -> Allocated,
) -> anyhow::Result<Stages> {
    let mut stages = Stages::default();
    let camera = Camera::new();
    for _ in 0..rounds {
        pipeline.begin();
        for (number, jpeg) in clip.iter().enumerate() {
            let picture =
                Picture::decode(jpeg, &kiosk_inference::picture::DecodeLimits::default())?;
            let frame = camera.frame(number, &picture)?;
            let before = allocated();
            let seen = pipeline.look(&frame)?;
            let taken = allocated().since(before);
            if number < WARM_UP {
                continue;
            }
            stages.add(&seen.stages);
            stages.allocated.push(taken);
            if let Some(subject) = &seen.subject {
                stages.faces += 1;
                if number % EMBED_EVERY == 0 {
                    stages.embeddings.extend(pipeline.embed(subject)?.map(ms));
                }
            }
        }
    }
    Ok(stages)
}

impl Stages {
    fn add(&mut self, times: &StageTimes) {
        let mut sums: BTreeMap<&'static str, f64> = BTreeMap::new();
        for (name, time) in times {
            *sums.entry(*name).or_default() += ms(*time);
        }
        self.totals.push(sums.values().sum());
        for (name, time) in sums {
            self.by_name.entry(name).or_default().push(time);
        }
    }

    /// Times the search in a frame of that size that shows nobody.
    pub fn search(&mut self, pipeline: &mut Pipeline, size: (u32, u32)) -> anyhow::Result<()> {
        let nobody = nobody(size)?;
        let total = |times: &StageTimes| times.iter().map(|(_, time)| ms(*time)).sum::<f64>();
        for _ in 0..SEARCHES {
            let mut track = Track::new();
            let first = pipeline.reader.follow(&nobody, &mut track)?;
            self.searches.push(total(&first.stages));
            let next = pipeline.reader.follow(&nobody, &mut track)?;
            self.empty_frames.push(total(&next.stages));
        }
        Ok(())
    }
}

/// A wall with light from one side.
fn nobody((width, height): (u32, u32)) -> anyhow::Result<Picture> {
    let mut bgr = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let light = 60 + 120 * x / width + 40 * y / height;
            bgr.extend([u8::try_from(light)?; 3]);
        }
    }
    Ok(Picture::from_bgr(width, height, bgr)?)
}

/// Frames as a camera gives them, out of a pool of two buffers.
pub(super) struct Camera {
    pool: Pool,
    name: SourceId,
}

impl Camera {
    pub(super) fn new() -> Self {
        Self {
            pool: Pool::new(2),
            name: SourceId::new("bench"),
        }
    }

    pub(super) fn frame(&self, number: usize, picture: &Picture) -> anyhow::Result<Frame> {
        let shape = Shape {
            format: PixelFormat::Bgr8,
            width: picture.width(),
            height: picture.height(),
        };
        let stamp = Stamp {
            sequence: number as u64,
            captured_at: super::paced::PERIOD * u32::try_from(number)?,
            source: self.name.clone(),
        };
        Ok(self.pool.frame(shape, stamp, picture.bgr())?)
    }
}
