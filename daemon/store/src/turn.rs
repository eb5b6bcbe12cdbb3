//! One turn of the writer: what all who wait ask for, as one change of the log, and their answers.

// long file: one enum of requests with what each does to the log: apart, the match arms lose their table

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use kiosk_wire::{Chain, DataKey, Erasure, EvidenceId, Record, seal_record};
use tokio::sync::oneshot;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::StoreError;
use crate::head::{EvidenceTotals, Witness};
use crate::layout::{self, EvidenceNote, Reader};
use crate::log::Changes;
use crate::recovery::Ends;
use crate::store::Shared;
use crate::stub;

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer can be asked.
pub(crate) enum Request {
    Append {
        session: Uuid,
        key: DataKey,
        payloads: Vec<Zeroizing<Vec<u8>>>,
        brief: Option<Vec<u8>>,
        answer: Answer<u64>,
    },
    NoteEvidence {
        session: Uuid,
        id: EvidenceId,
        bytes: u64,
        answer: Answer<()>,
    },
    Acknowledge {
        upto: u64,
        answer: Answer<u64>,
    },
    EvidenceDelivered {
        id: EvidenceId,
        answer: Answer<()>,
    },
    Erase {
        session: Uuid,
        erasure: Erasure,
        answer: Answer<()>,
    },
    Forget {
        session: Uuid,
        answer: Answer<bool>,
    },
    Clean {
        answer: Answer<bool>,
    },
    Close {
        done: oneshot::Sender<()>,
    },
}

impl Request {
    /// It has to see everything before it in the log, and be seen by everything after.
    pub(crate) const fn is_alone(&self) -> bool {
        matches!(self, Self::Erase { .. } | Self::Forget { .. })
    }

    /// Roughly what it adds to a batch, in bytes.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Append { payloads, .. } => payloads.iter().map(|payload| payload.len()).sum(),
            _ => 0,
        }
    }

    /// Answers with a failure.
    pub(crate) fn refuse(self, error: StoreError) {
        // Nobody listens where the caller has stopped waiting.
        match self {
            Self::Append { answer, .. } | Self::Acknowledge { answer, .. } => {
                let _ = answer.send(Err(error));
            }
            Self::NoteEvidence { answer, .. }
            | Self::EvidenceDelivered { answer, .. }
            | Self::Erase { answer, .. } => {
                let _ = answer.send(Err(error));
            }
            Self::Forget { answer, .. } | Self::Clean { answer } => {
                let _ = answer.send(Err(error));
            }
            Self::Close { done } => {
                let _ = done.send(());
            }
        }
    }
}

/// An answer that is held back until its change is durable.
enum Held {
    Number(Answer<u64>, u64),
    Done(Answer<()>),
    Erased(Answer<()>, Uuid, Vec<EvidenceId>),
    Forgotten(Answer<bool>, Uuid, Vec<EvidenceId>),
}

impl Held {
    fn send(self, shared: &Shared, outcome: Result<(), StoreError>) {
        // Nobody listens where the caller has stopped waiting.
        match self {
            Self::Number(answer, number) => {
                let _ = answer.send(outcome.map(|()| number));
            }
            Self::Done(answer) => {
                let _ = answer.send(outcome);
            }
            Self::Erased(answer, session, pieces) => {
                let _ = answer.send(outcome.and_then(|()| shared.wipe(session, &pieces)));
            }
            Self::Forgotten(answer, session, pieces) => {
                let wiped = outcome.and_then(|()| shared.wipe(session, &pieces));
                let _ = answer.send(wiped.map(|()| true));
            }
        }
    }
}

impl Shared {
    /// The second half of an erasure, after its note is durable: the key, then the evidence.
    fn wipe(&self, session: Uuid, pieces: &[EvidenceId]) -> Result<(), StoreError> {
        self.keys.erase(session)?;
        pieces.iter().try_for_each(|id| self.evidence.remove(id))
    }
}

