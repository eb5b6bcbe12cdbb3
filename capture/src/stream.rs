//! A source on a thread of its own, feeding a newest-frame slot until it ends, fails or is stopped.
//!
//! Stopping is bounded: the thread is told, waited for, and named where it does not come. A camera's
//! driver may hold it in a read without a limit; it is then left behind and ends with its read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::CaptureError;
use crate::newest::Publisher;
use crate::source::{FrameSource, SourceFacts};

/// How long a source pauses when all its frames are held elsewhere, before it tries again.
const HELD_PAUSE: Duration = Duration::from_millis(2);

/// A running source. Dropped, it tells its thread to stop and does not wait.
pub struct Stream {
    facts: SourceFacts,
    told: Arc<AtomicBool>,
    done: Receiver<Stopped>,
    thread: Option<JoinHandle<()>>,
}

/// What a stopped stream has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// Frames published.
    pub published: u64,
    /// Frames that no viewer took, or that found no buffer.
    pub dropped: u64,
}

impl Stream {
    /// Starts the source on a thread that bears its name.
    ///
    /// # Errors
    /// [`CaptureError::NoThread`].
    pub fn start(source: Box<dyn FrameSource>, publisher: Publisher) -> Result<Self, CaptureError> {
        let facts = source.facts().clone();
        let told = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&told);
        // One word at the end of the thread: the channel is never full when it is sent.
        let (report, done) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name(facts.id.to_string())
            .spawn(move || {
                let stopped = feed(source, publisher, &seen);
                // Who stopped waiting no longer wants the report.
                let _ = report.send(stopped);
            })
            .map_err(|error| CaptureError::NoThread {
                reason: error.to_string(),
            })?;
        Ok(Self {
            facts,
            told,
            done,
            thread: Some(thread),
        })
    }

    /// What is known of the source.
    #[must_use]
    pub const fn facts(&self) -> &SourceFacts {
        &self.facts
    }

    /// Whether the source has ended or failed by itself.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Stops the source and waits at most `within` for its thread. Its viewers see an end.
    ///
    /// # Errors
    /// [`CaptureError::Straggler`], by the source's name, where the thread did not come;
    /// [`CaptureError::Vanished`] where it panicked.
    pub fn stop(mut self, within: Duration) -> Result<Stopped, CaptureError> {
        self.told.store(true, Ordering::Release);
        let stopped = self
            .done
            .recv_timeout(within)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => CaptureError::Straggler {
                    source_id: self.facts.id.to_string(),
                    waited: within,
                },
                RecvTimeoutError::Disconnected => CaptureError::Vanished,
            })?;
        if let Some(thread) = self.thread.take() {
            // It has said its last word: what is left of it takes no time.
            drop(thread.join());
        }
        Ok(stopped)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.told.store(true, Ordering::Release);
    }
}

