//! `kioskctl pki`: an authority and the certificates of one small installation, for demonstrations and tests.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use kiosk_pki::{DemoSet, Validity, write_demo_set};
use kiosk_wire::{CentralSecretKey, OsRandom};

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
}

/// Runs the command.
#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
pub fn run(command: &Pki) -> Result<(), Failed> {
    let Pki::Init {
        folder,
        tenant,
        kiosks,
        hosts,
        days,
    } = command;
    let kiosks: Vec<&str> = kiosks.iter().map(String::as_str).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let validity = Validity::days(SystemClock.now(), *days);
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
    println!("authority  {}", paths.authority.display());
    println!("central    {}", paths.central.certificate.display());
    println!("broker     {}", paths.broker.certificate.display());
    println!("reader     {}", paths.reader.certificate.display());
    for kiosk in &paths.kiosks {
        println!("kiosk      {}", kiosk.certificate.display());
    }
    println!("sealing    {}", public.display());
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
