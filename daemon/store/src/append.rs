//! Writing: events, evidence, acknowledgements, erasure. Each is durable when its call returns.

use kiosk_wire::{DataKey, Erasure, EvidenceId, OVERHEAD, limits, seal_evidence};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::store::Shared;
use crate::turn::Request;
use crate::{Store, StoreError};

/// Longest brief, in bytes.
const BRIEF_BYTES: usize = 1024;

impl Store {
    /// Appends an event to the log; returns its number once it is durable. Many callers at once share
    /// one sync. Waits while the queue is full.
    ///
    /// A caller that stops waiting takes nothing back: the event may still be written.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] for a new session without room, [`StoreError::Erased`],
    /// [`StoreError::TooLong`], [`StoreError::NotWritable`]. On any error the event is not in the log,
    /// except after [`StoreError::NotWritable`], where the next opening tells.
    pub async fn append(&self, session: Uuid, payload: &[u8]) -> Result<u64, StoreError> {
        self.append_all(session, vec![payload.to_vec()]).await
    }

    /// Appends several events of one session, one after the other, all or none; returns the last number.
    ///
    /// # Errors
    ///
    /// As [`Store::append`]; [`StoreError::Nothing`] where there is none.
    pub async fn append_all(
        &self,
        session: Uuid,
        payloads: Vec<Vec<u8>>,
    ) -> Result<u64, StoreError> {
        self.append_with(session, payloads, None).await
    }

    /// The same, with what is to be known of the session without opening it, which takes the place of what was
    /// said before. It lies sealed under the device key, not the session's: nothing personal belongs in it.
    ///
    /// # Errors
    ///
    /// As [`Store::append_all`].
    pub async fn append_briefed(
        &self,
        session: Uuid,
        payloads: Vec<Vec<u8>>,
        brief: Vec<u8>,
    ) -> Result<u64, StoreError> {
        within("brief", brief.len(), BRIEF_BYTES)?;
        self.append_with(session, payloads, Some(brief)).await
    }

    async fn append_with(
        &self,
        session: Uuid,
        payloads: Vec<Vec<u8>>,
        brief: Option<Vec<u8>>,
    ) -> Result<u64, StoreError> {
        let payloads: Vec<_> = payloads.into_iter().map(Zeroizing::new).collect();
        if payloads.is_empty() {
            return Err(StoreError::Nothing);
        }
        for payload in &payloads {
            within("event", payload.len(), limits::RECORD_BYTES - OVERHEAD)?;
        }
        let key = self.key_for(session).await?;
        self.ask(|answer| Request::Append {
            session,
            key,
            payloads,
            brief,
            answer,
        })
        .await
    }

    /// The session's key; a new session's is made and durable when this returns.
    async fn key_for(&self, session: Uuid) -> Result<DataKey, StoreError> {
        self.shared.writable()?;
        self.shared.room("event", 0, self.shared.config.max_bytes)?;
        match self.shared.keys.cached(session) {
            Some(key) => Ok(key),
            None => {
                self.aside(move |shared| shared.find_or_make_key(session))
                    .await
            }
        }
    }

    /// Keeps a picture or a clip: seals it, writes its file whole, notes it in the log. Durable when this
    /// returns, so that an event may name it.
    ///
    /// # Errors
    ///
    /// As [`Store::append`].
    pub async fn put_evidence(
        &self,
        session: Uuid,
        bytes: &[u8],
    ) -> Result<EvidenceId, StoreError> {
        within(
            "piece of evidence",
            bytes.len(),
            limits::EVIDENCE_BYTES - OVERHEAD,
        )?;
        self.shared.writable()?;
        let plain = Zeroizing::new(bytes.to_vec());
        let (id, length) = self
            .aside(move |shared| shared.write_evidence(session, &plain))
            .await?;
        let noted = self
            .ask(|answer| Request::NoteEvidence {
                session,
                id: id.clone(),
                bytes: length,
                answer,
            })
            .await;
        match noted {
            Ok(()) => Ok(id),
            // Whether the note is on the disk shows at the next opening; until then the file stays.
            Err(error @ StoreError::NotWritable { .. }) => Err(error),
            Err(error) => {
                // What can't be removed now is an orphan, removed at the next opening.
                let _ = self.aside(move |shared| shared.evidence.remove(&id)).await;
                Err(error)
            }
        }
    }

    /// Takes note that central holds everything up to `upto`; durable when this returns. It never goes
    /// back: a lower number changes nothing. Returns the number that holds now.
    ///
    /// # Errors
    ///
    /// [`StoreError::AheadOfLog`] for a number that was never written; [`StoreError::NotWritable`].
    pub async fn acknowledge(&self, upto: u64) -> Result<u64, StoreError> {
        if upto <= self.acknowledged() {
            return Ok(self.acknowledged());
        }
        self.ask(|answer| Request::Acknowledge { upto, answer })
            .await
    }

    /// Takes note that central holds a piece of evidence. What is erased or delivered already is fine.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotWritable`].
    pub async fn acknowledge_evidence(&self, id: &EvidenceId) -> Result<(), StoreError> {
        let id = id.clone();
        self.ask(|answer| Request::EvidenceDelivered { id, answer })
            .await
    }

    /// Erases a session: its key, so that none of its events can be read any more, and its evidence.
    /// The chain still verifies. Durable when this returns; after a crash on the way, opening finishes it.
    /// A record of the log says so, numbered and chained like all others, for central to learn it; it needs no room
    /// that a full store keeps. A session that is erased already, or unknown, is fine and not told.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotWritable`], or what the disk said; opening anew finishes what was noted.
    pub async fn erase(&self, session: Uuid, erasure: Erasure) -> Result<(), StoreError> {
        self.ask(|answer| Request::Erase {
            session,
            erasure,
            answer,
        })
        .await
    }

    /// Lets a session go for good: as [`Store::erase`], and its ciphertext, too. Of its records their places in the
    /// chain stay, so that the chain still verifies. Returns false, and changes nothing, where central does not hold
    /// all of its records and evidence yet.
    ///
    /// # Errors
    ///
    /// As [`Store::erase`]; [`StoreError::Record`] where one of its records is missing or damaged.
    pub async fn forget(&self, session: Uuid) -> Result<bool, StoreError> {
        self.ask(|answer| Request::Forget { session, answer }).await
    }

    /// Gives the room back that forgotten records took: carries what still counts of one segment that is mostly
    /// dead over, then removes it. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotWritable`], [`StoreError::DiskFull`].
    pub async fn clean(&self) -> Result<bool, StoreError> {
        self.ask(|answer| Request::Clean { answer }).await
    }
}

impl Shared {
    fn find_or_make_key(&self, session: Uuid) -> Result<DataKey, StoreError> {
        self.keys.find_or_make(session, || self.room_to_begin())
    }

    fn write_evidence(&self, session: Uuid, plain: &[u8]) -> Result<(EvidenceId, u64), StoreError> {
        let key = self.find_or_make_key(session)?;
        let random = self.config.random.as_ref();
        let sealed = seal_evidence(&key, random, self.sealer.kiosk(), session, plain)?;
        let bytes = sealed.len() as u64;
        self.room("evidence", bytes, self.config.max_bytes)?;
        let id = EvidenceId::of(&sealed);
        self.evidence.write(&id, &sealed)?;
        Ok((id, bytes))
    }
}

const fn within(what: &'static str, is: usize, most: usize) -> Result<(), StoreError> {
    match is <= most {
        true => Ok(()),
        false => Err(StoreError::TooLong { what, is, most }),
    }
}
