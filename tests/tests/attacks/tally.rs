//! What scenes gave, kept on disk: several bounded runs add up, and none runs a scene twice.
//!
//! ```text
//! KIOSK_ATTACKS_TALLY/real.json       identity: sha256 of the policy and of the networks, number of the simulation
//!                     synthetic.json  scenes:   number ─► commit of the build, when, what went wrong in each showing
//! ```
//!
//! A file is replaced whole after each scene, so that a run that is killed loses the scene it was at. A tally of another
//! policy, pack or simulation is refused and never mixed; two runs at once are refused by a lock beside the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::table::{Outcome, Table};

/// What scenes have to have in common to be counted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Of the policy's file.
    pub policy_sha256: String,
    /// Of the networks' names and hashes.
    pub pack_sha256: String,
    /// Rises when films of the same number come out otherwise.
    pub simulation: u32,
}

/// Why a tally is not gone on with.
#[derive(Debug, Error)]
pub enum TallyError {
    #[error("{0}: another run is adding to it; wait for its end")]
    Taken(PathBuf),
    #[error(
        "{path}: of another policy, pack or simulation ({found:?}, now {now:?}); name another folder by KIOSK_ATTACKS_TALLY"
    )]
    Other {
        path: PathBuf,
        found: Box<Identity>,
        now: Box<Identity>,
    },
    #[error("{path}: is no tally ({source}); move it away")]
    Damaged {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{path}: {source}; the folder has to be writable")]
    Disk {
        path: PathBuf,
        source: std::io::Error,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ran {
    /// Of the build; `-dirty` where the checkout had changes.
    commit: String,
    /// RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    at: time::OffsetDateTime,
    outcomes: Vec<Outcome>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    identity: Identity,
    scenes: BTreeMap<usize, Ran>,
}

/// The scenes of one section. Without a folder they are kept for this run alone.
#[derive(Debug)]
pub struct Tally {
    kept: Option<Kept>,
    record: Record,
    commit: String,
}

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    /// Locked as long as this is open.
    _lock: File,
}

impl Tally {
    /// The tally of a section in the folder that `KIOSK_ATTACKS_TALLY` names, below the checkout's root.
    pub fn open(section: &str, identity: Identity) -> Result<Self, TallyError> {
        let folder = std::env::var_os("KIOSK_ATTACKS_TALLY");
        let folder = folder.map(|folder| kiosk_tests::root().join(folder));
        Self::open_in(folder.as_deref(), section, identity, commit())
    }

    fn open_in(
        folder: Option<&Path>,
        section: &str,
        identity: Identity,
        commit: String,
    ) -> Result<Self, TallyError> {
        let mut record = Record {
            identity,
            scenes: BTreeMap::new(),
        };
        let kept = folder.map(|folder| locked(folder, section)).transpose()?;
        if let Some(Kept { path, .. }) = &kept
            && let Some(found) = read(path)?
        {
            if found.identity != record.identity {
                return Err(TallyError::Other {
                    path: path.clone(),
                    found: Box::new(found.identity),
                    now: Box::new(record.identity),
                });
            }
            record = found;
        }
        Ok(Self {
            kept,
            record,
            commit,
        })
    }

    /// The scenes of the first `of` that did not run yet.
    pub fn missing(&self, of: usize) -> Vec<usize> {
        let ran = |number: &usize| self.record.scenes.contains_key(number);
        (0..of).filter(|number| !ran(number)).collect()
    }

    /// Keeps what a scene gave.
    pub fn add(&mut self, number: usize, outcomes: Vec<Outcome>) -> Result<(), TallyError> {
        let ran = Ran {
            commit: self.commit.clone(),
            at: kiosk_tests::now(),
            outcomes,
        };
        self.record.scenes.insert(number, ran);
        let Some(Kept { path, .. }) = &self.kept else {
            return Ok(());
        };
        let damaged = |source| TallyError::Damaged {
            path: path.clone(),
            source,
        };
        let text = serde_json::to_vec_pretty(&self.record).map_err(damaged)?;
        replace(path, &text).map_err(|source| TallyError::Disk {
            path: path.clone(),
            source,
        })
    }

    /// What all scenes gave.
    pub fn table(&self) -> Table {
        let mut table = Table::default();
        let ran = self.record.scenes.values();
        for outcome in ran.flat_map(|scene| &scene.outcomes) {
            table.add(outcome);
        }
        table
    }

    /// How many scenes ran, on which builds, and what they gave, as Markdown.
    pub fn text(&self, of: usize) -> String {
        let mut builds: BTreeMap<&str, usize> = BTreeMap::new();
        for scene in self.record.scenes.values() {
            *builds.entry(&scene.commit).or_default() += 1;
        }
        let builds: Vec<String> = builds
            .iter()
            .map(|(commit, scenes)| format!("{commit} ({scenes})"))
            .collect();
        let Identity {
            policy_sha256,
            pack_sha256,
            simulation,
        } = &self.record.identity;
        let short = |hash: &str| hash.get(..12).unwrap_or(hash).to_owned();
        let mut text = String::new();
        writeln!(
            text,
            "{} of {of} scenes ran; commits of their builds: {}. Policy {}, networks {}, simulation {simulation}.\n",
            self.record.scenes.len(),
            if builds.is_empty() { "none".into() } else { builds.join(", ") },
            short(policy_sha256),
            short(pack_sha256),
        )
        .expect("a string takes text");
        text + &self.table().text()
    }
}

/// Makes the folder and takes the section's lock.
fn locked(folder: &Path, section: &str) -> Result<Kept, TallyError> {
    let path = folder.join(format!("{section}.json"));
    let disk = |source| TallyError::Disk {
        path: path.clone(),
        source,
    };
    std::fs::create_dir_all(folder).map_err(disk)?;
    let lock = File::create(path.with_extension("lock")).map_err(disk)?;
    match lock.try_lock() {
        Ok(()) => Ok(Kept { path, _lock: lock }),
        Err(TryLockError::WouldBlock) => Err(TallyError::Taken(path)),
        Err(TryLockError::Error(source)) => Err(disk(source)),
    }
}

fn read(path: &Path) -> Result<Option<Record>, TallyError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            let path = path.to_owned();
            return Err(TallyError::Disk { path, source });
        }
    };
    let record = serde_json::from_slice(&bytes);
    record.map(Some).map_err(|source| TallyError::Damaged {
        path: path.to_owned(),
        source,
    })
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = kiosk_tests::part_of(path, "part");
    std::fs::write(&part, bytes)?;
    File::open(&part)?.sync_all()?;
    std::fs::rename(&part, path)
}

