//! The kiosk's own place: a person stands before the camera and lays a document under another.
//!
//! ```text
//! source ─► newest-frame slot ─► watch (thread "station") ─► analysis ─► service: evidence, event ─► answer
//! ```
//!
//! Beside analysis, the preview takes the same frames from the same slot; each is converted once for both. A camera that stalls is opened again while
//! the step's time lasts.
//!
//! A step watches until it has what it needs, the source ends, or its time is over; it never waits for ever.
//! Frames: the newest wins. What the step found is recorded by the service like an upload.

mod cameras;
mod conversion;
mod document;
mod feed;
mod sources;
mod view;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use kiosk_api::service::{Caller, ServiceError, Verifications};
use kiosk_capture::CaptureError;
use kiosk_inference::liveness::injection::{DeviceFacts, Origin};
use kiosk_session::{AttemptedStep, Challenge, Session, SessionId};
use uuid::Uuid;

use crate::analysis::{AnalystError, ClipJudge};
use crate::config::Screen;
use crate::service::{Answer, Attempt, Declared, Failure, Service, Showing, may_capture};

pub use cameras::Cameras;
pub use conversion::{Conversion, plan};
pub use document::watch_document;
pub use feed::{EveryFrame, FrameFeed, Live, NewestFrame};
pub use sources::{Chosen, Feeding, Place, SourceWish, Sources};
pub use view::{ClipView, DocumentView, SelfieView, Step};

/// How long a step watches before it gives what it has; one that answers a challenge, as long as the challenge takes.
pub const STEP_LIMIT: Duration = Duration::from_secs(30);

/// Between the last moment at which a clip is watched and the end of a challenge's time: a camera that falls silent is waited for.
const SETTLES: Duration = Duration::from_millis(1_500);

/// The station over the service.
pub struct Station {
    service: Arc<Service>,
    sources: Sources,
    screen: Screen,
}

impl Station {
    /// A station that takes its frames from `sources`.
    pub const fn new(service: Arc<Service>, sources: Sources) -> Self {
        Self {
            service,
            sources,
            screen: Screen::None,
        }
    }

    /// The same before a screen.
    #[must_use]
    pub const fn before(mut self, screen: Screen) -> Self {
        self.screen = screen;
        self
    }

    /// Draws a challenge; what the screen shows before it only where there is one, and colours only where the person can bear them.
    pub async fn challenge(
        &self,
        caller: &Caller,
        id: SessionId,
        without_colours: bool,
    ) -> Result<Challenge, ServiceError> {
        let showing = match (self.screen, without_colours) {
            (Screen::None, _) => Showing::Nothing,
            (Screen::Attached, false) => Showing::Everything,
            (Screen::Attached, true) => Showing::WithoutColours,
        };
        self.service.issue(caller, id, showing).await
    }

    /// The service behind it.
    pub const fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Watches for a document and records it.
    pub async fn document(
        &self,
        caller: &Caller,
        id: SessionId,
        wish: SourceWish,
    ) -> Result<Step<DocumentView>, ServiceError> {
        let tried = AttemptedStep::Document;
        let watched = self.watch_document(caller, id, wish);
        self.service.attempt(caller, id, tried, watched).await
    }

    async fn watch_document(
        &self,
        caller: &Caller,
        id: SessionId,
        wish: SourceWish,
    ) -> Result<Step<DocumentView>, Failure> {
        let begun = self.service.now();
        let session = self.service.session(caller, id).await?;
        may_capture(&session.state, begun)?;
        let analyst = Arc::clone(self.service.analyst());
        let chosen = self.sources.choose(Place::Document, wish)?;
        let findings = on_thread(move || {
            let mut feed = chosen.start(id, STEP_LIMIT)?;
            Ok(watch_document(&analyst, feed.as_mut(), STEP_LIMIT)?)
        })
        .await?;
        let view = DocumentView::of(&findings);
        let session = self
            .service
            .record_document(caller, id, (findings, None), Declared::default())
            .await?;
        Ok(self.step(session, view, begun))
    }

    /// Watches for a good picture of the person and records it.
    pub async fn selfie(
        &self,
        caller: &Caller,
        id: SessionId,
        wish: SourceWish,
    ) -> Result<Step<SelfieView>, ServiceError> {
        let tried = AttemptedStep::Selfie;
        let watched = self.watch_selfie(caller, id, wish);
        self.service.attempt(caller, id, tried, watched).await
    }

    async fn watch_selfie(
        &self,
        caller: &Caller,
        id: SessionId,
        wish: SourceWish,
    ) -> Result<Step<SelfieView>, Failure> {
        let begun = self.service.now();
        let session = self.service.session(caller, id).await?;
        may_capture(&session.state, begun)?;
        let (compared_with, against) = self.service.compared_with(id, &session.state)?;
        let wanted = self.service.selfie_wish(id)?;
        let analyst = Arc::clone(self.service.analyst());
        let chosen = self.sources.choose(Place::Face, wish)?;
        let findings = on_thread(move || {
            let mut feed = chosen.start(id, STEP_LIMIT)?;
            watch::selfie(&analyst, feed.as_mut(), against, &wanted, STEP_LIMIT)
        })
        .await?;
        let view = SelfieView::of(&findings);
        let session = self
            .service
            .record_selfie(caller, id, findings, compared_with)
            .await?;
        Ok(self.step(session, view, begun))
    }

