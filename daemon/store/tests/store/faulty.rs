//! A disk that loses what was not synced, tears the last write, has no room or fails, and dies at a chosen call.
//!
//! ```text
//!  what the store sees:        real files, as after each call
//!  what a power cut leaves:    content: synced bytes ‖ some of the later writes, one of them torn
//!                              names:   those of synced folders ‖ the first few of the later changes
//! ```
//!
//! A failed sync loses its writes for good, though the files still show them: as Linux does it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use kiosk_store::{Disk, LocalDisk};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power goes.
    Cut,
    /// There is no room for this write and the ones after it, half of the first is written.
    NoRoom,
    /// This call fails, and what it should have written or synced is lost.
    Failing,
}

#[derive(Debug, Clone)]
enum Write {
    At(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug, Default, Clone)]
struct Content {
    synced: Vec<u8>,
    later: Vec<Write>,
}

#[derive(Debug, Clone)]
enum Name {
    Is(PathBuf, usize),
    Gone(PathBuf),
}

#[derive(Debug)]
struct State {
    root: PathBuf,
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
    later_names: Vec<Name>,
    /// Calls until the fault.
    fault: Option<(u32, Fault)>,
    no_room: bool,
    dead: bool,
    random: StdRng,
    calls: u64,
}

#[derive(Debug)]
pub struct Faulty(Mutex<State>);

