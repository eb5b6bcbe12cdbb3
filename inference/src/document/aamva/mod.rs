//! The PDF417 text of North American driving licences and identity cards, pure: AAMVA DL/ID-2000
//! (version 1) to the Card Design Standard of 2025 (version 11). No pictures here.
//!
//! The standards' texts were not at hand: what is demanded and how it is written was put together from
//! open readers and published samples, and is unproven where those are silent.
//!
//! ```text
//! @ LF RS CR "ANSI " issuer version [jurisdiction's version] entries     header
//! "DL" offset length  "ZV" offset length                                  subfile designators
//! "DL" DAQ... LF DCS... LF ... CR                                         subfile of elements
//! "ZV" ZVA... CR                                                          the jurisdiction's own
//!
//! bytes ── parse ──► Licence { header, card, fields, warnings }      Licence ── encode ──► bytes
//!             └──────────── elements of each version ───────────────────┘
//! ```
//!
//! Cards in use stray from the standard: separators are missing, lengths wrong, elements of another
//! version stand among the rest. What can be told all the same is read, and a [`Warning`] says what
//! strayed; what could mean two things is not read. What a card says is personal data: no type of
//! this module prints it by `Debug`.

mod country;
mod date;
mod element;
mod encode;
mod error;
mod fields;
mod header;
mod licence;
mod names;
mod parse;
mod value;
mod warning;

#[cfg(test)]
mod properties;

pub use country::{Country, JURISDICTIONS, Jurisdiction, jurisdiction};
pub use element::{Element, Field, Kind, NEWEST_VERSION, Need, elements};
pub use encode::encode;
pub use error::{AamvaError, EncodeError};
pub use fields::{Compliance, Fields, Height, Truncation, Value};
pub use header::Header;
pub use licence::{Card, Extra, Licence, Names};
pub use parse::{MOST_BYTES, parse};
pub use warning::{ElementId, Subfile, Warning};
