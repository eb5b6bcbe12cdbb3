//! Reading: sessions, their events, their records, their evidence, and the whole chain.
//!
//! Nothing is shown that is not durable: everything stops at the newest durable number.

use std::ops::ControlFlow;

use kiosk_wire::{Chain, EvidenceId, Record, open_evidence, open_record};
use uuid::Uuid;

use crate::audit::is_stream;
use crate::layout::{self, EvidenceNote, Reader};
use crate::store::Shared;
use crate::stub;
use crate::{Store, StoreError};

impl Store {
    /// A session's events with their numbers, in order; none for a session that is not known.
    ///
    /// # Errors
    ///
    /// [`StoreError::Erased`]; [`StoreError::Record`] where one of them is missing or damaged: a session
    /// is never shown with a hole in it.
    pub fn events(&self, session: Uuid) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let key = self.shared.keys.find(session)?;
        let numbers = self.shared.numbers(session)?;
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let key = key.ok_or(StoreError::KeyMissing { session })?;
        let open = |number| {
            let record = self.shared.record(number)?;
            let why = "its content does not open";
            let event =
                open_record(&key, &record).map_err(|_| StoreError::Record { number, why })?;
            Ok((number, event))
        };
        numbers.into_iter().map(open).collect()
    }

    /// A session's records as they travel, in order; an erased session's, too.
    ///
    /// # Errors
    ///
    /// [`StoreError::Record`] where one of them is missing or damaged.
    pub fn records(&self, session: Uuid) -> Result<Vec<Record>, StoreError> {
        let numbers = self.shared.numbers(session)?;
        numbers
            .into_iter()
            .map(|number| self.shared.record(number))
            .collect()
    }

    /// Every session that has events and was not erased, in the order of their ids; without the streams.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`].
    pub fn sessions(&self) -> Result<Vec<Uuid>, StoreError> {
        let mut sessions = Vec::new();
        self.shared.visit_sessions(|session| {
            if !is_stream(session) {
                sessions.push(session);
            }
            Ok(())
        })?;
        Ok(sessions)
    }

    /// Every session and stream of which something was said in brief and that was not erased, with the number of its last record
    /// then; `None` where what was said does not open, or where an older program said nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`].
    pub fn briefs(
        &self,
        mut each: impl FnMut(Uuid, Option<(u64, &[u8])>),
    ) -> Result<(), StoreError> {
        let shared = &self.shared;
        shared.log.visit_prefix(&[layout::BRIEF], |key, sealed| {
            let session = Reader(&key[1..]).session();
            if let Some(session) = session.filter(|session| !shared.keys.is_erased(*session)) {
                let plain = shared.sealer.open(key, sealed).ok();
                let mut reader = Reader(plain.as_deref().unwrap_or_default());
                let last = reader.number();
                each(session, last.map(|last| (last, reader.rest())));
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// A piece of evidence, opened.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoEvidence`], [`StoreError::EvidenceDamaged`] (another session's does not open
    /// either), [`StoreError::Erased`].
    pub fn get_evidence(&self, session: Uuid, id: &EvidenceId) -> Result<Vec<u8>, StoreError> {
        let key = self.shared.keys.find(session)?;
        let key = key.ok_or_else(|| StoreError::NoEvidence(id.clone()))?;
        let sealed = self.shared.evidence.read(id)?;
        open_evidence(&key, self.shared.sealer.kiosk(), session, &sealed)
            .map_err(|_| StoreError::EvidenceDamaged(id.clone()))
    }

    /// Walks the whole log, from the first record to the newest. Returns how many there are.
    ///
    /// # Errors
    ///
    /// [`StoreError::Chain`] or [`StoreError::Record`], naming the first record that is wrong.
    pub fn verify_chain(&self) -> Result<u64, StoreError> {
        let newest = self.newest();
        let mut chain = Chain::default();
        let (from, to) = (layout::record(1), layout::record(newest.saturating_add(1)));
        self.shared.log.visit(&from, &to, |key, value| {
            let number = Reader(&key[1..]).number().unwrap_or(0);
            if stub::is_stub(value) {
                chain = self.shared.after_stub(&chain, number, value)?;
            } else {
                chain.accept(&self.shared.parse(number, value)?)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        match chain.newest() == newest {
            true => Ok(newest),
            false => Err(StoreError::Record {
                number: chain.newest() + 1,
                why: "it is missing",
            }),
        }
    }
}

impl Shared {
    /// Shows every session that has durable events and was not erased.
    pub(crate) fn visit_sessions(
        &self,
        mut each: impl FnMut(Uuid) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let (newest, mut last) = (self.newest(), None);
        self.log.visit_prefix(&[layout::BY_SESSION], |key, _| {
            let mut reader = Reader(&key[1..]);
            let (session, first) = (reader.session(), reader.number());
            let Some(session) = session.filter(|session| last != Some(*session)) else {
                return Ok(ControlFlow::Continue(()));
            };
            last = Some(session);
            if first.is_some_and(|first| first <= newest) && !self.keys.is_erased(session) {
                each(session)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The durable numbers of a session's records.
    pub(crate) fn numbers(&self, session: Uuid) -> Result<Vec<u64>, StoreError> {
        let newest = self.newest();
        let prefix = layout::of_session(layout::BY_SESSION, session);
        let mut numbers = Vec::new();
        self.log.visit_prefix(&prefix, |key, _| {
            let number = Reader(&key[prefix.len()..]).number();
            numbers.extend(number.filter(|number| *number <= newest));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(numbers)
    }

    /// The chain with a forgotten record's stub as its next link.
    fn after_stub(&self, chain: &Chain, number: u64, value: &[u8]) -> Result<Chain, StoreError> {
        let link = stub::link(self.sealer.kiosk(), number, value);
        let follows = number == chain.newest() + 1;
        match link.filter(|link| follows && link.previous == chain.head()) {
            Some(link) => Ok(Chain::after(number, link.hash)),
            None => Err(StoreError::Record {
                number,
                why: "its stub does not follow the record before it",
            }),
        }
    }

    pub(crate) fn record(&self, number: u64) -> Result<Record, StoreError> {
        let missing = StoreError::Record {
            number,
            why: "it is missing",
        };
        let value = self.log.get(&layout::record(number))?.ok_or(missing)?;
        self.parse(number, &value)
    }

    pub(crate) fn parse(&self, number: u64, value: &[u8]) -> Result<Record, StoreError> {
        layout::read_record(self.sealer.kiosk(), number, value).ok_or(StoreError::Record {
            number,
            why: "it is of no known form",
        })
    }

    /// What is noted of a piece of evidence; `None` where nothing is, or nothing readable.
    pub(crate) fn evidence_note(&self, id: &[u8; 32]) -> Result<Option<EvidenceNote>, StoreError> {
        let key = layout::evidence(id);
        let value = self.log.get(&key)?;
        Ok(value
            .and_then(|value| self.sealer.open(&key, &value).ok())
            .and_then(|plain| EvidenceNote::read(&plain)))
    }
}
