//! Pixels to facts: networks and image work, no I/O after load.
//!
//! ```text
//! bytes or frame -> convert -> picture -> face, liveness, document -> observations
//!                                  |
//!      pack (checked files) -> engine (ONNX Runtime), made ready by startup, its provider admitted by gate
//! ```

pub mod blob;
pub mod convert;
pub mod document;
pub mod engine;
mod error;
pub mod face;
pub mod gate;
pub mod geometry;
pub mod liveness;
pub mod pack;
pub mod picture;
pub mod stages;
pub mod startup;

pub use error::Error;
