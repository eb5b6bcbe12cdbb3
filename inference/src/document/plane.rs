//! Points, text lines and quadrilaterals in a picture, in pixels: x to the right, y down.

use opencv::core::{BORDER_REPLICATE, Mat, MatTraitConst, Point2f, Scalar, Size, ToInputArray};
use opencv::imgproc;

use crate::Error;

/// A point or a difference of points.
pub(super) type Point = [f32; 2];

/// `a + k b`.
pub(super) fn along(a: Point, b: Point, k: f32) -> Point {
    [a[0] + k * b[0], a[1] + k * b[1]]
}

pub(super) fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

pub(super) fn dot(a: Point, b: Point) -> f32 {
    a[0] * b[0] + a[1] * b[1]
}

pub(super) fn length(a: Point) -> f32 {
    dot(a, a).sqrt()
}

/// A quadrilateral: upper left, upper right, lower right, lower left as its text is read.
pub(super) type Quad = [Point; 4];

/// A line of text as a rectangle: from the middle of its left edge to that of its right one, as it
/// is read, and its height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub start: Point,
    pub end: Point,
    pub height: f32,
}

impl Line {
    pub fn length(&self) -> f32 {
        length(minus(self.end, self.start))
    }

    /// Unit vector in reading direction.
    pub fn direction(&self) -> Point {
        let along = minus(self.end, self.start);
        let length = length(along).max(f32::EPSILON);
        [along[0] / length, along[1] / length]
    }

    /// Unit vector from one line of text to the next.
    pub fn down(&self) -> Point {
        let [x, y] = self.direction();
        [-y, x]
    }

    pub fn middle(&self) -> Point {
        along(self.start, minus(self.end, self.start), 0.5)
    }

    /// The same rectangle, read upside down.
    pub fn turned(&self) -> Self {
        Self {
            start: self.end,
            end: self.start,
            height: self.height,
        }
    }

    /// Moved by so many pixels towards the next line.
    pub fn shifted(&self, down: f32) -> Self {
        Self {
            start: along(self.start, self.down(), down),
            end: along(self.end, self.down(), down),
            height: self.height,
        }
    }

    /// The same line from `from` to `to`, in pixels in its direction from `origin`.
    pub fn between(&self, origin: Point, from: f32, to: f32) -> Self {
        let direction = self.direction();
        let here = dot(minus(self.start, origin), direction);
        Self {
            start: along(self.start, direction, from - here),
            end: along(self.start, direction, to - here),
            height: self.height,
        }
    }

    /// Its corners, the height multiplied by `tall` and `wide` heights added at each end.
    pub fn quad(&self, tall: f32, wide: f32) -> Quad {
        let (direction, down) = (self.direction(), self.down());
        let half = self.height * tall / 2.0;
        let start = along(self.start, direction, -wide * self.height);
        let end = along(self.end, direction, wide * self.height);
        [
            along(start, down, -half),
            along(end, down, -half),
            along(end, down, half),
            along(start, down, half),
        ]
    }
}

/// Cuts the quadrilateral out of `picture`, straightened to `width` by `height`; what lies outside
/// the picture repeats its edge.
///
/// # Errors
/// [`Error::Library`] where the corners lie on one line.
pub(super) fn straighten(
    picture: &(impl MatTraitConst + ToInputArray),
    quad: &Quad,
    width: i32,
    height: i32,
) -> Result<Mat, Error> {
    let (w, h) = (width as f32, height as f32);
    let target = [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]];
    let points = |corners: &Quad| -> Result<Mat, opencv::Error> {
        let corners: Vec<Point2f> = corners
            .iter()
            .map(|[x, y]| Point2f::new(x - 0.5, y - 0.5))
            .collect();
        Mat::from_slice(&corners)?.try_clone()
    };
    let map = imgproc::get_perspective_transform(&points(quad)?, &points(&target)?, 0)?;
    let mut out = Mat::default();
    imgproc::warp_perspective(
        picture,
        &mut out,
        &map,
        Size::new(width, height),
        imgproc::INTER_CUBIC,
        BORDER_REPLICATE,
        Scalar::default(),
    )?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_line_reads_from_its_other_end_and_downwards_is_the_other_way() {
        let line = Line {
            start: [10.0, 20.0],
            end: [110.0, 20.0],
            height: 10.0,
        };
        assert_eq!(line.down(), [0.0, 1.0]);
        assert_eq!(line.turned().down(), [0.0, -1.0]);
        assert_eq!(line.turned().quad(1.0, 0.0)[0], [110.0, 25.0]);
    }

    #[test]
    fn a_line_keeps_its_place_when_cut_elsewhere() {
        let line = Line {
            start: [10.0, 20.0],
            end: [110.0, 20.0],
            height: 10.0,
        };
        let cut = line.between([0.0, 0.0], -5.0, 50.0);
        assert_eq!((cut.start, cut.end), ([-5.0, 20.0], [50.0, 20.0]));
    }
}
