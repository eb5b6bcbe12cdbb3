//! How fast the document moves between two frames.
//!
//! Phase correlation of the document's surroundings in both frames, at a small size: it finds
//! shifts below a pixel there, and needs no outline that is equally found in both. A turn about the
//! document's middle is not seen by it; hands that turn a document shift it too.

use std::time::Duration;

use opencv::core::{CV_32F, Mat, MatTraitConst, Rect, Size};
use opencv::imgproc;

use super::place;
use crate::Error;
use crate::document::plane::Quad;
use crate::picture::Picture;

/// The longer side of frames that are kept for comparison.
const SIDE: f64 = 384.0;
/// A correlation weaker than this found nothing common: the scene changed. Measured on 14 specimens:
/// the same page, moved by up to 3 % of the picture, noisier and more blurred, gives 0.86 and more;
/// another page in its place mostly less than 0.25, at most 0.58.
const LEAST_RESPONSE: f64 = 0.30;
/// Frames further apart are not compared.
const LONGEST: Duration = Duration::from_millis(700);

/// A frame kept small.
pub(super) struct Frame {
    grey: Mat,
    scale: f32,
    at: Duration,
}

impl Frame {
    /// # Errors
    /// [`Error::Library`].
    pub fn of(picture: &Picture, at: Duration) -> Result<Self, Error> {
        let mat = picture.as_mat()?;
        let scale = (SIDE / f64::from(picture.width().max(picture.height()))).min(1.0);
        let side = |pixels: i32| ((f64::from(pixels) * scale).round() as i32).max(1);
        let size = Size::new(side(mat.cols()), side(mat.rows()));
        let (mut small, mut grey, mut wide) = (Mat::default(), Mat::default(), Mat::default());
        imgproc::resize(&mat, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        imgproc::cvt_color_def(&small, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        grey.convert_to(&mut wide, CV_32F, 1.0, 0.0)?;
        Ok(Self {
            grey: wide,
            scale: scale as f32,
            at,
        })
    }

    /// Widths of the document a second that it moved since `before`; infinite where the scene
    /// changed. `None` where the frames don't compare: other sizes, too long apart, too small.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn speed_since(&self, before: &Self, outline: &Quad) -> Result<Option<f32>, Error> {
        let Some(passed) = self.at.checked_sub(before.at) else {
            return Ok(None);
        };
        if passed.is_zero() || passed > LONGEST || self.grey.size()? != before.grey.size()? {
            return Ok(None);
        }
        let around = self.around(outline);
        if around.width < 24 || around.height < 24 {
            return Ok(None);
        }
        let size = Size::new(around.width, around.height);
        let mut window = Mat::default();
        imgproc::create_hanning_window(&mut window, size, CV_32F)?;
        let part =
            |frame: &Mat| -> Result<Mat, Error> { Ok(Mat::roi(frame, around)?.try_clone()?) };
        let mut response = 0.0;
        let shift = imgproc::phase_correlate(
            &part(&before.grey)?,
            &part(&self.grey)?,
            &window,
            Some(&mut response),
        )?;
        if response < LEAST_RESPONSE {
            return Ok(Some(f32::INFINITY));
        }
        let (width, height) = place::sides(outline);
        let width_px = width.max(height) * self.scale;
        let moved = shift.x.hypot(shift.y) as f32;
        Ok(Some(moved / width_px.max(1.0) / passed.as_secs_f32()))
    }

    /// The upright rectangle around the outline in the small frame.
    fn around(&self, outline: &Quad) -> Rect {
        let least = |k: usize| outline.iter().map(|c| c[k]).fold(f32::INFINITY, f32::min);
        let most = |k: usize| {
            outline
                .iter()
                .map(|c| c[k])
                .fold(f32::NEG_INFINITY, f32::max)
        };
        let px = |value: f32| (value * self.scale).round() as i32;
        let (left, top) = (px(least(0)), px(least(1)));
        Rect::new(left, top, px(most(0)) - left, px(most(1)) - top)
            & Rect::new(0, 0, self.grey.cols(), self.grey.rows())
    }
}
