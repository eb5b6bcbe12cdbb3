//! False positives that somebody looked at: this person is not that entry. An exception holds for one person (by a hash of
//! name and date of birth, so that the file names nobody) and one entry, and says when, who and why.
//!
//! On disk: one JSON object a line. The file is replaced whole.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::{Date, OffsetDateTime};

use crate::error::ExceptionError;
use crate::names::{Kind, Name};

/// One.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Whom it holds for: [`person_key`].
    pub person: String,
    /// The entry's id.
    pub entry: String,
    /// When it was accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// Who accepted it.
    pub user: String,
    /// Why.
    pub note: String,
}

/// SHA-256, in hexadecimal, of a name (whatever its order, case and marks) and a date of birth.
pub fn person_key(name: &str, birth_date: Option<Date>) -> String {
    let mut hash = Sha256::new();
    hash.update(Name::new(name, Kind::Person).key());
    hash.update([0]);
    if let Some(born) = birth_date {
        hash.update(born.to_string());
    }
    hex::encode(hash.finalize())
}

/// All of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exceptions {
    by_key: HashMap<(String, String), Exception>,
}

impl Exceptions {
    /// Reads a file; one that is not there holds none.
    pub fn read(file: &Path) -> Result<Self, ExceptionError> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(source) => {
                return Err(ExceptionError::File {
                    file: file.to_owned(),
                    source,
                });
            }
        };
        let mut exceptions = Self::default();
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let exception = serde_json::from_str(line).map_err(|_| ExceptionError::Line {
                file: file.to_owned(),
                line: number + 1,
            })?;
            exceptions.add(exception)?;
        }
        Ok(exceptions)
    }

    /// Adds one; a later one of the same person and entry takes the place of an earlier.
    pub fn add(&mut self, exception: Exception) -> Result<(), ExceptionError> {
        if exception.user.trim().is_empty() {
            return Err(ExceptionError::Missing("a user"));
        }
        if exception.note.trim().is_empty() {
            return Err(ExceptionError::Missing("a note"));
        }
        self.by_key.insert(
            (exception.person.clone(), exception.entry.clone()),
            exception,
        );
        Ok(())
    }

    /// The exception of a person and an entry.
    pub fn of(&self, person: &str, entry: &str) -> Option<&Exception> {
        self.by_key.get(&(person.to_owned(), entry.to_owned()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Replaces a file whole: a temporary one beside it, synced, renamed, its folder synced.
    pub fn write(&self, file: &Path) -> Result<(), ExceptionError> {
        let failed = |source| ExceptionError::File {
            file: file.to_owned(),
            source,
        };
        let mut all: Vec<&Exception> = self.by_key.values().collect();
        all.sort_by(|one, other| {
            (one.time, &one.entry, &one.person).cmp(&(other.time, &other.entry, &other.person))
        });
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .map_or_else(|| PathBuf::from("."), Path::to_owned);
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = folder.join(name);
        let mut new = std::fs::File::create(&beside).map_err(failed)?;
        for exception in all {
            let line = serde_json::to_string(exception).map_err(|error| failed(error.into()))?;
            writeln!(new, "{line}").map_err(failed)?;
        }
        new.sync_all().map_err(failed)?;
        std::fs::rename(&beside, file).map_err(failed)?;
        std::fs::File::open(&folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
    }
}
