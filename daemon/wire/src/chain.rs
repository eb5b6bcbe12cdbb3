//! Walking a log: each record must follow the one before, by number and by hash.

use crate::{FIRST_PREVIOUS, HeldRecord, Record};

/// Where a log breaks. Numbers only: nothing personal can stand here.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum ChainFault {
    /// A record is of a version that this code does not know.
    #[error("record {number} has version {version}, which this program does not know; update it")]
    Version {
        /// The record.
        number: u64,
        /// Its version.
        version: u8,
    },
    /// A record is missing, doubled or out of order.
    #[error(
        "record {expected} was expected, {found} came; send the records in order, none left out"
    )]
    Number {
        /// The number that should have come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// A record does not name the one before it.
    #[error("record {number} does not follow the one before it: one of the two was replaced")]
    Link {
        /// The record.
        number: u64,
    },
    /// A record is not what its hash says.
    #[error("record {number} is not what its hash says: it was changed")]
    Hash {
        /// The record.
        number: u64,
    },
}

/// The end of a verified piece of log: the newest number and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    newest: u64,
    head: [u8; 32],
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            newest: 0,
            head: FIRST_PREVIOUS,
        }
    }
}

impl Chain {
    /// Goes on after record `newest` with hash `head`, which was verified before.
    pub const fn after(newest: u64, head: [u8; 32]) -> Self {
        Self { newest, head }
    }

    /// The newest record's number; 0 before the first.
    pub const fn newest(&self) -> u64 {
        self.newest
    }

    /// The newest record's hash; [`FIRST_PREVIOUS`] before the first.
    pub const fn head(&self) -> [u8; 32] {
        self.head
    }

    /// Takes the next record.
    ///
    /// # Errors
    ///
    /// Why it is not the next; the chain stands where it stood.
    pub fn accept(&mut self, record: &Record) -> Result<(), ChainFault> {
        self.follows(record.number)?;
        record.verify(&self.head)?;
        *self = Self::after(record.number, record.hash);
        Ok(())
    }

    /// Takes the next record as central holds it.
    ///
    /// # Errors
    ///
    /// As [`Chain::accept`].
    pub fn accept_held(&mut self, record: &HeldRecord) -> Result<(), ChainFault> {
        self.follows(record.number())?;
        record.verify(&self.head)?;
        *self = Self::after(record.number(), record.hash());
        Ok(())
    }

    fn follows(&self, found: u64) -> Result<(), ChainFault> {
        let expected = self.newest.saturating_add(1);
        let exhausted = expected == self.newest;
        match found == expected && !exhausted {
            true => Ok(()),
            false => Err(ChainFault::Number { expected, found }),
        }
    }
}
