//! The chunks of a WebP (RFC 9649). What a lossless one, or a lossless plane of transparency, makes its decoder hold is
//! not bounded by its size: it states up to 65,536 groups of Huffman tables of 9 KB each, whose memory libwebp takes
//! before it reads one, 600 MB for a picture of one megapixel.

use super::{Header, Orientation, PictureError, PictureFormat, sized, u32_le};

/// `VP8X`'s flag of a picture that is transparent.
const TRANSPARENT: u8 = 0x10;
/// Bytes a pixel that a decoder keeps of a lossless or transparent picture: four of its own, four for OpenCV, which drops
/// transparency afterwards, and two of the plane.
const KEPT: u64 = 10;

pub(super) fn read(bytes: &[u8]) -> Result<Header, PictureError> {
    let declared = u32_le(bytes, 4).ok_or(PictureError::Truncated)? as usize;
    if declared + 8 > bytes.len() {
        return Err(PictureError::Truncated);
    }
    let mut size = None;
    let mut orientation = Orientation::Upright;
    let mut bounded = true;
    let mut at = 12;
    while at < declared + 8 {
        let kind = bytes.get(at..at + 4).ok_or(PictureError::Truncated)?;
        let length = u32_le(bytes, at + 4).ok_or(PictureError::Truncated)? as usize;
        let content = bytes.get(at + 8..at + 8 + length);
        let content = content.ok_or(PictureError::Truncated)?;
        match kind {
            b"ANIM" | b"ANMF" => return Err(PictureError::Moving),
            b"ALPH" => bounded = false,
            b"VP8X" => {
                bounded &= content.first().is_none_or(|flags| flags & TRANSPARENT == 0);
            }
            b"VP8L" => {
                bounded = false;
                size = size.or(Some(lossless_size(content)?));
            }
            b"VP8 " => size = size.or(Some(size_of(content)?)),
            b"EXIF" => orientation = Orientation::of_tiff(content),
            _ => {}
        }
        at += 8 + length + length % 2;
    }
    let (width, height) = size.ok_or(PictureError::Undecodable)?;
    let pixels = u64::from(width) * u64::from(height);
    Ok(Header {
        orientation,
        bounded,
        held: if bounded { 0 } else { KEPT * pixels },
        ..sized(PictureFormat::WebP, width, height)?
    })
}

/// Width and height of a VP8 key frame (RFC 6386, 9.1), 14 bits each.
fn size_of(frame: &[u8]) -> Result<(u32, u32), PictureError> {
    let side = |at: usize| {
        let two: [u8; 2] = frame.get(at..at + 2)?.try_into().ok()?;
        Some(u32::from(u16::from_le_bytes(two)) & 0x3FFF)
    };
    let sides = side(6).zip(side(8));
    sides.ok_or(PictureError::Truncated)
}

/// Width and height of a lossless picture (RFC 9649, 3.4): 14 bits each, less one, after a signature of a byte.
fn lossless_size(stream: &[u8]) -> Result<(u32, u32), PictureError> {
    let bits = u32_le(stream, 1).ok_or(PictureError::Truncated)?;
    Ok(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
}
