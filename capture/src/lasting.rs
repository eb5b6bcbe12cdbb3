//! A stream that lasts: a source that gives nothing is noticed, opened again after a pause, and goes on in
//! the same slot.
//!
//! ```text
//!            ┌────────── thread "keeper" ──────────┐
//! Stream ─[newest]─► watch ───── pass on ─────────[newest]─► viewers: one slot, numbers and times go on
//!    ▲                 │ nothing for Patience::stalled, or an error
//!    └── open ◄─ pause ┘ 0.5 s, 1 s, .. 10 s, half of each by chance; the first again once a frame came
//! ```
//!
//! Only live sources are opened again: a recording that fails has failed, and one that ends has ended.
//! A driver may hold the old stream's thread for ever. It is left behind and can give no frame to anyone;
//! while it holds the device, opening fails and is tried again.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::clock::Clock;
use crate::error::CaptureError;
use crate::newest::{self, Publisher, Viewer};
use crate::resumed::Resumed;
use crate::source::FrameSource;
use crate::stream::Stream;

/// How often the keeper looks whether it has to stop while no frame comes.
const LOOK_UP_EVERY: Duration = Duration::from_millis(50);
/// A stalled stream's thread gets this long to end before it is left behind.
const LEAVE_AFTER: Duration = Duration::from_millis(200);
/// The keeper of a source that did not stop in its time.
const KEEPER: &str = "keeper";

/// Opens the source once more.
pub type Open = Box<dyn FnMut() -> Result<Box<dyn FrameSource>, CaptureError> + Send>;

/// How a kept source stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Frames come.
    Live,
    /// No frame came for longer than [`Patience::stalled`].
    Stalled,
    /// The source failed, or could not be opened again.
    Failed(CaptureError),
    /// It is opened again now.
    Reopening,
}

/// How long a source may give nothing, and how long it is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Without a frame for so long it has stalled.
    pub stalled: Duration,
    /// A source that was just opened gets this long for its first frame before it is opened again.
    pub first_frame: Duration,
    /// Longest pause before the first opening; doubled each time.
    pub first_pause: Duration,
    /// Longest pause at all.
    pub longest_pause: Duration,
}

impl Default for Patience {
    /// A stall is said within 2 s, the look-up's time included. USB cameras may take seconds to a first frame.
    fn default() -> Self {
        Self {
            stalled: Duration::from_millis(1_500),
            first_frame: Duration::from_secs(4),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(10),
        }
    }
}

impl Patience {
    /// The pause before an opening, after `failures` in a row; `chance` is 0 to 1.
    fn pause(&self, failures: u32, chance: f64) -> Duration {
        let factor = 2_u32.checked_pow(failures).unwrap_or(u32::MAX);
        let bound = self.first_pause.saturating_mul(factor);
        let bound = bound.min(self.longest_pause);
        bound.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
    }
}

/// What a kept source has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Frames passed on.
    pub passed: u64,
    /// Frames that a newer one replaced before they were passed on.
    pub missed: u64,
    /// How often it was opened again.
    pub reopened: u32,
    /// Streams whose thread did not stop in its time.
    pub left_behind: u32,
}

/// A running source that is kept. Dropped, it tells its keeper to stop and does not wait.
pub struct Lasting {
    // Never sent anything: its end is the word to stop.
    stop: SyncSender<()>,
    done: Receiver<Kept>,
    thread: JoinHandle<()>,
}

/// What a keeper works with.
pub struct Keeping<H> {
    /// Opens it again.
    pub open: Open,
    /// How long anything is waited for.
    pub patience: Patience,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// A number from 0 to 1 by chance, for pauses.
    pub chance: Box<dyn FnMut() -> f64 + Send>,
    /// Hears of every change.
    pub heard: H,
}

impl Lasting {
    /// Keeps `source`, whose frames go to `publisher`.
    ///
    /// # Errors
    /// [`CaptureError::NoThread`].
    pub fn start<H: FnMut(Condition) + Send + 'static>(
        source: Box<dyn FrameSource>,
        keeping: Keeping<H>,
        publisher: Publisher,
    ) -> Result<Self, CaptureError> {
        let (stop, told) = sync_channel(1);
        // One word at the end of the thread: it is never full when that is sent.
        let (report, done) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name(KEEPER.into())
            .spawn(move || {
                let mut keeper = Keeper {
                    keeping,
                    told,
                    publisher,
                    begun: None,
                    next: 0,
                    failures: 0,
                    kept: Kept::default(),
                };
                let end = keeper.keep(source);
                let Keeper {
                    publisher, kept, ..
                } = keeper;
                match end {
                    Ok(()) => publisher.end(),
                    Err(error) => publisher.fail(error),
                }
                // Who stopped waiting no longer wants the report.
                let _ = report.send(kept);
            })
            .map_err(|error| CaptureError::NoThread {
                reason: error.to_string(),
            })?;
        Ok(Self { stop, done, thread })
    }

    /// Stops it and waits at most `within`.
    ///
    /// # Errors
    /// [`CaptureError::Straggler`] where it did not come, [`CaptureError::Vanished`] where it panicked.
    pub fn stop(self, within: Duration) -> Result<Kept, CaptureError> {
        let Self { stop, done, thread } = self;
        drop(stop);
        let kept = done.recv_timeout(within).map_err(|error| match error {
            RecvTimeoutError::Timeout => CaptureError::Straggler {
                source_id: KEEPER.into(),
                waited: within,
            },
            RecvTimeoutError::Disconnected => CaptureError::Vanished,
        })?;
        drop(thread.join());
        Ok(kept)
    }
}

