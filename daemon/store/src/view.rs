//! The view: every key of the journal with its newest value or where that lies, in order. It can be made anew.
//!
//! ```text
//!  key of the layout   0 ‖ segment (8) ‖ value                        short values stand here
//!                      1 ‖ segment (8) ‖ offset (8) ‖ length (4)      long ones in the journal
//!  00 "mark"           commit (8) ‖ segment (8) ‖ offset (8) ‖ sum (16): how far this view has come
//!  00 "live" segment   bytes of that segment that still count (8)
//! ```
//!
//! On disk it is a tree of sled's. sled's `flush()` returns before the disk has anything, and sled may reuse a
//! segment before the moved copy of a page is synced: after a power cut it may have gone back, or lost pages in
//! silence. So it is changed at few moments only, when it is settled (see `stand`): what happens between stands over it
//! in memory (see `entries`), and after a crash comes from the journal's tail. `sum` adds up a hash of each entry, and it
//! changes in one batch with the entries: a view that a crash has met while it was being settled is believed where its
//! entries add up to its sum, else thrown away and made anew from the journal.
//!
//! In memory it is a map, made anew from the journal at each opening: for stores that live as long as a command.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::StoreError;
use crate::entries::{Entries, FIRST};
use crate::journal::Place;
use crate::layout::Reader;

pub(crate) const MARK: &[u8] = b"\0mark";
const LIVE: &[u8] = b"\0live";
/// Longest value that stands in the view itself, in bytes: heads and notes do, records do not.
const SHORT: usize = 112;

/// Where the newest value of a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Short { segment: u64, bytes: Vec<u8> },
    Long { at: Place, length: u32 },
}

impl Value {
    /// A value that a frame at `segment` holds at `offset`.
    pub(crate) fn of(segment: u64, offset: u64, bytes: &[u8]) -> Self {
        match bytes.len() <= SHORT {
            true => Self::Short {
                segment,
                bytes: bytes.to_vec(),
            },
            false => Self::Long {
                at: Place { segment, offset },
                length: bytes.len() as u32,
            },
        }
    }

    pub(crate) const fn segment(&self) -> u64 {
        match self {
            Self::Short { segment, .. } => *segment,
            Self::Long { at, .. } => at.segment,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Short { bytes, .. } => bytes.len(),
            Self::Long { length, .. } => *length as usize,
        }
    }

    fn write(&self) -> Vec<u8> {
        let segment = self.segment().to_be_bytes();
        match self {
            Self::Short { bytes, .. } => [&[0], segment.as_slice(), bytes].concat(),
            Self::Long { at, length } => [
                &[1],
                segment.as_slice(),
                &at.offset.to_be_bytes(),
                &length.to_be_bytes(),
            ]
            .concat(),
        }
    }

    pub(crate) fn read(entry: &[u8]) -> Option<Self> {
        let mut reader = Reader(entry);
        let kind = reader.byte()?;
        let segment = reader.number()?;
        match kind {
            0 => Some(Self::Short {
                segment,
                bytes: reader.rest().to_vec(),
            }),
            1 => {
                let offset = reader.number()?;
                let length = u32::from_be_bytes(*reader.rest().first_chunk()?);
                let at = Place { segment, offset };
                Some(Self::Long { at, length })
            }
            _ => None,
        }
    }
}

/// How far a view has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) commit: u64,
    /// Where the next frame is.
    pub(crate) next: Place,
    sum: u128,
}

impl Mark {
    fn write(&self) -> Vec<u8> {
        [
            self.commit.to_be_bytes().as_slice(),
            &self.next.segment.to_be_bytes(),
            &self.next.offset.to_be_bytes(),
            &self.sum.to_be_bytes(),
        ]
        .concat()
    }

    fn read(value: &[u8]) -> Option<Self> {
        let mut reader = Reader(value);
        let commit = reader.number()?;
        let (segment, offset) = (reader.number()?, reader.number()?);
        let sum = u128::from_be_bytes(*reader.rest().first_chunk()?);
        Some(Self {
            commit,
            next: Place { segment, offset },
            sum,
        })
    }
}

/// The changes that a frame makes: keys with what they have now, `None` where they are gone.
pub(crate) type ViewChange = (Vec<u8>, Option<Value>);

/// Live bytes that each segment gains or loses.
type Shift = BTreeMap<u64, i64>;

/// What a view has of the keys that change, read before anything is written: taking changes over can't fail then.
pub(crate) struct Before {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Bytes of segments that count; a segment that is not there has none.
    live: BTreeMap<u64, u64>,
}

/// The view with its mark.
pub(crate) struct View {
    entries: Entries,
    mark: Mark,
}

impl View {
    /// The tree in a folder.
    pub(crate) fn on_disk(folder: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        Self::with(Entries::on_disk(folder, cache_bytes)?)
    }

