//! A place with its feed and its sockets.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kiosk_capture::{CaptureError, Clock, FrameSource, Open, SystemClock};
use kiosk_inference::convert::Plan;
use kiosk_session::SessionId;
use kiosk_tests::preview::{Habit, Painted};
use kioskd::metrics::Metrics;
use kioskd::preview::{Previews, UnixPreview};
use kioskd::station::{Conversion, Live, NewestFrame, Place};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use uuid::Uuid;

pub const FACE: &str = r#"{"place": "face", "form": "jpeg"}"#;
pub const DOCUMENT: &str = r#"{"place": "document", "form": "jpeg"}"#;

/// Hubs whose Unix socket is served on a runtime of its own.
pub struct Kiosk {
    pub previews: Previews,
    pub metrics: Metrics,
    pub clock: Arc<dyn Clock>,
    pub socket: PathBuf,
    pub stop: watch::Sender<bool>,
    pub runtime: Runtime,
}

impl Kiosk {
    pub fn new(folder: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let previews = Previews::new(80);
        let socket = folder.join("preview.sock");
        let (stop, stopping) = watch::channel(false);
        let listener = {
            let _entered = runtime.enter();
            kioskd::control::bind(&socket).unwrap()
        };
        runtime.spawn(UnixPreview::new(previews.clone(), listener).serve(stopping));
        Self {
            previews,
            metrics: Metrics::new(),
            clock: Arc::new(SystemClock::start()),
            socket,
            stop,
            runtime,
        }
    }

    /// A step's feed of a source that is opened again by `open`.
    pub fn feed(&self, place: Place, source: Box<dyn FrameSource>, open: Open) -> NewestFrame {
        self.feed_of(session(1), place, source, open)
    }

    pub fn feed_of(
        &self,
        session: SessionId,
        place: Place,
        source: Box<dyn FrameSource>,
        open: Open,
    ) -> NewestFrame {
        let live = Live {
            place,
            session,
            limit: Duration::from_secs(30),
            hub: Some(self.previews.of(place).clone()),
            conversion: Conversion::new(&Plan::cpu(), self.metrics.clone()),
            metrics: self.metrics.clone(),
        };
        NewestFrame::start(source, open, live).unwrap()
    }

    /// A camera of 30 frames a second, small, so that a busy machine keeps up.
    pub fn camera(&self, habit: Habit) -> Box<dyn FrameSource> {
        let clock = Arc::clone(&self.clock);
        Box::new(Painted::new([320, 180], 30, habit, clock))
    }

    pub fn since(&self, begun: Duration) -> Duration {
        self.clock.now().saturating_sub(begun)
    }
}

/// A source that can't be opened again.
pub fn never() -> Open {
    Box::new(|| {
        Err(CaptureError::NoSuchDevice {
            device: "painted".into(),
        })
    })
}

pub fn session(number: u128) -> SessionId {
    SessionId(Uuid::from_u128(number))
}
