//! The newest frame of a source, for any number of viewers.
//!
//! ```text
//! publish(frame) ──► [ newest ] ──► Viewer::next: what this viewer has not seen yet, or a bounded wait
//!                        │ replaced before anyone took it
//!                        └──► dropped += 1
//! ```
//!
//! Newest wins: a slow viewer never holds the source up and never sees an old frame after a newer one.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::CaptureError;
use crate::frame::Frame;

/// A slot with its two ends.
#[must_use]
pub fn slot() -> (Publisher, Viewer) {
    let shared = Arc::new(Shared::default());
    let viewer = Viewer {
        shared: Arc::clone(&shared),
        seen: 0,
        missed: 0,
    };
    (Publisher { shared }, viewer)
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    newest: Option<Arc<Frame>>,
    /// Frames published; the newest has this number.
    published: u64,
    taken: bool,
    dropped: u64,
    end: Option<Result<(), CaptureError>>,
}

impl Shared {
    /// A panic while the lock was held leaves a slot that still holds whole values.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that frames are put into. Dropped without a word, its viewers get [`CaptureError::Vanished`].
pub struct Publisher {
    shared: Arc<Shared>,
}

impl Publisher {
    /// Puts a frame in the place of the one before.
    pub fn publish(&self, frame: Frame) {
        self.pass_on(Arc::new(frame));
    }

    /// The same for a frame that came out of another slot.
    pub fn pass_on(&self, frame: Arc<Frame>) {
        let replaced = {
            let mut state = self.shared.lock();
            if state.newest.is_some() && !state.taken {
                state.dropped += 1;
            }
            state.published += 1;
            state.taken = false;
            state.newest.replace(frame)
        };
        drop(replaced);
        self.shared.changed.notify_all();
    }

    /// Counts a frame that the source could not deliver.
    pub fn count_dropped(&self) {
        self.shared.lock().dropped += 1;
    }

    /// Says that the source has ended. Viewers still get the frame that they have not seen.
    pub fn end(self) {
        self.close(Ok(()));
    }

    /// Says why the source failed.
    pub fn fail(self, error: CaptureError) {
        self.close(Err(error));
    }

    /// Frames that no viewer took.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.lock().dropped
    }

    fn close(&self, end: Result<(), CaptureError>) {
        self.shared.lock().end.get_or_insert(end);
        self.shared.changed.notify_all();
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.close(Err(CaptureError::Vanished));
    }
}

/// An end that frames are taken from; clone it for another viewer, which sees for itself.
#[derive(Clone)]
pub struct Viewer {
    shared: Arc<Shared>,
    seen: u64,
    missed: u64,
}

impl Viewer {
    /// The newest frame that this viewer has not seen, waited for at most `timeout`; `None` when the
    /// source has ended.
    ///
    /// # Errors
    /// [`CaptureError::Stalled`] where none came in time, else the source's own fault.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<Arc<Frame>>, CaptureError> {
        let seen = self.seen;
        let (mut state, _) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.lock(), timeout, |state| {
                state.published == seen && state.end.is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        if state.published > seen
            && let Some(frame) = state.newest.clone()
        {
            state.taken = true;
            self.missed += state.published - seen - 1;
            self.seen = state.published;
            return Ok(Some(frame));
        }
        match &state.end {
            Some(Ok(())) => Ok(None),
            Some(Err(error)) => Err(error.clone()),
            None => Err(CaptureError::Stalled { waited: timeout }),
        }
    }

    /// Frames that this viewer did not see because a newer one came.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }

    /// Frames that no viewer took.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.lock().dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{PixelFormat, Shape, Stamp};
    use crate::pool::Pool;
    use crate::source::SourceId;

    const SOON: Duration = Duration::from_millis(10);
    const LONG: Duration = Duration::from_secs(20);

    fn frame(sequence: u64) -> Frame {
        let shape = Shape {
            format: PixelFormat::Gray8,
            width: 1,
            height: 1,
        };
        let stamp = Stamp {
            sequence,
            captured_at: Duration::ZERO,
            source: SourceId::new("test"),
        };
        Pool::new(1).frame(shape, stamp, &[0]).unwrap()
    }

    fn sequence(viewer: &mut Viewer) -> u64 {
        viewer.next(LONG).unwrap().unwrap().sequence()
    }

    #[test]
    fn the_newest_wins_and_what_nobody_took_is_counted() {
        let (publisher, mut viewer) = slot();
        for number in 0..4 {
            publisher.publish(frame(number));
        }
        assert_eq!(sequence(&mut viewer), 3);
        publisher.publish(frame(4));
        assert_eq!(sequence(&mut viewer), 4);
        assert_eq!((viewer.missed(), viewer.dropped()), (3, 3));
    }

    #[test]
    fn each_viewer_sees_for_itself() {
        let (publisher, mut first) = slot();
        let mut second = first.clone();
        publisher.publish(frame(0));
        assert_eq!((sequence(&mut first), sequence(&mut second)), (0, 0));
        publisher.publish(frame(1));
        assert_eq!(sequence(&mut second), 1);
        assert_eq!(sequence(&mut first), 1);
        assert_eq!(first.dropped(), 0);
    }

    #[test]
    fn a_viewer_waits_a_bounded_time_for_a_frame_it_has_not_seen() {
        let (publisher, mut viewer) = slot();
        publisher.publish(frame(0));
        sequence(&mut viewer);
        let stalled = viewer.next(SOON).unwrap_err();
        assert_eq!(stalled, CaptureError::Stalled { waited: SOON });
    }

    #[test]
    fn a_waiting_viewer_wakes_when_a_frame_comes() {
        let (publisher, mut viewer) = slot();
        let waiting = std::thread::spawn(move || sequence(&mut viewer));
        publisher.publish(frame(7));
        assert_eq!(waiting.join().unwrap(), 7);
    }

    #[test]
    fn the_last_frame_is_seen_before_the_end() {
        let (publisher, mut viewer) = slot();
        publisher.publish(frame(0));
        publisher.end();
        assert_eq!(sequence(&mut viewer), 0);
        assert!(viewer.next(LONG).unwrap().is_none());
        assert!(viewer.next(LONG).unwrap().is_none());
    }

    #[test]
    fn a_failed_source_says_why_to_every_viewer() {
        let (publisher, mut first) = slot();
        let mut second = first.clone();
        publisher.fail(CaptureError::Undecodable);
        assert_eq!(first.next(LONG).unwrap_err(), CaptureError::Undecodable);
        assert_eq!(second.next(LONG).unwrap_err(), CaptureError::Undecodable);
    }

    #[test]
    fn a_publisher_that_goes_away_without_a_word_is_an_error() {
        let (publisher, mut viewer) = slot();
        drop(publisher);
        assert_eq!(viewer.next(LONG).unwrap_err(), CaptureError::Vanished);
    }
}
