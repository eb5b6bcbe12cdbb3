//! `kioskctl pki`: an authority and the certificates of one small installation, for demonstrations and tests.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use kiosk_pki::{Authority, DemoSet, Validity, write_demo_set};
use kiosk_wire::{CentralSecretKey, CommandSecretKey, OsRandom};

use super::Failed;
use crate::clock::{Clock, SystemClock};

/// Makes certificates for demonstrations and tests.
#[derive(Debug, Subcommand)]
pub enum Pki {
    /// Makes an authority, and certificates for central, broker, kiosks and a reader.
    Init {
        /// Where they are written; made where it is not there.
        #[arg(default_value = "pki")]
        folder: PathBuf,
        /// The tenant that all belong to.
        #[arg(long, default_value = "demo")]
        tenant: String,
        /// A kiosk's id; may be given several times.
        #[arg(long = "kiosk", default_values = ["kiosk-1"])]
        kiosks: Vec<String>,
        /// A host name or IP address of central and broker; may be given several times.
        #[arg(long = "host", default_values = ["localhost", "127.0.0.1"])]
        hosts: Vec<String>,
        /// How many days they are valid.
        #[arg(long, default_value_t = 90)]
        days: u16,
    },
    /// Adds certificates to the list of those that are no longer believed; central and broker read it.
    Revoke {
        /// The folder with the authority (`ca.pem`, `ca.key`).
        #[arg(long, default_value = "pki")]
        folder: PathBuf,
        /// The list; made where it is not there.
        #[arg(long, default_value = "pki/revoked.pem")]
        list: PathBuf,
        /// The certificates, PEM; none makes an empty list or renews one.
        certificates: Vec<PathBuf>,
    },
}

/// Runs the command.
#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
pub fn run(command: &Pki) -> Result<(), Failed> {
    match command {
        Pki::Init {
            folder,
            tenant,
            kiosks,
            hosts,
            days,
        } => init(folder, tenant, (kiosks, hosts), *days),
        Pki::Revoke {
            folder,
            list,
            certificates,
        } => {
            let authority = Authority::open(folder).map_err(Failed::work)?;
            let files: Vec<&Path> = certificates.iter().map(PathBuf::as_path).collect();
            let revoked = authority.revoke(list, &files, SystemClock.now());
            println!(
                "{} revoked in {}",
                revoked.map_err(Failed::work)?,
                list.display()
            );
            Ok(())
        }
    }
}

#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
fn init(
    folder: &Path,
    tenant: &str,
    (kiosks, hosts): (&[String], &[String]),
    days: u16,
) -> Result<(), Failed> {
    let kiosks: Vec<&str> = kiosks.iter().map(String::as_str).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let validity = Validity::days(SystemClock.now(), days);
    let set = DemoSet {
        tenant,
        kiosks: &kiosks,
        hosts: &hosts,
        validity,
    };
    let paths = write_demo_set(folder, &set).map_err(Failed::work)?;
    let (secret, public) = (
        folder.join("central.hpke.key"),
        folder.join("central.hpke.pub"),
    );
    if !secret.exists() {
        let key = CentralSecretKey::generate(&OsRandom).map_err(Failed::work)?;
        write_secret(&secret, &key.to_text()).map_err(Failed::work)?;
        std::fs::write(&public, key.public().to_text()).map_err(Failed::work)?;
    }
    let (command, command_public) = (folder.join("command.key"), folder.join("command.pub"));
    if !command.exists() {
        let key = CommandSecretKey::generate(&OsRandom).map_err(Failed::work)?;
        write_secret(&command, &key.to_text()).map_err(Failed::work)?;
        std::fs::write(&command_public, key.public().to_text()).map_err(Failed::work)?;
    }
    println!("authority  {}", paths.authority.display());
    println!("central    {}", paths.central.certificate.display());
    println!("broker     {}", paths.broker.certificate.display());
    println!("reader     {}", paths.reader.certificate.display());
    println!("operator   {}", paths.operator.certificate.display());
    for kiosk in &paths.kiosks {
        println!("kiosk      {}", kiosk.certificate.display());
    }
    println!("sealing    {}", public.display());
    println!("commands   {}", command_public.display());
    Ok(())
}

/// A new file that only its owner may read.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
