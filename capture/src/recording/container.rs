//! What a file is, by its first bytes: only what is known here reaches a decoder. Text playlists,
//! which would have FFmpeg open other files, are no container.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::unreadable;
use crate::error::CaptureError;

/// Two MPEG transport packets.
const HEAD: usize = 376;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One picture.
    Picture,
    /// A video.
    Video {
        /// Whether its index states a number of frames that can be relied on.
        counts_frames: bool,
    },
}

/// Looks at a file's head.
pub(super) fn kind_of(path: &Path) -> Result<Kind, CaptureError> {
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    let facts = file.metadata().map_err(|error| unreadable(&error))?;
    if !facts.is_file() {
        return Err(CaptureError::Unreadable {
            reason: "it is neither a file nor a folder".into(),
        });
    }
    let mut head = Vec::with_capacity(HEAD);
    file.by_ref()
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(|error| unreadable(&error))?;
    if head.is_empty() {
        return Err(CaptureError::Empty);
    }
    if is_picture(&head) {
        return Ok(Kind::Picture);
    }
    if let Some(stated) = riff_length(&head, b"AVI ")
        && stated > facts.len()
    {
        return Err(CaptureError::Truncated);
    }
    video(&head).ok_or(CaptureError::UnknownFormat)
}

/// The length that a RIFF file states, header and all.
pub(super) fn riff_length(head: &[u8], form: &[u8; 4]) -> Option<u64> {
    if !head.starts_with(b"RIFF") || head.get(8..12) != Some(form) {
        return None;
    }
    let four: [u8; 4] = head.get(4..8)?.try_into().ok()?;
    Some(u64::from(u32::from_le_bytes(four)) + 8)
}

/// JPEG, PNG, WebP, BMP, TIFF or a binary or text PNM.
pub(super) fn is_picture(head: &[u8]) -> bool {
    let pnm = matches!(head, [b'P', b'1'..=b'6', space, ..] if space.is_ascii_whitespace());
    let begins = [
        &b"\xFF\xD8\xFF"[..],
        b"\x89PNG\r\n\x1a\n",
        b"BM",
        b"II*\0",
        b"MM\0*",
    ];
    pnm || riff_length(head, b"WEBP").is_some()
        || begins.iter().any(|begin| head.starts_with(begin))
}

fn video(head: &[u8]) -> Option<Kind> {
    let box_name = head.get(4..8).unwrap_or_default();
    let boxes = [
        &b"ftyp"[..],
        b"moov",
        b"mdat",
        b"free",
        b"skip",
        b"wide",
        b"pnot",
    ];
    if riff_length(head, b"AVI ").is_some() || boxes.contains(&box_name) {
        return Some(Kind::Video {
            counts_frames: true,
        });
    }
    let begins = [
        &b"\x1A\x45\xDF\xA3"[..],            // Matroska, WebM
        b"\x00\x00\x01\xBA",                 // MPEG program stream
        b"\x00\x00\x01\xB3",                 // MPEG video
        b"OggS",                             // Ogg
        b"FLV",                              // Flash video
        b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", // ASF, WMV
        b"GIF8",                             // GIF
    ];
    let transport = head.first() == Some(&0x47) && head.get(188) == Some(&0x47);
    let known = transport || begins.iter().any(|begin| head.starts_with(begin));
    known.then_some(Kind::Video {
        counts_frames: false,
    })
}