fn feed(mut source: Box<dyn FrameSource>, publisher: Publisher, told: &AtomicBool) -> Stopped {
    let mut published = 0;
    let end = loop {
        if told.load(Ordering::Acquire) {
            break Ok(());
        }
        match source.next_frame() {
            Ok(Some(frame)) => {
                published += 1;
                publisher.publish(frame);
            }
            Ok(None) => break Ok(()),
            Err(CaptureError::FramesHeld { .. }) => {
                publisher.count_dropped();
                std::thread::sleep(HELD_PAUSE);
            }
            Err(error) => break Err(error),
        }
    };
    // The device is free again before anyone hears of the end.
    drop(source);
    let stopped = Stopped {
        published,
        dropped: publisher.dropped(),
    };
    match end {
        Ok(()) => publisher.end(),
        Err(error) => publisher.fail(error),
    }
    stopped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Frame, PixelFormat, Shape, Stamp};
    use crate::newest;
    use crate::pool::Pool;
    use crate::source::SourceId;
    use std::sync::mpsc::SyncSender;

    const LONG: Duration = Duration::from_secs(20);

    /// Gives what its script says, frame by frame.
    struct Scripted<F> {
        facts: SourceFacts,
        sequence: u64,
        pool: Pool,
        script: F,
    }

    fn scripted<F>(script: F) -> Box<Scripted<F>> {
        let id = SourceId::new("scripted");
        let facts = SourceFacts {
            id,
            format: PixelFormat::Gray8,
            width: 1,
            height: 1,
            fps: None,
            live: true,
        };
        Box::new(Scripted {
            facts,
            sequence: 0,
            pool: Pool::new(4),
            script,
        })
    }

    impl<F: FnMut(u64) -> Result<bool, CaptureError> + Send> FrameSource for Scripted<F> {
        fn facts(&self) -> &SourceFacts {
            &self.facts
        }

        fn next_frame(&mut self) -> Result<Option<Frame>, CaptureError> {
            if !(self.script)(self.sequence)? {
                return Ok(None);
            }
            let shape = Shape {
                format: PixelFormat::Gray8,
                width: 1,
                height: 1,
            };
            let stamp = Stamp {
                sequence: self.sequence,
                captured_at: Duration::ZERO,
                source: self.facts.id.clone(),
            };
            self.sequence += 1;
            self.pool.frame(shape, stamp, &[0]).map(Some)
        }
    }

    #[test]
    fn a_source_that_ends_shows_its_last_frame_and_then_the_end() {
        let (publisher, mut viewer) = newest::slot();
        let stream = Stream::start(scripted(|n| Ok(n < 10)), publisher).unwrap();
        let mut last = None;
        while let Some(frame) = viewer.next(LONG).unwrap() {
            last = Some(frame.sequence());
        }
        assert_eq!(last, Some(9));
        let stopped = stream.stop(LONG).unwrap();
        assert_eq!((stopped.published, stopped.dropped), (10, viewer.missed()));
    }

    #[test]
    fn a_source_that_fails_tells_its_viewers_why() {
        let (publisher, mut viewer) = newest::slot();
        let script = |n| {
            if n < 1 {
                Ok(true)
            } else {
                Err(CaptureError::Truncated)
            }
        };
        let _stream = Stream::start(scripted(script), publisher).unwrap();
        let seen = std::iter::from_fn(|| Some(viewer.next(LONG))).find_map(Result::err);
        assert_eq!(seen, Some(CaptureError::Truncated));
    }

    #[test]
    fn a_running_source_stops_when_told() {
        let (publisher, mut viewer) = newest::slot();
        let stream = Stream::start(scripted(|_| Ok(true)), publisher).unwrap();
        viewer.next(LONG).unwrap().unwrap();
        assert!(!stream.is_finished());
        assert!(stream.stop(LONG).unwrap().published > 0);
        while viewer.next(LONG).unwrap().is_some() {}
    }

    #[test]
    fn a_source_that_does_not_stop_is_named_and_left_behind() {
        let (release, hold): (SyncSender<()>, _) = sync_channel(0);
        let (entering, entered) = sync_channel(1);
        let (publisher, _viewer) = newest::slot();
        let stuck = scripted(move |_| {
            entering.send(()).unwrap();
            Ok(hold.recv().is_ok())
        });
        let stream = Stream::start(stuck, publisher).unwrap();
        entered.recv().unwrap();
        let waited = Duration::from_millis(20);
        let straggler = CaptureError::Straggler {
            source_id: "scripted".into(),
            waited,
        };
        assert_eq!(stream.stop(waited).unwrap_err(), straggler);
        drop(release);
    }

    #[test]
    fn a_panicking_source_is_an_error_for_its_viewers_and_for_who_stops_it() {
        let (publisher, mut viewer) = newest::slot();
        let stream = Stream::start(scripted(|_| panic!("on purpose")), publisher).unwrap();
        assert_eq!(viewer.next(LONG).unwrap_err(), CaptureError::Vanished);
        assert_eq!(stream.stop(LONG).unwrap_err(), CaptureError::Vanished);
    }

    #[test]
    fn frames_that_find_no_buffer_are_counted_and_the_source_goes_on() {
        let (publisher, mut viewer) = newest::slot();
        let stream = Stream::start(scripted(|_| Ok(true)), publisher).unwrap();
        let mut held = Vec::new();
        while let Ok(Some(frame)) = viewer.next(Duration::from_millis(200)) {
            held.push(frame);
        }
        assert!(held.len() >= 3, "{} frames were held", held.len());
        held.clear();
        assert!(viewer.next(LONG).unwrap().is_some());
        assert!(stream.stop(LONG).unwrap().dropped > 0);
    }
}
