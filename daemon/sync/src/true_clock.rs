//! The time for judging certificates: the machine's, corrected by what central signed.
//!
//! ```text
//!  now = machine's clock + correction, but never before
//!        the newest time that central has signed (kept in a file), and
//!        never before a corrected time that was given out already
//! ```
//!
//! A machine without a battery wakes up in the past: the file says that this much time has passed at least.
//! A signed time that lies before an earlier one is refused; so nobody who plays old answers, or holds a
//! stolen certificate that has run out, can turn the time back.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

use crate::clock::Clock;

/// A correction of less is the way of the answer, not the clock.
const NOT_WORTH_IT: Duration = Duration::seconds(2);

/// Why a signed time was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Untaken {
    #[error("central signed a time before one that it had signed before; check central's clock")]
    Earlier,
    #[error("the newest signed time could not be kept ({0}); check the folder of the state")]
    Unkept(String),
}

/// Tells the time; clones share it.
#[derive(Clone)]
pub(crate) struct TrueClock {
    machine: Clock,
    file: Option<PathBuf>,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    correction: Duration,
    /// The newest time that central has signed.
    signed: Option<OffsetDateTime>,
    /// The newest corrected time that was given out.
    given: Option<OffsetDateTime>,
}

impl TrueClock {
    /// Goes by the machine's clock, and by what `file` remembers of central's.
    pub(crate) fn new(machine: Clock, file: Option<PathBuf>) -> Self {
        let signed = file.as_deref().and_then(read);
        Self {
            machine,
            file,
            known: Arc::new(Mutex::new(Known {
                correction: Duration::ZERO,
                signed,
                given: None,
            })),
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let machine = (self.machine)();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let corrected = machine.saturating_add(known.correction);
        let now = [known.signed, known.given]
            .into_iter()
            .flatten()
            .fold(corrected, OffsetDateTime::max);
        if known.correction != Duration::ZERO {
            known.given = Some(now);
        }
        now
    }

    /// The same as a function.
    pub(crate) fn as_clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }

    /// Takes a time that central has signed just now. Returns by how much the machine's clock is off.
    pub(crate) fn correct(&self, signed: OffsetDateTime) -> Result<Duration, Untaken> {
        let off = signed - (self.machine)();
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.signed.is_some_and(|before| signed < before) {
                return Err(Untaken::Earlier);
            }
            known.signed = Some(signed);
            known.correction = match off.abs() <= NOT_WORTH_IT {
                true => Duration::ZERO,
                false => off,
            };
        }
        if let Some(file) = &self.file {
            write(file, signed).map_err(|error| Untaken::Unkept(error.to_string()))?;
        }
        Ok(off)
    }
}

impl std::fmt::Debug for TrueClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrueClock")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// A file that cannot be read or holds something else is no time: then the machine's counts.
fn read(file: &Path) -> Option<OffsetDateTime> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                tracing::warn!(%error, "the newest signed time cannot be read");
            }
            return None;
        }
    };
    let unix: i64 = text.trim().parse().ok()?;
    OffsetDateTime::from_unix_timestamp(unix).ok()
}

fn write(file: &Path, signed: OffsetDateTime) -> std::io::Result<()> {
    crate::whole_file::replace(file, |to: &mut File| {
        writeln!(to, "{}", signed.unix_timestamp())
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2030-06-01 12:00 UTC);

    /// A machine whose clock the test turns.
    fn machine(at: OffsetDateTime) -> (Arc<Mutex<OffsetDateTime>>, Clock) {
        let hands = Arc::new(Mutex::new(at));
        let read = Arc::clone(&hands);
        (hands, Arc::new(move || *read.lock().unwrap()))
    }

    #[test]
    fn a_clock_that_is_a_day_off_either_way_is_corrected_and_goes_on() {
        for off in [Duration::DAY, -Duration::DAY] {
            let (hands, clock) = machine(NOON + off);
            let time = TrueClock::new(clock, None);
            assert_eq!(time.correct(NOON), Ok(-off));
            assert_eq!(time.now(), NOON);
            *hands.lock().unwrap() += Duration::HOUR;
            assert_eq!(time.now(), NOON + Duration::HOUR);
        }
    }

    #[test]
    fn time_is_never_moved_back() {
        let (hands, clock) = machine(NOON - Duration::HOUR);
        let time = TrueClock::new(clock, None);
        time.correct(NOON).unwrap();
        assert_eq!(time.correct(NOON - Duration::SECOND), Err(Untaken::Earlier));
        let before = time.now();
        *hands.lock().unwrap() -= Duration::days(9);
        assert_eq!(time.now(), before);
    }

    #[test]
    fn what_central_signed_outlives_a_machine_that_wakes_up_in_the_past() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("time");
        let (_, clock) = machine(NOON);
        TrueClock::new(clock, Some(file.clone()))
            .correct(NOON)
            .unwrap();

        let (_, clock) = machine(datetime!(1970-01-01 00:00 UTC));
        assert_eq!(TrueClock::new(clock, Some(file)).now(), NOON);
    }
}
