//! Where everything stands on each kind of page, in millimetres.
//!
//! ```text
//! ┌──────────────────────────────┐
//! │ header: UTOPIA        title  │
//! │ ┌────────┐ label             │  visual zone
//! │ │portrait│ value   ..        │
//! │ └────────┘                   │
//! ├──────────────────────────────┤  23.2 mm above the lower edge
//! │ P<UTOERIKSSON<<ANNA<MARIA<<< │  machine readable zone
//! └──────────────────────────────┘
//! ```
//!
//! Sizes of the documents and of the MRZ are ICAO 9303-4 to -7; OCR-B size I has 10 characters an inch
//! (ISO 1073-2); lines stand 6.35 mm apart. The rest is this project's choice.

use super::Kind;
use super::canvas::Zone;

/// Height of the machine readable zone.
pub(super) const MRZ_HEIGHT: f32 = 23.2;
/// From one character to the next.
pub(super) const PITCH: f32 = 2.54;
/// From one line to the next.
pub(super) const LINE_STEP: f32 = 6.35;
/// Height of OCR-B's printed capitals, size I: the font's own advance is then the pitch, and digits are
/// 2.76 mm high.
pub(super) const OCR_B_CAPITAL: f32 = 2.54;

/// Millimetres of one kind of page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) width: f32,
    pub(super) height: f32,
    /// Radius of the corners.
    pub(super) corner: f32,
    /// Left edge of the first MRZ character.
    pub(super) mrz_left: f32,
    /// Height of the header's band.
    pub(super) header: f32,
    pub(super) portrait: Zone,
    /// Where the visual zone's text begins.
    pub(super) text_left: f32,
    /// From one row of the visual zone to the next.
    pub(super) row: f32,
    /// Height of a value's capitals.
    pub(super) value: f32,
}

impl Layout {
    pub(super) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Passport => Self {
                width: 125.0,
                height: 88.0,
                corner: 3.2,
                mrz_left: 6.0,
                header: 11.0,
                portrait: zone(5.0, 16.0, 35.0, 45.0),
                text_left: 45.0,
                row: 8.1,
                value: 2.3,
            },
            Kind::IdentityCard => Self {
                width: 85.6,
                height: 53.98,
                corner: 3.18,
                mrz_left: 4.0,
                header: 8.0,
                portrait: zone(4.0, 12.0, 27.0, 34.7),
                text_left: 34.0,
                row: 6.5,
                value: 1.7,
            },
            Kind::LargeIdentityCard | Kind::SmallVisa | Kind::FrenchCard => Self {
                width: 105.0,
                height: 74.0,
                corner: 3.2,
                mrz_left: 4.0,
                header: 8.0,
                portrait: zone(4.0, 11.0, 29.0, 37.3),
                text_left: 37.0,
                row: 6.6,
                value: 1.9,
            },
            Kind::Visa => Self {
                width: 120.0,
                height: 80.0,
                corner: 0.0,
                mrz_left: 4.0,
                header: 9.0,
                portrait: zone(5.0, 12.5, 32.0, 41.1),
                text_left: 42.0,
                row: 7.2,
                value: 2.1,
            },
        }
    }

    /// Whether the MRZ stands on a page of its own.
    pub(super) const fn two_sided(kind: Kind) -> bool {
        matches!(kind, Kind::IdentityCard)
    }

    /// Top of the machine readable zone.
    pub(super) fn mrz_top(&self) -> f32 {
        self.height - MRZ_HEIGHT
    }

    /// Baselines of the MRZ's lines, the first one first, evenly about the zone's middle.
    pub(super) fn baselines(&self, lines: usize) -> Vec<f32> {
        let middle = self.height - MRZ_HEIGHT / 2.0 + OCR_B_CAPITAL / 2.0;
        let first = middle - LINE_STEP * (lines as f32 - 1.0) / 2.0;
        (0..lines)
            .map(|line| first + LINE_STEP * line as f32)
            .collect()
    }
}

const fn zone(x: f32, y: f32, width: f32, height: f32) -> Zone {
    Zone {
        x,
        y,
        width,
        height,
    }
}
