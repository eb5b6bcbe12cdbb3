//! The parts that the workspace-wide tests are made with, and what needs a whole kiosk's crates but no kiosk.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod broker;
mod cable;
mod courier;
mod eval;
mod face_conditions;
mod people;
mod specimen;
