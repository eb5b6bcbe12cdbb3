//! Sync against central and what stands between.
//!
//! One program for all of them: each test binary more would be linked, and its generic code compiled, once more.

mod answers;
mod by_mqtt;
mod commands;
mod common;
mod delivery;
mod erasing;
mod live;
mod network;
mod offline;
