//! Waves of brightness that run down or up the picture: a screen's refresh or its dimming against the camera's rows.
//!
//! ```text
//! a camera reads row y of frame t at  t + y · row time          a screen's light beats with f hertz
//! what row y shows of it:  cos(2π f (t + y · row time)), folded at the camera's rate
//!   ──► as many waves over the picture as beats fit its read-out, and they move at one speed
//! ```
//!
//! The picture is cut into four upright strips, and each strip's rows are followed by how the logarithm of their brightness
//! changes. A wave counts by how much of all strips' change it explains as one wave, running one way, less what it explains running
//! the other way: a person moves in some strips and not in all alike, and what sways, nods or flickers in place runs both
//! ways. Lamps on the mains make such waves too, at 100 or 120 Hz folded at the camera's rate: a wave
//! there is named and not counted.

use std::f32::consts::TAU;

use super::small::Small;
use super::spectrum::{Complex, bell};
use super::{Finding, SignalReason, WhyNot};

/// Columns, and rows, that the picture is cut into, and the strips that the columns make.
const COLUMNS: usize = 16;
const ROWS: usize = 45;
const STRIPS: usize = 4;
/// Waves over the picture's height that are looked for, in quarters: below, light from one side that moves looks alike;
/// above, a row's part is as long as the wave.
const QUARTER_WAVES: std::ops::RangeInclusive<usize> = 3..=48;
/// Frames kept, the newest: 10 s at 30 a second.
const MOST_FRAMES: usize = 300;
/// Least time from one to the next, in ms, so that a fast camera's last seconds are as long.
const LEAST_MS: f64 = 25.0;
/// Shortest time, in s, and fewest frames a second, on which anything is said.
const LEAST_S: f32 = 2.5;
const LEAST_FPS: f32 = 12.0;
/// A wave has to pass so often.
const PASSES: f32 = 1.5;
/// Least amplitude, in natural logarithms of brightness.
const LEAST_AMPLITUDE: f32 = 0.004;
/// Share explained: nothing, and the limit; see `docs/benchmarks/passive.md`.
const NONE: f32 = 0.2;
const LIMIT: f32 = 0.4;
/// A lamp's two beats a period, and how near a wave has to be.
const MAINS_HZ: [f32; 2] = [100.0, 120.0];
const MAINS_NEAR_HZ: f32 = 0.35;
/// Darkness that is added to each level, so that noise in the dark does not count as light.
const DARK: f32 = 8.0;

/// A number a row of each strip.
type Rows = [[f32; ROWS]; STRIPS];

/// The rows' brightness over time, while a face is there: what moves the empty picture says nothing of who comes into it.
#[derive(Debug, Default)]
pub(super) struct Banding {
    last_ms: Option<f64>,
    times_s: Vec<f32>,
    before: Vec<f32>,
    /// What each strip's rows have changed by since the first frame, frame by frame.
    rows: Vec<Rows>,
}

impl Banding {
    /// Another face has come, or the same again: what has changed meanwhile is no wave.
    pub fn interrupt(&mut self) {
        self.before.clear();
    }

    /// Takes the next frame in which there is a face.
    pub fn look(&mut self, small: &Small, t_ms: f64) {
        let due = self.last_ms.is_none_or(|last| t_ms - last >= LEAST_MS);
        if !due || small.width < COLUMNS || small.height < ROWS {
            return;
        }
        self.last_ms = Some(t_ms);
        if self.times_s.len() >= MOST_FRAMES {
            self.times_s.remove(0);
            self.rows.remove(0);
        }
        let cells = cells(small);
        let mut rows = self.rows.last().copied().unwrap_or([[0.0; ROWS]; STRIPS]);
        if self.before.len() == cells.len() {
            for (strip, rows) in rows.iter_mut().enumerate() {
                for (y, value) in rows.iter_mut().enumerate() {
                    *value += change(&cells, &self.before, strip, y);
                }
            }
        }
        self.before = cells;
        self.rows.push(rows);
        self.times_s.push((t_ms / 1e3) as f32);
    }

    /// What runs through the rows.
    pub fn judge(&self) -> Finding {
        let length_s = match (self.times_s.first(), self.times_s.last()) {
            (Some(first), Some(last)) => last - first,
            _ => 0.0,
        };
        if length_s < LEAST_S {
            return Finding::NotAssessed(WhyNot::TooShort);
        }
        let fps = (self.times_s.len() - 1) as f32 / length_s;
        if fps < LEAST_FPS {
            return Finding::NotAssessed(WhyNot::TooSlow);
        }
        let wave = strongest(&self.times_s, &self.rows, length_s, fps);
        if wave.share >= LIMIT && of_lamps(wave.hertz, fps) {
            return Finding::Measured {
                score: 0.0,
                value: wave.share,
                reason: SignalReason::LampFlicker,
            };
        }
        Finding::by(wave.share, NONE, LIMIT, SignalReason::RunningBand)
    }
}

