//! The kiosk that is loaded: an optimised `kioskd` with the real models, its store on this disk, one key without a limit that
//! would be met.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kiosk_tests::rig::{Kioskd, free_port};

/// A key of this run's own; its SHA-256 stands in the config.
pub const KEY: &str = "bench-key-2f6d1c0e9b8a47d3a5e4c7b1f0d29386";
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// It, while it runs.
pub struct Kiosk {
    process: Kioskd,
    api: SocketAddr,
    metrics: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Kiosk {
    /// Starts it.
    pub fn start() -> Result<Self> {
        let root = kiosk_tests::root();
        // Not the temporary folder, which may be memory.
        let folder = tempfile::tempdir_in(root.join("target"))?;
        let (api, metrics) = (local(free_port()?), local(free_port()?));
        kiosk_store::DeviceKey::create(&folder.path().join("device.key"))?;
        let root = root.display();
        let config = format!(
            "[kiosk]\nid = \"kiosk-1\"\ntenant = \"demo\"\nstate_folder = \"state\"\n\
             [policy]\nfiles = [\"{root}/daemon/session/policies/default.toml\"]\n\
             [models]\nmanifest = \"{root}/models/manifest.toml\"\npack = \"{root}/models/packs/default\"\n\
             runtime = \"{root}/models/runtime/libonnxruntime.so\"\nproviders = [\"cpu\"]\n\
             [store]\ndevice_key = \"device.key\"\n\
             [api]\nlisten = \"{api}\"\n\
             [[api.keys]]\nname = \"bench\"\ntenant = \"demo\"\nsha256 = \"{}\"\nconsent = \"terms-1\"\nrate_per_minute = 60000000\n\
             [metrics]\nlisten = \"{metrics}\"\n\
             [control]\nsocket = \"control.sock\"\n",
            kiosk_tests::sha256_hex(KEY.as_bytes())
        );
        let path = folder.path().join("kioskd.toml");
        std::fs::write(&path, config)?;
        let quiet = [("RUST_LOG".to_owned(), "warn".to_owned())];
        Ok(Self {
            process: Kioskd::start_with(&path, metrics, "/health/live", &quiet)?,
            api,
            metrics,
            _folder: folder,
        })
    }

    /// Where its API is.
    pub fn url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// Its numbers as they stand.
    pub fn metrics(&self) -> Result<String> {
        let (status, body) = ask(&mut stream(self.metrics)?, "GET", "/metrics", "")?;
        ensure!(status == 200, "metrics: {status}");
        Ok(body)
    }

    /// Begins sessions, and gives their names.
    pub fn begin(&self, count: usize) -> Result<Vec<String>> {
        let mut stream = stream(self.api)?;
        (0..count)
            .map(|number| {
                let body = format!("{{\"external_user_id\": \"user_{number}\"}}");
                let (status, answer) = ask(&mut stream, "POST", "/partner/sessions", &body)?;
                ensure!(status == 200, "begin: {status} {answer}");
                let answer: serde_json::Value = serde_json::from_str(&answer)?;
                let id = answer["session_id"].as_str().context("no session_id")?;
                Ok(id.to_owned())
            })
            .collect()
    }

    /// Connections that each had one answer, and wait.
    pub fn connect(&self, count: usize) -> Result<Vec<TcpStream>> {
        (0..count)
            .map(|_| {
                let mut stream = stream(self.api)?;
                let (status, _) = ask(&mut stream, "GET", "/ping", "")?;
                ensure!(status == 200, "ping: {status}");
                Ok(stream)
            })
            .collect()
    }

    /// What it holds in memory, MiB.
    pub fn resident_mib(&self) -> Result<f64> {
        let process = self.process.id().context("kioskd does not run")?;
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        Ok(kib.context("no VmRSS")?.parse::<f64>()? / 1024.0)
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn stream(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One request on a connection that stays: its status and its body.
fn ask(stream: &mut TcpStream, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: kiosk\r\nX-API-Key: {KEY}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).context("no status")?.parse()?;
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        }
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok((status, String::from_utf8(bytes)?))
}
