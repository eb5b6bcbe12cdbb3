//! Everything in a picture that may be a document, the likeliest first: without a zone, and where several lie there.

use super::edges::Candidate;
use super::{area, inside, overlap};
use crate::Error;
use crate::document::candidate::likeness;
use crate::document::plane::{Line, Quad, length, minus};

/// Two quadrilaterals are one document from this share of common area on.
pub(super) const SAME: f32 = 0.55;
/// Lines of text inside that speak for a document as much as any number.
const ENOUGH_LINES: f32 = 5.0;
/// A quadrilateral that takes more of the picture is its border.
const BORDER: f32 = 0.97;
/// The most candidates that are given.
const MOST: usize = 8;

/// A quadrilateral that may be a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ranked {
    /// Clockwise on screen, from any corner.
    pub corners: Quad,
    /// How much speaks for it, 0 to 1: edges all around, proportions of a card or page, text inside.
    pub score: f32,
    /// Lines of text inside.
    pub lines: usize,
    /// Its share of the picture.
    pub share: f32,
    /// Share of its sides that lies on edges.
    pub support: f32,
    /// Its longer side over its shorter one, as it is seen.
    pub proportion: f32,
}

/// The quadrilaterals of a picture with these corners that may be documents, none of which is another one's, the
/// likeliest first. A document that fills the picture is none of them.
///
/// # Errors
/// [`Error::Library`].
pub(super) fn ranked(
    found: &[Candidate],
    frame: &Quad,
    text: &[Line],
) -> Result<Vec<Ranked>, Error> {
    let picture = area(frame)?.max(1.0);
    let mut all = Vec::new();
    for candidate in found {
        let [a, b, c, d] = candidate.corners;
        let side = |p, q| length(minus(p, q));
        let (width, height) = (side(a, b).max(side(d, c)), side(a, d).max(side(b, c)));
        let proportion = width.max(height) / width.min(height).max(1.0);
        let lines = text
            .iter()
            .filter(|line| inside(line.middle(), &candidate.corners))
            .count();
        let share = area(&candidate.corners)? / picture;
        if share > BORDER {
            continue;
        }
        let shape = likeness(proportion);
        let texts = (lines as f32 / ENOUGH_LINES).min(1.0);
        all.push(Ranked {
            corners: candidate.corners,
            score: (0.25 * candidate.support
                + 0.25 * candidate.weakest
                + 0.25 * shape
                + 0.25 * texts)
                .clamp(0.0, 1.0),
            lines,
            share,
            support: candidate.support,
            proportion,
        });
    }
    distinct(all)
}

/// The likeliest of those that overlap, the likeliest first.
fn distinct(mut all: Vec<Ranked>) -> Result<Vec<Ranked>, Error> {
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Ranked> = Vec::new();
    for candidate in all {
        let mut known = false;
        for other in &kept {
            known |= overlap(&candidate.corners, &other.corners)? > SAME;
        }
        if !known {
            kept.push(candidate);
        }
        if kept.len() == MOST {
            break;
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::outline::{candidates, whole};
    use opencv::core::{CV_8UC3, Mat, Rect, Scalar};
    use opencv::imgproc;

    #[test]
    fn two_cards_on_a_table_are_two_candidates_and_the_one_with_text_comes_first() {
        let mut picture =
            Mat::new_rows_cols_with_default(600, 900, CV_8UC3, Scalar::all(60.0)).unwrap();
        for rect in [Rect::new(40, 60, 380, 240), Rect::new(470, 320, 380, 240)] {
            imgproc::rectangle(
                &mut picture,
                rect,
                Scalar::all(220.0),
                -1,
                imgproc::LINE_8,
                0,
            )
            .unwrap();
        }
        let line = |y: f32| Line {
            start: [500.0, y],
            end: [800.0, y],
            height: 14.0,
        };
        let text = [line(360.0), line(400.0), line(440.0)];
        let found = ranked(&candidates(&picture).unwrap(), &whole(&picture), &text).unwrap();
        assert!(found.len() >= 2, "{found:?}");
        assert_eq!((found[0].lines, found[1].lines), (3, 0));
        assert!((found[0].share - found[1].share).abs() < 0.02);
        assert!(found[1].score > 0.6, "{found:?}");
    }

    #[test]
    fn an_empty_table_has_no_candidate() {
        let picture =
            Mat::new_rows_cols_with_default(600, 900, CV_8UC3, Scalar::all(60.0)).unwrap();
        let found = ranked(&candidates(&picture).unwrap(), &whole(&picture), &[]).unwrap();
        assert!(found.is_empty());
    }
}
