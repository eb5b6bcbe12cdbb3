//! What the fuzz target for pictures does with its bytes. The target and a plain test of the house include this file,
//! so that both run the same.
//!
//! It returns where the bytes are refused and panics where a promise is broken.

use kiosk_inference::picture::{DecodeLimits, Picture, PictureError};

/// A picture file: refused, or decoded to the size that it has or to half of it, within the limits of uploads.
pub fn picture(bytes: &[u8]) {
    let limits = DecodeLimits::default();
    match Picture::decode(bytes, &limits) {
        Ok(picture) => {
            let pixels = u64::from(picture.width()) * u64::from(picture.height());
            assert!(pixels <= limits.max_pixels);
            assert_eq!(picture.bgr().len() as u64, pixels * 3);
            assert!(pixels * 3 <= limits.max_memory);
        }
        Err(PictureError::Library(error)) => panic!("a step that should not fail: {error}"),
        Err(_) => {}
    }
}
