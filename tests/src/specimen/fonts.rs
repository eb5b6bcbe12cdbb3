//! The fonts that specimens are printed in, from Debian's packages.

use std::path::Path;

use ab_glyph::{Font, FontVec, PxScale};
use anyhow::Context;

/// `fonts-ocr-b`: OCR-B (ISO 1073-2), which ICAO 9303-3 asks of an MRZ.
const OCR_B: &str = "/usr/share/fonts/opentype/ocr-b/OCRB.otf";
/// `fonts-dejavu-core`: Latin with all the accents that visual zones print.
const SANS: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
const SANS_BOLD: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf";

/// The fonts of a page.
pub struct Fonts {
    pub(super) ocr_b: Face,
    pub(super) sans: Face,
    pub(super) bold: Face,
}

impl Fonts {
    /// Opens the installed fonts.
    pub fn installed() -> anyhow::Result<Self> {
        Ok(Self {
            ocr_b: Face::open(OCR_B, "fonts-ocr-b")?,
            sans: Face::open(SANS, "fonts-dejavu-core")?,
            bold: Face::open(SANS_BOLD, "fonts-dejavu-core")?,
        })
    }
}

/// A font with the height of its capitals.
pub(super) struct Face {
    pub(super) font: FontVec,
    /// Height of `H` in font units over the font's own height.
    cap_share: f32,
}

impl Face {
    fn open(path: &str, package: &str) -> anyhow::Result<Self> {
        let bytes = std::fs::read(Path::new(path))
            .with_context(|| format!("{path} is missing; run: apt install {package}"))?;
        let font = FontVec::try_from_vec(bytes).with_context(|| format!("{path} is no font"))?;
        let outline = font
            .outline(font.glyph_id('H'))
            .with_context(|| format!("{path} has no H"))?;
        let cap_share = outline.bounds.height().abs() / font.height_unscaled();
        Ok(Self { font, cap_share })
    }

    /// The scale at which capitals are `px` high.
    pub(super) fn scale(&self, px: f32) -> PxScale {
        PxScale::from(px / self.cap_share)
    }
}
