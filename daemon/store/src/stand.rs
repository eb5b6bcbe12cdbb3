//! How the store was left: one small file, replaced whole at opening and at closing.
//!
//! ```text
//!  stand:  "open\n"            while it is used, and after a crash
//!          "closed COMMIT\n"   closed after that commit of the journal, with the view on the disk
//! ```

use std::path::Path;

use crate::disk::write_whole;
use crate::{StoreConfig, StoreError};

const NAME: &str = "stand";

/// The commit after which the store was closed, if it was.
pub(crate) fn closed(folder: &Path) -> Option<u64> {
    // What can't be read says nothing, as after a crash.
    let text = std::fs::read_to_string(folder.join(NAME)).ok()?;
    text.strip_prefix("closed ")?.trim_end().parse().ok()
}

/// Notes that the store is open from now on.
pub(crate) fn note_open(config: &StoreConfig) -> Result<(), StoreError> {
    write(config, "open\n")
}

/// Notes that it was closed.
pub(crate) fn note_closed(config: &StoreConfig, commit: u64) -> Result<(), StoreError> {
    write(config, &format!("closed {commit}\n"))
}

fn write(config: &StoreConfig, text: &str) -> Result<(), StoreError> {
    let (disk, random) = (config.disk.as_ref(), config.random.as_ref());
    write_whole(disk, random, &config.folder, NAME, text.as_bytes())
}
