//! A recording: a video, a picture, or a folder of pictures in name order.
//!
//! ```text
//! open: is it there ─► what does its head say ─► its size within limits ─► first frame decoded
//! next_frame: OwnClock       waits until the frame's own time has come
//!             AsFastAsAsked  gives it at once
//! ```
//!
//! Whatever the file holds, memory is bounded: pictures are refused by their header before they are
//! decoded, videos by the size that their container states.

mod container;
mod picture;
mod video;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual};

use crate::clock::{Clock, SystemClock};
use crate::error::CaptureError;
use crate::frame::{Frame, PixelFormat, Shape, Stamp};
use crate::pool::Pool;
use crate::source::{FrameSource, SourceFacts, SourceId};
use container::Kind;
use picture::Pictures;
use video::Video;

/// Pictures of a folder come this far apart: they carry no times of their own. Ten a second is what a
/// browser sends of a liveness clip; nothing else depends on it.
pub const PICTURE_INTERVAL: Duration = Duration::from_millis(100);

/// Frames of a recording that may be held at a time: a bench or a report keeps a few, a slot one.
const FRAMES_OUT: usize = 32;

/// When frames are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// At their own times, as a camera would.
    OwnClock,
    /// As soon as they are asked for.
    AsFastAsAsked,
}

/// How much of a recording is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels of a frame.
    pub max_pixels: u64,
    /// The most bytes of one picture file.
    pub max_picture_bytes: u64,
}

impl Default for Limits {
    /// 40 megapixels (120 MB decoded) and 30 MiB: above what phone cameras and document scanners give.
    fn default() -> Self {
        Self {
            max_pixels: 40_000_000,
            max_picture_bytes: 30 << 20,
        }
    }
}

impl Limits {
    fn admit(&self, width: u64, height: u64) -> Result<(), CaptureError> {
        match width.checked_mul(height) {
            Some(pixels) if pixels <= self.max_pixels => Ok(()),
            _ => Err(CaptureError::TooManyPixels {
                width,
                height,
                limit: self.max_pixels,
            }),
        }
    }
}

enum Content {
    Video(Video),
    Pictures(Pictures),
}

/// A source that plays what was recorded. Frames are [`PixelFormat::Bgr8`], turned upright by EXIF or
/// the container's rotation.
pub struct Recording {
    facts: SourceFacts,
    content: Content,
    pacing: Pacing,
    clock: Arc<dyn Clock>,
    begun: Option<Duration>,
    /// The decoded frame, kept from frame to frame; `ready` while it waits to be given.
    decoded: Mat,
    ready: Option<Duration>,
    sequence: u64,
    pool: Pool,
}

impl Recording {
    /// Opens a recording with the default [`Limits`] on the machine's clock.
    ///
    /// # Errors
    /// See [`Recording::open_with`].
    pub fn open(path: &Path, pacing: Pacing) -> Result<Self, CaptureError> {
        let clock = Arc::new(SystemClock::start());
        Self::open_with(path, pacing, &Limits::default(), clock)
    }

    /// Opens a recording and decodes its first frame.
    ///
    /// # Errors
    /// [`CaptureError::Missing`], `Unreadable`, `Empty`, `NoPictures`, `UnknownFormat`, `Truncated`,
    /// `TooManyBytes`, `TooManyPixels`, `Undecodable` or `NoFrameRate`, as they say.
    pub fn open_with(
        path: &Path,
        pacing: Pacing,
        limits: &Limits,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CaptureError> {
        // Absolute, so that OpenCV takes it for a file and never for an address; not canonical, since a file
        // in memory (`/proc/self/fd/N`) has no other name.
        let path = std::path::absolute(path).map_err(|error| unreadable(&error))?;
        let mut content = if path.is_dir() {
            Content::Pictures(Pictures::of_folder(&path, *limits)?)
        } else {
            match container::kind_of(&path)? {
                Kind::Picture => Content::Pictures(Pictures::of_file(path, *limits)),
                Kind::Video { counts_frames } => {
                    Content::Video(Video::open(&path, *limits, counts_frames)?)
                }
            }
        };
        let mut decoded = Mat::default();
        let ready = content
            .decode(&mut decoded)?
            .ok_or(CaptureError::Undecodable)?;
        let facts = SourceFacts {
            id: SourceId::new("recording"),
            format: PixelFormat::Bgr8,
            width: decoded.cols().unsigned_abs(),
            height: decoded.rows().unsigned_abs(),
            fps: content.fps(),
            live: false,
        };
        Ok(Self {
            facts,
            content,
            pacing,
            clock,
            begun: None,
            decoded,
            ready: Some(ready),
            sequence: 0,
            pool: Pool::new(FRAMES_OUT),
        })
    }

    /// Frames that the recording states it has; `None` where it states none that can be relied on.
    #[must_use]
    pub fn stated_frames(&self) -> Option<u64> {
        match &self.content {
            Content::Video(video) => video.stated_frames(),
            Content::Pictures(pictures) => Some(pictures.count()),
        }
    }

    /// The pool that this recording's buffers come from.
    #[must_use]
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    fn wait_for(&mut self, time: Duration) {
        if self.pacing == Pacing::AsFastAsAsked {
            return;
        }
        let now = self.clock.now();
        let due = *self.begun.get_or_insert(now) + time;
        if due > now {
            self.clock.sleep(due - now);
        }
    }
}

impl Content {
    /// Decodes the next frame and gives its time since the first; `None` at the end.
    fn decode(&mut self, into: &mut Mat) -> Result<Option<Duration>, CaptureError> {
        match self {
            Self::Video(video) => video.decode(into),
            Self::Pictures(pictures) => pictures.decode(into),
        }
    }

    fn fps(&self) -> Option<f64> {
        match self {
            Self::Video(video) => video.fps(),
            Self::Pictures(_) => None,
        }
    }
}

impl FrameSource for Recording {
    fn facts(&self) -> &SourceFacts {
        &self.facts
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, CaptureError> {
        if !self.pool.has_room() {
            return Err(self.pool.held());
        }
        let decoded = match self.ready.take() {
            Some(time) => Some(time),
            None => self.content.decode(&mut self.decoded)?,
        };
        let Some(time) = decoded else {
            return Ok(None);
        };
        self.wait_for(time);
        let shape = Shape {
            format: PixelFormat::Bgr8,
            width: self.decoded.cols().unsigned_abs(),
            height: self.decoded.rows().unsigned_abs(),
        };
        let stamp = Stamp {
            sequence: self.sequence,
            captured_at: time,
            source: self.facts.id.clone(),
        };
        self.sequence += 1;
        let frame = self.pool.frame(shape, stamp, self.decoded.data_bytes()?)?;
        Ok(Some(frame))
    }
}

fn unreadable(error: &std::io::Error) -> CaptureError {
    match error.kind() {
        std::io::ErrorKind::NotFound => CaptureError::Missing,
        kind => CaptureError::Unreadable {
            reason: kind.to_string(),
        },
    }
}
