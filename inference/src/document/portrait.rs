//! The holder's portrait: the strongest face of the straightened document, cut as ICAO 9303-3 shows
//! it, with what a matcher wants to know of it.

use opencv::core::{Mat, MatTraitConst, Rect, Scalar};
use opencv::imgproc;
use serde::Serialize;

use super::assessment::{Assessment, Unmeasured};
use super::quality::sigma_px;
use super::sharpness::stretched;
use crate::Error;
use crate::face::{FaceBox, FaceReader};
use crate::geometry::distance;
use crate::picture::{Picture, Region};

/// Width of a portrait over its height: 35 mm by 45 mm (ICAO 9303-3, 3.9.1).
const ASPECT: f32 = 35.0 / 45.0;
/// Height of the portrait over the height of the face box, which goes from the middle of the
/// forehead to the chin: the head from crown to chin takes 70 to 80 % of the portrait (9303-3,
/// 3.9.1), and the box about 75 % of the head.
const TALL: f32 = 1.8;
/// Where in the portrait, from its upper edge, the box's middle lies.
const MIDDLE: f32 = 0.55;
/// A face less wide than this share of the document is no portrait (printed crests are).
const LEAST_WIDTH: f32 = 0.05;
/// A face less wide than this share of the document and paler than that is a ghost portrait.
/// Measured on specimens: ghosts' faces are 0.046 to 0.058 wide with a deviation of grey of 10 to
/// 14 levels, portraits' 0.147 to 0.173 with 47 to 59. A small portrait in full contrast stays one,
/// and so does a pale large one.
const GHOST_WIDTH: f32 = 0.11;
const GHOST_CONTRAST: f32 = 25.0;
/// The face box over the head from crown to chin.
const BOX_IN_HEAD: f32 = 0.75;
/// Grey from which on skin is clipped.
const CLIPPED: f64 = 250.0;

/// A portrait, found.
pub(super) struct Portrait {
    /// Its place on the page.
    pub region: Region,
    /// Its pixels.
    pub picture: Picture,
    /// How good they are.
    pub quality: PortraitQuality,
}

/// What a matcher wants to know of a portrait. ISO/IEC 39794-5 asks 90 pixels between the eyes of
/// a portrait that is to be matched by machine; printed and photographed again it has fewer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PortraitQuality {
    /// Pixels between the eyes' middles.
    pub eye_distance_px: Assessment<f32>,
    /// Sigma of its blur, px.
    pub blur_px: Assessment<f32>,
    /// Mean grey of the face, 0 to 255.
    pub brightness: f32,
    /// Standard deviation of the face's grey.
    pub contrast: f32,
    /// Share of the face that is clipped, 0 to 1.
    pub clipped: f32,
    /// The head's height, crown to chin, over the portrait's: 0.7 to 0.8 by ICAO 9303-3, 3.9.1.
    pub head_share: f32,
}

/// A face, and its eyes' distance where it was measured.
struct Candidate {
    face: FaceBox,
    eyes: Option<f32>,
    contrast: f32,
}

/// The portrait and its place; `None` where no face is large enough. Of several faces the one that
/// is largest in size and contrast is the holder's; ghosts are none.
///
/// # Errors
/// [`Error`] where the face detector fails.
pub(super) fn find(faces: &mut FaceReader, page: &Picture) -> Result<Option<Portrait>, Error> {
    let mut found = strongest(faces, page, page)?;
    if found.is_none() {
        // Portraits are often printed pale: look again with the contrast stretched.
        let strong = stretched(&page.as_mat()?.try_clone()?)?;
        found = strongest(faces, &Picture::from_mat(&strong)?, page)?;
    }
    let Some(Candidate { face, eyes, .. }) = found else {
        return Ok(None);
    };
    let region = frame(face.x, face.y, face.width, face.height, page);
    let picture = page.crop(region)?;
    let quality = quality(page, &face, eyes, &picture, region)?;
    Ok(Some(Portrait {
        region,
        picture,
        quality,
    }))
}

