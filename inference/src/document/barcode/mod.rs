//! PDF417 barcodes of a picture, in any rotation.
//!
//! ```text
//! picture ─► grey ─► first look: zxing-cpp, upright and in quarter turns ─► confirmed? ─► barcodes
//!                        │ nothing
//!                        └─► regions of one-way edges ─► turned upright ─► guards ─► flattened
//!                              ─► zxing-cpp at several sizes; two have to agree ──────► barcodes
//! ```
//!
//! zxing-cpp follows rows of the picture: measured on a licence's symbol at 3 pixels a module, it
//! reads nothing from 1 degree of tilt on. The second look is what reads symbols as cameras see
//! them. Work is bounded: at most [`FIRST_SIDE`] pixels a side at first, then a few regions of bounded size.

mod closer;
mod confirm;
mod guards;
mod look;
mod region;

use std::fmt;

use opencv::core::{Mat, MatTraitConst, Size};
use opencv::imgproc;

use crate::Error;
use crate::picture::Picture;

/// The longer side, in pixels, up to which the whole picture is looked at as it is; above, scaled
/// down. An ID-1 card that fills so many has 37 pixels a millimetre, 6 a module of 0.17 mm, the
/// least that AAMVA allows (as open readers give it).
pub const FIRST_SIDE: i32 = 3200;

/// A barcode and what it holds.
#[derive(Clone, PartialEq)]
pub struct Barcode {
    /// Its text, control characters as they are: character sets by its ECIs, or guessed where it
    /// has none (zxing-cpp's plain text).
    pub text: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Corners in picture pixels: upper left, upper right, lower right, lower left as it is read.
    pub corners: [[f32; 2]; 4],
    /// Whether looking at it otherwise gives the same bytes. One reading alone of a symbol that is
    /// covered in part, torn or blurred may be wrong although its error correction passes it.
    pub confirmed: bool,
}

impl fmt::Debug for Barcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Barcode({} bytes)", self.bytes.len())
    }
}

/// Reads the PDF417 barcodes of a picture, from top to bottom; none where it shows none.
///
/// # Errors
/// [`Error`] where an image operation or the barcode library fails.
pub fn read(picture: &Picture) -> Result<Vec<Barcode>, Error> {
    let mut grey = Mat::default();
    imgproc::cvt_color_def(&picture.as_mat()?, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let (scaled, scale) = fitted(&grey)?;
    let seen = look::look(&scaled)?;
    if seen.is_empty() {
        return closer::look(&grey, &scaled, scale);
    }
    let own = |[x, y]: [f32; 2]| [x / scale, y / scale];
    seen.into_iter()
        .map(|seen| {
            Ok(Barcode {
                confirmed: confirm::confirmed(&scaled, &seen)?,
                text: seen.text,
                bytes: seen.bytes,
                corners: seen.corners.map(own),
            })
        })
        .collect()
}

/// The picture at the size of the first look, and that size over its own.
fn fitted(grey: &Mat) -> Result<(Mat, f32), Error> {
    let longer = grey.cols().max(grey.rows());
    if longer <= FIRST_SIDE {
        return Ok((grey.try_clone()?, 1.0));
    }
    let scale = f64::from(FIRST_SIDE) / f64::from(longer);
    let side = |pixels: i32| ((f64::from(pixels) * scale).round() as i32).max(1);
    let size = Size::new(side(grey.cols()), side(grey.rows()));
    let mut small = Mat::default();
    imgproc::resize(grey, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    Ok((small, scale as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let barcode = Barcode {
            text: "SECRET".into(),
            bytes: b"SECRET".to_vec(),
            corners: [[0.0; 2]; 4],
            confirmed: true,
        };
        assert_eq!(format!("{barcode:?}"), "Barcode(6 bytes)");
    }

    #[test]
    fn an_even_picture_has_none() {
        let picture = Picture::from_bgr(640, 480, vec![128; 640 * 480 * 3]).unwrap();
        assert_eq!(read(&picture).unwrap(), Vec::new());
        let dot = Picture::from_bgr(1, 1, vec![0; 3]).unwrap();
        assert_eq!(read(&dot).unwrap(), Vec::new());
    }
}
