//! The Rust toolchain: new enough, with rustfmt and clippy.

use anyhow::{Context, Result, ensure};

use super::Done;
use crate::shell::{answer, command};
use crate::workspace::Workspace;

/// Oldest Rust that builds this workspace; the same as `rust-version` in Cargo.toml.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Checks what is there; installs nothing.
pub fn check(workspace: &Workspace) -> Done {
    let said = answer(&mut command(workspace.root(), "rustc", ["--version"]))
        .context("no rustc on PATH: install Rust from https://rustup.rs")?;
    let found = said.split_whitespace().nth(1).unwrap_or_default();
    ensure!(
        parts(found)? >= parts(OLDEST)?,
        "Rust {found} is too old, {OLDEST} or newer is needed: run `rustup update stable`"
    );
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        answer(&mut command(workspace.root(), "cargo", [tool, "--version"])).with_context(
            || format!("`cargo {tool}` is missing: run `rustup component add {component}`"),
        )?;
    }
    Ok(format!("Rust {found}"))
}

/// Major and minor number.
fn parts(version: &str) -> Result<(u32, u32)> {
    let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => anyhow::bail!("{version:?} is no version of Rust"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parts("1.100.0").unwrap() > parts("1.95.0").unwrap());
        assert!(parts("1.94.1-nightly").unwrap() < parts("1.95").unwrap());
        assert!(parts("unknown").is_err());
    }
}
