//! The second look: regions turned upright, symbols flattened by their guards, and read several times.

use opencv::core::{BORDER_REPLICATE, Mat, Point2f, Scalar, Size};
use opencv::imgproc;

use super::Barcode;
use super::guards::{Symbol, rows_with_guards, symbols};
use super::look::{self, Seen};
use super::region::{Region, regions};
use crate::Error;
use crate::document::plane::{Quad, along, length, minus, straighten};

/// Pixels a region is widened by on each side, over the size of the block it was found in.
const MARGIN_PX: f32 = 24.0;
/// A region is looked at as it is, then at twice its size: at 2 pixels a module, bars of one module
/// blur into each other before the threshold parts them.
const ENLARGED: [f32; 2] = [1.0, 2.0];
/// Regions with a longer side than this, in pixels, are looked at only as they are: at 2 pixels a
/// module, it holds 600 modules, and a licence's symbol has 200 to 300.
const MOST_ENLARGED: f32 = 1200.0;
/// So many rows of a region are glimpsed at first, and so many of them have to show a guard. Each row
/// of a symbol does, and a region that holds one is mostly little larger.
const GLIMPSED: i32 = 40;
const LEAST_GLIMPSED: usize = 3;
/// The longest side of a region or a flattened symbol, in pixels; 90 codewords wide at 2 a module.
const MOST_SIDE: f32 = 2400.0;
/// Pixels a module of the flattened symbols. The text that two of them agree on is taken: error
/// correction that is driven to its end can make words of noise, which the others don't repeat
/// (measured on 165 drawn symbols at 2 pixels a module: 1 wrong text of 155 single ones, none of 52
/// agreed ones).
const FLATTENED: [f32; 3] = [4.0, 5.0, 3.0];
/// Modules of quiet zone around a flattened symbol.
const QUIET: f32 = 10.0;

/// Looks for symbols that lie askew. `scaled` is `grey` at `scale` of its size.
///
/// # Errors
/// [`Error`] where an image operation or the barcode library fails.
pub(super) fn look(grey: &Mat, scaled: &Mat, scale: f32) -> Result<Vec<Barcode>, Error> {
    let mut found: Vec<Barcode> = Vec::new();
    for region in regions(scaled, scale)? {
        for enlarged in ENLARGED {
            if enlarged > 1.0 && region.longer_side() > MOST_ENLARGED {
                continue;
            }
            let crop = Crop::of(&region, enlarged);
            if !crop.shows_guards(grey)? {
                continue;
            }
            let read = crop.read(grey)?;
            let none = read.is_empty();
            found.extend(read);
            if !none {
                break;
            }
        }
    }
    found.sort_by(|a, b| a.corners[0][1].total_cmp(&b.corners[0][1]));
    Ok(found)
}

/// A region as a picture of its own.
struct Crop {
    /// Its corners in the picture.
    quad: Quad,
    width: f32,
    height: f32,
}

impl Crop {
    fn of(region: &Region, enlarged: f32) -> Self {
        let (sin, cos) = region.angle.sin_cos();
        let [left, right] = [region.along[0] - MARGIN_PX, region.along[1] + MARGIN_PX];
        let [top, bottom] = [region.across[0] - MARGIN_PX, region.across[1] + MARGIN_PX];
        let corner = |u: f32, v: f32| [u * cos - v * sin, u * sin + v * cos];
        let fit = enlarged.min(MOST_SIDE / (right - left).max(bottom - top).max(1.0));
        Self {
            quad: [
                corner(left, top),
                corner(right, top),
                corner(right, bottom),
                corner(left, bottom),
            ],
            width: ((right - left) * fit).max(16.0),
            height: ((bottom - top) * fit).max(16.0),
        }
    }

    /// The place in the picture of a place in the crop.
    fn in_picture(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [origin, right, _, below] = self.quad;
        let across = along(origin, minus(right, origin), x / self.width);
        along(across, minus(below, origin), y / self.height)
    }