    /// An empty map.
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        Self::with(Entries::in_memory())
    }

    fn with(entries: Entries) -> Result<Self, StoreError> {
        let mark = entries.raw(MARK)?;
        let mark = mark.and_then(|mark| Mark::read(&mark)).unwrap_or_default();
        Ok(Self { entries, mark })
    }

    pub(crate) const fn mark(&self) -> Mark {
        self.mark
    }

    pub(crate) const fn entries(&self) -> &Entries {
        &self.entries
    }

    /// Whether the entries add up to the sum that the last batch left.
    pub(crate) fn adds_up(&self) -> Result<bool, StoreError> {
        let mut sum = 0u128;
        self.entries.visit_raw(FIRST, None, |key, entry| {
            sum = sum.wrapping_add(hash(key, entry));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(sum == self.mark.sum)
    }

    /// What it has of these keys, and how much counts of their segments and of those that are named.
    pub(crate) fn before<'k>(
        &self,
        keys: impl Iterator<Item = &'k [u8]>,
        segments: impl Iterator<Item = u64>,
    ) -> Result<Before, StoreError> {
        let mut entries = BTreeMap::new();
        let mut live: BTreeMap<u64, u64> = segments.map(|segment| (segment, 0)).collect();
        for key in keys {
            if let Some(entry) = self.entries.raw(key)? {
                live.extend(Value::read(&entry).map(|value| (value.segment(), 0)));
                entries.insert(key.to_vec(), entry);
            }
        }
        for (segment, bytes) in &mut live {
            *bytes = self.live(*segment)?;
        }
        Ok(Before { entries, live })
    }

    /// Takes over what a frame changes, in one batch with the mark. `before` is what it has of the keys.
    pub(crate) fn apply(
        &mut self,
        changes: Vec<ViewChange>,
        commit: u64,
        next: Place,
        before: &Before,
    ) {
        let mut mark = Mark {
            commit,
            next,
            sum: self.mark.sum,
        };
        let mut shift = Shift::new();
        // A key may change twice in a frame: only its last change counts.
        let last: BTreeMap<Vec<u8>, Option<Value>> = changes.into_iter().collect();
        let mut batch = Vec::with_capacity(last.len() + 2);
        for (key, value) in last {
            if let Some(old) = before.entries.get(&key) {
                mark.sum = mark.sum.wrapping_sub(hash(&key, old));
                count(&mut shift, &key, Value::read(old).as_ref(), -1);
            }
            let entry = value.as_ref().map(Value::write);
            if let Some(entry) = &entry {
                mark.sum = mark.sum.wrapping_add(hash(&key, entry));
                count(&mut shift, &key, value.as_ref(), 1);
            }
            batch.push((key, entry));
        }
        for (segment, by) in shift {
            let live = before.live.get(&segment).copied().unwrap_or(0);
            let live = live.saturating_add_signed(by);
            let entry = (live > 0).then(|| live.to_be_bytes().to_vec());
            batch.push((live_key(segment), entry));
        }
        batch.push((MARK.to_vec(), Some(mark.write())));
        self.entries.apply(batch);
        self.mark = mark;
    }

    /// Drops the count of a segment that is gone.
    pub(crate) fn forget(&self, segment: u64) {
        self.entries.apply(vec![(live_key(segment), None)]);
    }

    /// Bytes of a segment that still count.
    pub(crate) fn live(&self, segment: u64) -> Result<u64, StoreError> {
        let entry = self.entries.raw(&live_key(segment))?;
        Ok(entry.and_then(|entry| Reader(&entry).number()).unwrap_or(0))
    }
}

/// Whether what sled holds adds up to the sum that it holds.
pub(crate) fn settled_adds_up(entries: &Entries) -> Result<bool, StoreError> {
    let (mut sum, mut mark) = (0u128, Mark::default());
    entries.visit_settled(|key, entry| match key {
        MARK => mark = Mark::read(entry).unwrap_or_default(),
        key if key >= FIRST => sum = sum.wrapping_add(hash(key, entry)),
        _ => {}
    })?;
    Ok(sum == mark.sum)
}

fn count(shift: &mut Shift, key: &[u8], value: Option<&Value>, sign: i64) {
    if let Some(value) = value {
        let bytes = crate::journal::frame::entry_bytes(key.len(), value.len()) as i64;
        *shift.entry(value.segment()).or_default() += sign * bytes;
    }
}

fn live_key(segment: u64) -> Vec<u8> {
    [LIVE, segment.to_be_bytes().as_slice()].concat()
}

fn hash(key: &[u8], entry: &[u8]) -> u128 {
    let digest = Sha256::new()
        .chain_update((key.len() as u64).to_be_bytes())
        .chain_update(key)
        .chain_update(entry)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(bytes)
}
