//! What a picture gives wherever the document lies in it, and whether one place gave something to read.

use super::aamva::{AamvaError, Licence};
use super::barcode::Barcode;
use super::candidate::Candidate;
use super::outline::Outline;
use super::plane::Quad;
use super::reading::{DocumentReading, MrzReading};
use super::viz::{Viz, VizLine};
use crate::picture::Picture;

/// Text: so many lines, read this surely.
const LEAST_LINES: usize = 3;
const LEGIBLE: f32 = 0.6;
/// What a picture gives wherever the document lies in it; places in its pixels.
pub(super) struct Sight<'a> {
    pub picture: &'a Picture,
    /// Size of the picture that was worked on over its own.
    pub scale: f32,
    pub mrz: Option<MrzReading>,
    pub text: Vec<Quad>,
    pub barcodes: Vec<Barcode>,
    pub licence: Option<Result<Licence, AamvaError>>,
}

/// Whether a zone, a licence or text was read: a field, or some legible lines.
pub(super) fn says_something(reading: &DocumentReading) -> bool {
    let told = |viz: &Viz| {
        let legible = |line: &&VizLine| {
            line.confidence >= LEGIBLE
                && line.text().chars().filter(|c| c.is_alphanumeric()).count() > 1
        };
        !viz.fields.is_empty() || viz.lines.iter().filter(legible).count() >= LEAST_LINES
    };
    reading.mrz.is_some()
        || reading.read_licence().is_some()
        || reading.viz.as_ref().is_some_and(told)
}

/// The outlines as a reading tells them.
pub(super) fn candidates(outlines: &[Outline], scale: f32) -> Vec<Candidate> {
    let told = outlines.iter().map(|outline| Candidate {
        corners: on_picture(&outline.corners, scale),
        size: outline.size,
        score: outline.score,
    });
    told.collect()
}

/// Places of the picture that was worked on, in the picture's own pixels.
pub(super) fn on_picture(quad: &Quad, scale: f32) -> Quad {
    quad.map(|[x, y]| [x / scale, y / scale])
}
