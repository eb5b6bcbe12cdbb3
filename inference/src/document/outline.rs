//! The document's corners.

use opencv::core::{Mat, MatTraitConst};

use super::plane::{Line, Quad, length, minus};
use super::zone::Found;
use crate::Error;

/// A document's corners.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outline {
    pub corners: Quad,
}

impl Outline {
    pub fn size(&self) -> (f32, f32) {
        let [a, b, c, d] = self.corners;
        let side = |p, q| length(minus(p, q));
        (
            (side(a, b) + side(d, c)) / 2.0,
            (side(a, d) + side(b, c)) / 2.0,
        )
    }
}

pub(super) fn find(
    work: &Mat,
    _text: &[Line],
    found: Option<&Found>,
) -> Result<Option<Outline>, Error> {
    let (w, h) = (work.cols() as f32, work.rows() as f32);
    Ok(found.map(|_| Outline {
        corners: [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]],
    }))
}
