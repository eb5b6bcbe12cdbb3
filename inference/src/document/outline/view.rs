//! Lines in a picture: how clearly each parts two colours.

use opencv::core::{BORDER_DEFAULT, Mat, MatTraitConst, MatTraitConstManual, Size};
use opencv::imgproc;

use crate::Error;
use crate::document::plane::{Point, along, length, minus};

/// The longer side, in pixels, at which sides are looked for.
const SIDE: f64 = 720.0;
/// Points along a line that are compared, on both sides of it; half as many while lines are searched.
const POINTS: usize = 64;
/// A line whose points differ less than this in the mean is no side: most lines are done with here.
const FLAT: i32 = 1;
/// Difference in grey levels that is as clear as any, and the share of a line that has to differ: none counted, and all.
const CLEAR: f32 = 20.0;
const COVER: [f32; 2] = [0.55, 0.95];
/// A point differs where its colours are this many grey levels apart, and this share of the line's own difference.
const DIFFERS: (f32, f32) = (2.5, 0.25);
/// A line that may be a side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    pub ends: (Point, Point),
    pub clear: f32,
}

/// The picture at the size at which sides are looked for.
pub(super) struct View {
    width: usize,
    height: usize,
    bgr: Vec<u8>,
    /// Its size over the picture's.
    pub scale: f32,
}

impl View {
    pub fn new(work: &Mat) -> Result<Self, Error> {
        let scale = (SIDE / f64::from(work.cols().max(work.rows()).max(1))).min(1.0);
        let (mut small, mut smooth) = (Mat::default(), Mat::default());
        imgproc::resize(
            work,
            &mut small,
            Size::default(),
            scale,
            scale,
            imgproc::INTER_AREA,
        )?;
        imgproc::gaussian_blur(
            &small,
            &mut smooth,
            Size::new(3, 3),
            0.0,
            0.0,
            BORDER_DEFAULT,
        )?;
        Ok(Self {
            width: smooth.cols().unsigned_abs() as usize,
            height: smooth.rows().unsigned_abs() as usize,
            bgr: smooth.data_bytes()?.to_vec(),
            scale: scale as f32,
        })
    }

    fn pixel(&self, [x, y]: Point) -> Option<&[u8]> {
        if !(x >= 0.0 && y >= 0.0) {
            return None;
        }
        let (x, y) = (x as usize, y as usize);
        (x < self.width && y < self.height).then(|| {
            let at = (y * self.width + x) * 3;
            &self.bgr[at..at + 3]
        })
    }

    /// The line's contrast in grey levels (of the channel that has most, the mean of the middle half of its points)
    /// and the share of its points that differ. `apart` pixels to each side are compared; nothing counts where less
    /// than half of the line lies inside.
    fn edge(&self, start: Point, end: Point, apart: f32, points: usize) -> (f32, f32) {
        let across = minus(end, start);
        let long = length(across).max(1.0);
        let down = [-across[1] / long, across[0] / long];
        let mut differences = [[0i16; POINTS]; 3];
        let mut count = 0;
        for point in 0..points.min(POINTS) {
            let share = 0.06 + 0.88 * (point as f32 + 0.5) / points as f32;
            let place = along(start, across, share);
            let sides = [1.0, -1.0].map(|side| self.pixel(along(place, down, side * apart)));
            if let [Some(inner), Some(outer)] = sides {
                for (channel, values) in differences.iter_mut().enumerate() {
                    values[count] = i16::from(inner[channel]) - i16::from(outer[channel]);
                }
                count += 1;
            }
        }
        if count <= points / 2 {
            return (0.0, 0.0);
        }
        let flat = differences.iter().all(|values| {
            let sum: i32 = values[..count]
                .iter()
                .map(|value| i32::from(value.abs()))
                .sum();
            sum < FLAT * count as i32
        });
        if flat {
            return (0.0, 0.0);
        }
        let contrast = differences
            .iter()
            .map(|values| {
                let mut sorted = *values;
                sorted[..count].sort_unstable();
                let middle = &sorted[count / 4..count - count / 4];
                let sum: i32 = middle.iter().map(|value| i32::from(*value)).sum();
                (sum as f32 / middle.len() as f32).abs()
            })
            .fold(0.0, f32::max);
        let least = DIFFERS.0.max(DIFFERS.1 * contrast);
        let differing = (0..count)
            .filter(|point| {
                differences
                    .iter()
                    .any(|values| f32::from(values[*point].abs()) > least)
            })
            .count();
        (contrast, differing as f32 / count as f32)
    }

