//! `kioskctl document read`: one document, everything that the reader has to say of it.
//!
//! Beside `kioskctl eval` this is the one command that prints what a document says; see there.

mod licence;
mod print;
mod side;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kiosk_inference::document::authenticity::{Signal, Stated, consistency};
use kiosk_inference::document::crosscheck::{self, Crosschecks};
use kiosk_inference::document::viz::Viz;
use kiosk_inference::document::{DocumentReader, DocumentReading};
use kiosk_inference::picture::Picture;
use serde::Serialize;
use serde_json::{Map, Value};
use time::Date;

use self::side::SideTold;
use super::Failed;
use super::output::Output;
use super::readers::{ModelsAt, picture, timed};
use crate::clock::{Clock, SystemClock};

/// JPEG quality of a portrait that is written to a file.
const PORTRAIT_QUALITY: u8 = 92;

/// Reads documents.
#[derive(Debug, Subcommand)]
pub enum Document {
    /// Reads one document's picture, and its back's, and prints all that was read and measured.
    Read(Read),
}

/// One document.
#[derive(Debug, Args)]
pub struct Read {
    /// The picture of its front, or of its only side.
    file: PathBuf,
    /// The picture of its back.
    #[arg(long)]
    back: Option<PathBuf>,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
    /// Writes the holder's portrait into this file, as JPEG.
    #[arg(long)]
    portrait: Option<PathBuf>,
    /// Where the models are.
    #[command(flatten)]
    models: ModelsAt,
}

/// The document.
#[derive(Serialize)]
struct DocumentTold {
    front: SideTold,
    back: Option<SideTold>,
    /// What its parts, both sides together, say of the same thing.
    crosschecks: Map<String, Value>,
    /// Whether all that both sides say can be true of one document.
    consistency: Signal,
}

/// One side, as it was read.
struct Side {
    told: SideTold,
    reading: DocumentReading,
}

/// Runs the command.
pub fn run(command: &Document) -> Result<(), Failed> {
    let Document::Read(args) = command;
    for file in [Some(&args.file), args.back.as_ref()].into_iter().flatten() {
        if !file.is_file() {
            return Err(Failed::Usage(format!(
                "{} is no file; name a picture",
                file.display()
            )));
        }
    }
    let mut reader = args.models.documents()?;
    let today = SystemClock.now().date();
    let front = side(&mut reader, &args.file, today)?;
    let back = match &args.back {
        Some(file) => Some(side(&mut reader, file, today)?),
        None => None,
    };
    let readings: Vec<&DocumentReading> = std::iter::once(&front)
        .chain(&back)
        .map(|side| &side.reading)
        .collect();
    if let Some(file) = &args.portrait {
        let portrait = readings.iter().find_map(|read| read.portrait.as_ref());
        write(file, portrait)?;
    }
    let (crosschecks, consistency) = together(&readings);
    let told = DocumentTold {
        crosschecks: print::crosschecks(&crosschecks),
        consistency,
        front: front.told,
        back: back.map(|side| side.told),
    };
    print(args.json, &told)
}

fn side(reader: &mut DocumentReader, file: &Path, today: Date) -> Result<Side, Failed> {
    let (done, ms) = timed(|| {
        let picture = picture(file).map_err(|fault| fault.to_string())?;
        let reading = reader.read(&picture).map_err(|fault| fault.to_string())?;
        Ok::<_, String>((picture, reading))
    });
    let (picture, reading) =
        done.map_err(|fault| Failed::Work(format!("{}: {fault}", file.display())))?;
    let told = SideTold::new(file, ms, &picture, &reading, today);
    Ok(Side { told, reading })
}

/// Compares zone, barcode and print of both sides: a card's zone or barcode often lies on its back, its print on its
/// front. With it, whether they can all be true.
fn together(readings: &[&DocumentReading]) -> (Crosschecks, Signal) {
    let zones = readings.iter().filter_map(|read| read.mrz.as_ref());
    let zone = zones.max_by_key(|zone| zone.valid);
    let prints: Vec<&Viz> = readings
        .iter()
        .filter_map(|read| read.viz.as_ref())
        .collect();
    let licence = readings.iter().find_map(|read| read.barcode_claims());
    let crosschecks = crosscheck::of_reading(zone, &prints, licence.as_ref());
    let signal = consistency(&Stated {
        mrz: zone,
        sides: &prints,
        licence: readings.iter().find_map(|read| read.read_licence()),
        crosschecks: &crosschecks,
    });
    (crosschecks, signal)
}

fn write(file: &Path, portrait: Option<&Picture>) -> Result<(), Failed> {
    let portrait =
        portrait.ok_or_else(|| Failed::work("no portrait was found: none was written"))?;
    let bytes = portrait
        .encode_jpeg(PORTRAIT_QUALITY)
        .map_err(Failed::work)?;
    std::fs::write(file, bytes)
        .map_err(|error| Failed::Work(format!("{} can't be written: {error}", file.display())))
}

fn print(as_json: bool, told: &DocumentTold) -> Result<(), Failed> {
    let mut output = Output::new();
    if as_json {
        return output.json(told);
    }
    for side in [Some(&told.front), told.back.as_ref()]
        .into_iter()
        .flatten()
    {
        output.line(&side.text())?;
    }
    told.crosschecks.iter().try_for_each(|(name, check)| {
        let result = check["result"].as_str().unwrap_or_default();
        output.line(&format!("{name:<28} {result}"))
    })
}
