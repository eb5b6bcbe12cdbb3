//! Flash: the kiosk's own screen shows secret colours, and living skin gives them back.
//!
//! ```text
//!  colours, secret ──► screen ──► face ──► camera ──► regions' colours over time
//!        │                                                     │  over the background's (exposure, room light)
//!        └─────────── light, delayed by a lag ────────► correlation, a region; strength, a region
//! ```
//!
//! A screen that replays a clip gives its own light and hardly any of ours; a clip of another session answers other
//! colours; a print gives ours back, but evenly, while a head's sides turn away and give less. Judged by pure functions of
//! samples. Drawn films decide the limits (`tests`): no screen and no camera was at hand.

mod sample;
mod sequence;

pub use sample::{REGIONS, Sample};
pub use sequence::{COLOURS, EACH_MS, draw, light};

use serde::Serialize;

/// Fewest frames: ten a second.
const LEAST_FRAMES: usize = 32;
/// The longest from a colour's order to its picture, ms: screen, exposure and transfer.
const MOST_LAG_MS: f64 = 600.0;
/// Steps in which lags are tried, ms.
const LAG_STEP_MS: f64 = 20.0;
/// Least correlation of the middle region with what was shown. Chance reaches 0.4 over eight colours and 31 lags.
pub const LEAST_CORRELATION: f32 = 0.6;
/// Least spread of the regions' strengths, as a share of their mean: a plane has noise and what skin's darkness makes of
/// it (0.09 in a drawn film), a ball 0.15 and more.
pub const LEAST_SPREAD: f32 = 0.12;
/// Most of the face's strength that the background may give back: what is behind is farther away.
pub const MOST_BACKGROUND: f32 = 0.6;

/// Why flashes say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotFlashed {
    /// The face and what is beside it were not seen in enough frames.
    TooFewFrames,
    /// Times or colours are no numbers, or nothing changed at all.
    NoSignal,
}

/// What the face gave back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reflection {
    /// Correlation of each region with what was shown, in the order of [`REGIONS`].
    pub correlations: [f32; REGIONS.len()],
    /// Light given back, each region's as a share of its own at rest.
    pub strengths: [f32; REGIONS.len()],
    /// The same of the background.
    pub background: f32,
    /// From the order to the picture, ms, as it fits best.
    pub lag_ms: f32,
}

/// What that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As skin on a head does.
    Reflects,
    /// Not what was shown.
    NoAnswer,
    /// Evenly, as a plane does.
    Even,
    /// The background as much as the face: the light is not the screen's.
    Everywhere,
}

impl Reflection {
    /// The middle one of the regions' correlations.
    #[must_use]
    pub fn correlation(&self) -> f32 {
        let mut sorted = self.correlations;
        sorted.sort_by(f32::total_cmp);
        sorted[sorted.len() / 2]
    }

    /// How unevenly the regions give light back: the deviation of their strengths over the mean.
    #[must_use]
    pub fn spread(&self) -> f32 {
        let count = self.strengths.len() as f32;
        let mean = self.strengths.iter().sum::<f32>() / count;
        let square = |strength: &f32| (strength - mean).powi(2);
        let deviation = (self.strengths.iter().map(square).sum::<f32>() / count).sqrt();
        deviation / mean.abs().max(f32::EPSILON)
    }

    /// What it says, loudest first.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mean = self.strengths.iter().sum::<f32>() / self.strengths.len() as f32;
        if self.correlation() < LEAST_CORRELATION || mean <= 0.0 {
            Verdict::NoAnswer
        } else if self.background > MOST_BACKGROUND * mean {
            Verdict::Everywhere
        } else if self.spread() < LEAST_SPREAD {
            Verdict::Even
        } else {
            Verdict::Reflects
        }
    }
}

