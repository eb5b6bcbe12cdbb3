//! What stays of a record whose session was forgotten: its place in the chain, without its content.
//!
//! ```text
//!  stub: 0x81 ‖ session (16) ‖ previous (32) ‖ hash (32) ‖ SHA-256 of what was sealed (32)
//! ```
//!
//! The chain runs over that digest, so that a log with forgotten sessions verifies as before, and nobody can put
//! another content in a stub's place.

use kiosk_wire::{FIRST_PREVIOUS, KioskId, RECORD_VERSION, Record, chained_hash};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::layout::{self, Reader};

const STUB: u8 = 0x81;

/// A record or a stub that is what its hash says.
pub(crate) struct Link {
    /// `None` for a stub and for an erasure: nothing is found by its session any more.
    pub(crate) session: Option<Uuid>,
    pub(crate) previous: [u8; 32],
    pub(crate) hash: [u8; 32],
}

/// The stub of a record.
pub(crate) fn stub(record: &Record) -> Vec<u8> {
    [
        &[STUB],
        record.session.as_bytes().as_slice(),
        &record.previous,
        &record.hash,
        &Sha256::digest(&record.sealed),
    ]
    .concat()
}

/// Whether a stub stands there.
pub(crate) fn is_stub(value: &[u8]) -> bool {
    value.first() == Some(&STUB)
}

/// The link that a value is, if it is what its hash says.
pub(crate) fn link(kiosk: &KioskId, number: u64, value: &[u8]) -> Option<Link> {
    let link = match is_stub(value) {
        true => stubbed(kiosk, number, value)?,
        false => {
            let record = layout::read_record(kiosk, number, value)?;
            record.verify(&record.previous).ok()?;
            Link {
                session: (record.version == RECORD_VERSION).then_some(record.session),
                previous: record.previous,
                hash: record.hash,
            }
        }
    };
    (number != 1 || link.previous == FIRST_PREVIOUS).then_some(link)
}

fn stubbed(kiosk: &KioskId, number: u64, value: &[u8]) -> Option<Link> {
    let mut reader = Reader(value);
    reader.byte()?;
    let session = reader.session()?;
    let (previous, hash, digest) = (reader.hash()?, reader.hash()?, reader.hash()?);
    reader.end()?;
    let link = Link {
        session: None,
        previous,
        hash,
    };
    (chained_hash(kiosk, number, session, &previous, &digest) == hash).then_some(link)
}
