//! A line of text with its words and where they stand on the straightened page.

use std::fmt;

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual};
use opencv::imgproc;

use super::recogniser::{Glyph, HEIGHT};
use crate::Error;

/// Two characters stand in different words where the paper between them is at least this wide, over
/// the strip's height: a space takes 0.25 to 0.35 of a font's size, a capital 0.7 of it and 0.65 of the
/// detector's box, which leaves about a quarter of the strip.
const SPACE: f32 = 0.17;
/// And this many times as wide as the line's other gaps: widely spaced letters are no words.
const SPACE_OVER_GAPS: f32 = 2.0;
/// Narrow characters have as much paper beside them as a space: their gaps have to be wider.
const NARROW: &str = "1IiLlJjTtr.,:;'’/-|!";
const NARROW_SHARE: f32 = 1.6;
/// Words further apart than this, over the line's height, belong to different columns.
const COLUMN: f32 = 1.0;

/// A word: what stands between two spaces.
#[derive(Clone, PartialEq)]
pub struct VizWord {
    /// What it says.
    pub text: String,
    /// Its left end on the straightened page, pixels.
    pub left: f32,
    /// Its right end.
    pub right: f32,
    /// Mean probability of its characters, 0 to 1.
    pub confidence: f32,
}

/// A line of the visual zone, read.
#[derive(Clone, PartialEq)]
pub struct VizLine {
    /// Its words, from left to right.
    pub words: Vec<VizWord>,
    /// Its corners on the straightened page, pixels: upper left, upper right, lower right, lower left.
    pub corners: [[f32; 2]; 4],
    /// Mean probability of its characters, 0 to 1.
    pub confidence: f32,
}

impl fmt::Debug for VizWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VizWord([redacted])")
    }
}

impl fmt::Debug for VizLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VizLine([redacted], confidence {:.2})", self.confidence)
    }
}

impl VizLine {
    /// The whole line, words parted by single spaces.
    #[must_use]
    pub fn text(&self) -> String {
        joined(&self.words)
    }

    /// Height in pixels of its box, which is somewhat higher than its capitals.
    #[must_use]
    pub fn height(&self) -> f32 {
        let [a, _, _, d] = self.corners;
        (d[0] - a[0]).hypot(d[1] - a[1])
    }

    /// Where its middle lies on the page, from above.
    #[must_use]
    pub fn middle_y(&self) -> f32 {
        self.corners.iter().map(|[_, y]| y).sum::<f32>() / 4.0
    }

    /// The line in the columns that it reaches over: parted where words stand far apart.
    pub(in crate::document) fn columns(&self) -> Vec<Self> {
        let far = self.height() * COLUMN;
        let mut parts: Vec<Vec<VizWord>> = Vec::new();
        for word in &self.words {
            match parts.last_mut() {
                Some(part)
                    if part
                        .last()
                        .is_some_and(|last| word.left - last.right <= far) =>
                {
                    part.push(word.clone());
                }
                _ => parts.push(vec![word.clone()]),
            }
        }
        parts
            .into_iter()
            .filter_map(|words| self.of_words(words))
            .collect()
    }

    /// Some of its words, as a line of their own.
    pub(super) fn of_words(&self, words: Vec<VizWord>) -> Option<Self> {
        let (left, right) = (words.first()?.left, words.last()?.right);
        let [a, b, c, d] = self.corners;
        let width = (b[0] - a[0]).max(1.0);
        let upper = |x: f32| [x, a[1] + (b[1] - a[1]) * (x - a[0]) / width];
        let lower = |x: f32| [x, d[1] + (c[1] - d[1]) * (x - a[0]) / width];
        let letters: usize = words.iter().map(|word| word.text.chars().count()).sum();
        let sum: f32 = words
            .iter()
            .map(|word| word.confidence * word.text.chars().count() as f32)
            .sum();
        Some(Self {
            corners: [upper(left), upper(right), lower(right), lower(left)],
            confidence: sum / letters.max(1) as f32,
            words,
        })
    }

    pub(super) fn left(&self) -> f32 {
        self.words.first().map_or(self.corners[0][0], |w| w.left)
    }

