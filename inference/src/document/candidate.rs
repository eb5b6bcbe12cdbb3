//! What in a picture may be the document: corners, the size that its proportions speak for, and how much speaks for it.

use serde::Serialize;

use super::mrz::MrzFormat;

/// Width over height of ID-1 (85.6 x 53.98 mm, ISO/IEC 7810), and of ID-2 (105 x 74) and ID-3 (125 x 88), which no
/// picture tells apart by it.
pub(super) const CARD: f32 = 1.586;
const PAGE: f32 = 1.42;
/// Logarithm of proportions that counts as wholly another's: a page seen at 45 degrees.
const FOREIGN: f32 = 0.35;

/// A document's size by ISO/IEC 7810.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PageSize {
    /// 85.6 x 53.98 mm: cards.
    Id1,
    /// 105 x 74 mm: larger cards, small visas.
    Id2,
    /// 125 x 88 mm: a passport's page.
    Id3,
    /// 120 x 80 mm: a visa that fills a passport's page.
    MrvA,
    /// ID-2 or ID-3: their proportions are the same.
    Id2OrId3,
    /// Of other proportions.
    Unknown,
}

impl PageSize {
    /// The size that a zone tells.
    #[must_use]
    pub const fn of(format: MrzFormat) -> Self {
        match format {
            MrzFormat::Td1 => Self::Id1,
            MrzFormat::Td2 | MrzFormat::MrvB | MrzFormat::FrenchId => Self::Id2,
            MrzFormat::Td3 => Self::Id3,
            MrzFormat::MrvA => Self::MrvA,
        }
    }

    /// The size that comes nearest to a longer side over a shorter one as they are seen.
    pub(super) fn nearest(proportion: f32) -> Self {
        let off = |known: f32| (proportion / known).ln().abs();
        match (off(CARD), off(PAGE)) {
            (card, page) if card.min(page) >= FOREIGN => Self::Unknown,
            (card, page) if card < page => Self::Id1,
            _ => Self::Id2OrId3,
        }
    }
}

/// How like a document's a proportion is: 1 is exactly one of them, 0 wholly another's.
pub(super) fn likeness(proportion: f32) -> f32 {
    let off = [CARD, PAGE].map(|known| (proportion / known).ln().abs());
    1.0 - (off[0].min(off[1]) / FOREIGN).min(1.0)
}

/// A quadrilateral that may be the document.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Candidate {
    /// Corners in picture pixels: as it is read where it was read, else clockwise on screen from any corner.
    pub corners: [[f32; 2]; 4],
    /// By its zone, else by its proportions, which perspective changes.
    pub size: PageSize,
    /// 1 where a zone was read in it; else 0 to 1 in equal parts by edges all around, by the weakest of them, by
    /// proportions and by lines of text inside. No probability.
    pub score: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportions_tell_cards_from_pages_and_from_other_things() {
        assert_eq!(PageSize::nearest(85.6 / 53.98), PageSize::Id1);
        assert_eq!(PageSize::nearest(125.0 / 88.0), PageSize::Id2OrId3);
        assert_eq!(PageSize::nearest(105.0 / 74.0), PageSize::Id2OrId3);
        assert_eq!(PageSize::nearest(1.0), PageSize::Unknown);
        assert_eq!(PageSize::nearest(3.0), PageSize::Unknown);
        assert!(likeness(1.586) > 0.99 && likeness(1.0) < 0.01);
    }
}