    /// Whether a few of its rows, spread over it, show guards: most regions are writing and texture,
    /// and are told by that in a fraction of the time that turning them upright takes.
    fn shows_guards(&self, grey: &Mat) -> Result<bool, Error> {
        let rows = straighten(grey, &self.quad, self.width as i32, GLIMPSED)?;
        let window = (self.width as i32 / 8).clamp(31, 301) | 1;
        let (mut mean, mut black) = (Mat::default(), Mat::default());
        imgproc::blur_def(&rows, &mut mean, Size::new(window, 1))?;
        opencv::core::compare(&rows, &mean, &mut black, opencv::core::CMP_LT)?;
        Ok(rows_with_guards(&black)? >= LEAST_GLIMPSED)
    }

    fn read(&self, grey: &Mat) -> Result<Vec<Barcode>, Error> {
        let upright = straighten(grey, &self.quad, self.width as i32, self.height as i32)?;
        let mut found = Vec::new();
        for symbol in symbols(&black_and_white(&upright)?)? {
            let Some(seen) = agreed(&upright, &symbol)? else {
                continue;
            };
            let mut corners = symbol.quad.map(|point| self.in_picture(point));
            if symbol.turned {
                corners.rotate_left(2);
            }
            found.push(Barcode {
                text: seen.text,
                bytes: seen.bytes,
                corners,
                confirmed: true,
            });
        }
        Ok(found)
    }
}

/// 1 where darker than its surroundings.
fn black_and_white(grey: &Mat) -> Result<Mat, Error> {
    use opencv::core::MatTraitConst;
    let mut smooth = Mat::default();
    imgproc::gaussian_blur_def(grey, &mut smooth, Size::new(3, 3), 0.7)?;
    let window = (grey.rows().min(grey.cols()) / 4).max(31) | 1;
    let mut out = Mat::default();
    imgproc::adaptive_threshold(
        &smooth,
        &mut out,
        1.0,
        imgproc::ADAPTIVE_THRESH_MEAN_C,
        imgproc::THRESH_BINARY_INV,
        window,
        5.0,
    )?;
    Ok(out)
}

/// What two flattenings of the symbol agree on.
fn agreed(upright: &Mat, symbol: &Symbol) -> Result<Option<Seen>, Error> {
    let mut readings: Vec<Seen> = Vec::new();
    for module in FLATTENED {
        let Some(seen) = look::look(&flattened(upright, symbol, module)?)?
            .into_iter()
            .next()
        else {
            continue;
        };
        if readings.iter().any(|other| other.bytes == seen.bytes) {
            return Ok(Some(seen));
        }
        readings.push(seen);
    }
    Ok(None)
}

/// The symbol without perspective, at `module` pixels a module where that enlarges it at most
/// fourfold.
fn flattened(upright: &Mat, symbol: &Symbol, module: f32) -> Result<Mat, Error> {
    let [a, b, c, d] = symbol.quad;
    let wide = length(minus(b, a)).max(length(minus(c, d)));
    let tall = length(minus(d, a)).max(length(minus(c, b)));
    let pad = QUIET * module;
    let most = (MOST_SIDE - 2.0 * pad) / wide.max(tall).max(1.0);
    let enlarged = (module / symbol.module).clamp(0.5, 4.0).min(most);
    let (wide, tall) = (wide * enlarged, tall * enlarged);
    let points = |corners: &Quad| -> Result<Mat, opencv::Error> {
        use opencv::core::MatTraitConst;
        let corners: Vec<Point2f> = corners
            .iter()
            .map(|[x, y]| Point2f::new(x - 0.5, y - 0.5))
            .collect();
        Mat::from_slice(&corners)?.try_clone()
    };
    let target = [
        [pad, pad],
        [pad + wide, pad],
        [pad + wide, pad + tall],
        [pad, pad + tall],
    ];
    let map = imgproc::get_perspective_transform(&points(&symbol.quad)?, &points(&target)?, 0)?;
    let size = Size::new((wide + 2.0 * pad) as i32, (tall + 2.0 * pad) as i32);
    let mut out = Mat::default();
    imgproc::warp_perspective(
        upright,
        &mut out,
        &map,
        size,
        imgproc::INTER_CUBIC,
        BORDER_REPLICATE,
        Scalar::default(),
    )?;
    Ok(out)
}
