//! The log: the journal, which is what the store is, and the view of it, which is how things are found.
//!
//! ```text
//!  commit: frame into the journal ──► fdatasync ──► view, in memory ──► durable and seen
//!  settle: what changed in the view ──► sled ──► fdatasync          (after many commits, and at closing);
//!          put off while the disk lacks the room for it
//!  open:   tail of the journal mended ──► view trusted, or added up, or thrown away ──► frames that it lacks
//! ```
//!
//! | how sled's files were left | what is believed of them |
//! |---|---|
//! | settled: closed, or a crash, `kill -9`, a power cut at any moment but the next one's | all; they lack the frames since |
//! | by a crash while they were being settled | nothing, until their entries add up |
//! | they don't open, or are ahead of the journal | nothing: the view is made anew |
//!
//! Values of records and notes prove themselves where they are used, by hash or by seal, so that a value is read
//! from its place in the journal without a checksum of its own.

// long file: opening, committing, cleaning and salvaging change journal and view together, under one lock

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::entries::Entries;
use crate::journal::frame::{self, Change};
use crate::journal::scan::{Scanned, Scanner};
use crate::journal::{Journal, Place, Scrap, Segments};
use crate::stand::Stand;
use crate::view::{Value, View, ViewChange};
use crate::{Disk, StoreError};

/// Changes that one batch of the view takes over while it is brought up.
const TAKEN_AT_ONCE: usize = 8192;
/// Bytes that one frame carries over while a segment is cleaned.
const CARRIED_AT_ONCE: usize = 1024 * 1024;

/// Changes that happen together or not at all.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<Change>);

impl Changes {
    pub(crate) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.push((key, Some(value)));
    }

    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.0.push((key, None));
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where the log lies.
pub(crate) struct LogConfig {
    pub(crate) journal: PathBuf,
    /// sled's folder; `None` keeps the view in memory.
    pub(crate) view: Option<PathBuf>,
    pub(crate) cache_bytes: u64,
    /// Entries of the view that may wait in memory.
    pub(crate) settle_after: usize,
    pub(crate) segment_bytes: u64,
    pub(crate) disk: Arc<dyn Disk>,
}

/// What opening found and did.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Behind the last whole frame: cut.
    pub(crate) torn: Vec<Scrap>,
    /// Between whole frames, as far as the journal was read: left where it is.
    pub(crate) bad: Vec<Scrap>,
    /// Why the view was made anew.
    pub(crate) rebuilt: Option<&'static str>,
    /// Frames that the view lacked.
    pub(crate) replayed: u64,
}

struct Written {
    journal: Journal,
    view: View,
    stand: Stand,
    /// sled's folder.
    folder: Option<PathBuf>,
    settle_after: usize,
    /// Entries that have to wait before it is settled the next time: more where the disk had no room.
    settle_at: usize,
}

/// An ordered map on disk.
pub(crate) struct Log {
    /// Only the writer waits for it, and whoever checks.
    written: Mutex<Written>,
    entries: Entries,
    segments: Segments,
}

impl Log {
    /// Opens it, the view with all that the journal holds. `stand` tells what of sled's files can be believed.
    pub(crate) fn open(config: LogConfig, mut stand: Stand) -> Result<(Self, Found), StoreError> {
        let (journal, torn) = Journal::open(
            config.journal,
            Arc::clone(&config.disk),
            config.segment_bytes,
        )?;
        let mut found = Found {
            torn,
            ..Found::default()
        };
        let view = match &config.view {
            None => View::in_memory()?,
            Some(folder) => {
                let open = || View::on_disk(folder, config.cache_bytes);
                let opened =
                    open().and_then(|view| Ok((doubt(&view, &journal, stand.settled())?, view)));
                match opened {
                    Ok((None, view)) => view,
                    // No fault of sled's files: there is no room to open them in.
                    Err(error) if error.is_full() => return Err(error),
                    other => {
                        let why = other.map_or(Some("it does not open"), |(why, _)| why);
                        found.rebuilt = why;
                        stand.note_open();
                        clear(folder)?;
                        open()?
                    }
                }
            }
        };
        let mut written = Written {
            journal,
            view,
            stand,
            folder: config.view,
            settle_after: config.settle_after,
            settle_at: config.settle_after,
        };
        written.bring_up(&mut found)?;
        // Else every start until the first settling would add the view up.
        if written.stand.settled().is_none() {
            written.settle()?;
        }
        let log = Self {
            entries: written.view.entries().clone(),
            segments: written.journal.segments(),
            written: Mutex::new(written),
        };
        Ok((log, found))
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        // A commit that panicked has broken the store for its writer; readers see what the view holds.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes changes. They are durable when this returns. Where the disk has no room nothing has changed.
    pub(crate) fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        self.written().commit(&changes.0)
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.believed(self.entries.get(key))? {
            Some(value) => self.load(key, value),
            None => Ok(None),
        }
    }

