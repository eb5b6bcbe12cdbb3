//! Reading everything, and mending without guessing.
//!
//! | what is wrong | what repair does |
//! |---|---|
//! | bytes of the journal that are no frame | kept in quarantine; what else the segment holds is written anew, the segment removed |
//! | a record or stub that is not what its hash says | kept in quarantine; its number stays a gap |
//! | a record that is missing | nothing: its number stays a gap, and is told each time |
//! | a session's key that is missing or does not open, an event that does not open | nothing: told |
//! | a piece of evidence whose file is missing or not what its name says | the file moves to quarantine, nothing waits for it |
//!
//! What opening mends (torn tails, the view, unfinished erasures) was mended before a check can begin; its report
//! stands in `RecoveryReport`.

use std::fmt;
use std::ops::ControlFlow;

use kiosk_wire::{Chain, EvidenceId, open_record};
use uuid::Uuid;

use crate::layout::{self, Reader};
use crate::log::Changes;
use crate::quarantine::{self, TakenOut};
use crate::store::Shared;
use crate::stub::{is_stub, link};
use crate::{Store, StoreError};

/// Something that is wrong, and where. Numbers, sessions and places only.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreFault {
    /// Bytes of a segment that are no frame.
    NoFrame {
        /// The segment's number.
        segment: u64,
        /// Where they begin in its file.
        offset: u64,
        /// How many.
        bytes: u64,
    },
    /// The view's entries don't add up; a start with its folder `log` removed makes it anew.
    View,
    /// A record is not there.
    RecordMissing(u64),
    /// A record or stub is not what its hash says, or does not follow the one before it.
    RecordDamaged(u64),
    /// A session's key is missing or does not open.
    Key(Uuid),
    /// An event's content does not open with its session's key.
    Event(u64),
    /// A piece of evidence has no file.
    EvidenceMissing(EvidenceId),
    /// A piece of evidence is not what its name says.
    EvidenceDamaged(EvidenceId),
}

impl fmt::Display for StoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFrame {
                segment,
                offset,
                bytes,
            } => {
                write!(
                    f,
                    "journal segment {segment}, offset {offset}: {bytes} bytes are no frame"
                )
            }
            Self::View => write!(
                f,
                "log/: its entries don't add up; remove that folder, it is made anew"
            ),
            Self::RecordMissing(number) => write!(f, "record {number}: it is missing"),
            Self::RecordDamaged(number) => {
                write!(f, "record {number}: it is not what its hash says")
            }
            Self::Key(session) => {
                write!(f, "session {session}: its key is missing or does not open")
            }
            Self::Event(number) => write!(f, "record {number}: its content does not open"),
            Self::EvidenceMissing(id) => write!(f, "evidence {id}: its file is missing"),
            Self::EvidenceDamaged(id) => {
                write!(f, "evidence {id}: its file is not what its name says")
            }
        }
    }
}

/// What a check has read, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Records that are whole.
    pub records: u64,
    /// Of these, forgotten ones: their place in the chain alone is left.
    pub stubs: u64,
    /// Sessions that can be read.
    pub sessions: u64,
    /// Pieces of evidence that are whole.
    pub evidence: u64,
    /// Segments of the journal.
    pub segments: u64,
    /// What is wrong.
    pub faults: Vec<StoreFault>,
}

/// What a repair has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Segments that were written anew without what is no frame.
    pub segments: u64,
    /// Records set aside.
    pub records: u64,
    /// Evidence files set aside, and notes of missing ones taken out of the way.
    pub evidence: u64,
}

impl Store {
    /// Reads everything there is: segments, view, chain, keys, events, evidence.
    ///
    /// # Errors
    ///
    /// Where it can't be read at all; what is wrong with what was read stands in the report.
    pub async fn check(&self) -> Result<CheckReport, StoreError> {
        self.aside(Shared::check).await
    }

    /// Mends what can be mended without guessing; a check afterwards tells what is left. Nobody else may write.
    ///
    /// # Errors
    ///
    /// What the disk said; nothing is removed before its copy lies in quarantine.
    pub async fn repair(&self) -> Result<RepairReport, StoreError> {
        self.aside(Shared::repair).await
    }
}

impl Shared {
    fn check(&self) -> Result<CheckReport, StoreError> {
        let mut report = CheckReport::default();
        for scrap in self.log.scraps()? {
            report.faults.push(StoreFault::NoFrame {
                segment: scrap.at.segment,
                offset: scrap.at.offset,
                bytes: scrap.bytes.len() as u64,
            });
        }
        report.segments = self.log.segments()?.0;
        if !self.log.adds_up()? {
            report.faults.push(StoreFault::View);
        }
        self.check_chain(&mut report)?;
        self.check_sessions(&mut report)?;
        self.check_evidence(&mut report)?;
        Ok(report)
    }

