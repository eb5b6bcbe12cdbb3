//! What each fuzz target does with its bytes. The targets and a plain test of the house include this file, so that
//! both run the same.
//!
//! A body returns where the bytes are refused and panics where a promise is broken.

use kiosk_inference::document::mrz::{MrzFields, Sex, encode, parse, transliterations};
use kiosk_inference::picture::{DecodeLimits, Picture, PictureError};

/// Nothing that a picture makes us read or hold at once may be larger.
pub const MOST_BYTES: usize = 64 << 20;
/// Bytes a pixel that a decoder holds at once at most: a progressive JPEG's coefficients, three of 16 bits.
const BYTES_A_PIXEL: usize = 6;
/// Text that is longer than any MRZ by far; the rest is not looked at.
const MOST_TEXT: usize = 4096;

/// The limits under which a picture stays within [`MOST_BYTES`].
pub fn limits() -> DecodeLimits {
    DecodeLimits {
        max_bytes: MOST_BYTES,
        max_pixels: (MOST_BYTES / BYTES_A_PIXEL) as u64,
        max_side: 12_000,
    }
}

/// MRZ text: parsed or refused; what is parsed and can be written again reads as the same fields.
pub fn mrz(bytes: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_TEXT)]);
    if let Ok(ways) = transliterations(&text, "name") {
        for written in ways {
            assert!(written.chars().all(|c| c.is_ascii_uppercase() || c == '<'));
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    let Ok(mrz) = parse(&lines) else {
        return;
    };
    let Ok(again) = encode(mrz.format, &mrz.fields) else {
        return;
    };
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    let Ok(second) = parse(&again) else {
        panic!("what was written does not parse: {again:?}");
    };
    assert!(second.check_digits.all_right(), "{again:?}");
    assert!(comparable(second.fields) == comparable(mrz.fields), "{again:?}");
}

/// Fields without what an MRZ cannot tell apart: an unknown sex, and whether a name was cut.
fn comparable(mut fields: MrzFields) -> MrzFields {
    fields.sex = fields.sex.or(Some(Sex::Unspecified));
    fields.names.maybe_truncated = false;
    fields
}

/// A picture file: refused, or decoded to the size that it has, within the limits.
pub fn picture(bytes: &[u8]) {
    let limits = limits();
    match Picture::decode(bytes, &limits) {
        Ok(picture) => {
            let pixels = u64::from(picture.width()) * u64::from(picture.height());
            assert!(pixels <= limits.max_pixels);
            assert_eq!(picture.bgr().len() as u64, pixels * 3);
            assert!(picture.bgr().len() <= MOST_BYTES);
        }
        Err(PictureError::Library(error)) => panic!("a step that should not fail: {error}"),
        Err(_) => {}
    }
}
