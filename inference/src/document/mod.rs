//! Identity documents: where a picture shows one, what its machine readable zone says, its portrait.
//!
//! ```text
//! picture ─► text detector ─► lines ─► zone (seeds, block, cells, decoder) ─► MRZ reading
//!    │                          │                     │ where the page must be
//!    └─► edges ─► quadrilaterals┴─────────────────────┴─► outlines, the likeliest first ─► straightened ─► portrait
//! ```
//!
//! Where the likeliest outline gives neither a zone nor text, the next one is read.
//!
//! Large pictures are looked at with [`WORKING_SIDE`] pixels on their longer side, whatever they
//! have, so that time and memory are bounded. Places in readings are pixels of the picture given.

pub mod aamva;
pub mod barcode;
pub mod crosscheck;
pub mod mrz;
pub mod viz;

mod assessment;
pub mod authenticity;
pub mod autocapture;
mod candidate;
mod findings;
mod guidance;
mod judged;
mod licence;
mod outline;
mod plane;
mod portrait;
pub mod quality;
mod reader;
mod reading;
mod sharpness;
mod sight;
mod text;
mod zone;

pub use assessment::{Assessment, Unmeasured};
pub use candidate::{Candidate, PageSize};
pub use findings::{DocumentKind, Finding};
pub use guidance::{Guidance, GuidanceCode, Unit};
pub use portrait::PortraitQuality;
pub use quality::Quality;
pub use reader::{DocumentReader, MrzFrames, WORKING_SIDE};
pub use reading::{DocumentReading, MrzReading};
