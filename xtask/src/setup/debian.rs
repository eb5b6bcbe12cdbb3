//! Debian packages: the one list in `xtask/debian-packages.txt`.

use anyhow::{Context, Result, bail};

use super::Done;
use crate::shell::{answer, command, on_path, run};
use crate::workspace::Workspace;

const LIST: &str = include_str!("../../debian-packages.txt");

/// The part of the list that set-up leaves alone: what only comparisons with other programs need.
const PEERS: &str = "peers";

/// The same: what only the API's load is made with.
const LOAD: &str = "load";

/// One line of the list.
#[derive(Debug, PartialEq, Eq)]
struct Package {
    name: String,
    /// Heading that it stands below.
    part: String,
    /// Program that makes the package needless where it is on PATH.
    unless: Option<String>,
}

/// Installs what is missing of all that set-up brings in.
pub fn install(workspace: &Workspace) -> Done {
    install_those(workspace, |part| part != PEERS && part != LOAD)
}

/// Installs what is missing of the part that set-up leaves alone.
pub fn install_peers(workspace: &Workspace) -> Done {
    install_those(workspace, |part| part == PEERS)
}

/// Installs what the API's load is made with.
pub fn install_load(workspace: &Workspace) -> Done {
    install_those(workspace, |part| part == LOAD)
}

/// Installs what is missing as root; otherwise says the one command to run.
fn install_those(workspace: &Workspace, wanted: impl Fn(&str) -> bool) -> Done {
    let mut packages = parse(LIST)?;
    packages.retain(|package| wanted(&package.part));
    if !on_path("dpkg-query") {
        let names: Vec<&str> = packages.iter().map(|p| p.name.as_str()).collect();
        return Ok(format!(
            "not a Debian system, nothing was checked; it must provide what these packages hold: {}",
            names.join(" ")
        ));
    }
    let missing: Vec<&str> = packages
        .iter()
        .filter(|package| !package.unless.as_deref().is_some_and(on_path))
        .filter(|package| !installed(workspace, &package.name))
        .map(|package| package.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(format!("all {} there", packages.len()));
    }
    let by_hand = format!(
        "apt-get update && apt-get install --yes --no-install-recommends {}",
        missing.join(" ")
    );
    let root = answer(&mut command(workspace.root(), "id", ["-u"])).as_deref() == Some("0");
    if !root {
        bail!(
            "{} Debian packages are missing, and only root can install them. Run this, then the same command again:\n\n    sudo sh -c '{by_hand}'\n",
            missing.len()
        );
    }
    println!("      installing {}", missing.join(" "));
    let apt = |arguments: Vec<&str>| {
        run(command(workspace.root(), "apt-get", arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"))
        .with_context(|| format!("to install them by hand: {by_hand}"))
    };
    apt(vec!["update", "-qq"])?;
    let mut arguments = vec!["install", "-qq", "--yes", "--no-install-recommends"];
    arguments.extend(&missing);
    apt(arguments)?;
    Ok(format!("{} installed", missing.len()))
}

fn installed(workspace: &Workspace, package: &str) -> bool {
    let arguments = ["--show", "--showformat=${db:Status-Status}", package];
    answer(&mut command(workspace.root(), "dpkg-query", arguments)).as_deref() == Some("installed")
}

/// Reads the list: `NAME [unless PROGRAM]  # why`, with `[part]` headings.
fn parse(list: &str) -> Result<Vec<Package>> {
    let mut packages = Vec::new();
    let mut part = "";
    for (number, line) in list.lines().enumerate() {
        let text = line.split('#').next().unwrap_or_default().trim();
        if let Some(heading) = text.strip_prefix('[') {
            part = heading.trim_end_matches(']');
            continue;
        }
        if text.is_empty() {
            continue;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        packages.push(match words[..] {
            [name] => Package {
                name: name.to_owned(),
                part: part.to_owned(),
                unless: None,
            },
            [name, "unless", program] => Package {
                name: name.to_owned(),
                part: part.to_owned(),
                unless: Some(program.to_owned()),
            },
            _ => bail!("xtask/debian-packages.txt, line {}: {text:?}", number + 1),
        });
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_what_makes_it_needless() {
        let found = parse("# all\n[build]\nclang   # why\nnodejs unless node # why\n").unwrap();
        assert_eq!(
            (found[0].name.as_str(), found[0].part.as_str()),
            ("clang", "build")
        );
        assert_eq!(found[1].unless.as_deref(), Some("node"));
        assert!(parse("two words\n").is_err());
    }

    #[test]
    fn every_package_of_the_list_says_why() {
        for line in LIST
            .lines()
            .filter(|l| !l.is_empty() && !l.starts_with(['#', '[']))
        {
            assert!(line.contains("# "), "{line}");
        }
        assert!(!parse(LIST).unwrap().is_empty());
    }
}
