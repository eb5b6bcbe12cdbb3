//! What a picture is known to say, where that lies beside it.
//!
//! ```text
//! passport.jpg
//! passport.txt    its text (an MRZ's lines, a barcode's plain text), or
//! passport.bin    the same as bytes (a barcode's, before any character set is thought of), or
//! truth.json      for MRZs, {"passport.jpg": {"lines": ["P<UTO...", "..."]}, ...}: the lines of a whole folder
//! ```

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// No truth is longer: the largest PDF417 holds 1,850 characters (ISO/IEC 15438), and a folder's lines are few.
const MOST_BYTES: u64 = 4 << 20;

#[derive(Deserialize)]
struct Entry {
    lines: Vec<String>,
}

/// The lines of `truth.json`, of the folders that were met.
#[derive(Default)]
pub(super) struct Truths {
    folders: BTreeMap<PathBuf, BTreeMap<String, Entry>>,
}

impl Truths {
    /// The MRZ lines that a picture is known to bear; none at all where it is known to bear none.
    pub(super) fn lines(&mut self, picture: &Path) -> Option<Vec<String>> {
        if let Some(Barcode::Text(bytes) | Barcode::Bytes(bytes)) = barcode(picture) {
            return Some(lines_of(&String::from_utf8_lossy(&bytes)));
        }
        let folder = picture.parent()?;
        let known = self
            .folders
            .entry(folder.to_owned())
            .or_insert_with(|| read(&folder.join("truth.json")));
        let name = picture.file_name()?.to_str()?;
        Some(known.get(name)?.lines.clone())
    }
}

/// What a picture's barcode is known to hold.
pub(super) enum Barcode {
    /// Its text in UTF-8, from a `.txt`.
    Text(Vec<u8>),
    /// Its bytes, from a `.bin`.
    Bytes(Vec<u8>),
}

impl Barcode {
    /// Whether a barcode with this text and these bytes is the one meant.
    pub(super) fn is(&self, text: &str, bytes: &[u8]) -> bool {
        match self {
            Self::Text(truth) => same(text.as_bytes(), truth),
            Self::Bytes(truth) => bytes == truth,
        }
    }
}

/// The truth beside a picture: its text wins over its bytes.
pub(super) fn barcode(picture: &Path) -> Option<Barcode> {
    let beside = |extension| bounded(&picture.with_extension(extension));
    beside("txt")
        .map(Barcode::Text)
        .or_else(|| beside("bin").map(Barcode::Bytes))
}

/// Whether a text is its truth, a line break that an editor left at the truth's end set aside.
fn same(read: &[u8], truth: &[u8]) -> bool {
    [&b""[..], b"\n", b"\r\n"]
        .iter()
        .any(|end| truth.strip_suffix(*end) == Some(read))
}

fn lines_of(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Another tool's `truth.json` may have another form: it is then no truth.
fn read(path: &Path) -> BTreeMap<String, Entry> {
    bounded(path)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

fn bounded(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_beside_a_picture_wins_over_the_folder_s_truth() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        file("a.txt", "ONE\r\nTWO\n\n");
        file(
            "truth.json",
            r#"{"a.jpg": {"lines": ["X"]}, "b.jpg": {"lines": []}}"#,
        );
        let mut truths = Truths::default();
        let mut of = |name: &str| truths.lines(&folder.path().join(name));
        assert_eq!(of("a.jpg"), Some(vec!["ONE".to_owned(), "TWO".to_owned()]));
        assert_eq!(of("b.jpg"), Some(Vec::new()));
        assert_eq!(of("c.jpg"), None);
    }

    #[test]
    fn only_a_line_break_at_the_end_is_set_aside() {
        assert!(same(b"one\ntwo", b"one\ntwo\n"));
        assert!(same(b"one\r", b"one\r"));
        assert!(same(b"one\n", b"one\n"));
        assert!(!same(b"one", b"one "));
        assert!(!same(b"one", b"one\n\n"));
    }
}
