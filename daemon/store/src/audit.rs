//! The log as an audit reads it: every record in its place, opened where its key is there, and what is wrong, by number.
//!
//! ```text
//!  record n ──► is it what its hash says at place n? ──► does it name the hash of n-1? ──► does its content open?
//!                        │ no                                  │ no                            │ no
//!                 at another place? MOVED : CHANGED         UNLINKED                       UNREADABLE
//!  no record n: MISSING        the last one is not what the sealed head says: END
//! ```
//!
//! A hash can be made anew by whoever can write the files; contents are sealed to their place under the session's key and
//! the head under the device's, so that a log that was made anew shows as unreadable, or ends elsewhere.
//!
//! **Streams** are what belongs to no session: events under an id of its own, of UUID version 8, made of a name. They lie in the
//! same log and are sealed, sent and let go as sessions are, and are not listed among them.

use std::fmt;
use std::ops::ControlFlow;

use kiosk_wire::{FIRST_PREVIOUS, open_record};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};
use zeroize::Zeroizing;

use crate::head::Head;
use crate::layout::{self, Reader};
use crate::store::Shared;
use crate::stub::{Link, is_stub, link};
use crate::{Store, StoreError};

/// Faults that are named; the first ones, where there are more.
const MOST_FAULTS: usize = 1000;
/// Records that are not what their hash says are looked for at so many other places.
const MOST_MOVED: usize = 64;
/// Records that one reading passes over at most.
const PASSED_OVER: u64 = 4096;

/// The id of a stream, by its name.
pub fn stream_id(name: &[u8]) -> Uuid {
    let digest = Sha256::new()
        .chain_update(b"kioskd stream v1")
        .chain_update(name)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// Whether events of this id are a stream's, not a session's.
pub fn is_stream(id: Uuid) -> bool {
    id.get_version_num() == 8
}

/// A record that opens.
pub struct LogLine {
    /// Its place.
    pub number: u64,
    /// The session or stream that it tells of.
    pub session: Uuid,
    /// The hash of the record before it.
    pub previous: [u8; 32],
    /// Its own hash.
    pub hash: [u8; 32],
    /// What was appended.
    pub event: Zeroizing<Vec<u8>>,
}

/// What is wrong with one record of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogFault {
    /// Its number.
    pub number: u64,
    /// What is wrong.
    pub wrong: Wrong,
}

/// How a record is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is not there.
    Missing,
    /// It is not what its hash says.
    Changed,
    /// It is the record of another number.
    Moved {
        /// Whose place it has by its hash.
        from: u64,
    },
    /// It does not follow the record before it: one of the two was replaced.
    Unlinked,
    /// Its content was not sealed here, or its key is gone and no erasure says so.
    Unreadable,
    /// The log does not end with it as the sealed head says.
    End,
}

impl fmt::Display for LogFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number;
        match self.wrong {
            Wrong::Missing => write!(f, "record {number} is missing"),
            Wrong::Changed => write!(
                f,
                "record {number} was changed: it is not what its hash says"
            ),
            Wrong::Moved { from } => write!(f, "in place of record {number} stands record {from}"),
            Wrong::Unlinked => write!(
                f,
                "record {number} does not follow the one before it: one of the two was replaced"
            ),
            Wrong::Unreadable => write!(
                f,
                "record {number} does not open: it was not written by this kiosk, or its session's key was taken away"
            ),
            Wrong::End => write!(
                f,
                "record {number} is not how the log ends by its sealed head: the end was replaced"
            ),
        }
    }
}

/// What a reading of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVerdict {
    /// Records that are what their hash says, forgotten ones with them.
    pub records: u64,
    /// The newest record's number.
    pub newest: u64,
    /// Its hash, by the sealed head.
    pub head: [u8; 32],
    /// What is wrong, in the order of the numbers.
    pub faults: Vec<LogFault>,
}

impl Store {
    /// Records from number `from` on, upwards or, `backwards`, downwards: those of which `wanted` says so and that open, at most
    /// `most`. Gives them and where to go on, `None` at the log's end. What is erased, missing or damaged is passed over.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`] where the log can't be read.
    pub fn read_log(
        &self,
        (from, backwards): (u64, bool),
        most: usize,
        mut wanted: impl FnMut(Uuid) -> bool,
    ) -> Result<(Vec<LogLine>, Option<u64>), StoreError> {
        let (shared, newest) = (&self.shared, self.newest());
        let mut lines = Vec::new();
        let mut number = match backwards {
            true => from.min(newest),
            false => from.max(1),
        };
        for _ in 0..PASSED_OVER {
            if number == 0 || number > newest {
                return Ok((lines, None));
            }
            if lines.len() >= most {
                break;
            }
            let value = shared.log.get(&layout::record(number))?;
            let line = value.and_then(|value| shared.line(number, &value, &mut wanted));
            lines.extend(line);
            number = match backwards {
                true => number - 1,
                false => number + 1,
            };
        }
        let over = number == 0 || number > newest;
        Ok((lines, (!over).then_some(number)))
    }

