//! The preview with its real parts: cameras that are painted or recorded, the step's feed, the hubs, both sockets; and a whole kiosk with its models.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

mod kiosk;
mod pace;
mod stall;
mod support;
mod web;
