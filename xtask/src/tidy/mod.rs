//! What the compiler does not check of this repository.
//!
//! - every Rust file opens with `//!`, saying what room it is
//! - a lint is allowed or expected only with a reason
//! - a file over 400 lines says why, on a line `// long file: WHY`
//! - no `TODO` without the issue that owns it, `TODO(#12)`
//! - nothing names a place outside this repository

mod rules;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::shell::{answer, command};
use crate::workspace::Workspace;

/// Checks every file that git tracks or would track.
pub fn run(workspace: &Workspace) -> Result<()> {
    let listed = answer(&mut command(
        workspace.root(),
        "git",
        ["ls-files", "--cached", "--others", "--exclude-standard"],
    ));
    let files = match listed {
        Some(text) => text.lines().map(str::to_owned).collect(),
        None => walk(workspace.root())?,
    };
    let mut faults = Vec::new();
    let mut checked = 0;
    for file in &files {
        // What is no text (a picture in the README) has no rules; a file just removed has none either.
        let Ok(text) = std::fs::read_to_string(workspace.path(file)) else {
            continue;
        };
        checked += 1;
        faults.extend(rules::check(file, &text));
    }
    if faults.is_empty() {
        println!("tidy: {checked} files, no faults");
        return Ok(());
    }
    bail!("tidy found {} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Every file of a checkout without git, made ones left out.
fn walk(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("can't list {}", folder.display()))?;
        for entry in entries {
            let path = entry.context("can't list a folder")?.path();
            let below = path.strip_prefix(root).unwrap_or(&path);
            let below = below.to_string_lossy().into_owned();
            let made = below.ends_with("target")
                || ["models/packs", "models/runtime", ".git"].contains(&below.as_str());
            if made
                || below
                    .split('/')
                    .any(|part| part.starts_with('.') && part != ".ci")
            {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(below);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_without_git_is_walked_without_what_was_made() {
        let workspace = Workspace::find().unwrap();
        let files = walk(workspace.root()).unwrap();
        assert!(files.contains(&"xtask/src/main.rs".to_owned()));
        assert!(files.iter().all(|file| !file.starts_with("target/")));
    }
}
