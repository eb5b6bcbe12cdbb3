//! The face as OFIQ aligns it, cut to where the face is: what every measure of pixels looks at.
//!
//! OFIQ brings two eyes, nose and mouth corners to fixed places in 616 x 616 px (eyes 113 px apart) by a
//! similarity; here that similarity is the least squares one, and only a window of 320 x 320 px of it is made.
//!
//! ```text
//!   148                468
//! 190 ┌──────────────────┐   eyes (251, 272) and (364, 272), nose (308, 336), mouth (262, 402) and (355, 402)
//!     │     ·      ·     │
//!     │        ·         │
//! 510 └──────────────────┘
//! ```

use std::sync::LazyLock;

use opencv::core::{CV_8UC1, Mat, MatTraitConstManual, MatTraitManual, Point, Scalar, Vector};
use opencv::imgproc;

use super::super::Subject;
use crate::Error;
use crate::blob::{Beyond, warp};
use crate::geometry::{Affine, distance, midpoint};
use crate::picture::Picture;

/// The window's side, px.
pub(in crate::face) const SIDE: usize = 320;
/// The window's corner in OFIQ's frame, px.
pub(super) const CORNER: [f32; 2] = [148.0, 190.0];
/// Where OFIQ puts the eyes, the nose and the corners of the mouth, left to right on screen (`utils.cpp`, `alignImage`).
const PLACES: [[f32; 2]; 5] = [
    [251.0, 272.0],
    [364.0, 272.0],
    [308.0, 336.0],
    [262.0, 402.0],
    [355.0, 402.0],
];
/// The mesh's nose tip and corners of the mouth.
const NOSE: usize = 4;
const MOUTH_CORNERS: [usize; 2] = [61, 291];
/// Corners of the person's right and left eye in the mesh.
pub(in crate::face) const EYE_CORNERS: [[usize; 2]; 2] = [[33, 133], [362, 263]];
/// The tip of the chin.
pub(super) const CHIN: usize = 152;
/// Inner lips, above and below: what OFIQ calls the mouth's centre.
pub(super) const INNER_LIPS: [usize; 2] = [13, 14];

/// The face's outline from temple to temple round the chin, and the brows' upper edge: the mesh's points that lie
/// where the outermost of OFIQ's 98 do. The forehead above the brows is no part of it.
const OUTLINE: [usize; 33] = [
    127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288,
    361, 323, 454, 356, 300, 293, 334, 296, 336, 107, 66, 105, 63, 70,
];

/// sRGB's transfer function (IEC 61966-2-1), by level.
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|level| {
        let x = level as f32 / 255.0;
        if x > 0.04045 {
            ((x + 0.055) / 1.055).powf(2.4)
        } else {
            x / 12.92
        }
    })
});

/// A level, 0 to 1, without its gamma.
pub(super) fn linear(level: f32) -> f32 {
    if level > 0.04045 {
        ((level + 0.055) / 1.055).powf(2.4)
    } else {
        level / 12.92
    }
}

/// The aligned window.
pub(in crate::face) struct View {
    /// 8UC3, [`SIDE`] a side.
    pub bgr: Mat,
    /// Linear luminance, 0 to 255 (ITU-R BT.709's weights).
    pub luminance: Vec<u8>,
    /// Not zero on the face within the picture.
    pub mask: Vec<u8>,
    /// The mesh in the window.
    pub points: Vec<[f32; 2]>,
    /// Window to picture.
    pub to_picture: Affine,
    /// Middle of the eye that is left on screen (the person's right), then the other, in the window.
    pub eyes: [[f32; 2]; 2],
}

