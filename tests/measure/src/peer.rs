//! Another reader, in a process of its own: it is asked one line of JSON at a time and answers with one.
//!
//! The scripts lie in `tests/peers`; `cargo xtask bench document --peers` and `bench pipeline --peers` make what they
//! run in.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// The process. It ends when this is dropped: its standard input closes.
pub struct Peer {
    child: Child,
    asked: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts `program` on a script of `tests/peers`.
    pub fn start(program: &Path, script: &str, arguments: &[&OsStr]) -> anyhow::Result<Self> {
        let script = kiosk_tests::root().join("tests/peers").join(script);
        let mut child = Command::new(program)
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} can't be started", program.display()))?;
        let asked = child.stdin.take();
        let answers = child.stdout.take().context("the peer has no output")?;
        Ok(Self {
            child,
            asked,
            answers: BufReader::new(answers),
        })
    }

    /// `PassportEye 2.2.2, tesseract 5.3.0, ...`.
    pub fn versions(&mut self) -> anyhow::Result<String> {
        let answer = self.ask(&json!({ "what": "versions" }))?;
        let versions = answer.as_object().context("the peer names no versions")?;
        let each: Vec<String> = versions
            .iter()
            .map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or("?")))
            .collect();
        Ok(each.join(", "))
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, request: &Value) -> anyhow::Result<Value> {
        let asked = self.asked.as_mut().context("the peer has been closed")?;
        writeln!(asked, "{request}").context("the peer has ended")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer: Value =
            serde_json::from_str(&line).context("the peer ended or spoke no JSON")?;
        ensure!(answer.get("error").is_none(), "the peer failed: {answer}");
        Ok(answer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.asked.take());
        // Fails only where it has ended already: what was wanted.
        let _ = self.child.wait();
    }
}