/// Lays what was sampled beside what was shown from `begun_ms` of the clip on.
pub fn judge(
    colours: &[[u8; 3]],
    begun_ms: f64,
    samples: &[Sample],
) -> Result<Reflection, NotFlashed> {
    let length_ms = EACH_MS * colours.len() as f64;
    let during =
        |sample: &&Sample| (begun_ms..begun_ms + length_ms + MOST_LAG_MS).contains(&sample.t_ms);
    let samples: Vec<&Sample> = samples.iter().filter(during).collect();
    if samples.len() < LEAST_FRAMES {
        return Err(NotFlashed::TooFewFrames);
    }
    let times: Vec<f64> = samples
        .iter()
        .map(|sample| sample.t_ms - begun_ms)
        .collect();
    // The camera's own exposure moves face and background alike.
    let grey = |sample: &Sample| sample.background.iter().sum::<f64>() / 3.0;
    let background = Traces::shares(&times, samples.iter().map(|sample| sample.background));
    let regions: Vec<Traces> = (0..REGIONS.len())
        .map(|region| {
            let over = |sample: &&Sample| {
                let grey = grey(sample).max(1e-6);
                sample.regions[region].map(|level| level / grey)
            };
            Traces::shares(&times, samples.iter().map(over))
        })
        .collect();
    let lags = (0..=(MOST_LAG_MS / LAG_STEP_MS) as usize).map(|step| step as f64 * LAG_STEP_MS);
    let fit = |lag_ms: f64| {
        let light = times.iter().map(|t_ms| light(colours, t_ms - lag_ms));
        let shown = Traces::of(&times, light);
        let sum: f64 = regions
            .iter()
            .map(|region| region.correlation(&shown))
            .sum();
        (lag_ms, shown, sum)
    };
    let best = lags.map(fit).max_by(|a, b| a.2.total_cmp(&b.2));
    let (lag_ms, shown, sum) = best.ok_or(NotFlashed::NoSignal)?;
    if !sum.is_finite() || shown.power() <= 0.0 {
        return Err(NotFlashed::NoSignal);
    }
    let each = |value: fn(&Traces, &Traces) -> f64| {
        std::array::from_fn(|region| value(&regions[region], &shown) as f32)
    };
    Ok(Reflection {
        correlations: each(Traces::correlation),
        strengths: each(Traces::strength),
        background: background.strength(&shown) as f32,
        lag_ms: lag_ms as f32,
    })
}

/// Three channels over time, each without its mean and its drift.
struct Traces(Vec<f64>);

impl Traces {
    fn of(times: &[f64], values: impl Iterator<Item = [f64; 3]>) -> Self {
        let values: Vec<[f64; 3]> = values.collect();
        let mut all = Vec::with_capacity(3 * values.len());
        for channel in 0..3 {
            let trace: Vec<f64> = values.iter().map(|value| value[channel]).collect();
            all.extend(without_drift(times, &trace));
        }
        Self(all)
    }

    /// The same of values as shares of their mean.
    fn shares(times: &[f64], values: impl Iterator<Item = [f64; 3]>) -> Self {
        let values: Vec<[f64; 3]> = values.collect();
        let mean: [f64; 3] = std::array::from_fn(|channel| {
            let sum: f64 = values.iter().map(|value| value[channel]).sum();
            (sum / values.len().max(1) as f64).max(1e-9)
        });
        let shares = values
            .iter()
            .map(|value| std::array::from_fn(|channel| value[channel] / mean[channel]));
        Self::of(times, shares)
    }

    fn power(&self) -> f64 {
        self.0.iter().map(|value| value * value).sum()
    }

    fn product(&self, other: &Self) -> f64 {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(one, two)| one * two)
            .sum()
    }

    fn correlation(&self, shown: &Self) -> f64 {
        let power = (self.power() * shown.power()).sqrt();
        if power > 0.0 {
            self.product(shown) / power
        } else {
            0.0
        }
    }

    fn strength(&self, shown: &Self) -> f64 {
        self.product(shown) / shown.power().max(1e-12)
    }
}

/// Without its straight line: by least squares.
fn without_drift(times: &[f64], trace: &[f64]) -> Vec<f64> {
    let count = trace.len() as f64;
    let (mean_t, mean) = (
        times.iter().sum::<f64>() / count,
        trace.iter().sum::<f64>() / count,
    );
    let (mut along, mut power) = (0.0, 0.0);
    for (t, value) in times.iter().zip(trace) {
        along += (t - mean_t) * (value - mean);
        power += (t - mean_t).powi(2);
    }
    let slope = if power > 0.0 { along / power } else { 0.0 };
    let level = |(t, value): (&f64, &f64)| value - mean - slope * (t - mean_t);
    times.iter().zip(trace).map(level).collect()
}

#[cfg(test)]
mod tests;
