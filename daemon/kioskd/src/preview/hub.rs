//! One place's hub: the running step's frames, made ready once for all who watch.
//!
//! The newest step has the place; between steps it is idle. Viewers hold copies of the hub's own: however slow,
//! they hold none of the camera's buffers.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kiosk_capture::{CaptureError, Condition, Frame, Pool, Shape, Stamp, newest};
use kiosk_inference::picture::PictureError;
use kiosk_session::SessionId;
use tokio::sync::watch;

use super::observation::Observation;
use super::watcher::{Form, Watcher};
use crate::station::{Conversion, Place};

/// How often a hub's thread looks whether its step is still on air while no frame comes.
const LOOK_UP_EVERY: Duration = Duration::from_secs(1);
/// Viewers of raw frames at a time, each of which may hold one while it takes it.
const MOST_RAW: usize = 4;
/// Theirs, the one that is shown, and the one that is made.
const RAW_OUT: usize = MOST_RAW + 2;

/// How a place stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No step uses the place's camera.
    Idle,
    /// The camera is open, its first frame is awaited.
    Opening,
    /// Frames come.
    Live,
    /// The camera gives nothing.
    Stalled,
    /// It failed, or could not be opened again: [`CaptureError::code`].
    Failed(&'static str),
    /// It is opened again.
    Reopening,
}

impl State {
    /// Its name in messages and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Opening => "opening",
            Self::Live => "live",
            Self::Stalled => "stalled",
            Self::Failed(_) => "failed",
            Self::Reopening => "reopening",
        }
    }

    /// Every name.
    pub const NAMES: [&'static str; 6] =
        ["idle", "opening", "live", "stalled", "failed", "reopening"];
}

impl From<&Condition> for State {
    fn from(condition: &Condition) -> Self {
        match condition {
            Condition::Live => Self::Live,
            Condition::Stalled => Self::Stalled,
            Condition::Failed(error) => Self::Failed(error.code()),
            Condition::Reopening => Self::Reopening,
        }
    }
}

/// What a place shows now.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) session: Option<SessionId>,
    pub(super) state: State,
    pub(super) picture: Option<ShownPicture>,
}

/// A frame as viewers get it.
#[derive(Clone)]
pub(super) struct ShownPicture {
    pub(super) stamp: Stamp,
    pub(super) size: [u32; 2],
    pub(super) jpeg: Option<Bytes>,
    pub(super) raw: Option<Arc<Frame>>,
    pub(super) observation: Option<Arc<Observation>>,
}

/// A place's hub; clones are the same one.
#[derive(Clone)]
pub struct Hub {
    place: Place,
    quality: u8,
    /// Newest wins: a viewer that comes late finds the last only.
    shown: watch::Sender<Arc<Shown>>,
    /// Why the kiosk begins no session, where it begins none.
    turns_away: watch::Sender<Option<&'static str>>,
    wanted: Arc<Wanted>,
    copies: Pool,
    /// The number of the step that has the place, and of the last one begun.
    steps: Arc<(AtomicU64, AtomicU64)>,
}

/// How many watch in which form.
#[derive(Default)]
pub(super) struct Wanted {
    jpeg: AtomicUsize,
    raw: AtomicUsize,
}

impl Wanted {
    pub(super) const fn count(&self, form: Form) -> &AtomicUsize {
        match form {
            Form::Jpeg => &self.jpeg,
            Form::Raw => &self.raw,
        }
    }

    fn is(&self, form: Form) -> bool {
        self.count(form).load(Ordering::Acquire) > 0
    }
}

impl Hub {
    /// An idle hub.
    pub fn new(place: Place, quality: u8) -> Self {
        let idle = Shown {
            session: None,
            state: State::Idle,
            picture: None,
        };
        Self {
            place,
            quality,
            shown: watch::Sender::new(Arc::new(idle)),
            turns_away: watch::Sender::new(None),
            wanted: Arc::default(),
            copies: Pool::new(RAW_OUT),
            steps: Arc::default(),
        }
    }

    /// Which place it shows.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Watches; `session` where only that one's frames may be seen. `None` where too many take raw frames.
    pub fn watch(&self, form: Form, session: Option<SessionId>) -> Option<Watcher> {
        let most = match form {
            Form::Jpeg => usize::MAX,
            Form::Raw => MOST_RAW,
        };
        let one_more = |count| (count < most).then_some(count + 1);
        let count = self.wanted.count(form);
        count
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more)
            .ok()?;
        Some(Watcher::new(
            self.place,
            (self.shown.subscribe(), self.turns_away.subscribe()),
            Arc::clone(&self.wanted),
            form,
            session,
        ))
    }

    /// Tells every viewer why the kiosk begins no session, or that it does again.
    pub fn turn_away(&self, why: Option<&'static str>) {
        self.turns_away
            .send_if_modified(|known| std::mem::replace(known, why) != why);
    }

    /// A step begins; its frames are shown until what this gives is dropped, or another step begins.
    pub fn begin(
        &self,
        session: SessionId,
        frames: newest::Viewer,
        conversion: Arc<Conversion>,
    ) -> OnAir {
        let number = 1 + self.steps.1.fetch_add(1, Ordering::AcqRel);
        // Of two that begin at once, the later has it.
        self.steps.0.fetch_max(number, Ordering::AcqRel);
        let step = Arc::new(Step {
            hub: self.clone(),
            number,
            session,
            conversion,
            observation: Mutex::new(None),
        });
        step.say(State::Opening);
        let shows = Arc::clone(&step);
        let started = std::thread::Builder::new()
            .name(format!("preview:{}", self.place.name()))
            .spawn(move || shows.run(frames));
        if let Err(error) = started {
            tracing::error!(%error, "no thread for the preview; the step goes on without");
        }
        OnAir(step)
    }
}

