//! From lines of text in a picture to a reading of the machine readable zone.
//!
//! ```text
//! lines of text ── seeds ──► block ── rows ──► evidence a line ── align ──► a cell a character
//!   (detector)  (look like   (common extent,   (recogniser)     (equal pitch,
//!                an MRZ)      missing rows)                      fixed count)
//!                                                                    │ decode: layout as grammar,
//!                                                                    ▼ check digits as constraints
//!                                                                 reading, or none
//! ```
//!
//! Nothing is invented: a character is only taken where the network saw it as possible, and a
//! reading is only called valid where its weakest character is well supported.

mod align;
mod block;
mod checked;
mod decode;
mod judge;
mod names;
mod pieces;
mod read;
mod residues;
mod states;
mod sum;

pub(super) use judge::{Found, better};
pub(super) use read::{FURTHER_CUTS, ZoneReader};
pub(super) use sum::{Look, Looks};
