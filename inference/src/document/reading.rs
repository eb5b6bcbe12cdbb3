//! What reading a document gave. Printed by `Debug`, none of it tells what the document says.

use std::fmt;

use super::aamva::{AamvaError, Licence};
use super::authenticity::Signal;
use super::barcode::Barcode;
use super::candidate::Candidate;
use super::crosscheck::Crosschecks;
use super::findings::{DocumentKind, Finding};
use super::mrz::{CheckDigits, MrzFields, MrzFormat};
use super::portrait::PortraitQuality;
use super::quality::Quality;
use super::viz::Viz;
use crate::picture::{Picture, Region};
use crate::stages::StageTimes;

/// A machine readable zone, read.
#[derive(Clone)]
pub struct MrzReading {
    /// Layout.
    pub format: MrzFormat,
    /// Its lines, of the layout's length.
    pub lines: Vec<String>,
    /// What the pixels alone said, before layout and check digits had their say.
    pub seen: Vec<String>,
    /// How many characters differ between `lines` and `seen`.
    pub repaired: usize,
    /// Each check digit's result.
    pub check_digits: CheckDigits,
    /// Every check digit right, and every character supported: nothing of it is guessed.
    pub valid: bool,
    /// What the lines say.
    pub fields: MrzFields,
    /// Probability of the weakest character, 0 to 1: of those that no check digit covers, each on
    /// its own; of the covered ones, all together among all texts with right check digits.
    pub confidence: f32,
    /// How many of its characters may be wrong: the doubts of all of them added up.
    pub doubts: f32,
    /// Each character's probability, as in `confidence`.
    pub certainty: Vec<Vec<f32>>,
    /// Each line's corners in picture pixels: upper left, upper right, lower right, lower left as
    /// it is read.
    pub line_boxes: Vec<[[f32; 2]; 4]>,
    /// Height of its characters in picture pixels.
    pub character_px: f32,
}

impl MrzReading {
    /// What kind of document it stands on.
    #[must_use]
    pub fn kind(&self) -> DocumentKind {
        DocumentKind::of(self.format, &self.fields)
    }
}

impl fmt::Debug for MrzReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MrzReading")
            .field("format", &self.format)
            .field("check_digits", &self.check_digits)
            .field("valid", &self.valid)
            .field("confidence", &self.confidence)
            .finish_non_exhaustive()
    }
}

/// What one picture of a document gave.
#[derive(Debug, Clone)]
pub struct DocumentReading {
    /// The document's corners in picture pixels: upper left, upper right, lower right, lower left
    /// as it is read. The picture's own corners where the document fills it.
    pub outline: Option<[[f32; 2]; 4]>,
    /// Everything in the picture that may be the document: the one that was read, which is `outline`, then the
    /// others, the likeliest first. Empty where nothing speaks for one.
    pub candidates: Vec<Candidate>,
    /// The document, upright, without perspective.
    pub straightened: Option<Picture>,
    /// Its machine readable zone.
    pub mrz: Option<MrzReading>,
    /// The holder's portrait, upright, cut around the face at the proportions of ICAO 9303-3.
    pub portrait: Option<Picture>,
    /// Where the portrait lies in `straightened`.
    pub portrait_box: Option<Region>,
    /// What is lacking; empty where a zone was read validly and a portrait found. What a person can
    /// do about it stands in `quality`.
    pub findings: Vec<Finding>,
    /// Time spent, by stage.
    pub stages: StageTimes,
    /// Its visual inspection zone; `None` where no page was straightened.
    pub viz: Option<Viz>,
    /// What its parts say of the same thing, compared.
    pub crosschecks: Crosschecks,
    /// How good the portrait is for matching.
    pub portrait_quality: Option<PortraitQuality>,
    /// How well the picture shows the document, and what to do about it.
    pub quality: Quality,
    /// Signs that the document is not what it seems; empty where there is no document. Those of
    /// dates need today: see [`super::authenticity::dates`].
    pub authenticity: Vec<Signal>,
    /// The PDF417 barcodes of the picture, places in its pixels.
    pub barcodes: Vec<Barcode>,
    /// The driving licence or identity card that one of them holds, or why it could not be read.
    /// `None` where no confirmed barcode looks like one.
    pub licence: Option<Result<Licence, AamvaError>>,
}
