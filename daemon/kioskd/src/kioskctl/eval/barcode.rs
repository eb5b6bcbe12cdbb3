//! `kioskctl eval barcode`: the PDF417 of each picture. It needs no models.

use std::path::Path;

use kiosk_inference::document::barcode;
use serde::Serialize;

use super::super::Failed;
use super::super::readers::{picture, timed};
use super::summary::Outcome;
use super::{Folder, each, truth};

/// One picture.
#[derive(Serialize)]
struct Line {
    /// The folder given, joined with the path below it.
    file: String,
    /// The first barcode's plain text, control characters as they are; null where none was read.
    text: Option<String>,
    /// Texts of further barcodes; absent where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    more: Vec<String>,
    /// Corners of each barcode in picture pixels: upper left, upper right, lower right, lower left of the symbol.
    corners: Vec<[[f32; 2]; 4]>,
    /// From opening the file to the text: reading and decoding the picture, finding and reading the barcode.
    ms: f64,
    /// Width and height, px; null where the file can't be decoded.
    size: Option<[u32; 2]>,
    /// Whether it is the truth's, byte by byte; absent without a truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<bool>,
    /// Why the picture was not read; absent where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Runs the command.
pub(super) fn run(folder: &Folder) -> Result<(), Failed> {
    each(folder, false, read, outcome, text)
}

fn outcome(line: &Line) -> Outcome {
    Outcome {
        found: line.text.is_some(),
        valid: line.text.is_some(),
        error: line.error.is_some(),
        exact: line.exact,
        ms: line.ms,
    }
}

fn read(path: &Path) -> Line {
    let mut size = None;
    let (outcome, ms) = timed(|| {
        let picture = picture(path).map_err(|fault| fault.to_string())?;
        size = Some([picture.width(), picture.height()]);
        barcode::read(&picture).map_err(|fault| fault.to_string())
    });
    let (found, error) = match outcome {
        Ok(found) => (found, None),
        Err(fault) => (Vec::new(), Some(fault)),
    };
    let (text, bytes) = found
        .first()
        .map_or(("", &[][..]), |first| (&first.text, &first.bytes));
    let exact = truth::barcode(path).map(|truth| error.is_none() && truth.is(text, bytes));
    let corners = found.iter().map(|found| found.corners).collect();
    let mut texts = found.into_iter().map(|found| found.text);
    Line {
        file: path.to_string_lossy().into_owned(),
        text: texts.next(),
        more: texts.collect(),
        corners,
        ms,
        size,
        exact,
        error,
    }
}

/// One picture for a reader's eyes; control characters are shown, not sent to the terminal.
fn text(line: &Line) -> String {
    let what = match (&line.error, &line.text) {
        (Some(fault), _) => format!("error: {fault}"),
        (None, None) => "no barcode".to_owned(),
        (None, Some(text)) => format!("{} characters", text.chars().count()),
    };
    let exact = match line.exact {
        Some(true) => ", exact",
        Some(false) => ", NOT as its truth says",
        None => "",
    };
    let mut text = format!("{}: {what}{exact} ({:.0} ms)", line.file, line.ms);
    for barcode in line.text.iter().chain(&line.more) {
        text.push_str("\n    ");
        text.extend(barcode.escape_debug());
    }
    text
}
