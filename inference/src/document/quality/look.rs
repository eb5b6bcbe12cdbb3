//! Frames before they are read: an outline by edges, the frame before, one report each.

use std::time::Duration;

use super::motion::Frame;
use super::{Known, Quality, assess, limits, place};
use crate::Error;
use crate::document::assessment::{Assessment, Unmeasured};
use crate::document::guidance::by_urgency;
use crate::picture::Picture;

/// What a frame showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// The document's corners in picture pixels, begun at the picture's upper left: which way it is
    /// read is not known yet.
    pub outline: Option<[[f32; 2]; 4]>,
    /// How well it is seen.
    pub quality: Quality,
}

/// Looks at one frame after the other. It runs no network: about 30 ms a frame.
#[derive(Default)]
pub struct Watch {
    before: Option<Frame>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

impl Watch {
    /// A watch that has seen no frame.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges a frame that was taken `at`, on any clock that does not go backwards.
    ///
    /// # Errors
    /// [`Error`] where an image operation fails.
    pub fn look(&mut self, picture: &Picture, at: Duration) -> Result<Look, Error> {
        let outline = place::by_edges(picture)?;
        let known = Known {
            outline,
            ..Known::default()
        };
        let mut quality = assess(picture, &known)?;
        let frame = Frame::of(picture, at)?;
        if let Some(outline) = &outline {
            let speed = match &self.before {
                Some(before) => frame.speed_since(before, outline)?,
                None => None,
            };
            quality.speed = Assessment::or_why(speed, Unmeasured::NoEarlierFrame);
            quality.guidance = limits::guidance(&quality);
            by_urgency(&mut quality.guidance);
        }
        self.before = Some(frame);
        Ok(Look { outline, quality })
    }
}