/// The strongest face that `looked_at` shows, measured on `page`.
fn strongest(
    faces: &mut FaceReader,
    looked_at: &Picture,
    page: &Picture,
) -> Result<Option<Candidate>, Error> {
    let seen = faces.observe(looked_at)?;
    let mut best: Option<Candidate> = None;
    for face in seen.faces {
        let contrast = grey_of(page, &face)?.map_or(0.0, |grey| grey.1);
        let share = face.width / page.width() as f32;
        if share < LEAST_WIDTH || (share < GHOST_WIDTH && contrast < GHOST_CONTRAST) {
            continue;
        }
        let strength = |face: &FaceBox, contrast: f32| face.width * contrast.max(1.0);
        if best
            .as_ref()
            .is_none_or(|best| strength(&face, contrast) > strength(&best.face, best.contrast))
        {
            let subject = seen
                .subject
                .as_ref()
                .filter(|subject| subject.bounds == face);
            let eyes = subject.map(|subject| distance(subject.eyes[0].iris, subject.eyes[1].iris));
            best = Some(Candidate {
                face,
                eyes,
                contrast,
            });
        }
    }
    Ok(best)
}

/// Mean, standard deviation and clipped share of a face's grey; `None` outside the page.
fn grey_of(page: &Picture, face: &FaceBox) -> Result<Option<(f32, f32, f32)>, Error> {
    let mat = page.as_mat()?;
    let (x, y) = (face.x as i32, face.y as i32);
    let whole = Rect::new(x, y, face.width as i32, face.height as i32);
    let inside = whole & Rect::new(0, 0, mat.cols(), mat.rows());
    if inside.empty() {
        return Ok(None);
    }
    let (mut grey, mut bright) = (Mat::default(), Mat::default());
    imgproc::cvt_color_def(&Mat::roi(&mat, inside)?, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let (mut mean, mut deviation) = (Scalar::default(), Scalar::default());
    opencv::core::mean_std_dev(&grey, &mut mean, &mut deviation, &opencv::core::no_array())?;
    imgproc::threshold(&grey, &mut bright, CLIPPED, 255.0, imgproc::THRESH_BINARY)?;
    let clipped = opencv::core::count_non_zero(&bright)? as f32 / inside.area() as f32;
    Ok(Some((mean[0] as f32, deviation[0] as f32, clipped)))
}

fn quality(
    page: &Picture,
    face: &FaceBox,
    eyes: Option<f32>,
    portrait: &Picture,
    region: Region,
) -> Result<PortraitQuality, Error> {
    let (brightness, contrast, clipped) = grey_of(page, face)?.unwrap_or((0.0, 0.0, 0.0));
    let mut grey = Mat::default();
    imgproc::cvt_color_def(&portrait.as_mat()?, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    Ok(PortraitQuality {
        eye_distance_px: Assessment::or_why(eyes, Unmeasured::TooSmall),
        blur_px: Assessment::or_why(sigma_px(&grey)?, Unmeasured::NoPrint),
        brightness,
        contrast,
        clipped,
        head_share: face.height / BOX_IN_HEAD / region.height.max(1.0),
    })
}

/// The portrait's frame around a face box, kept inside the page.
fn frame(x: f32, y: f32, width: f32, height: f32, page: &Picture) -> Region {
    let tall = (height * TALL).min(page.height() as f32);
    let wide = (tall * ASPECT).min(page.width() as f32);
    let left = x + width / 2.0 - wide / 2.0;
    let top = y + height / 2.0 - tall * MIDDLE;
    Region {
        x: left.clamp(0.0, page.width() as f32 - wide),
        y: top.clamp(0.0, page.height() as f32 - tall),
        width: wide,
        height: tall,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_has_the_standards_proportions_and_stays_on_the_page() {
        let page = Picture::from_bgr(1000, 700, vec![0; 2_100_000]).unwrap();
        let middle = frame(400.0, 300.0, 80.0, 100.0, &page);
        assert!((middle.width / middle.height - ASPECT).abs() < 1e-4);
        assert!(middle.x < 400.0 && middle.x + middle.width > 480.0);
        let corner = frame(0.0, 0.0, 80.0, 100.0, &page);
        assert_eq!((corner.x, corner.y), (0.0, 0.0));
    }
}
