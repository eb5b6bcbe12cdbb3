//! `models/manifest.toml`: one `[[model]]` a network.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::PackError;

/// The manifest's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The models, in the file's order.
    #[serde(rename = "model", default)]
    pub models: Vec<ModelEntry>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Name by which the program asks for it.
    pub id: String,
    /// Pack that it belongs to.
    #[serde(default = "default_pack")]
    pub pack: String,
    /// What it does (`face-detection`).
    #[serde(default)]
    pub task: String,
    /// Architecture (`blazeface`).
    #[serde(default)]
    pub family: String,
    /// File name within the pack's folder.
    pub file: String,
    /// Sha256 of the file, hex.
    pub sha256: String,
    /// Length of the file, where the manifest states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Where the file is published, for packs that are pulled as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether the pack opens without it.
    #[serde(default)]
    pub optional: bool,
    /// Order of the input's channels, `RGB` or `BGR`; `grey` where it has one.
    #[serde(default)]
    pub colour: String,
    /// From bytes to the network's numbers.
    #[serde(default)]
    pub normalisation: Normalisation,
    /// How the picture becomes the input, in words.
    #[serde(default)]
    pub preprocessing: String,
    /// Factor on a face box's sides, for networks that look at a crop around a face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crop_scale: Option<f32>,
    /// How two of its descriptions are compared, for networks that tell people apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<Measure>,
    /// Licence of the weights.
    #[serde(default)]
    pub licence: String,
    /// Where the weights come from: a key of `models/recipes/sources.toml`, or `own`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The function that makes the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    /// The model card, relative to the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// Inputs with shape.
    #[serde(default, rename = "input")]
    pub inputs: Vec<Tensor>,
    /// Outputs with shape.
    #[serde(default, rename = "output")]
    pub outputs: Vec<Tensor>,
    /// Files that belong to it.
    #[serde(default, rename = "companion")]
    pub companions: Vec<Companion>,
}

/// How two descriptions are compared; less is more alike in either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The length of their difference.
    Euclidean,
    /// One minus the cosine of the angle between them.
    Cosine,
}

/// `input = (byte - mean) / scale`, a number a channel in the input's channel order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// Taken off each byte.
    pub mean: [f32; 3],
    /// Divided by afterwards.
    pub scale: [f32; 3],
}

impl Default for Normalisation {
    /// Bytes as they are.
    fn default() -> Self {
        Self {
            mean: [0.0; 3],
            scale: [1.0; 3],
        }
    }
}

/// One input or output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    /// Name in the graph.
    pub name: String,
    /// Sides, -1 where free.
    pub shape: Vec<i64>,
}

/// A file that belongs to a model, such as a character list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// File name within the pack's folder.
    pub file: String,
    /// Sha256 of the file, hex.
    pub sha256: String,
}

fn default_pack() -> String {
    "default".to_owned()
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`PackError::Unreadable`] or [`PackError::Manifest`] with line and reason.
    pub fn read(path: &Path) -> Result<Self, PackError> {
        let text = std::fs::read_to_string(path).map_err(|error| PackError::Unreadable {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
        toml::from_str(&text).map_err(|error| PackError::Manifest {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })
    }

    /// The models of one pack.
    pub fn of_pack<'m>(&'m self, pack: &'m str) -> impl Iterator<Item = &'m ModelEntry> {
        self.models.iter().filter(move |model| model.pack == pack)
    }
}
