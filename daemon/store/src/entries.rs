//! The ordered map of the view: what sled held when it was settled last, and over it what has changed since.
//!
//! ```text
//!  read:    since ──(not there)──► settled
//!  change:  since alone
//!  settle:  since ──► settled, in one batch ──► since is empty
//! ```
//!
//! sled's files stay as they were settled for as long as nothing is settled anew: a crash in between leaves them
//! alone. Without sled all of it is in `since`.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::StoreError;
use crate::settled::Settled;
use crate::view::Value;

/// Room on the disk that settling a few entries may take: sled's file grows by segments of half a MiB, some at a time.
const SETTLING_ROOM: u64 = 8 * 1024 * 1024;
/// The first key that is the layout's.
pub(crate) const FIRST: &[u8] = &[1];

/// What became of keys: `None` where they are gone.
type Changed = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The map; readers share it, one writer changes it.
#[derive(Clone)]
pub(crate) struct Entries {
    settled: Option<Arc<Settled>>,
    since: Arc<RwLock<Changed>>,
}

impl Entries {
    /// Over the tree in a folder.
    pub(crate) fn on_disk(folder: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        Ok(Self {
            settled: Some(Arc::new(Settled::open(folder, cache_bytes)?)),
            since: Arc::default(),
        })
    }

    /// All in memory.
    pub(crate) fn in_memory() -> Self {
        Self {
            settled: None,
            since: Arc::default(),
        }
    }

    // Each change under the lock inserts or removes: what a panic leaves is thrown away with the store's writer.
    fn changed(&self) -> RwLockReadGuard<'_, Changed> {
        self.since.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed_mut(&self) -> RwLockWriteGuard<'_, Changed> {
        self.since.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn raw(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(entry) = self.changed().get(key) {
            return Ok(entry.clone());
        }
        match &self.settled {
            Some(settled) => {
                let entry = settled.ask("read", |db| db.get(key))?;
                Ok(entry.map(|entry| entry.to_vec()))
            }
            None => Ok(None),
        }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        Ok(self.raw(key)?.and_then(|entry| Value::read(&entry)))
    }

