//! Whether the portrait went through the same JPEG as the page around it.
//!
//! JPEG leaves each coefficient of an 8 x 8 block on the multiples of a step; decoding, and saving again at a higher quality,
//! keep it near them. What was laid into the picture afterwards lies anywhere. No table of steps has to be known: for a step
//! `q` the mean of `cos(2 pi c / q)` over the coefficients `c` beyond its first half is near 1 where they lie on its
//! multiples, and not above 0 where they do not.
//!
//! ```text
//! page around ─► per frequency: mean cosine by step ─┐
//!                                                    ├─► largest excess of the page's ─► median over frequencies
//! portrait ───► per frequency: mean cosine by step ──┘
//! ```

use std::f32::consts::TAU;
use std::sync::OnceLock;

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, Point, Rect};

use crate::Error;

/// Side of a block.
const SIDE: usize = 8;
/// Frequencies that are looked at: the lowest, which have values to tell by. Rows down, columns across.
const FREQUENCIES: [(usize, usize); 14] = [
    (0, 1),
    (1, 0),
    (2, 0),
    (1, 1),
    (0, 2),
    (0, 3),
    (1, 2),
    (2, 1),
    (3, 0),
    (4, 0),
    (3, 1),
    (2, 2),
    (1, 3),
    (0, 4),
];
/// Steps that are tried.
const STEPS: std::ops::RangeInclusive<u8> = 2..=40;
/// Fewer values beyond half a step say nothing of it.
const LEAST_VALUES: usize = 60;
/// A page whose values lie nearer to a step's multiples than this went through it.
const ON_STEP: f32 = 0.5;
/// Fewer frequencies with a step say nothing.
const LEAST_FREQUENCIES: usize = 3;

/// By how much the page keeps to a JPEG's steps and the portrait does not, up to 1 and more; `None` where the page shows no
/// steps. `corner` is where `grey` begins in the picture; both rectangles are in `grey`.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn mismatch(
    grey: &Mat,
    corner: Point,
    inner: Rect,
    apart: Rect,
) -> Result<Option<f32>, Error> {
    let (mut inside, mut outside) = (Values::default(), Values::default());
    let first = |begin: i32| (SIDE as i32 - begin.rem_euclid(SIDE as i32)) % SIDE as i32;
    let side = SIDE as i32;
    for y in (first(corner.y)..=grey.rows() - side).step_by(SIDE) {
        for x in (first(corner.x)..=grey.cols() - side).step_by(SIDE) {
            let block = Rect::new(x, y, side, side);
            if (block & inner) == block {
                inside.add(grey, x, y)?;
            } else if (block & apart).empty() {
                outside.add(grey, x, y)?;
            }
        }
    }
    let mut excesses: Vec<f32> = (0..FREQUENCIES.len())
        .filter_map(|at| excess(&inside.0[at], &outside.0[at]))
        .collect();
    if excesses.len() < LEAST_FREQUENCIES {
        return Ok(None);
    }
    excesses.sort_by(f32::total_cmp);
    Ok(excesses.get(excesses.len() / 2).copied())
}

/// Each frequency's values.
#[derive(Default)]
struct Values([Vec<f32>; FREQUENCIES.len()]);

impl Values {
    /// Adds a block's coefficients (ITU-T T.81, A.3.3).
    fn add(&mut self, grey: &Mat, x: i32, y: i32) -> Result<(), Error> {
        let mut levels = [[0.0_f32; SIDE]; SIDE];
        for (down, row) in levels.iter_mut().enumerate() {
            let from = &grey.at_row::<u8>(y + down as i32)?[x as usize..][..SIDE];
            if from.iter().any(|level| *level < 2 || *level > 253) {
                return Ok(()); // clipped: off its steps
            }
            for (level, value) in row.iter_mut().zip(from) {
                *level = f32::from(*value);
            }
        }
        let waves = waves();
        for (values, (v, u)) in self.0.iter_mut().zip(FREQUENCIES) {
            let rows = levels.iter().zip(&waves[v]);
            values.push(
                rows.map(|(row, down)| {
                    let across = row.iter().zip(&waves[u]);
                    down * across.map(|(level, wave)| level * wave).sum::<f32>()
                })
                .sum(),
            );
        }
        Ok(())
    }
}

/// The cosine transform's waves by frequency, of length 1.
fn waves() -> &'static [[f32; SIDE]; SIDE] {
    static WAVES: OnceLock<[[f32; SIDE]; SIDE]> = OnceLock::new();
    WAVES.get_or_init(|| {
        std::array::from_fn(|frequency| {
            let length = if frequency == 0 { 8.0_f32 } else { 4.0 }.sqrt();
            std::array::from_fn(|at| {
                (TAU * (2 * at + 1) as f32 * frequency as f32 / 32.0).cos() / length
            })
        })
    })
}

/// By how much the page keeps to some step of its own more than the portrait does; `None` where it keeps to none.
fn excess(inside: &[f32], outside: &[f32]) -> Option<f32> {
    STEPS
        .filter_map(|step| {
            let step = f32::from(step);
            let (page, portrait) = (on_step(outside, step)?, on_step(inside, step)?);
            (page >= ON_STEP).then_some(page - portrait)
        })
        .max_by(f32::total_cmp)
}

/// How near to a step's multiples values lie, 1 on them; `None` where few are beyond its first half.
fn on_step(values: &[f32], step: f32) -> Option<f32> {
    let counted = values.iter().filter(|value| value.abs() >= step / 2.0);
    let (mut sum, mut count) = (0.0, 0);
    for value in counted {
        sum += (TAU * value / step).cos();
        count += 1;
    }
    (count >= LEAST_VALUES).then(|| sum / count as f32)
}
