//! The machine readable zone, pure: layouts, check digits, fields, encoding. No pictures here.
//!
//! ```text
//! lines ── parse ──► Mrz { format, fields, check digits }      fields ── encode ──► lines
//!             └──────────── layout (ICAO 9303-4 to -7) ───────────────┘
//! ```
//!
//! What a line says is personal data: no type of this module prints it by `Debug`.

mod alphabet;
mod country;
mod dates;
mod encode;
mod error;
mod fields;
mod layout;
mod names;
mod parse;
mod tables;
mod transliterate;

#[cfg(test)]
mod properties;

pub use alphabet::{
    ALPHABET, FILLER, check_digit, is_mrz_char, is_unseen_exchange, symbol_index, value,
};
pub use country::{is_known_state, known_states};
pub use dates::MrzDate;
pub use encode::encode;
pub use error::{EncodeError, ParseError};
pub use fields::{CheckDigits, Mrz, MrzFields, Sex};
pub use layout::{Check, CheckKind, Class, Field, Layout, MrzFormat, Span};
pub use names::Names;
pub use parse::{parse, parse_as};
pub use tables::Language;
pub use transliterate::{transliterate, transliterate_in, transliterations};
