//! Documents and barcodes out of picture files: how long one takes, how many are right, and how other readers do on
//! the same files.
//!
//! ```text
//! bench-document [--specimens N] [--rounds N] [--threads N] [--seed N] [--peers PYTHON] [--page FILE]
//! ```
//!
//! Readers take turns on each picture, so that what else the machine does meets them all alike. Prints the page, and
//! writes it where `--page` names a file. `cargo xtask bench document` builds and runs this.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use kiosk_inference::document::{DocumentReader, MrzReading, barcode};
use kiosk_inference::picture::{DecodeLimits, Picture};
use kiosk_inference::stages::Stopwatch;
use kiosk_measure::document_peer::DocumentPeer;
use kiosk_measure::figures::{self, Took, commit, ms};
use kiosk_measure::page::{Group, Run, Score, Stages, page};
use kiosk_measure::pictures::{self, Barcode, Document};
use kiosk_measure::say;

/// Measures how documents and barcodes are read.
#[derive(Debug, Parser)]
#[command(name = "bench-document")]
struct Options {
    /// Photographs of each kind of specimen.
    #[arg(long, default_value_t = 8)]
    specimens: usize,
    /// How often each picture is read by each reader.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Threads within one operator of a network.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// What specimens and photographs are drawn from.
    #[arg(long, default_value_t = 0x646f_6375)]
    seed: u64,
    /// A Python that has the peers.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Where the page is written.
    #[arg(long)]
    page: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let mut load = [figures::load()?, 0.0];
    let mut peer = options
        .peers
        .as_deref()
        .map(DocumentPeer::start)
        .transpose()?;
    let versions = peer.as_mut().map(DocumentPeer::versions).transpose()?;
    let specimens = pictures::specimens(options.specimens, options.seed)?;
    let samples = pictures::samples()?;
    let symbols = pictures::symbols(options.specimens, options.seed)?;
    let codes = pictures::barcodes()?;
    let (mut reader, engine) = reader(options.threads)?;
    let mut stages = Stages::default();
    let alone = figures::forget_peak_memory();
    let mut zones = Vec::new();
    for (name, documents) in [
        ("Zones of specimens", &specimens),
        ("Zones of sample documents", &samples),
    ] {
        if documents.is_empty() {
            say(&format!(
                "{name}: none; KIOSK_TESTDATA names a folder with documents/"
            ));
            continue;
        }
        let mut turns = Turns::new(&mut reader, peer.as_mut(), &mut stages);
        zones.push(turns.zones(name, documents, options.rounds)?);
    }
    let mut codes_read = Vec::new();
    for (name, codes) in [("Drawn barcodes", &symbols), ("Sample barcodes", &codes)] {
        if codes.is_empty() {
            say(&format!(
                "{name}: none; KIOSK_TESTDATA names a folder with barcodes/"
            ));
            continue;
        }
        codes_read.push(barcodes(name, codes, peer.as_mut(), options.rounds)?);
    }
    load[1] = figures::load()?;
    let run = Run {
        command: command(&options),
        day: kiosk_tests::now().date().to_string(),
        commit: commit(),
        machine: figures::machine(),
        load,
        engine,
        peers: versions,
        rounds: options.rounds,
        seed: options.seed,
        peak_memory_mb: figures::peak_memory_mb()?,
    };
    let text = page(&run, &zones, &codes_read, &stages);
    say(&text);
    if !alone {
        say("peak memory is that of the whole run: the system does not let it be counted anew");
    }
    if let Some(file) = &options.page {
        std::fs::write(file, text).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// The reader, and what runs it.
fn reader(threads: usize) -> anyhow::Result<(DocumentReader, String)> {
    let (engine, pack) = kiosk_measure::models(threads)?;
    let told = format!(
        "ONNX Runtime on {}, {threads} threads an operator",
        engine.report().in_use
    );
    Ok((DocumentReader::load(&engine, &pack)?, told))
}

/// Readers of zones, one after the other on each picture.
struct Turns<'a> {
    reader: &'a mut DocumentReader,
    peer: Option<&'a mut DocumentPeer>,
    stages: &'a mut Stages,
}

impl<'a> Turns<'a> {
    fn new(
        reader: &'a mut DocumentReader,
        peer: Option<&'a mut DocumentPeer>,
        stages: &'a mut Stages,
    ) -> Self {
        Self {
            reader,
            peer,
            stages,
        }
    }

