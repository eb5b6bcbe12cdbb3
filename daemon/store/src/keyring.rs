//! Session keys: one small file each, wrapped by the device key, written whole, erased by unlinking.
//!
//! ```text
//!  keys/<HMAC(device key, session)>:  version (1) ‖ nonce (24) ‖ data key (32) ‖ tag (16)
//!                                     bound to kiosk and session
//! ```
//!
//! Sessions get and lose their keys without waiting for each other's disk: a new key costs two syncs, and 64 that begin at once share
//! what the file system commits together. Of one session, one makes, reads or erases at a time.
//!
//! Erasing is noted in the log first (so it is finished after a crash), then the file is unlinked and its
//! folder synced. The note outlives the key: an erased session is never given a new one.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiosk_wire::{DataKey, Random, WireError, open, seal};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::disk::{remove_durably, write_whole};
use crate::sealed::Sealer;
use crate::{Disk, StoreError};

const VERSION: u8 = 1;
const DOMAIN: &[u8] = b"kioskd session key v1";
/// Keys kept in memory; the oldest gives way. More sessions than this are seldom open at once.
const CACHED: usize = 256;

/// Sessions share this many turns: of 64 that begin at once, one in a thousand waits for another.
const TURNS: usize = 1 << 16;

/// The keys of all sessions.
pub(crate) struct KeyRing {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    random: Arc<dyn Random>,
    sealer: Arc<Sealer>,
    /// Who works on a session's file.
    turns: Vec<Mutex<()>>,
    /// What is known without the disk; never held while it is waited for.
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    keys: HashMap<Uuid, DataKey>,
    order: VecDeque<Uuid>,
    erased: HashSet<Uuid>,
}

impl KeyRing {
    pub(crate) fn new(
        folder: PathBuf,
        disk: Arc<dyn Disk>,
        random: Arc<dyn Random>,
        sealer: Arc<Sealer>,
        erased: HashSet<Uuid>,
    ) -> Self {
        let held = Mutex::new(Held {
            erased,
            ..Held::default()
        });
        Self {
            folder,
            disk,
            random,
            sealer,
            turns: (0..TURNS).map(|_| Mutex::default()).collect(),
            held,
        }
    }

    /// A session's turn, which comes before `held`.
    fn turn(&self, session: Uuid) -> MutexGuard<'_, ()> {
        let [.., high, low] = *session.as_bytes();
        self.turns[usize::from(u16::from_be_bytes([high, low]))]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Each change under the lock is one insertion or removal: a poisoned ring is whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_erased(&self, session: Uuid) -> bool {
        self.held().erased.contains(&session)
    }

    /// A session's key if it is at hand without waiting: neither for the disk nor for another caller.
    pub(crate) fn cached(&self, session: Uuid) -> Option<DataKey> {
        self.held.try_lock().ok()?.keys.get(&session).cloned()
    }

    /// A session's key; `None` where it has none yet.
    pub(crate) fn find(&self, session: Uuid) -> Result<Option<DataKey>, StoreError> {
        if let Some(key) = self.held().find(session)? {
            return Ok(Some(key));
        }
        let _turn = self.turn(session);
        self.find_in_turn(session)
    }

    fn find_in_turn(&self, session: Uuid) -> Result<Option<DataKey>, StoreError> {
        if let Some(key) = self.held().find(session)? {
            return Ok(Some(key));
        }
        let path = self.folder.join(self.name(session)?);
        let wrapped = match std::fs::read(&path) {
            Ok(wrapped) => wrapped,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("read", path)(error)),
        };
        let key = self.unwrap(session, &wrapped)?;
        self.held().keep(session, key.clone());
        Ok(Some(key))
    }

    /// A session's key, made durably where it has none and `may_begin` allows a new session.
    pub(crate) fn find_or_make(
        &self,
        session: Uuid,
        may_begin: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<DataKey, StoreError> {
        let _turn = self.turn(session);
        if let Some(key) = self.find_in_turn(session)? {
            return Ok(key);
        }
        may_begin()?;
        let key = DataKey::generate(self.random.as_ref())?;
        let sealed = seal(
            &self.sealer.secrets.wrap,
            self.random.as_ref(),
            &self.bound(session),
            key.expose(),
        )?;
        let file = [&[VERSION], sealed.as_slice()].concat();
        let (disk, random) = (self.disk.as_ref(), self.random.as_ref());
        write_whole(disk, random, &self.folder, &self.name(session)?, &file)?;
        self.held().keep(session, key.clone());
        Ok(key)
    }

    /// Forgets a session's key for ever; its erasure is noted in the log already.
    pub(crate) fn erase(&self, session: Uuid) -> Result<(), StoreError> {
        let _turn = self.turn(session);
        self.held().forget(session);
        remove_durably(self.disk.as_ref(), &self.folder, &self.name(session)?)
    }

    /// Whether a key file is there.
    pub(crate) fn has_file(&self, session: Uuid) -> Result<bool, StoreError> {
        Ok(self.folder.join(self.name(session)?).exists())
    }

    fn unwrap(&self, session: Uuid, wrapped: &[u8]) -> Result<DataKey, StoreError> {
        let (_, sealed) = wrapped
            .split_first()
            .filter(|(version, _)| **version == VERSION)
            .ok_or(WireError::DoesNotOpen)?;
        let plain = Zeroizing::new(open(
            &self.sealer.secrets.wrap,
            &self.bound(session),
            sealed,
        )?);
        let bytes = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| WireError::DoesNotOpen)?;
        Ok(DataKey::from_bytes(bytes))
    }

    fn name(&self, session: Uuid) -> Result<String, StoreError> {
        self.sealer
            .secrets
            .file_name("session key", session.as_bytes())
    }

    /// The session last, of fixed length: nothing else reads the same.
    fn bound(&self, session: Uuid) -> Vec<u8> {
        [
            DOMAIN,
            self.sealer.kiosk().as_str().as_bytes(),
            session.as_bytes(),
        ]
        .concat()
    }
}

impl Held {
    fn find(&self, session: Uuid) -> Result<Option<DataKey>, StoreError> {
        match self.erased.contains(&session) {
            true => Err(StoreError::Erased { session }),
            false => Ok(self.keys.get(&session).cloned()),
        }
    }

    fn forget(&mut self, session: Uuid) {
        self.erased.insert(session);
        self.keys.remove(&session);
        self.order.retain(|other| *other != session);
    }

    fn keep(&mut self, session: Uuid, key: DataKey) {
        if self.keys.insert(session, key).is_none() {
            self.order.push_back(session);
        }
        while self.order.len() > CACHED {
            if let Some(oldest) = self.order.pop_front() {
                self.keys.remove(&oldest);
            }
        }
    }
}
