//! `kioskctl eval`: pictures and clips through a reader, one line for each, so that anyone can measure it.
//!
//! ```text
//! DIR ─► walk (sorted) ─► picture ─► reader ─► line: file, what was read, ms ──► exact, where a truth lies beside it
//!                                                                          └──► last line: {"summary": {...}}
//! ```
//!
//! What these commands and `kioskctl document read` print is the one place where the project prints what a document
//! says: it is their purpose, on standard output only, and nothing of it is logged. Every other command, log line and
//! error keeps it back.
//!
//! Faces (`match`, `liveness`, `pad`) print measurements of people, and no picture or template of theirs.
//!
//! A file is a picture by its name's extension ([`walk::EXTENSIONS`]); every other file is skipped. A picture that
//! can't be decoded gives a line with `error`, and nothing read. Names and fields of the lines are a contract:
//! `docs/kioskctl.md` states them.

mod barcode;
mod liveness;
mod matching;
mod mrz;
mod pad;
mod play;
mod proportion;
mod screening;
mod summary;
mod truth;
mod walk;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Failed;
use super::output::Output;
use super::readers::ModelsAt;
use summary::{Outcome, Tally};

/// Runs a reader over a folder of pictures and tells what each gave.
#[derive(Debug, Subcommand)]
pub enum Eval {
    /// Reads the machine readable zone of each picture.
    Mrz {
        /// What is read.
        #[command(flatten)]
        folder: Folder,
        /// Where the models are.
        #[command(flatten)]
        models: ModelsAt,
    },
    /// Reads the barcode (PDF417) of each picture.
    Barcode {
        /// What is read.
        #[command(flatten)]
        folder: Folder,
    },
    /// Compares pairs of pictures of faces.
    Match(matching::Match),
    /// Looks at a clip as the daemon does: pose, openness, passive PAD, gestures.
    Liveness(liveness::Liveness),
    /// Measures passive presentation attack detection.
    Pad(pad::Pad),
    /// Scores pairs of names, and says how well labels or OFAC's own scores are met.
    Screening(screening::Screening),
}

/// The pictures, and how they are told of.
#[derive(Debug, Args)]
pub struct Folder {
    /// The folder; its subfolders are walked too.
    dir: PathBuf,
    /// Prints one JSON object a line: one for each picture, the last one a summary.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(command: &Eval) -> Result<(), Failed> {
    match command {
        Eval::Mrz { folder, models } => mrz::run(folder, models),
        Eval::Barcode { folder } => barcode::run(folder),
        Eval::Match(args) => matching::run(args),
        Eval::Liveness(args) => liveness::run(args),
        Eval::Pad(args) => pad::run(args),
        Eval::Screening(args) => screening::run(args),
    }
}

/// Reads every picture of the folder and prints its line, then the summary; `zones` tells whether valid
/// readings are counted apart from those found.
fn each<L: Serialize>(
    folder: &Folder,
    zones: bool,
    mut read: impl FnMut(&Path) -> L,
    outcome: impl Fn(&L) -> Outcome,
    text: impl Fn(&L) -> String,
) -> Result<(), Failed> {
    let (mut tally, mut output) = (Tally::default(), Output::new());
    for path in walk::pictures(&folder.dir)? {
        let line = read(&path);
        tally.add(&outcome(&line));
        if folder.json {
            output.json(&line)?;
        } else {
            output.line(&text(&line))?;
        }
    }
    let summary = tally.finish(zones);
    if folder.json {
        output.json(&Last { summary })
    } else {
        output.line(&summary.text())
    }
}

/// The last line.
#[derive(Serialize)]
struct Last<S> {
    summary: S,
}
