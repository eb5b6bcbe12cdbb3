//! A folder: sealed pictures and clips, named by the SHA-256 of their sealed bytes.
//!
//! ```text
//!  {folder}/{kiosk}/{first two digits}/{sha256}     whole files only
//!  {folder}/{kiosk}/parts/{sha256}.{start}          parts of a piece that is not whole yet
//!  {folder}/{kiosk}/.incoming-{uuid}                being written; left behind by a crash
//! ```
//!
//! A file is written to its end, its hash checked, synced, renamed, and its folder synced, before
//! the database notes it. What a crash leaves behind is removed at a later start.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use kiosk_wire::{EvidenceId, KioskId};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::PutError;
use crate::folder::make_folder;

const INCOMING: &str = ".incoming-";
/// An upload takes minutes; another central on the same folder may be at one.
const LEFT_BEHIND_AFTER: time::Duration = time::Duration::days(1);

/// Where evidence lies, and how much of it is taken at once.
#[derive(Debug, Clone)]
pub(crate) struct EvidenceFolder {
    folder: PathBuf,
    most_bytes: u64,
    /// Longest wait for the next piece of a body.
    pause: Duration,
}

impl EvidenceFolder {
    /// Makes the folder and removes what crashes have left behind.
    pub(crate) fn open(
        folder: &Path,
        most_bytes: u64,
        pause: Duration,
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        make_folder(folder)?;
        for kiosk in std::fs::read_dir(folder)? {
            let kiosk = kiosk?;
            if kiosk.file_type()?.is_dir() {
                remove_left_behind(&kiosk.path(), now)?;
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            most_bytes,
            pause,
        })
    }

    /// Whether the whole piece is there, `bytes` long.
    pub(crate) async fn holds(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
        bytes: u64,
    ) -> Result<bool, Error> {
        match tokio::fs::metadata(self.shard(kiosk, id).join(id.as_str())).await {
            Ok(found) => Ok(found.is_file() && found.len() == bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes a body that must be the piece named `id`. Durable when it returns its length.
    pub(crate) async fn put(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
        body: Body,
    ) -> Result<u64, PutError> {
        let shard = self.shard(kiosk, id);
        tokio::task::spawn_blocking({
            let shard = shard.clone();
            move || make_folder(&shard)
        })
        .await
        .map_err(Error::other)??;
        let incoming = Incoming::new(&self.folder.join(kiosk.as_str())).await?;
        let bytes = self.receive(&incoming, id, body).await?;
        tokio::fs::rename(&incoming.path, shard.join(id.as_str())).await?;
        File::open(&shard).await?.sync_all().await?;
        Ok(bytes)
    }

    /// Streams the body to disk, hashing it on the way, and syncs it.
    async fn receive(
        &self,
        incoming: &Incoming,
        id: &EvidenceId,
        mut body: Body,
    ) -> Result<u64, PutError> {
        let mut file = File::create_new(&incoming.path).await?;
        let mut hash = Sha256::new();
        let mut bytes = 0_u64;
        let too_large = PutError::TooLarge {
            limit: self.most_bytes,
        };
        loop {
            let next = tokio::time::timeout(self.pause, body.frame()).await;
            let Some(frame) = next.map_err(|_| PutError::TooSlow)? else {
                break;
            };
            let frame = frame.map_err(|_| PutError::Broken)?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            bytes += data.len() as u64;
            if bytes > self.most_bytes {
                return Err(too_large);
            }
            hash.update(&data);
            file.write_all(&data).await?;
        }
        if hex::encode(hash.finalize()) != id.as_str() {
            return Err(PutError::Mismatch);
        }
        file.flush().await?;
        file.sync_all().await?;
        Ok(bytes)
    }

    /// Writes bytes that are in memory. Durable when it returns.
    pub(super) async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.folder.join(name);
        let folder = path.parent().unwrap_or(&self.folder).to_owned();
        tokio::task::spawn_blocking({
            let folder = folder.clone();
            move || make_folder(&folder)
        })
        .await
        .map_err(Error::other)??;
        let incoming = Incoming::new(&folder).await?;
        let mut file = File::create_new(&incoming.path).await?;
        file.write_all(bytes).await?;
        file.flush().await?;
        file.sync_all().await?;
        tokio::fs::rename(&incoming.path, &path).await?;
        File::open(&folder).await?.sync_all().await
    }

    /// Reads a whole file; `None` where it is not there.
    pub(super) async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        match tokio::fs::read(self.folder.join(name)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a file, durably; one that is not there is removed.
    pub(super) async fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.folder.join(name);
        match tokio::fs::remove_file(&path).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Err(_) => Ok(()),
            Ok(()) => {
                let folder = path.parent().unwrap_or(&self.folder);
                File::open(folder).await?.sync_all().await
            }
        }
    }

    fn shard(&self, kiosk: &KioskId, id: &EvidenceId) -> PathBuf {
        let (first, _) = id.as_str().split_at(2);
        self.folder.join(kiosk.as_str()).join(first)
    }
}

/// A file being written: removed when dropped, unless it was renamed.
struct Incoming {
    path: PathBuf,
}

impl Incoming {
    async fn new(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(format!("{INCOMING}{}", Uuid::new_v4()));
        Ok(Self { path })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Fails where it was renamed, which is the usual end.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn remove_left_behind(folder: &Path, now: OffsetDateTime) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(INCOMING) {
            continue;
        }
        let written = OffsetDateTime::from(entry.metadata()?.modified()?);
        if now - written > LEFT_BEHIND_AFTER {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
