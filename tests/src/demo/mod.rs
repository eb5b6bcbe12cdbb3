//! The main job, run before one's eyes: three verifications from camera to central, the network pulled away
//! for one of them, and what came of it as a table, as JSON and as a page.

mod person;
mod plot;
mod report;
mod run;
mod table;
mod verification;

pub use run::{Options, run};
