//! What can be wrong with what came over the wire, or with a key file.

use crate::ChainFault;

/// A fault in an identifier, a key, a sealed value or a batch. No message quotes what was sealed.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum WireError {
    /// A kiosk's id or a tenant breaks the rule for names.
    #[error("a {what} is 1 to 64 of the characters a-z, 0-9 and -; choose such a name")]
    Id {
        /// What it was to name.
        what: &'static str,
    },
    /// A piece of evidence was not named by a SHA-256.
    #[error("evidence is named by 64 lower-case hex digits, the SHA-256 of its sealed bytes")]
    EvidenceId,
    /// A sealed value does not open: another key, another place, or it was changed.
    #[error("a sealed value does not open: it was changed or moved, or the key is another one")]
    DoesNotOpen,
    /// A value could not be sealed. Happens only beyond the cipher's length limit of 256 GiB.
    #[error("a value could not be sealed: it is too long for the cipher")]
    DoesNotSeal,
    /// The system gave no randomness.
    #[error("the system gave no randomness: {0}; check that the kernel offers getrandom(2)")]
    Randomness(String),
    /// A key file is not what it should be.
    #[error("this is no {what}: it must hold one line `{header} <64 hex digits>`")]
    KeyFile {
        /// Which key was expected.
        what: &'static str,
        /// How its line begins.
        header: &'static str,
    },
    /// Central has not signed this, or for another kiosk or question.
    #[error("this is not signed by central for this kiosk; compare the command keys of both")]
    NotSigned,
    /// What was signed is no command.
    #[error("what was signed is no command of this version; update this program")]
    NotACommand,
    /// A command is over [`limits::COMMAND_BYTES`](crate::limits::COMMAND_BYTES).
    #[error(
        "a command is longer than {} bytes; send less at once",
        crate::limits::COMMAND_BYTES
    )]
    CommandTooLarge,
    /// A record says that its session was erased, and not in a way that this code knows.
    #[error("record {number} is an erasure that this program does not understand; update it")]
    NotAnErasure {
        /// The record.
        number: u64,
    },
    /// A batch carries nothing.
    #[error("a batch holds no record; send at least one")]
    BatchEmpty,
    /// A batch is over a limit of [`limits`](crate::limits).
    #[error("a batch holds {is} {unit}, more than the {most} allowed; send less at once")]
    BatchTooLarge {
        /// What there is too much of.
        unit: &'static str,
        /// How much there is.
        is: usize,
        /// How much may be.
        most: usize,
    },
    /// A batch of one kiosk holds something of another.
    #[error("a batch of one kiosk holds a record of another; send each kiosk's by itself")]
    ForeignRecord,
    /// The records of a batch don't follow each other.
    #[error("the records of a batch don't follow each other: {0}")]
    Chain(#[from] ChainFault),
}
