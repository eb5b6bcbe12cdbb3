//! Whether a head came closer or a picture of one was enlarged: what is near grows more than what lies behind.
//!
//! ```text
//!   camera        nose  eyes   ears         far off: all at nearly the same scale
//!     o ───────────●─────●──────●
//!     o ────●─────●──────●                  near: the nose grows more than the ears
//! ```
//!
//! A point at depth `z` behind the face's middle grows by `s (1 - c z)`, where `c = 1/d₁ - 1/d₀` for a head that comes from
//! `d₀` to `d₁`, so that `c = (s - 1) / d₀`. A picture that is enlarged or brought closer is a plane: `c` is 0, whatever the
//! picture shows. The points are those that the mesh tracks in the picture, without lips, lids and jaw; scale, roll,
//! shift, turn and nod are fitted beside `c` by least squares. Depths are the mesh's own reading at rest.

use crate::face::Subject;

/// Forehead, brows, corners of the eyes, nose, cheeks, and the head's sides down to the ears.
const POINTS: [usize; 48] = [
    10, 109, 338, 67, 297, 103, 332, 54, 284, 21, 251, 151, 9, 8, 70, 300, 105, 334, 107, 336, 33,
    133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 48, 278, 50, 280, 205, 425, 117, 346,
    162, 389, 127, 356, 234, 454,
];
/// Outer corners of the eyes: the unit of length.
const CORNERS: [usize; 2] = [33, 263];
/// Unknowns of the fit.
const UNKNOWNS: usize = 8;

/// Where a face's points lie, in px.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape([[f32; 3]; POINTS.len()]);

impl Shape {
    pub(super) fn of(subject: &Subject) -> Self {
        Self(POINTS.map(|index| subject.landmarks[index]))
    }

    /// No face was seen yet.
    pub(super) const NONE: Self = Self([[0.0; 3]; POINTS.len()]);

    /// The root of the head's width times the height from the hairline to the brows' and cheeks' line: neither lips nor lids
    /// nor jaw move it, and a turn or a nod moves half of it only.
    pub(super) fn size(&self) -> f32 {
        let place = |index: usize| {
            let at = POINTS.iter().position(|point| *point == index);
            at.map_or([0.0; 3], |at| self.0[at])
        };
        let apart = |one: usize, two: usize| {
            let (one, two) = (place(one), place(two));
            (one[0] - two[0]).hypot(one[1] - two[1])
        };
        (apart(127, 356) * apart(10, 2)).sqrt()
    }
}

/// How much more the near grew than the far: `c` above, per distance of the eyes' outer corners at rest. `None` where the
/// points lie on a line or are no numbers.
pub(super) fn deepening(rest: &Shape, now: &Shape) -> Option<f32> {
    let corner = |which: usize| {
        let at = POINTS.iter().position(|point| *point == CORNERS[which])?;
        Some(rest.0[at])
    };
    let (one, two) = (corner(0)?, corner(1)?);
    let unit = f64::from((one[0] - two[0]).hypot(one[1] - two[1]));
    if !unit.is_finite() || unit < 1.0 {
        return None;
    }
    let middle = |shape: &Shape| -> [f64; 3] {
        std::array::from_fn(|axis| {
            let sum: f64 = shape.0.iter().map(|point| f64::from(point[axis])).sum();
            sum / POINTS.len() as f64
        })
    };
    let (rest_middle, now_middle) = (middle(rest), middle(now));
    let mut sums = [[0.0; UNKNOWNS + 1]; UNKNOWNS];
    for (before, after) in rest.0.iter().zip(&now.0) {
        let place = |point: &[f32; 3], middle: [f64; 3]| -> [f64; 3] {
            std::array::from_fn(|axis| (f64::from(point[axis]) - middle[axis]) / unit)
        };
        let [x, y, z] = place(before, rest_middle);
        let [to_x, to_y, _] = place(after, now_middle);
        // Scale and roll, shift, both times depth, turn, nod.
        add(&mut sums, [x, -y, 1.0, 0.0, -z * x, z * y, z, 0.0], to_x);
        add(&mut sums, [y, x, 0.0, 1.0, -z * y, -z * x, 0.0, z], to_y);
    }
    let found = solved(sums)?;
    let [a, b, _, _, e, f, ..] = found;
    let deepening = (e * a + f * b) / (a * a + b * b);
    deepening.is_finite().then_some(deepening as f32)
}

