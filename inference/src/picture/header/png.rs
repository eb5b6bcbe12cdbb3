//! The chunks of a PNG (ISO/IEC 15948), walked to its `IEND`.

use super::{Header, Orientation, PictureError, PictureFormat, sized, u32_be};

/// The most that libpng lets one compressed chunk beside the pixels grow to (`PNG_USER_CHUNK_MALLOC_MAX`).
const MOST_INFLATED: u64 = 8_000_000;
/// Deflate's greatest gain: 258 bytes from two bits.
const MOST_GAIN: u64 = 1032;

pub(super) fn read(bytes: &[u8]) -> Result<Header, PictureError> {
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
    let mut orientation = Orientation::Upright;
    let mut held = 0;
    loop {
        let length = u32_be(bytes, at).ok_or(PictureError::Truncated)? as usize;
        let kind = bytes.get(at + 4..at + 8).ok_or(PictureError::Truncated)?;
        let end = at
            .checked_add(length + 12)
            .ok_or(PictureError::Undecodable)?;
        if end > bytes.len() {
            return Err(PictureError::Truncated);
        }
        let content = bytes.get(at + 8..at + 8 + length).unwrap_or_default();
        match kind {
            b"IEND" => break,
            b"eXIf" => orientation = Orientation::of_tiff(content),
            _ => {}
        }
        held += kept(kind, content);
        at = end;
    }
    Ok(Header {
        orientation,
        held,
        ..sized(PictureFormat::Png, width, height)?
    })
}

/// What a chunk may take in memory: once read, and once more as it is kept, inflated where it is compressed.
fn kept(kind: &[u8], content: &[u8]) -> u64 {
    let length = content.len() as u64;
    let inflated = (length * MOST_GAIN).min(MOST_INFLATED);
    match kind {
        b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" => 0,
        b"zTXt" | b"iCCP" => 2 * inflated,
        b"iTXt" if is_compressed(content) => 2 * inflated,
        _ => 2 * length,
    }
}

/// An international text: keyword, zero, flag.
fn is_compressed(text: &[u8]) -> bool {
    let zero = text.iter().position(|byte| *byte == 0);
    zero.and_then(|at| text.get(at + 1))
        .is_none_or(|flag| *flag != 0)
}
