//! What the document bench measures itself against: a private Python environment, and Debian's tesseract.

use std::path::PathBuf;

use anyhow::Result;

use crate::setup;
use crate::setup::python::PEERS;
use crate::workspace::Workspace;

/// Makes the environment where it is not there, and gives its Python.
pub fn prepare(workspace: &Workspace) -> Result<PathBuf> {
    println!("Peers");
    println!(
        "[1/2] Debian packages: {}",
        setup::install_peers(workspace)?
    );
    println!("[2/2] Python environment: {}", PEERS.prepare(workspace)?);
    Ok(PEERS.python(workspace))
}