    /// What sled could not read is never believed again: the next start adds the view up, and makes it anew.
    fn believed<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Log { .. }) = &read {
            self.written().stand.note_open();
        }
        read
    }

    /// Whether what sled holds adds up. It takes seconds where there is much, and holds nobody up; `None` where it was
    /// settled anew meanwhile, or is not settled.
    pub(crate) fn settled_adds_up(&self) -> Result<Option<bool>, StoreError> {
        let settled = || self.written().stand.settled();
        let before = settled();
        let adds_up = match before {
            Some(_) => crate::view::settled_adds_up(&self.entries),
            None => return Ok(None),
        };
        let adds_up = self.believed(adds_up)?;
        if settled() != before {
            return Ok(None);
        }
        if !adds_up {
            self.written().stand.note_open();
        }
        Ok(Some(adds_up))
    }

    /// A value, from its place. One that is moved meanwhile is looked up again, as often as it moves.
    fn load(&self, key: &[u8], mut value: Value) -> Result<Option<Vec<u8>>, StoreError> {
        loop {
            let (at, length) = match value {
                Value::Short { bytes, .. } => return Ok(Some(bytes)),
                Value::Long { at, length } => (at, length as usize),
            };
            if let Some(bytes) = self.segments.read(at, length)? {
                return Ok(Some(bytes));
            }
            match self.entries.get(key)? {
                Some(moved)
                    if moved
                        != (Value::Long {
                            at,
                            length: length as u32,
                        }) =>
                {
                    value = moved
                }
                _ => return Ok(None),
            }
        }
    }

    /// Shows what lies from `from` on, below `to`, in order, until told to stop.
    pub(crate) fn visit(
        &self,
        from: &[u8],
        to: &[u8],
        mut each: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let visited = self.entries.visit(from, to, |key, value| {
            // A value whose place is gone is empty: it proves nothing, and its reader says so.
            let bytes = self.load(key, value)?.unwrap_or_default();
            each(key, &bytes)
        });
        self.believed(visited)
    }

    /// Shows everything that begins with `prefix`.
    pub(crate) fn visit_prefix(
        &self,
        prefix: &[u8],
        each: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.visit(prefix, &after(prefix), each)
    }

    /// The last key that begins with `prefix`.
    pub(crate) fn last(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.believed(self.entries.last(prefix))
    }

    pub(crate) fn is_empty(&self) -> Result<bool, StoreError> {
        self.entries.is_empty()
    }

    /// Bytes that it takes on disk.
    pub(crate) fn bytes(&self) -> Result<u64, StoreError> {
        Ok(self.written().journal.bytes() + self.entries.bytes()?)
    }

    /// Before closing: sled's files hold the whole view when this returns.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        self.written().settle()
    }

    /// Settles, where as many entries wait as may.
    pub(crate) fn settle_when_due(&self) -> Result<(), StoreError> {
        let mut written = self.written();
        match written.view.entries().waiting() >= written.settle_at {
            true => written.settle(),
            false => Ok(()),
        }
    }

    /// Makes the next segment that is mostly dead superfluous, and removes it. Tells whether there was one.
    pub(crate) fn clean(&self) -> Result<bool, StoreError> {
        let mut written = self.written();
        let Some(segment) = written.mostly_dead()? else {
            return Ok(false);
        };
        written.carry_over(segment)?;
        written.drop_segment(segment)?;
        self.segments.forget(segment);
        Ok(true)
    }

    /// Carries over what can be read of every segment that is damaged, and removes those segments. What a value is
    /// worth shows where it is used: it proves itself or does not.
    pub(crate) fn clean_damaged(&self) -> Result<u64, StoreError> {
        let mut written = self.written();
        let damaged: std::collections::BTreeSet<u64> = written
            .scraps()?
            .into_iter()
            .map(|scrap| scrap.at.segment)
            .collect();
        for segment in &damaged {
            written.carry_over(*segment)?;
            written.salvage(*segment, &self.segments)?;
            written.drop_segment(*segment)?;
            self.segments.forget(*segment);
        }
        Ok(damaged.len() as u64)
    }

    /// Reads the whole journal; gives what in it is no frame.
    pub(crate) fn scraps(&self) -> Result<Vec<Scrap>, StoreError> {
        self.written().scraps()
    }

    /// Whether the view's entries add up.
    pub(crate) fn adds_up(&self) -> Result<bool, StoreError> {
        self.written().view.adds_up()
    }

    /// How many segments there are, and how many bytes of them still count.
    pub(crate) fn segments(&self) -> Result<(u64, u64), StoreError> {
        let written = self.written();
        let numbers = written.journal.lengths().keys();
        let mut live = 0;
        for segment in numbers.clone() {
            live += written.view.live(*segment)?;
        }
        Ok((numbers.len() as u64, live))
    }
}