    fn check_chain(&self, report: &mut CheckReport) -> Result<(), StoreError> {
        let newest = self.newest();
        let mut expected = 1;
        let mut before = Some(Chain::default().head());
        let (from, to) = (layout::record(1), layout::record(newest.saturating_add(1)));
        self.log.visit(&from, &to, |key, value| {
            let number = Reader(&key[1..]).number().unwrap_or(0);
            let gap = (expected..number).map(StoreFault::RecordMissing);
            if number > expected {
                before = None;
            }
            report.faults.extend(gap);
            expected = number + 1;
            let found = link(self.sealer.kiosk(), number, value)
                .filter(|link| before.is_none_or(|before| before == link.previous));
            before = found.as_ref().map(|link| link.hash);
            match found {
                Some(_) => {
                    report.records += 1;
                    report.stubs += u64::from(is_stub(value));
                }
                None => report.faults.push(StoreFault::RecordDamaged(number)),
            }
            Ok(ControlFlow::Continue(()))
        })?;
        report
            .faults
            .extend((expected..=newest).map(StoreFault::RecordMissing));
        Ok(())
    }

    fn check_sessions(&self, report: &mut CheckReport) -> Result<(), StoreError> {
        let mut sessions = Vec::new();
        self.visit_sessions(|session| {
            sessions.push(session);
            Ok(())
        })?;
        for session in sessions {
            let key = match self.keys.find(session) {
                Ok(Some(key)) => key,
                _ => {
                    report.faults.push(StoreFault::Key(session));
                    continue;
                }
            };
            for number in self.numbers(session)? {
                let opened = self
                    .record(number)
                    .map(|record| open_record(&key, &record).is_ok());
                if matches!(opened, Ok(false)) {
                    report.faults.push(StoreFault::Event(number));
                }
            }
            report.sessions += 1;
        }
        Ok(())
    }

    fn check_evidence(&self, report: &mut CheckReport) -> Result<(), StoreError> {
        self.log.visit_prefix(&[layout::EVIDENCE], |key, _| {
            let id = Reader(&key[1..]).hash().and_then(|id| layout::id_of(&id));
            if let Some(id) = id {
                match self.evidence.read(&id) {
                    Ok(_) => report.evidence += 1,
                    Err(StoreError::NoEvidence(id)) => {
                        report.faults.push(StoreFault::EvidenceMissing(id))
                    }
                    Err(StoreError::EvidenceDamaged(id)) => {
                        report.faults.push(StoreFault::EvidenceDamaged(id))
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    fn repair(&self) -> Result<RepairReport, StoreError> {
        let found = self.check()?;
        let (disk, random) = (self.config.disk.as_ref(), self.config.random.as_ref());
        let quarantine = self.folder.quarantine();
        let mut done = RepairReport::default();
        let scraps = self.log.scraps()?;
        if !scraps.is_empty() {
            let scraps: Vec<_> = scraps
                .into_iter()
                .map(|scrap| (scrap, "it is no frame"))
                .collect();
            quarantine::keep_scraps(disk, random, &quarantine, &scraps)?;
            done.segments = self.log.clean_damaged()?;
        }
        let (mut changes, mut taken_out) = (Changes::default(), Vec::new());
        for fault in found.faults {
            match fault {
                StoreFault::RecordDamaged(number) => {
                    let key = layout::record(number);
                    let value = self.log.get(&key)?.unwrap_or_default();
                    let why = "it is not what its hash says";
                    taken_out.push(TakenOut { number, why, value });
                    changes.remove(key);
                    done.records += 1;
                }
                StoreFault::EvidenceMissing(id) => {
                    done.evidence += u64::from(self.give_up(&id, &mut changes)?);
                }
                StoreFault::EvidenceDamaged(id) => {
                    let name = self.evidence.name(&id)?;
                    let (from, to) = (self.folder.evidence().join(&name), quarantine.join(&name));
                    disk.rename(&from, &to)
                        .map_err(StoreError::io("moved", from))?;
                    self.give_up(&id, &mut changes)?;
                    done.evidence += 1;
                }
                _ => {}
            }
        }
        if !taken_out.is_empty() {
            quarantine::keep(disk, random, &quarantine, &taken_out)?;
        }
        match changes.is_empty() {
            true => Ok(done),
            false => self.log.commit(changes).map(|()| done),
        }
    }

    /// Nothing waits any more for a piece that can't be sent.
    fn give_up(&self, id: &EvidenceId, changes: &mut Changes) -> Result<bool, StoreError> {
        let note = self.evidence_note(&layout::id_bytes(id))?;
        let waits = note
            .filter(|note| !note.delivered)
            .map(|note| layout::waiting(note.order));
        let waited = match &waits {
            Some(key) => self.log.get(key)?.is_some(),
            None => false,
        };
        if let Some(key) = waits {
            changes.remove(key);
        }
        Ok(waited)
    }
}
