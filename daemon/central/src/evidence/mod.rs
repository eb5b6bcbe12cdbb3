//! Where sealed pictures and clips lie: a folder, or a bucket of any store that speaks S3.
//!
//! A piece is there under the SHA-256 of its bytes, whole or not at all. A long one comes in parts, each an
//! object of its own beside it, so that any central behind the same database goes on where another left off;
//! the last part has the whole put together, checked against its name, and the parts removed.

mod bucket;
mod folder;

use std::io::Error;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use kiosk_wire::{EvidenceId, KioskId};
use tokio::sync::Semaphore;

pub(crate) use bucket::Bucket;
pub(crate) use folder::EvidenceFolder;

/// Pieces that are put together at the same time: each takes its length in memory.
const AT_ONCE: usize = 2;

/// Why a piece of evidence was not kept.
#[derive(Debug)]
pub(crate) enum PutError {
    TooLarge {
        limit: u64,
    },
    TooSlow,
    /// The connection broke.
    Broken,
    Mismatch,
    /// A part that the database names is nowhere: the whole begins anew.
    PartLost,
    Disk(Error),
}

impl From<Error> for PutError {
    fn from(error: Error) -> Self {
        Self::Disk(error)
    }
}

/// Where evidence lies.
#[derive(Debug)]
pub(crate) struct EvidenceStore {
    place: Place,
    most_bytes: u64,
    /// Longest wait for the next piece of a body.
    pause: Duration,
    assembling: Semaphore,
}

#[derive(Debug)]
enum Place {
    Folder(EvidenceFolder),
    Bucket(Bucket),
}

impl EvidenceStore {
    /// In a folder.
    pub(crate) fn folder(folder: EvidenceFolder, most_bytes: u64, pause: Duration) -> Self {
        Self::of(Place::Folder(folder), most_bytes, pause)
    }

    /// In a bucket.
    pub(crate) fn bucket(bucket: Bucket, most_bytes: u64, pause: Duration) -> Self {
        Self::of(Place::Bucket(bucket), most_bytes, pause)
    }

    fn of(place: Place, most_bytes: u64, pause: Duration) -> Self {
        Self {
            place,
            most_bytes,
            pause,
            assembling: Semaphore::new(AT_ONCE),
        }
    }

    /// Whether the whole piece is there, `bytes` long.
    pub(crate) async fn holds(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
        bytes: u64,
    ) -> Result<bool, Error> {
        match &self.place {
            Place::Folder(folder) => folder.holds(kiosk, id, bytes).await,
            Place::Bucket(bucket) => Ok(bucket.length(&whole(kiosk, id)).await? == Some(bytes)),
        }
    }

    /// Takes a body that must be the piece named `id`. Durable when it returns its length.
    pub(crate) async fn put(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
        body: Body,
    ) -> Result<u64, PutError> {
        match &self.place {
            Place::Folder(folder) => folder.put(kiosk, id, body).await,
            Place::Bucket(_) => {
                let _turn = self.turn().await;
                let bytes = self.collect(body, self.most_bytes).await?;
                self.keep_whole(kiosk, id, bytes).await
            }
        }
    }

    /// Takes a part of at most `most` bytes. Durable when it returns its length.
    pub(crate) async fn put_part(
        &self,
        (kiosk, id): (&KioskId, &EvidenceId),
        start: u64,
        body: Body,
        most: u64,
    ) -> Result<u64, PutError> {
        let bytes = self.collect(body, most).await?;
        let length = bytes.len() as u64;
        self.write(&part(kiosk, id, start), bytes).await?;
        Ok(length)
    }

    /// Puts the parts that begin at `starts` together; they must be the piece named `id`. Durable when it
    /// returns the length.
    pub(crate) async fn assemble(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
        starts: &[u64],
    ) -> Result<u64, PutError> {
        let _turn = self.turn().await;
        let mut bytes = BytesMut::new();
        for start in starts {
            let name = part(kiosk, id, *start);
            let read = self.read(&name).await?.ok_or(PutError::PartLost)?;
            bytes.extend_from_slice(&read);
        }
        self.keep_whole(kiosk, id, bytes.freeze()).await
    }

    /// Removes parts.
    pub(crate) async fn remove_parts(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
        starts: &[u64],
    ) -> Result<(), Error> {
        for start in starts {
            self.remove_named(&part(kiosk, id, *start)).await?;
        }
        Ok(())
    }

    /// Removes a whole piece; one that is not there is removed.
    pub(crate) async fn remove(&self, kiosk: &KioskId, id: &EvidenceId) -> Result<(), Error> {
        self.remove_named(&whole(kiosk, id)).await
    }

    async fn remove_named(&self, name: &str) -> Result<(), Error> {
        match &self.place {
            Place::Folder(folder) => folder.remove(name).await,
            Place::Bucket(bucket) => bucket.remove(name).await,
        }
    }

    /// A whole piece; `None` where it is not there.
    pub(crate) async fn get(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
    ) -> Result<Option<Bytes>, Error> {
        let _turn = self.turn().await;
        self.read(&whole(kiosk, id)).await
    }

    async fn keep_whole(
        &self,
        kiosk: &KioskId,
        id: &EvidenceId,
        bytes: Bytes,
    ) -> Result<u64, PutError> {
        if EvidenceId::of(&bytes) != *id {
            return Err(PutError::Mismatch);
        }
        let length = bytes.len() as u64;
        self.write(&whole(kiosk, id), bytes).await?;
        Ok(length)
    }

    async fn write(&self, name: &str, bytes: Bytes) -> Result<(), Error> {
        match &self.place {
            Place::Folder(folder) => folder.write(name, &bytes).await,
            Place::Bucket(bucket) => bucket.write(name, bytes).await,
        }
    }

    async fn read(&self, name: &str) -> Result<Option<Bytes>, Error> {
        match &self.place {
            Place::Folder(folder) => Ok(folder.read(name).await?.map(Bytes::from)),
            Place::Bucket(bucket) => bucket.read(name).await,
        }
    }

    async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.assembling.acquire().await.ok()
    }

    async fn collect(&self, mut body: Body, most: u64) -> Result<Bytes, PutError> {
        let mut bytes = BytesMut::new();
        loop {
            let next = tokio::time::timeout(self.pause, body.frame()).await;
            let Some(frame) = next.map_err(|_| PutError::TooSlow)? else {
                return Ok(bytes.freeze());
            };
            let Ok(data) = frame.map_err(|_| PutError::Broken)?.into_data() else {
                continue;
            };
            if (bytes.len() + data.len()) as u64 > most {
                return Err(PutError::TooLarge { limit: most });
            }
            bytes.extend_from_slice(&data);
        }
    }
}

/// Where a whole piece lies; the folder's layout is the same.
fn whole(kiosk: &KioskId, id: &EvidenceId) -> String {
    let (first, _) = id.as_str().split_at(2);
    format!("{kiosk}/{first}/{id}")
}

fn part(kiosk: &KioskId, id: &EvidenceId, start: u64) -> String {
    format!("{kiosk}/parts/{id}.{start}")
}