/// A turn in the making.
pub(crate) struct Turn<'a> {
    shared: &'a Shared,
    pub(crate) ends: Ends,
    changes: Changes,
    held: Vec<Held>,
    evidence_added: u64,
    evidence_removed: u64,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(shared: &'a Shared, ends: Ends) -> Self {
        Self {
            shared,
            ends,
            changes: Changes::default(),
            held: Vec::new(),
            evidence_added: 0,
            evidence_removed: 0,
        }
    }

    /// Takes a request in. One that is refused is answered at once and changes nothing.
    pub(crate) fn take(&mut self, request: Request) {
        match request {
            Request::Append {
                session,
                key,
                payloads,
                brief,
                answer,
            } => match self.append(session, &key, &payloads, brief.as_deref()) {
                Ok(number) => self.held.push(Held::Number(answer, number)),
                Err(error) => drop(answer.send(Err(error))),
            },
            Request::NoteEvidence {
                session,
                id,
                bytes,
                answer,
            } => match self.note_evidence(session, &id, bytes) {
                Ok(()) => self.held.push(Held::Done(answer)),
                Err(error) => drop(answer.send(Err(error))),
            },
            Request::Acknowledge { upto, answer } => match self.acknowledge(upto) {
                Ok(number) => self.held.push(Held::Number(answer, number)),
                Err(error) => drop(answer.send(Err(error))),
            },
            Request::EvidenceDelivered { id, answer } => match self.delivered(&id) {
                Ok(()) => self.held.push(Held::Done(answer)),
                Err(error) => drop(answer.send(Err(error))),
            },
            Request::Erase {
                session,
                erasure,
                answer,
            } => match self.erase(session, &erasure) {
                Ok(pieces) => self.held.push(Held::Erased(answer, session, pieces)),
                Err(error) => drop(answer.send(Err(error))),
            },
            Request::Forget { session, answer } => match self.forget(session) {
                Ok(Some(pieces)) => self.held.push(Held::Forgotten(answer, session, pieces)),
                Ok(None) => drop(answer.send(Ok(false))),
                Err(error) => drop(answer.send(Err(error))),
            },
            // Served by the writer itself, between turns.
            Request::Clean { answer } => drop(answer.send(Ok(false))),
            Request::Close { done } => drop(done.send(())),
        }
    }

    fn alive(&self, session: Uuid) -> Result<(), StoreError> {
        match self.shared.keys.is_erased(session) {
            false => Ok(()),
            true => Err(StoreError::Erased { session }),
        }
    }

    /// Numbers, seals and chains. All is sealed before anything is put, so a failure changes nothing.
    fn append(
        &mut self,
        session: Uuid,
        key: &DataKey,
        payloads: &[Zeroizing<Vec<u8>>],
        brief: Option<&[u8]>,
    ) -> Result<u64, StoreError> {
        self.alive(session)?;
        let kiosk = self.shared.sealer.kiosk();
        let mut chain = self.ends.head.chain;
        let mut records = Vec::with_capacity(payloads.len());
        for payload in payloads {
            let number = chain.newest() + 1;
            let random = self.shared.config.random.as_ref();
            let sealed = seal_record(key, random, kiosk, number, session, payload)?;
            let record = Record::chain(kiosk.clone(), number, session, chain.head(), sealed);
            chain = Chain::after(number, record.hash);
            records.push(record);
        }
        if let Some(brief) = brief {
            let last = chain.newest().to_be_bytes();
            self.put_sealed(layout::brief(session), &[last.as_slice(), brief].concat())?;
        }
        for record in records {
            self.changes
                .put(layout::by_session(session, record.number), Vec::new());
            self.changes
                .put(layout::record(record.number), layout::write_record(&record));
        }
        self.ends.head.chain = chain;
        Ok(chain.newest())
    }

    fn sealed(&self, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        Ok(self
            .shared
            .sealer
            .seal(self.shared.config.random.as_ref(), key, plain)?)
    }

    fn put_sealed(&mut self, key: Vec<u8>, plain: &[u8]) -> Result<(), StoreError> {
        let sealed = self.sealed(&key, plain)?;
        self.changes.put(key, sealed);
        Ok(())
    }

    fn note_evidence(
        &mut self,
        session: Uuid,
        id: &EvidenceId,
        bytes: u64,
    ) -> Result<(), StoreError> {
        self.alive(session)?;
        let id = layout::id_bytes(id);
        let order = self.ends.order + 1;
        let note = EvidenceNote {
            session,
            order,
            bytes,
            delivered: false,
        };
        let (waits, noted) = (layout::waiting(order), layout::evidence(&id));
        let (waiting, note) = (
            self.sealed(&waits, &id)?,
            self.sealed(&noted, &note.write())?,
        );
        self.changes.put(waits, waiting);
        self.changes.put(noted, note);
        self.changes
            .put(layout::evidence_of(session, &id), Vec::new());
        self.ends.order = order;
        self.evidence_added += bytes;
        Ok(())
    }

    fn acknowledge(&mut self, upto: u64) -> Result<u64, StoreError> {
        let newest = self.ends.head.chain.newest();
        if upto > newest {
            return Err(StoreError::AheadOfLog { upto, newest });
        }
        if upto > self.ends.acknowledged {
            self.put_sealed(layout::ACKNOWLEDGED.to_vec(), &upto.to_be_bytes())?;
            self.ends.acknowledged = upto;
        }
        Ok(self.ends.acknowledged)
    }

    fn delivered(&mut self, id: &EvidenceId) -> Result<(), StoreError> {
        let id = layout::id_bytes(id);
        let Some(note) = self.shared.evidence_note(&id)? else {
            return Ok(());
        };
        if !note.delivered {
            self.changes.remove(layout::waiting(note.order));
            let note = EvidenceNote {
                delivered: true,
                ..note
            };
            self.put_sealed(layout::evidence(&id), &note.write())?;
        }
        Ok(())
    }

    /// Erases a session, and says so in the log, so that central is told as it is of any event. What the log knows
    /// nothing of, and what was erased before, is not told.
    fn erase(&mut self, session: Uuid, erasure: &Erasure) -> Result<Vec<EvidenceId>, StoreError> {
        let is_new = !self.shared.keys.is_erased(session);
        let has_events = !self.shared.numbers(session)?.is_empty();
        let chain = self.ends.head.chain;
        let (kiosk, number) = (self.shared.sealer.kiosk().clone(), chain.newest() + 1);
        let record = Record::erasure(kiosk, number, session, chain.head(), erasure)?;
        let pieces = self.let_go(session)?;
        if is_new && (has_events || !pieces.is_empty()) {
            self.changes
                .put(layout::record(number), layout::write_record(&record));
            self.ends.head.chain = Chain::after(number, record.hash);
        }
        Ok(pieces)
    }

    fn let_go(&mut self, session: Uuid) -> Result<Vec<EvidenceId>, StoreError> {
        let mut ids = Vec::new();
        let prefix = layout::of_session(layout::EVIDENCE_OF, session);
        self.shared.log.visit_prefix(&prefix, |key, _| {
            ids.extend(Reader(&key[prefix.len()..]).hash());
            Ok(ControlFlow::Continue(()))
        })?;
        let mut pieces = Vec::new();
        for id in ids {
            if let Some(note) = self.shared.evidence_note(&id)? {
                if !note.delivered {
                    self.changes.remove(layout::waiting(note.order));
                }
                self.evidence_removed += note.bytes;
            }
            self.changes.remove(layout::evidence(&id));
            self.changes.remove(layout::evidence_of(session, &id));
            pieces.extend(layout::id_of(&id));
        }
        self.changes.remove(layout::brief(session));
        self.put_sealed(layout::erased(session), &[])?;
        Ok(pieces)
    }

    /// Lets go of a session and its ciphertext; `None` where central does not hold all of it yet. It keeps what it
    /// holds, so that there is nothing to tell it.
    fn forget(&mut self, session: Uuid) -> Result<Option<Vec<EvidenceId>>, StoreError> {
        let numbers = self.shared.numbers(session)?;
        let waits = |number: &u64| *number > self.ends.acknowledged;
        if numbers.iter().any(waits) || self.shared.evidence_waits(session)? {
            return Ok(None);
        }
        for number in numbers {
            let record = self.shared.record(number)?;
            self.changes
                .put(layout::record(number), stub::stub(&record));
            self.changes.remove(layout::by_session(session, number));
        }
        self.let_go(session).map(Some)
    }

    /// Makes the turn durable, then answers everyone. Gives where the log ends now.
    pub(crate) fn finish(mut self, witness: &Witness) -> Result<Ends, StoreError> {
        let outcome = self.commit(witness);
        if outcome.is_ok() {
            self.publish();
        }
        for held in self.held {
            held.send(self.shared, outcome.clone());
        }
        outcome.map(|()| self.ends)
    }

    fn commit(&mut self, witness: &Witness) -> Result<(), StoreError> {
        let mut changes = std::mem::take(&mut self.changes);
        if changes.is_empty() {
            return Ok(());
        }
        self.ends.head.commit += 1;
        let head = self.ends.head;
        let random = self.shared.config.random.as_ref();
        let totals = EvidenceTotals {
            order: self.ends.order,
            bytes: self.evidence_bytes(),
        };
        head.put(Some(totals), &self.shared.sealer, random, &mut changes)?;
        self.shared.log.commit(changes).map_err(not_writable)?;
        // The commit is durable whatever becomes of its witness, who may be behind.
        if let Err(error) = witness.note(&head) {
            tracing::warn!(%error, "the witness could not note a commit");
        }
        Ok(())
    }

    /// What all evidence takes after this turn. A piece whose file was missing was not counted when it is erased.
    fn evidence_bytes(&self) -> u64 {
        let before = self.shared.evidence_bytes.load(Ordering::Acquire);
        (before + self.evidence_added).saturating_sub(self.evidence_removed)
    }

    fn publish(&self) {
        let shared = self.shared;
        shared.commits.fetch_add(1, Ordering::Relaxed);
        // Turns are the only ones to change it.
        shared
            .evidence_bytes
            .store(self.evidence_bytes(), Ordering::Release);
        if let Ok(bytes) = shared.log.bytes() {
            shared.log_bytes.store(bytes, Ordering::Release);
        }
        shared
            .acknowledged
            .store(self.ends.acknowledged, Ordering::Release);
        let newest = self.ends.head.chain.newest();
        shared
            .newest
            .send_if_modified(|number| std::mem::replace(number, newest) != newest);
    }
}

fn not_writable(error: StoreError) -> StoreError {
    match error.is_full() {
        true => error,
        false => StoreError::NotWritable {
            why: error.to_string(),
        },
    }
}
