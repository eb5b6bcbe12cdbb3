//! The store as its users hold it: a handle on what all share, and the way to the writer.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot, watch};

use crate::evidence::EvidenceFolder;
use crate::folder::Folder;
use crate::keyring::KeyRing;
use crate::log::Log;
use crate::recovery::Ends;
use crate::sealed::Sealer;
use crate::turn::Request;
use crate::{StoreConfig, StoreError};

/// What the disk has to have left for a session to begin: its pictures and events, and what the log grows by meanwhile.
const ROOM_TO_BEGIN: u64 = 4 << 20;

/// The log on disk. Clones share it; the folder is free again when the last one is dropped.
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    requests: mpsc::Sender<Request>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// How the store stands, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreStats {
    /// The newest record's number.
    pub newest: u64,
    /// Central holds everything up to this number.
    pub acknowledged: u64,
    /// Bytes on disk: log and evidence.
    pub used_bytes: u64,
    /// Bytes that may be used.
    pub max_bytes: u64,
    /// Of these, bytes within which a new session may begin.
    pub bytes_for_new: u64,
    /// Syncs that commits have cost since opening; far fewer than appends where many wait at once.
    pub commits: u64,
}

/// What the handles, the reads and the writer thread share.
pub(crate) struct Shared {
    pub(crate) config: StoreConfig,
    pub(crate) log: Log,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) keys: KeyRing,
    pub(crate) evidence: EvidenceFolder,
    /// Where side notes lie.
    pub(crate) side: PathBuf,
    /// The newest durable number. Reads see nothing beyond it.
    pub(crate) newest: watch::Sender<u64>,
    pub(crate) acknowledged: AtomicU64,
    pub(crate) log_bytes: AtomicU64,
    pub(crate) evidence_bytes: AtomicU64,
    pub(crate) commits: AtomicU64,
    /// Why nothing is written any more.
    pub(crate) broken: OnceLock<String>,
    /// Dropped last: the lock goes after sled has let go.
    pub(crate) folder: Folder,
}

impl Shared {
    #[allow(
        clippy::too_many_arguments,
        reason = "called once, at opening, with what opening made"
    )]
    pub(crate) fn new(
        config: StoreConfig,
        folder: Folder,
        log: Log,
        sealer: Arc<Sealer>,
        keys: KeyRing,
        evidence: EvidenceFolder,
        ends: Ends,
        evidence_bytes: u64,
    ) -> Result<Self, StoreError> {
        let log_bytes = log.bytes()?;
        Ok(Self {
            config,
            log,
            sealer,
            keys,
            evidence,
            side: folder.side(),
            newest: watch::Sender::new(ends.head.chain.newest()),
            acknowledged: AtomicU64::new(ends.acknowledged),
            log_bytes: AtomicU64::new(log_bytes),
            evidence_bytes: AtomicU64::new(evidence_bytes),
            commits: AtomicU64::new(0),
            broken: OnceLock::new(),
            folder,
        })
    }

    pub(crate) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    pub(crate) fn used_bytes(&self) -> u64 {
        self.log_bytes.load(Ordering::Acquire) + self.evidence_bytes.load(Ordering::Acquire)
    }

    /// Whether `bytes` more may be taken of something.
    /// Room for a new session, by the config and on the disk, whoever has filled it.
    pub(crate) fn room_to_begin(&self) -> Result<(), StoreError> {
        self.room("new session", 0, self.config.bytes_for_new())?;
        let folder = &self.config.folder;
        let left = self.config.disk.room(folder);
        match left.map_err(StoreError::io("measured", folder))? {
            ROOM_TO_BEGIN.. => Ok(()),
            _ => Err(StoreError::DiskFull {
                path: folder.clone(),
            }),
        }
    }

    pub(crate) fn room(&self, what: &'static str, bytes: u64, most: u64) -> Result<(), StoreError> {
        let used = self.used_bytes();
        match used.saturating_add(bytes) <= most {
            true => Ok(()),
            false => Err(StoreError::Full {
                what,
                used,
                most: self.config.max_bytes,
            }),
        }
    }

    pub(crate) fn writable(&self) -> Result<(), StoreError> {
        match self.broken.get() {
            None => Ok(()),
            Some(why) => Err(StoreError::NotWritable { why: why.clone() }),
        }
    }
}

