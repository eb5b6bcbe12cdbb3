//! Plane geometry between a picture and the patch that a network looks at.
//!
//! Coordinates are continuous: pixel `i` covers `i..i + 1`, its centre is `i + 0.5`.

use opencv::core::Mat;

/// `x' = a x + b y + c`, `y' = d x + e y + f`; here always patch to picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// `[[a, b, c], [d, e, f]]`.
    pub rows: [[f32; 3]; 2],
}

/// A square of a picture, turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    /// Centre in picture pixels.
    pub centre: [f32; 2],
    /// Side in picture pixels.
    pub side: f32,
    /// Direction of the square's x axis in the picture, clockwise on screen, in radians.
    pub angle: f32,
}

impl Square {
    /// The map from a patch of `side` pixels a side onto this square.
    #[must_use]
    pub fn from_patch(&self, side: u32) -> Affine {
        let scale = self.side / side as f32;
        let (sin, cos) = self.angle.sin_cos();
        let half = self.side / 2.0;
        let (a, d) = (scale * cos, scale * sin);
        Affine {
            rows: [
                [a, -d, self.centre[0] - half * cos + half * sin],
                [d, a, self.centre[1] - half * sin - half * cos],
            ],
        }
    }
}

impl Affine {
    /// Maps a point.
    #[must_use]
    pub fn apply(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        self.rows.map(|[a, b, c]| a * x + b * y + c)
    }

    /// Lengths are multiplied by this (exact for similarities).
    #[must_use]
    pub fn scale(&self) -> f32 {
        let [[a, b, _], [d, e, _]] = self.rows;
        (a * e - b * d).abs().sqrt()
    }

    /// The map back; `None` where the map folds the plane into a line.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let [[a, b, c], [d, e, f]] = self.rows;
        let det = a * e - b * d;
        if det.abs() < f32::EPSILON {
            return None;
        }
        let (ia, ib, id, ie) = (e / det, -b / det, -d / det, a / det);
        Some(Self {
            rows: [[ia, ib, -(ia * c + ib * f)], [id, ie, -(id * c + ie * f)]],
        })
    }

    /// The similarity (turn, scale, shift) that takes `from` to `to` with the least squares error:
    /// Umeyama, "Least-squares estimation of transformation parameters between two point patterns"
    /// (1991), in the plane. `None` where `from` is a single point.
    #[must_use]
    pub fn similarity(from: &[[f32; 2]], to: &[[f32; 2]]) -> Option<Self> {
        let mean = |points: &[[f32; 2]], k: usize| {
            points.iter().map(|point| point[k]).sum::<f32>() / points.len().max(1) as f32
        };
        let (fx, fy, tx, ty) = (mean(from, 0), mean(from, 1), mean(to, 0), mean(to, 1));
        let (mut dot, mut cross, mut spread) = (0.0, 0.0, 0.0);
        for (source, target) in from.iter().zip(to) {
            let (x, y) = (source[0] - fx, source[1] - fy);
            let (u, v) = (target[0] - tx, target[1] - ty);
            dot += x * u + y * v;
            cross += x * v - y * u;
            spread += x * x + y * y;
        }
        if spread < f32::EPSILON {
            return None;
        }
        let (a, d) = (dot / spread, cross / spread);
        Some(Self {
            rows: [[a, -d, tx - a * fx + d * fy], [d, a, ty - d * fx - a * fy]],
        })
    }

    /// First this map, then division by `by` after moving the origin to `origin`.
    #[must_use]
    pub fn then_shrink(&self, origin: [f32; 2], by: f32) -> Self {
        let row = |k: usize| {
            let [a, b, c] = self.rows[k];
            [a / by, b / by, (c - origin[k]) / by]
        };
        Self {
            rows: [row(0), row(1)],
        }
    }

    /// For coordinates that are whole at pixel centres, as OpenCV's are.
    #[must_use]
    pub fn at_pixel_centres(&self) -> [[f64; 3]; 2] {
        self.rows.map(|row| {
            let [a, b, c] = row.map(f64::from);
            [a, b, c + 0.5 * (a + b) - 0.5]
        })
    }

    /// The same as OpenCV wants it.
    ///
    /// # Errors
    /// None known.
    pub fn to_mat(&self) -> opencv::Result<Mat> {
        Mat::from_slice_2d(&self.at_pixel_centres())
    }
}

/// Distance between two points, in as many dimensions as they have.
#[must_use]
pub fn distance<const N: usize>(one: [f32; N], two: [f32; N]) -> f32 {
    one.iter()
        .zip(two)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f32>()
        .sqrt()
}

/// The point half way.
#[must_use]
pub fn midpoint<const N: usize>(one: [f32; N], two: [f32; N]) -> [f32; N] {
    std::array::from_fn(|k| f32::midpoint(one[k], two[k]))
}

#[cfg(test)]
mod tests {
    //! Maps there and back.

    use super::*;

    #[test]
    fn a_turned_square_maps_its_corners_and_back() {
        let square = Square {
            centre: [100.0, 50.0],
            side: 40.0,
            angle: 0.3,
        };
        let map = square.from_patch(192);
        let centre = map.apply([96.0, 96.0]);
        assert!(distance(centre, square.centre) < 1e-3);
        assert!((map.scale() - 40.0 / 192.0).abs() < 1e-6);
        let back = map.inverse().unwrap().apply(map.apply([10.0, 20.0]));
        assert!(distance(back, [10.0, 20.0]) < 1e-3);
        let right = map.apply([192.0, 96.0]);
        assert!(
            right[1] > 50.0,
            "a positive angle turns clockwise on screen"
        );
    }

    #[test]
    fn a_similarity_is_recovered_from_its_points() {
        let map = Square {
            centre: [30.0, -7.0],
            side: 90.0,
            angle: -1.1,
        }
        .from_patch(150);
        let from = [[0.0, 0.0], [150.0, 3.0], [75.0, 140.0], [20.0, 90.0]];
        let to = from.map(|point| map.apply(point));
        let found = Affine::similarity(&from, &to).unwrap();
        for (row, expected) in found.rows.iter().zip(map.rows) {
            assert!(distance(*row, expected) < 1e-3);
        }
        assert!(Affine::similarity(&[[1.0, 1.0]; 3], &[[0.0, 0.0]; 3]).is_none());
    }
}
