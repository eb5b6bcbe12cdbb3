//! The chip that the embedding network looks at: dlib's, aligned by five points.

use crate::Error;
use crate::blob::{Beyond, warp};
use crate::face::Subject;
use crate::geometry::Affine;
use crate::picture::Picture;
use opencv::core::Mat;

/// Chip side in pixels.
pub(super) const SIDE: u32 = 150;
/// dlib's margin for this network (`get_face_chip_details(shape, 150, 0.25)`).
const PADDING: f32 = 0.25;
/// Mesh index, and where dlib's mean shape has that point in a unit square without margin
/// (`get_face_chip_details` in `dlib/image_transforms/interpolation.h`, the five-point case):
/// outer and inner corner of the eye on the picture's right, the same on its left, nose base.
const POINTS: [(usize, [f32; 2]); 5] = [
    (263, [0.859_567_5, 0.213_498_16]),
    (362, [0.646_060_5, 0.228_967_44]),
    (33, [0.120_575_06, 0.213_727_45]),
    (133, [0.334_085_06, 0.229_064_24]),
    (2, [0.490_112_3, 0.627_797_53]),
];

/// The map from the chip onto the subject's face.
pub(super) fn from_chip(subject: &Subject) -> Result<Affine, Error> {
    let size = SIDE as f32;
    let chip = POINTS.map(|(_, at)| at.map(|v| (PADDING + v) / (2.0 * PADDING + 1.0) * size));
    let seen = POINTS.map(|(index, _)| [subject.landmarks[index][0], subject.landmarks[index][1]]);
    Affine::similarity(&chip, &seen).ok_or(Error::Shape {
        model: "face_mesh",
        expected: "a face wider than a point",
        found: "all landmarks in one place".into(),
    })
}

/// The same map for the chip's mirror image.
pub(super) fn mirrored(from_chip: &Affine) -> Affine {
    let side = SIDE as f32;
    Affine {
        rows: from_chip.rows.map(|[a, b, c]| [-a, b, a * side + c]),
    }
}

/// The subject's face as the embedding network sees it, 150 pixels a side.
///
/// # Errors
/// [`Error::Library`] where warping fails.
pub fn aligned_chip(picture: &Picture, subject: &Subject) -> Result<Picture, Error> {
    let (mut chip, mut shrunk) = (Mat::default(), Mat::default());
    let map = from_chip(subject)?;
    warp(
        &picture.as_mat()?,
        &map,
        SIDE,
        Beyond::Black,
        &mut chip,
        &mut shrunk,
    )?;
    Ok(Picture::from_mat(&chip)?)
}