    pub(super) fn right(&self) -> f32 {
        self.words.last().map_or(self.corners[1][0], |w| w.right)
    }
}

/// Words parted by single spaces.
pub(super) fn joined(words: &[VizWord]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

/// Characters to words. The network drops many spaces, so that the strip's paper is asked too.
/// `left` and `right` are the strip's ends on the page.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn words(
    glyphs: &[Glyph],
    strip: &Mat,
    left: f32,
    right: f32,
) -> Result<Vec<VizWord>, Error> {
    let ink = ink(strip)?;
    let on_page = |at: f32| left + (right - left) * at;
    let letters: Vec<(usize, &Glyph)> = glyphs
        .iter()
        .enumerate()
        .filter(|(_, glyph)| !glyph.character.is_whitespace())
        .collect();
    let gaps: Vec<usize> = letters
        .windows(2)
        .map(|pair| widest_paper(&ink, pair[0].1.at, pair[1].1.at))
        .collect();
    let mut sorted = gaps.clone();
    sorted.sort_unstable();
    // The lower quartile: in short texts every other gap may be a space.
    let usual = sorted.get(sorted.len() / 4).copied().unwrap_or(0) as f32;
    let space = (HEIGHT as f32 * SPACE).max(usual * SPACE_OVER_GAPS + 1.0);
    let mut words: Vec<VizWord> = Vec::new();
    for (place, (index, glyph)) in letters.iter().enumerate() {
        let parted = place.checked_sub(1).is_none_or(|before| {
            let (at, last) = letters[before];
            let narrow = [last.character, glyph.character]
                .iter()
                .any(|character| NARROW.contains(*character));
            let least = if narrow { space * NARROW_SHARE } else { space };
            at + 1 < *index || gaps[before] as f32 >= least
        });
        let (from, to) = extent(&ink, glyph.at);
        let (from, to) = (on_page(from), on_page(to));
        match words.last_mut() {
            Some(word) if !parted => {
                word.text.push(glyph.character);
                word.right = to.max(word.right);
                word.confidence += glyph.probability;
            }
            _ => words.push(VizWord {
                text: glyph.character.to_string(),
                left: from,
                right: to,
                confidence: glyph.probability,
            }),
        }
    }
    for word in &mut words {
        word.text = capitals(&word.text);
        word.confidence /= word.text.chars().count().max(1) as f32;
    }
    Ok(words)
}

/// A word in capitals whose `Í` was read as `i`, the one the network knows, in capitals throughout.
fn capitals(word: &str) -> String {
    let upper = word.chars().filter(|c| c.is_uppercase()).count();
    let mut lower = word.chars().filter(|c| c.is_lowercase()).peekable();
    if upper >= 2 && lower.peek().is_some() && lower.all(|c| matches!(c, 'i' | 'í' | 'ì' | 'ı'))
    {
        word.to_uppercase()
    } else {
        word.to_owned()
    }
}

