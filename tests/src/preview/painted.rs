//! A camera that is not there: raw frames at their time, each with what a sensor has of noise, and with the troubles
//! of a camera where they are wanted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kiosk_capture::{
    CaptureError, Clock, Frame, FrameSource, PixelFormat, Pool, Shape, SourceFacts, SourceId, Stamp,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Frames that may be held, as a camera of ours has them.
const FRAMES_OUT: usize = 8;
/// Different pictures, shown in turn.
const PICTURES: usize = 8;

/// What becomes of a camera.
#[derive(Debug, Clone)]
pub enum Habit {
    /// It gives frames until it ends after so many.
    EndsAfter(u64),
    /// It gives so many frames and then none, as long as this holds true: its driver waits without an end.
    HangsAfter(u64, Arc<AtomicBool>),
}

/// When each frame arrived, by its number in its source.
#[derive(Debug, Clone, Default)]
pub struct Arrivals(Arc<Mutex<Vec<Duration>>>);

impl Arrivals {
    /// When frame `number` arrived.
    pub fn of(&self, number: u64) -> Option<Duration> {
        self.lock().get(usize::try_from(number).ok()?).copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The camera.
pub struct Painted {
    facts: SourceFacts,
    shape: Shape,
    pictures: Vec<Vec<u8>>,
    pool: Pool,
    clock: Arc<dyn Clock>,
    begun: Duration,
    interval: Duration,
    given: u64,
    habit: Habit,
    arrivals: Arrivals,
}

impl Painted {
    /// Frames of BGR at `fps`, on `clock`.
    pub fn new(size: [u32; 2], fps: u32, habit: Habit, clock: Arc<dyn Clock>) -> Self {
        let [width, height] = size;
        let shape = Shape {
            format: PixelFormat::Bgr8,
            width,
            height,
        };
        Self {
            facts: SourceFacts {
                id: SourceId::new("painted"),
                format: shape.format,
                width,
                height,
                fps: Some(f64::from(fps)),
                live: true,
            },
            shape,
            pictures: (0..PICTURES).map(|seed| paint(size, seed)).collect(),
            pool: Pool::new(FRAMES_OUT),
            begun: clock.now(),
            clock,
            interval: Duration::from_secs(1) / fps,
            given: 0,
            habit,
            arrivals: Arrivals::default(),
        }
    }

    /// When its frames arrived.
    pub fn arrivals(&self) -> Arrivals {
        self.arrivals.clone()
    }
}

impl FrameSource for Painted {
    fn facts(&self) -> &SourceFacts {
        &self.facts
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, CaptureError> {
        match &self.habit {
            Habit::EndsAfter(frames) if self.given >= *frames => return Ok(None),
            Habit::HangsAfter(frames, hangs) if self.given >= *frames => {
                while hangs.load(Ordering::Acquire) {
                    std::thread::sleep(Duration::from_millis(20));
                }
                return Ok(None);
            }
            _ => {}
        }
        let due = self.begun + self.interval * u32::try_from(self.given).unwrap_or(u32::MAX);
        self.clock.sleep(due.saturating_sub(self.clock.now()));
        let arrived = self.clock.now();
        let stamp = Stamp {
            sequence: self.given,
            captured_at: arrived.saturating_sub(self.begun),
            source: self.facts.id.clone(),
        };
        // A frame that finds no buffer has its number all the same.
        let number = self.given as usize;
        self.given += 1;
        self.arrivals.lock().push(arrived);
        self.pool
            .frame(self.shape, stamp, &self.pictures[number % PICTURES])
            .map(Some)
    }
}

/// A gradient with shapes on it and a sensor's noise (a standard deviation of about 3 levels): compressed at quality
/// 80, 1280x720 of it take about what a camera's picture takes.
fn paint([width, height]: [u32; 2], seed: usize) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(seed as u64);
    let mut bgr = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let checked = ((x / 40 + y / 40 + seed as u32) % 2) * 24;
            for base in [x * 120 / width + 40, y * 120 / height + 50, 90] {
                let noise = random.random_range(-5..=5);
                bgr.push((base + checked).saturating_add_signed(noise).min(255) as u8);
            }
        }
    }
    bgr
}