fn error(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

impl Faulty {
    /// A disk whose files below `root` are as they are now, all synced.
    pub fn new(root: &Path, seed: u64) -> Arc<Self> {
        let mut state = State {
            root: root.to_owned(),
            contents: Vec::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            later_names: Vec::new(),
            fault: None,
            no_room: false,
            dead: false,
            random: StdRng::seed_from_u64(seed),
            calls: 0,
        };
        for (path, synced) in crate::files(root) {
            state.names.insert(path, state.contents.len());
            state.contents.push(Content {
                synced,
                later: Vec::new(),
            });
        }
        state.synced_names = state.names.clone();
        Arc::new(Self(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The fault comes after so many calls from now.
    pub fn arm(&self, calls: u32, fault: Fault) {
        self.state().fault = Some((calls, fault));
    }

    /// There is room again, and no fault is to come.
    pub fn disarm(&self) {
        let mut state = self.state();
        state.fault = None;
        state.no_room = false;
    }

    /// Whether the power has gone.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Calls up to now.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// The power goes now, if it has not; what the disk then holds is written below `to`.
    pub fn cut(&self, to: &Path) {
        let mut state = self.state();
        state.dead = true;
        let mut names = state.synced_names.clone();
        let most = state.later_names.len();
        let kept = state.random.random_range(0..=most);
        for name in &state.later_names[..kept] {
            match name {
                Name::Is(path, content) => names.insert(path.clone(), *content),
                Name::Gone(path) => names.remove(path),
            };
        }
        for (path, content) in names {
            let place = to.join(path.strip_prefix(&state.root).unwrap());
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            let content = state.contents[content].clone();
            let left = after_cut(content, &mut state.random);
            std::fs::write(place, left).unwrap();
        }
    }
}

/// The synced bytes with a random part of the later writes, and one of those torn.
fn after_cut(content: Content, random: &mut StdRng) -> Vec<u8> {
    let mut bytes = content.synced;
    let torn = random.random_range(0..=content.later.len());
    for (turn, write) in content.later.into_iter().enumerate() {
        if !random.random_bool(0.5) {
            continue;
        }
        match write {
            Write::At(at, mut written) => {
                if turn == torn {
                    written.truncate(random.random_range(0..=written.len()));
                }
                put(&mut bytes, at as usize, &written);
            }
            Write::Length(length) => bytes.resize(length as usize, 0),
        }
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    let end = at + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(written);
}

impl State {
    /// What comes of this call: `Some` is the fault that strikes it.
    fn strike(&mut self) -> io::Result<Option<Fault>> {
        if self.dead {
            return Err(error(EIO));
        }
        self.calls += 1;
        let Some((left, fault)) = &mut self.fault else {
            return Ok(None);
        };
        if *left > 0 {
            *left -= 1;
            return Ok(None);
        }
        let fault = *fault;
        self.fault = None;
        match fault {
            Fault::Cut => {
                self.dead = true;
                Err(error(EIO))
            }
            Fault::NoRoom => {
                self.no_room = true;
                Ok(Some(fault))
            }
            Fault::Failing => Ok(Some(fault)),
        }
    }

    fn later(&mut self, path: &Path, write: Write) {
        let content = self.names[path];
        self.contents[content].later.push(write);
    }
}

impl Disk for Faulty {
    fn create(&self, path: &Path) -> io::Result<File> {
        let mut state = self.state();
        let fault = state.strike()?;
        if state.no_room || fault.is_some() {
            return Err(error(if state.no_room { ENOSPC } else { EIO }));
        }
        let file = LocalDisk.create(path)?;
        let content = state.contents.len();
        state.contents.push(Content::default());
        state.names.insert(path.to_owned(), content);
        state.later_names.push(Name::Is(path.to_owned(), content));
        Ok(file)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        if self.is_dead() {
            return Err(error(EIO));
        }
        LocalDisk.open(path)
    }

    fn write_at(&self, file: &File, path: &Path, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut state = self.state();
        let cut = state
            .fault
            .is_some_and(|(left, fault)| left == 0 && fault == Fault::Cut);
        let struck = state.strike();
        if cut || state.no_room || matches!(struck, Ok(Some(_))) {
            // A part is written all the same; at a cut it may still reach the disk.
            let half = bytes[..bytes.len() / 2].to_vec();
            LocalDisk.write_at(file, path, &half, at)?;
            state.later(path, Write::At(at, half));
            return Err(error(if state.no_room { ENOSPC } else { EIO }));
        }
        struck?;
        LocalDisk.write_at(file, path, bytes, at)?;
        state.later(path, Write::At(at, bytes.to_vec()));
        Ok(())
    }

    fn set_length(&self, file: &File, path: &Path, length: u64) -> io::Result<()> {
        let mut state = self.state();
        if matches!(state.strike()?, Some(Fault::Failing)) {
            return Err(error(EIO));
        }
        LocalDisk.set_length(file, path, length)?;
        state.later(path, Write::Length(length));
        Ok(())
    }

    fn sync_file(&self, _: &File, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let fault = state.strike()?;
        let content = state.names[path];
        let content = &mut state.contents[content];
        if fault == Some(Fault::Failing) {
            content.later.clear();
            return Err(error(EIO));
        }
        for write in std::mem::take(&mut content.later) {
            match write {
                Write::At(at, written) => put(&mut content.synced, at as usize, &written),
                Write::Length(length) => content.synced.resize(length as usize, 0),
            }
        }
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.strike()? == Some(Fault::Failing) {
            return Err(error(EIO));
        }
        let (now, later): (Vec<Name>, Vec<Name>) = std::mem::take(&mut state.later_names)
            .into_iter()
            .partition(|name| match name {
                Name::Is(file, _) | Name::Gone(file) => file.parent() == Some(path),
            });
        state.later_names = later;
        for name in now {
            match name {
                Name::Is(file, content) => state.synced_names.insert(file, content),
                Name::Gone(file) => state.synced_names.remove(&file),
            };
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.strike()? == Some(Fault::Failing) {
            return Err(error(EIO));
        }
        LocalDisk.rename(from, to)?;
        let content = state.names.remove(from).unwrap();
        state.names.insert(to.to_owned(), content);
        state.later_names.push(Name::Is(to.to_owned(), content));
        state.later_names.push(Name::Gone(from.to_owned()));
        Ok(())
    }

    fn room(&self, folder: &Path) -> io::Result<u64> {
        match self.state().no_room {
            true => Ok(0),
            false => LocalDisk.room(folder),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.strike()? == Some(Fault::Failing) {
            return Err(error(EIO));
        }
        LocalDisk.remove(path)?;
        state.names.remove(path);
        state.later_names.push(Name::Gone(path.to_owned()));
        Ok(())
    }
}
