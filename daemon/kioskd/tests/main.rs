//! The daemon's own parts, and its command line.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod config;
mod loading;
mod registry;
mod screening_command;
mod service;
mod store_command;
mod systemd;
mod webhooks;
