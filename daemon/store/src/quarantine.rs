//! What recovery takes out of the log is kept: one file an opening, one JSON line an entry.
//!
//! Only what stood in the log goes here, that is ciphertext with its place.

use std::path::{Path, PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use kiosk_wire::Random;

use crate::disk::write_whole;
use crate::folder::names;
use crate::journal::Scrap;
use crate::{Disk, StoreError};

/// A record that was taken out.
pub(crate) struct TakenOut {
    pub(crate) number: u64,
    pub(crate) why: &'static str,
    pub(crate) value: Vec<u8>,
}

/// Writes what was taken out, durably; only afterwards may it leave the log.
pub(crate) fn keep(
    disk: &dyn Disk,
    random: &dyn Random,
    folder: &Path,
    taken_out: &[TakenOut],
) -> Result<PathBuf, StoreError> {
    let lines = taken_out.iter().map(|entry| {
        let value = BASE64_STANDARD.encode(&entry.value);
        serde_json::json!({ "number": entry.number, "why": entry.why, "value": value })
    });
    write(disk, random, folder, lines)
}

/// Writes what of the journal is no frame, durably.
pub(crate) fn keep_scraps(
    disk: &dyn Disk,
    random: &dyn Random,
    folder: &Path,
    scraps: &[(Scrap, &'static str)],
) -> Result<PathBuf, StoreError> {
    let lines = scraps.iter().map(|(scrap, why)| {
        serde_json::json!({
            "segment": scrap.at.segment, "offset": scrap.at.offset, "why": why,
            "value": BASE64_STANDARD.encode(&scrap.bytes),
        })
    });
    write(disk, random, folder, lines)
}

fn write(
    disk: &dyn Disk,
    random: &dyn Random,
    folder: &Path,
    lines: impl Iterator<Item = serde_json::Value>,
) -> Result<PathBuf, StoreError> {
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    let name = free_name(folder)?;
    write_whole(disk, random, folder, &name, lines.as_bytes())?;
    Ok(folder.join(name))
}

fn free_name(folder: &Path) -> Result<String, StoreError> {
    let taken = names(folder)?;
    let newest = taken
        .iter()
        .filter_map(|name| name.strip_suffix(".jsonl")?.parse::<u64>().ok())
        .max()
        .unwrap_or(0);
    Ok(format!("{:06}.jsonl", newest + 1))
}
