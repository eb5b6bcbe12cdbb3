//! Which commands were done, and what central has not been told of them yet. Survives restarts.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Write};
use std::path::PathBuf;

use kiosk_wire::Outcome;
use serde::{Deserialize, Serialize};

/// The journal's file.
const NAME: &str = "commands.json";

/// Numbers that were done, on disk.
#[derive(Debug)]
pub(crate) struct Journal {
    file: PathBuf,
    kept: Kept,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Every command up to this number was done, or was never to be.
    done: u64,
    /// Outcomes that central does not know yet.
    untold: BTreeMap<u64, Outcome>,
}

impl Journal {
    /// Reads it; one that is not there is empty.
    ///
    /// # Errors
    ///
    /// Where it cannot be read or is damaged: then no command is carried out, since one might be twice.
    pub(crate) fn open(folder: &std::path::Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join(NAME);
        let kept = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(error),
        };
        Ok(Self { file, kept })
    }

    /// The newest number that was done; 0 for none.
    pub(crate) fn done(&self) -> u64 {
        self.kept.done
    }

    /// Notes an outcome; durable when it returns.
    pub(crate) fn note(&mut self, number: u64, outcome: Outcome) -> Result<(), Error> {
        let mut kept = self.kept.clone();
        kept.done = kept.done.max(number);
        kept.untold.insert(number, outcome);
        self.keep(kept)
    }

    /// The first outcome that central does not know.
    pub(crate) fn untold(&self) -> Option<(u64, Outcome)> {
        let first = self.kept.untold.first_key_value();
        first.map(|(number, outcome)| (*number, outcome.clone()))
    }

    /// Central knows it now.
    pub(crate) fn told(&mut self, number: u64) -> Result<(), Error> {
        let mut kept = self.kept.clone();
        kept.untold.remove(&number);
        self.keep(kept)
    }

    fn keep(&mut self, kept: Kept) -> Result<(), Error> {
        let bytes = serde_json::to_vec(&kept)?;
        crate::whole_file::replace(&self.file, |file| file.write_all(&bytes))?;
        self.kept = kept;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_was_done_survives_a_restart_until_central_knows() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.note(1, Outcome::Done(Value::Null)).unwrap();
        journal.note(2, Outcome::Failed("no".into())).unwrap();

        let mut again = Journal::open(folder.path()).unwrap();
        assert_eq!((again.done(), again.untold().unwrap().0), (2, 1));
        again.told(1).unwrap();
        again.told(2).unwrap();

        let last = Journal::open(folder.path()).unwrap();
        assert_eq!((last.done(), last.untold()), (2, None));
    }

    #[test]
    fn a_damaged_journal_is_not_taken_for_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), b"{\"done\": 7").unwrap();
        assert!(Journal::open(folder.path()).is_err());
    }
}
