//! The preview's other ends: cameras that are painted, and viewers of its Unix socket.

mod painted;
mod screen;

pub use painted::{Arrivals, Habit, Painted};
pub use screen::{Screen, Told};
