//! Where a picture may show a barcode: regions whose edges nearly all lie one way.
//!
//! The structure tensor (Bigün and Granlund, "Optimal orientation detection of linear symmetry",
//! 1987) is summed over blocks; neighbouring blocks of strong one-way edges make a region. Its angle
//! is true to a few degrees, which is enough to find the symbol's guards in it.

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, Size};
use opencv::imgproc;

use crate::Error;

/// The longer side, in pixels, at which regions are looked for.
const SIDE: i32 = 800;
/// Pixels a side of a block; tensors are averaged over three by three of them.
const BLOCK: usize = 8;
/// Least coherence (0: edges every way, 1: one way) and least mean square of the grey levels' change
/// over two pixels. A drawn symbol's, at 2 pixels a module, blurred and under 25 degrees of perspective,
/// are above; noise of 5 levels has the energy and not the coherence.
const LEAST_COHERENCE: f32 = 0.35;
const LEAST_ENERGY: f32 = 40.0;
/// A region of fewer blocks is no symbol.
const LEAST_BLOCKS: usize = 9;
/// How many regions are looked at, strongest first.
const MOST: usize = 3;

/// A turned rectangle of the full picture: along the bars' normal from `along[0]` to `along[1]`, and
/// across from `across[0]` to `across[1]`, in pixels from the picture's upper left corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    /// Direction of the rectangle's x axis in the picture, clockwise on screen, in radians.
    pub angle: f32,
    pub along: [f32; 2],
    pub across: [f32; 2],
}

