//! A document's picture to findings.

use kiosk_inference::document::authenticity::{
    Signal, SignalKind, Stated, consistency, suspicious_words,
};
use kiosk_inference::document::crosscheck::{self, Crosschecks};
use kiosk_inference::document::viz::Viz;
use kiosk_inference::document::{DocumentReading, MrzFrames, MrzReading};
use kiosk_inference::liveness::injection::Judgement;
use kiosk_inference::picture::Picture;

use super::Models;

/// JPEG quality of pictures kept as evidence: good enough to read them again later.
const EVIDENCE_QUALITY: u8 = 92;

/// What was found on a document.
pub struct DocumentFindings {
    /// The reading itself.
    pub reading: DocumentReading,
    /// The picture that was read, as JPEG.
    pub picture: Vec<u8>,
    /// Its width and height, px.
    pub size: [u32; 2],
    /// The portrait, as JPEG.
    pub portrait: Option<Vec<u8>>,
    /// Hashes of the models that had a part in it.
    pub models: Vec<(String, String)>,
    /// What the parts of all sides that were read say of the same thing, compared.
    pub crosschecks: Crosschecks,
    /// Signs that it is not what it seems, of every side that was read; dates are judged where today is known.
    pub signals: Vec<Signal>,
    /// What the uploaded files say of themselves, judged; none where a camera took them.
    pub words: Option<Judgement>,
}

impl DocumentFindings {
    /// How much there is in it: a valid zone and a portrait is all a camera can hope for.
    pub fn rank(&self) -> (bool, bool, bool) {
        let zone = self.reading.mrz.as_ref();
        (
            zone.is_some_and(|mrz| mrz.valid),
            zone.is_some(),
            self.reading.portrait.is_some(),
        )
    }

    /// Takes from the other side what this one lacks: a card's zone often lies on its back, the portrait on its
    /// front.
    pub fn complete_from(&mut self, other: Self) {
        let zone = self.reading.mrz.as_ref().or(other.reading.mrz.as_ref());
        let sides = [&self.reading.viz, &other.reading.viz];
        let sides: Vec<&Viz> = sides.into_iter().flatten().collect();
        let barcode = self.reading.barcode_claims();
        let barcode = barcode.or_else(|| other.reading.barcode_claims());
        self.crosschecks = crosscheck::of_reading(zone, &sides, barcode.as_ref());
        let licence = self.reading.read_licence();
        self.signals.push(consistency(&Stated {
            mrz: zone,
            sides: &sides,
            licence: licence.or_else(|| other.reading.read_licence()),
            crosschecks: &self.crosschecks,
        }));
        self.signals.extend_from_slice(&other.signals);
        self.words = match (self.words, other.words) {
            (Some(own), Some(others)) => Some(own.louder(others)),
            (own, others) => own.or(others),
        };
        if self.reading.mrz.is_none() {
            self.reading.mrz = other.reading.mrz;
        }
        if self.reading.read_licence().is_none() {
            self.reading.licence = other.reading.licence;
            self.reading.barcodes = other.reading.barcodes;
        }
        if self.portrait.is_none() {
            self.portrait = other.portrait;
            self.reading.portrait = other.reading.portrait;
        }
    }

    /// Takes the zone as it was read over several frames, where this picture alone left it in doubt.
    pub fn settle(&mut self, zone: MrzReading) {
        if self.reading.mrz.as_ref().is_none_or(|own| !own.valid) {
            let sides: Vec<&Viz> = self.reading.viz.iter().collect();
            let barcode = self.reading.barcode_claims();
            self.crosschecks = crosscheck::of_reading(Some(&zone), &sides, barcode.as_ref());
            self.signals.push(consistency(&Stated {
                mrz: Some(&zone),
                sides: &sides,
                licence: self.reading.read_licence(),
                crosschecks: &self.crosschecks,
            }));
            self.reading.mrz = Some(zone);
        }
    }

    /// Nothing is left to wait for.
    pub fn is_complete(&self) -> bool {
        self.rank() == (true, true, true)
    }
}

/// Reads the machine readable zone alone, in one more frame of a stream.
pub fn read_zone(
    models: &mut Models,
    frames: &mut MrzFrames,
    picture: &Picture,
) -> Result<Option<MrzReading>, kiosk_inference::Error> {
    models.documents.read_mrz_over(frames, picture)
}

/// Reads a document.
pub fn read_document(
    models: &mut Models,
    picture: &Picture,
) -> Result<DocumentFindings, kiosk_inference::Error> {
    let reading = models.documents.read(picture)?;
    models.timed(&reading.stages);
    let portrait = reading
        .portrait
        .as_ref()
        .map(|portrait| portrait.encode_jpeg(EVIDENCE_QUALITY))
        .transpose()?;
    Ok(DocumentFindings {
        crosschecks: reading.crosschecks,
        signals: signals(&reading),
        reading,
        picture: picture.encode_jpeg(EVIDENCE_QUALITY)?,
        size: [picture.width(), picture.height()],
        portrait,
        words: None,
        models: models.hashes_of(&[
            "face_detector",
            "mrz_recogniser",
            "text_detector",
            "text_recogniser",
        ]),
    })
}

/// A side's signals; suspicious words are looked for in its visual zone too, where that was read.
fn signals(reading: &DocumentReading) -> Vec<Signal> {
    let mut signals = reading.authenticity.clone();
    let Some(viz) = &reading.viz else {
        return signals;
    };
    let lines: Vec<String> = viz.lines.iter().map(|line| line.text()).collect();
    let words = suspicious_words(lines.iter().map(String::as_str));
    let of_zone = signals
        .iter_mut()
        .find(|signal| signal.kind == SignalKind::SuspiciousWords);
    match of_zone {
        Some(of_zone) if !of_zone.is_raised() => *of_zone = words,
        Some(_) => {}
        None => signals.push(words),
    }
    signals
}