    fn zones(
        &mut self,
        name: &str,
        documents: &[Document],
        rounds: usize,
    ) -> anyhow::Result<Group> {
        let [mut quick, mut full, mut other] = ["kioskd, quick", "kioskd, full", "PassportEye"]
            .map(|reader| Score {
                reader: reader.into(),
                shown: documents.iter().filter(|one| !one.lines.is_empty()).count(),
                digits_right: Some(0),
                ..Score::default()
            });
        self.warm_up(&documents[0])?;
        for round in 0..rounds {
            for document in documents {
                let (zone, took) = figures::timed(|| self.quick(&document.file))?;
                quick.add(took);
                judge(&mut quick, round, document, &ours(zone.as_ref()));
                if let Some(peer) = &mut self.peer {
                    let zone = peer.zone(&document.file)?;
                    let reading = Reading {
                        relied_upon: zone.digits_right,
                        digits_right: zone.digits_right,
                        lines: zone.lines,
                    };
                    other.add(zone.took);
                    judge(&mut other, round, document, &reading);
                }
                let ((zone, by_stage), took) = figures::timed(|| self.full(&document.file))?;
                full.add(took);
                judge(&mut full, round, document, &ours(zone.as_ref()));
                self.stages.add(&by_stage);
            }
        }
        let mut scores = vec![quick, full];
        scores.extend(self.peer.is_some().then_some(other));
        Ok(Group {
            name: format!("{name}, {} pictures", documents.len()),
            scores,
        })
    }

    fn warm_up(&mut self, document: &Document) -> anyhow::Result<()> {
        self.quick(&document.file)?;
        self.full(&document.file)?;
        if let Some(peer) = &mut self.peer {
            peer.zone(&document.file)?;
        }
        Ok(())
    }

    fn quick(&mut self, file: &Path) -> anyhow::Result<Option<MrzReading>> {
        Ok(self.reader.read_mrz(&decoded(file)?)?)
    }

    fn full(
        &mut self,
        file: &Path,
    ) -> anyhow::Result<(Option<MrzReading>, BTreeMap<&'static str, f64>)> {
        let mut watch = Stopwatch::start();
        let picture = decoded(file)?;
        watch.lap("open and decode");
        let reading = self.reader.read(&picture)?;
        let mut by_stage = BTreeMap::new();
        for (stage, time) in watch.finish().into_iter().chain(reading.stages) {
            *by_stage.entry(stage).or_default() += ms(time);
        }
        Ok((reading.mrz, by_stage))
    }
}

/// What a reader says of a picture's zone.
struct Reading {
    lines: Vec<String>,
    digits_right: bool,
    relied_upon: bool,
}

fn ours(zone: Option<&MrzReading>) -> Reading {
    Reading {
        lines: zone.map(|zone| zone.lines.clone()).unwrap_or_default(),
        digits_right: zone.is_some_and(|zone| zone.check_digits.all_right()),
        relied_upon: zone.is_some_and(|zone| zone.valid),
    }
}

/// Counts a reading; in the first round only, since it does not change.
fn judge(score: &mut Score, round: usize, document: &Document, reading: &Reading) {
    if round > 0 {
        return;
    }
    let shown = !document.lines.is_empty();
    let exact = reading.lines == document.lines;
    if let Some(right) = &mut score.digits_right {
        *right += usize::from(shown && reading.digits_right);
    }
    score.exact += usize::from(shown && exact);
    score.misread += usize::from(reading.relied_upon && !exact);
}

/// Barcodes, ours and zxing-cpp's own binding in turns.
fn barcodes(
    name: &str,
    codes: &[Barcode],
    mut peer: Option<&mut DocumentPeer>,
    rounds: usize,
) -> anyhow::Result<Group> {
    let [mut own, mut other] = ["kioskd", "zxing-cpp (Python)"].map(|reader| Score {
        reader: reader.into(),
        shown: codes.len(),
        ..Score::default()
    });
    let tell =
        |score: &mut Score, took: Took, counts: bool, code: &Barcode, text: Option<&[u8]>| {
            // Barcodes take less than the tick by which processor time is counted.
            score.add(Took {
                cpu_ms: None,
                ..took
            });
            let exact = text == Some(code.text.as_slice());
            score.exact += usize::from(counts && exact);
            score.misread += usize::from(counts && text.is_some() && !exact);
        };
    for round in 0..rounds {
        for code in codes {
            let (found, took) = figures::timed(|| Ok(barcode::read(&decoded(&code.file)?)?))?;
            let text = found.first().map(|found| found.text.as_bytes());
            tell(&mut own, took, round == 0, code, text);
            if let Some(peer) = &mut peer {
                let (took, text) = peer.barcode(&code.file)?;
                let text = text.as_deref().map(str::as_bytes);
                tell(&mut other, took, round == 0, code, text);
            }
        }
    }
    let mut scores = vec![own];
    scores.extend(peer.is_some().then_some(other));
    Ok(Group {
        name: format!("{name}, {} in four rotations each", codes.len() / 4),
        scores,
    })
}

fn decoded(file: &Path) -> anyhow::Result<Picture> {
    let bytes = std::fs::read(file)?;
    Ok(Picture::decode(&bytes, &DecodeLimits::default())?)
}

/// The command that repeats this run.
fn command(options: &Options) -> String {
    let peers = if options.peers.is_some() {
        " --peers"
    } else {
        ""
    };
    let (specimens, rounds) = (options.specimens, options.rounds);
    format!("cargo xtask bench document{peers} --specimens {specimens} --rounds {rounds}")
}
