//! Waves of brightness that run down or up the picture: a screen's refresh or its dimming against the camera's rows.
//!
//! ```text
//! a camera reads row y of frame t at  t + y · row time          a screen's light beats with f hertz
//! what row y shows of it:  cos(2π f (t + y · row time)), folded at the camera's rate
//!   ──► as many waves over the picture as beats fit its read-out, and they move at one speed
//! ```
//!
//! The rows' brightness is followed as the median over columns of how its logarithm changed, so that a person who moves in
//! some columns does not count, nor light that changes everywhere at once. A wave counts by how much of the rows' change
//! it explains when it runs one way, less what the same wave explains running the other way: what sways, nods or flickers
//! in place runs both ways. Lamps on the mains make such waves too, at 100 or 120 Hz folded at the camera's rate: a wave
//! there is named and not counted.

use super::small::Small;
use super::spectrum::{Complex, bell, share};
use super::{Finding, SignalReason, WhyNot};

/// Columns, and rows, that the picture is cut into.
const COLUMNS: usize = 16;
const ROWS: usize = 45;
/// Waves over the picture's height that are looked for, in quarters: below, light from one side that moves looks alike;
/// above, a row's part is as long as the wave.
const QUARTER_WAVES: std::ops::RangeInclusive<usize> = 3..=48;
/// Frames kept: 10 s at 30 a second.
const MOST_FRAMES: usize = 300;
/// Shortest time, in s, and fewest frames a second, on which anything is said.
const LEAST_S: f32 = 2.5;
const LEAST_FPS: f32 = 12.0;
/// A wave has to pass so often.
const PASSES: f32 = 1.5;
/// Least amplitude, in natural logarithms of brightness.
const LEAST_AMPLITUDE: f32 = 0.004;
/// Share explained at the limit, see `docs/benchmarks/passive.md`.
const LIMIT: f32 = 0.45;
/// A lamp's two beats a period, and how near a wave has to be.
const MAINS_HZ: [f32; 2] = [100.0, 120.0];
const MAINS_NEAR_HZ: f32 = 0.35;
/// Darkness that is added to each level, so that noise in the dark does not count as light.
const DARK: f32 = 8.0;

/// The rows' brightness over time.
#[derive(Debug, Default)]
pub(super) struct Banding {
    times_s: Vec<f32>,
    before: Vec<f32>,
    /// What each row has changed by since the first frame, frame by frame.
    rows: Vec<[f32; ROWS]>,
}

impl Banding {
    /// Takes the next frame.
    pub fn look(&mut self, small: &Small, t_ms: f64) {
        if self.times_s.len() >= MOST_FRAMES || small.width < COLUMNS || small.height < ROWS {
            return;
        }
        let cells = cells(small);
        let mut row = self.rows.last().copied().unwrap_or([0.0; ROWS]);
        if self.before.len() == cells.len() {
            for (y, value) in row.iter_mut().enumerate() {
                let mut change: [f32; COLUMNS] =
                    std::array::from_fn(|x| cells[y * COLUMNS + x] - self.before[y * COLUMNS + x]);
                change.sort_by(f32::total_cmp);
                *value += f32::midpoint(change[COLUMNS / 2 - 1], change[COLUMNS / 2]);
            }
        }
        self.before = cells;
        self.rows.push(row);
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
        Finding::by(wave.share, 0.1, LIMIT, SignalReason::RunningBand)
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

/// A wave that runs one way.
#[derive(Debug, Clone, Copy, Default)]
struct Wave {
    share: f32,
    hertz: f32,
}

fn strongest(times_s: &[f32], rows: &[[f32; ROWS]], length_s: f32, fps: f32) -> Wave {
    let weights = bell(times_s);
    let least = PASSES / length_s;
    let step = 0.5 / length_s;
    let steps = ((fps / 2.0 - least) / step).max(0.0) as usize;
    let mut best = Wave::default();
    for quarters in QUARTER_WAVES {
        let series = along(rows, quarters as f32 / 4.0, &weights);
        for number in 0..steps {
            let hertz = least + step * number as f32;
            let [down, deep] = share(times_s, &series, &weights, -hertz);
            let [up, high] = share(times_s, &series, &weights, hertz);
            let found = (down - up).abs();
            if deep.max(high) >= LEAST_AMPLITUDE && found > best.share {
                best = Wave {
                    share: found,
                    hertz,
                };
            }
        }
    }
    best
}

/// How much of so many waves over the height each frame's rows hold, its mean over time left out.
fn along(rows: &[[f32; ROWS]], waves: f32, weights: &[f32]) -> Vec<Complex> {
    let places: Vec<f32> = (0..ROWS)
        .map(|row| (row as f32 + 0.5) / ROWS as f32)
        .collect();
    let taper = bell(&places);
    let total: f32 = taper.iter().sum();
    let turns: Vec<Complex> = places
        .iter()
        .zip(&taper)
        .map(|(place, taper)| {
            let (sin, cos) = (std::f32::consts::TAU * waves * place).sin_cos();
            [2.0 * taper * cos / total, -2.0 * taper * sin / total]
        })
        .collect();
    let mut series: Vec<Complex> = rows
        .iter()
        .map(|row| {
            let mean = row
                .iter()
                .zip(&taper)
                .map(|(value, w)| value * w)
                .sum::<f32>()
                / total;
            let mut sum = [0.0; 2];
            for (value, turn) in row.iter().zip(&turns) {
                sum[0] += (value - mean) * turn[0];
                sum[1] += (value - mean) * turn[1];
            }
            sum
        })
        .collect();
    let weight: f32 = weights.iter().sum::<f32>().max(f32::EPSILON);
    for part in 0..2 {
        let mean = series
            .iter()
            .zip(weights)
            .map(|(value, w)| value[part] * w)
            .sum::<f32>()
            / weight;
        for value in &mut series {
            value[part] -= mean;
        }
    }
    series
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
    use std::f32::consts::TAU;

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
            let inside = (x - 0.3).abs() < 0.2 && (y - 0.3 * t).abs() < 0.2;
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