/// A step's hold of its place.
pub struct OnAir(Arc<Step>);

impl OnAir {
    /// What hears how the source stands.
    pub fn ear(&self) -> impl Fn(State) + Send + 'static {
        let step = Arc::clone(&self.0);
        move |state| step.say(state)
    }

    /// Puts an observation beside the frames to come. Never waits for anything but another observation.
    pub fn observe(&self, observation: Observation) {
        *self.0.observation() = Some(Arc::new(observation));
    }
}

impl Drop for OnAir {
    fn drop(&mut self) {
        self.0.hub.shown.send_if_modified(|shown| {
            // A step that begins just now has the place already.
            let own = self.0.number;
            let (on_air, done) = (&self.0.hub.steps.0, Ordering::AcqRel);
            let had = on_air
                .compare_exchange(own, 0, done, Ordering::Acquire)
                .is_ok();
            if had {
                *shown = Arc::new(Shown {
                    session: None,
                    state: State::Idle,
                    picture: None,
                });
            }
            had
        });
    }
}

struct Step {
    hub: Hub,
    number: u64,
    session: SessionId,
    conversion: Arc<Conversion>,
    observation: Mutex<Option<Arc<Observation>>>,
}

impl Step {
    /// Shows frames until the source ends or the step is over.
    fn run(&self, mut frames: newest::Viewer) {
        loop {
            match frames.next(LOOK_UP_EVERY) {
                Ok(Some(frame)) => self.picture(&frame),
                Err(CaptureError::Stalled { .. }) if self.is_on_air() => {}
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn is_on_air(&self) -> bool {
        self.hub.steps.0.load(Ordering::Acquire) == self.number
    }

    fn observation(&self) -> std::sync::MutexGuard<'_, Option<Arc<Observation>>> {
        // It holds a whole value whoever panicked.
        self.observation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, state: State) {
        self.show(state, None);
    }

    /// Makes a frame ready in the forms that are wanted.
    fn picture(&self, frame: &Frame) {
        let hub = &self.hub;
        if !hub.wanted.is(Form::Jpeg) && !hub.wanted.is(Form::Raw) {
            return;
        }
        let jpeg = match hub.wanted.is(Form::Jpeg).then(|| self.jpeg(frame)) {
            Some(Ok(jpeg)) => Some(jpeg),
            Some(Err(error)) => {
                tracing::debug!(%error, "a frame can't be shown");
                None
            }
            None => None,
        };
        let raw = hub.wanted.is(Form::Raw).then(|| self.copy(frame)).flatten();
        let picture = ShownPicture {
            stamp: stamp(frame),
            size: [frame.width(), frame.height()],
            jpeg,
            raw,
            observation: self.observation().clone(),
        };
        self.show(State::Live, Some(picture));
    }

    /// The camera's own JPEG where it is whole, else one made here.
    fn jpeg(&self, frame: &Frame) -> Result<Bytes, PictureError> {
        match frame.whole_jpeg() {
            Some(bytes) => Ok(Bytes::copy_from_slice(bytes)),
            None => {
                let picture = self.conversion.picture(frame)?;
                Ok(picture.encode_jpeg(self.hub.quality)?.into())
            }
        }
    }

    /// A copy that a slow viewer may hold; none where all are held, then this frame is missed.
    fn copy(&self, frame: &Frame) -> Option<Arc<Frame>> {
        let shape = Shape {
            format: frame.format(),
            width: frame.width(),
            height: frame.height(),
        };
        let copy = self.hub.copies.frame(shape, stamp(frame), frame.bytes());
        copy.ok().map(Arc::new)
    }

    fn show(&self, state: State, picture: Option<ShownPicture>) {
        let next = Arc::new(Shown {
            session: Some(self.session),
            state,
            picture,
        });
        self.hub.shown.send_if_modified(|shown| {
            let may = self.is_on_air();
            if may {
                *shown = next;
            }
            may
        });
    }
}

fn stamp(frame: &Frame) -> Stamp {
    Stamp {
        sequence: frame.sequence(),
        captured_at: frame.captured_at(),
        source: frame.source().clone(),
    }
}
