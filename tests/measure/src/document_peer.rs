//! What the document bench asks of its peer, `tests/peers/document.py`.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::figures::Took;
use super::peer::Peer;

/// PassportEye and zxing-cpp's own binding.
pub struct DocumentPeer(Peer);

/// A zone as the peer read it.
pub struct Zone {
    /// From opening the file to the reading; tesseract's work is in it.
    pub took: Took,
    /// Its lines, as the peer's own parser took them.
    pub lines: Vec<String>,
    /// Every check digit of the layout that the peer saw is right.
    pub digits_right: bool,
}

impl DocumentPeer {
    /// Starts `python` on the script.
    pub fn start(python: &Path) -> anyhow::Result<Self> {
        Ok(Self(Peer::start(python, "document.py", &[])?))
    }

    /// As [`Peer::versions`].
    pub fn versions(&mut self) -> anyhow::Result<String> {
        self.0.versions()
    }

    /// Reads a zone by PassportEye.
    pub fn zone(&mut self, file: &Path) -> anyhow::Result<Zone> {
        let answer = self.0.ask(&json!({ "what": "mrz", "file": file }))?;
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
        let answer = self.0.ask(&json!({ "what": "barcode", "file": file }))?;
        Ok((took(&answer)?, answer["text"].as_str().map(str::to_owned)))
    }
}

fn took(answer: &Value) -> anyhow::Result<Took> {
    Ok(Took {
        ms: answer["ms"].as_f64().context("no time")?,
        cpu_ms: answer["cpu_ms"].as_f64(),
    })
}
