//! The segments of a JPEG (ITU-T T.81, annex B), walked to its end-of-image marker.

use super::{Header, Orientation, PictureError, PictureFormat, sized, u16_be};

/// Bytes of a block's coefficients in memory: 64 of 16 bits.
const BLOCK_BYTES: u64 = 128;

/// What the frame header says.
struct Frame {
    width: u32,
    height: u32,
    components: u8,
    progressive: bool,
    /// Bytes of all coefficients: held at once where a picture comes in several scans.
    coefficients: u64,
}

pub(super) fn read(bytes: &[u8]) -> Result<Header, PictureError> {
    let mut at = 2;
    let mut frame: Option<Frame> = None;
    let mut scanned = false;
    let mut orientation = Orientation::Upright;
    let mut held = 0;
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
        let segment = bytes.get(at + 2..at + length.max(2)).unwrap_or_default();
        match marker {
            0xC4 | 0xC8 | 0xCC => {} // tables that are numbered among the frames
            0xC0..=0xCF if frame.is_none() => frame = Some(frame_of(marker, bytes, at)?),
            0xDA if !scanned => {
                scanned = true;
                held += frame.as_ref().map_or(0, |frame| kept(frame, segment));
            }
            0xE1 => {
                held += length as u64; // kept by the decoder for whom it may concern
                if let Some(tiff) = segment.strip_prefix(b"Exif\0\0") {
                    orientation = Orientation::of_tiff(tiff);
                }
            }
            _ => {}
        }
        at += length.max(2);
    }
    let frame = frame.ok_or(PictureError::Undecodable)?;
    Ok(Header {
        orientation,
        held,
        ..sized(PictureFormat::Jpeg, frame.width, frame.height)?
    })
}

/// The first scan tells whether others follow: then the decoder keeps every coefficient until the last.
fn kept(frame: &Frame, scan: &[u8]) -> u64 {
    let components = scan.first().copied().unwrap_or(0);
    if frame.progressive || components < frame.components {
        frame.coefficients
    } else {
        0
    }
}

fn frame_of(marker: u8, bytes: &[u8], at: usize) -> Result<Frame, PictureError> {
    let height = u16_be(bytes, at + 3).ok_or(PictureError::Truncated)?;
    let width = u16_be(bytes, at + 5).ok_or(PictureError::Truncated)?;
    let components = *bytes.get(at + 7).ok_or(PictureError::Truncated)?;
    let end = at + 8 + 3 * usize::from(components);
    let listed = bytes.get(at + 8..end).ok_or(PictureError::Truncated)?;
    let sampling: Vec<[u64; 2]> = listed
        .as_chunks::<3>()
        .0
        .iter()
        .map(|[_, factors, _]| [u64::from(factors >> 4), u64::from(factors & 15)])
        .collect();
    let most = |axis: usize| sampling.iter().map(|s| s[axis]).max().unwrap_or(1).max(1);
    // Blocks along a side, filled up to whole units of the sampling.
    let blocks = |side: u32, axis: usize, own: u64| u64::from(side).div_ceil(8 * most(axis)) * own;
    let coefficients = sampling
        .iter()
        .map(|[across, down]| blocks(width, 0, *across) * blocks(height, 1, *down) * BLOCK_BYTES)
        .sum();
    Ok(Frame {
        width,
        height,
        components,
        progressive: matches!(marker, 0xC2 | 0xC6 | 0xCA | 0xCE),
        coefficients,
    })
}
