//! What every source is: something that gives frames, one after the other, until it ends.

use std::fmt;
use std::sync::Arc;

use crate::error::CaptureError;
use crate::frame::{Frame, PixelFormat};

/// A source's name within this process: its kind, and for devices the device. Never a file's name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SourceId(Arc<str>);

impl SourceId {
    /// A name such as `camera:/dev/video0` or `recording`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known of a source once it is open.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFacts {
    /// Its name.
    pub id: SourceId,
    /// Format of its frames.
    pub format: PixelFormat,
    /// Width of its first frame in pixels.
    pub width: u32,
    /// Height of its first frame in pixels.
    pub height: u32,
    /// Frames a second as the source states them; `None` where it states none.
    pub fps: Option<f64>,
    /// Whether this is a sensor, not a recording.
    pub live: bool,
}

/// A source of frames.
pub trait FrameSource: Send {
    /// What is known of it.
    fn facts(&self) -> &SourceFacts;

    /// The next frame; blocks until there is one. `None` when the source has ended, and ever after.
    ///
    /// # Errors
    /// [`CaptureError::FramesHeld`] where this frame found no buffer: the source goes on. Every other
    /// error is final.
    fn next_frame(&mut self) -> Result<Option<Frame>, CaptureError>;
}
