//! What a picture gives wherever the document lies in it, and whether one place gave something to read.

use super::aamva::{AamvaError, Licence};
use super::barcode::Barcode;
use super::candidate::Candidate;
use super::outline::Outline;
use super::plane::Quad;
use super::reading::{DocumentReading, MrzReading};
use super::viz::{Viz, VizLine};
use crate::Error;
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

/// The first of `count` places whose reading tells something, and which that is; the first place where none does, be
/// there a place or not.
///
/// # Errors
/// As `read`.
pub(super) fn first_telling<T>(
    count: usize,
    mut read: impl FnMut(usize) -> Result<T, Error>,
    tells: impl Fn(&T) -> bool,
) -> Result<(usize, T), Error> {
    let first = read(0)?;
    if tells(&first) {
        return Ok((0, first));
    }
    for at in 1..count {
        let next = read(at)?;
        if tells(&next) {
            return Ok((at, next));
        }
    }
    Ok((0, first))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_place_is_read_only_where_the_ones_before_tell_nothing() {
        let tried = |told: &[bool]| {
            let mut looked = 0;
            let read = |at: usize| {
                looked += 1;
                Ok(told.get(at).copied().unwrap_or(false))
            };
            let (at, _) = first_telling(told.len(), read, |told| *told).unwrap();
            (at, looked)
        };
        assert_eq!(tried(&[true, true]), (0, 1));
        assert_eq!(tried(&[false, true, true]), (1, 2));
        assert_eq!(tried(&[false, false, true]), (2, 3));
        assert_eq!(tried(&[false, false]), (0, 2), "the likeliest stays");
        assert_eq!(
            tried(&[]),
            (0, 1),
            "without any outline the picture is read all the same"
        );
    }
}