/// The logarithm of each cell's mean.
fn cells(small: &Small) -> Vec<f32> {
    let mut sums = vec![0.0_f32; ROWS * COLUMNS];
    let mut counts = vec![0.0_f32; ROWS * COLUMNS];
    for (y, line) in small.levels.chunks_exact(small.width).enumerate() {
        let row = y * ROWS / small.height * COLUMNS;
        for (x, level) in line.iter().enumerate() {
            let cell = row + x * COLUMNS / small.width;
            sums[cell] += level;
            counts[cell] += 1.0;
        }
    }
    let mean = |(sum, count): (&f32, &f32)| (sum / count.max(1.0) + DARK).ln();
    sums.iter().zip(&counts).map(mean).collect()
}

/// How a strip's row changed: the mean of its columns without the least and the most.
fn change(cells: &[f32], before: &[f32], strip: usize, row: usize) -> f32 {
    const WIDE: usize = COLUMNS / STRIPS;
    let from = row * COLUMNS + strip * WIDE;
    let mut changes: [f32; WIDE] = std::array::from_fn(|k| cells[from + k] - before[from + k]);
    changes.sort_by(f32::total_cmp);
    let middle = &changes[1..WIDE - 1];
    middle.iter().sum::<f32>() / middle.len() as f32
}

/// A wave that runs one way.
#[derive(Debug, Clone, Copy, Default)]
struct Wave {
    share: f32,
    hertz: f32,
}

/// One wave length in every strip: its share of each frame, and the energy of all of it.
struct Length {
    strips: [Vec<Complex>; STRIPS],
    energy: f32,
}

fn strongest(times_s: &[f32], rows: &[Rows], length_s: f32, fps: f32) -> Wave {
    let weights = bell(times_s);
    let weight: f32 = weights.iter().sum();
    let lengths: Vec<Length> = QUARTER_WAVES
        .map(|quarters| Length::of(rows, quarters as f32 / 4.0, &weights))
        .collect();
    let least = PASSES / length_s;
    let step = 0.5 / length_s;
    let steps = ((fps / 2.0 - least) / step).max(0.0) as usize;
    let mut best = Wave::default();
    for number in 0..steps {
        let hertz = least + step * number as f32;
        let turns: Vec<Complex> = times_s
            .iter()
            .zip(&weights)
            .map(|(t, w)| {
                let (sin, cos) = (TAU * hertz * t).sin_cos();
                [w * cos, w * sin]
            })
            .collect();
        for length in &lengths {
            let [down, up] = length.running(&turns).map(|sum| {
                let amplitude = sum / (STRIPS as f32 * weight);
                (
                    amplitude,
                    sum * sum / (STRIPS as f32 * weight * length.energy),
                )
            });
            let share = (down.1 - up.1).abs();
            if down.0.max(up.0) >= LEAST_AMPLITUDE && share > best.share {
                best = Wave { share, hertz };
            }
        }
    }
    best
}

impl Length {
    /// So many waves over the height; each strip's mean over time is left out.
    fn of(rows: &[Rows], waves: f32, weights: &[f32]) -> Self {
        let places: Vec<f32> = (0..ROWS)
            .map(|row| (row as f32 + 0.5) / ROWS as f32)
            .collect();
        let taper = bell(&places);
        let total: f32 = taper.iter().sum();
        let turn = |(place, taper): (&f32, &f32)| {
            let (sin, cos) = (TAU * waves * place).sin_cos();
            [2.0 * taper * cos / total, -2.0 * taper * sin / total]
        };
        let turns: Vec<Complex> = places.iter().zip(&taper).map(turn).collect();
        let strips = std::array::from_fn(|strip| {
            let mut series: Vec<Complex> = rows
                .iter()
                .map(|rows| {
                    let rows = &rows[strip];
                    let pairs = rows.iter().zip(&taper);
                    let mean = pairs.map(|(value, w)| value * w).sum::<f32>() / total;
                    let sum = |k: usize| {
                        let pairs = rows.iter().zip(&turns);
                        pairs.map(|(value, turn)| (value - mean) * turn[k]).sum()
                    };
                    [sum(0), sum(1)]
                })
                .collect();
            without_mean(&mut series, weights);
            series
        });
        let mut energy = 0.0;
        for strip in &strips {
            for ([x, y], w) in strip.iter().zip(weights) {
                energy += w * (x * x + y * y);
            }
        }
        Self {
            strips,
            energy: energy.max(f32::EPSILON),
        }
    }

    /// All strips' sum as one wave of a frequency, running down and up; `turns` is that wave under the window.
    fn running(&self, turns: &[Complex]) -> [f32; 2] {
        let (mut xc, mut xs, mut yc, mut ys) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
        for strip in &self.strips {
            for ([x, y], [cos, sin]) in strip.iter().zip(turns) {
                xc += x * cos;
                xs += x * sin;
                yc += y * cos;
                ys += y * sin;
            }
        }
        [(xc - ys).hypot(yc + xs), (xc + ys).hypot(yc - xs)]
    }
}

