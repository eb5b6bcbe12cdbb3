//! Evidence files: pictures and clips, sealed, each whole in a file with a keyed name.

use std::path::PathBuf;
use std::sync::Arc;

use kiosk_wire::{EvidenceId, Random};
use uuid::Uuid;

use crate::disk::{remove_durably, write_whole};
use crate::sealed::Sealer;
use crate::{Disk, StoreError};

/// A piece of evidence that central does not hold yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidencePiece {
    /// Its name: the SHA-256 of its sealed bytes.
    pub id: EvidenceId,
    /// Whose it is.
    pub session: Uuid,
    /// Its sealed length in bytes.
    pub bytes: u64,
}

/// The folder of evidence files.
pub(crate) struct EvidenceFolder {
    pub(crate) folder: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) sealer: Arc<Sealer>,
}

impl EvidenceFolder {
    /// Writes sealed bytes whole; durable when this returns.
    pub(crate) fn write(&self, id: &EvidenceId, sealed: &[u8]) -> Result<(), StoreError> {
        let (disk, random) = (self.disk.as_ref(), self.random.as_ref());
        write_whole(disk, random, &self.folder, &self.name(id)?, sealed)
    }

    /// The sealed bytes, checked against their name.
    pub(crate) fn read(&self, id: &EvidenceId) -> Result<Vec<u8>, StoreError> {
        let path = self.folder.join(self.name(id)?);
        let sealed = match std::fs::read(&path) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::NoEvidence(id.clone()));
            }
            Err(error) => return Err(StoreError::io("read", path)(error)),
        };
        match EvidenceId::of(&sealed) == *id {
            true => Ok(sealed),
            false => Err(StoreError::EvidenceDamaged(id.clone())),
        }
    }

    pub(crate) fn remove(&self, id: &EvidenceId) -> Result<(), StoreError> {
        remove_durably(self.disk.as_ref(), &self.folder, &self.name(id)?)
    }

    /// The bytes that a piece's file name writes.
    pub(crate) fn file_id(&self, id: &[u8; 32]) -> Result<[u8; 32], StoreError> {
        let id = hex::encode(id);
        self.sealer.secrets.file_id("evidence", id.as_bytes())
    }

    pub(crate) fn name(&self, id: &EvidenceId) -> Result<String, StoreError> {
        self.sealer
            .secrets
            .file_name("evidence", id.as_str().as_bytes())
    }
}