fn add(sums: &mut [[f64; UNKNOWNS + 1]; UNKNOWNS], row: [f64; UNKNOWNS], value: f64) {
    for (line, left) in sums.iter_mut().zip(row) {
        for (sum, right) in line.iter_mut().zip(row.into_iter().chain([value])) {
            *sum += left * right;
        }
    }
}

/// Gauss and Jordan, with the largest pivot of each column.
fn solved(mut sums: [[f64; UNKNOWNS + 1]; UNKNOWNS]) -> Option<[f64; UNKNOWNS]> {
    for column in 0..UNKNOWNS {
        let pivot = (column..UNKNOWNS).max_by(|one, two| {
            sums[*one][column]
                .abs()
                .total_cmp(&sums[*two][column].abs())
        })?;
        if sums[pivot][column].abs() < 1e-9 {
            return None;
        }
        sums.swap(column, pivot);
        let lead = sums[column];
        for (line, row) in sums.iter_mut().enumerate() {
            if line == column {
                continue;
            }
            let share = row[column] / lead[column];
            for (value, above) in row.iter_mut().zip(lead) {
                *value -= share * above;
            }
        }
    }
    Some(std::array::from_fn(|line| {
        sums[line][UNKNOWNS] / sums[line][line]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head as a bowl: the nose near, the ears behind, in px; the corners of the eyes are 100 px apart.
    fn head() -> Shape {
        let mut shape = Shape::NONE;
        for (number, point) in shape.0.iter_mut().enumerate() {
            let (across, down) = (
                (number % 7) as f32 / 3.0 - 1.0,
                (number / 7) as f32 / 3.0 - 1.0,
            );
            let depth = 80.0 * (across * across + 0.5 * down * down) - 40.0;
            *point = [80.0 * across, 100.0 * down, depth];
        }
        let place = |index: usize| POINTS.iter().position(|point| *point == index).unwrap();
        shape.0[place(33)] = [-50.0, 0.0, 0.0];
        shape.0[place(263)] = [50.0, 0.0, 0.0];
        shape
    }

    /// Seen from `to` after `from`, both in px, turned a little.
    fn nearer(shape: &Shape, from: f32, to: f32, turn_deg: f32) -> Shape {
        let (sin, cos) = turn_deg.to_radians().sin_cos();
        Shape(shape.0.map(|[x, y, z]| {
            let (x, z) = (x * from_share(from, z), z);
            let y = y * from_share(from, z);
            let (x, z) = (x * cos - z * sin, x * sin + z * cos);
            let share = from / (to + z);
            [x * share, y * share, z]
        }))
    }

    /// What lies behind is seen smaller already.
    fn from_share(from: f32, z: f32) -> f32 {
        (from + z) / from
    }

    #[test]
    fn a_head_that_comes_closer_deepens_as_its_distance_says() {
        // Eyes 100 px = 9 cm apart: from 60 cm to 40 cm.
        for turn in [0.0, 6.0] {
            let found = deepening(&head(), &nearer(&head(), 667.0, 444.0, turn)).unwrap();
            let expected = 100.0 * (1.0 / 444.0 - 1.0 / 667.0);
            assert!((found / expected - 1.0).abs() < 0.2, "{found} {expected}");
        }
    }

    #[test]
    fn a_picture_that_is_enlarged_moved_and_rolled_does_not() {
        let (sin, cos) = 0.1_f32.sin_cos();
        let enlarged = Shape(head().0.map(|[x, y, z]| {
            [
                1.5 * (x * cos - y * sin) + 30.0,
                1.5 * (x * sin + y * cos) - 20.0,
                z,
            ]
        }));
        assert!(deepening(&head(), &enlarged).unwrap().abs() < 1e-4);
    }

    #[test]
    fn points_on_a_line_give_nothing() {
        assert_eq!(deepening(&Shape::NONE, &head()), None);
    }
}
