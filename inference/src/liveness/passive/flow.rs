//! Points followed from one picture to another: Lucas and Kanade's method on a pyramid (Bouguet, "Pyramidal implementation
//! of the affine Lucas Kanade feature tracker", 2000), shifts alone.
//!
//! OpenCV has it in a module (`video`) that this project does not build; forty lines do here.

use super::small::Small;

/// Half of the square around a point that is compared.
const HALF: i32 = 5;
/// Halvings of the picture.
const LEVELS: usize = 3;
/// Steps of a level, and the length below which no more are made.
const STEPS: usize = 8;
const ENOUGH: f32 = 0.02;
/// Least curvature of a point, in squared levels a pixel: below, noise is followed.
const LEAST_CURVATURE: f32 = 6.0;
/// The most that a point's square may differ where it arrives, in levels, its mean apart.
const MOST_DIFFERENCE: f32 = 14.0;

/// One size of a picture.
#[derive(Debug)]
struct Level {
    width: usize,
    height: usize,
    levels: Vec<f32>,
}

/// A picture at falling sizes.
#[derive(Debug)]
pub(super) struct Pyramid(Vec<Level>);

impl Pyramid {
    pub fn of(small: &Small) -> Self {
        let mut all = vec![Level {
            width: small.width,
            height: small.height,
            levels: small.levels.clone(),
        }];
        for _ in 1..LEVELS {
            let Some(next) = all.last().and_then(Level::halved) else {
                break;
            };
            all.push(next);
        }
        Self(all)
    }
}

impl Level {
    fn halved(&self) -> Option<Self> {
        let (width, height) = (self.width / 2, self.height / 2);
        if width < 16 || height < 16 {
            return None;
        }
        let mut levels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let at = |dx: usize, dy: usize| self.levels[(2 * y + dy) * self.width + 2 * x + dx];
                levels.push((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4.0);
            }
        }
        Some(Self {
            width,
            height,
            levels,
        })
    }

    /// The level between pixels.
    fn at(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 2) as f32);
        let y = y.clamp(0.0, (self.height - 2) as f32);
        let (left, top) = (x as usize, y as usize);
        let (fx, fy) = (x - left as f32, y - top as f32);
        let row = |y: usize| {
            let at = y * self.width + left;
            self.levels[at] + fx * (self.levels[at + 1] - self.levels[at])
        };
        row(top) + fy * (row(top + 1) - row(top))
    }

    fn holds(&self, [x, y]: [f32; 2]) -> bool {
        let room = HALF as f32 + 1.0;
        x >= room && y >= room && x < self.width as f32 - room && y < self.height as f32 - room
    }
}

/// Where a point of `from` lies in `to`, beginning at `guess`; `None` where it can't be followed.
pub(super) fn follow(
    from: &Pyramid,
    to: &Pyramid,
    point: [f32; 2],
    guess: [f32; 2],
) -> Option<[f32; 2]> {
    let mut shift = [guess[0] - point[0], guess[1] - point[1]];
    let last = from.0.len().min(to.0.len());
    for number in (0..last).rev() {
        let scale = 1.0 / (1 << number) as f32;
        let here = point.map(|value| value * scale);
        let moved = shift.map(|value| value * scale);
        let found = refine(&from.0[number], &to.0[number], here, moved, number == 0);
        match found {
            Some(found) => shift = found.map(|value| value / scale),
            None if number == 0 => return None,
            None => {}
        }
    }
    Some([point[0] + shift[0], point[1] + shift[1]])
}

/// The shift that lays the square around a point of `one` on `two`.
fn refine(
    one: &Level,
    two: &Level,
    [x, y]: [f32; 2],
    mut shift: [f32; 2],
    is_last: bool,
) -> Option<[f32; 2]> {
    if !one.holds([x, y]) {
        return None;
    }
    let side = (2 * HALF + 1) as usize;
    let places = (0..side * side).map(|k| {
        let (dx, dy) = ((k % side) as i32 - HALF, (k / side) as i32 - HALF);
        [x + dx as f32, y + dy as f32]
    });
    let square: Vec<[f32; 5]> = places
        .map(|[px, py]| {
            let across = 0.5 * (one.at(px + 1.0, py) - one.at(px - 1.0, py));
            let down = 0.5 * (one.at(px, py + 1.0) - one.at(px, py - 1.0));
            [px, py, one.at(px, py), across, down]
        })
        .collect();
    let count = square.len() as f32;
    let sum = |f: &dyn Fn(&[f32; 5]) -> f32| square.iter().map(f).sum::<f32>() / count;
    let (xx, xy, yy) = (
        sum(&|p| p[3] * p[3]),
        sum(&|p| p[3] * p[4]),
        sum(&|p| p[4] * p[4]),
    );
    let least = f32::midpoint(xx, yy) - (0.25 * (xx - yy) * (xx - yy) + xy * xy).sqrt();
    let det = xx * yy - xy * xy;
    if least < LEAST_CURVATURE || det <= f32::EPSILON {
        return None;
    }
    let mut rest = f32::INFINITY;
    for _ in 0..STEPS {
        let off = |p: &[f32; 5]| p[2] - two.at(p[0] + shift[0], p[1] + shift[1]);
        let mean = sum(&off);
        let (bx, by) = (
            sum(&|p| (off(p) - mean) * p[3]),
            sum(&|p| (off(p) - mean) * p[4]),
        );
        rest = sum(&|p| (off(p) - mean).abs());
        let step = [(yy * bx - xy * by) / det, (xx * by - xy * bx) / det];
        shift = [shift[0] + step[0], shift[1] + step[1]];
        if step[0].hypot(step[1]) < ENOUGH {
            break;
        }
    }
    let stays = two.holds([x + shift[0], y + shift[1]]);
    (stays && (!is_last || rest <= MOST_DIFFERENCE)).then_some(shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(shift: [f32; 2]) -> Small {
        let (width, height) = (200_usize, 140_usize);
        let mut levels = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let (x, y) = (x as f32 - shift[0], y as f32 - shift[1]);
                let fine = (x / 4.0).sin() * (y / 3.5).cos();
                levels.push(120.0 + 45.0 * fine + 30.0 * (x / 19.0 + y / 13.0).sin());
            }
        }
        Small {
            width,
            height,
            levels,
            scale: 1.0,
            grey: opencv::core::Mat::default(),
        }
    }

    #[test]
    fn points_are_followed_to_a_tenth_of_a_pixel_over_several_pixels() {
        let from = Pyramid::of(&scene([0.0, 0.0]));
        for shift in [[0.3, -0.4], [4.2, 2.7], [-6.5, 5.1]] {
            let to = Pyramid::of(&scene(shift));
            for point in [[60.0, 50.0], [110.0, 80.0], [140.0, 60.0]] {
                let found = follow(&from, &to, point, point).unwrap();
                let off = (found[0] - point[0] - shift[0]).hypot(found[1] - point[1] - shift[1]);
                assert!(off < 0.1, "{shift:?} {point:?}: {found:?}");
            }
        }
    }

    #[test]
    fn a_point_on_a_plain_wall_is_not_followed() {
        let mut wall = scene([0.0, 0.0]);
        wall.levels.fill(130.0);
        let wall = Pyramid::of(&wall);
        assert_eq!(follow(&wall, &wall, [60.0, 50.0], [60.0, 50.0]), None);
    }
}
