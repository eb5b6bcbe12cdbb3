//! Picture files, one or a folder of them: header first, pixels after.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use opencv::core::{Mat, MatTraitConst};
use opencv::imgcodecs;

use super::container::{is_picture, riff_length};
use super::{Limits, PICTURE_INTERVAL, unreadable};
use crate::error::CaptureError;
use crate::jpeg;

/// Files of a folder that count as pictures, by the end of their name; others are left alone.
const PICTURE_ENDS: [&str; 12] = [
    "jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "pnm", "pbm", "pgm", "ppm", "jpe",
];

/// Pictures in name order.
pub(super) struct Pictures {
    paths: Vec<PathBuf>,
    next: usize,
    limits: Limits,
    encoded: Vec<u8>,
}

impl Pictures {
    pub(super) fn of_file(path: PathBuf, limits: Limits) -> Self {
        Self {
            paths: vec![path],
            next: 0,
            limits,
            encoded: Vec::new(),
        }
    }

    pub(super) fn of_folder(folder: &Path, limits: Limits) -> Result<Self, CaptureError> {
        let entries = std::fs::read_dir(folder).map_err(|error| unreadable(&error))?;
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&error))?.path();
            if has_picture_end(&path) && path.is_file() {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            return Err(CaptureError::NoPictures);
        }
        paths.sort();
        Ok(Self {
            paths,
            next: 0,
            limits,
            encoded: Vec::new(),
        })
    }

    pub(super) fn count(&self) -> u64 {
        self.paths.len() as u64
    }

    pub(super) fn decode(&mut self, into: &mut Mat) -> Result<Option<Duration>, CaptureError> {
        let Some(path) = self.paths.get(self.next) else {
            return Ok(None);
        };
        read(path, &self.limits, &mut self.encoded)?;
        admit(&self.encoded, &self.limits)?;
        let encoded = Mat::from_bytes::<u8>(&self.encoded)?;
        imgcodecs::imdecode_to(&encoded, imgcodecs::IMREAD_COLOR, into)
            .map_err(|_| CaptureError::Undecodable)?;
        if into.empty() {
            return Err(CaptureError::Undecodable);
        }
        let place = u32::try_from(self.next).unwrap_or(u32::MAX);
        self.next += 1;
        Ok(Some(PICTURE_INTERVAL.saturating_mul(place)))
    }
}

fn has_picture_end(path: &Path) -> bool {
    let hidden = path
        .file_name()
        .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let end = path.extension().and_then(|end| end.to_str());
    !hidden && end.is_some_and(|end| PICTURE_ENDS.contains(&end.to_ascii_lowercase().as_str()))
}

fn read(path: &Path, limits: &Limits, into: &mut Vec<u8>) -> Result<(), CaptureError> {
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let bytes = file.metadata().map_err(|error| unreadable(&error))?.len();
    let limit = limits.max_picture_bytes;
    if bytes > limit {
        return Err(CaptureError::TooManyBytes { bytes, limit });
    }
    into.clear();
    // The file may still grow while it is read: it is not read past the limit.
    file.take(limit)
        .read_to_end(into)
        .map_err(|error| unreadable(&error))?;
    if into.is_empty() {
        return Err(CaptureError::Empty);
    }
    Ok(())
}

/// Refuses what is no picture, too large by its header, or cut off before its end.
fn admit(encoded: &[u8], limits: &Limits) -> Result<(), CaptureError> {
    if !is_picture(encoded) {
        return Err(CaptureError::UnknownFormat);
    }
    if !is_whole(encoded) {
        return Err(CaptureError::Truncated);
    }
    let size = imagesize::blob_size(encoded).map_err(|_| CaptureError::Undecodable)?;
    limits.admit(size.width as u64, size.height as u64)
}

/// Whether the end is there, where the format marks one. BMP, TIFF and PNM don't: their decoders
/// refuse what is short.
fn is_whole(encoded: &[u8]) -> bool {
    if let Some(stated) = riff_length(encoded, b"WEBP") {
        return stated <= encoded.len() as u64;
    }
    match encoded.first() {
        Some(0xFF) => jpeg::length(encoded).is_some(),
        Some(0x89) => encoded.windows(4).rev().any(|four| four == b"IEND"),
        _ => true,
    }
}
