//! Liveness: is this a living person before the camera?
//!
//! Passive presentation attack detection judges what is seen without anyone being asked; gestures are movements over time
//! that an active challenge asks for.

pub mod dot;
pub mod flash;
mod gesture;
pub mod injection;
pub mod passive;

pub use gesture::{Gesture, GestureDetector, GestureKind};
pub use passive::{PadScore, PassivePad};
