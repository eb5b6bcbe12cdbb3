//! Private Python environments with pinned packages: the recipes' and, for its tests alone, the training's; and that of
//! the readers that a bench compares with, and of what holds the API against its documents.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::Done;
use crate::shell::{answer, command, run};
use crate::workspace::Workspace;

/// A private environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Environment {
    /// Where it lies, below the checkout.
    folder: &'static str,
    /// The pinned packages, below the checkout.
    requirements: &'static str,
    /// What Python must be able to import for it to be whole.
    proof: &'static str,
    /// The newest Python that its packages have wheels for; any where they have for all.
    newest: Option<(u32, u32)>,
}

/// The oldest Python that every environment works with.
const OLDEST: (u32, u32) = (3, 11);

/// Pythons to look for, in order.
const PYTHONS: [&str; 3] = ["python3", "python3.12", "python3.11"];

/// What builds the model pack.
pub const RECIPES: Environment = Environment {
    folder: "models/.venv",
    requirements: "models/recipes/requirements.txt",
    proof: "import onnx",
    newest: None,
};

/// What trains the MRZ recogniser.
pub const TRAINING: Environment = Environment {
    folder: "models/mrz/.venv",
    requirements: "models/mrz/requirements.txt",
    proof: "import jax, optax, cv2",
    newest: None,
};

/// What the document bench measures itself against.
pub const DOCUMENT_PEERS: Environment = Environment {
    folder: "target/peers/document",
    requirements: "tests/peers/requirements.txt",
    proof: "import passporteye, zxingcpp",
    newest: None,
};

/// What the face bench measures itself against: MediaPipe 0.10.21 has no wheels for a newer Python.
pub const FACE_PEERS: Environment = Environment {
    folder: "target/peers/mediapipe",
    requirements: "tests/peers/face-requirements.txt",
    proof: "import mediapipe",
    newest: Some((3, 12)),
};

/// What the MQTT bench measures itself against.
pub const MQTT_PEERS: Environment = Environment {
    folder: "target/peers/mqtt",
    requirements: "tests/peers/mqtt-requirements.txt",
    proof: "import paho.mqtt.client",
    newest: None,
};

/// What holds the published OpenAPI documents against a running kiosk.
pub const SCHEMATHESIS: Environment = Environment {
    folder: "target/schemathesis",
    requirements: "tests/schemathesis/requirements.txt",
    proof: "import schemathesis",
    newest: None,
};

/// Makes the recipes' environment, or leaves it alone where it already has what is pinned.
pub fn prepare(workspace: &Workspace) -> Done {
    RECIPES.prepare(workspace)
}

impl Environment {
    /// Its Python.
    pub fn python(&self, workspace: &Workspace) -> PathBuf {
        workspace.path(self.folder).join("bin/python")
    }

    /// Makes it, or leaves it alone where it already has what is pinned.
    pub fn prepare(&self, workspace: &Workspace) -> Done {
        let wanted = std::fs::read_to_string(workspace.path(self.requirements))
            .with_context(|| format!("can't read {}", self.requirements))?;
        let (folder, python) = (workspace.path(self.folder), self.python(workspace));
        let stamp = folder.join("installed.txt");
        let works = answer(&mut command(workspace.root(), &python, ["-c", self.proof]));
        if works.is_some() && std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
            return Ok("there".to_owned());
        }
        let interpreter = self.interpreter(workspace)?;
        println!("      making {}", self.folder);
        run(&mut command(
            workspace.root(),
            interpreter,
            ["-m", "venv", "--clear", &folder.to_string_lossy()],
        ))
        .context("Python's venv module is needed (Debian: python3-venv)")?;
        let arguments = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary=:all:",
            "--requirement",
            self.requirements,
        ];
        run(&mut command(workspace.root(), &python, arguments)).with_context(|| {
            format!(
                "PyPI must be in reach, or PIP_INDEX_URL / PIP_FIND_LINKS must name a place that has the packages of {}",
                self.requirements
            )
        })?;
        std::fs::write(&stamp, wanted)
            .with_context(|| format!("can't write {}", stamp.display()))?;
        Ok("made".to_owned())
    }

    /// The first Python on PATH that the packages are for.
    fn interpreter(&self, workspace: &Workspace) -> Result<&'static str> {
        let found: Vec<(&str, (u32, u32))> = PYTHONS
            .into_iter()
            .filter_map(|name| Some((name, version(workspace, name)?)))
            .collect();
        let fits = |version: (u32, u32)| {
            version >= OLDEST && self.newest.is_none_or(|newest| version <= newest)
        };
        let fitting = found.iter().find(|(_, version)| fits(*version));
        let Some((name, _)) = fitting else {
            let newest = self.newest.map_or_else(
                || " or newer".to_owned(),
                |(major, minor)| format!(" to {major}.{minor}"),
            );
            let seen: Vec<String> = found
                .iter()
                .map(|(name, (major, minor))| format!("{name} is {major}.{minor}"))
                .collect();
            let seen = if seen.is_empty() {
                "none is on PATH".to_owned()
            } else {
                seen.join(", ")
            };
            bail!(
                "{} needs Python {}.{}{newest}: {seen}",
                self.folder,
                OLDEST.0,
                OLDEST.1
            );
        };
        Ok(name)
    }
}

/// Major and minor version of that Python; `None` where it is not there.
fn version(workspace: &Workspace, python: &str) -> Option<(u32, u32)> {
    let script = "import sys; print('%d %d' % sys.version_info[:2])";
    let said = answer(&mut command(workspace.root(), python, ["-c", script]))?;
    let (major, minor) = said.split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
