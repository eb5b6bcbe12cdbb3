//! The accuracy gate: a provider's networks are used only where they compute what the CPU's do.
//!
//! ```text
//! 64 drawn faces ─┬─► network on the CPU ───────┐
//!                 └─► the same on the provider ─┴─► embeddings: least cosine   passive PAD: largest difference of scores
//! ```
//!
//! A GPU may round to half precision, fuse otherwise, or be broken; its answers differ from the CPU's, and thresholds were
//! chosen by the CPU's. The faces are drawn here ([`face`]), so that no picture of a person has to lie on a kiosk for it.

pub mod face;

use ndarray::{ArrayD, IxDyn};

use crate::Error;
use crate::engine::{Engine, EngineConfig, Network, Precision, Provider};
use crate::pack::{ModelEntry, Pack};

use face::DrawnFace;

/// Faces on which both are compared.
const INPUTS: usize = 64;
/// Waves of colour beside them: a network that is sure of every face would hide how it rounds.
const WAVES: usize = 16;
/// Least cosine between two embeddings of one input.
const LEAST_COSINE: f32 = 0.999;
/// Largest difference between two scores of one input.
const MOST_APART: f32 = 0.01;

/// What a network's answers have to agree in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The direction of the output: embeddings.
    Direction,
    /// Every number of the output: scores.
    Numbers,
}

impl Rule {
    /// The rule for a model's task; `None` where the gate does not look at it.
    #[must_use]
    pub fn of(task: &str) -> Option<Self> {
        match task {
            "face-recognition" => Some(Self::Direction),
            "passive-pad" => Some(Self::Numbers),
            _ => None,
        }
    }
}

/// How far a network's answers lie from the CPU's.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Agreement {
    /// The model's name.
    pub model: String,
    /// Least cosine between two outputs.
    pub least_cosine: f32,
    /// Largest difference of one number.
    pub most_apart: f32,
    /// Whether that is within the rule.
    pub agrees: bool,
}

impl Agreement {
    pub(crate) fn reason(&self) -> String {
        format!(
            "{} differs from the CPU's: cosine {:.5} (at least {LEAST_COSINE}), scores {:.4} apart (at most {MOST_APART})",
            self.model, self.least_cosine, self.most_apart
        )
    }
}

/// Compares every network that has a rule, on `engine` and on the CPU.
///
/// # Errors
/// Where a network does not load or run.
pub fn compare(
    config: &EngineConfig,
    engine: &Engine,
    pack: &Pack,
) -> Result<Vec<Agreement>, Error> {
    let cpu = Engine::start(&EngineConfig {
        providers: vec![Provider::Cpu],
        precision: Precision::Single,
        ..config.clone()
    })?;
    let mut found = Vec::new();
    for model in pack.models() {
        let Some(rule) = Rule::of(&model.entry().task) else {
            continue;
        };
        let mut own = engine.load(model.path())?;
        let networks = [&mut cpu.load(model.path())?, &mut own];
        found.push(agreement(networks, model.entry(), rule)?);
        // It took its time to load, and is asked for again.
        engine.keep(model.path(), own);
    }
    Ok(found)
}

/// Compares two networks on faces drawn as a model's input.
///
/// # Errors
/// Where one does not run, or the manifest names no input or output.
pub fn agreement(
    [reference, other]: [&mut Network; 2],
    entry: &ModelEntry,
    rule: Rule,
) -> Result<Agreement, Error> {
    let shapeless = || Error::Shape {
        model: "accuracy gate",
        expected: "an input and an output in the manifest",
        found: entry.id.clone(),
    };
    let input = entry.inputs.first().ok_or_else(shapeless)?;
    let output = &entry.outputs.first().ok_or_else(shapeless)?.name;
    let shape: Vec<usize> = input
        .shape
        .iter()
        .map(|side| usize::try_from(*side).unwrap_or(1))
        .collect();
    let mut spread = Spread::default();
    let faces = (0..INPUTS).map(|number| drawn_face(&shape, entry, number));
    let waves = (0..WAVES).map(|number| drawn(&shape, entry, number));
    for drawn in faces.chain(waves) {
        let feed = [(input.name.as_str(), drawn.view())];
        let expected = reference.run(&feed)?.values(output)?.to_vec();
        spread.add(&expected, other.run(&feed)?.values(output)?);
    }
    let Spread {
        least_cosine,
        most_apart,
    } = spread;
    let agrees = match rule {
        Rule::Direction => least_cosine >= LEAST_COSINE,
        Rule::Numbers => most_apart <= MOST_APART,
    };
    Ok(Agreement {
        model: entry.id.clone(),
        least_cosine,
        most_apart,
        agrees,
    })
}