impl Region {
    /// In pixels of the picture.
    pub fn longer_side(&self) -> f32 {
        (self.along[1] - self.along[0]).max(self.across[1] - self.across[0])
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Tensor {
    xx: f32,
    yy: f32,
    xy: f32,
}

impl Tensor {
    fn add(&mut self, other: Self) {
        self.xx += other.xx;
        self.yy += other.yy;
        self.xy += other.xy;
    }

    fn energy(self) -> f32 {
        self.xx + self.yy
    }

    fn coherence(self) -> f32 {
        let difference = self.xx - self.yy;
        (difference * difference + 4.0 * self.xy * self.xy).sqrt() / self.energy().max(1.0)
    }

    /// Direction of the gradients, which is across the bars.
    fn angle(self) -> f32 {
        0.5 * (2.0 * self.xy).atan2(self.xx - self.yy)
    }
}

/// Blocks of a picture, row by row.
struct Grid {
    wide: usize,
    tall: usize,
    blocks: Vec<Tensor>,
}

impl Grid {
    fn of(pixels: &[u8], width: usize, height: usize) -> Self {
        let (wide, tall) = (width / BLOCK, height / BLOCK);
        let mut blocks = vec![Tensor::default(); wide * tall];
        for y in 1..(tall * BLOCK).min(height.saturating_sub(1)) {
            let row = |dy: usize| &pixels[(y + dy - 1) * width..(y + dy) * width];
            let (above, here, below) = (row(0), row(1), row(2));
            for x in 1..(wide * BLOCK).min(width.saturating_sub(1)) {
                let gx = f32::from(here[x + 1]) - f32::from(here[x - 1]);
                let gy = f32::from(below[x]) - f32::from(above[x]);
                blocks[y / BLOCK * wide + x / BLOCK].add(Tensor {
                    xx: gx * gx,
                    yy: gy * gy,
                    xy: gx * gy,
                });
            }
        }
        Self { wide, tall, blocks }
    }

    /// The blocks around one, itself among them.
    fn around(&self, index: usize) -> impl Iterator<Item = usize> + use<> {
        let (x, y) = (index % self.wide, index / self.wide);
        let (wide, tall) = (self.wide, self.tall);
        (y.saturating_sub(1)..(y + 2).min(tall))
            .flat_map(move |y| (x.saturating_sub(1)..(x + 2).min(wide)).map(move |x| y * wide + x))
    }

    /// Each block's tensor with its neighbours', a pixel; `None` where its edges are weak or go
    /// every way.
    fn one_way(&self) -> Vec<Option<Tensor>> {
        let mean = |index: usize| {
            let mut sum = Tensor::default();
            let mut count = 0.0;
            for near in self.around(index) {
                sum.add(self.blocks[near]);
                count += (BLOCK * BLOCK) as f32;
            }
            Tensor {
                xx: sum.xx / count,
                yy: sum.yy / count,
                xy: sum.xy / count,
            }
        };
        (0..self.blocks.len())
            .map(mean)
            .map(|tensor| {
                (tensor.energy() > LEAST_ENERGY && tensor.coherence() > LEAST_COHERENCE)
                    .then_some(tensor)
            })
            .collect()
    }
}

/// The regions that may hold a symbol, strongest first. `scale` is the size of `grey` over the size
/// of the picture that regions are given in.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn regions(grey: &Mat, scale: f32) -> Result<Vec<Region>, Error> {
    let longer = grey.cols().max(grey.rows());
    let shrink = (f64::from(SIDE) / f64::from(longer)).min(1.0);
    let side = |pixels: i32| ((f64::from(pixels) * shrink).round() as i32).max(1);
    let mut small = Mat::default();
    let size = Size::new(side(grey.cols()), side(grey.rows()));
    imgproc::resize(grey, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    let grid = Grid::of(
        small.data_bytes()?,
        small.cols().unsigned_abs() as usize,
        small.rows().unsigned_abs() as usize,
    );
    let tensors = grid.one_way();
    let mut found: Vec<(f32, Region)> = components(&grid, &tensors)
        .iter()
        .filter(|members| members.len() >= LEAST_BLOCKS)
        .map(|members| rectangle(&grid, &tensors, members, shrink as f32 * scale))
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(found
        .into_iter()
        .take(MOST)
        .map(|(_, region)| region)
        .collect())
}

/// Blocks that hang together.
fn components(grid: &Grid, tensors: &[Option<Tensor>]) -> Vec<Vec<usize>> {
    let mut free: Vec<bool> = tensors.iter().map(Option::is_some).collect();
    let mut all = Vec::new();
    for start in 0..free.len() {
        if !std::mem::take(&mut free[start]) {
            continue;
        }
        let (mut members, mut next) = (vec![start], 0);
        while next < members.len() {
            for near in grid.around(members[next]) {
                if std::mem::take(&mut free[near]) {
                    members.push(near);
                }
            }
            next += 1;
        }
        all.push(members);
    }
    all
}

/// A component's strength, and the rectangle in its own direction that holds it.
fn rectangle(
    grid: &Grid,
    tensors: &[Option<Tensor>],
    members: &[usize],
    scale: f32,
) -> (f32, Region) {
    let mut sum = Tensor::default();
    members
        .iter()
        .filter_map(|&index| tensors[index])
        .for_each(|tensor| sum.add(tensor));
    let angle = sum.angle();
    let (sin, cos) = angle.sin_cos();
    let mut along = [f32::MAX, f32::MIN];
    let mut across = [f32::MAX, f32::MIN];
    let widen = |range: &mut [f32; 2], value: f32| {
        *range = [range[0].min(value), range[1].max(value)];
    };
    for &index in members {
        let (x, y) = (index % grid.wide, index / grid.wide);
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let x = ((x + dx) * BLOCK) as f32 / scale;
            let y = ((y + dy) * BLOCK) as f32 / scale;
            widen(&mut along, x * cos + y * sin);
            widen(&mut across, y * cos - x * sin);
        }
    }
    let strength = sum.energy() * sum.coherence();
    let region = Region {
        angle,
        along,
        across,
    };
    (strength, region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{CV_8UC1, Scalar};

    #[test]
    fn stripes_are_a_region_at_their_angle() {
        let mut pixels = vec![200u8; 400 * 300];
        let (sin, cos) = 0.5f32.sin_cos();
        for y in 80..220 {
            for x in 100..300 {
                let along = x as f32 * cos + y as f32 * sin;
                // A wave, not bars: drawn without smoothing, bars' edges step along pixels.
                pixels[y * 400 + x] = (125.0 + 95.0 * (along * 0.8).sin()) as u8;
            }
        }
        let grey = Mat::new_rows_cols_with_data(300, 400, &pixels).unwrap();
        let found = regions(&grey.try_clone().unwrap(), 1.0).unwrap();
        assert!((found[0].angle - 0.5).abs() < 0.06, "{:?}", found[0]);
    }

    #[test]
    fn an_even_picture_has_no_region() {
        let grey = Mat::new_rows_cols_with_default(300, 400, CV_8UC1, Scalar::all(90.0)).unwrap();
        assert!(regions(&grey, 1.0).unwrap().is_empty());
    }
}