    /// How clear a side the line is, 0 to 4.
    pub fn clearness(&self, start: Point, end: Point) -> f32 {
        self.clear(start, end, POINTS)
    }

    fn clear(&self, start: Point, end: Point, points: usize) -> f32 {
        let (contrast, cover) = self.edge(start, end, 1.5, points);
        let covered = ((cover - COVER[0]) / (COVER[1] - COVER[0])).clamp(0.0, 1.0);
        2.0 * contrast.min(CLEAR) / CLEAR + 2.0 * covered
    }

    /// The clearest lines of a family of two parameters, none nearer to another than `apart` in both.
    pub fn clearest(
        &self,
        first: Vec<f32>,
        second: Vec<f32>,
        apart: [f32; 2],
        most: usize,
        line: impl Fn(f32, f32) -> (Point, Point),
    ) -> Vec<Side> {
        let mut all: Vec<([f32; 2], Side)> = Vec::with_capacity(first.len() * second.len());
        for one in &first {
            for two in &second {
                let ends = line(*one, *two);
                let clear = self.clear(ends.0, ends.1, POINTS / 2);
                all.push(([*one, *two], Side { ends, clear }));
            }
        }
        all.sort_by(|a, b| b.1.clear.total_cmp(&a.1.clear));
        let mut kept: Vec<([f32; 2], Side)> = Vec::new();
        for (place, side) in all {
            let near = kept.iter().any(|(other, _)| {
                (place[0] - other[0]).abs() <= apart[0] && (place[1] - other[1]).abs() <= apart[1]
            });
            if !near {
                kept.push((place, side));
            }
            if kept.len() == most {
                break;
            }
        }
        kept.into_iter().map(|(_, side)| side).collect()
    }

    /// The line with its ends moved across by up to `reach` of its length to where it is clearest: the mean of all
    /// places that are about as clear. Unmoved where there is no edge.
    pub fn nudged(&self, start: Point, end: Point, reach: f32, step: f32) -> (Point, Point) {
        let across = minus(end, start);
        let down = [-across[1], across[0]];
        let offsets = steps(-reach, reach, step);
        let mut seen = Vec::with_capacity(offsets.len() * offsets.len());
        for one in &offsets {
            for two in &offsets {
                let (a, b) = (along(start, down, *one), along(end, down, *two));
                seen.push((self.edge(a, b, 1.0, POINTS).0, *one, *two));
            }
        }
        let most = seen
            .iter()
            .map(|(contrast, ..)| *contrast)
            .fold(0.0, f32::max);
        if most < DIFFERS.0 {
            return (start, end);
        }
        let best: Vec<_> = seen
            .iter()
            .filter(|(contrast, ..)| *contrast >= 0.97 * most)
            .collect();
        let mean = |of: fn(&(f32, f32, f32)) -> f32| {
            best.iter().map(|place| of(place)).sum::<f32>() / best.len().max(1) as f32
        };
        (
            along(start, down, mean(|place| place.1)),
            along(end, down, mean(|place| place.2)),
        )
    }
}

/// Numbers from one to another, both included.
pub(super) fn steps(from: f32, to: f32, step: f32) -> Vec<f32> {
    let count = ((to - from) / step).round() as usize;
    (0..=count)
        .map(|index| from + index as f32 * step)
        .collect()
}
