//! PP-OCRv4's recogniser as seen by an MRZ: its 6,625 classes folded onto 38.

use ndarray::ArrayView4;
use opencv::core::{Mat, MatTraitConst, MatTraitConstManual};

use super::{BLANK, Evidence, LineRecogniser, STEP_CLASSES};
use crate::Error;
use crate::document::mrz::symbol_index;
use crate::engine::{Engine, Network};
use crate::pack::Pack;

const MODEL: &str = "text_recogniser";
const CHARACTERS: &str = "text_recogniser.txt";
const INPUT: &str = "x";
const OUTPUT: &str = "softmax_11.tmp_0";
const HEIGHT: i32 = 48;

/// The network with its character list.
#[derive(Debug)]
pub(in crate::document) struct PpOcr {
    network: Network,
    /// For each class: the MRZ symbol or blank that it counts for.
    fold: Vec<Option<usize>>,
    input: Vec<f32>,
}

impl PpOcr {
    /// # Errors
    /// [`Error`] where the model or its character list is missing or unreadable.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        let model = pack.required(MODEL)?;
        let list = model
            .companion(CHARACTERS)
            .ok_or_else(|| misfit("no character list in the manifest".into()))?;
        let text = std::fs::read_to_string(list).map_err(|error| misfit(error.to_string()))?;
        let mut fold = vec![Some(BLANK)];
        fold.extend(text.lines().map(symbol_of));
        fold.push(Some(BLANK)); // the space, which CTC's list has last
        Ok(Self {
            network: engine.load(model.path())?,
            fold,
            input: Vec::new(),
        })
    }
}

fn misfit(found: String) -> Error {
    Error::Shape {
        model: MODEL,
        expected: "6,625 classes a step and their characters",
        found,
    }
}

/// The MRZ symbol that a class of the network stands for: capitals and digits themselves, small
/// letters their capitals (OCR-B has no small ones in an MRZ), angle marks the filler.
fn symbol_of(class: &str) -> Option<usize> {
    let mut characters = class.chars();
    let (character, None) = (characters.next()?, characters.next()) else {
        return None;
    };
    match character {
        '＜' | '〈' | '《' | '≤' => symbol_index('<'),
        other => symbol_index(other.to_ascii_uppercase()),
    }
}

impl LineRecogniser for PpOcr {
    fn strip_height(&self) -> i32 {
        HEIGHT
    }

    fn look(&mut self, strip: &Mat) -> Result<Evidence, Error> {
        let (height, width) = (strip.rows() as usize, strip.cols() as usize);
        let plane = height * width;
        self.input.resize(3 * plane, 0.0);
        let packed = strip.try_clone()?;
        for (index, pixel) in packed.data_bytes()?.chunks_exact(3).enumerate() {
            for (channel, value) in pixel.iter().enumerate() {
                self.input[channel * plane + index] = f32::from(*value) / 127.5 - 1.0;
            }
        }
        let view = ArrayView4::from_shape((1, 3, height, width), &self.input)
            .map_err(|_| misfit(format!("input of {width}x{height}")))?;
        let outputs = self.network.run(&[(INPUT, view.into_dyn())])?;
        let values = outputs.values(OUTPUT)?;
        if values.len() % self.fold.len() != 0 {
            return Err(misfit(format!("{} values", values.len())));
        }
        let fold = &self.fold;
        let steps = values.chunks_exact(fold.len()).map(|classes| {
            let mut step = [0.0; STEP_CLASSES];
            for (value, symbol) in classes.iter().zip(fold) {
                if let Some(symbol) = symbol {
                    step[*symbol] += value;
                }
            }
            step
        });
        Ok(Evidence {
            steps: steps.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_fold_onto_the_mrz_alphabet() {
        assert_eq!(symbol_of("A"), symbol_index('A'));
        assert_eq!(symbol_of("a"), symbol_index('A'));
        assert_eq!(symbol_of("《"), symbol_index('<'));
        assert_eq!(symbol_of("7"), symbol_index('7'));
        for foreign in ["人", "/", "", "AB", "é"] {
            assert_eq!(symbol_of(foreign), None, "{foreign}");
        }
    }
}