    /// Takes changes over, all at once for whoever reads a single key.
    pub(crate) fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
        let mut since = self.changed_mut();
        for (key, entry) in changes {
            match (&self.settled, entry) {
                (None, None) => drop(since.remove(&key)),
                (_, entry) => drop(since.insert(key, entry)),
            }
        }
    }

    /// How many entries wait to be settled.
    pub(crate) fn waiting(&self) -> usize {
        match self.settled {
            Some(_) => self.changed().len(),
            None => 0,
        }
    }

    /// Bytes that settling takes on the disk at most: sled writes each changed entry, the pages around them, whole
    /// segments of its file and a snapshot of its table, before it lets old ones go.
    pub(crate) fn room_to_settle(&self) -> Result<u64, StoreError> {
        let changed: usize = self
            .changed()
            .iter()
            .map(|(key, entry)| key.len() + entry.as_ref().map_or(0, Vec::len))
            .sum();
        Ok(SETTLING_ROOM + 8 * changed as u64 + self.bytes()? / 4)
    }

    /// Hands what has changed to sled, and what sled holds to the operating system. Nobody else may change anything.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        let Some(settled) = &self.settled else {
            return Ok(());
        };
        let mut batch = sled::Batch::default();
        for (key, entry) in self.changed().iter() {
            match entry {
                Some(entry) => batch.insert(key.as_slice(), entry.as_slice()),
                None => batch.remove(key.as_slice()),
            }
        }
        settled.ask("written", |db| {
            db.apply_batch(batch.clone())?;
            db.flush()
        })?;
        settled.keep_room();
        self.changed_mut().clear();
        Ok(())
    }

    /// As where a write of sled's found no room.
    #[cfg(test)]
    pub(crate) fn give_up(&self) {
        self.settled.as_ref().unwrap().give_up_now();
    }

    /// Shows what lies from `from` on, below `to`, in order, until told to stop.
    pub(crate) fn visit_raw(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let upper = to.map_or(Bound::Unbounded, Bound::Excluded);
        let range = (Bound::Included(from), upper);
        // Copied out: whoever is shown an entry may look up others.
        let since: Vec<(Vec<u8>, Option<Vec<u8>>)> = self
            .changed()
            .range::<[u8], _>(range)
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        let mut since = since.into_iter().peekable();
        if let Some(settled) = &self.settled {
            let mut entries = settled.entries(range.0, range.1);
            while let Some((key, entry)) = entries.next()? {
                while let Some((before, entry)) =
                    since.next_if(|(before, _)| before.as_slice() < key.as_ref())
                {
                    if shown(&before, entry.as_deref(), &mut each)?.is_break() {
                        return Ok(());
                    }
                }
                let newer = since.next_if(|(newer, _)| newer.as_slice() == key.as_ref());
                let entry = match &newer {
                    Some((_, newer)) => newer.as_deref(),
                    None => Some(entry.as_ref()),
                };
                if shown(&key, entry, &mut each)?.is_break() {
                    return Ok(());
                }
            }
        }
        for (key, entry) in since {
            if shown(&key, entry.as_deref(), &mut each)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Shows what sled holds, mark and all, whatever has changed since.
    pub(crate) fn visit_settled(
        &self,
        mut each: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError> {
        let Some(settled) = &self.settled else {
            return Ok(());
        };
        let mut entries = settled.entries(Bound::Unbounded, Bound::Unbounded);
        while let Some((key, entry)) = entries.next()? {
            each(&key, &entry);
        }
        Ok(())
    }

    /// Shows the layout's keys from `from` on, below `to`, in order, until told to stop.
    pub(crate) fn visit(
        &self,
        from: &[u8],
        to: &[u8],
        mut each: impl FnMut(&[u8], Value) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        if from >= to {
            return Ok(());
        }
        self.visit_raw(from, Some(to), |key, entry| match Value::read(entry) {
            Some(value) => each(key, value),
            None => Ok(ControlFlow::Continue(())),
        })
    }

    /// The last key that begins with `prefix`.
    pub(crate) fn last(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let end = crate::log::after(prefix);
        let since = self.changed();
        let bounds = (Bound::Included(prefix), Bound::Excluded(end.as_slice()));
        let mut changed = since.range::<[u8], _>(bounds).rev();
        let newest = changed
            .find(|(_, entry)| entry.is_some())
            .map(|(key, _)| key.clone());
        let Some(settled) = &self.settled else {
            return Ok(newest);
        };
        let unchanged = settled.ask("read", |db| {
            for entry in db.range(prefix..end.as_slice()).rev() {
                let (key, _) = entry?;
                if !since.contains_key(key.as_ref()) {
                    return Ok(Some(key.to_vec()));
                }
            }
            Ok(None)
        })?;
        Ok(newest.max(unchanged))
    }

    pub(crate) fn is_empty(&self) -> Result<bool, StoreError> {
        let mut empty = true;
        self.visit_raw(FIRST, None, |_, _| {
            empty = false;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(empty)
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> Result<u64, StoreError> {
        match &self.settled {
            Some(settled) => settled.ask("measured", sled::Db::size_on_disk),
            None => Ok(0),
        }
    }
}

/// Shows an entry, where it is not gone.
fn shown(
    key: &[u8],
    entry: Option<&[u8]>,
    each: &mut impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>,
) -> Result<ControlFlow<()>, StoreError> {
    match entry {
        Some(entry) => each(key, entry),
        None => Ok(ControlFlow::Continue(())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key that is shown, with its entry's first byte.
    fn all(entries: &Entries) -> Vec<(Vec<u8>, u8)> {
        let mut found = Vec::new();
        entries
            .visit_raw(FIRST, None, |key, entry| {
                found.push((key.to_vec(), entry[0]));
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        found
    }

    #[test]
    fn what_changed_since_it_was_settled_stands_over_what_was_settled() {
        let folder = tempfile::tempdir().unwrap();
        let (tree, memory) = (
            Entries::on_disk(folder.path(), 1 << 20).unwrap(),
            Entries::in_memory(),
        );
        let put = |key: &[u8], value: u8| (key.to_vec(), Some(vec![value]));
        let gone = |key: &[u8]| (key.to_vec(), None);
        let turns = [
            vec![put(b"b", 1), put(b"d", 1), put(b"f", 1)],
            vec![put(b"a", 2), put(b"d", 2), gone(b"f"), put(b"g", 2)],
            vec![gone(b"g"), put(b"f", 3), gone(b"a"), put(b"c", 3)],
            vec![gone(b"f"), gone(b"b")],
        ];
        for (turn, changes) in turns.into_iter().enumerate() {
            for entries in [&tree, &memory] {
                entries.apply(changes.clone());
            }
            if turn != 2 {
                tree.settle().unwrap();
            }
            assert_eq!(all(&tree), all(&memory), "turn {turn}");
            for key in [b"a", b"b", b"c", b"d", b"f", b"g"] {
                assert_eq!(tree.raw(key).unwrap(), memory.raw(key).unwrap());
                assert_eq!(tree.last(key).unwrap(), memory.last(key).unwrap());
            }
            assert_eq!(tree.last(b"").unwrap(), memory.last(b"").unwrap());
        }
        assert_eq!(all(&tree), [(b"c".to_vec(), 3), (b"d".to_vec(), 2)]);
        assert_eq!((tree.waiting(), memory.waiting()), (0, 0));
    }

    #[test]
    fn what_was_not_settled_is_not_in_sleds_files() {
        let folder = tempfile::tempdir().unwrap();
        let entries = Entries::on_disk(folder.path(), 1 << 20).unwrap();
        entries.apply(vec![(b"a".to_vec(), Some(vec![1]))]);
        entries.settle().unwrap();
        entries.apply(vec![(b"b".to_vec(), Some(vec![1]))]);
        assert_eq!(entries.waiting(), 1);
        drop(entries);
        let again = Entries::on_disk(folder.path(), 1 << 20).unwrap();
        assert_eq!(all(&again), [(b"a".to_vec(), 1)]);
    }
}
