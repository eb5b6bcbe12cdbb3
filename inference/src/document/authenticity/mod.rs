//! Signs that a document is not what it seems, each on its own, no more claimed than measured.
//!
//! ```text
//! picture ─► spectrum in four places ─► screen_recapture
//! page ────► colour about its middle ─► photocopy
//! portrait and what is around it ─► JPEG steps and grid ─► portrait_pasted
//! zone's lines, glyph by glyph ─► baseline, pitch, shapes ─► mrz_print
//! words ─► suspicious_words        dates and today ─► expired, not_yet_valid, implausible_dates
//! codes, number, dates of all parts ─► data_inconsistent
//! ```
//!
//! A score is 0 to 1, and 0.5 is the limit: beyond it the signal is raised. Rates of true and false
//! alarms stand at each limit, measured on the project's own specimens and attacks made from them
//! (`tests/tests/document/signals.rs`). They say nothing about attacks of other kinds: a signal
//! that is not raised is no proof.

mod colour;
mod consistency;
mod dates;
pub mod glyphs;
mod lattice;
mod numbers;
mod pasted;
mod print;
mod screen;
mod words;

pub use consistency::{Stated, consistency};
pub use dates::{Dates, dates};
pub use words::{found_words, suspicious_words};

use serde::Serialize;

use super::assessment::{Assessment, Unmeasured};
use super::reading::MrzReading;
use crate::Error;
use crate::picture::{Picture, Region};

/// What a signal tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignalKind {
    /// The document was shown on a screen.
    ScreenRecapture,
    /// The document is a copy without colour.
    Photocopy,
    /// The portrait is not of one piece with the page.
    PortraitPasted,
    /// The machine readable zone is not printed as OCR-B at its pitch on its baseline.
    MrzPrint,
    /// Words that stand on specimens and void documents.
    SuspiciousWords,
    /// The last day of validity has passed.
    Expired,
    /// The day of issue is still to come.
    NotYetValid,
    /// Dates that contradict each other or the calendar of a life.
    ImplausibleDates,
    /// What the document says contradicts itself or the standards.
    DataInconsistent,
}

impl SignalKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::ScreenRecapture,
        Self::Photocopy,
        Self::PortraitPasted,
        Self::MrzPrint,
        Self::SuspiciousWords,
        Self::Expired,
        Self::NotYetValid,
        Self::ImplausibleDates,
        Self::DataInconsistent,
    ];

    /// Its name in answers and events; stable.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScreenRecapture => "screen_recapture",
            Self::Photocopy => "photocopy",
            Self::PortraitPasted => "portrait_pasted",
            Self::MrzPrint => "mrz_print",
            Self::SuspiciousWords => "suspicious_words",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::ImplausibleDates => "implausible_dates",
            Self::DataInconsistent => "data_inconsistent",
        }
    }
}

/// What a score rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// One fine pattern runs through the whole picture.
    #[error(
        "the height of the same fine, regular pattern in all parts of the picture, as a screen's pixels make"
    )]
    RegularPattern,
    /// How far colours lie from the page's middle one.
    #[error("how little colour the page has")]
    Colour,
    /// The page's JPEG left no trace in the portrait.
    #[error("how much less the portrait keeps to the steps of the JPEG that the page went through")]
    OtherJpegSteps,
    /// Another JPEG grid in the portrait.
    #[error("traces of another JPEG grid in the portrait")]
    OtherJpegGrid,
    /// Characters off their baseline.
    #[error("how far characters stand off their common baseline")]
    Baseline,
    /// Characters off their pitch.
    #[error("how far characters stand off their common pitch")]
    Pitch,
    /// Glyphs of other shapes.
    #[error("how far the characters' widths and heights are from OCR-B's")]
    Shapes,
    /// Words looked for.
    #[error("words that stand on specimens and void documents")]
    Words,
    /// The date of expiry and today.
    #[error("the date of expiry")]
    Expiry,
    /// The date of issue and today.
    #[error("the date of issue")]
    Issue,
    /// A life longer than any known.
    #[error("the date of birth: nobody known lived that long")]
    Age,
    /// Issued, or expired, before the holder was born.
    #[error("the order of birth, issue and expiry")]
    Order,
    /// A document code that the layout does not take.
    #[error("the document code, which the layout has to take")]
    DocumentCode,
    /// A state's code that no document bears, or under which none is issued.
    #[error("the codes of issuer and nationality")]
    StateCode,
    /// A number of another shape than its state publishes.
    #[error("the shape of the document number, which its state publishes")]
    NumberFormat,
    /// A day that no calendar has, under a right check digit.
    #[error("whether the zone's days exist")]
    NoSuchDay,
    /// Zone, barcode or print give different days.
    #[error("whether the document's parts give the same days")]
    DatesDiffer,
    /// The barcode's country is not its issuer's.
    #[error("the barcode's country and its issuer's")]
    Issuer,
    /// Valid for longer than any document is issued for.
    #[error("the time from issue, or from today, to expiry")]
    Validity,
}

/// A score and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scored {
    /// 0 to 1; raised from 0.5 on.
    pub score: f32,
    /// What it rests on.
    pub reason: Reason,
}

impl Scored {
    /// A measured value against its limit: at the limit 0.5, at twice the limit 1.
    pub(super) fn against(value: f32, limit: f32, reason: Reason) -> Self {
        Self {
            score: (0.5 * value / limit).clamp(0.0, 1.0),
            reason,
        }
    }

    /// A plain yes or no.
    pub(super) const fn plain(raised: bool, reason: Reason) -> Self {
        Self {
            score: if raised { 1.0 } else { 0.0 },
            reason,
        }
    }
}

/// One signal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Signal {
    /// What it tells of.
    pub kind: SignalKind,
    /// Its score, or why it has none.
    pub scored: Assessment<Scored>,
}

impl Signal {
    pub(super) const fn new(kind: SignalKind, scored: Assessment<Scored>) -> Self {
        Self { kind, scored }
    }

    /// Whether it was measured and lies beyond its limit.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.scored
            .measured()
            .is_some_and(|scored| scored.score > 0.5)
    }
}

/// What is known of a document when its authenticity is judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen<'a> {
    /// The document's corners in the picture.
    pub outline: Option<[[f32; 2]; 4]>,
    /// The document, upright.
    pub straightened: Option<&'a Picture>,
    /// Its machine readable zone.
    pub mrz: Option<&'a MrzReading>,
    /// Where the portrait lies in `straightened`.
    pub portrait: Option<Region>,
}

/// The signals that a picture gives: every kind but those of what the document says, for which see
/// [`dates`] and [`consistency`].
///
/// # Errors
/// [`Error`] where an image operation fails.
pub fn signals(picture: &Picture, seen: &Seen<'_>) -> Result<Vec<Signal>, Error> {
    let words = seen.mrz.map_or(
        Signal::new(
            SignalKind::SuspiciousWords,
            Assessment::NotAssessed(Unmeasured::NoMrz),
        ),
        |mrz| {
            let names = &mrz.fields.names;
            suspicious_words([names.primary.as_str(), names.secondary.as_str()])
        },
    );
    Ok(vec![
        Signal::new(
            SignalKind::ScreenRecapture,
            screen::measure(picture, seen.outline.as_ref())?,
        ),
        Signal::new(
            SignalKind::Photocopy,
            colour::measure(picture, seen.straightened)?,
        ),
        Signal::new(SignalKind::PortraitPasted, pasted::measure(picture, seen)?),
        Signal::new(SignalKind::MrzPrint, print::measure(picture, seen.mrz)?),
        words,
    ])
}
