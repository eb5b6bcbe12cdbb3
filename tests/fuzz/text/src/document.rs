//! The house's parsing modules, by their path.

#[path = "../../../../inference/src/document/mrz/mod.rs"]
pub mod mrz;

#[path = "../../../../inference/src/document/aamva/mod.rs"]
pub mod aamva;