impl View {
    /// Aligns a face; `None` where its landmarks lie on one point.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub(in crate::face) fn of(picture: &Picture, subject: &Subject) -> Result<Option<Self>, Error> {
        let Some(to_picture) = alignment(&subject.landmarks) else {
            return Ok(None);
        };
        let Some(from_picture) = to_picture.inverse() else {
            return Ok(None);
        };
        let (mut bgr, mut shrunk) = (Mat::default(), Mat::default());
        let source = picture.as_mat()?;
        warp(
            &source,
            &to_picture,
            SIDE as u32,
            Beyond::Edge,
            &mut bgr,
            &mut shrunk,
        )?;
        let points: Vec<[f32; 2]> = subject
            .landmarks
            .iter()
            .map(|&[x, y, _]| from_picture.apply([x, y]))
            .collect();
        let mask = mask(picture, &from_picture, &points)?;
        let luminance = luminance(bgr.data_bytes()?);
        let eyes = EYE_CORNERS.map(|[one, two]| midpoint(points[one], points[two]));
        Ok(Some(Self {
            bgr,
            luminance,
            mask,
            points,
            to_picture,
            eyes,
        }))
    }

    /// From eye to eye in the window.
    pub(in crate::face) fn inter_eye(&self) -> f32 {
        distance(self.eyes[0], self.eyes[1])
    }

    /// The pixels of the face within the hull of these points of the mesh.
    pub(in crate::face) fn within(&self, indices: &[usize]) -> Result<Vec<usize>, Error> {
        let polygon: Vec<[f32; 2]> = indices.iter().map(|index| self.points[*index]).collect();
        let mut mat = empty()?;
        fill(&mut mat, &polygon)?;
        let span = |axis: usize| {
            let values = polygon.iter().map(|point| point[axis]);
            let low = values.clone().fold(f32::INFINITY, f32::min) - 1.0;
            let high = values.fold(f32::NEG_INFINITY, f32::max) + 2.0;
            (low.max(0.0) as usize).min(SIDE)..(high.max(0.0) as usize).min(SIDE)
        };
        let (columns, rows) = (span(0), span(1));
        let inside = mat.data_bytes()?;
        Ok(rows
            .flat_map(|row| columns.clone().map(move |column| row * SIDE + column))
            .filter(|at| inside[*at] != 0 && self.mask[*at] != 0)
            .collect())
    }
}

/// Window to picture.
fn alignment(landmarks: &[[f32; 3]]) -> Option<Affine> {
    let flat = |index: usize| [landmarks[index][0], landmarks[index][1]];
    let [right, left] = EYE_CORNERS.map(|[one, two]| midpoint(flat(one), flat(two)));
    let seen = [
        right,
        left,
        flat(NOSE),
        flat(MOUTH_CORNERS[0]),
        flat(MOUTH_CORNERS[1]),
    ];
    let places = PLACES.map(|[x, y]| [x - CORNER[0], y - CORNER[1]]);
    let map = Affine::similarity(&places, &seen)?;
    (map.scale().is_finite() && map.scale() > 1e-3).then_some(map)
}

fn empty() -> Result<Mat, Error> {
    let side = SIDE as i32;
    Ok(Mat::new_rows_cols_with_default(
        side,
        side,
        CV_8UC1,
        Scalar::default(),
    )?)
}

fn fill(mat: &mut Mat, polygon: &[[f32; 2]]) -> Result<(), Error> {
    let corners: Vector<Point> = polygon
        .iter()
        .map(|&[x, y]| Point::new(x.round() as i32, y.round() as i32))
        .collect();
    let mut hull = Vector::<Point>::new();
    imgproc::convex_hull_def(&corners, &mut hull)?;
    imgproc::fill_convex_poly_def(mat, &hull, Scalar::all(255.0))?;
    Ok(())
}

/// The hull of the face's outline, without what lies beyond the picture's edge.
fn mask(picture: &Picture, from_picture: &Affine, points: &[[f32; 2]]) -> Result<Vec<u8>, Error> {
    let outline: Vec<[f32; 2]> = OUTLINE.iter().map(|index| points[*index]).collect();
    let mut face = empty()?;
    fill(&mut face, &outline)?;
    let (right, bottom) = (picture.width() as f32, picture.height() as f32);
    let corners = [[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]];
    let mut inside = empty()?;
    fill(
        &mut inside,
        &corners.map(|corner| from_picture.apply(corner)),
    )?;
    for (pixel, seen) in face.data_bytes_mut()?.iter_mut().zip(inside.data_bytes()?) {
        *pixel &= *seen;
    }
    Ok(face.data_bytes()?.to_vec())
}

/// Linear luminance by pixel, rounded to whole levels.
pub(super) fn luminance(bgr: &[u8]) -> Vec<u8> {
    let linear = &*LINEAR;
    let level = |pixel: &[u8]| {
        let [b, g, r] = [0, 1, 2].map(|k| linear[pixel[k] as usize]);
        (255.0 * (0.2126 * r + 0.7152 * g + 0.0722 * b) + 0.5) as u8
    };
    bgr.chunks_exact(3).map(level).collect()
}
