//! Another reader, in a process of its own: `tests/peers/document.py` in the environment that
//! `cargo xtask bench document --peers` makes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::figures::Took;

/// The process. It ends when this is dropped: its standard input closes.
pub struct Peer {
    child: Child,
    asked: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// A zone as the peer read it.
pub struct Zone {
    /// From opening the file to the reading; tesseract's work is in it.
    pub took: Took,
    /// Its lines, as the peer's own parser took them.
    pub lines: Vec<String>,
    /// Every check digit of the layout that the peer saw is right.
    pub digits_right: bool,
}

impl Peer {
    /// Starts `python` on the script.
    pub fn start(python: &Path) -> anyhow::Result<Self> {
        let script = crate::root().join("tests/peers/document.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} can't be started", python.display()))?;
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

    /// Reads a zone by PassportEye.
    pub fn zone(&mut self, file: &Path) -> anyhow::Result<Zone> {
        let answer = self.ask(&json!({ "what": "mrz", "file": file }))?;
        let lines = answer["lines"].as_array().context("no lines")?;
        Ok(Zone {
            took: took(&answer)?,
            lines: lines
                .iter()
                .filter_map(|line| line.as_str().map(str::to_owned))
                .collect(),
            digits_right: answer["digits_right"].as_bool().context("no verdict")?,
        })
    }

    /// Reads a PDF417 by zxing-cpp: how long that took, and its text.
    pub fn barcode(&mut self, file: &Path) -> anyhow::Result<(Took, Option<String>)> {
        let answer = self.ask(&json!({ "what": "barcode", "file": file }))?;
        Ok((took(&answer)?, answer["text"].as_str().map(str::to_owned)))
    }

    fn ask(&mut self, request: &Value) -> anyhow::Result<Value> {
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

fn took(answer: &Value) -> anyhow::Result<Took> {
    Ok(Took {
        ms: answer["ms"].as_f64().context("no time")?,
        cpu_ms: answer["cpu_ms"].as_f64(),
    })
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.asked.take());
        // Fails only where it has ended already: what was wanted.
        let _ = self.child.wait();
    }
}
