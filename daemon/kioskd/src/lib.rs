//! The binaries kioskd and kioskctl: config, start-up, supervision, shutdown.

pub mod config;
pub mod logs;
pub mod metrics;
