//! The heart's beat in the colour of skin (remote photoplethysmography).
//!
//! ```text
//! brow, both cheeks ──► mean colour a frame ──► plane orthogonal to skin (POS) ──► wave ──► 0.7 to 3 Hz, its peak
//! ```
//!
//! The projection is Wang et al., "Algorithmic Principles of Remote PPG" (2017), in windows of 1.6 s; the peak's worth is de
//! Haan and Jeanne's signal to noise (2013): what lies at the peak and twice it over the rest. A beat counts as far as the three
//! regions agree on it.
//!
//! A pulse speaks for a person or for a film of one; its lack says little, since light, movement and compression hide it.
//! So it never reaches the limit.

use super::spectrum::{bell, share};
use super::{Finding, SignalReason, WhyNot};
use crate::face::Subject;
use crate::picture::Picture;

/// Shortest time, s, and fewest frames a second.
const LEAST_S: f32 = 6.0;
const LEAST_FPS: f32 = 14.0;
/// Frames kept: 20 s at 30 a second; the newest count.
const MOST: usize = 600;
/// A gap, in s, after which it begins anew.
const GAP_S: f32 = 0.4;
/// The projection's window, s.
const WINDOW_S: f32 = 1.6;
/// Samples a second that the wave is laid on.
const RATE: f32 = 30.0;
/// Beats a second that hearts have at rest.
const SLOWEST_HZ: f32 = 0.7;
const FASTEST_HZ: f32 = 3.0;
const STEP_HZ: f32 = 0.05;
/// Half of a peak.
const PEAK_HZ: f32 = 0.15;
/// Signal over noise, as a share of all, at which a beat is as sure as can be.
const SURE: f32 = 0.7;
/// Points of the mesh in whose midst the regions lie: brow, the person's right and left cheek.
const REGIONS: [usize; 3] = [151, 50, 280];
/// Half of a region's side, in widths of the face.
const HALF: f32 = 0.08;

/// The regions' mean colour (red, green, blue) over time.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    times_s: Vec<f32>,
    colours: Vec<[[f32; 3]; 3]>,
}

impl Pulse {
    /// Takes a frame's face.
    pub fn look(&mut self, picture: &Picture, subject: &Subject, t_ms: f64) {
        let t = (t_ms / 1e3) as f32;
        if self.times_s.last().is_some_and(|last| t - last > GAP_S) {
            self.interrupt();
        }
        let half = (HALF * subject.bounds.width).max(2.0);
        let mut colours = [[0.0; 3]; 3];
        for (colour, point) in colours.iter_mut().zip(REGIONS) {
            match subject
                .landmarks
                .get(point)
                .and_then(|[x, y, _]| mean(picture, [*x, *y], half))
            {
                Some(found) => *colour = found,
                None => return,
            }
        }
        if self.times_s.len() == MOST {
            self.times_s.remove(0);
            self.colours.remove(0);
        }
        self.times_s.push(t);
        self.colours.push(colours);
    }

    /// Another face has come.
    pub fn interrupt(&mut self) {
        self.times_s.clear();
        self.colours.clear();
    }

    /// How sure a pulse is: the value, 0 to 1.
    pub fn judge(&self) -> Finding {
        let length = match (self.times_s.first(), self.times_s.last()) {
            (Some(first), Some(last)) => last - first,
            _ => 0.0,
        };
        if length < LEAST_S {
            return Finding::NotAssessed(WhyNot::TooShort);
        }
        if (self.times_s.len() as f32) < LEAST_FPS * length {
            return Finding::NotAssessed(WhyNot::TooSlow);
        }
        let waves: Vec<Vec<f32>> = (0..3).map(|region| self.wave(region)).collect();
        let beats: Vec<Beat> = waves.iter().map(|wave| beat(wave)).collect();
        let joint: Vec<f32> = (0..waves[0].len())
            .map(|at| waves.iter().map(|wave| wave[at]).sum())
            .collect();
        let together = beat(&joint);
        let agreeing = beats
            .iter()
            .filter(|one| (one.hertz - together.hertz).abs() <= PEAK_HZ)
            .count();
        let sure = (together.share / SURE).min(1.0) * agreeing as f32 / beats.len() as f32;
        Finding::Measured {
            score: 0.49 * (1.0 - sure),
            value: sure,
            reason: if sure >= 0.5 {
                SignalReason::Pulse
            } else {
                SignalReason::NoPulse
            },
        }
    }

    /// One region's wave, evenly spaced, by POS.
    fn wave(&self, region: usize) -> Vec<f32> {
        let colours = self.even(region);
        let size = (WINDOW_S * RATE) as usize;
        let mut wave = vec![0.0; colours.len()];
        for from in 0..colours.len().saturating_sub(size) + 1 {
            let part = &colours[from..(from + size).min(colours.len())];
            for (sum, value) in wave[from..].iter_mut().zip(projected(part)) {
                *sum += value;
            }
        }
        wave
    }

    /// A region's colour at even times.
    fn even(&self, region: usize) -> Vec<[f32; 3]> {
        let (Some(first), Some(last)) = (self.times_s.first(), self.times_s.last()) else {
            return Vec::new();
        };
        let count = ((last - first) * RATE) as usize;
        let (mut even, mut next) = (Vec::with_capacity(count), 1);
        for number in 0..count {
            let t = first + number as f32 / RATE;
            while next + 1 < self.times_s.len() && self.times_s[next] < t {
                next += 1;
            }
            let (one, two) = (self.times_s[next - 1], self.times_s[next]);
            let share = ((t - one) / (two - one).max(1e-4)).clamp(0.0, 1.0);
            let (from, to) = (self.colours[next - 1][region], self.colours[next][region]);
            even.push(std::array::from_fn(|k| from[k] + share * (to[k] - from[k])));
        }
        even
    }
}