/// The commit of the checkout that cargo has just built; `unknown` where git does not tell.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let told = command
            .args(arguments)
            .current_dir(kiosk_tests::root())
            .output();
        let told = told.ok().filter(|told| told.status.success())?;
        Some(String::from_utf8_lossy(&told.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else {
        return "unknown".into();
    };
    // What is written about a run is no part of it.
    let changed = git(&[
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        ".",
        ":!docs",
    ]);
    if changed.is_none_or(|changed| !changed.is_empty()) {
        commit + "-dirty"
    } else {
        commit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(policy: &str) -> Identity {
        Identity {
            policy_sha256: policy.into(),
            pack_sha256: "pack".into(),
            simulation: 1,
        }
    }

    fn passed(kind: &str, active: bool) -> Outcome {
        Outcome {
            kind: kind.into(),
            passive: None,
            own: Some(false),
            active: Some(active),
            signs: Some(false),
            whole: Some(false),
        }
    }

    fn open(folder: &Path, policy: &str, commit: &str) -> Result<Tally, TallyError> {
        Tally::open_in(Some(folder), "real", identity(policy), commit.into())
    }

    #[test]
    fn several_runs_add_up_and_none_runs_a_scene_of_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = open(folder.path(), "one", "aaa").unwrap();
        assert_eq!(first.missing(4), [0, 1, 2, 3]);
        first.add(0, vec![passed("mask", true)]).unwrap();
        first.add(2, vec![passed("mask", false)]).unwrap();
        drop(first);
        let mut second = open(folder.path(), "one", "bbb").unwrap();
        assert_eq!(second.missing(4), [1, 3]);
        second.add(1, vec![passed("mask", true)]).unwrap();
        drop(second);
        let third = open(folder.path(), "one", "ccc").unwrap();
        assert_eq!(third.missing(4), [3]);
        assert_eq!(third.missing(2), [0_usize; 0]);
        assert_eq!(third.table().0["mask"].active.counts(), (2, 3));
        assert_eq!(third.table().0["mask"].passive.counts(), (0, 0));
        let text = third.text(4);
        assert!(
            text.contains("3 of 4 scenes") && text.contains("aaa (2), bbb (1)"),
            "{text}"
        );
        assert!(text.contains("| mask | not assessed |"), "{text}");
    }

    #[test]
    fn a_tally_of_another_policy_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = open(folder.path(), "one", "aaa").unwrap();
        one.add(0, vec![passed("mask", true)]).unwrap();
        drop(one);
        let other = open(folder.path(), "two", "aaa").unwrap_err();
        assert!(matches!(other, TallyError::Other { .. }), "{other}");
        assert!(other.to_string().contains("KIOSK_ATTACKS_TALLY"));
        assert_eq!(open(folder.path(), "one", "aaa").unwrap().missing(2), [1]);
    }

    #[test]
    fn a_second_run_at_once_and_a_damaged_tally_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path(), "one", "aaa").unwrap();
        let second = open(folder.path(), "one", "aaa").unwrap_err();
        assert!(matches!(second, TallyError::Taken(_)), "{second}");
        drop(first);
        std::fs::write(folder.path().join("real.json"), "{\"identity\": ").unwrap();
        let damaged = open(folder.path(), "one", "aaa").unwrap_err();
        assert!(matches!(damaged, TallyError::Damaged { .. }), "{damaged}");
    }

    #[test]
    fn without_a_folder_every_run_begins_anew() {
        let mut tally = Tally::open_in(None, "real", identity("one"), "aaa".into()).unwrap();
        tally.add(0, vec![passed("mask", true)]).unwrap();
        assert_eq!(tally.missing(2), [1]);
        let again = Tally::open_in(None, "real", identity("one"), "aaa".into()).unwrap();
        assert_eq!(again.missing(2), [0, 1]);
    }
}
