//! Watch lists: whom they name, and how near a name that is asked for comes to them.
//!
//! ```text
//! files ─► lists ─► entries ─► index ──┐ swapped whole (screener)
//! name, birth, country ─► names ───────┴─► candidates ─► compare ─► evidence ─► exceptions ─► hits, explained
//! ```
//!
//! Everything but `lists` and `exceptions` takes values and returns values: no clock, no logging. Nothing here writes a name
//! anywhere but into its answer.

pub mod compare;
pub mod entry;
pub mod error;
pub mod evidence;
pub mod exceptions;
pub mod index;
pub mod lists;
pub mod names;
pub mod ofac;
pub mod screener;

pub use error::{ExceptionError, ListError, ListFault};
pub use exceptions::{Exception, Exceptions, person_key};
pub use screener::{Answer, Hit, Query, Screener};
