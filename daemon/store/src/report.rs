//! What opening the store found and did. Numbers and places only.

use std::path::PathBuf;

/// Told once, at opening. Everything that was set aside lies in the quarantine file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// The newest record's number: as many records were ever written.
    pub records: u64,
    /// Central held everything up to this number.
    pub acknowledged: u64,
    /// How many of the newest records were checked.
    pub checked: u64,
    /// Records beyond the durable head, a torn tail: cut.
    pub cut: Vec<u64>,
    /// Records that were not what their hash says: set aside. Their numbers stay gaps.
    pub set_aside: Vec<u64>,
    /// Records that are not there though the head says so.
    pub missing: Vec<u64>,
    /// Entries of views that were missing and made anew from the log.
    pub views_mended: u64,
    /// Commits that were durable and that the log has lost, by the witness's word: it went back to an
    /// earlier state. The records among them are in `missing`.
    pub commits_lost: u64,
    /// The durable head was lost or damaged, in the log or at its witness, and was made anew.
    pub head_mended: bool,
    /// Files that a write left unfinished: removed.
    pub temporaries_removed: u64,
    /// Evidence files that nothing names: removed.
    pub orphans_removed: u64,
    /// Evidence that is named but whose file is gone; central can't be given it.
    pub evidence_missing: u64,
    /// Erasures that a crash had interrupted: finished.
    pub erasures_finished: u64,
    /// Bytes behind the journal's last whole frame, which a crash had torn: cut, promised to nobody.
    pub torn_bytes: u64,
    /// Bytes between whole frames that are none, as far as the journal was read: set aside.
    pub bad_bytes: u64,
    /// Why the view was made anew from the journal, if it was. It costs time and nothing else.
    pub view_rebuilt: Option<&'static str>,
    /// Commits of the journal that the view lacked and took over.
    pub frames_replayed: u64,
    /// The layout that the store had before it was brought to the present one.
    pub migrated_from: Option<u8>,
    /// Where the cut and set-aside records lie.
    pub quarantine: Option<PathBuf>,
}

impl RecoveryReport {
    /// Whether the log itself was whole. Temporaries, orphans and unfinished erasures are what any crash
    /// leaves; they cost nothing.
    pub const fn is_clean(&self) -> bool {
        self.cut.is_empty()
            && self.set_aside.is_empty()
            && self.missing.is_empty()
            && self.views_mended == 0
            && !self.head_mended
            && self.bad_bytes == 0
            && self.evidence_missing == 0
    }
}
