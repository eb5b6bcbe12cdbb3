//! The journal: what the store is, in the order in which it became so. All else is a view of it.
//!
//! ```text
//!  journal/0000000000000001.seg     header (64) ‖ frame ‖ frame ‖ …         (see `frame`)
//!  journal/0000000000000002.seg     header (64) ‖ frame ‖ …  ◄── only the last one is written
//!
//!  append: write frame at the tail ──► fdatasync of the segment ──► it is durable
//!  a new segment: written, fdatasync, fsync of the folder, before its first frame
//! ```
//!
//! **What a crash leaves.** Each frame is synced before the next is written, so only the last one can be torn: what
//! lies behind the last whole frame of the last segment was promised to nobody and is cut. The last whole frame may
//! have been written and not synced; it is written again and synced before anything relies on it, since after a
//! failed sync the page cache may show what the disk does not hold. What a failed write has spilled is wiped before
//! the next segment begins.
//!
//! **What is damaged** elsewhere is told apart by what follows it: the next whole frame is looked for byte by byte,
//! and what lies between is set aside. A frame's number tells how many are missing.

pub(crate) mod frame;
pub(crate) mod scan;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::folder::names;
use crate::{Disk, StoreError};
use frame::Change;
use scan::{Scanned, Scanner};

/// Bytes before a segment's first frame.
pub(crate) const HEADER: u64 = 64;
const TITLE: &[u8] = b"kioskd journal, version 1\n";
const SUFFIX: &str = ".seg";
/// Segments kept open for reading; opening one anew costs microseconds.
const KEPT_OPEN: usize = 64;

/// A place in the journal: where a frame begins, or the next one will.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// A frame that was appended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Appended {
    pub(crate) commit: u64,
    pub(crate) at: Place,
    pub(crate) next: Place,
}

/// Bytes that are no frame, with their place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scrap {
    pub(crate) at: Place,
    pub(crate) bytes: Vec<u8>,
}

/// The segments, and where the next frame goes.
pub(crate) struct Journal {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    segment_bytes: u64,
    /// Lengths by segment; the last one's is where the next frame goes.
    lengths: BTreeMap<u64, u64>,
    commit: u64,
    tail: Option<File>,
    /// A write that failed may have left bytes behind the last frame.
    spilled: bool,
}

/// Reads values out of segments; shared by all who read.
pub(crate) struct Segments {
    folder: PathBuf,
    open: RwLock<BTreeMap<u64, Arc<File>>>,
}

impl Journal {
    /// Opens the segments, cuts what is torn at the end and makes sure of the last frame.
    pub(crate) fn open(
        folder: PathBuf,
        disk: Arc<dyn Disk>,
        segment_bytes: u64,
    ) -> Result<(Self, Vec<Scrap>), StoreError> {
        let mut lengths = BTreeMap::new();
        for name in names(&folder)? {
            let number = name
                .strip_suffix(SUFFIX)
                .and_then(|hex| u64::from_str_radix(hex, 16).ok());
            let Some(number) = number else { continue };
            let path = folder.join(&name);
            let facts = std::fs::metadata(&path).map_err(StoreError::io("measured", path))?;
            lengths.insert(number, facts.len());
        }
        let mut journal = Self {
            folder,
            disk,
            segment_bytes,
            lengths,
            commit: 0,
            tail: None,
            spilled: false,
        };
        let torn = journal.mend_tail()?;
        Ok((journal, torn))
    }

    /// Finds the last whole frame, from the last segment back; what lies behind it is cut.
    fn mend_tail(&mut self) -> Result<Vec<Scrap>, StoreError> {
        let mut torn = Vec::new();
        let mut scrap = |segment, offset: usize, bytes: &[u8]| {
            let at = Place {
                segment,
                offset: offset as u64,
            };
            let bytes = bytes[offset..].to_vec();
            torn.push(Scrap { at, bytes });
        };
        while let Some((&number, _)) = self.lengths.last_key_value() {
            let bytes = read(&path(&self.folder, number))?;
            known_version(&bytes)?;
            match last_frame(number, &bytes) {
                Some((commit, frame)) => {
                    self.commit = commit;
                    if bytes.len() > frame.end {
                        scrap(number, frame.end, &bytes);
                    }
                    self.make_sure(number, frame.start, &bytes[frame])?;
                    break;
                }
                // Made and not used, or torn in its header. Where more was in it, the witness tells what is lost.
                None => {
                    if bytes.len() as u64 > HEADER {
                        scrap(number, 0, &bytes);
                    }
                    self.remove(number)?;
                }
            }
        }
        Ok(torn)
    }

