//! What lies in the log under which key. One map, so that one commit changes everything at once.
//!
//! ```text
//!  key                          value
//!  'M' "store"                  layout version (1) ‖ sealed(kiosk's id)
//!  'M' "head"                   sealed(newest number (8) ‖ its hash (32))
//!  'M' "acknowledged"           sealed(number (8))
//!  'R' number (8)               record version (1) ‖ session (16) ‖ previous (32) ‖ hash (32) ‖ sealed event
//!                               (version 2: that the session was erased, open; see `kiosk_wire`)
//!  'S' session (16) number (8)  empty: the events of a session
//!  'E' evidence id (32)         sealed(session (16) ‖ order (8) ‖ bytes (8) ‖ delivered (1))
//!  'V' session (16) id (32)     empty: the evidence of a session
//!  'P' order (8)                sealed(evidence id (32)): evidence that central does not hold yet
//!  'X' session (16)             sealed(empty): the session was erased
//!  'B' session (16)             sealed(number of its last record (8) ‖ what its owner says of it in brief)
//! ```
//!
//! Numbers are big-endian, so that the view's order is theirs. `sealed` is bound to its key (see `sealed`),
//! an event to its record (see `kiosk_wire`): a value in another's place does not open.

use kiosk_wire::{EvidenceId, KioskId, Record};
use uuid::Uuid;

/// The layout that this code writes.
pub(crate) const LAYOUT_VERSION: u8 = 3;

/// The layout before: as this one, but without records of erasures, which programs of then would take for damage.
pub(crate) const WITHOUT_ERASURES: u8 = 2;

pub(crate) const STORE: &[u8] = b"Mstore";
pub(crate) const HEAD: &[u8] = b"Mhead";
pub(crate) const ACKNOWLEDGED: &[u8] = b"Macknowledged";

pub(crate) const RECORDS: u8 = b'R';
pub(crate) const BY_SESSION: u8 = b'S';
pub(crate) const EVIDENCE: u8 = b'E';
pub(crate) const EVIDENCE_OF: u8 = b'V';
pub(crate) const WAITING: u8 = b'P';
pub(crate) const ERASED: u8 = b'X';
pub(crate) const BRIEF: u8 = b'B';

fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[kind], parts.concat().as_slice()].concat()
}

pub(crate) fn record(number: u64) -> Vec<u8> {
    key(RECORDS, &[&number.to_be_bytes()])
}

pub(crate) fn by_session(session: Uuid, number: u64) -> Vec<u8> {
    key(BY_SESSION, &[session.as_bytes(), &number.to_be_bytes()])
}

pub(crate) fn evidence(id: &[u8; 32]) -> Vec<u8> {
    key(EVIDENCE, &[id])
}

pub(crate) fn evidence_of(session: Uuid, id: &[u8; 32]) -> Vec<u8> {
    key(EVIDENCE_OF, &[session.as_bytes(), id])
}

pub(crate) fn waiting(order: u64) -> Vec<u8> {
    key(WAITING, &[&order.to_be_bytes()])
}

pub(crate) fn erased(session: Uuid) -> Vec<u8> {
    key(ERASED, &[session.as_bytes()])
}

pub(crate) fn brief(session: Uuid) -> Vec<u8> {
    key(BRIEF, &[session.as_bytes()])
}

/// The prefix of everything of one session in a view.
pub(crate) fn of_session(view: u8, session: Uuid) -> Vec<u8> {
    key(view, &[session.as_bytes()])
}

/// Reads big-endian numbers, sessions and ids off a key or a value; `None` where it is too short.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn session(&mut self) -> Option<Uuid> {
        self.array().map(Uuid::from_bytes)
    }

    pub(crate) fn hash(&mut self) -> Option<[u8; 32]> {
        self.array()
    }

    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Nothing is left.
    pub(crate) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

pub(crate) fn write_record(record: &Record) -> Vec<u8> {
    [
        &[record.version],
        record.session.as_bytes().as_slice(),
        &record.previous,
        &record.hash,
        &record.sealed,
    ]
    .concat()
}

/// Reads a record of a version that this code knows, without checking its hash.
pub(crate) fn read_record(kiosk: &KioskId, number: u64, value: &[u8]) -> Option<Record> {
    let mut reader = Reader(value);
    let version = reader.byte().filter(|version| Record::knows(*version))?;
    let session = reader.session()?;
    let (previous, hash) = (reader.hash()?, reader.hash()?);
    let sealed = reader.rest().to_vec();
    Some(Record {
        version,
        kiosk: kiosk.clone(),
        number,
        session,
        previous,
        sealed,
        hash,
    })
}

/// What is noted of a piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EvidenceNote {
    pub(crate) session: Uuid,
    pub(crate) order: u64,
    pub(crate) bytes: u64,
    pub(crate) delivered: bool,
}

impl EvidenceNote {
    pub(crate) fn write(&self) -> Vec<u8> {
        [
            self.session.as_bytes().as_slice(),
            &self.order.to_be_bytes(),
            &self.bytes.to_be_bytes(),
            &[u8::from(self.delivered)],
        ]
        .concat()
    }

    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let mut reader = Reader(value);
        let note = Self {
            session: reader.session()?,
            order: reader.number()?,
            bytes: reader.number()?,
            delivered: reader.byte()? != 0,
        };
        reader.end().map(|()| note)
    }
}

/// An evidence id as the 32 bytes that stand in keys.
pub(crate) fn id_bytes(id: &EvidenceId) -> [u8; 32] {
    let mut bytes = [0; 32];
    // An `EvidenceId` is 64 hex digits by construction; were it not, no key would match.
    let _ = hex::decode_to_slice(id.as_str(), &mut bytes);
    bytes
}

/// The evidence id of 32 bytes.
pub(crate) fn id_of(bytes: &[u8; 32]) -> Option<EvidenceId> {
    hex::encode(bytes).parse().ok()
}
