//! What the tests of the API share: a kiosk in memory, and a caller that speaks to its router.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test file uses its part of this, and a test that cannot go on has to end"
)]

mod audit;
mod caller;
mod client;
mod delivered;
mod evidence;
mod letters;
mod memory;
mod screening;
mod shelves;

pub use caller::{ADMIN, Answer, BOUNDARY, Caller, ENDING, Part, form};
pub use client::{Client, ask_token, code, form_of};
pub use delivered::Delivered;
pub use evidence::{document, liveness, selfie};
pub use letters::Letters;
pub use memory::{BUSY, FACELESS, Memory, NO_ROOM, NOW, PANICS, STRANGER};
pub use shelves::Shelves;
