//! What a recogniser saw along a line, in MRZ characters.

use crate::document::mrz::ALPHABET;

/// Classes of one step: the MRZ alphabet, then "no character here".
pub(in crate::document) const STEP_CLASSES: usize = 38;

/// The place of "no character here".
pub(in crate::document) const BLANK: usize = 37;

/// Probabilities along a line, from its left end to its right one. A step's values add up to at
/// most 1; what is missing fell on characters that no MRZ has.
#[derive(Clone)]
pub(in crate::document) struct Evidence {
    pub steps: Vec<[f32; STEP_CLASSES]>,
}

/// A character that stands out of its neighbourhood.
#[derive(Clone, Copy)]
pub(in crate::document) struct Peak {
    pub step: usize,
    pub symbol: usize,
    pub probability: f32,
}

impl Evidence {
    /// The steps' likeliest characters, repetitions and blanks removed (CTC's greedy reading).
    pub fn peaks(&self) -> Vec<Peak> {
        let mut peaks: Vec<Peak> = Vec::new();
        let mut previous = BLANK;
        for (step, values) in self.steps.iter().enumerate() {
            let (symbol, probability) = likeliest(values);
            if symbol != BLANK && symbol == previous {
                if let Some(last) = peaks
                    .last_mut()
                    .filter(|last| last.probability < probability)
                {
                    *last = Peak {
                        step,
                        symbol,
                        probability,
                    };
                }
            } else if symbol != BLANK {
                peaks.push(Peak {
                    step,
                    symbol,
                    probability,
                });
            }
            previous = symbol;
        }
        peaks
    }

    /// Steps between neighbouring characters: the median over spans of five.
    pub fn pitch(&self) -> Option<f32> {
        const SPAN: usize = 5;
        let peaks = self.peaks();
        let mut gaps: Vec<f32> = peaks
            .windows(SPAN + 1)
            .map(|span| (span[SPAN].step - span[0].step) as f32 / SPAN as f32)
            .collect();
        gaps.sort_by(f32::total_cmp);
        gaps.get(gaps.len() / 2).copied()
    }

    /// Whether this looks like a line of an MRZ: two fillers or more, characters surely seen, and
    /// few steps on what no MRZ has. A character takes two to three steps; lines of an MRZ had up to
    /// a third of a step a character on such, other text and lines upside down three and more.
    pub fn is_mrz_like(&self) -> bool {
        let peaks = self.peaks();
        let fillers = peaks
            .iter()
            .filter(|peak| ALPHABET[peak.symbol] == b'<' && peak.probability > 0.3)
            .count();
        let sure: f32 = peaks.iter().map(|peak| peak.probability).sum();
        let foreign: f32 = self
            .steps
            .iter()
            .map(|values| 1.0 - values.iter().sum::<f32>())
            .sum();
        peaks.len() >= 10
            && fillers >= 2
            && sure >= 0.5 * peaks.len() as f32
            && foreign <= 0.5 * peaks.len() as f32
    }
}

fn likeliest(values: &[f32; STEP_CLASSES]) -> (usize, f32) {
    let mut best = (BLANK, values[BLANK]);
    for (symbol, probability) in values.iter().enumerate() {
        if *probability > best.1 {
            best = (symbol, *probability);
        }
    }
    best
}

#[cfg(test)]
pub(in crate::document) mod tests {
    use super::*;
    use crate::document::mrz::symbol_index;

    /// Evidence of a line that is surely seen: a character every four steps.
    pub(in crate::document) fn clear(text: &str) -> Evidence {
        let mut steps = Vec::new();
        let mut blank = [0.0; STEP_CLASSES];
        blank[BLANK] = 0.99;
        for character in text.chars() {
            let mut seen = [0.0; STEP_CLASSES];
            seen[symbol_index(character).unwrap()] = 0.99;
            steps.extend([blank, seen, blank, blank]);
        }
        Evidence { steps }
    }

    #[test]
    fn a_clear_line_has_its_characters_and_pitch() {
        let evidence = clear("P<UTOERIKSSON<<ANNA");
        assert_eq!(evidence.peaks().len(), 19);
        assert_eq!(evidence.pitch(), Some(4.0));
        assert!(evidence.is_mrz_like());
    }

    #[test]
    fn text_without_fillers_is_not_mrz_like() {
        assert!(!clear("REPUBLICOFUTOPIA").is_mrz_like());
        assert!(!Evidence { steps: vec![] }.is_mrz_like());
    }
}