    /// Writes the last whole frame once more and syncs it, with the file cut behind it.
    fn make_sure(&mut self, segment: u64, at: usize, last: &[u8]) -> Result<(), StoreError> {
        let (at, end) = (at as u64, (at + last.len()) as u64);
        let path = path(&self.folder, segment);
        let file = self
            .disk
            .open(&path)
            .map_err(StoreError::io("opened", &path))?;
        let mended = self
            .disk
            .set_length(&file, &path, end)
            .and_then(|()| self.disk.write_at(&file, &path, last, at));
        mended.map_err(StoreError::io("written", &path))?;
        self.disk
            .sync_file(&file, &path)
            .map_err(StoreError::io("synced", &path))?;
        self.lengths.insert(segment, end);
        self.tail = Some(file);
        Ok(())
    }

    /// The last frame's number; 0 before the first.
    pub(crate) const fn commit(&self) -> u64 {
        self.commit
    }

    /// Where the next frame goes, if it fits.
    pub(crate) fn end(&self) -> Place {
        self.lengths
            .last_key_value()
            .map_or_else(Place::default, |(&segment, &offset)| Place {
                segment,
                offset,
            })
    }

    /// The segments with their lengths.
    pub(crate) const fn lengths(&self) -> &BTreeMap<u64, u64> {
        &self.lengths
    }

    /// Bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        self.lengths.values().sum()
    }

    /// The disk that it lies on.
    pub(crate) fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    /// Appends a commit. It is durable when this returns. Where the disk has no room the journal stands as it
    /// stood, and may be appended to again.
    pub(crate) fn append(&mut self, changes: &[Change]) -> Result<Appended, StoreError> {
        let body = frame::body(changes);
        let bytes = (frame::HEAD + body.len()) as u64;
        let end = self.end();
        let fits = end.offset == HEADER || end.offset + bytes <= self.segment_bytes;
        if self.tail.is_none() || !fits {
            self.begin(end.segment + 1)?;
        }
        let at = self.end();
        let commit = self.commit + 1;
        let frame = frame::frame(at.segment, at.offset, commit, &body);
        let path = path(&self.folder, at.segment);
        let Some(file) = &self.tail else {
            return Err(StoreError::Closed);
        };
        if let Err(error) = self.disk.write_at(file, &path, &frame, at.offset) {
            self.spilled = true;
            return Err(StoreError::write(&path)(error));
        }
        self.disk
            .sync_file(file, &path)
            .map_err(StoreError::io("synced", path))?;
        let next = Place {
            offset: at.offset + bytes,
            ..at
        };
        self.lengths.insert(at.segment, next.offset);
        self.commit = commit;
        Ok(Appended { commit, at, next })
    }

    /// Begins a segment: its header and its name are durable when this returns.
    fn begin(&mut self, segment: u64) -> Result<(), StoreError> {
        self.wipe_spilled()?;
        let path = path(&self.folder, segment);
        let file = match self.disk.create(&path) {
            // Left over from an attempt that had no room, or by a crash after the last opening.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                self.disk.open(&path)
            }
            other => other,
        };
        let file = file.map_err(StoreError::write(&path))?;
        self.disk
            .write_at(&file, &path, &header(segment), 0)
            .map_err(StoreError::write(&path))?;
        self.disk
            .sync_file(&file, &path)
            .map_err(StoreError::io("synced", &path))?;
        self.disk
            .sync_folder(&self.folder)
            .map_err(StoreError::io("synced", &self.folder))?;
        self.lengths.insert(segment, HEADER);
        self.tail = Some(file);
        Ok(())
    }

    /// Nothing but frames stays in a segment that is not written any more.
    fn wipe_spilled(&mut self) -> Result<(), StoreError> {
        let end = self.end();
        let Some(file) = self.tail.as_ref().filter(|_| self.spilled) else {
            return Ok(());
        };
        let path = path(&self.folder, end.segment);
        self.disk
            .set_length(file, &path, end.offset)
            .map_err(StoreError::io("cut", &path))?;
        self.disk
            .sync_file(file, &path)
            .map_err(StoreError::io("synced", path))?;
        self.spilled = false;
        Ok(())
    }

    /// Begins a new segment although the last one has room.
    pub(crate) fn turn_page(&mut self) -> Result<(), StoreError> {
        self.begin(self.end().segment + 1)
    }

    /// Removes a segment that nothing needs any more; its absence is durable when this returns.
    pub(crate) fn remove(&mut self, segment: u64) -> Result<(), StoreError> {
        let path = path(&self.folder, segment);
        self.disk
            .remove(&path)
            .map_err(StoreError::io("removed", path))?;
        self.disk
            .sync_folder(&self.folder)
            .map_err(StoreError::io("synced", &self.folder))?;
        self.lengths.remove(&segment);
        Ok(())
    }

    /// A segment's bytes, up to where it is written.
    pub(crate) fn read(&self, segment: u64) -> Result<Vec<u8>, StoreError> {
        let mut bytes = read(&path(&self.folder, segment))?;
        let length = self.lengths.get(&segment).copied().unwrap_or(0);
        bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    pub(crate) fn segments(&self) -> Segments {
        Segments {
            folder: self.folder.clone(),
            open: RwLock::default(),
        }
    }
}

