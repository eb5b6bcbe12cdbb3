//! The face bench: our pipeline's stages, the pipeline behind a camera, and the same clips through other programs.
//!
//! ```text
//! clips ──┬─► stages   frame after frame as fast as they are looked at: each stage's time, what is allocated
//!         ├─► conversion   frames of each format to pixels and a patch, by CPU and graphics processor
//!         ├─► paced    30 frames a second through the newest-frame slot: delay, dropped frames, share of the cores
//!         └─► turns    ours, MediaPipe, TensorFlow.js on the same frames in turns: times, and how far points lie apart
//! ```

pub mod clips;
pub mod conversion;
pub mod paced;
pub mod page;
pub mod pipeline;
pub mod rivals;
pub mod stages;
pub mod turns;
