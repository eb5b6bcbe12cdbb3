//! sled below the view: opened again by itself where a write of its own found no room.
//!
//! sled writes at its own times, in a read too (it puts a page's pieces together), and once such a write has failed every later one
//! does. What it was asked to keep is in its files by then, and what has changed since is not asked of it: so it is closed, opened again
//! once nobody uses it any more, and what failed is done once more. Nobody keeps hold of it from one question to the next: entries are
//! asked for a page at a time. Opening it takes room as well: a file beside it keeps some, and is made anew with the next settling.

use std::collections::VecDeque;
use std::fs::File;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::StoreError;
use crate::error::is_full;

/// sled gives its own lock back a moment after the last user is gone; we wait this often for it.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// Where sled writes, as seen from the store's folder.
const FILE: &str = "log/db";

/// Room for opening: a snapshot of sled's table, and segments of half a MiB that it goes on in. The test of a disk that runs full did with
/// half of it; with 200,000 sessions it was not measured.
const ROOM: u64 = 8 * 1024 * 1024;
/// The file that keeps it, in sled's folder.
const ROOM_FILE: &str = "room";

/// Entries that are asked for at first: who looks for one needs few, who looks at all gets twice as many each time.
const FIRST_PAGE: usize = 8;
/// Entries of a page at most.
const LARGEST_PAGE: usize = 1024;

/// A key and its entry.
type Pair = (sled::IVec, sled::IVec);
/// From where to where.
type Range = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// sled's map, as it was settled last.
pub(crate) struct Settled {
    config: sled::Config,
    room: PathBuf,
    open: RwLock<Open>,
}

struct Open {
    db: Option<sled::Db>,
    /// How often it was opened: who gives up an older one closes nothing.
    times: u64,
}

impl Settled {
    /// Opens the map in a folder, or makes it.
    pub(crate) fn open(folder: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        // We flush ourselves. sled's own clock would write between two settlings.
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(cache_bytes)
            .flush_every_ms(None);
        let settled = Self {
            config,
            room: folder.join(ROOM_FILE),
            open: RwLock::new(Open { db: None, times: 0 }),
        };
        settled.db()?;
        settled.keep_room();
        Ok(settled)
    }

    /// Keeps the room that opening sled again may take, where there is as much.
    pub(crate) fn keep_room(&self) {
        // One that a crash left empty keeps nothing.
        if std::fs::metadata(&self.room).is_ok_and(|room| room.len() >= ROOM) {
            return;
        }
        let kept = File::create(&self.room).and_then(|file| {
            let flags = rustix::fs::FallocateFlags::empty();
            Ok(rustix::fs::fallocate(&file, flags, 0, ROOM)?)
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "no room is kept to open sled again on a full disk");
            self.give_room();
        }
    }

    fn give_room(&self) -> bool {
        std::fs::remove_file(&self.room).is_ok()
    }

    /// Opens it, in the room that is kept where there is no other.
    fn open_now(&self) -> Result<sled::Db, StoreError> {
        match open_patiently(&self.config) {
            Err(StoreError::DiskFull { .. }) if self.give_room() => open_patiently(&self.config),
            other => other,
        }
    }

    /// Asks sled for something that can be asked twice.
    pub(crate) fn ask<T>(
        &self,
        doing: &'static str,
        asked: impl Fn(&sled::Db) -> sled::Result<T>,
    ) -> Result<T, StoreError> {
        match self.ask_once(doing, &asked) {
            Err(StoreError::DiskFull { .. }) => self.ask_once(doing, &asked),
            other => other,
        }
    }

    fn ask_once<T>(
        &self,
        doing: &'static str,
        asked: impl Fn(&sled::Db) -> sled::Result<T>,
    ) -> Result<T, StoreError> {
        let (db, times) = self.db()?;
        let answer = guarded(doing, || asked(&db));
        drop(db);
        if matches!(answer, Err(StoreError::DiskFull { .. })) {
            self.give_up(times);
        }
        answer
    }

    /// What lies from `from` on, below `to`, in order.
    pub(crate) fn entries(&self, from: Bound<&[u8]>, to: Bound<&[u8]>) -> SettledEntries<'_> {
        SettledEntries {
            settled: self,
            range: (from.map(<[u8]>::to_vec), to.map(<[u8]>::to_vec)),
            page: VecDeque::new(),
            next_page: FIRST_PAGE,
        }
    }

    /// The map, opened where it was given up, and how often that was done.
    fn db(&self) -> Result<(sled::Db, u64), StoreError> {
        let known = |open: &Open| open.db.clone().map(|db| (db, open.times));
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known(&open) {
            return Ok(found);
        }
        drop(open);
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known(&open) {
            return Ok(found);
        }
        let db = match self.open_now() {
            // The folder is locked by this store, so whoever holds sled's own lock is a question of ours that has not ended.
            Err(error) if open.times > 0 && holds_lock(&error) => {
                return Err(StoreError::DiskFull { path: FILE.into() });
            }
            other => other?,
        };
        open.db = Some(db.clone());
        open.times += 1;
        Ok((db, open.times))
    }

    fn give_up(&self, times: u64) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if open.times == times && open.db.take().is_some() {
            tracing::warn!("sled found no room on the disk: it is opened again");
        }
    }
}

#[cfg(test)]
impl Settled {
    /// As where a write of sled's found no room, on another thread or in a question asked in between.
    pub(crate) fn give_up_now(&self) {
        let times = self.db().unwrap().1;
        self.give_up(times);
    }
}

/// Entries one after the other; goes on behind the last page where sled has to be opened again.
pub(crate) struct SettledEntries<'a> {
    settled: &'a Settled,
    /// What has not been asked for.
    range: Range,
    page: VecDeque<Pair>,
    /// Entries of the next page; 0 behind the last.
    next_page: usize,
}