impl Written {
    /// Brings sled's files to where the view is, and has them believed; where that can't be noted they stay as they are.
    fn settle(&mut self) -> Result<(), StoreError> {
        let mark = self.view.mark();
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        if self.stand.settled() == Some(mark.commit) && self.view.entries().waiting() == 0 {
            return Ok(());
        }
        let folder = folder.clone();
        if !self.has_room_to_settle(&folder)? || !self.stand.note_open() {
            return Ok(());
        }
        match self.view.entries().settle() {
            // What has changed stays in memory and in the journal.
            Err(StoreError::DiskFull { .. }) => {
                self.wait_for_room();
                return Ok(());
            }
            settled => settled?,
        }
        self.settle_at = self.settle_after;
        let path = folder.join("db");
        let file = std::fs::File::open(&path).map_err(StoreError::io("opened", &path))?;
        file.sync_data().map_err(StoreError::io("synced", path))?;
        self.stand.note_settled(mark.commit);
        Ok(())
    }

    /// Whether the disk has the room that sled may need. It does not go on after a write without room, so none is
    /// begun: what has changed waits in memory, the journal has it, and it is tried again when an eighth more waits.
    fn has_room_to_settle(&mut self, folder: &Path) -> Result<bool, StoreError> {
        let needed = self.view.entries().room_to_settle()?;
        let room = self
            .journal
            .disk()
            .room(folder)
            .map_err(StoreError::io("measured", folder))?;
        if room < needed {
            if self.settle_at == self.settle_after {
                tracing::warn!(room, needed, "the view waits for room on the disk");
            }
            self.wait_for_room();
        }
        Ok(room >= needed)
    }

    /// Settling is tried again when an eighth more waits.
    fn wait_for_room(&mut self) {
        self.settle_at = self.view.entries().waiting() + self.settle_after.div_ceil(8);
    }

