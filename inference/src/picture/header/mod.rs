//! What a picture file says of itself, read without decoding a pixel: its format, its size, which way is up,
//! whether its end is there, and what a decoder will hold for it beside the pixels.
//!
//! ```text
//! JPEG  FFD8  FFxx len..  SOF: height u16 BE, width u16 BE  SOS  entropy data (FF00, RST)  FFD9
//! PNG   8-byte signature  [len u32 BE, type, data, crc]...  IHDR first, IEND last
//! WebP  "RIFF" size u32 LE "WEBP"  VP8X | VP8L | "VP8 "
//! BMP   "BM" file size u32 LE ... width i32 LE, height i32 LE (negative: top down)
//! ```
//!
//! OpenCV decodes a JPEG that ends early and fills the rest with grey, without a word; hence the
//! walk to the end here.

mod exif;
mod jpeg;
mod png;
mod webp;

pub(super) use exif::Orientation;

use super::PictureError;

/// The formats that are let in. Everything else is refused before a decoder sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// JFIF or EXIF JPEG, baseline or progressive.
    Jpeg,
    /// Portable Network Graphics.
    Png,
    /// WebP, lossy or lossless.
    WebP,
    /// Windows bitmap.
    Bmp,
}

/// Size and format as the file's header states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The container's format.
    pub format: PictureFormat,
    /// Stored width in pixels, before any EXIF rotation.
    pub width: u32,
    /// Stored height in pixels, before any EXIF rotation.
    pub height: u32,
    /// How the stored pixels are turned.
    pub(super) orientation: Orientation,
    /// Bytes that a decoder holds at once beside the pixels that it gives and a few rows.
    pub(super) held: u64,
    /// Whether `held` is all; a lossless WebP's decoder may hold more than its header tells.
    pub(super) bounded: bool,
}

impl Header {
    /// Reads the header and checks that the file's end is there.
    ///
    /// # Errors
    /// [`PictureError::Empty`], [`PictureError::UnknownFormat`], [`PictureError::Truncated`],
    /// [`PictureError::Moving`] or [`PictureError::Undecodable`].
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.is_empty() {
            return Err(PictureError::Empty);
        }
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return jpeg::read(bytes);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return png::read(bytes);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return webp::read(bytes);
        }
        if bytes.starts_with(b"BM") && bytes.len() >= 26 {
            return bmp(bytes);
        }
        Err(PictureError::UnknownFormat)
    }
}

fn u16_be(bytes: &[u8], at: usize) -> Option<u32> {
    let two: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u32::from(u16::from_be_bytes(two)))
}

fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(four))
}

fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    u32_be(bytes, at).map(u32::swap_bytes)
}

fn sized(format: PictureFormat, width: u32, height: u32) -> Result<Header, PictureError> {
    if width == 0 || height == 0 {
        return Err(PictureError::Undecodable);
    }
    Ok(Header {
        format,
        width,
        height,
        orientation: Orientation::Upright,
        held: 0,
        bounded: true,
    })
}

fn bmp(bytes: &[u8]) -> Result<Header, PictureError> {
    let declared = u32_le(bytes, 2).ok_or(PictureError::Truncated)? as usize;
    if declared > bytes.len() {
        return Err(PictureError::Truncated);
    }
    let width = u32_le(bytes, 18)
        .ok_or(PictureError::Truncated)?
        .cast_signed();
    let height = u32_le(bytes, 22)
        .ok_or(PictureError::Truncated)?
        .cast_signed();
    sized(
        PictureFormat::Bmp,
        width.unsigned_abs(),
        height.unsigned_abs(),
    )
}
