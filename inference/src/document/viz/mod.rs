//! The visual inspection zone: every line of the straightened page, and the fields among them.
//!
//! ```text
//! page ─► text detector ─► lines ─► less those of the MRZ, the largest 60 ─► recogniser ─► words
//!                                                  words ─► labels ─► fields ◄─ position
//! ```
//!
//! A page whose zone was not read may be straightened upside down: text tells, and such a page is
//! turned. What is read here is personal data: no type prints it by `Debug`.

mod columns;
mod dates;
mod fields;
mod fold;
mod labels;
mod line;
mod months;
mod numbered;
mod page;
mod position;
mod recogniser;
mod tokens;
mod values;

pub use dates::{DateOrder, VizDate};
pub use fields::{FoundBy, VizField};
pub use labels::FieldName;
pub use line::{VizLine, VizWord};

pub(super) use dates::dates_in;
pub(super) use fold::{base, distance};
pub(super) use values::{is_number, sex_of};

use std::fmt;

use opencv::core::{Mat, MatTraitConst};

use self::labels::{Dictionary, Named};
use self::recogniser::{HEIGHT, TextRecogniser};
use super::plane::{Line, straighten};
use super::reading::DocumentReading;
use super::text::TextDetector;
use crate::Error;
use crate::engine::Engine;
use crate::pack::Pack;
use crate::stages::Stopwatch;

/// The longer side, in pixels, at which text is looked for on a page: measured, labels 0.7 mm high are
/// found on a passport's page from 768 on, and 1280 finds no more of them at twice the time.
const DETECTION_SIDE: i32 = 960;
/// Lines read at most, the largest first: a passport's data page has 30 to 45.
const MOST_LINES: usize = 60;
/// The detector's box is cut out as it is, with this much of its height added at each end: more brings
/// the neighbouring lines in, less cuts the first letter (measured on rendered pages).
const AIR: f32 = 0.3;
/// Boxes lower than this many pixels hold nothing that can be read: their capitals have less than five.
const LEAST_HEIGHT: f32 = 7.0;
/// The longest strip in pixels: about 60 characters.
const LONGEST_STRIP: f32 = 1600.0;
/// Where a sex is looked for: how far its middle lies below its label's, and how high it is, both over
/// the label's height; values are as high as their labels to half as high again.
const BELOW_SEX: [(f32, f32); 3] = [(1.15, 1.1), (1.35, 1.4), (1.6, 1.6)];
/// A sex is taken from there from this probability on.
const LEAST_SEX: f32 = 0.6;
/// Lines by which an upside-down page is known.
const WITNESSES: usize = 4;

/// The visual zone of one page.
#[derive(Clone, PartialEq, Default)]
pub struct Viz {
    /// Every line that was read, from above; without those of the MRZ.
    pub lines: Vec<VizLine>,
    /// The fields that were known, each once.
    pub fields: Vec<VizField>,
}

impl fmt::Debug for Viz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Viz")
            .field("lines", &self.lines.len())
            .field("fields", &self.fields)
            .finish()
    }
}

impl Viz {
    /// A zone of lines that were read, with the fields among them. `order` is that of dates in figures
    /// where neither the date nor another one on the page tells.
    #[must_use]
    pub fn of_lines(lines: Vec<VizLine>, order: DateOrder) -> Self {
        Self::known(lines, &Dictionary::new(), order)
    }

