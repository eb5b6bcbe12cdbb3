//! A screen's grid on skin: lines in the spectrum of the face, which skin, hair and shadow have not.
//!
//! A screen's pixels, seen by a camera whose pixels are about as large, leave one fine wave in the picture, folded to
//! somewhere below half a cycle a pixel. Skin's texture is spread over many directions and lengths. So each frame's face is
//! looked at as its spectrum, and its strongest place counts by how far it stands out of what lies around it, and of any
//! streak through it: the rim of glasses is a streak. The lowest frequencies are left out (eyes, lips, hair), and so are the
//! lines of JPEG's and video's blocks along the axes.
//!
//! What it can't tell: a screen whose grid is finer than the camera sees, or that compression wiped away.

use opencv::core::{
    BORDER_REPLICATE, CV_32F, DFT_COMPLEX_OUTPUT, Mat, MatTraitConst, MatTraitConstManual, Point,
    Rect, Size, Vector,
};
use opencv::imgproc;

use super::{Finding, SignalReason, WhyNot};
use crate::Error;
use crate::face::FaceBox;
use crate::picture::Picture;

/// Sides of the square that is looked at: the largest that the face fills.
const SIDES: [i32; 2] = [256, 128];
/// ms between looks, and the most looks kept: those of a minute, the newest.
const EVERY_MS: f64 = 150.0;
const MOST_LOOKS: usize = 400;
/// Fewest looks on which anything is said.
const LEAST_LOOKS: usize = 4;
/// Lines are looked for from this frequency on, in cycles a pixel.
const LEAST_FREQUENCY: f32 = 0.14;
/// A line within so many steps of a multiple of 1/8 is one of the blocks', where it lies as near an axis.
const BLOCKS: i32 = 2;
/// Half of the square around a place, and of the line in its middle that is left out.
const AROUND: i32 = 10;
const WITHIN: i32 = 2;
/// Natural logarithm of a line's power over its surroundings', the median over looks: nothing, and the limit. See
/// `docs/benchmarks/passive.md`.
const NONE: f32 = 1.05;
const LIMIT: f32 = 1.45;

/// The strongest line of each look.
#[derive(Debug, Default)]
pub(super) struct Moire {
    lines: Vec<f32>,
    last_ms: Option<f64>,
    too_small: bool,
}