impl Segments {
    /// `length` bytes at a place; `None` where there are fewer, or no such segment.
    pub(crate) fn read(&self, at: Place, length: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(file) = self.file(at.segment)? else {
            return Ok(None);
        };
        let mut bytes = vec![0; length];
        match file.read_exact_at(&mut bytes, at.offset) {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => {
                let path = path(&self.folder, at.segment);
                Err(StoreError::io("read", path)(error))
            }
        }
    }

    fn file(&self, segment: u64) -> Result<Option<Arc<File>>, StoreError> {
        // Each change under the lock is one insertion or removal: a poisoned table is whole.
        let held = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = held.get(&segment) {
            return Ok(Some(Arc::clone(file)));
        }
        drop(held);
        let path = path(&self.folder, segment);
        let file = match File::open(&path) {
            Ok(file) => Arc::new(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("opened", path)(error)),
        };
        let mut held = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= KEPT_OPEN {
            held.pop_first();
        }
        held.insert(segment, Arc::clone(&file));
        Ok(Some(file))
    }

    /// Lets go of a segment that was removed.
    pub(crate) fn forget(&self, segment: u64) {
        let mut held = self.open.write().unwrap_or_else(PoisonError::into_inner);
        held.remove(&segment);
    }
}

fn last_frame(segment: u64, bytes: &[u8]) -> Option<(u64, std::ops::Range<usize>)> {
    let mut scanner = Scanner::new(segment, bytes);
    let mut last = None;
    while let Some(found) = scanner.step() {
        if let Scanned::Frame { commit, at, body } = found {
            last = Some((commit, at..body.end));
        }
    }
    last
}

/// A segment of a newer program is left alone; one whose header is damaged is not taken for that.
fn known_version(bytes: &[u8]) -> Result<(), StoreError> {
    let version = TITLE.len() - 2;
    let newer = bytes.starts_with(&TITLE[..version])
        && bytes.get(version + 1) == Some(&b'\n')
        && bytes
            .get(version)
            .is_some_and(|byte| (b'2'..=b'9').contains(byte));
    match newer {
        true => Err(StoreError::Layout {
            version: bytes[version] - b'0',
        }),
        false => Ok(()),
    }
}

fn header(segment: u64) -> [u8; HEADER as usize] {
    let mut header = [0; HEADER as usize];
    header[..TITLE.len()].copy_from_slice(TITLE);
    header[48..56].copy_from_slice(&segment.to_be_bytes());
    header
}

fn path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:016x}{SUFFIX}"))
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    std::fs::read(path).map_err(StoreError::io("read", path))
}
