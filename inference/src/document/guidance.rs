//! What a person can do for a better picture: a code, the number behind it, a sentence to speak.
//!
//! ```text
//! quality ─► measured value beyond its limit ─► Guidance { code, value, limit, unit } ─► sentence
//! ```
//!
//! Codes are ordered by urgency: what hides the document comes before what dims it, since the later
//! ones cannot be judged while the earlier hold. A code's wire name never changes.

use serde::Serialize;

/// What is wrong with the view. The order is that of urgency, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GuidanceCode {
    /// No document is seen.
    NoDocument,
    /// A second document lies beside the first.
    TwoDocuments,
    /// A part of the document lies outside the picture.
    CutOff,
    /// Something skin-coloured reaches over the document's border onto it.
    FingerOver,
    /// The document moves between two frames.
    Moving,
    /// The document is too small in the picture, and there is room to bring it nearer.
    TooFar,
    /// The document fills the picture and still has too few pixels: the picture itself is small.
    LowResolution,
    /// The document is too dark.
    TooDark,
    /// The document is so bright that its print is lost.
    TooBright,
    /// A reflection lies on the machine readable zone.
    GlareOnMrz,
    /// A reflection lies on the portrait.
    GlareOnPortrait,
    /// A reflection lies on other text.
    GlareOnText,
    /// A large reflection lies on the document, beside what is read.
    Glare,
    /// The print is smeared: the document moved while the picture was taken.
    Smeared,
    /// The print is blurred.
    Blurred,
}

impl GuidanceCode {
    /// Every code, the most urgent first.
    pub const ALL: [Self; 15] = [
        Self::NoDocument,
        Self::TwoDocuments,
        Self::CutOff,
        Self::FingerOver,
        Self::Moving,
        Self::TooFar,
        Self::LowResolution,
        Self::TooDark,
        Self::TooBright,
        Self::GlareOnMrz,
        Self::GlareOnPortrait,
        Self::GlareOnText,
        Self::Glare,
        Self::Smeared,
        Self::Blurred,
    ];

    /// Its name in answers and events; stable.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoDocument => "no_document",
            Self::TwoDocuments => "two_documents",
            Self::CutOff => "cut_off",
            Self::FingerOver => "finger_over",
            Self::Moving => "moving",
            Self::TooFar => "too_far",
            Self::LowResolution => "low_resolution",
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::GlareOnMrz => "glare_on_mrz",
            Self::GlareOnPortrait => "glare_on_portrait",
            Self::GlareOnText => "glare_on_text",
            Self::Glare => "glare",
            Self::Smeared => "smeared",
            Self::Blurred => "blurred",
        }
    }

    /// What a screen says, in English.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoDocument => "Lay your document flat under the camera.",
            Self::TwoDocuments => "Show one document at a time.",
            Self::CutOff => "Move the document so that all four corners are in the picture.",
            Self::FingerOver => "Take your fingers off the document.",
            Self::Moving => "Hold the document still.",
            Self::TooFar => "Bring the document nearer to the camera.",
            Self::LowResolution => "Take a larger picture of the document.",
            Self::TooDark => "It is too dark. Turn on a light or move to a brighter place.",
            Self::TooBright => "It is too bright. Move the document out of the direct light.",
            Self::GlareOnMrz => {
                "Tilt the document away from the light: it hides the lines at the bottom."
            }
            Self::GlareOnPortrait => {
                "Tilt the document away from the light: it hides the portrait."
            }
            Self::GlareOnText => {
                "Tilt the document away from the light: it hides some of the text."
            }
            Self::Glare => "Tilt the document away from the light.",
            Self::Smeared => "The picture is smeared. Keep the document still while it is taken.",
            Self::Blurred => "The picture is blurred. Hold still, and let the camera focus.",
        }
    }

    /// The unit of its number.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::NoDocument | Self::TwoDocuments => Unit::Documents,
            Self::CutOff
            | Self::FingerOver
            | Self::TooBright
            | Self::GlareOnMrz
            | Self::GlareOnPortrait
            | Self::GlareOnText
            | Self::Glare => Unit::Share,
            Self::Moving => Unit::WidthsPerSecond,
            Self::TooFar | Self::LowResolution => Unit::DotsPerMm,
            Self::TooDark => Unit::Levels,
            Self::Blurred => Unit::Millimetres,
            Self::Smeared => Unit::Times,
        }
    }
}

/// What a guidance's number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Documents in the picture.
    Documents,
    /// A share of an area, 0 to 1.
    Share,
    /// Pixels on a millimetre of the document.
    DotsPerMm,
    /// Millimetres on the document.
    Millimetres,
    /// Levels of grey, 0 to 255.
    Levels,
    /// Widths of the document a second.
    WidthsPerSecond,
    /// So many times as much.
    Times,
}

/// One thing to do, with the number that asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Guidance {
    /// What is wrong.
    pub code: GuidanceCode,
    /// What was measured.
    pub value: f32,
    /// What would do.
    pub limit: f32,
    /// The unit of both.
    pub unit: Unit,
}

impl Guidance {
    /// A measured value beyond its limit.
    #[must_use]
    pub const fn new(code: GuidanceCode, value: f32, limit: f32) -> Self {
        Self {
            code,
            value,
            limit,
            unit: code.unit(),
        }
    }

    /// What a screen says, in English.
    #[must_use]
    pub const fn sentence(&self) -> &'static str {
        self.code.sentence()
    }
}

/// Puts the most urgent first.
pub(super) fn by_urgency(guidance: &mut [Guidance]) {
    guidance.sort_by_key(|guidance| guidance.code);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_name_and_a_sentence_of_its_own() {
        let names: BTreeSet<_> = GuidanceCode::ALL.iter().map(|code| code.name()).collect();
        let said: BTreeSet<_> = GuidanceCode::ALL
            .iter()
            .map(|code| code.sentence())
            .collect();
        assert_eq!(names.len(), GuidanceCode::ALL.len());
        assert_eq!(said.len(), GuidanceCode::ALL.len());
        for sentence in said {
            assert!(sentence.ends_with('.') && sentence.len() < 90, "{sentence}");
        }
    }

    #[test]
    fn a_code_is_written_as_its_name() {
        for code in GuidanceCode::ALL {
            let written = serde_json::to_string(&code).unwrap();
            assert_eq!(written, format!("\"{}\"", code.name()));
        }
    }

    #[test]
    fn the_most_urgent_comes_first() {
        assert!(GuidanceCode::ALL.is_sorted());
        let mut both = [
            Guidance::new(GuidanceCode::Blurred, 0.5, 0.2),
            Guidance::new(GuidanceCode::CutOff, 0.1, 0.02),
        ];
        by_urgency(&mut both);
        assert_eq!(both[0].code, GuidanceCode::CutOff);
    }
}
