//! Sessions: what may follow what, and what is decided.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod common;
mod decisions;
mod document_parts;
mod log_form;
mod properties;
mod replays;
mod screening;
mod terms;
mod transitions;
