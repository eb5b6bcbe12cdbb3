//! One look with zxing-cpp at a grey picture.

use opencv::core::{Mat, MatTraitConst, MatTraitConstManual};
use zxingcpp::{BarcodeFormat, BarcodeReader, ImageFormat, ImageView, TextMode};

use crate::Error;

/// The most symbols that are taken from one picture.
const MOST: i32 = 8;

/// A symbol as zxing-cpp gives it.
pub(super) struct Seen {
    pub text: String,
    pub bytes: Vec<u8>,
    /// Upper left, upper right, lower right, lower left as it is read.
    pub corners: [[f32; 2]; 4],
}

/// Every symbol of an 8-bit grey picture without row padding, in quarter turns and, for large ones,
/// scaled down too: zxing-cpp's `try_harder`, `try_rotate` and `try_downscale`, which its own runner
/// calls slow.
///
/// # Errors
/// [`Error::Barcode`] where the library fails.
pub(super) fn look(grey: &Mat) -> Result<Vec<Seen>, Error> {
    let pixels = grey.data_bytes()?;
    let failed = |error: zxingcpp::Error| Error::Barcode(error.to_string());
    let view = ImageView::from_slice(pixels, grey.cols(), grey.rows(), ImageFormat::Lum)
        .map_err(failed)?;
    let found = reader().from(view).map_err(failed)?;
    let valid = found.iter().filter(|barcode| barcode.is_valid());
    Ok(valid.take(MOST as usize).map(seen).collect())
}

fn reader() -> BarcodeReader {
    // The compact kind names zxing-cpp's PDF417 reader, which reads whole symbols as well; naming
    // `PDF417` would add the search for MicroPDF417, which takes as long again and is not wanted.
    BarcodeReader::new()
        .formats(BarcodeFormat::CompactPDF417)
        .text_mode(TextMode::Plain)
        .try_harder(true)
        .try_rotate(true)
        .try_invert(true)
        .try_downscale(true)
        .max_number_of_symbols(MOST)
}

fn seen(barcode: &zxingcpp::Barcode) -> Seen {
    let bytes = barcode.bytes();
    let position = barcode.position();
    let corners = [
        position.top_left,
        position.top_right,
        position.bottom_right,
        position.bottom_left,
    ];
    Seen {
        // The binding's text ends at the first NUL.
        text: if bytes.contains(&0) {
            plain(&bytes)
        } else {
            barcode.text()
        },
        bytes,
        corners: corners.map(|point| [point.x as f32 + 0.5, point.y as f32 + 0.5]),
    }
}

/// Bytes as text: UTF-8 where they are that, else ISO 8859-1, PDF417's own default (ISO/IEC 15438).
fn plain(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_text_whole_with_control_characters_as_they_are() {
        assert_eq!(plain(b"A\0B\x1d"), "A\0B\x1d");
        assert_eq!(plain("\0é".as_bytes()), "\0é");
        assert_eq!(plain(b"\0\xe9"), "\0é");
    }
}
