//! How frames reach a step: the newest of a live source, or every one of a recording.

use std::sync::Arc;
use std::time::Duration;

use kiosk_api::service::ServiceError;
use kiosk_capture::{Frame, FrameSource, Stream, newest};

use super::from_capture;
use crate::metrics::Metrics;

/// A camera that gives nothing for this long has stalled.
const STALLED_AFTER: Duration = Duration::from_secs(2);
/// A source that does not stop in this time is left behind and named.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Frames, one after the other.
pub trait FrameFeed {
    /// The next frame to look at; none when the source has ended.
    fn next(&mut self) -> Result<Option<Arc<Frame>>, ServiceError>;
}

/// Every frame of a source, as fast as it is asked for.
pub struct EveryFrame(pub Box<dyn FrameSource>);

impl FrameFeed for EveryFrame {
    fn next(&mut self) -> Result<Option<Arc<Frame>>, ServiceError> {
        let frame = self.0.next_frame().map_err(|error| from_capture(&error))?;
        Ok(frame.map(Arc::new))
    }
}

/// The newest frame of a source that runs on a thread of its own; frames in between are dropped and counted.
pub struct NewestFrame {
    viewer: newest::Viewer,
    stream: Option<Stream>,
    camera: &'static str,
    metrics: Metrics,
}

impl NewestFrame {
    /// Starts the source; frames that nobody looked at are counted for `camera`.
    pub fn start(
        source: Box<dyn FrameSource>,
        camera: &'static str,
        metrics: Metrics,
    ) -> Result<Self, ServiceError> {
        let (publisher, viewer) = newest::slot();
        let stream = Stream::start(source, publisher).map_err(|error| from_capture(&error))?;
        Ok(Self {
            viewer,
            stream: Some(stream),
            camera,
            metrics,
        })
    }
}

impl FrameFeed for NewestFrame {
    fn next(&mut self) -> Result<Option<Arc<Frame>>, ServiceError> {
        self.viewer
            .next(STALLED_AFTER)
            .map_err(|error| from_capture(&error))
    }
}

impl Drop for NewestFrame {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        self.metrics
            .frames_dropped(self.camera, self.viewer.missed());
        match stream.stop(STOP_WITHIN) {
            Ok(stopped) => tracing::debug!(
                published = stopped.published,
                dropped = stopped.dropped,
                missed = self.viewer.missed(),
                "a source has stopped"
            ),
            Err(error) => tracing::warn!(%error, "a source did not stop well"),
        }
    }
}