    /// Reads the whole log and says what is wrong with it; `each` sees every record that opens.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`] where the log can't be read.
    pub fn verify_log(&self, mut each: impl FnMut(&LogLine)) -> Result<LogVerdict, StoreError> {
        let head = self.shared.log.get(layout::HEAD)?;
        let head = head.and_then(|sealed| Head::open(&self.shared.sealer, &sealed));
        let chain = head.map(|(head, _)| head.chain);
        let newest = chain.map_or_else(|| self.newest(), |chain| chain.newest());
        let mut walk = Walk::default();
        let (from, to) = (layout::record(1), layout::record(newest.saturating_add(1)));
        self.shared.log.visit(&from, &to, |key, value| {
            let number = Reader(&key[1..]).number().unwrap_or(0);
            walk.visit(&self.shared, number, value, &mut each);
            Ok(ControlFlow::Continue(()))
        })?;
        walk.missing_to(newest + 1);
        let ends = chain.is_some_and(|chain| walk.before.is_none_or(|last| last == chain.head()));
        // An empty log has no head yet.
        if !ends && newest > 0 {
            walk.fault(newest, Wrong::End);
        }
        walk.find_moved(&self.shared);
        walk.faults.sort_by_key(|fault| fault.number);
        Ok(LogVerdict {
            records: walk.records,
            newest,
            head: chain.map_or(FIRST_PREVIOUS, |chain| chain.head()),
            faults: walk.faults,
        })
    }
}

/// A walk through the log.
struct Walk {
    /// The number that comes next.
    expected: u64,
    /// The hash of the record before; `None` where that one was no record.
    before: Option<[u8; 32]>,
    records: u64,
    faults: Vec<LogFault>,
    /// What stands where something else should.
    changed: Vec<(u64, Vec<u8>)>,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            expected: 1,
            before: Some(FIRST_PREVIOUS),
            records: 0,
            faults: Vec::new(),
            changed: Vec::new(),
        }
    }
}

impl Walk {
    fn fault(&mut self, number: u64, wrong: Wrong) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(LogFault { number, wrong });
        }
    }

    /// Everything below `number` that did not come is missing.
    fn missing_to(&mut self, number: u64) {
        let room = (MOST_FAULTS - self.faults.len()) as u64;
        let gap = self.expected..number;
        if !gap.is_empty() {
            self.before = None;
        }
        for missing in gap.take(usize::try_from(room).unwrap_or(usize::MAX)) {
            self.fault(missing, Wrong::Missing);
        }
        self.expected = number;
    }

    fn visit(
        &mut self,
        shared: &Shared,
        number: u64,
        value: &[u8],
        each: &mut impl FnMut(&LogLine),
    ) {
        self.missing_to(number);
        self.expected = number.saturating_add(1);
        let Some(link) = link(shared.sealer.kiosk(), number, value) else {
            self.before = None;
            self.fault(number, Wrong::Changed);
            if self.changed.len() < MOST_MOVED {
                self.changed.push((number, value.to_vec()));
            }
            return;
        };
        self.records += 1;
        if self.before.is_some_and(|before| before != link.previous) {
            self.fault(number, Wrong::Unlinked);
        }
        self.before = Some(link.hash);
        match shared.open_line(number, value, &link) {
            Opened::Line(line) => each(&line),
            Opened::Gone => {}
            Opened::Unreadable => self.fault(number, Wrong::Unreadable),
        }
    }

    /// Of the records that are not what their hash says here: are they that at another place?
    fn find_moved(&mut self, shared: &Shared) {
        let kiosk = shared.sealer.kiosk();
        let places: Vec<u64> = self.faults.iter().map(|fault| fault.number).collect();
        for (number, value) in &self.changed {
            let others = places.iter().filter(|place| *place != number);
            let from = others
                .take(MOST_MOVED)
                .find(|place| link(kiosk, **place, value).is_some());
            let Some(from) = from else { continue };
            let fault = self
                .faults
                .iter_mut()
                .find(|fault| fault.number == *number && fault.wrong == Wrong::Changed);
            if let Some(fault) = fault {
                fault.wrong = Wrong::Moved { from: *from };
            }
        }
    }
}

/// What became of a record's content.
enum Opened {
    Line(LogLine),
    /// Its session was erased or forgotten.
    Gone,
    Unreadable,
}

impl Shared {
    /// A record that is wanted and opens.
    fn line(
        &self,
        number: u64,
        value: &[u8],
        wanted: &mut impl FnMut(Uuid) -> bool,
    ) -> Option<LogLine> {
        let link = link(self.sealer.kiosk(), number, value)?;
        if !link.session.is_some_and(wanted) {
            return None;
        }
        match self.open_line(number, value, &link) {
            Opened::Line(line) => Some(line),
            Opened::Gone | Opened::Unreadable => None,
        }
    }

    fn open_line(&self, number: u64, value: &[u8], link: &Link) -> Opened {
        let Some(session) = link.session.filter(|_| !is_stub(value)) else {
            return Opened::Gone;
        };
        let key = match self.keys.find(session) {
            Ok(Some(key)) => key,
            Err(StoreError::Erased { .. }) => return Opened::Gone,
            _ => return Opened::Unreadable,
        };
        let record = layout::read_record(self.sealer.kiosk(), number, value);
        let event = record.and_then(|record| open_record(&key, &record).ok());
        match event {
            Some(event) => Opened::Line(LogLine {
                number,
                session,
                previous: link.previous,
                hash: link.hash,
                event: Zeroizing::new(event),
            }),
            None => Opened::Unreadable,
        }
    }
}
