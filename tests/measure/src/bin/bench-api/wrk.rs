//! wrk with a script of ours: what it sends, and what it tells at the end.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::kiosk::{KEY, Kiosk};

/// Threads of wrk's own.
const THREADS: &str = "2";

/// What each script ends with: one line that is read here.
const TELLS: &str = r#"
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'TOLD {"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"#;

/// Begins a session with each request.
pub const CREATES: &str = r#"
local n = 0
function request()
  n = n + 1
  return wrk.format("POST", "/partner/sessions", nil, '{"external_user_id": "user_' .. n .. '"}')
end
"#;

/// Reads one of these sessions with each request, in turn.
pub fn reads(ids: &[String]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    format!(
        "local ids = {{{}}}\nlocal n = 0\nfunction request()\n  n = n % #ids + 1\n  return wrk.format(\"GET\", \"/partner/sessions/\" .. ids[n])\nend\n",
        ids.join(",")
    )
}

/// One run.
pub struct Load<'a> {
    pub seconds: u32,
    pub connections: u32,
    pub script: &'a str,
}

/// What wrk told.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Told {
    pub requests: u64,
    pub seconds: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Connections that failed or timed out, and answers of 400 and more.
    pub errors: u64,
}

impl Load<'_> {
    pub fn run(&self, kiosk: &Kiosk) -> Result<Told> {
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("load.lua");
        let headers = format!(
            "wrk.headers[\"X-API-Key\"] = \"{KEY}\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\n"
        );
        std::fs::write(&script, headers + self.script + TELLS)?;
        let output = Command::new("wrk")
            .args(["--threads", THREADS])
            .args(["--connections", &self.connections.to_string()])
            .args(["--duration", &format!("{}s", self.seconds)])
            .args(["--timeout", "10s", "--script"])
            .arg(&script)
            .arg(kiosk.url())
            .output()
            .context("wrk can't be started: cargo xtask bench api installs it")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "wrk: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        told(&said).with_context(|| format!("wrk said: {said}"))
    }
}

fn told(said: &str) -> Result<Told> {
    let line = said.lines().find_map(|line| line.strip_prefix("TOLD "));
    Ok(serde_json::from_str(line.context("no figures")?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_script_is_read_and_nothing_else() {
        let said = "Running 1s test\nTOLD {\"requests\":7,\"seconds\":1.5,\"p50_ms\":0.2,\"p99_ms\":3.0,\"errors\":1}\n";
        let read = told(said).unwrap();
        assert_eq!((read.requests, read.errors), (7, 1));
        assert!(told("Running").is_err());
    }

    #[test]
    fn every_session_stands_in_the_script() {
        let script = reads(&["one".into(), "two".into()]);
        assert!(
            script.starts_with("local ids = {\"one\",\"two\"}"),
            "{script}"
        );
    }
}
