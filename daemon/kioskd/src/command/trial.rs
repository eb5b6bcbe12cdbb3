//! A new file is tried by a start; where the kiosk does not come up well with it, the former one comes back.
//!
//! ```text
//!  staged ──exec──► on trial ──► probe: everything started, the store writes, central answers ──► passed
//!                      │ refused by the check, a start that fails, a unit that fails, no central,
//!                      │ the process gone before the probe's end
//!                      └──► rolled back ──exec──► the former file, and the reason for central
//! ```
//!
//! All of it lies in a folder beside the config file, so that it can be found while the config itself is on
//! trial. Each step is one file replaced whole, and may be done twice:
//!
//! | file | what |
//! |---|---|
//! | `trial.json` | which command tries which file, and whether a start has begun with it |
//! | `former`, `candidate` | the file before and after |
//! | `verdict.json` | what came of the newest trial |

use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

use kiosk_sync::whole_file::replace;
use kiosk_wire::Outcome;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The trials of one kiosk.
#[derive(Debug, Clone)]
pub struct Trial {
    config: PathBuf,
    folder: PathBuf,
}

/// How this start stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Nothing is on trial.
    Settled,
    /// A file is on trial: this start has to prove it.
    OnTrial,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    number: u64,
    file: PathBuf,
    /// There was no such file before.
    was_missing: bool,
    begun: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    number: u64,
    outcome: Outcome,
}

impl Trial {
    /// Of the kiosk with this config file.
    pub fn beside(config: &Path) -> Self {
        let mut folder = config.as_os_str().to_owned();
        folder.push(".trial");
        Self {
            config: config.to_owned(),
            folder: folder.into(),
        }
    }

    /// The config file.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Has `file` hold `candidate` from the next start on, if it proves itself.
    ///
    /// # Errors
    ///
    /// What the system said: then nothing has changed.
    pub fn stage(&self, number: u64, file: &Path, candidate: &[u8]) -> Result<(), Error> {
        std::fs::create_dir_all(&self.folder)?;
        // Whether the file's own folder can be written shows now, not when there is no way back.
        let former = match std::fs::read(file) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if let Some(former) = &former {
            write(file, former)?;
        }
        write(&self.at("former"), former.as_deref().unwrap_or_default())?;
        write(&self.at("candidate"), candidate)?;
        self.note(&Note {
            number,
            file: file.to_owned(),
            was_missing: former.is_none(),
            begun: false,
        })
    }

    /// At each start, before the config is read: puts a staged file into its place, or rolls one back that
    /// an earlier start did not live to prove.
    ///
    /// # Errors
    ///
    /// What the system said; a file of ours that holds something else.
    pub fn begin(&self) -> Result<Stand, Error> {
        let Some(mut note) = self.read::<Note>("trial.json")? else {
            return Ok(Stand::Settled);
        };
        if note.begun {
            self.fail("the kiosk ended before it had proved itself")?;
            return Ok(Stand::Settled);
        }
        note.begun = true;
        self.note(&note)?;
        write(&note.file, &std::fs::read(self.at("candidate"))?)?;
        Ok(Stand::OnTrial)
    }

    /// The file has proved itself.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn pass(&self) -> Result<(), Error> {
        self.end(Outcome::Done(Value::Null), |_| Ok(()))
    }

    /// It has not: the former file comes back.
    ///
    /// # Errors
    ///
    /// What the system said; it is tried again at the next start.
    pub fn fail(&self, why: &str) -> Result<(), Error> {
        let outcome = Outcome::Failed(format!("rolled back: {why}"));
        self.end(outcome, |note| match note.was_missing {
            true => remove(&note.file),
            false => write(&note.file, &std::fs::read(self.at("former"))?),
        })
    }

    /// What came of the trial that this command asked for; `None` where none ended.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn verdict(&self, number: u64) -> Result<Option<Outcome>, Error> {
        let verdict: Option<Verdict> = self.read("verdict.json")?;
        Ok(verdict
            .filter(|verdict| verdict.number == number)
            .map(|verdict| verdict.outcome))
    }

    /// Whether the trial that this command asked for has not ended yet.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn is_on(&self, number: u64) -> Result<bool, Error> {
        let note: Option<Note> = self.read("trial.json")?;
        Ok(note.is_some_and(|note| note.number == number))
    }

    fn end(
        &self,
        outcome: Outcome,
        restore: impl FnOnce(&Note) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(note) = self.read::<Note>("trial.json")? else {
            return Ok(());
        };
        restore(&note)?;
        let number = note.number;
        write(
            &self.at("verdict.json"),
            &serde_json::to_vec(&Verdict { number, outcome })?,
        )?;
        remove(&self.at("trial.json"))
    }

    fn note(&self, note: &Note) -> Result<(), Error> {
        write(&self.at("trial.json"), &serde_json::to_vec(note)?)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        match std::fs::read(self.at(name)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(file, |to| to.write_all(bytes))
}

fn remove(file: &Path) -> Result<(), Error> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kiosk() -> (tempfile::TempDir, PathBuf, Trial) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kioskd.toml");
        std::fs::write(&file, "former").unwrap();
        let trial = Trial::beside(&file);
        (folder, file, trial)
    }

    fn holds(file: &Path) -> String {
        std::fs::read_to_string(file).unwrap()
    }

    #[test]
    fn a_file_that_proves_itself_stays() {
        let (_folder, file, trial) = kiosk();
        assert_eq!(trial.begin().unwrap(), Stand::Settled);
        trial.stage(7, &file, b"candidate").unwrap();
        assert_eq!(holds(&file), "former", "not before the next start");
        assert!(trial.is_on(7).unwrap() && !trial.is_on(8).unwrap());

        assert_eq!(trial.begin().unwrap(), Stand::OnTrial);
        assert_eq!(
            (holds(&file).as_str(), trial.verdict(7).unwrap()),
            ("candidate", None)
        );
        trial.pass().unwrap();

        assert_eq!(trial.verdict(7).unwrap(), Some(Outcome::Done(Value::Null)));
        assert_eq!(trial.verdict(8).unwrap(), None);
        assert_eq!(
            (trial.begin().unwrap(), holds(&file).as_str()),
            (Stand::Settled, "candidate")
        );
    }

    #[test]
    fn a_kiosk_that_dies_on_trial_comes_back_with_the_former_file() {
        let (_folder, file, trial) = kiosk();
        trial.stage(7, &file, b"candidate").unwrap();
        assert_eq!(trial.begin().unwrap(), Stand::OnTrial);

        assert_eq!(trial.begin().unwrap(), Stand::Settled);
        assert_eq!(holds(&file), "former");
        assert!(matches!(
            trial.verdict(7).unwrap(),
            Some(Outcome::Failed(_))
        ));
    }

    #[test]
    fn a_file_that_was_not_there_before_is_gone_again() {
        let (folder, _, trial) = kiosk();
        let policy = folder.path().join("policy.toml");
        trial.stage(1, &policy, b"candidate").unwrap();
        trial.begin().unwrap();
        assert!(policy.exists());
        trial.fail("central does not answer").unwrap();
        assert!(!policy.exists());
    }
}
