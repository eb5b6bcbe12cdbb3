//! The preview: what the cameras see, for the kiosk's own screen, tablets and staff, on a path that
//! inference cannot slow.
//!
//! ```text
//!                    ┌─► analysis (a step) ──[newest observation]──┐
//! camera ─[newest]───┤                                             ▼
//!                    └─► hub, a thread a step: JPEG, once ──[newest, watch]──► Unix socket   (kiosk screen)
//!                                                                        └───► WebSocket     (tablets, staff)
//! ```
//!
//! Newest wins at every place: a slow viewer misses frames and holds nobody up. A frame is compressed only while
//! somebody watches, and not at all where the camera gives whole JPEGs. Beside a frame stands the newest
//! observation, with the number of the frame that it is of. `docs/preview.md` has the messages.

mod hub;
mod message;
mod observation;
mod origin;
mod socket;
mod token;
mod watcher;
mod websocket;

pub use hub::{Hub, OnAir, State};
pub use message::{Body, Message};
pub use observation::{Observation, SeenCover, SeenFace, SeenPrompt, ZoneSeen};
pub use origin::Origins;
pub use socket::UnixPreview;
pub use token::{Granted, Tokens, staff_token};
pub use watcher::{Form, Watcher};
pub use websocket::{Sessions, WebPreview};

use crate::station::Place;

/// Viewers at once, of both sockets together; one more is refused.
const MOST_VIEWERS: usize = 32;
/// A viewer that takes nothing of a message for so long is dropped.
const TAKEN_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

/// The hubs of a kiosk, one a place, and room for their viewers.
#[derive(Clone)]
pub struct Previews {
    face: Hub,
    document: Hub,
    room: std::sync::Arc<tokio::sync::Semaphore>,
}

impl Previews {
    /// Hubs that show nothing yet; JPEG quality 1 to 100.
    pub fn new(jpeg_quality: u8) -> Self {
        Self {
            face: Hub::new(Place::Face, jpeg_quality),
            document: Hub::new(Place::Document, jpeg_quality),
            room: std::sync::Arc::new(tokio::sync::Semaphore::new(MOST_VIEWERS)),
        }
    }

    /// The hub of a place.
    pub const fn of(&self, place: Place) -> &Hub {
        match place {
            Place::Face => &self.face,
            Place::Document => &self.document,
        }
    }

    /// Tells every viewer of every place why the kiosk begins no session, or that it does again.
    pub fn turn_away(&self, why: Option<&'static str>) {
        self.face.turn_away(why);
        self.document.turn_away(why);
    }

    /// Room for one more viewer; `None` where there are [`MOST_VIEWERS`].
    fn room(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        std::sync::Arc::clone(&self.room).try_acquire_owned().ok()
    }
}
