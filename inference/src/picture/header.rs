//! What a picture file says of itself, read without decoding a pixel: its format, its size, and
//! whether its end is there.
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
}

impl Header {
    /// Reads the header and checks that the file's end is there.
    ///
    /// # Errors
    /// [`PictureError::Empty`], [`PictureError::UnknownFormat`] or [`PictureError::Truncated`].
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.is_empty() {
            return Err(PictureError::Empty);
        }
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return jpeg(bytes);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return png(bytes);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return webp(bytes);
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
    })
}

/// Walks the segments of a JPEG (ITU-T T.81, annex B) to its end-of-image marker.
fn jpeg(bytes: &[u8]) -> Result<Header, PictureError> {
    let mut at = 2;
    let mut size = None;
    loop {
        while bytes.get(at).is_some_and(|&byte| byte != 0xFF) {
            at += 1; // entropy-coded data of a scan, or filling between segments
        }
        while bytes.get(at) == Some(&0xFF) {
            at += 1;
        }
        let Some(&marker) = bytes.get(at) else {
            return Err(PictureError::Truncated);
        };
        at += 1;
        match marker {
            0x00 | 0x01 | 0xD0..=0xD8 => continue, // stuffed byte, TEM, RSTn, SOI: no length
            0xD9 => break,
            _ => {}
        }
        let length = u16_be(bytes, at).ok_or(PictureError::Truncated)? as usize;
        let frame = matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
        if frame && size.is_none() {
            let height = u16_be(bytes, at + 3).ok_or(PictureError::Truncated)?;
            let width = u16_be(bytes, at + 5).ok_or(PictureError::Truncated)?;
            size = Some((width, height));
        }
        at += length.max(2);
    }
    let (width, height) = size.ok_or(PictureError::Undecodable)?;
    sized(PictureFormat::Jpeg, width, height)
}

fn png(bytes: &[u8]) -> Result<Header, PictureError> {
    if bytes.get(12..16) != Some(b"IHDR") {
        return Err(if bytes.len() < 24 {
            PictureError::Truncated
        } else {
            PictureError::Undecodable
        });
    }
    let width = u32_be(bytes, 16).ok_or(PictureError::Truncated)?;
    let height = u32_be(bytes, 20).ok_or(PictureError::Truncated)?;
    let mut at = 8usize;
    loop {
        let length = u32_be(bytes, at).ok_or(PictureError::Truncated)? as usize;
        let kind = bytes.get(at + 4..at + 8).ok_or(PictureError::Truncated)?;
        at = at
            .checked_add(length + 12)
            .ok_or(PictureError::Undecodable)?;
        if at > bytes.len() {
            return Err(PictureError::Truncated);
        }
        if kind == b"IEND" {
            return sized(PictureFormat::Png, width, height);
        }
    }
}

fn webp(bytes: &[u8]) -> Result<Header, PictureError> {
    let declared = u32_le(bytes, 4).ok_or(PictureError::Truncated)? as usize;
    if declared + 8 > bytes.len() {
        return Err(PictureError::Truncated);
    }
    let byte = |at: usize| {
        bytes
            .get(at)
            .copied()
            .map(u32::from)
            .ok_or(PictureError::Truncated)
    };
    let (width, height) = match bytes.get(12..16) {
        Some(b"VP8X") => {
            let three =
                |at| Ok::<_, PictureError>(byte(at)? | byte(at + 1)? << 8 | byte(at + 2)? << 16);
            (three(24)? + 1, three(27)? + 1)
        }
        Some(b"VP8L") => {
            let bits = u32_le(bytes, 21).ok_or(PictureError::Truncated)?;
            ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        }
        Some(b"VP8 ") => {
            let side = |at| Ok::<_, PictureError>((byte(at)? | byte(at + 1)? << 8) & 0x3FFF);
            (side(26)?, side(28)?)
        }
        _ => return Err(PictureError::Undecodable),
    };
    sized(PictureFormat::WebP, width, height)
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
