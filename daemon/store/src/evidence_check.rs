//! Comparing notes and files of evidence at opening: orphans are removed, and what has lost its file holds nobody up.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::ControlFlow;

use crate::evidence::EvidenceFolder;
use crate::folder::visit_names;
use crate::head::EvidenceTotals;
use crate::layout::{self, EvidenceNote, Reader};
use crate::log::{Changes, Log};
use crate::sealed::Sealer;
use crate::{RecoveryReport, StoreConfig, StoreError};

/// What files' names write. There may be many.
type Names = HashSet<[u8; 32], BuildHasherDefault<FirstEight>>;

/// What the check works on.
pub(crate) struct EvidenceCheck<'a> {
    pub(crate) log: &'a Log,
    pub(crate) sealer: &'a Sealer,
    pub(crate) config: &'a StoreConfig,
    pub(crate) evidence: &'a EvidenceFolder,
    pub(crate) report: &'a mut RecoveryReport,
}

impl EvidenceCheck<'_> {
    /// Gives the totals of all evidence: the noted ones, where every noted piece has its file; else they are added up.
    pub(crate) fn run(
        mut self,
        noted: Option<EvidenceTotals>,
    ) -> Result<EvidenceTotals, StoreError> {
        let mut orphans = Names::default();
        visit_names(&self.evidence.folder, |name| orphans.extend(hash_of(name)))?;
        let missing = self.without_file(&mut orphans)?;
        let totals = match noted.filter(|_| missing.is_empty()) {
            Some(totals) => totals,
            None => self.add_up(&missing)?,
        };
        self.remove_orphans(orphans)?;
        Ok(totals)
    }

    /// The noted pieces whose file is gone; files that a note names are taken out of `orphans`.
    fn without_file(&self, orphans: &mut Names) -> Result<Names, StoreError> {
        let mut missing = Names::default();
        self.log.visit_prefix(&[layout::EVIDENCE], |key, _| {
            if let Some(id) = Reader(&key[1..]).hash()
                && !orphans.remove(&self.evidence.file_id(&id)?)
            {
                missing.insert(id);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(missing)
    }

    /// Opens every note; nothing waits any more for what is missing.
    fn add_up(&mut self, missing: &Names) -> Result<EvidenceTotals, StoreError> {
        let mut changes = Changes::default();
        let mut totals = EvidenceTotals::default();
        let report = &mut *self.report;
        self.log.visit_prefix(&[layout::EVIDENCE], |key, value| {
            let Some(id) = Reader(&key[1..]).hash() else {
                return Ok(ControlFlow::Continue(()));
            };
            let there = !missing.contains(&id);
            let plain = self.sealer.open(key, value).ok();
            let note = plain.and_then(|plain| EvidenceNote::read(&plain));
            totals.order = note.map_or(totals.order, |note| totals.order.max(note.order));
            match note {
                Some(note) if there => totals.bytes += note.bytes,
                // Nothing can be sent: it must not hold up what waits behind it.
                Some(note) if !note.delivered => {
                    changes.remove(layout::waiting(note.order));
                    report.evidence_missing += 1;
                }
                _ => report.evidence_missing += 1,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if !changes.is_empty() {
            self.log.commit(changes)?;
        }
        Ok(totals)
    }

    /// An evidence file is noted before its caller is answered, so a file without a note was promised to
    /// nobody. Where the log was damaged the note may be what is lost: then every file stays.
    fn remove_orphans(self, orphans: Names) -> Result<(), StoreError> {
        if !self.report.is_clean() || orphans.is_empty() {
            return Ok(());
        }
        let folder = &self.evidence.folder;
        for name in orphans.iter().map(hex::encode) {
            let path = folder.join(name);
            self.config
                .disk
                .remove(&path)
                .map_err(StoreError::io("removed", path))?;
            self.report.orphans_removed += 1;
        }
        self.config
            .disk
            .sync_folder(folder)
            .map_err(StoreError::io("synced", folder))
    }
}

/// The bytes that a file's name writes.
fn hash_of(name: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(name, &mut bytes).ok().map(|()| bytes)
}

/// Names are keyed hashes already, that nobody without the device key can choose: their first bytes spread well.
#[derive(Default)]
struct FirstEight(u64);

impl Hasher for FirstEight {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    // The length of an array says nothing.
    fn write_usize(&mut self, _: usize) {}
}
