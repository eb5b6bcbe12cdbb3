//! From layout 1, where sled held everything, to layout 2, where the journal does.
//!
//! ```text
//!  log/ (sled, all values) ──► journal.new/ (frames, synced) ──► renamed to journal/ ──► log/ is made anew as a view
//! ```
//!
//! A crash on the way leaves `journal.new`, which is removed, or `journal`, which is whole: the last frame of all
//! names the new layout.

use std::path::Path;
use std::sync::Arc;

use crate::folder::{Folder, make, names};
use crate::journal::Journal;
use crate::journal::frame::Change;
use crate::layout::{BY_SESSION, LAYOUT_VERSION, STORE, brief};
use crate::{Disk, StoreConfig, StoreError};
use uuid::Uuid;

/// Bytes that one frame takes over.
const AT_ONCE: usize = 1024 * 1024;

/// Brings an older store to the present layout; gives the layout that it had.
pub(crate) fn migrate(folder: &Folder, config: &StoreConfig) -> Result<Option<u8>, StoreError> {
    let unfinished = folder.path.join("journal.new");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished).map_err(StoreError::io("removed", &unfinished))?;
    }
    let old = folder.log();
    if !names(&folder.journal())?.is_empty() || !old.join("db").exists() {
        return Ok(None);
    }
    let tree = sled::Config::new().path(&old).open().map_err(log_error)?;
    let store = tree.get(STORE).map_err(log_error)?;
    let is_view = tree.contains_key(crate::view::MARK).map_err(log_error)?;
    let Some(store) = store.filter(|_| !is_view) else {
        return Ok(None);
    };
    let version = *store.first().ok_or(StoreError::Layout { version: 0 })?;
    if version != 1 {
        return Err(StoreError::Layout { version });
    }
    make(&unfinished)?;
    copy(&tree, &store, &unfinished, Arc::clone(&config.disk))?;
    let disk = config.disk.as_ref();
    let journal = folder.journal();
    disk.rename(&unfinished, &journal)
        .map_err(StoreError::io("renamed", journal))?;
    disk.sync_folder(&folder.path)
        .map_err(StoreError::io("synced", &folder.path))?;
    Ok(Some(version))
}

fn copy(tree: &sled::Db, store: &[u8], to: &Path, disk: Arc<dyn Disk>) -> Result<(), StoreError> {
    let (mut journal, _) = Journal::open(to.to_owned(), disk, u64::MAX)?;
    let mut changes: Vec<Change> = Vec::new();
    let mut weight = 0;
    for entry in tree.iter() {
        let (key, value) = entry.map_err(log_error)?;
        if key.as_ref() == STORE {
            continue;
        }
        if let [BY_SESSION, session @ ..] = key.as_ref()
            && let Some(session) = session.first_chunk::<16>()
        {
            // Nothing was said of it in brief: whoever wants that has to read it once.
            changes.push((brief(Uuid::from_bytes(*session)), Some(Vec::new())));
        }
        weight += key.len() + value.len();
        changes.push((key.to_vec(), Some(value.to_vec())));
        if weight >= AT_ONCE {
            journal.append(&std::mem::take(&mut changes))?;
            weight = 0;
        }
    }
    let mut value = store.to_vec();
    value[0] = LAYOUT_VERSION;
    changes.push((STORE.to_vec(), Some(value)));
    journal.append(&changes).map(|_| ())
}

fn log_error(error: sled::Error) -> StoreError {
    StoreError::Log {
        doing: "migrated",
        why: error.to_string(),
    }
}
