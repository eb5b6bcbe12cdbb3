//! Text in a picture: where lines are, and what a network sees in one.
//!
//! The recogniser is behind [`LineRecogniser`]: another network for MRZ lines is another
//! implementation, and nothing behind it changes.

mod detector;
mod evidence;
mod ocr_b;

pub(super) use detector::TextDetector;
pub(super) use evidence::{BLANK, Evidence, STEP_CLASSES};
pub(super) use ocr_b::OcrB;

use opencv::core::Mat;

use super::plane::Line;
use crate::Error;

/// A network that looks at one straightened line of text.
pub(super) trait LineRecogniser {
    /// The height in pixels of the strips that it wants.
    fn strip_height(&self) -> i32;

    /// Looks at a strip (8UC3, BGR) of that height.
    ///
    /// # Errors
    /// [`Error`] where the network does not run.
    fn look(&mut self, strip: &Mat) -> Result<Evidence, Error>;
}

/// How a line is cut out for a recogniser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    /// The detector's box height is multiplied by this.
    pub tall: f32,
    /// Added at each end, in heights.
    pub wide: f32,
    /// Whether contrast is stretched.
    pub stretch: bool,
}

impl Cut {
    /// Measured best on lines of 5 to 40 pixels: a little air around the characters.
    pub const PLAIN: Self = Self {
        tall: 1.2,
        wide: 0.6,
        stretch: false,
    };
}

/// Where a line's evidence lies in the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ruler {
    /// The strip's left end.
    pub start: [f32; 2],
    /// Reading direction.
    pub direction: [f32; 2],
    /// Picture pixels a step.
    pub step_px: f32,
}

/// The longest strip, in pixels: 44 characters take about 1,800 at a height of 48.
const LONGEST_STRIP: f32 = 3200.0;

/// Cuts the line out and looks at it.
pub(super) fn look_at(
    recogniser: &mut dyn LineRecogniser,
    picture: &Mat,
    line: &Line,
    cut: Cut,
) -> Result<(Evidence, Ruler), Error> {
    let quad = line.quad(cut.tall, cut.wide);
    let height = recogniser.strip_height();
    let long = line.length() + 2.0 * cut.wide * line.height;
    let tall = (line.height * cut.tall).max(1.0);
    let width = (height as f32 * long / tall)
        .clamp(32.0, LONGEST_STRIP)
        .round() as i32;
    let mut strip = super::plane::straighten(picture, &quad, width, height)?;
    if cut.stretch {
        strip = super::sharpness::stretched(&strip)?;
    }
    let evidence = recogniser.look(&strip)?;
    let steps = evidence.steps.len().max(1) as f32;
    let ruler = Ruler {
        start: super::plane::along(line.start, line.direction(), -cut.wide * line.height),
        direction: line.direction(),
        step_px: long / steps,
    };
    Ok((evidence, ruler))
}
