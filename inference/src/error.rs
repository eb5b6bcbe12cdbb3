//! What can go wrong in this crate, in one type.

use crate::engine::{EngineError, OutOfTurn};
use crate::pack::PackError;
use crate::picture::PictureError;

/// Any fault of loading or running. What a picture does not show (no face, two faces, no document)
/// is no fault: it is part of the observation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A picture was refused.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// ONNX Runtime or a network failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The model pack was refused.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// OpenCV failed at a step that should not fail on checked input.
    #[error("image library: {0}")]
    Library(#[from] opencv::Error),
    /// The barcode library refused a picture that should suit it.
    #[error("barcode library: {0}")]
    Barcode(String),
    /// A network gave another shape than this program was written for.
    #[error(
        "model {model} gave {found}, not {expected}: the pack does not fit this program; run `cargo xtask setup`"
    )]
    Shape {
        /// The model's id.
        model: &'static str,
        /// What the program reads.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// A provider's networks compute otherwise than the CPU's.
    #[error("{0}")]
    Gate(String),
    /// An engine's start took a step that its state does not allow: a fault of this program.
    #[error(transparent)]
    Startup(#[from] OutOfTurn),
    /// A stored template has another length or version.
    #[error("the stored face template is not one of this program's: enrol the person again")]
    Template,
}
