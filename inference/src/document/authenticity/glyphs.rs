//! Where OCR-B's glyphs end, in units of the pitch.
//!
//! Measured on the outlines of OCR-B size 1 as Debian's `fonts-ocr-b` draws it (ISO 1073-2), from
//! each cell's middle and the baseline; a test of the workspace measures them again. Other makers'
//! OCR-B differs by some hundredths: capitals as high as digits are the commonest difference.

/// A glyph's ends: left and right of its cell's middle, above the baseline its top and its bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ends {
    /// Left end; negative.
    pub left: f32,
    /// Right end.
    pub right: f32,
    /// Upper end.
    pub top: f32,
    /// Lower end; negative below the baseline.
    pub bottom: f32,
}

/// The glyph of an MRZ character; `None` for any other.
#[must_use]
pub fn ends(character: char) -> Option<Ends> {
    let index = crate::document::mrz::symbol_index(character)?;
    GLYPHS.get(index).map(|[left, right, top, bottom]| Ends {
        left: *left,
        right: *right,
        top: *top,
        bottom: *bottom,
    })
}

/// In the order of [`crate::document::mrz::ALPHABET`].
#[rustfmt::skip]
const GLYPHS: [[f32; 4]; 37] = [
    [-0.344, 0.348, 1.069, -0.019], // 0
    [-0.301, 0.131, 1.065, -0.014], // 1
    [-0.320, 0.320, 1.069, 0.001], // 2
    [-0.344, 0.335, 1.048, -0.018], // 3
    [-0.344, 0.348, 1.065, -0.014], // 4
    [-0.308, 0.293, 1.048, -0.018], // 5
    [-0.344, 0.348, 1.065, -0.018], // 6
    [-0.344, 0.348, 1.048, -0.014], // 7
    [-0.344, 0.348, 1.069, -0.019], // 8
    [-0.344, 0.348, 1.069, -0.014], // 9
    [-0.335, 0.341, 0.978, -0.014], // A
    [-0.344, 0.348, 0.970, 0.001], // B
    [-0.277, 0.283, 0.990, -0.018], // C
    [-0.273, 0.312, 0.970, 0.001], // D
    [-0.280, 0.331, 0.970, 0.001], // E
    [-0.210, 0.308, 0.970, -0.014], // F
    [-0.333, 0.324, 0.990, -0.022], // G
    [-0.305, 0.308, 0.986, -0.014], // H
    [-0.265, 0.269, 0.970, 0.001], // I
    [-0.320, 0.179, 0.986, -0.022], // J
    [-0.324, 0.348, 0.986, -0.014], // K
    [-0.305, 0.348, 0.986, 0.001], // L
    [-0.344, 0.348, 0.986, -0.014], // M
    [-0.324, 0.328, 0.986, -0.014], // N
    [-0.340, 0.344, 0.997, -0.018], // O
    [-0.305, 0.348, 0.970, -0.014], // P
    [-0.342, 0.348, 0.990, -0.014], // Q
    [-0.288, 0.316, 0.970, -0.014], // R
    [-0.297, 0.301, 0.990, -0.021], // S
    [-0.344, 0.348, 0.970, -0.014], // T
    [-0.324, 0.328, 0.986, -0.018], // U
    [-0.345, 0.349, 0.986, -0.014], // V
    [-0.344, 0.348, 0.986, -0.014], // W
    [-0.316, 0.320, 0.986, -0.014], // X
    [-0.312, 0.316, 0.986, -0.014], // Y
    [-0.305, 0.308, 0.970, 0.001], // Z
    [-0.344, 0.348, 0.963, 0.089], // <
];