impl Store {
    pub(crate) fn new(
        shared: Arc<Shared>,
        requests: mpsc::Sender<Request>,
        thread: JoinHandle<()>,
    ) -> Self {
        Self {
            shared,
            requests,
            thread: Arc::new(Mutex::new(Some(thread))),
        }
    }

    /// The newest durable record's number; 0 before the first.
    pub fn newest(&self) -> u64 {
        self.shared.newest()
    }

    /// Follows [`Store::newest`].
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.newest.subscribe()
    }

    /// Central holds everything up to this number, by its own word.
    pub fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::Acquire)
    }

    /// Whether events can be written: no write has failed and the store is not closed.
    pub fn is_writable(&self) -> bool {
        self.shared.writable().is_ok() && !self.requests.is_closed()
    }

    /// Whether a new session can be taken.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`], [`StoreError::DiskFull`] or [`StoreError::NotWritable`].
    pub fn may_begin(&self) -> Result<(), StoreError> {
        self.shared.writable()?;
        self.shared.room_to_begin()
    }

    /// How the store stands.
    pub fn stats(&self) -> StoreStats {
        StoreStats {
            newest: self.newest(),
            acknowledged: self.acknowledged(),
            used_bytes: self.shared.used_bytes(),
            max_bytes: self.shared.config.max_bytes,
            bytes_for_new: self.shared.config.bytes_for_new(),
            commits: self.shared.commits.load(Ordering::Relaxed),
        }
    }

    /// Adds up what sled's files hold, which a start believes as it was settled: seconds where there is much, and nobody
    /// waits for it. Where it does not add up nothing is written any more: the next start makes the view anew.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotWritable`] where it does not add up, or sled can't read its files. On a full disk sled may not be able to;
    /// that says nothing of them.
    pub async fn verify_view(&self) -> Result<(), StoreError> {
        self.aside(|shared| {
            let why = match shared.log.settled_adds_up() {
                Ok(Some(false)) => "the view does not add up; a new start makes it anew".into(),
                Ok(_) => return shared.writable(),
                Err(error) if error.is_full() => return shared.writable(),
                Err(error) => error.to_string(),
            };
            let _ = shared.broken.set(why);
            shared.writable()
        })
        .await
    }

    /// How many segments the journal has, and how many of their bytes still count.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`].
    pub fn segments(&self) -> Result<(u64, u64), StoreError> {
        self.shared.log.segments()
    }

    /// Writes what still waits, then stops the writer. The folder is free once every clone is gone, too.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotWritable`] where a write had failed before.
    pub async fn close(self) -> Result<(), StoreError> {
        let (done, told) = oneshot::channel();
        // Refused only where the writer has gone already, which is what is wanted.
        let _ = self.requests.send(Request::Close { done }).await;
        let _ = told.await;
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.shared.writable()
    }

    /// Hands a request to the writer; waits while the queue is full.
    pub(crate) async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Request,
    ) -> Result<T, StoreError> {
        self.shared.writable()?;
        let (answer, told) = oneshot::channel();
        self.requests
            .send(request(answer))
            .await
            .map_err(|_| StoreError::Closed)?;
        // The writer ends without an answer only by a panic of its own.
        told.await.map_err(|_| StoreError::NotWritable {
            why: "the writer ended".into(),
        })?
    }

    /// Runs something that waits for the disk beside the async threads.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let done = tokio::task::spawn_blocking(move || work(&shared)).await;
        // The task panicked, or the runtime is going down.
        done.map_err(|_| StoreError::Closed)?
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
