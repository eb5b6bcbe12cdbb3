//! Commands from central: fetched or heard, checked, carried out once, told of.
//!
//! ```text
//!  poll, MQTT, nudge ──► open commands, in order ──► signature, kiosk, number ──► handler of its kind
//!                                                        │ done before: not again        │
//!                                                        ▼                               ▼
//!                          PUT outcome ◄── journal (on disk before anything is told) ◄── outcome
//! ```
//!
//! * A command is carried out at most once to its end: its number is in the journal before its outcome is
//!   told. One that a crash interrupted is begun again, so handlers stand being begun twice.
//! * Numbers only go up. HTTPS lists what is open, in order; one that comes by MQTT out of its turn is left
//!   to that list.
//! * Whoever forges one gets a log line and nothing else.

mod journal;
mod turn;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use kiosk_wire::{Command, CommandPublicKey, Outcome};

pub(crate) use journal::Journal;
pub(crate) use turn::Commander;

/// Carries out the commands of one kind. Later parts of the kiosk register theirs beside the first ones.
#[async_trait]
pub trait Handler: Send + Sync {
    /// The kind, as it stands in commands.
    fn kind(&self) -> &'static str;

    /// Carries out a command. It may have been begun before: a crash or a restart that it wanted itself
    /// came in between.
    async fn carry_out(&self, command: &Command) -> Progress;
}

/// How far a command has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// It is over.
    Ended(Outcome),
    /// Its outcome shows only after the restart that it asked for: the handler is asked again then.
    AfterRestart,
}

/// Whose word is a command, where what was done is kept, and who does it.
#[derive(Clone)]
pub struct CentralsWord {
    /// Checks commands and signed times.
    pub key: CommandPublicKey,
    /// A folder of this kiosk's own: journal, newest signed time, certificates that wait for their proof.
    pub folder: PathBuf,
    /// One for each kind.
    pub handlers: Vec<Arc<dyn Handler>>,
}

impl std::fmt::Debug for CentralsWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<_> = self.handlers.iter().map(|handler| handler.kind()).collect();
        f.debug_struct("CentralsWord")
            .field("folder", &self.folder)
            .field("kinds", &kinds)
            .finish_non_exhaustive()
    }
}
