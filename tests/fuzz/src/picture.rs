//! What the fuzz target for pictures does with its bytes. The target and a plain test of the house include this file,
//! so that both run the same.
//!
//! It returns where the bytes are refused and panics where a promise is broken.

use kiosk_inference::picture::{DecodeLimits, Picture, PictureError};

/// Nothing that a picture makes us read or hold at once may be larger.
pub const MOST_BYTES: usize = 64 << 20;
/// Bytes a pixel that a decoder holds at once at most: a progressive JPEG's coefficients, three of 16 bits.
const BYTES_A_PIXEL: usize = 6;

/// The limits under which a picture stays within [`MOST_BYTES`].
pub fn limits() -> DecodeLimits {
    DecodeLimits {
        max_bytes: MOST_BYTES,
        max_pixels: (MOST_BYTES / BYTES_A_PIXEL) as u64,
        max_side: 12_000,
    }
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
