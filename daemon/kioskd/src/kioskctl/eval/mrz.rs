//! `kioskctl eval mrz`: the machine readable zone of each picture.

use std::path::Path;

use kiosk_inference::document::DocumentReader;
use serde::Serialize;
use time::Date;

use super::super::Failed;
use super::super::readers::{ModelsAt, picture, timed};
use super::super::told::MrzTold;
use super::summary::Outcome;
use super::truth::Truths;
use super::{Folder, each, walk};
use crate::clock::{Clock, SystemClock};

/// One picture.
#[derive(Serialize)]
struct Line {
    /// The folder given, joined with the path below it.
    file: String,
    #[serde(flatten)]
    mrz: MrzTold,
    /// From opening the file to the reading: reading and decoding the picture, finding and reading the zone.
    ms: f64,
    /// Width and height, px; null where the file can't be decoded.
    size: Option<[u32; 2]>,
    /// Whether the lines are the truth's, character by character; absent without a truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<bool>,
    /// Why the picture was not read; absent where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Runs the command.
pub(super) fn run(folder: &Folder, models: &ModelsAt) -> Result<(), Failed> {
    // Before any model is loaded: a folder that is not there is said at once.
    walk::pictures(&folder.dir)?;
    let mut reader = models.documents()?;
    let today = SystemClock.now().date();
    let mut truths = Truths::default();
    let read = |path: &Path| read(&mut reader, path, &mut truths, today);
    each(folder, true, read, outcome, text)
}

fn outcome(line: &Line) -> Outcome {
    Outcome {
        found: !line.mrz.lines.is_empty(),
        valid: line.mrz.valid,
        error: line.error.is_some(),
        exact: line.exact,
        ms: line.ms,
    }
}

fn read(reader: &mut DocumentReader, path: &Path, truths: &mut Truths, today: Date) -> Line {
    let mut size = None;
    let (outcome, ms) = timed(|| {
        let picture = picture(path).map_err(|fault| fault.to_string())?;
        size = Some([picture.width(), picture.height()]);
        reader.read_mrz(&picture).map_err(|fault| fault.to_string())
    });
    let (mrz, error) = match outcome {
        Ok(mrz) => (mrz, None),
        Err(fault) => (None, Some(fault)),
    };
    let mrz = MrzTold::new(mrz.as_ref(), today);
    Line {
        file: path.to_string_lossy().into_owned(),
        exact: truths
            .lines(path)
            .map(|truth| error.is_none() && truth == mrz.lines),
        mrz,
        ms,
        size,
        error,
    }
}

/// One picture for a reader's eyes: a row, and below it the lines.
fn text(line: &Line) -> String {
    let what = match &line.error {
        Some(fault) => format!("error: {fault}"),
        None => line.mrz.text(),
    };
    let exact = match line.exact {
        Some(true) => ", exact",
        Some(false) => ", NOT as its truth says",
        None => "",
    };
    let mut text = format!("{}: {what}{exact} ({:.0} ms)", line.file, line.ms);
    for zone in &line.mrz.lines {
        text.push_str("\n    ");
        text.push_str(zone);
    }
    text
}
