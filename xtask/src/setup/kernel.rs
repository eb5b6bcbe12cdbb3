//! The kernel that the power-cut test boots under qemu: out of Debian's package, beside the tests, never installed.
//!
//! An installed kernel would be this machine's next one to boot, and each of its installations makes two initial roots that
//! nobody asked for, which takes a minute.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::Done;
use crate::shell::{answer, command, on_path, run};
use crate::workspace::Workspace;

/// The package that names the newest kernel's.
const NEWEST: &str = "linux-image-amd64";
const FOLDER: &str = "tests/.kernel";
/// What is taken of the package: the kernel, and the modules for a virtio disk with ext4 and all that they may lean on.
const PARTS: [&str; 8] = [
    "./boot/vmlinuz-*",
    "./lib/modules/*/modules.*",
    "./lib/modules/*/kernel/arch/x86/crypto/*",
    "./lib/modules/*/kernel/crypto/*",
    "./lib/modules/*/kernel/drivers/block/virtio_blk.ko",
    "./lib/modules/*/kernel/drivers/virtio/*",
    "./lib/modules/*/kernel/fs/*",
    "./lib/modules/*/kernel/lib/*",
];

/// Fetches and extracts it where it is missing. One test needs it, which says so: who runs the demo is not stopped for it.
pub fn extract(workspace: &Workspace) -> Done {
    match extracted(workspace) {
        Err(error) => Ok(format!(
            "not there, which the power-cut test needs: {error:#}"
        )),
        done => done,
    }
}

fn extracted(workspace: &Workspace) -> Done {
    let folder = workspace.path(FOLDER);
    if let Some(release) = release(&folder) {
        return Ok(format!("{release} there"));
    }
    if !on_path("apt-get") {
        return Ok(format!(
            "not a Debian system, nothing was fetched; the power-cut test needs boot/vmlinuz-RELEASE and \
             lib/modules/RELEASE below {FOLDER}"
        ));
    }
    let making = workspace.path("tests/.kernel.making");
    clear(&making)?;
    std::fs::create_dir_all(&making).with_context(|| format!("can't make {}", making.display()))?;
    let package = fetch(workspace, &making)?;
    unpack(workspace, &making, &package)?;
    std::fs::remove_file(&package)
        .with_context(|| format!("can't remove {}", package.display()))?;
    let Some(release) = release(&making) else {
        bail!("{} holds no kernel", package.display())
    };
    let root = making.to_string_lossy();
    let arguments = ["--basedir", &*root, &release];
    run(&mut command(workspace.root(), "/sbin/depmod", arguments))?;
    clear(&folder)?;
    std::fs::rename(&making, &folder).with_context(|| format!("can't make {FOLDER}"))?;
    Ok(format!("{release} extracted"))
}

/// The release whose kernel and modules lie in a folder.
fn release(folder: &Path) -> Option<String> {
    let entries = std::fs::read_dir(folder.join("lib/modules")).ok()?;
    let mut names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.find(|name| {
        folder
            .join("boot")
            .join(format!("vmlinuz-{name}"))
            .is_file()
    })
}

/// Downloads the package into a folder. What was published since the lists were read last is no longer under its old name.
fn fetch(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    if let Some(package) = download(workspace, folder) {
        return Ok(package);
    }
    let update = command(workspace.root(), "apt-get", ["update", "-qq"]).status();
    ensure!(
        update.is_ok_and(|status| status.success()),
        "Debian's kernel can't be fetched; read its package lists first, as root: apt-get update"
    );
    download(workspace, folder)
        .with_context(|| format!("`apt-get download` of what {NEWEST} depends on brought nothing"))
}

fn download(workspace: &Workspace, folder: &Path) -> Option<PathBuf> {
    let asked = ["depends", "--no-recommends", "--no-suggests", NEWEST];
    // Its words are translated otherwise.
    let said = answer(command(workspace.root(), "apt-cache", asked).env("LC_ALL", "C"))?;
    let name = newest(&said)?;
    answer(&mut command(folder, "apt-get", ["download", "-qq", name]))?;
    let entries = std::fs::read_dir(folder).ok()?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
}

/// The package that the newest kernel is, as `apt-cache depends` tells it.
fn newest(said: &str) -> Option<&str> {
    said.lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|name| name.starts_with("linux-image-"))
}

fn unpack(workspace: &Workspace, folder: &Path, package: &Path) -> Result<()> {
    let archive = folder.join("package.tar");
    let to = std::fs::File::create(&archive)
        .with_context(|| format!("can't make {}", archive.display()))?;
    let whole = [Path::new("--fsys-tarfile"), package];
    run(command(workspace.root(), "dpkg-deb", whole).stdout(to))?;
    let arguments = ["--extract", "--wildcards", "--file", "package.tar"];
    run(command(folder, "tar", arguments).args(PARTS))?;
    std::fs::remove_file(&archive).with_context(|| format!("can't remove {}", archive.display()))
}

fn clear(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_kernels_package_is_the_one_that_the_newest_depends_on() {
        let said =
            "linux-image-amd64\n  Depends: linux-image-6.1.0-56-amd64\n  Breaks: wireless-regdb\n";
        assert_eq!(newest(said), Some("linux-image-6.1.0-56-amd64"));
        assert_eq!(newest("linux-image-amd64\n  Depends: kmod\n"), None);
    }

    #[test]
    fn a_kernel_without_modules_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("boot")).unwrap();
        std::fs::write(folder.path().join("boot/vmlinuz-1"), b"kernel").unwrap();
        assert_eq!(release(folder.path()), None);
        std::fs::create_dir_all(folder.path().join("lib/modules/1")).unwrap();
        assert_eq!(release(folder.path()).as_deref(), Some("1"));
    }
}
