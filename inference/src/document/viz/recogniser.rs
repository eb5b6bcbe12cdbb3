//! PP-OCRv4's recogniser with its whole character list: any text of one straightened line.
//!
//! The list is the network's own (6,623 characters, mostly Chinese). Of Latin letters it has all of
//! A to Z in both cases, the digits and common marks, and of letters with diacritics about twenty small
//! ones and hardly a capital: `Ö` is read `O`, `Å` is read `A`. What compares names has to know that.

use ndarray::ArrayView4;
use opencv::core::{Mat, MatTraitConst, MatTraitConstManual};

use crate::Error;
use crate::engine::{Engine, Network};
use crate::pack::Pack;

const MODEL: &str = "text_recogniser";
const CHARACTERS: &str = "text_recogniser.txt";
const INPUT: &str = "x";
const OUTPUT: &str = "softmax_11.tmp_0";
/// Height in pixels of the strips that the network wants.
pub(super) const HEIGHT: i32 = 48;

/// A character that was read.
#[derive(Clone, PartialEq)]
pub(super) struct Glyph {
    pub character: char,
    /// The network's probability for it, 0 to 1.
    pub probability: f32,
    /// Where its middle lies along the strip, 0 (left) to 1.
    pub at: f32,
}

/// The network with its character list.
#[derive(Debug)]
pub(super) struct TextRecogniser {
    network: Network,
    /// For each class: its character; `None` for "no character here".
    classes: Vec<Option<char>>,
    input: Vec<f32>,
}

impl TextRecogniser {
    /// # Errors
    /// [`Error`] where the model or its character list is missing or unreadable.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        let model = pack.required(MODEL)?;
        let list = model
            .companion(CHARACTERS)
            .ok_or_else(|| misfit("no character list in the manifest".into()))?;
        let text = std::fs::read_to_string(list).map_err(|error| misfit(error.to_string()))?;
        Ok(Self {
            network: engine.load_varying(model.path())?,
            classes: classes(&text),
            input: Vec::new(),
        })
    }

    /// Reads a strip (8UC3, BGR, [`HEIGHT`] pixels high): the likeliest character of each step,
    /// repetitions and blanks removed.
    ///
    /// # Errors
    /// [`Error`] where the network does not run or has another number of classes.
    pub fn read(&mut self, strip: &Mat) -> Result<Vec<Glyph>, Error> {
        self.look(strip, greedy)
    }

    /// The one of `characters` that the strip shows most surely anywhere, with its probability.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn one_of(
        &mut self,
        strip: &Mat,
        characters: &[char],
    ) -> Result<Option<(char, f32)>, Error> {
        self.look(strip, |values, classes| {
            let wanted = |class: &usize| classes[*class].is_some_and(|c| characters.contains(&c));
            let places: Vec<usize> = (0..classes.len()).filter(wanted).collect();
            let mut best: Option<(char, f32)> = None;
            for row in values.chunks_exact(classes.len()) {
                for place in &places {
                    if best.is_none_or(|(_, probability)| row[*place] > probability) {
                        best = classes[*place].map(|character| (character, row[*place]));
                    }
                }
            }
            best
        })
    }

    fn look<T>(
        &mut self,
        strip: &Mat,
        read: impl Fn(&[f32], &[Option<char>]) -> T,
    ) -> Result<T, Error> {
        let (height, width) = (strip.rows() as usize, strip.cols() as usize);
        let plane = height * width;
        self.input.resize(3 * plane, 0.0);
        for (index, pixel) in strip.data_bytes()?.chunks_exact(3).enumerate() {
            for (channel, value) in pixel.iter().enumerate() {
                self.input[channel * plane + index] = f32::from(*value) / 127.5 - 1.0;
            }
        }
        let view = ArrayView4::from_shape((1, 3, height, width), &self.input)
            .map_err(|_| misfit(format!("input of {width}x{height}")))?;
        let outputs = self.network.run(&[(INPUT, view.into_dyn())])?;
        let values = outputs.values(OUTPUT)?;
        if values.len() % self.classes.len() != 0 {
            return Err(misfit(format!("{} values", values.len())));
        }
        Ok(read(values, &self.classes))
    }
}

/// The network's classes: blank, the list, and the space, which CTC's list has last.
fn classes(list: &str) -> Vec<Option<char>> {
    let characters = list.lines().map(|line| line.chars().next());
    let mut classes = vec![None];
    classes.extend(characters);
    classes.push(Some(' '));
    classes
}

fn misfit(found: String) -> Error {
    Error::Shape {
        model: MODEL,
        expected: "6,625 classes a step and their characters",
        found,
    }
}

/// CTC's greedy reading, each character where the middle of its run of steps lies.
fn greedy(values: &[f32], classes: &[Option<char>]) -> Vec<Glyph> {
    let steps = values.len() / classes.len().max(1);
    let mut glyphs: Vec<Glyph> = Vec::new();
    let mut previous = 0;
    let mut first = 0;
    for (step, row) in values.chunks_exact(classes.len()).enumerate() {
        let (class, probability) = likeliest(row);
        let middle = |from: usize| ((from + step) as f32 / 2.0 + 0.5) / steps.max(1) as f32;
        if class != previous {
            first = step;
            if let Some(character) = classes[class] {
                glyphs.push(Glyph {
                    character,
                    probability,
                    at: middle(step),
                });
            }
        } else if classes[class].is_some()
            && let Some(last) = glyphs.last_mut()
        {
            last.probability = last.probability.max(probability);
            last.at = middle(first);
        }
        previous = class;
    }
    glyphs
}

fn likeliest(row: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::MIN);
    for (class, probability) in row.iter().enumerate() {
        if *probability > best.1 {
            best = (class, *probability);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_and_blanks_are_removed_and_a_character_lies_in_the_middle_of_its_run() {
        let classes = classes("A\nB\n");
        assert_eq!(classes, [None, Some('A'), Some('B'), Some(' ')]);
        let steps = [
            [0.1, 0.9, 0.0, 0.0],
            [0.2, 0.8, 0.0, 0.0],
            [0.9, 0.1, 0.0, 0.0],
            [0.3, 0.7, 0.0, 0.0],
        ];
        let glyphs = greedy(&steps.concat(), &classes);
        let read: Vec<(char, f32)> = glyphs.iter().map(|g| (g.character, g.at)).collect();
        assert_eq!(read, [('A', 0.25), ('A', 0.875)]);
        assert!((glyphs[0].probability - 0.9).abs() < 1e-6);
    }
}