struct Keeper<H> {
    keeping: Keeping<H>,
    told: Receiver<()>,
    publisher: Publisher,
    /// When the first frame came.
    begun: Option<Duration>,
    /// The number that the next source's first frame gets.
    next: u64,
    failures: u32,
    kept: Kept,
}

/// Why a stream is no longer watched.
enum Left {
    Ended,
    Told,
    /// It gave nothing for too long.
    Silent,
    Failed(CaptureError),
}

impl<H: FnMut(Condition)> Keeper<H> {
    /// Until the source ends, fails for good, or it is told to stop.
    fn keep(&mut self, mut source: Box<dyn FrameSource>) -> Result<(), CaptureError> {
        loop {
            let live = source.facts().live;
            let (publisher, mut viewer) = newest::slot();
            let stream = Stream::start(self.resumed(source), publisher)?;
            let left = self.watch(&mut viewer, live);
            self.end(stream);
            self.kept.missed += viewer.missed();
            match left {
                Left::Ended | Left::Told => return Ok(()),
                Left::Failed(error) if !live => return Err(error),
                Left::Failed(error) => (self.keeping.heard)(Condition::Failed(error)),
                Left::Silent => {}
            }
            let Some(opened) = self.reopen() else {
                return Ok(());
            };
            source = opened;
        }
    }

    /// The first source keeps its own stamps; a later one goes on where the one before broke off.
    fn resumed(&self, source: Box<dyn FrameSource>) -> Box<dyn FrameSource> {
        match self.begun {
            None => source,
            Some(begun) => {
                let since = self.keeping.clock.now().saturating_sub(begun);
                Box::new(Resumed::new(source, self.next, since))
            }
        }
    }

    /// Passes frames on for as long as they come. A recording is waited for without an end.
    fn watch(&mut self, viewer: &mut Viewer, live: bool) -> Left {
        let patience = self.keeping.patience;
        let mut since = self.keeping.clock.now();
        let (mut seen, mut said) = (false, false);
        loop {
            if self.told.try_recv() == Err(TryRecvError::Disconnected) {
                return Left::Told;
            }
            match viewer.next(LOOK_UP_EVERY) {
                Ok(Some(frame)) => {
                    since = self.keeping.clock.now();
                    if !seen || said {
                        (self.keeping.heard)(Condition::Live);
                    }
                    (seen, said) = (true, false);
                    self.failures = 0;
                    self.begun.get_or_insert(since);
                    self.next = frame.sequence() + 1;
                    self.kept.passed += 1;
                    self.publisher.pass_on(frame);
                }
                Ok(None) => return Left::Ended,
                Err(CaptureError::Stalled { .. }) => {
                    let silent = self.keeping.clock.now().saturating_sub(since);
                    if silent >= patience.stalled && !said {
                        said = true;
                        (self.keeping.heard)(Condition::Stalled);
                    }
                    let most = if seen {
                        patience.stalled
                    } else {
                        patience.first_frame
                    };
                    if live && silent >= most {
                        return Left::Silent;
                    }
                }
                Err(error) => return Left::Failed(error),
            }
        }
    }

    fn end(&mut self, stream: Stream) {
        if stream.stop(LEAVE_AFTER).is_err() {
            self.kept.left_behind += 1;
        }
    }

    /// Pauses and opens until it opens; `None` when told to stop.
    fn reopen(&mut self) -> Option<Box<dyn FrameSource>> {
        loop {
            let chance = (self.keeping.chance)();
            let pause = self.keeping.patience.pause(self.failures, chance);
            self.failures = self.failures.saturating_add(1);
            if self.told.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
                return None;
            }
            (self.keeping.heard)(Condition::Reopening);
            match (self.keeping.open)() {
                Ok(source) => {
                    self.kept.reopened += 1;
                    return Some(source);
                }
                Err(error) => (self.keeping.heard)(Condition::Failed(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests;