fn without_mean(series: &mut [Complex], weights: &[f32]) {
    let weight: f32 = weights.iter().sum::<f32>().max(f32::EPSILON);
    for part in 0..2 {
        let pairs = series.iter().zip(weights);
        let mean = pairs.map(|(value, w)| value[part] * w).sum::<f32>() / weight;
        for value in series.iter_mut() {
            value[part] -= mean;
        }
    }
}

/// Whether lamps on the mains beat so, seen at so many frames a second.
fn of_lamps(hertz: f32, fps: f32) -> bool {
    MAINS_HZ.iter().any(|lamp| {
        let folded = (lamp / fps - (lamp / fps).round()).abs() * fps;
        folded > 1.0 && (folded - hertz).abs() < MAINS_NEAR_HZ
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A film of `count` frames, its light at a place (0 to 1 across, 0 to 1 down) and time.
    fn film(count: usize, fps: f32, light: impl Fn(f32, f32, f32) -> f32) -> Finding {
        let (width, height) = (160, 90);
        let mut banding = Banding::default();
        for number in 0..count {
            let t = number as f32 / fps;
            let mut levels = Vec::with_capacity(width * height);
            for y in 0..height {
                for x in 0..width {
                    let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
                    levels.push(light(x, y, t).clamp(0.0, 255.0));
                }
            }
            let small = Small {
                width,
                height,
                levels,
                scale: 0.25,
                grey: opencv::core::Mat::default(),
            };
            banding.look(&small, f64::from(t) * 1e3);
        }
        banding.judge()
    }

    fn scene(x: f32, y: f32) -> f32 {
        110.0 + 50.0 * (7.0 * x + 3.0 * y).sin() * (5.0 * y).cos()
    }

    #[test]
    fn a_weak_wave_that_runs_either_way_is_told_and_a_still_scene_is_clear() {
        for speed in [0.7, -3.3] {
            let seen = film(100, 25.0, |x, y, t| {
                scene(x, y) * (1.0 + 0.03 * (TAU * (2.3 * y - speed * t)).cos())
            });
            assert!(seen.score() > Some(0.5), "{speed}: {seen:?}");
        }
        let still = film(100, 25.0, |x, y, _| scene(x, y));
        assert_eq!(still.score(), Some(0.0), "{still:?}");
    }

    #[test]
    fn the_newest_seconds_count_however_long_it_was_still_before() {
        let late = film(700, 30.0, |x, y, t| {
            let weak = if t < 14.0 { 0.0 } else { 0.03 };
            scene(x, y) * (1.0 + weak * (TAU * (2.3 * y - 0.7 * t)).cos())
        });
        assert!(late.score() > Some(0.5), "{late:?}");
        let fast = film(700, 120.0, |x, y, t| {
            scene(x, y) * (1.0 + 0.03 * (TAU * (2.3 * y - 0.7 * t)).cos())
        });
        assert!(fast.score() > Some(0.5), "{fast:?}");
    }

    #[test]
    fn what_sways_flickers_in_place_or_covers_part_of_the_picture_is_clear() {
        let flicker = film(100, 25.0, |x, y, t| {
            scene(x, y) * (1.0 + 0.1 * (TAU * 1.7 * t).cos())
        });
        let standing = film(100, 25.0, |x, y, t| {
            scene(x, y) * (1.0 + 0.1 * (TAU * 1.7 * t).cos() * (TAU * 2.0 * y).cos())
        });
        let sways = film(100, 25.0, |x, y, t| {
            scene(x, y + 0.04 * (TAU * 0.6 * t).sin())
        });
        let passer_by = film(100, 25.0, |x, y, t| {
            let inside = (x - 0.3).abs() < 0.17 && (y - 0.3 * t).abs() < 0.2;
            if inside { 40.0 } else { scene(x, y) }
        });
        for clear in [flicker, standing, sways, passer_by] {
            assert!(clear.score() < Some(0.5), "{clear:?}");
        }
    }

    #[test]
    fn lamps_on_the_mains_are_named_and_not_counted() {
        // 100 Hz seen at 30 frames a second folds to 10 Hz.
        let lamps = film(120, 30.0, |x, y, t| {
            scene(x, y) * (1.0 + 0.05 * (TAU * (3.0 * y - 10.0 * t)).cos())
        });
        let Finding::Measured { score, reason, .. } = lamps else {
            unreachable!("{lamps:?}")
        };
        assert_eq!((score, reason), (0.0, SignalReason::LampFlicker));
    }

    #[test]
    fn too_short_or_too_slow_a_film_is_not_assessed() {
        let short = film(40, 25.0, |x, y, _| scene(x, y));
        assert_eq!(short, Finding::NotAssessed(WhyNot::TooShort));
        let slow = film(40, 10.0, |x, y, _| scene(x, y));
        assert_eq!(slow, Finding::NotAssessed(WhyNot::TooSlow));
    }
}