    fn known(lines: Vec<VizLine>, dictionary: &Dictionary, order: DateOrder) -> Self {
        let parts = fields::parts(&lines, dictionary);
        Self {
            fields: fields::fields(&parts, order),
            lines,
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: FieldName) -> Option<&VizField> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Reads visual zones: one for each thread.
#[derive(Debug)]
pub(super) struct VizReader {
    recogniser: TextRecogniser,
    dictionary: Dictionary,
}

impl VizReader {
    /// # Errors
    /// [`Error`] where the text recogniser is missing or unreadable.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        Ok(Self {
            recogniser: TextRecogniser::load(engine, pack)?,
            dictionary: Dictionary::new(),
        })
    }

    /// Adds the visual zone, and what comparing it with the MRZ says, to a reading whose page is
    /// straightened; turns that page where its text shows that it stands upside down.
    ///
    /// # Errors
    /// [`Error`] where a network or an image operation fails.
    pub fn complete(
        &mut self,
        detector: &mut TextDetector,
        reading: &mut DocumentReading,
    ) -> Result<(), Error> {
        let barcode = reading.barcode_claims();
        let Some(page) = &reading.straightened else {
            let mrz = reading.mrz.as_ref();
            reading.crosschecks = super::crosscheck::of_reading(mrz, &[], barcode.as_ref());
            return Ok(());
        };
        let mut watch = Stopwatch::start();
        let mut mat = page.as_mat()?.try_clone()?;
        let mut lines = detector.lines(&mat, DETECTION_SIDE)?;
        watch.lap("viz detection");
        if reading.mrz.is_none() && self.is_upside_down(&mat, &lines)? {
            page::turn(reading)?;
            let [width, height] = [mat.cols() as f32, mat.rows() as f32];
            lines = lines
                .iter()
                .map(|line| page::turned(line, width, height))
                .collect();
            mat = match &reading.straightened {
                Some(page) => page.as_mat()?.try_clone()?,
                None => return Ok(()),
            };
        }
        let zone = page::zone(reading)?;
        let lines = chosen(lines, &zone);
        let mut read = Vec::new();
        for line in &lines {
            read.extend(self.line(&mat, line)?);
        }
        read.sort_by(|a, b| a.middle_y().total_cmp(&b.middle_y()));
        watch.lap("viz recognition");
        let mut viz = Viz::known(read, &self.dictionary, page::order(reading));
        self.look_for_sex(&mat, &mut viz)?;
        reading.crosschecks =
            super::crosscheck::of_reading(reading.mrz.as_ref(), &[&viz], barcode.as_ref());
        reading.viz = Some(viz);
        watch.lap("viz fields");
        reading.stages.extend(watch.finish());
        Ok(())
    }

    /// One line read; `None` where nothing was.
    fn line(&mut self, page: &Mat, line: &Line) -> Result<Option<VizLine>, Error> {
        let long = line.length() + 2.0 * AIR * line.height;
        let width = (HEIGHT as f32 * long / line.height.max(1.0)).clamp(32.0, LONGEST_STRIP);
        let corners = line.quad(1.0, AIR);
        let strip = straighten(page, &corners, width.round() as i32, HEIGHT)?;
        let glyphs = self.recogniser.read(&strip)?;
        let words = line::words(&glyphs, &strip, corners[0][0], corners[1][0])?;
        let whole = VizLine {
            words: Vec::new(),
            corners,
            confidence: 0.0,
        };
        Ok(whole.of_words(words))
    }

    /// Looks for the one letter of the sex below its label where no line of text was found there: the
    /// detector overlooks single letters, above all under an overprint.
    fn look_for_sex(&mut self, page: &Mat, viz: &mut Viz) -> Result<(), Error> {
        if viz.field(FieldName::Sex).is_some() {
            return Ok(());
        }
        let parts = fields::parts(&viz.lines, &self.dictionary);
        let Some(label) = parts.iter().find(|part| {
            let named = part.label.map(|label| label.named);
            named == Some(Named::Field(FieldName::Sex))
        }) else {
            return Ok(());
        };
        let mut best: Option<(char, f32, Line)> = None;
        for (down, tall) in BELOW_SEX {
            let line = below(&label.line, down, tall);
            let width = (HEIGHT as f32 * line.length() / line.height).round() as i32;
            let strip = straighten(page, &line.quad(1.0, 0.0), width, HEIGHT)?;
            let seen = self.recogniser.one_of(&strip, &['F', 'M', 'X'])?;
            if let Some((letter, probability)) = seen
                && best.is_none_or(|(_, other, _)| probability > other)
            {
                best = Some((letter, probability, line));
            }
        }
        if let Some((letter, confidence, line)) = best.filter(|(_, p, _)| *p >= LEAST_SEX) {
            viz.fields.push(VizField {
                name: FieldName::Sex,
                text: letter.to_string(),
                dates: Vec::new(),
                corners: line.quad(1.0, 0.0),
                confidence,
                found: FoundBy::Label,
                label_confidence: Some(label.line.confidence),
            });
            viz.fields.sort_by_key(|field| field.name);
        }
        Ok(())
    }

    /// Whether the longest lines read better the other way round. Capitals alone can look alike both
    /// ways; whole lines don't.
    fn is_upside_down(&mut self, page: &Mat, lines: &[Line]) -> Result<bool, Error> {
        let mut longest: Vec<&Line> = lines.iter().filter(|line| is_level(line)).collect();
        longest.sort_by(|a, b| b.length().total_cmp(&a.length()));
        let mut balance = 0.0;
        for line in longest.into_iter().take(WITNESSES) {
            for (way, sign) in [(*line, 1.0), (line.turned(), -1.0)] {
                let read = self.line(page, &way)?;
                balance += sign * read.map_or(0.0, |read| read.confidence);
            }
        }
        Ok(balance < 0.0)
    }
}

/// The place of a single letter below a label.
fn below(label: &VizLine, down: f32, tall: f32) -> Line {
    let height = label.height() * tall;
    let y = label.middle_y() + label.height() * down;
    let left = label.left() - 0.4 * height;
    Line {
        start: [left, y],
        end: [left + 2.0 * height, y],
        height,
    }
}

/// Whether a line runs along the page, not up or down it.
fn is_level(line: &Line) -> bool {
    let [x, y] = line.direction();
    x > 0.0 && y.abs() < 0.3
}

/// Level lines outside the MRZ that are high enough, the largest first, at most [`MOST_LINES`].
fn chosen(lines: Vec<Line>, zone: &[[[f32; 2]; 4]]) -> Vec<Line> {
    let mut lines: Vec<Line> = lines
        .into_iter()
        .filter(|line| is_level(line) && line.height >= LEAST_HEIGHT)
        .filter(|line| !zone.iter().any(|quad| page::inside(line.middle(), quad)))
        .collect();
    lines.sort_by(|a, b| (b.length() * b.height).total_cmp(&(a.length() * a.height)));
    lines.truncate(MOST_LINES);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f32, y: f32, long: f32, height: f32) -> Line {
        Line {
            start: [x, y],
            end: [x + long, y],
            height,
        }
    }

    #[test]
    fn lines_of_the_zone_specks_and_standing_text_are_not_read_and_their_number_is_bounded() {
        let zone = [[[0.0, 500.0], [900.0, 500.0], [900.0, 540.0], [0.0, 540.0]]];
        let standing = Line {
            start: [50.0, 100.0],
            end: [50.0, 400.0],
            height: 20.0,
        };
        let lines = vec![
            at(10.0, 520.0, 880.0, 30.0),
            at(300.0, 100.0, 200.0, 30.0),
            at(300.0, 130.0, 100.0, 3.0),
            standing,
        ];
        assert_eq!(chosen(lines, &zone), [at(300.0, 100.0, 200.0, 30.0)]);
        let many = (0..200)
            .map(|index| at(0.0, index as f32, 100.0, 20.0))
            .collect();
        assert_eq!(chosen(many, &[]).len(), MOST_LINES);
    }
}
