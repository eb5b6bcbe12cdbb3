//! Central as a branch has it: its keys, its config, its process.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use kiosk_pki::SetPaths;
use kiosk_wire::{CentralSecretKey, CommandSecretKey, OsRandom};

use super::{Plan, READY_WITHIN};
use crate::rig::{Child, built_binary};

/// Central's key pairs: the one to which the keys of sessions are sealed, and the one that signs commands.
pub(super) fn write_keys(folder: &Path) -> anyhow::Result<()> {
    if folder.join("central.secret").exists() {
        return Ok(());
    }
    let sealing = CentralSecretKey::generate(&OsRandom)?;
    let signing = CommandSecretKey::generate(&OsRandom)?;
    for (name, secret, public) in [
        ("central", sealing.to_text(), sealing.public().to_text()),
        ("command", signing.to_text(), signing.public().to_text()),
    ] {
        let secret_file = folder.join(name).with_extension("secret");
        kiosk_pki::write_secret(&secret_file, secret.as_bytes())?;
        std::fs::write(folder.join(name).with_extension("pub"), public)?;
    }
    Ok(())
}

/// Starts it, and waits until it answers.
pub(super) fn start(
    plan: &Plan,
    paths: &SetPaths,
    port: u16,
    broker: u16,
) -> anyhow::Result<Child> {
    let folder = plan.folder.join("central");
    std::fs::create_dir_all(&folder)?;
    let config = format!(
        "listen = \"127.0.0.1:{port}\"\nfolder = \"{folder}\"\nsession_key_file = \"{secret}\"\ncommand_key_file = \"{command}\"\n\
         [tls]\nauthority = \"{ca}\"\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n\
         [broker]\nhost = \"127.0.0.1\"\nport = {broker}\n",
        folder = folder.display(),
        secret = plan.folder.join("central.secret").display(),
        command = plan.folder.join("command.secret").display(),
        ca = paths.central.authority.display(),
        certificate = paths.central.certificate.display(),
        key = paths.central.key.display(),
    );
    let file = plan.folder.join("central.toml");
    std::fs::write(&file, config)?;
    let program = built_binary("kiosk-central")?;
    let arguments = [std::ffi::OsStr::new("--config"), file.as_os_str()];
    let remedy = "build it with: cargo build -p kiosk-central";
    let mut central = Child::start(
        &program,
        arguments,
        &[],
        &plan.folder.join("central.log"),
        remedy,
    )?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    central.until_ready(READY_WITHIN, || TcpStream::connect(address).is_ok())?;
    Ok(central)
}
