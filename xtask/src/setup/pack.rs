//! The model pack `default`: built by the recipes unless each file is there with its sha256.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Done;
use super::python::RECIPES;
use crate::shell::{command, run};
use crate::workspace::{Workspace, sha256};

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "model")]
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    pack: String,
    file: String,
    sha256: String,
    #[serde(default)]
    optional: bool,
    #[serde(default, rename = "companion")]
    companions: Vec<Companion>,
}

#[derive(Deserialize)]
struct Companion {
    file: String,
    sha256: String,
}

/// What the pack lacks.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lack {
    /// Files that must be there.
    needed: Vec<String>,
    /// Models that may be absent.
    optional: Vec<String>,
}

/// Builds what is missing. Models that may be absent are tried again when set-up was asked for, or
/// when `KIOSK_MODEL_DIR` names a folder to take them from.
pub fn build(workspace: &Workspace, asked: bool) -> Done {
    let lack = lack(workspace)?;
    let retry = asked || std::env::var_os("KIOSK_MODEL_DIR").is_some();
    if lack.needed.is_empty() && (lack.optional.is_empty() || !retry) {
        return Ok(said(&lack, "there"));
    }
    run(&mut command(
        workspace.root(),
        RECIPES.python(workspace),
        ["models/recipes/build.py"],
    ))?;
    Ok(said(&self::lack(workspace)?, "built"))
}

fn said(lack: &Lack, done: &str) -> String {
    if lack.optional.is_empty() {
        return done.to_owned();
    }
    format!(
        "{done}, without {} (passive PAD will be \"not assessed\")",
        lack.optional.join(" and ")
    )
}

fn lack(workspace: &Workspace) -> Result<Lack> {
    let text = std::fs::read_to_string(workspace.path("models/manifest.toml"))
        .context("can't read models/manifest.toml")?;
    let manifest: Manifest = toml::from_str(&text).context("models/manifest.toml")?;
    let folder = workspace.path("models/packs/default");
    let mut lack = Lack::default();
    for model in manifest.models.iter().filter(|m| m.pack == "default") {
        let companions = model.companions.iter().map(|c| (&c.file, &c.sha256));
        for (file, sum) in companions.chain([(&model.file, &model.sha256)]) {
            let found = sha256(&folder.join(file))?;
            if found.as_ref() == Some(sum) {
                continue;
            }
            if model.optional && found.is_none() {
                lack.optional.push(model.id.clone());
            } else {
                lack.needed.push(file.clone());
            }
        }
    }
    Ok(lack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_names_the_default_pack() {
        let text = include_str!("../../../models/manifest.toml");
        let manifest: Manifest = toml::from_str(text).unwrap();
        let optional: Vec<&str> = manifest
            .models
            .iter()
            .filter(|model| model.optional)
            .map(|model| model.id.as_str())
            .collect();
        assert_eq!(optional, ["pad_v2", "pad_v1se"]);
        assert!(manifest.models.iter().all(|model| model.sha256.len() == 64));
    }

    #[test]
    fn what_is_left_out_is_said() {
        let lack = Lack {
            needed: vec![],
            optional: vec!["pad_v2".to_owned(), "pad_v1se".to_owned()],
        };
        assert!(said(&lack, "there").contains("pad_v2 and pad_v1se"));
        assert_eq!(said(&Lack::default(), "there"), "there");
    }
}