    /// Whatever can be refused is refused before the journal has it: what that has is done.
    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let keys = changes.iter().map(|(key, _)| key.as_slice());
        // A segment that the journal begins with this frame has nothing yet.
        let segment = std::iter::once(self.journal.end().segment);
        let before = self.view.before(keys, segment)?;
        let appended = self.journal.append(changes)?;
        let mut offset = appended.at.offset + frame::HEAD as u64;
        let mut seen = Vec::with_capacity(changes.len());
        for (key, value) in changes {
            let length = value.as_ref().map_or(0, Vec::len);
            offset += frame::entry_bytes(key.len(), length);
            let value = value
                .as_ref()
                .map(|bytes| Value::of(appended.at.segment, offset - bytes.len() as u64, bytes));
            seen.push((key.clone(), value));
        }
        self.view
            .apply(seen, appended.commit, appended.next, &before);
        Ok(())
    }

    /// Takes over changes that the journal had before this start.
    fn catch_up(
        &mut self,
        taken: Vec<ViewChange>,
        commit: u64,
        next: Place,
    ) -> Result<(), StoreError> {
        let keys = taken.iter().map(|(key, _)| key.as_slice());
        let values = taken.iter().filter_map(|(_, value)| value.as_ref());
        let before = self.view.before(keys, values.map(Value::segment))?;
        self.view.apply(taken, commit, next, &before);
        Ok(())
    }

    /// Takes over the frames that the view lacks.
    fn bring_up(&mut self, found: &mut Found) -> Result<(), StoreError> {
        let from = self.view.mark().next;
        let segments: Vec<u64> = self
            .journal
            .lengths()
            .range(from.segment..)
            .filter(|(segment, length)| **segment != from.segment || from.offset < **length)
            .map(|(segment, _)| *segment)
            .collect();
        let mut taken: Vec<ViewChange> = Vec::new();
        let mut commit = self.view.mark().commit;
        let mut next = from;
        for segment in segments {
            let bytes = self.journal.read(segment)?;
            let begin = match segment == from.segment {
                true => usize::try_from(from.offset).unwrap_or(usize::MAX),
                false => crate::journal::HEADER as usize,
            };
            let mut scanner = Scanner::from(segment, &bytes, begin);
            while let Some(step) = scanner.step() {
                match step {
                    Scanned::Bad(range) => found.bad.push(scrap(segment, &bytes, range)),
                    Scanned::Frame {
                        commit: number,
                        body,
                        ..
                    } => {
                        found.replayed += 1;
                        commit = number;
                        next = Place {
                            segment,
                            offset: body.end as u64,
                        };
                        take(segment, &bytes, body, &mut taken);
                    }
                }
                if taken.len() >= TAKEN_AT_ONCE {
                    self.catch_up(std::mem::take(&mut taken), commit, next)?;
                    self.spill()?;
                }
            }
        }
        match next == from {
            true => Ok(()),
            false => self.catch_up(taken, commit, next),
        }
    }

    /// Hands what waits to sled while a view is made anew: all of it would not fit into memory. On a full disk it waits.
    fn spill(&mut self) -> Result<(), StoreError> {
        if self.view.entries().waiting() < self.settle_at.max(TAKEN_AT_ONCE) {
            return Ok(());
        }
        if !self.stand.note_open() {
            return Ok(());
        }
        match self.view.entries().settle() {
            Err(error) if error.is_full() => self.wait_for_room(),
            settled => settled?,
        }
        Ok(())
    }

    /// The oldest segment, where less than half of it counts; the one that is written is left alone.
    fn mostly_dead(&self) -> Result<Option<u64>, StoreError> {
        let lengths = self.journal.lengths();
        let last = self.journal.end().segment;
        for (&segment, &length) in lengths.range(..last) {
            if self.view.live(segment)? < length / 2 {
                return Ok(Some(segment));
            }
        }
        Ok(None)
    }

    /// Writes what of a segment still counts into the newest one. A removal still counts while a segment before
    /// this one may hold what it removes.
    fn carry_over(&mut self, segment: u64) -> Result<(), StoreError> {
        let is_last = self.journal.end().segment == segment;
        let is_first = self.journal.lengths().keys().next() == Some(&segment);
        let bytes = self.journal.read(segment)?;
        if is_last {
            self.journal.turn_page()?;
        }
        let mut scanner = Scanner::new(segment, &bytes);
        let (mut carried, mut weight) = (BTreeMap::new(), 0);
        while let Some(step) = scanner.step() {
            let Scanned::Frame { body, .. } = step else {
                continue;
            };
            let mut changes = Vec::new();
            take(segment, &bytes, body, &mut changes);
            for (key, value) in changes {
                let current = self.view.entries().get(&key)?;
                let counts = match &value {
                    Some(_) => current == value,
                    None => current.is_none() && !is_first,
                };
                if counts {
                    let value = value.map(|value| content(&bytes, value)).transpose()?;
                    weight += key.len() + value.as_ref().map_or(0, Vec::len);
                    carried.insert(key, value);
                }
            }
            if weight >= CARRIED_AT_ONCE {
                let changes: Vec<Change> = std::mem::take(&mut carried).into_iter().collect();
                self.commit(&changes)?;
                weight = 0;
            }
        }
        if !carried.is_empty() {
            let changes: Vec<Change> = carried.into_iter().collect();
            self.commit(&changes)?;
        }
        Ok(())
    }

    /// What the view has in a segment's damaged parts: written anew where it can be read, removed where not.
    fn salvage(&mut self, segment: u64, segments: &Segments) -> Result<(), StoreError> {
        let mut left = Vec::new();
        self.view.entries().visit(&[1], &[255], |key, value| {
            if value.segment() == segment {
                left.push((key.to_vec(), value));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        for (key, value) in left {
            let bytes = match value {
                Value::Short { bytes, .. } => Some(bytes),
                Value::Long { at, length } => segments.read(at, length as usize)?,
            };
            self.commit(&[(key, bytes)])?;
        }
        Ok(())
    }

    /// What sled's files name must be there after a crash, too: they are settled first.
    fn drop_segment(&mut self, segment: u64) -> Result<(), StoreError> {
        self.settle()?;
        self.journal.remove(segment)?;
        self.view.forget(segment);
        Ok(())
    }

    fn scraps(&self) -> Result<Vec<Scrap>, StoreError> {
        let mut scraps = Vec::new();
        for segment in self.journal.lengths().keys() {
            let bytes = self.journal.read(*segment)?;
            let mut scanner = Scanner::new(*segment, &bytes);
            while let Some(step) = scanner.step() {
                if let Scanned::Bad(range) = step {
                    scraps.push(scrap(*segment, &bytes, range));
                }
            }
        }
        Ok(scraps)
    }
}

/// Why a view can't be believed, if it can't.
fn doubt(
    view: &View,
    journal: &Journal,
    settled: Option<u64>,
) -> Result<Option<&'static str>, StoreError> {
    let mark = view.mark();
    let length = journal.lengths().get(&mark.next.segment).copied();
    if mark.commit > journal.commit()
        || (mark.commit > 0 && length.is_none_or(|length| mark.next.offset > length))
    {
        return Ok(Some("it is ahead of the journal"));
    }
    if mark.commit == 0 && !view.entries().is_empty()? {
        return Ok(Some("it has no mark"));
    }
    match settled == Some(mark.commit) || view.adds_up()? {
        true => Ok(None),
        false => Ok(Some("its entries don't add up")),
    }
}

/// What a frame changes, as the view keeps it.
fn take(segment: u64, bytes: &[u8], body: std::ops::Range<usize>, taken: &mut Vec<ViewChange>) {
    for entry in frame::entries(&bytes[body.clone()]).unwrap_or_default() {
        let value = entry.value.map(|value| {
            let at = body.start + value.start;
            Value::of(segment, at as u64, &bytes[at..body.start + value.end])
        });
        taken.push((entry.key, value));
    }
}

/// The bytes of a value of the segment that is at hand.
fn content(segment: &[u8], value: Value) -> Result<Vec<u8>, StoreError> {
    match value {
        Value::Short { bytes, .. } => Ok(bytes),
        Value::Long { at, length } => {
            let begin = usize::try_from(at.offset).unwrap_or(usize::MAX);
            let bytes = segment
                .get(begin..)
                .and_then(|rest| rest.get(..length as usize));
            bytes.map(<[u8]>::to_vec).ok_or(StoreError::Closed)
        }
    }
}

fn scrap(segment: u64, bytes: &[u8], range: std::ops::Range<usize>) -> Scrap {
    Scrap {
        at: Place {
            segment,
            offset: range.start as u64,
        },
        bytes: bytes[range].to_vec(),
    }
}

/// Removes sled's files; what is left of them would be taken for its own.
fn clear(folder: &std::path::Path) -> Result<(), StoreError> {
    match std::fs::remove_dir_all(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::io("removed", folder)(error)),
    }
    crate::folder::make(folder)
}

/// The first key behind all that begin with `prefix`, whose last byte is below 255 by the layout or
/// carried over.
pub(crate) fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests;
