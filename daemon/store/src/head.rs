//! Where the log ends: noted in every commit, and witnessed outside the journal.
//!
//! ```text
//!  log: 'M' "head"    commit (8) ‖ newest number (8) ‖ its hash (32) [‖ order (8) ‖ bytes (8)], sealed; changed in each batch
//!  witness, two slots of 4 KiB, written in turn:
//!     slot = commit mod 2:  sealed(commit ‖ newest ‖ hash), bound to its slot
//!
//!  commit ──► sync of the journal ──► slot of the witness, not synced ──► answers
//!  close  ──► sync of the witness
//! ```
//!
//! `order` is the last place given in the evidence outbox, `bytes` what all evidence takes: so that a start need not open
//! every note. A head of an older program, or one that recovery has made, lacks them: then they are added up anew.
//!
//! Why a witness: a journal whose last frames a disk has damaged looks like one that a power cut has torn. The
//! witness knows better: what the log has lost is told, and no number is given twice. It is written after the commit
//! that it tells of is durable, so that it is never ahead; it costs no sync, so that after a power cut it may be
//! some seconds behind, and then it says nothing. A torn slot leaves the other one.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kiosk_wire::{Chain, OVERHEAD, Random};

use crate::layout::{self, Reader};
use crate::log::Changes;
use crate::sealed::Sealer;
use crate::{Disk, StoreError};

/// A page of its own for each slot: no write touches both.
const SLOT: u64 = 4096;
const PLAIN: usize = 8 + 8 + 32;

/// What a start wants to know of all evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct EvidenceTotals {
    /// The last place given in the outbox.
    pub(crate) order: u64,
    /// Bytes that all pieces take.
    pub(crate) bytes: u64,
}

/// The end of the log after a commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// How many commits there were: more than records, since acknowledgements and notes count, too.
    pub(crate) commit: u64,
    pub(crate) chain: Chain,
}

impl Head {
    fn write(&self) -> Vec<u8> {
        [
            self.commit.to_be_bytes().as_slice(),
            &self.chain.newest().to_be_bytes(),
            &self.chain.head(),
        ]
        .concat()
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let commit = reader.number()?;
        let chain = Chain::after(reader.number()?, reader.hash()?);
        Some(Self { commit, chain })
    }

    /// Reads it off the log's entry, with the totals that stand there.
    pub(crate) fn open(sealer: &Sealer, sealed: &[u8]) -> Option<(Self, Option<EvidenceTotals>)> {
        let plain = sealer.open(layout::HEAD, sealed).ok()?;
        let mut reader = Reader(&plain);
        let head = Self::read(&mut reader)?;
        let totals = match (reader.number(), reader.number()) {
            (Some(order), Some(bytes)) => Some(EvidenceTotals { order, bytes }),
            _ => None,
        };
        reader.end().map(|()| (head, totals))
    }

    /// Puts it into the commit that makes it so.
    pub(crate) fn put(
        &self,
        totals: Option<EvidenceTotals>,
        sealer: &Sealer,
        random: &dyn Random,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let mut plain = self.write();
        if let Some(totals) = totals {
            plain.extend(totals.order.to_be_bytes());
            plain.extend(totals.bytes.to_be_bytes());
        }
        let sealed = sealer.seal(random, layout::HEAD, &plain)?;
        changes.put(layout::HEAD.to_vec(), sealed);
        Ok(())
    }
}

/// The file that knows how far the log had come.
pub(crate) struct Witness {
    path: PathBuf,
    file: File,
    disk: Arc<dyn Disk>,
    random: Arc<dyn Random>,
    sealer: Arc<Sealer>,
}

impl Witness {
    /// Opens the file, made where it is missing; its folder is synced by whoever writes first.
    pub(crate) fn open(
        path: PathBuf,
        disk: Arc<dyn Disk>,
        random: Arc<dyn Random>,
        sealer: Arc<Sealer>,
    ) -> Result<Self, StoreError> {
        let file = match disk.open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => disk.create(&path),
            opened => opened,
        };
        let file = file.map_err(StoreError::io("opened", &path))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        disk.sync_folder(folder)
            .map_err(StoreError::io("synced", folder))?;
        Ok(Self {
            path,
            file,
            disk,
            random,
            sealer,
        })
    }

    /// The newest head that it has seen; `None` where neither slot opens.
    pub(crate) fn newest(&self) -> Result<Option<Head>, StoreError> {
        let slots = [self.read(0)?, self.read(1)?];
        Ok(slots.into_iter().flatten().max_by_key(|head| head.commit))
    }

    fn read(&self, slot: u64) -> Result<Option<Head>, StoreError> {
        let mut sealed = [0; PLAIN + OVERHEAD];
        match self.file.read_exact_at(&mut sealed, slot * SLOT) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(StoreError::io("read", &self.path)(error)),
        }
        let plain = self.sealer.open(place(slot), &sealed).ok();
        Ok(plain.and_then(|plain| Head::read(&mut Reader(&plain))))
    }

    /// Notes a head whose commit is durable.
    pub(crate) fn note(&self, head: &Head) -> Result<(), StoreError> {
        let slot = head.commit % 2;
        let sealed = self
            .sealer
            .seal(self.random.as_ref(), place(slot), &head.write())?;
        self.disk
            .write_at(&self.file, &self.path, &sealed, slot * SLOT)
            .map_err(StoreError::write(&self.path))
    }

    /// What was noted is durable when this returns.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.disk
            .sync_file(&self.file, &self.path)
            .map_err(StoreError::io("synced", &self.path))
    }
}

const fn place(slot: u64) -> &'static [u8] {
    match slot {
        0 => b"witness 0",
        _ => b"witness 1",
    }
}
