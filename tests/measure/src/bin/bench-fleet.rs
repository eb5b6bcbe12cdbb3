//! `cargo xtask bench fleet`: what one central bears, and two beside one database.
//!
//! ```text
//! kioskctl simulate (1,000 kiosks, each its own TLS connection) ──► kiosk-central ... ──► SQLite or PostgreSQL
//! ```
//!
//! Everything runs on this machine, so kiosks and centrals share its cores: central's processor time for a session is
//! told beside the rate, since it does not depend on what else the machine does.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench prints what it measured, and ends where PostgreSQL can't be set up"
)]

#[path = "../../../../daemon/central/tests/support/postgres.rs"]
#[allow(dead_code, reason = "central's own tests use the rest of it")]
mod postgres;

use std::fmt::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use kiosk_measure::figures::{commit, load, machine};
use kiosk_pki::{DemoSet, SetPaths, Validity, write_demo_set};
use kiosk_tests::now;
use kiosk_tests::rig::{Child, built_binary, free_port};
use kiosk_wire::{CentralSecretKey, OsRandom};
use postgres::Postgres;

const READY_WITHIN: Duration = Duration::from_secs(60);
/// Between these lines of the page stands what was measured; the rest is written by hand.
const MARKS: [&str; 2] = ["<!-- measured -->\n", "<!-- /measured -->"];

#[derive(Debug, Parser)]
struct Options {
    /// How many kiosks
    #[arg(long, default_value_t = 1000)]
    kiosks: usize,
    /// Sessions of each kiosk, as fast as central takes them
    #[arg(long, default_value_t = 5)]
    sessions: usize,
    /// Mean wait of a kiosk between two sessions where they come at a pace
    #[arg(long, default_value_t = 20.0)]
    pause_s: f64,
    /// Only ways whose name holds this
    #[arg(long, default_value = "")]
    only: String,
    /// Writes the figures into this page
    #[arg(long)]
    page: Option<PathBuf>,
}

/// A way to run central.
struct Row {
    name: &'static str,
    postgres: bool,
    centrals: usize,
    paced: bool,
}

const ROWS: [Row; 4] = [
    Row {
        name: "SQLite, 1 central",
        postgres: false,
        centrals: 1,
        paced: false,
    },
    Row {
        name: "PostgreSQL, 1 central",
        postgres: true,
        centrals: 1,
        paced: false,
    },
    Row {
        name: "PostgreSQL, 2 centrals",
        postgres: true,
        centrals: 2,
        paced: false,
    },
    Row {
        name: "PostgreSQL, 1 central, paced",
        postgres: true,
        centrals: 1,
        paced: true,
    },
];

struct Rig {
    folder: tempfile::TempDir,
    pki: SetPaths,
    postgres: Postgres,
}

impl Rig {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let set = DemoSet {
            tenant: "fleet",
            kiosks: &[],
            hosts: &["localhost", "127.0.0.1"],
            validity: Validity::days(now(), 1),
        };
        let pki = write_demo_set(&folder.path().join("pki"), &set)?;
        let key = CentralSecretKey::generate(&OsRandom)?;
        kiosk_pki::write_secret(&folder.path().join("session.key"), key.to_text().as_bytes())?;
        std::fs::write(folder.path().join("central.pub"), key.public().to_text())?;
        Ok(Self {
            folder,
            pki,
            postgres: Postgres::start(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn central(&self, name: &str, database: &str) -> Result<(u16, Child)> {
        let (folder, port) = (self.path(name), free_port()?);
        std::fs::create_dir_all(&folder)?;
        let config = folder.join("central.toml");
        let text = format!(
            "listen = \"127.0.0.1:{port}\"\nfolder = \"{}\"\nsession_key_file = \"{}\"\n{database}\n\
             [tls]\nauthority = \"{}\"\ncertificate = \"{}\"\nkey = \"{}\"\n",
            folder.display(),
            self.path("session.key").display(),
            self.pki.central.authority.display(),
            self.pki.central.certificate.display(),
            self.pki.central.key.display(),
        );
        std::fs::write(&config, text)?;
        let mut child = Child::start(
            &built_binary("kiosk-central")?,
            [Path::new("--config"), &config],
            &[],
            &folder.join("central.log"),
            "build it first: cargo build --release -p kiosk-central",
        )?;
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
        child.until_ready(READY_WITHIN, || TcpStream::connect(address).is_ok())?;
        Ok((port, child))
    }

    /// One row's measurement: what `kioskctl simulate` prints.
    fn run(&self, place: usize, row: &Row, options: &Options) -> Result<String> {
        let database = match row.postgres {
            true => format!(
                "database = \"{}\"",
                self.postgres.url(&format!("fleet{place}"))
            ),
            false => String::new(),
        };
        let centrals: Result<Vec<_>> = (0..row.centrals)
            .map(|central| self.central(&format!("central-{place}-{central}"), &database))
            .collect();
        let centrals = centrals?;
        let mut command = Command::new(built_binary("kioskctl")?);
        command.arg("simulate");
        for (port, child) in &centrals {
            command.args(["--central", &format!("https://127.0.0.1:{port}")]);
            command.args(["--central-pid", &child.id().to_string()]);
        }
        command.arg("--pki").arg(self.path("pki"));
        command.arg("--public-key").arg(self.path("central.pub"));
        command.args(["--kiosks", &options.kiosks.to_string()]);
        command.args(["--sessions", &options.sessions.to_string()]);
        if row.paced {
            command.args(["--pause-s", &options.pause_s.to_string()]);
        }
        let output = command.output().context("kioskctl simulate")?;
        let said = String::from_utf8(output.stdout)?;
        ensure!(
            output.status.success(),
            "{}: {said}{}",
            row.name,
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(said)
    }
}

/// What stands after a name in the simulation's words.
fn told<'a>(said: &'a str, name: &str) -> &'a str {
    let line = said.lines().find_map(|line| line.strip_prefix(name));
    line.map_or("not measured", str::trim)
}

fn main() -> Result<()> {
    let options = Options::parse();
    let rig = Rig::new()?;
    let mut table = String::from(
        "| central | sessions a second | to durable | attempts again | memory | work | load, before and after |\n|---|---|---|---|---|---|---|\n",
    );
    let wanted = |row: &Row| row.name.contains(&options.only);
    for (place, row) in ROWS.iter().enumerate().filter(|(_, row)| wanted(row)) {
        let before = load()?;
        let said = rig.run(place, row, &options)?;
        writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} | {before:.1}, {:.1} |",
            row.name,
            told(&said, "sessions a second"),
            told(&said, "to durable"),
            told(&said, "attempts again"),
            told(&said, "central's memory"),
            told(&said, "central's work"),
            load()?,
        )?;
        println!("{}\n{said}", row.name);
    }
    println!("{table}");
    if let Some(page) = &options.page {
        let text = std::fs::read_to_string(page)?;
        let [from, to] = MARKS;
        let (head, rest) = text.split_once(from).context("the page has no mark")?;
        let (_, tail) = rest
            .split_once(to)
            .context("the page has no closing mark")?;
        let profile = if cfg!(debug_assertions) {
            "with debug assertions"
        } else {
            "optimised"
        };
        let preface = format!(
            "{} kiosks, {} sessions each, 8 records of 900 bytes a session; paced: one session each {} s and kiosk. {}, built {profile}, commit {}.\n",
            options.kiosks,
            options.sessions,
            options.pause_s,
            machine(),
            commit()
        );
        std::fs::write(
            page,
            format!("{head}{from}\n{preface}\n{table}\n{to}{tail}"),
        )?;
    }
    Ok(())
}
