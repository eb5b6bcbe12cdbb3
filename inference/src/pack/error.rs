//! Why a pack was refused.

use std::path::PathBuf;

/// A manifest or pack that can't be used. Messages name the model.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file can't be read.
    #[error("{} can't be read ({reason}): run `cargo xtask setup`, or check its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The manifest is not what this program reads.
    #[error("manifest {}: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Where and what.
        reason: String,
    },
    /// The manifest has no model of that pack.
    #[error("the manifest names no model of pack {0:?}: check the pack folder's name")]
    NoSuchPack(String),
    /// A model's file is not there.
    #[error(
        "model {id} is absent (no file {}): run `cargo xtask setup`, which makes the pack",
        path.display()
    )]
    Absent {
        /// The model's id.
        id: String,
        /// Where its file should be.
        path: PathBuf,
    },
    /// A model's file is not the one that the manifest means.
    #[error(
        "model {id} is refused: its file has sha256 {found}, the manifest says {expected}; \
         remove the file and run `cargo xtask setup`"
    )]
    Mismatch {
        /// The model's id.
        id: String,
        /// Sha256 that the manifest states.
        expected: String,
        /// Sha256 of the file.
        found: String,
    },
    /// A part of the program needs a model that the pack does not have.
    #[error("the pack has no model {0:?}: use a pack that has it, or run `cargo xtask setup`")]
    NotInPack(String),
}
