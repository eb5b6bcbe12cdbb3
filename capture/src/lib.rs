//! Pixels in: frames, and the sources they come from.
//!
//! ```text
//!  Camera ────┐                      Stream, a thread of its own
//!  Recording ─┴─ FrameSource ──► next_frame ──► Publisher ─[newest]─► Viewer, Viewer, ..
//!                    ▲                             │
//!                    └──── buffers ◄── Pool ◄──────┴── a frame's last holder drops it
//! ```
//!
//! [`Lasting`] stands over a camera's stream: it notices one that gives nothing and opens it again.
//!
//! Frames: the newest wins, drops are counted. Buffers come from a bounded pool and go back to it when
//! a frame is dropped, so that a running source allocates nothing of a frame's size.

mod camera;
mod clock;
mod error;
mod frame;
mod jpeg;
mod lasting;
pub mod newest;
mod pool;
mod recording;
mod resumed;
mod source;
mod stream;

pub use camera::{Camera, CameraWish, DeviceFacts, devices};
pub use clock::{Clock, SystemClock};
pub use error::CaptureError;
pub use frame::{Frame, PixelFormat, Shape, Stamp};
pub use lasting::{Condition, Keeping, Kept, Lasting, Open, Patience};
pub use pool::Pool;
pub use recording::{Limits, PICTURE_INTERVAL, Pacing, Recording};
pub use source::{FrameSource, SourceFacts, SourceId};
pub use stream::{Stopped, Stream};
