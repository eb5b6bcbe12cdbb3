//! The model pack: which networks there are, and proof that each file is the one meant.
//!
//! ```text
//! models/manifest.toml         [[model]] id, file, sha256, ...      committed
//! models/packs/default/*.onnx  the files                           made by `cargo xtask setup`
//! ```
//!
//! A pack opens only as a whole: a file that is absent or differs from its sha256 is refused by
//! the model's name. A model marked `optional` may be absent, and is then not assessed; a wrong
//! file is refused even then.

mod error;
mod manifest;

pub use error::PackError;
pub use manifest::{Companion, Manifest, Measure, ModelEntry, Normalisation, Tensor};

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A model whose files were checked.
#[derive(Debug, Clone)]
pub struct Model {
    entry: ModelEntry,
    path: PathBuf,
    companions: BTreeMap<String, PathBuf>,
}

impl Model {
    /// What the manifest says of it.
    #[must_use]
    pub fn entry(&self) -> &ModelEntry {
        &self.entry
    }

    /// The network's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file that belongs to the network (a character list), by its name in the manifest.
    #[must_use]
    pub fn companion(&self, file: &str) -> Option<&Path> {
        self.companions.get(file).map(PathBuf::as_path)
    }
}

/// A pack whose files were all checked.
#[derive(Debug, Clone)]
pub struct Pack {
    models: BTreeMap<String, Model>,
    absent: Vec<String>,
}

impl Pack {
    /// Reads the manifest and checks every file of the pack in `folder`.
    ///
    /// The pack's name is the folder's own; entries of other packs are left alone.
    ///
    /// # Errors
    /// [`PackError`], naming the model.
    pub fn open(manifest: &Path, folder: &Path) -> Result<Self, PackError> {
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("default");
        let manifest = Manifest::read(manifest)?;
        let mut pack = Self {
            models: BTreeMap::new(),
            absent: Vec::new(),
        };
        for entry in manifest.of_pack(name) {
            let path = folder.join(&entry.file);
            if entry.optional && !path.exists() {
                pack.absent.push(entry.id.clone());
                continue;
            }
            verify(&entry.id, &path, &entry.sha256)?;
            let mut companions = BTreeMap::new();
            for companion in &entry.companions {
                let path = folder.join(&companion.file);
                verify(&entry.id, &path, &companion.sha256)?;
                companions.insert(companion.file.clone(), path);
            }
            let model = Model {
                entry: entry.clone(),
                path,
                companions,
            };
            pack.models.insert(entry.id.clone(), model);
        }
        if pack.models.is_empty() {
            return Err(PackError::NoSuchPack(name.to_owned()));
        }
        Ok(pack)
    }

    /// A model by its id; `None` where it is optional and absent, or unknown.
    #[must_use]
    pub fn model(&self, id: &str) -> Option<&Model> {
        self.models.get(id)
    }

    /// A model that must be there.
    ///
    /// # Errors
    /// [`PackError::NotInPack`].
    pub fn required(&self, id: &str) -> Result<&Model, PackError> {
        self.model(id)
            .ok_or_else(|| PackError::NotInPack(id.to_owned()))
    }

    /// Every model that is there, in the order of ids.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.values()
    }

    /// Ids of optional models that are not there.
    #[must_use]
    pub fn absent(&self) -> &[String] {
        &self.absent
    }

    /// Id to sha256 (hex) of every model that is there: what a decision's evidence cites.
    #[must_use]
    pub fn hashes(&self) -> Vec<(String, String)> {
        let hash = |model: &Model| (model.entry.id.clone(), model.entry.sha256.clone());
        self.models.values().map(hash).collect()
    }
}

/// Checks one file against the sha256 that the manifest states.
///
/// # Errors
/// [`PackError::Absent`], [`PackError::Unreadable`] or [`PackError::Mismatch`].
pub fn verify(id: &str, path: &Path, expected: &str) -> Result<(), PackError> {
    if !path.exists() {
        return Err(PackError::Absent {
            id: id.to_owned(),
            path: path.to_path_buf(),
        });
    }
    let unreadable = |error: std::io::Error| PackError::Unreadable {
        path: path.to_path_buf(),
        reason: error.to_string(),
    };
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    let found = hex::encode(hasher.finalize());
    if found.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(PackError::Mismatch {
            id: id.to_owned(),
            expected: expected.to_owned(),
            found,
        })
    }
}

#[cfg(test)]
mod tests;
