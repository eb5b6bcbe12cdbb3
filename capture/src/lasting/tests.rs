//! A camera that stalls, fails and comes back, on short times.

use super::*;
use crate::clock::SystemClock;
use crate::frame::{PixelFormat, Shape, Stamp};
use crate::pool::Pool;
use crate::source::{SourceFacts, SourceId};
use crate::{Frame, newest};
use std::sync::{Arc, Mutex};

const LONG: Duration = Duration::from_secs(20);
const QUICK: Patience = Patience {
    stalled: Duration::from_millis(150),
    first_frame: Duration::from_millis(400),
    first_pause: Duration::from_millis(20),
    longest_pause: Duration::from_millis(80),
};

/// What becomes of a source after its frames.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Ends,
    Fails,
    /// Holds its thread for this long, as a driver does.
    Hangs(Duration),
}

struct Fragile {
    facts: SourceFacts,
    pool: Pool,
    given: u64,
    frames: u64,
    then: Then,
}

fn fragile(frames: u64, then: Then, live: bool) -> Box<dyn FrameSource> {
    Box::new(Fragile {
        facts: SourceFacts {
            id: SourceId::new("fragile"),
            format: PixelFormat::Gray8,
            width: 1,
            height: 1,
            fps: None,
            live,
        },
        pool: Pool::new(8),
        given: 0,
        frames,
        then,
    })
}

impl FrameSource for Fragile {
    fn facts(&self) -> &SourceFacts {
        &self.facts
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, CaptureError> {
        if self.given == self.frames {
            match self.then {
                Then::Ends => return Ok(None),
                Then::Fails => return Err(CaptureError::Undecodable),
                Then::Hangs(time) => std::thread::sleep(time),
            }
        }
        std::thread::sleep(Duration::from_millis(5));
        let shape = Shape {
            format: PixelFormat::Gray8,
            width: 1,
            height: 1,
        };
        let stamp = Stamp {
            sequence: self.given,
            captured_at: Duration::from_millis(5 * self.given),
            source: self.facts.id.clone(),
        };
        self.given += 1;
        self.pool.frame(shape, stamp, &[0]).map(Some)
    }
}

type Heard = Arc<Mutex<Vec<Condition>>>;

/// A kept source; when it breaks, `later` says what comes of each opening, and then openings fail.
fn kept(
    first: Box<dyn FrameSource>,
    later: Vec<Result<Box<dyn FrameSource>, CaptureError>>,
) -> (Lasting, Viewer, Heard) {
    let heard = Heard::default();
    let hears = Arc::clone(&heard);
    let mut later = later.into_iter();
    let missing = CaptureError::NoSuchDevice {
        device: "fragile".into(),
    };
    let keeping = Keeping {
        open: Box::new(move || later.next().unwrap_or_else(|| Err(missing.clone()))),
        patience: QUICK,
        clock: Arc::new(SystemClock::start()),
        chance: Box::new(|| 0.0),
        heard: move |condition| hears.lock().unwrap().push(condition),
    };
    let (publisher, viewer) = newest::slot();
    let lasting = Lasting::start(first, keeping, publisher).unwrap();
    (lasting, viewer, heard)
}

/// Number and time of every frame until the end.
fn stamps(viewer: &mut Viewer) -> Vec<(u64, Duration)> {
    let next = || viewer.next(LONG).unwrap();
    std::iter::from_fn(next)
        .map(|frame| (frame.sequence(), frame.captured_at()))
        .collect()
}

#[test]
fn a_camera_that_hangs_is_said_and_goes_on_after_it_is_opened_again() {
    let hangs = fragile(5, Then::Hangs(Duration::from_secs(2)), true);
    let refused = Err(CaptureError::Undecodable);
    let again = Ok(fragile(5, Then::Ends, true));
    let (lasting, mut viewer, heard) = kept(hangs, vec![refused, again]);
    let stamps = stamps(&mut viewer);
    assert!(
        stamps.windows(2).all(|two| two[0].0 < two[1].0),
        "{stamps:?}"
    );
    assert!(
        stamps.windows(2).all(|two| two[0].1 < two[1].1),
        "{stamps:?}"
    );
    assert_eq!(stamps.last().unwrap().0, 9, "numbers go on");
    assert!(
        stamps.last().unwrap().1 >= QUICK.stalled,
        "and so does time"
    );
    let expected = [
        Condition::Live,
        Condition::Stalled,
        Condition::Reopening,
        Condition::Failed(CaptureError::Undecodable),
        Condition::Reopening,
        Condition::Live,
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
    let kept = lasting.stop(LONG).unwrap();
    assert_eq!((kept.reopened, kept.left_behind), (1, 1));
}

#[test]
fn a_camera_that_fails_is_opened_again_and_a_recording_is_not() {
    let again = Ok(fragile(3, Then::Ends, true));
    let (_camera, mut viewer, heard) = kept(fragile(3, Then::Fails, true), vec![again]);
    assert_eq!(stamps(&mut viewer).last().unwrap().0, 5);
    assert!(
        heard
            .lock()
            .unwrap()
            .contains(&Condition::Failed(CaptureError::Undecodable))
    );
    let (_recording, mut viewer, _) = kept(fragile(3, Then::Fails, false), vec![]);
    let fault = std::iter::from_fn(|| Some(viewer.next(LONG))).find_map(Result::err);
    assert_eq!(fault, Some(CaptureError::Undecodable));
}

#[test]
fn a_first_frame_that_comes_late_is_said_and_not_a_reason_to_open_again() {
    let late = fragile(0, Then::Hangs(Duration::from_millis(250)), true);
    let (lasting, mut viewer, heard) = kept(late, vec![]);
    viewer.next(LONG).unwrap().unwrap();
    assert_eq!(
        *heard.lock().unwrap(),
        [Condition::Stalled, Condition::Live]
    );
    assert_eq!(lasting.stop(LONG).unwrap().reopened, 0);
}

#[test]
fn a_dead_camera_is_tried_again_at_growing_pauses_until_told_to_stop() {
    let (lasting, mut viewer, heard) = kept(fragile(1, Then::Fails, true), vec![]);
    viewer.next(LONG).unwrap().unwrap();
    let stalled = CaptureError::Stalled {
        waited: Duration::from_millis(300),
    };
    assert_eq!(
        viewer.next(Duration::from_millis(300)).unwrap_err(),
        stalled
    );
    let tries = heard
        .lock()
        .unwrap()
        .iter()
        .filter(|told| **told == Condition::Reopening)
        .count();
    // Pauses of 10, 20, 40, 40 .. ms, and what the machine adds.
    assert!((2..=9).contains(&tries), "{tries} tries");
    assert_eq!(lasting.stop(LONG).unwrap().reopened, 0);
    assert!(
        viewer.next(LONG).unwrap().is_none(),
        "told to stop, it ends"
    );
}

#[test]
fn pauses_double_within_their_bounds_and_half_of_each_is_chance() {
    let patience = Patience::default();
    let ms = |failures, chance| patience.pause(failures, chance).as_millis();
    assert_eq!(
        [0, 1, 2, 5, 90].map(|n| ms(n, 1.0)),
        [500, 1_000, 2_000, 10_000, 10_000]
    );
    assert_eq!([0, 90].map(|n| ms(n, 0.0)), [250, 5_000]);
}
