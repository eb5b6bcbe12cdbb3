//! Networks, pictures and faces.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod barcode;
mod convert;
#[path = "support/cover.rs"]
mod cover;
mod document;
mod document_drawn;
mod engine;
mod face;
mod face_clips;
mod face_cover;
mod face_guidance;
mod face_poor;
mod face_quality;
mod face_smooth;
mod face_track;
mod gate;
mod liveness;
mod shared;
#[path = "support/spoil.rs"]
mod spoil;
mod startup;
mod support;
#[path = "support/timeline.rs"]
mod timeline;
mod viz;