    /// Watches the person answer a challenge, or move unasked, and records it.
    pub async fn liveness(
        &self,
        caller: &Caller,
        id: SessionId,
        challenge_id: Option<Uuid>,
        wish: SourceWish,
    ) -> Result<Step<ClipView>, ServiceError> {
        let tried = Attempt {
            step: AttemptedStep::Liveness,
            challenge_id,
        };
        let watched = self.watch_liveness(caller, id, challenge_id, wish);
        self.service.attempt(caller, id, tried, watched).await
    }

    async fn watch_liveness(
        &self,
        caller: &Caller,
        id: SessionId,
        challenge_id: Option<Uuid>,
        wish: SourceWish,
    ) -> Result<Step<ClipView>, Failure> {
        let begun = self.service.now();
        let session = self.service.session(caller, id).await?;
        let asked = self.service.awaited(&session.state, challenge_id)?;
        let (verification_id, selfie) = self.service.selfie(id, &session.state)?;
        let is_poor = session.state.selfie().is_some_and(|selfie| selfie.is_poor);
        let show = asked.as_ref().and_then(|asked| asked.screen.clone());
        let waits = asked.clone();
        let watched = watch::Watched::of(asked.clone(), self.service.policy());
        let analyst = Arc::clone(self.service.analyst());
        let chosen = self.sources.choose(Place::Face, wish)?;
        let origin = if chosen.is_live() {
            // What a device says of itself is not read yet: it says nothing.
            let device = DeviceFacts::default();
            Origin::Camera { device, at: begun }
        } else {
            Origin::Recording
        };
        let judge = ClipJudge::new(self.service.policy().usable_face.clone())
            .from_origin(origin)
            .behind_poor_selfie(is_poor)
            .before_screen(show);
        let service = Arc::clone(&self.service);
        let (findings, answered_at, again_until_ms) = on_thread(move || {
            let left = || {
                let answered_in = |asked| time_left(asked, service.now());
                waits.as_ref().map_or(STEP_LIMIT, answered_in)
            };
            let mut feed = chosen.start(id, left())?;
            let (judge, watched) = watch::clip(&analyst, feed.as_mut(), judge, watched, left)?;
            let answered_at = service.now();
            let findings = watch::finish(&analyst, judge, selfie)?;
            Ok((findings, answered_at, Some(watched.again_until_ms)))
        })
        .await?;
        let answer = asked.as_ref().map(|challenge| Answer {
            challenge,
            answered_at,
            again_until_ms,
        });
        let session = self
            .service
            .record_clip(caller, id, &findings, (verification_id, answer))
            .await?;
        Ok(self.step(session, ClipView::of(&findings), begun))
    }

    fn step<V>(&self, session: Session, view: V, begun: time::OffsetDateTime) -> Step<V> {
        let ms = (self.service.now() - begun).as_seconds_f64() * 1000.0;
        Step {
            session_id: session.id,
            state: session.state.name(),
            ms,
            found: view,
        }
    }
}

/// How long a challenge's answer may still be watched, whatever was done to the clock since it was drawn.
fn time_left(asked: &Challenge, now: time::OffsetDateTime) -> Duration {
    let ends_at = asked.ends_at(true);
    let left = (ends_at - now).min(ends_at - asked.issued_at);
    let left = Duration::try_from(left).unwrap_or_default();
    left.saturating_sub(SETTLES)
}

/// Runs a step on a thread of its own, so that no frame is ever waited for on the runtime.
async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("station".into())
        .spawn(move || drop(answer.send(work())))
        .map_err(|error| {
            tracing::error!(%error, "no thread for the station");
            ServiceError::Internal
        })?;
    answered.await.map_err(|_| ServiceError::Internal)?
}

pub(crate) fn from_capture(error: &CaptureError) -> ServiceError {
    ServiceError::Unusable {
        code: error.code(),
        remedy: error.to_string(),
    }
}

pub(crate) fn from_stopped(error: AnalystError) -> ServiceError {
    crate::service::from_analyst(error)
}

#[cfg(test)]
mod tests {
    use kiosk_session::{Gesture, Moment, Schedule};
    use time::OffsetDateTime;

    use super::*;

    /// One gesture: 30 s to answer in, and 6.5 s to be asked once more.
    fn asked() -> Challenge {
        let moment = Moment {
            at_ms: 1_000,
            again_after_ms: 1_000,
        };
        Challenge {
            challenge_id: Uuid::nil(),
            gestures: vec![Gesture::TurnLeft],
            schedule: Some(Schedule {
                moments: vec![moment],
                answer_within_ms: 2_500,
            }),
            screen: None,
            issued_at: OffsetDateTime::UNIX_EPOCH,
            expires_at: OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(30),
        }
    }

    #[test]
    fn an_answer_is_watched_until_shortly_before_it_would_be_late_and_no_longer_whatever_the_clock_does()
     {
        let left_after = |seconds| {
            let now = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds);
            time_left(&asked(), now)
        };
        assert_eq!(left_after(0), Duration::from_secs(35));
        assert_eq!(left_after(10), Duration::from_secs(25));
        assert_eq!(left_after(36), Duration::ZERO);
        assert_eq!(left_after(100), Duration::ZERO);
        assert_eq!(
            left_after(-7_200),
            Duration::from_secs(35),
            "set back by two hours"
        );
    }
}
