//! Standard output of the commands that answer line by line.

use std::io::Write;

use serde::Serialize;

use super::Failed;

/// Where lines go: each is out before the next picture is begun.
pub(super) struct Output {
    to: std::io::StdoutLock<'static>,
}

impl Output {
    pub(super) fn new() -> Self {
        Self {
            to: std::io::stdout().lock(),
        }
    }

    /// Writes one JSON object a line.
    pub(super) fn json(&mut self, line: &impl Serialize) -> Result<(), Failed> {
        let text = serde_json::to_string(line).map_err(Failed::work)?;
        self.line(&text)
    }

    /// Writes text and a line break. That nobody listens any more is an error, not a panic.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failed> {
        writeln!(self.to, "{text}")
            .and_then(|()| self.to.flush())
            .map_err(|error| Failed::Work(format!("standard output can't be written to: {error}")))
    }
}
