//! Light and colour on the face: the standard's formulas, as OFIQ computes them.
//!
//! OFIQ takes what covers the face out of the exposures by a network's map; here the whole face counts.

use opencv::core::MatTraitConstManual;

use super::measure::Measure;
use super::view::{INNER_LIPS, SIDE, View, linear};
use crate::Error;
use crate::geometry::{distance, midpoint};

/// Levels that count as black and as clipped.
const DARK: std::ops::RangeInclusive<usize> = 0..=25;
const LIGHT: std::ops::RangeInclusive<usize> = 247..=255;
/// Side of a cheek's zone over the distance of the eyes.
const ZONE: f32 = 0.3;
/// Fewer pixels of face say nothing.
const LEAST_PIXELS: f32 = 500.0;

/// Native values; nothing where too little of the face lies within the picture.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn measure(view: &View) -> Result<Vec<(Measure, f32)>, Error> {
    let mut out = Vec::with_capacity(7);
    let counts = histogram(
        view.luminance
            .iter()
            .zip(&view.mask)
            .filter(|(_, on)| **on != 0),
    );
    let pixels: f32 = counts.iter().sum();
    if pixels < LEAST_PIXELS {
        return Ok(out);
    }
    let share = counts.map(|count| count / pixels);
    let mean: f32 = (0..256).map(|k| share[k] * k as f32 / 255.0).sum();
    let variance = (0..256)
        .map(|k| share[k] * (k as f32 / 255.0 - mean).powi(2))
        .sum();
    let entropy = share
        .iter()
        .filter(|part| **part > 0.0)
        .map(|part| -part * part.log2())
        .sum();
    out.push((Measure::LuminanceMean, mean));
    out.push((Measure::LuminanceVariance, variance));
    out.push((Measure::UnderExposurePrevention, share[DARK].iter().sum()));
    out.push((Measure::OverExposurePrevention, share[LIGHT].iter().sum()));
    out.push((Measure::DynamicRange, entropy));
    if let Some(zones) = cheeks(view) {
        out.push((Measure::IlluminationUniformity, alike(view, &zones)));
        out.push((Measure::NaturalColour, off_skin(view, &zones)?));
    }
    Ok(out)
}

fn histogram<'a>(levels: impl Iterator<Item = (&'a u8, &'a u8)>) -> [f32; 256] {
    let mut counts = [0_u32; 256];
    for (level, _) in levels {
        counts[*level as usize] += 1;
    }
    counts.map(|count| count as f32)
}

/// The pixels of the zone on each cheek: a square inwards of each eye's middle, half way down to the mouth. `None`
/// where one is not wholly within face and picture.
fn cheeks(view: &View) -> Option<[Vec<usize>; 2]> {
    let mouth = midpoint(view.points[INNER_LIPS[0]], view.points[INNER_LIPS[1]]);
    let down = distance(midpoint(view.eyes[0], view.eyes[1]), mouth) / 2.0;
    let side = ZONE * view.inter_eye();
    let [one, other] = view.eyes;
    let zone = |x: f32, y: f32| -> Option<Vec<usize>> {
        let span = |from: f32| {
            let from = from.max(0.0) as usize;
            (from, (from + side as usize).min(SIDE))
        };
        let ((left, right), (top, bottom)) = (span(x), span(y));
        let pixels: Vec<usize> = (top..bottom)
            .flat_map(|row| (left..right).map(move |column| row * SIDE + column))
            .collect();
        let seen = pixels.iter().filter(|at| view.mask[**at] != 0).count();
        (!pixels.is_empty() && seen == pixels.len()).then_some(pixels)
    };
    Some([
        zone(one[0], one[1] + down)?,
        zone(other[0] - side, other[1] + down)?,
    ])
}

/// What both zones' histograms share, 0 to 1.
fn alike(view: &View, zones: &[Vec<usize>; 2]) -> f32 {
    let [one, other] = [0, 1].map(|k| {
        let pixels = &zones[k];
        let counts = histogram(
            pixels
                .iter()
                .map(|at| (&view.luminance[*at], &view.mask[*at])),
        );
        counts.map(|count| count / pixels.len() as f32)
    });
    one.iter().zip(other).map(|(a, b)| a.min(b)).sum()
}

/// How far the mean colour of both zones lies from skin's in CIELAB's a and b (D50), 100 where either is negative.
fn off_skin(view: &View, zones: &[Vec<usize>; 2]) -> Result<f32, Error> {
    let bgr = view.bgr.data_bytes()?;
    let mut sums = [0_u64; 3];
    let mut count = 0_u64;
    for at in zones.iter().flatten() {
        for (sum, level) in sums.iter_mut().zip(&bgr[3 * at..3 * at + 3]) {
            *sum += u64::from(*level);
        }
        count += 1;
    }
    let [b, g, r] = sums.map(|sum| linear(sum as f32 / count.max(1) as f32 / 255.0));
    let [lab_a, lab_b] = lab_ab([r, g, b]);
    if lab_a < 0.0 || lab_b < 0.0 {
        return Ok(100.0);
    }
    let beyond = |value: f32, low: f32, high: f32| (low - value).max(value - high).max(0.0);
    Ok(beyond(lab_a, 5.0, 25.0).hypot(beyond(lab_b, 5.0, 35.0)))
}

/// CIELAB's a and b of linear sRGB, white point D50, by OFIQ's matrix.
fn lab_ab([r, g, b]: [f32; 3]) -> [f32; 2] {
    let curve = |x: f32| {
        if x <= 216.0 / 24_389.0 {
            (24_389.0 / 27.0 * x + 16.0) / 116.0
        } else {
            x.cbrt()
        }
    };
    let x = curve((0.436_05 * r + 0.385_08 * g + 0.143_09 * b) / 0.964_221);
    let y = curve(0.222_49 * r + 0.716_89 * g + 0.060_62 * b);
    let z = curve((0.013_93 * r + 0.097_10 * g + 0.714_19 * b) / 0.825_211);
    [500.0 * (x - y), 200.0 * (y - z)]
}