/// The mean colour of a square, red first; `None` where it leaves the picture.
fn mean(picture: &Picture, [x, y]: [f32; 2], half: f32) -> Option<[f32; 3]> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    if x - half < 0.0 || y - half < 0.0 || x + half >= width || y + half >= height {
        return None;
    }
    let span = |middle: f32| (middle - half) as usize..(middle + half) as usize + 1;
    let mut sums = [0.0_f64; 3];
    let mut count = 0_u32;
    for row in span(y) {
        let line = row * picture.width() as usize;
        let columns = span(x);
        let bytes = picture
            .bgr()
            .get(3 * (line + columns.start)..3 * (line + columns.end))?;
        for pixel in bytes.chunks_exact(3) {
            for (sum, level) in sums.iter_mut().zip(pixel.iter().rev()) {
                *sum += f64::from(*level);
            }
            count += 1;
        }
    }
    (count > 0).then(|| sums.map(|sum| (sum / f64::from(count)) as f32))
}

/// A window's wave: its colours over their mean, on the plane orthogonal to skin, tuned so that light's changes cancel.
fn projected(part: &[[f32; 3]]) -> Vec<f32> {
    let count = part.len() as f32;
    let means: [f32; 3] =
        std::array::from_fn(|k| (part.iter().map(|c| c[k]).sum::<f32>() / count).max(1.0));
    let pairs: Vec<[f32; 2]> = part
        .iter()
        .map(|c| {
            let [r, g, b]: [f32; 3] = std::array::from_fn(|k| c[k] / means[k]);
            [g - b, g + b - 2.0 * r]
        })
        .collect();
    let deviation = |k: usize| {
        let mean = pairs.iter().map(|pair| pair[k]).sum::<f32>() / count;
        (pairs
            .iter()
            .map(|pair| (pair[k] - mean).powi(2))
            .sum::<f32>()
            / count)
            .sqrt()
    };
    let tune = deviation(0) / deviation(1).max(1e-6);
    let wave: Vec<f32> = pairs.iter().map(|[one, two]| one + tune * two).collect();
    let mean = wave.iter().sum::<f32>() / count;
    wave.into_iter().map(|value| value - mean).collect()
}

/// The strongest beat of a wave.
#[derive(Debug, Clone, Copy)]
struct Beat {
    hertz: f32,
    /// Share of the band's power at the beat and twice it.
    share: f32,
}

fn beat(wave: &[f32]) -> Beat {
    let times: Vec<f32> = (0..wave.len()).map(|at| at as f32 / RATE).collect();
    let series: Vec<[f32; 2]> = wave.iter().map(|value| [*value, 0.0]).collect();
    let weights = bell(&times);
    let steps = ((FASTEST_HZ - SLOWEST_HZ) / STEP_HZ) as usize;
    let hertz = |step: usize| SLOWEST_HZ + STEP_HZ * step as f32;
    let power: Vec<f32> = (0..=steps)
        .map(|step| share(&times, &series, &weights, hertz(step))[0])
        .collect();
    let best = (0..power.len())
        .max_by(|a, b| power[*a].total_cmp(&power[*b]))
        .map_or(SLOWEST_HZ, hertz);
    let all: f32 = power.iter().sum();
    let at_beat = |step: usize| {
        let at = hertz(step);
        (at - best).abs() <= PEAK_HZ || (at - 2.0 * best).abs() <= PEAK_HZ
    };
    let own: f32 = (0..power.len())
        .filter(|step| at_beat(*step))
        .map(|step| power[step])
        .sum();
    Beat {
        hertz: best,
        share: own / all.max(f32::EPSILON),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    /// Skin whose green falls by `strength` with each of so many beats a second, under noise and swaying light.
    fn skin(length_s: f32, hertz: f32, strength: f32) -> Finding {
        let (mut pulse, mut state) = (Pulse::default(), 5_u32);
        let mut grain = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as f32 / 65_536.0 - 0.5
        };
        for number in 0..(length_s * 30.0) as usize {
            let t = number as f32 / 30.0;
            let beat = strength * (TAU * hertz * t).sin();
            let light = 1.0 + 0.02 * (0.9 * t).sin();
            pulse.times_s.push(t);
            pulse.colours.push(std::array::from_fn(|_| {
                [
                    light * (170.0 + 0.3 * beat) + 0.25 * grain(),
                    light * (125.0 - 0.8 * beat) + 0.25 * grain(),
                    light * (100.0 - 0.5 * beat) + 0.25 * grain(),
                ]
            }));
        }
        pulse.judge()
    }

    #[test]
    fn a_beat_of_a_level_is_found_in_noise_and_noise_alone_has_none() {
        for hertz in [0.9, 1.2, 2.1] {
            let seen = skin(8.0, hertz, 0.5);
            assert!(seen.value() > Some(0.6), "{hertz}: {seen:?}");
        }
        let none = skin(8.0, 1.2, 0.0);
        assert!(none.value() < Some(0.4), "{none:?}");
        assert!(none.score() < Some(0.5));
    }

    #[test]
    fn less_than_six_seconds_is_not_assessed() {
        assert_eq!(skin(5.0, 1.2, 1.0), Finding::NotAssessed(WhyNot::TooShort));
    }
}