impl SettledEntries<'_> {
    /// The next; `None` behind the last.
    pub(crate) fn next(&mut self) -> Result<Option<Pair>, StoreError> {
        if self.page.is_empty() && self.next_page > 0 {
            self.turn_page()?;
        }
        Ok(self.page.pop_front())
    }

    fn turn_page(&mut self) -> Result<(), StoreError> {
        let (range, most) = (&self.range, self.next_page);
        self.page = self
            .settled
            .ask("read", |db| db.range(range.clone()).take(most).collect())?;
        self.next_page = match self.page.len() < most {
            true => 0,
            false => LARGEST_PAGE.min(2 * most),
        };
        if let Some((last, _)) = self.page.back() {
            self.range.0 = Bound::Excluded(last.to_vec());
        }
        Ok(())
    }
}

fn open_patiently(config: &sled::Config) -> Result<sled::Db, StoreError> {
    for _ in 1..LOCK_TRIES {
        match guarded("opened", || config.open()) {
            Err(error) if holds_lock(&error) => std::thread::sleep(LOCK_PAUSE),
            other => return other,
        }
    }
    guarded("opened", || config.open())
}

/// Whether somebody else has sled open, which has no error of its own for it.
fn holds_lock(error: &StoreError) -> bool {
    matches!(error, StoreError::Log { why, .. } if why.contains("could not acquire lock"))
}

/// sled has panicked for others after abrupt stops: a panic in it becomes an error here.
fn guarded<T>(
    doing: &'static str,
    sled: impl FnOnce() -> sled::Result<T>,
) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(sled)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(error))) if is_full(&error) => {
            Err(StoreError::DiskFull { path: FILE.into() })
        }
        Ok(Err(error)) => Err(StoreError::Log {
            doing,
            why: error.to_string(),
        }),
        Err(_) => Err(StoreError::Log {
            doing,
            why: "sled panicked".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three(folder: &Path) -> Settled {
        let settled = Settled::open(folder, 1 << 20).unwrap();
        let put = |db: &sled::Db| {
            for key in [b"a", b"b", b"c"] {
                db.insert(key, key)?;
            }
            db.flush()
        };
        settled.ask("written", put).unwrap();
        settled
    }

    #[test]
    fn what_was_given_up_is_opened_again_and_entries_go_on_behind_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let settled = three(folder.path());
        let mut entries = settled.entries(Bound::Unbounded, Bound::Unbounded);
        let mut keys = Vec::new();
        while let Some((key, _)) = entries.next().unwrap() {
            keys.push(key[0]);
            settled.give_up_now();
            settled.ask("read", |db| db.get(b"b")).unwrap();
        }
        assert_eq!(keys, *b"abc");
        let entry = settled.ask("read", |db| db.get(b"b")).unwrap();
        assert_eq!(entry.unwrap(), b"b");
    }

    #[test]
    fn entries_come_in_order_over_many_pages() {
        let folder = tempfile::tempdir().unwrap();
        let settled = Settled::open(folder.path(), 1 << 20).unwrap();
        let numbers = 0..3_000u16;
        let put = |db: &sled::Db| {
            for number in numbers.clone() {
                db.insert(number.to_be_bytes(), &[])?;
            }
            db.flush()
        };
        settled.ask("written", put).unwrap();
        let from = 5u16.to_be_bytes();
        let mut entries = settled.entries(Bound::Excluded(&from), Bound::Unbounded);
        for number in 6..3_000u16 {
            let (key, _) = entries.next().unwrap().unwrap();
            assert_eq!(*key, number.to_be_bytes());
        }
        assert!(entries.next().unwrap().is_none());
        assert!(entries.next().unwrap().is_none());
    }

    #[test]
    fn a_question_that_does_not_end_is_waited_for_and_told_as_what_made_sled_give_up() {
        let folder = tempfile::tempdir().unwrap();
        let settled = three(folder.path());
        let (held, times) = settled.db().unwrap();
        settled.give_up(times);
        let read = settled.ask("read", |db| db.get(b"a"));
        assert!(matches!(read, Err(StoreError::DiskFull { .. })), "{read:?}");
        drop(held);
        let read = settled.ask("read", |db| db.get(b"a")).unwrap();
        assert_eq!(read.unwrap(), b"a");
    }

    #[test]
    fn a_full_disk_is_asked_twice_and_then_told() {
        let folder = tempfile::tempdir().unwrap();
        let settled = three(folder.path());
        let tries = std::cell::Cell::new(0);
        let full = || sled::Error::Io(std::io::ErrorKind::StorageFull.into());
        let once = settled.ask("read", |db| {
            tries.set(tries.get() + 1);
            match tries.get() {
                1 => Err(full()),
                _ => db.get(b"a"),
            }
        });
        assert_eq!(
            (once.unwrap().unwrap().to_vec(), tries.get()),
            (b"a".to_vec(), 2)
        );
        let always: Result<(), _> = settled.ask("read", |_| Err(full()));
        assert!(matches!(always, Err(StoreError::DiskFull { .. })));
    }

    #[test]
    fn room_to_open_it_again_is_kept_and_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let settled = three(folder.path());
        let kept = || std::fs::metadata(folder.path().join(ROOM_FILE)).map_or(0, |room| room.len());
        assert_eq!(kept(), ROOM);
        assert!(settled.give_room());
        assert_eq!(kept(), 0);
        settled.keep_room();
        assert_eq!(kept(), ROOM);
        // As a crash may leave it.
        File::create(folder.path().join(ROOM_FILE)).unwrap();
        settled.keep_room();
        assert_eq!(kept(), ROOM);
    }
}
