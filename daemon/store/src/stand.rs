//! How far sled's files can be believed: one small file, replaced whole before they are changed and after.
//!
//! ```text
//!  stand:  "settled COMMIT\n"   sled's files hold that commit of the journal, synced, and nobody changes them
//!          "open\n"             they are being changed, or were when a crash came; so does any other content, and no file
//!
//!  settle:  "open" ──► sled's files changed, flushed, fdatasync ──► "settled COMMIT"
//! ```
//!
//! Between two settlings the journal alone is written. So a crash at any other moment leaves files that are believed
//! as they are, and the journal's tail behind that commit is read anew. Programs before this one wrote "closed COMMIT" for
//! the same.

use std::path::PathBuf;
use std::sync::Arc;

use kiosk_wire::Random;

use crate::disk::write_whole;
use crate::{Disk, StoreConfig};

const NAME: &str = "stand";

/// The file, and what stands in it.
pub(crate) struct Stand {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    random: Arc<dyn Random>,
    settled: Option<u64>,
    /// "open" stands there for certain. A write that failed may have replaced the file or not.
    open: bool,
}

impl Stand {
    /// As the last program left it.
    pub(crate) fn read(config: &StoreConfig) -> Self {
        // What can't be read says nothing, as after a crash.
        let text = std::fs::read_to_string(config.folder.join(NAME)).ok();
        Self {
            folder: config.folder.clone(),
            disk: Arc::clone(&config.disk),
            random: Arc::clone(&config.random),
            settled: text.as_deref().and_then(commit),
            open: false,
        }
    }

    /// The commit that sled's files hold, where they can be believed.
    pub(crate) const fn settled(&self) -> Option<u64> {
        self.settled
    }

    /// Before sled's files are changed. Tells whether they may be: where nothing can be noted they stay as they are, and
    /// the next time tries again.
    pub(crate) fn note_open(&mut self) -> bool {
        if !self.open {
            self.settled = None;
            // Nothing is believed of a file that is gone either, and a full disk lets it go.
            self.open = self.write("open\n") || self.remove();
        }
        self.open
    }

    /// After they were changed and synced. Where it can't be noted the next start adds them up.
    pub(crate) fn note_settled(&mut self, commit: u64) {
        self.open = false;
        if self.write(&format!("settled {commit}\n")) {
            self.settled = Some(commit);
        }
    }

    fn remove(&self) -> bool {
        let removed = self.disk.remove(&self.folder.join(NAME));
        removed
            .and_then(|()| self.disk.sync_folder(&self.folder))
            .is_ok()
    }

    fn write(&self, text: &str) -> bool {
        let (disk, random) = (self.disk.as_ref(), self.random.as_ref());
        let written = write_whole(disk, random, &self.folder, NAME, text.as_bytes());
        if let Err(error) = &written {
            tracing::warn!(%error, "how far the view can be believed could not be noted");
        }
        written.is_ok()
    }
}

fn commit(text: &str) -> Option<u64> {
    let commit = text
        .strip_prefix("settled ")
        .or_else(|| text.strip_prefix("closed "))?;
    commit.strip_suffix('\n')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::commit;

    #[test]
    fn only_a_whole_line_of_a_known_form_is_believed() {
        assert_eq!(commit("settled 12\n"), Some(12));
        assert_eq!(commit("closed 7\n"), Some(7));
        for text in [
            "",
            "open\n",
            "settled 12",
            "settled \n",
            "settled 12\nx",
            "\0\0",
        ] {
            assert_eq!(commit(text), None, "{text:?}");
        }
    }
}
