//! The binaries kioskd and kioskctl: config, start-up, supervision, shutdown.

pub mod analysis;
pub mod answers;
pub mod clock;
pub mod command;
pub mod config;
pub mod control;
pub mod courier;
pub mod daemon;
pub mod heap;
pub mod kioskctl;
mod listen;
pub mod live;
pub mod logs;
pub mod metrics;
mod office;
pub mod preview;
pub mod secrets;
pub mod serve;
pub mod service;
pub mod start;
pub mod station;
pub mod supervise;
pub mod webhooks;