impl Moire {
    /// Takes a frame with a usable face, where a look is due.
    pub fn look(&mut self, picture: &Picture, face: &FaceBox, t_ms: f64) -> Result<(), Error> {
        let due = self.last_ms.is_none_or(|last| t_ms - last >= EVERY_MS);
        if !due {
            return Ok(());
        }
        let Some(place) = square(picture, face) else {
            self.too_small = true;
            return Ok(());
        };
        self.last_ms = Some(t_ms);
        let mat = picture.as_mat()?;
        let (mut grey, mut level) = (Mat::default(), Mat::default());
        imgproc::cvt_color_def(&Mat::roi(&mat, place)?, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        grey.convert_to(&mut level, CV_32F, 1.0, 0.0)?;
        if self.lines.len() >= MOST_LOOKS {
            self.lines.remove(0);
        }
        self.lines.push(strongest_line(&level)?);
        Ok(())
    }

    /// The median over the looks.
    pub fn judge(&self) -> Finding {
        if self.lines.len() < LEAST_LOOKS {
            let why = if self.too_small {
                WhyNot::TooSmall
            } else {
                WhyNot::TooShort
            };
            return Finding::NotAssessed(why);
        }
        let mut sorted = self.lines.clone();
        sorted.sort_by(f32::total_cmp);
        let median = sorted[sorted.len() / 2];
        Finding::by(median, NONE, LIMIT, SignalReason::RegularGrid)
    }
}

/// The largest square that lies in the face and in the picture; `None` where the face is too small.
fn square(picture: &Picture, face: &FaceBox) -> Option<Rect> {
    let room = face.width.min(face.height) * 1.15;
    let (cols, rows) = (picture.width() as i32, picture.height() as i32);
    let side = SIDES
        .into_iter()
        .find(|side| *side as f32 <= room && *side <= cols.min(rows))?;
    let corner = |middle: f32, end: i32| (middle as i32 - side / 2).clamp(0, end - side);
    Some(Rect::new(
        corner(face.x + face.width / 2.0, cols),
        corner(face.y + face.height / 2.0, rows),
        side,
        side,
    ))
}

/// How far the strongest line of a square stands out, as the natural logarithm of powers.
fn strongest_line(level: &Mat) -> Result<f32, Error> {
    let side = level.rows();
    let power = power(level)?;
    let mean = |half: i32| -> Result<Mat, Error> {
        let mut out = Mat::default();
        let size = Size::new(2 * half + 1, 2 * half + 1);
        let middle = Point::new(-1, -1);
        imgproc::box_filter(&power, &mut out, -1, size, middle, true, BORDER_REPLICATE)?;
        Ok(out)
    };
    let (line, inner, outer) = (mean(1)?, mean(WITHIN)?, mean(AROUND)?);
    let area = |half: i32| ((2 * half + 1) * (2 * half + 1)) as f32;
    let (inside, whole) = (area(WITHIN), area(AROUND));
    let lines = line.data_typed::<f32>()?;
    let around = inner
        .data_typed::<f32>()?
        .iter()
        .zip(outer.data_typed::<f32>()?);
    let mut most = 0.0_f32;
    for (index, (line, (inner, outer))) in lines.iter().zip(around).enumerate() {
        let (x, y) = (
            index as i32 % side - side / 2,
            index as i32 / side - side / 2,
        );
        if !is_looked_at(x, y, side) {
            continue;
        }
        let around = (outer * whole - inner * inside) / (whole - inside);
        let stands_out = |of: f32| (line / of.max(f32::EPSILON)).ln();
        if stands_out(around) > most {
            most = most.max(stands_out(around.max(streak(lines, [x, y], side))));
        }
    }
    Ok(most)
}

/// The brightest streak through a place: the mean along one of eight directions, the place itself left out. A straight edge in
/// the picture is a streak in its spectrum, a grid is a place.
fn streak(lines: &[f32], [x, y]: [i32; 2], side: i32) -> f32 {
    let at = |dx: f32, dy: f32| {
        let (x, y) = (
            x + side / 2 + dx.round() as i32,
            y + side / 2 + dy.round() as i32,
        );
        let inside = (0..side).contains(&x) && (0..side).contains(&y);
        inside.then(|| lines[(y * side + x) as usize])
    };
    let along = |direction: i32| {
        let (sin, cos) = (direction as f32 * std::f32::consts::PI / 8.0).sin_cos();
        let steps = (2 * WITHIN..=AROUND).flat_map(|step| [step as f32, -step as f32]);
        let (sum, count) = steps
            .filter_map(|step| at(step * cos, step * sin))
            .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        sum / f32::max(count, 1.0)
    };
    (0..8).map(along).fold(0.0, f32::max)
}

fn is_looked_at(x: i32, y: i32, side: i32) -> bool {
    if (x as f32).hypot(y as f32) < LEAST_FREQUENCY * side as f32 {
        return false;
    }
    let step = side / 8;
    let near = |offset: i32| {
        let rest = offset.rem_euclid(step);
        rest.min(step - rest) <= BLOCKS
    };
    !((x.abs() <= BLOCKS && near(y)) || (y.abs() <= BLOCKS && near(x)) || (near(x) && near(y)))
}

/// The power at each frequency under a bell-shaped window, frequency 0 in the middle.
fn power(level: &Mat) -> Result<Mat, Error> {
    let side = level.rows();
    let mean = opencv::core::mean_def(level)?;
    let (mut window, mut centred, mut seen) = (Mat::default(), Mat::default(), Mat::default());
    imgproc::create_hanning_window(&mut window, Size::new(side, side), CV_32F)?;
    level.convert_to(&mut centred, CV_32F, 1.0, -mean[0])?;
    opencv::core::multiply_def(&centred, &window, &mut seen)?;
    let mut spectrum = Mat::default();
    opencv::core::dft(&seen, &mut spectrum, DFT_COMPLEX_OUTPUT, 0)?;
    let mut parts = Vector::<Mat>::new();
    opencv::core::split(&spectrum, &mut parts)?;
    let (mut amplitude, mut squared) = (Mat::default(), Mat::default());
    opencv::core::magnitude(&parts.get(0)?, &parts.get(1)?, &mut amplitude)?;
    opencv::core::multiply_def(&amplitude, &amplitude, &mut squared)?;
    let half = side / 2;
    let mut out = Mat::default();
    let row = |top: i32| -> Result<Mat, Error> {
        let part = |left: i32| Mat::roi(&squared, Rect::new(left, top, half, half));
        let mut out = Mat::default();
        opencv::core::hconcat2(&part(half)?, &part(0)?, &mut out)?;
        Ok(out)
    };
    opencv::core::vconcat2(&row(half)?, &row(0)?, &mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    /// A face-like patch of shades and grain; `grid` is a wave's cycles a pixel in both directions and its height in levels.
    fn film(grid: Option<([f32; 2], f32)>) -> Finding {
        let side = 300_u32;
        let mut moire = Moire::default();
        let mut state = 17_u64;
        for number in 0..8 {
            let mut bgr = Vec::new();
            for y in 0..side {
                for x in 0..side {
                    state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    let grain = (mixed >> 56) as f32 / 32.0 - 4.0;
                    let (x, y) = (x as f32, y as f32);
                    let shade = 40.0 * (x / 31.0).sin() * (y / 23.0).cos();
                    let brow = if (90.0..100.0).contains(&y) {
                        -50.0
                    } else {
                        0.0
                    };
                    let wave = grid.map_or(0.0, |([across, down], height)| {
                        height * (TAU * (across * x + down * y + 0.2 * number as f32)).cos()
                    });
                    let level = 130.0 + shade + brow + grain + wave;
                    bgr.extend([level.clamp(0.0, 255.0) as u8; 3]);
                }
            }
            let picture = Picture::from_bgr(side, side, bgr).unwrap();
            let face = FaceBox {
                x: 20.0,
                y: 20.0,
                width: 240.0,
                height: 260.0,
                score: 1.0,
            };
            moire
                .look(&picture, &face, 200.0 * f64::from(number))
                .unwrap();
        }
        moire.judge()
    }

    #[test]
    fn a_faint_grid_is_told_at_any_pitch_and_angle_and_skin_is_clear() {
        for grid in [[0.31, 0.02], [0.21, 0.17], [-0.4, 0.33], [0.03, 0.27]] {
            let seen = film(Some((grid, 1.5)));
            assert!(seen.score() > Some(0.5), "{grid:?}: {seen:?}");
        }
        let skin = film(None);
        assert!(skin.score() < Some(0.5), "{skin:?}");
    }

    #[test]
    fn the_lines_of_blocks_are_not_a_screens() {
        let blocks = film(Some(([0.125, 0.0], 4.0)));
        assert!(blocks.score() < Some(0.5), "{blocks:?}");
    }

    #[test]
    fn a_small_face_is_not_assessed() {
        let picture = Picture::from_bgr(200, 200, vec![90; 120_000]).unwrap();
        let face = FaceBox {
            x: 10.0,
            y: 10.0,
            width: 90.0,
            height: 100.0,
            score: 1.0,
        };
        let mut moire = Moire::default();
        moire.look(&picture, &face, 0.0).unwrap();
        assert_eq!(moire.judge(), Finding::NotAssessed(WhyNot::TooSmall));
    }
}
