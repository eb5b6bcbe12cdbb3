//! What the store has to be told.

use std::path::PathBuf;
use std::sync::Arc;

use kiosk_wire::{KioskId, OsRandom, Random};

use crate::{Disk, LocalDisk};

const MIB: u64 = 1024 * 1024;

/// Where the store lies and how large it may get. [`StoreConfig::new`] gives working values.
#[derive(Clone)]
pub struct StoreConfig {
    /// The folder that is all its own; made if it is missing.
    pub folder: PathBuf,
    /// Whose log it is.
    pub kiosk: KioskId,
    /// Bytes on disk, all files together. Beyond, nothing is taken.
    pub max_bytes: u64,
    /// Of these, bytes kept for sessions that are open already: within them new sessions are refused.
    /// At most a quarter of `max_bytes` is kept.
    pub reserve_bytes: u64,
    /// Requests that may wait for the writer; the next caller waits until there is room.
    pub queue: usize,
    /// How many of the newest records are checked at opening.
    pub checked_at_open: u64,
    /// A segment of the journal is not written beyond this length, in bytes, but by one frame.
    pub segment_bytes: u64,
    /// Whether the view is kept in memory and made anew at each opening, without sled: for stores that live as long
    /// as a command, and for tests.
    pub view_in_memory: bool,
    /// Entries of the view that may differ from sled's files: with more, these are brought up to it. A start after a crash
    /// reads as many anew.
    pub settle_after: usize,
    /// Memory for sled's page cache, in bytes.
    pub cache_bytes: u64,
    /// Where syncs and whole files go through; a test puts its own in.
    pub disk: Arc<dyn Disk>,
    /// Where keys and nonces come from.
    pub random: Arc<dyn Random>,
}

impl StoreConfig {
    /// A store in `folder` for `kiosk`: 8 GiB at most, 256 MiB of them for open sessions.
    pub fn new(folder: impl Into<PathBuf>, kiosk: KioskId) -> Self {
        Self {
            folder: folder.into(),
            kiosk,
            max_bytes: 8 * 1024 * MIB,
            reserve_bytes: 256 * MIB,
            queue: 256,
            checked_at_open: 20_000,
            segment_bytes: 16 * MIB,
            view_in_memory: false,
            settle_after: 8192,
            cache_bytes: 16 * MIB,
            disk: Arc::new(LocalDisk),
            random: Arc::new(OsRandom),
        }
    }

    /// Bytes within which a new session may begin.
    pub(crate) fn bytes_for_new(&self) -> u64 {
        self.max_bytes - self.reserve_bytes.min(self.max_bytes / 4)
    }
}

impl std::fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreConfig")
            .field("folder", &self.folder)
            .field("kiosk", &self.kiosk)
            .field("max_bytes", &self.max_bytes)
            .field("reserve_bytes", &self.reserve_bytes)
            .field("queue", &self.queue)
            .field("checked_at_open", &self.checked_at_open)
            .field("segment_bytes", &self.segment_bytes)
            .field("view_in_memory", &self.view_in_memory)
            .field("settle_after", &self.settle_after)
            .field("cache_bytes", &self.cache_bytes)
            .finish_non_exhaustive()
    }
}