/// How far outputs lie apart at the worst.
#[derive(Debug, Clone, Copy)]
struct Spread {
    least_cosine: f32,
    most_apart: f32,
}

impl Default for Spread {
    fn default() -> Self {
        Self {
            least_cosine: 1.0,
            most_apart: 0.0,
        }
    }
}

impl Spread {
    /// Takes two outputs of one input. One that is no number, or of another length, agrees in nothing.
    fn add(&mut self, expected: &[f32], given: &[f32]) {
        let is_number = |values: &[f32]| values.iter().all(|value| value.is_finite());
        if expected.len() != given.len() || !is_number(expected) || !is_number(given) {
            (self.least_cosine, self.most_apart) = (-1.0, f32::INFINITY);
            return;
        }
        self.least_cosine = self.least_cosine.min(cosine(expected, given));
        let apart = expected.iter().zip(given).map(|(a, b)| (a - b).abs());
        self.most_apart = self.most_apart.max(apart.fold(0.0, f32::max));
    }
}

fn cosine(one: &[f32], two: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(one, two) / (dot(one, one) * dot(two, two)).sqrt().max(f32::EPSILON)
}

/// How much of a face's height an aligned chip shows: dlib's, whose eyes lie 0.38 of its side apart.
const CHIP: f32 = 0.9;
/// How far the chip's middle lies below the face's.
const CHIP_BELOW: f32 = 0.02;
/// A face's box by its height, which a crop around it multiplies.
const BOX: f32 = 0.85;

/// Input `number`: the face of that number, as the model is shown faces.
fn drawn_face(shape: &[usize], entry: &ModelEntry, number: usize) -> ArrayD<f32> {
    let [_, _, rows, columns] = shape else {
        return drawn(shape, entry, number);
    };
    let (span, below) = match entry.crop_scale {
        Some(scale) => (BOX * scale, 0.0),
        None => (CHIP, CHIP_BELOW),
    };
    let (face, rows, columns) = (DrawnFace::of(number), *rows as f32, *columns as f32);
    let normal = &entry.normalisation;
    ArrayD::from_shape_fn(IxDyn(shape), |at| {
        let from_middle = |axis: usize, of: f32| ((at[axis] as f32 + 0.5) / of - 0.5) * span;
        let rgb = face.at(from_middle(3, columns), from_middle(2, rows) + below);
        let channel = at[1].min(2);
        let level = match entry.colour.as_str() {
            "BGR" => rgb[2 - channel],
            _ => rgb[channel],
        };
        (level.round() - normal.mean[channel]) / normal.scale[channel]
    })
}

/// Input `number`: waves of colour over the bytes' range, as the model is fed with.
pub(crate) fn drawn(shape: &[usize], entry: &ModelEntry, number: usize) -> ArrayD<f32> {
    let [channels, rows, columns] = match shape {
        [_, channels, rows, columns] => [*channels, *rows, *columns],
        _ => [1, 1, shape.iter().product()],
    };
    let phase = |step: usize| (number * 7 + step * 13) as f32 * 0.37;
    ArrayD::from_shape_fn(IxDyn(shape), |at| {
        let place = |axis: usize, of: usize| at[shape.len() - axis] as f32 / of as f32;
        let (x, y) = (place(1, columns), place(2.min(shape.len()), rows));
        let channel = if channels > 1 { at[shape.len() - 3] } else { 0 };
        let wave = |step: usize, times: f32| (times * x + (8.0 - times) * y + phase(step)).sin();
        let level =
            0.5 + 0.25 * wave(channel, 5.0) + 0.25 * wave(channel + 3, 2.0 + number as f32 % 5.0);
        let byte = 255.0 * level;
        let normal = &entry.normalisation;
        (byte - normal.mean[channel.min(2)]) / normal.scale[channel.min(2)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(expected: &[f32], given: &[f32]) -> (f32, f32) {
        let mut spread = Spread::default();
        spread.add(&[0.6, 0.8], &[0.6, 0.8]);
        spread.add(expected, given);
        spread.add(&[0.6, 0.8], &[0.6, 0.8]);
        (spread.least_cosine, spread.most_apart)
    }

    #[test]
    fn the_worst_of_all_inputs_counts() {
        let (cosine, apart) = spread(&[1.0, 0.0], &[0.8, 0.6]);
        assert!((cosine - 0.8).abs() < 1e-6 && (apart - 0.6).abs() < 1e-6);
    }

    #[test]
    fn a_provider_that_answers_no_numbers_or_fewer_agrees_in_nothing() {
        for given in [&[f32::NAN, 0.8][..], &[f32::INFINITY, 0.8], &[0.6], &[]] {
            assert_eq!(spread(&[0.6, 0.8], given), (-1.0, f32::INFINITY));
        }
    }
}
