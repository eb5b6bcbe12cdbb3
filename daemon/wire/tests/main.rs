//! What crosses the wire.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod chain;
mod described;
mod sealing;
