//! Documents judged: guidance, signs of forgery, the moment to take the picture, the portrait; the station's step. All
//! pictures are made here from specimens; no reference material is needed.
//!
//! `KIOSK_FULL=1` measures the rates on 100 pictures and more of each kind, and prints them; without
//! it a few of each are looked at.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

mod capture;
mod consistency;
mod outline;
mod portrait;
mod quality;
mod signals;
mod station;
mod support;
