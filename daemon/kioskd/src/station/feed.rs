//! How frames reach a step: the newest of a live source, or every one of a recording.

use std::sync::Arc;
use std::time::Duration;

use kiosk_api::service::ServiceError;
use kiosk_capture::{
    CaptureError, Clock, Condition, Frame, FrameSource, Keeping, Lasting, Open, Patience,
    SystemClock, newest,
};
use kiosk_session::SessionId;

use super::{Conversion, Place, from_capture};
use crate::metrics::Metrics;
use crate::preview::{Hub, Observation, OnAir, State};

/// Frames may come this much later than the source was started: the step ends by their own times.
const GRACE: Duration = Duration::from_secs(1);
/// A step whose newest frame is older than this when its time is over has seen its camera stall.
const FRESH: Duration = Duration::from_secs(2);
/// A source that does not stop in this time is left behind and named.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Frames, one after the other.
pub trait FrameFeed {
    /// The next frame to look at; none when the source has ended.
    fn next(&mut self) -> Result<Option<Arc<Frame>>, ServiceError>;

    /// Who makes pictures of its frames.
    fn conversion(&self) -> Arc<Conversion>;

    /// Puts what was seen in a frame beside the preview, where there is one.
    fn show(&self, _seen: Observation) {}
}

/// Every frame of a source, as fast as it is asked for.
pub struct EveryFrame {
    /// The source.
    pub source: Box<dyn FrameSource>,
    /// Who makes pictures of its frames.
    pub conversion: Arc<Conversion>,
}

impl FrameFeed for EveryFrame {
    fn next(&mut self) -> Result<Option<Arc<Frame>>, ServiceError> {
        let frame = self.source.next_frame();
        let frame = frame.map_err(|error| from_capture(&error))?;
        Ok(frame.map(Arc::new))
    }

    fn conversion(&self) -> Arc<Conversion> {
        Arc::clone(&self.conversion)
    }
}

/// What a live step's frames are for.
pub struct Live {
    /// The place, which names the camera in metrics.
    pub place: Place,
    /// Whose step it is.
    pub session: SessionId,
    /// How long it watches.
    pub limit: Duration,
    /// Where frames are shown.
    pub hub: Option<Hub>,
    /// Who makes pictures of its frames.
    pub conversion: Arc<Conversion>,
    /// Where dropped frames and stalls are told.
    pub metrics: Metrics,
}

/// The newest frame of a source that runs on a thread of its own; frames in between are dropped and counted. A
/// camera that stalls is opened again, until the step's time is over.
pub struct NewestFrame {
    viewer: newest::Viewer,
    lasting: Option<Lasting>,
    on_air: Option<OnAir>,
    conversion: Arc<Conversion>,
    clock: Arc<dyn Clock>,
    over: Duration,
    /// When the newest frame was given.
    given: Option<Duration>,
    place: Place,
    metrics: Metrics,
}

impl NewestFrame {
    /// Starts the source; `open` opens it again.
    pub fn start(
        source: Box<dyn FrameSource>,
        open: Open,
        live: Live,
    ) -> Result<Self, ServiceError> {
        let (place, camera) = (live.place, live.place.name());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let (publisher, viewer) = newest::slot();
        let shown =
            |hub: Hub| hub.begin(live.session, viewer.clone(), Arc::clone(&live.conversion));
        let on_air = live.hub.as_ref().cloned().map(shown);
        live.metrics.camera_state(place, State::Opening);
        let (metrics, shown) = (live.metrics.clone(), on_air.as_ref().map(OnAir::ear));
        let heard = move |condition: Condition| {
            let state = State::from(&condition);
            tell(camera, &condition);
            metrics.camera_state(place, state);
            if let Some(shown) = &shown {
                shown(state);
            }
        };
        let keeping = Keeping {
            open,
            patience: Patience::default(),
            clock: Arc::clone(&clock),
            chance: Box::new(rand::random::<f64>),
            heard,
        };
        let lasting =
            Lasting::start(source, keeping, publisher).map_err(|error| from_capture(&error))?;
        Ok(Self {
            viewer,
            lasting: Some(lasting),
            on_air,
            conversion: live.conversion,
            over: clock.now() + live.limit + GRACE,
            given: None,
            clock,
            place,
            metrics: live.metrics,
        })
    }
}

/// A camera's troubles are said once each.
fn tell(camera: &str, condition: &Condition) {
    match condition {
        Condition::Live => tracing::info!(camera, "frames come"),
        Condition::Stalled => tracing::warn!(camera, "a camera gives no frames"),
        Condition::Failed(error) => tracing::warn!(camera, %error, "a camera failed"),
        Condition::Reopening => tracing::info!(camera, "a camera is opened again"),
    }
}

impl NewestFrame {
    /// Frames end here; a camera that gave none lately has stalled.
    fn time_over(&self) -> Result<Option<Arc<Frame>>, ServiceError> {
        let since = |given: Duration| self.clock.now().saturating_sub(given);
        match self.given.map(since) {
            Some(age) if age < FRESH => Ok(None),
            age => Err(from_capture(&CaptureError::Stalled {
                waited: age.unwrap_or(self.over),
            })),
        }
    }
}

impl FrameFeed for NewestFrame {
    /// A stalled camera is waited for until the step's time is over; then frames end, whatever their own times say.
    fn next(&mut self) -> Result<Option<Arc<Frame>>, ServiceError> {
        let left = self.over.saturating_sub(self.clock.now());
        if left.is_zero() {
            return self.time_over();
        }
        match self.viewer.next(left) {
            Ok(Some(frame)) => {
                self.given = Some(self.clock.now());
                self.metrics.cameras().gave_a_frame(self.place);
                Ok(Some(frame))
            }
            Err(CaptureError::Stalled { .. }) => self.time_over(),
            Ok(None) => Ok(None),
            Err(error) => Err(from_capture(&error)),
        }
    }

    fn conversion(&self) -> Arc<Conversion> {
        Arc::clone(&self.conversion)
    }

    fn show(&self, observation: Observation) {
        if let Some(on_air) = &self.on_air {
            on_air.observe(observation);
        }
    }
}

impl Drop for NewestFrame {
    fn drop(&mut self) {
        let Some(lasting) = self.lasting.take() else {
            return;
        };
        let stopped = lasting.stop(STOP_WITHIN);
        let before = stopped.as_ref().map_or(0, |kept| kept.missed);
        self.metrics
            .frames_dropped(self.place.name(), before + self.viewer.missed());
        match stopped {
            Ok(kept) if kept.left_behind == 0 => tracing::debug!(
                passed = kept.passed,
                reopened = kept.reopened,
                missed = self.viewer.missed(),
                "a source has stopped"
            ),
            Ok(kept) => tracing::warn!(
                camera = self.place.name(),
                threads = kept.left_behind,
                "a camera's driver held its reader, which was left behind"
            ),
            Err(error) => tracing::warn!(%error, "a source did not stop well"),
        }
        self.metrics.camera_state(self.place, State::Idle);
    }
}