/// For each column of the strip: whether there is ink in it.
fn ink(strip: &Mat) -> Result<Vec<bool>, Error> {
    let (mut grey, mut mask) = (Mat::default(), Mat::default());
    imgproc::cvt_color_def(strip, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    imgproc::threshold(
        &grey,
        &mut mask,
        0.0,
        1.0,
        imgproc::THRESH_BINARY_INV | imgproc::THRESH_OTSU,
    )?;
    let (rows, cols) = (mask.rows() as usize, mask.cols() as usize);
    let bytes = mask.data_bytes()?;
    // The outer rows belong to neighbouring lines and frames.
    let inner = rows / 6..rows - rows / 6;
    let dark: usize = inner.clone().map(|row| count(bytes, row, cols)).sum();
    // White on dark: what is rare is the ink.
    let light_ink = dark * 2 > inner.len() * cols;
    Ok((0..cols)
        .map(|col| {
            let dark = inner
                .clone()
                .filter(|row| bytes[row * cols + col] != 0)
                .count();
            let inked = if light_ink { inner.len() - dark } else { dark };
            inked >= 2
        })
        .collect())
}

fn count(bytes: &[u8], row: usize, cols: usize) -> usize {
    bytes[row * cols..(row + 1) * cols]
        .iter()
        .filter(|value| **value != 0)
        .count()
}

/// The longest run of columns without ink between two places.
fn widest_paper(ink: &[bool], from: f32, to: f32) -> usize {
    let column = |at: f32| ((at * ink.len() as f32) as usize).min(ink.len());
    let (from, to) = (column(from), column(to));
    let (mut widest, mut run) = (0, 0);
    for inked in ink.get(from..to.max(from)).unwrap_or_default() {
        run = if *inked { 0 } else { run + 1 };
        widest = widest.max(run);
    }
    widest
}

/// Where the ink around a character's middle begins and ends, at most a strip's height away.
fn extent(ink: &[bool], at: f32) -> (f32, f32) {
    let wide = ink.len();
    let middle = ((at * wide as f32) as usize).min(wide.saturating_sub(1));
    let reach = HEIGHT as usize / 2;
    let mut left = middle;
    while left > 0 && middle - left < reach && ink[left - 1] {
        left -= 1;
    }
    let mut right = middle;
    while right + 1 < wide && right - middle < reach && ink[right + 1] {
        right += 1;
    }
    (
        left as f32 / wide.max(1) as f32,
        (right + 1) as f32 / wide.max(1) as f32,
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A line whose characters are 10 pixels wide and 20 high, double spaces being columns.
    pub(in super::super) fn line(text: &str, x: f32, y: f32) -> VizLine {
        line_of(text, x, y, 20.0)
    }

    /// The same with a box of another height.
    pub(in super::super) fn line_of(text: &str, x: f32, y: f32, height: f32) -> VizLine {
        let pitch = height / 2.0;
        let mut words = Vec::new();
        let mut at = x;
        for word in text.split(' ') {
            let right = at + word.chars().count() as f32 * pitch;
            if !word.is_empty() {
                words.push(VizWord {
                    text: word.into(),
                    left: at,
                    right,
                    confidence: 0.99,
                });
            }
            at = right + pitch;
        }
        let (right, bottom) = (at - pitch, y + height);
        VizLine {
            words,
            corners: [[x, y], [right, y], [right, bottom], [x, bottom]],
            confidence: 0.99,
        }
    }

    #[test]
    fn words_far_apart_are_columns() {
        let dates = line("21 NOV 2024    19 NOV 2034", 50.0, 10.0);
        let texts: Vec<String> = dates.columns().iter().map(VizLine::text).collect();
        assert_eq!(texts, ["21 NOV 2024", "19 NOV 2034"]);
        assert_eq!(dates.columns()[1].left(), 200.0);
    }

    #[test]
    fn a_wide_gap_of_paper_parts_words_that_the_network_ran_together() {
        let mut strip = Mat::new_rows_cols_with_default(
            HEIGHT,
            300,
            opencv::core::CV_8UC3,
            opencv::core::Scalar::all(240.0),
        )
        .unwrap();
        // Letters 24 wide and 6 apart; between the second and third 20 apart.
        let places = [10, 40, 84, 114];
        for x in places {
            imgproc::rectangle(
                &mut strip,
                opencv::core::Rect::new(x, 12, 24, 26),
                opencv::core::Scalar::all(20.0),
                -1,
                imgproc::LINE_8,
                0,
            )
            .unwrap();
        }
        let glyphs: Vec<Glyph> = places
            .iter()
            .zip("ABCD".chars())
            .map(|(x, character)| Glyph {
                character,
                probability: 0.9,
                at: (*x as f32 + 12.0) / 300.0,
            })
            .collect();
        let words = words(&glyphs, &strip, 0.0, 300.0).unwrap();
        assert_eq!(joined(&words), "AB CD");
        assert_eq!((words[1].left, words[1].right), (84.0, 138.0));
    }

    #[test]
    fn debug_shows_no_text() {
        let line = line("ERIKSSON", 0.0, 0.0);
        assert!(!format!("{line:?} {:?}", line.words).contains("ERIK"));
    }
}
