//! The holder's portrait: the largest face of the straightened document, cut as ICAO 9303-3 shows it.

use opencv::core::MatTraitConst;

use super::sharpness::stretched;
use crate::Error;
use crate::face::{FaceBox, FaceReader};
use crate::picture::{Picture, Region};

/// Width of a portrait over its height: 35 mm by 45 mm (ICAO 9303-3, 3.9.1).
const ASPECT: f32 = 35.0 / 45.0;
/// Height of the portrait over the height of the face box, which goes from the middle of the
/// forehead to the chin: the head from crown to chin takes 70 to 80 % of the portrait (9303-3,
/// 3.9.1), and the box about 75 % of the head.
const TALL: f32 = 1.8;
/// Where in the portrait, from its upper edge, the box's middle lies.
const MIDDLE: f32 = 0.55;
/// A face less wide than this share of the document is no portrait (ghosts and printed crests are).
const LEAST_WIDTH: f32 = 0.05;

/// The portrait and its place; `None` where no face is large enough. Of several faces, a ghost
/// portrait among them, the largest is the holder's.
///
/// # Errors
/// [`Error`] where the face detector fails.
pub(super) fn find(
    faces: &mut FaceReader,
    page: &Picture,
) -> Result<Option<(Region, Picture)>, Error> {
    let mut face = largest(faces, page)?;
    if face.is_none() {
        // Portraits are often printed pale: look again with the contrast stretched.
        let strong = stretched(&page.as_mat()?.try_clone()?)?;
        face = largest(faces, &Picture::from_mat(&strong)?)?;
    }
    let Some(face) = face else {
        return Ok(None);
    };
    let region = frame(face.x, face.y, face.width, face.height, page);
    Ok(Some((region, page.crop(region)?)))
}

/// The largest face that is large enough.
fn largest(faces: &mut FaceReader, page: &Picture) -> Result<Option<FaceBox>, Error> {
    let seen = faces.observe(page)?.faces.into_iter();
    Ok(seen
        .max_by(|a, b| (a.width * a.height).total_cmp(&(b.width * b.height)))
        .filter(|face| face.width >= LEAST_WIDTH * page.width() as f32))
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
