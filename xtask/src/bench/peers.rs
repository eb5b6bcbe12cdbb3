//! What the benches measure themselves against, each in a private folder below `target/peers`.
//!
//! ```text
//! document    Python packages (PassportEye, zxing-cpp), Debian's tesseract
//! mediapipe   Python packages (MediaPipe), Python 3.11 or 3.12
//! mqtt        Python package paho-mqtt
//! tfjs        npm packages (TensorFlow.js with its wasm backend, human), node on PATH
//! ```

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::setup;
use crate::setup::python::{DOCUMENT_PEERS, FACE_PEERS, MQTT_PEERS};
use crate::shell::{answer, command, run};
use crate::workspace::Workspace;

/// Where TensorFlow.js is installed, and what says which packages that takes.
const TFJS: &str = "target/peers/tfjs";
const TFJS_PACKAGES: &str = "tests/peers/tfjs";

/// Makes the document bench's environment where it is not there, and gives its Python.
pub fn document(workspace: &Workspace) -> Result<PathBuf> {
    println!("Peers");
    println!(
        "[1/2] Debian packages: {}",
        setup::install_peers(workspace)?
    );
    println!(
        "[2/2] Python environment: {}",
        DOCUMENT_PEERS.prepare(workspace)?
    );
    Ok(DOCUMENT_PEERS.python(workspace))
}

/// Makes the MQTT bench's environment where it is not there, and gives its Python.
pub fn mqtt(workspace: &Workspace) -> Result<PathBuf> {
    println!("Peers");
    println!("[1/1] paho: {}", MQTT_PEERS.prepare(workspace)?);
    Ok(MQTT_PEERS.python(workspace))
}

/// Makes what the face bench needs where it is not there: the Python that has MediaPipe, and TensorFlow.js's folder.
pub fn face(workspace: &Workspace) -> Result<(PathBuf, PathBuf)> {
    println!("Peers");
    println!("[1/2] MediaPipe: {}", FACE_PEERS.prepare(workspace)?);
    println!("[2/2] TensorFlow.js: {}", tfjs(workspace)?);
    Ok((FACE_PEERS.python(workspace), workspace.path(TFJS)))
}

/// Installs what the lock file names, by its hashes; nothing of it is run.
fn tfjs(workspace: &Workspace) -> Result<String> {
    let (from, folder) = (workspace.path(TFJS_PACKAGES), workspace.path(TFJS));
    let lock = std::fs::read(from.join("package-lock.json"))
        .with_context(|| format!("can't read {TFJS_PACKAGES}/package-lock.json"))?;
    let stamp = folder.join("installed.lock");
    if std::fs::read(&stamp).is_ok_and(|found| found == lock) {
        return Ok("there".to_owned());
    }
    answer(&mut command(workspace.root(), "node", ["--version"]))
        .context("no node on PATH: install Node.js 20 or newer with npm")?;
    std::fs::create_dir_all(&folder).with_context(|| format!("can't make {TFJS}"))?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(from.join(name), folder.join(name))
            .with_context(|| format!("can't copy {name} into {TFJS}"))?;
    }
    let arguments = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
    ];
    run(&mut command(&folder, "npm", arguments)).with_context(|| {
        format!("npm's registry must be in reach, or npm's settings name one that has the packages of {TFJS_PACKAGES}")
    })?;
    std::fs::write(&stamp, lock).with_context(|| format!("can't write {}", stamp.display()))?;
    Ok("made".to_owned())
}
