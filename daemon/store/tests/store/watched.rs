//! A disk that is watched: it notes what is synced in order, and can hold a sync up or fail it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use kiosk_store::{Disk, LocalDisk};

#[derive(Debug, Default)]
pub struct Watched {
    seen: Mutex<Vec<String>>,
    gate: Mutex<Gate>,
    opened: Condvar,
    meeting: Mutex<Meeting>,
    met: Condvar,
}

/// Syncs that wait for each other.
#[derive(Debug, Default)]
struct Meeting {
    wanted: usize,
    come: usize,
}

/// Who waits longer for the others waits for nothing.
const MET_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Gate {
    #[default]
    Open,
    Held,
    Failing,
}

impl Watched {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// What was done since the last call, in order.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// Syncs of the journal wait from now on.
    pub fn hold(&self) {
        *self.gate.lock().unwrap() = Gate::Held;
    }

    pub fn release(&self) {
        *self.gate.lock().unwrap() = Gate::Open;
        self.opened.notify_all();
    }

    /// Syncs of the journal fail from now on.
    pub fn fail(&self) {
        *self.gate.lock().unwrap() = Gate::Failing;
        self.opened.notify_all();
    }

    /// Syncs of the keys' files wait from now on until so many wait at once.
    pub fn meet(&self, wanted: usize) {
        *self.meeting.lock().unwrap() = Meeting { wanted, come: 0 };
    }

    fn meet_the_others(&self) -> io::Result<()> {
        let mut meeting = self.meeting.lock().unwrap();
        meeting.come += 1;
        self.met.notify_all();
        let lacks = |meeting: &mut Meeting| meeting.come < meeting.wanted;
        let waited = self.met.wait_timeout_while(meeting, MET_WITHIN, lacks);
        match waited.unwrap().1.timed_out() {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(()),
        }
    }

    fn pass(&self) -> io::Result<()> {
        let gate = self.gate.lock().unwrap();
        let gate = self
            .opened
            .wait_while(gate, |gate| *gate == Gate::Held)
            .unwrap();
        match *gate {
            Gate::Failing => Err(io::Error::from_raw_os_error(5)),
            _ => Ok(()),
        }
    }

    fn note(&self, what: &str, path: &Path) {
        let folder = path
            .parent()
            .and_then(Path::file_name)
            .unwrap()
            .to_string_lossy();
        let name = path.file_name().unwrap().to_string_lossy();
        let name = match name.as_ref() {
            name if name.starts_with(".tmp-") => "temporary",
            name if name.len() == 64 => "file",
            name if name.ends_with(".seg") => "segment",
            name => name,
        };
        self.seen
            .lock()
            .unwrap()
            .push(format!("{what} {folder}/{name}"));
    }
}

impl Disk for Watched {
    fn create(&self, path: &Path) -> io::Result<File> {
        LocalDisk.create(path)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        LocalDisk.open(path)
    }

    fn write_at(&self, file: &File, path: &Path, bytes: &[u8], at: u64) -> io::Result<()> {
        LocalDisk.write_at(file, path, bytes, at)
    }

    fn set_length(&self, file: &File, path: &Path, length: u64) -> io::Result<()> {
        LocalDisk.set_length(file, path, length)
    }

    fn sync_file(&self, file: &File, path: &Path) -> io::Result<()> {
        if path.parent().is_some_and(|folder| folder.ends_with("keys")) {
            self.meet_the_others()?;
        }
        if path.extension().is_some_and(|kind| kind == "seg") {
            self.pass()?;
        }
        LocalDisk.sync_file(file, path)?;
        self.note("sync", path);
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        LocalDisk.sync_folder(path)?;
        self.note("sync folder", path);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        LocalDisk.rename(from, to)?;
        self.note("rename", to);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        LocalDisk.remove(path)?;
        self.note("remove", path);
        Ok(())
    }

    fn room(&self, folder: &Path) -> io::Result<u64> {
        LocalDisk.room(folder)
    }
}
