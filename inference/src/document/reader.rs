//! The document reader: owns its networks and goes through the stages in order.

use opencv::core::{Mat, MatTraitConst, Size};
use opencv::imgproc;

use super::barcode;
use super::crosscheck::Crosschecks;
use super::findings::findings;
use super::judged;
use super::licence::licence;
use super::outline::{self, Outline};
use super::plane::{Line, straighten};
use super::portrait;
use super::reading::{DocumentReading, MrzReading};
use super::sight::{Sight, candidates, first_telling, on_picture, says_something};
use super::text::{LineRecogniser, OcrB, TextDetector};
use super::viz::VizReader;
use super::zone::{FURTHER_CUTS, Found, Look, Looks, ZoneReader, better};
use crate::Error;
use crate::engine::Engine;
use crate::face::FaceReader;
use crate::pack::Pack;
use crate::picture::Picture;
use crate::stages::{StageTimes, Stopwatch};

/// The longer side, in pixels, of the picture that is worked on.
pub const WORKING_SIDE: u32 = 2000;
/// The longer side at which text is looked for: first, and again where no zone was read.
const DETECTION_SIDES: [i32; 3] = [640, 960, 1600];
/// Lines whose boxes are lower than this, where they were looked for, may have been missed beside.
const SMALL_TEXT_PX: f32 = 14.0;
/// Outlines that are read at most, until one gives a zone or text.
const MOST_TRIED: usize = 3;
/// Height of an OCR-B capital over the distance of characters: 2.8 mm over 2.54 mm.
const CAPITAL_IN_PITCHES: f32 = 1.1;

/// Reads identity documents. Its buffers are its own: one for each thread.
pub struct DocumentReader {
    detector: TextDetector,
    recogniser: Box<dyn LineRecogniser + Send>,
    faces: FaceReader,
    viz: VizReader,
}

impl std::fmt::Debug for DocumentReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DocumentReader")
    }
}

impl DocumentReader {
    /// Loads `text_detector`, `text_recogniser` and the face models of the pack.
    ///
    /// # Errors
    /// [`Error`] where a model is missing or does not load.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        Ok(Self {
            detector: TextDetector::load(engine, pack)?,
            recogniser: Box::new(OcrB::load(engine, pack)?),
            faces: FaceReader::load_without_irises(engine, pack)?,
            viz: VizReader::load(engine, pack)?,
        })
    }

    /// Looks at a picture. That it shows no document, or one that cannot be read, is a finding.
    ///
    /// # Errors
    /// [`Error`] where a network or an image operation fails.
    pub fn read(&mut self, picture: &Picture) -> Result<DocumentReading, Error> {
        let mut watch = Stopwatch::start();
        let (work, scale) = working(picture)?;
        watch.lap("scale");
        let Seen { text, found, .. } = self.zone(&work, &mut watch)?;
        let outlines = outline::find(&work, &text, found.as_ref())?;
        watch.lap("outline");
        let barcodes = barcode::read(picture)?;
        watch.lap("barcodes");
        let lines = text.iter().map(|line| line.quad(1.0, 0.0));
        let sight = Sight {
            picture,
            scale,
            mrz: found.map(|found| reading(found, scale)),
            text: lines
                .map(|quad| quad.map(|[x, y]| [x / scale, y / scale]))
                .collect(),
            licence: licence(&barcodes),
            barcodes,
        };
        let tried = outlines.len().min(MOST_TRIED);
        let page = |at| self.page(&sight, outlines.get(at), &mut watch);
        let (at, mut read) = first_telling(tried, page, says_something)?;
        read.candidates = candidates(&outlines, scale);
        if let (Some(first), Some(corners)) = (read.candidates.get_mut(at), read.outline) {
            // It may have been turned by its text.
            first.corners = corners;
            read.candidates[..=at].rotate_right(1);
        }
        let stages = watch.finish().into_iter().chain(read.stages);
        read.stages = merged_stages(stages.collect());
        Ok(read)
    }

    /// What the picture gives where the document lies there.
    fn page(
        &mut self,
        sight: &Sight<'_>,
        outline: Option<&Outline>,
        watch: &mut Stopwatch,
    ) -> Result<DocumentReading, Error> {
        let Sight { picture, scale, .. } = *sight;
        let straightened = match outline {
            Some(outline) => Some(page(picture, outline, scale)?),
            None => None,
        };
        watch.lap("straighten");
        let portrait = match &straightened {
            Some(page) => portrait::find(&mut self.faces, page)?,
            None => None,
        };
        watch.lap("portrait");
        let mrz = sight.mrz.clone();
        let view = judged::View {
            outline: outline.map(|outline| on_picture(&outline.corners, scale)),
            straightened: straightened.as_ref(),
            mrz: mrz.as_ref(),
            portrait: portrait.as_ref().map(|portrait| portrait.region),
            text: &sight.text,
        };
        let quality = judged::quality(picture, &view)?;
        watch.lap("quality");
        let authenticity = judged::authenticity(picture, &view)?;
        watch.lap("authenticity");
        let mut reading = DocumentReading {
            outline: view.outline,
            candidates: Vec::new(),
            findings: findings(mrz.as_ref(), outline.is_some(), portrait.is_some()),
            straightened,
            mrz,
            portrait_box: portrait.as_ref().map(|portrait| portrait.region),
            portrait_quality: portrait.as_ref().map(|portrait| portrait.quality),
            portrait: portrait.map(|portrait| portrait.picture),
            stages: StageTimes::new(),
            viz: None,
            crosschecks: Crosschecks::default(),
            quality,
            authenticity,
            licence: sight.licence.clone(),
            barcodes: sight.barcodes.clone(),
        };
        reading.settle_findings();
        self.viz.complete(&mut self.detector, &mut reading)?;
        watch.skip();
        if reading.outline.is_some() {
            reading.authenticity.push(reading.consistency());
        }
        Ok(reading)
    }

    /// Reads the machine readable zone alone: the quick way, without outline, portrait and the rest.
    /// `None` where the picture has none that could be read.
    ///
    /// # Errors
    /// [`Error`] where a network or an image operation fails.
    pub fn read_mrz(&mut self, picture: &Picture) -> Result<Option<MrzReading>, Error> {
        let (work, scale) = working(picture)?;
        let seen = self.zone(&work, &mut Stopwatch::start())?;
        Ok(seen.found.map(|found| reading(found, scale)))
    }

    /// Reads the zone in one more frame of a stream: what the characters look like is summed over the
    /// frames that `frames` holds, and the sum is decoded. `None` until a zone could be read.
    ///
    /// # Errors
    /// [`Error`] where a network or an image operation fails.
    pub fn read_mrz_over(
        &mut self,
        frames: &mut MrzFrames,
        picture: &Picture,
    ) -> Result<Option<MrzReading>, Error> {
        let (work, scale) = working(picture)?;
        let seen = self.zone(&work, &mut Stopwatch::start())?;
        if let Some(look) = seen.look {
            frames.looks.add(look);
        }
        let found = better(frames.looks.decided(), seen.found);
        Ok(found.map(|found| reading(found, scale)))
    }

    /// Lines of text and the zone among them; closer looks where the first finds none.
    fn zone(&mut self, work: &Mat, watch: &mut Stopwatch) -> Result<Seen, Error> {
        let mut seen = Seen::default();
        for side in DETECTION_SIDES {
            if !seen.wants(work.cols().max(work.rows()), side) {
                break;
            }
            let text = self.detector.lines(work, side)?;
            watch.lap("text detection");
            let mut reader = ZoneReader {
                recogniser: self.recogniser.as_mut(),
                picture: work,
                budget: FURTHER_CUTS,
                look: None,
            };
            let found = reader.find(&text)?;
            seen.look = reader.look.or(seen.look);
            seen.found = better(seen.found, found);
            watch.lap("mrz");
            seen.text = text;
            seen.side = side;
        }
        Ok(seen)
    }
}

/// What was seen of a zone in a picture.
#[derive(Default)]
struct Seen {
    /// Lines of text.
    text: Vec<Line>,
    /// The best reading.
    found: Option<Found>,
    /// The look with the best fit, be it a reading or not.
    look: Option<Look>,
    /// The longer side at which text was looked for last; 0 before the first time.
    side: i32,
}

impl Seen {
    /// Whether a picture of `longer` pixels is to be looked at with `side` pixels: the first time; a
    /// second time unless a reading with right check digits is there; a third time only where there
    /// is no reading but text so small that it may be a zone's.
    fn wants(&self, longer: i32, side: i32) -> bool {
        let found = self.found.as_ref();
        if self.side == 0 {
            return true;
        }
        if self.side == DETECTION_SIDES[0] {
            return !found
                .is_some_and(|found| found.is_settled() || found.mrz.check_digits.all_right());
        }
        let height = |line: &Line| line.height * self.side as f32 / longer.max(1) as f32;
        let small = |line: &Line| line.length() > 7.0 * line.height && height(line) < SMALL_TEXT_PX;
        found.is_none() && longer >= side * 3 / 4 && self.text.iter().any(small)
    }
}

/// What frames of one document showed of its zone, up to eight, the newest counting. Start a new one
/// when the document changes.
#[derive(Default)]
pub struct MrzFrames {
    looks: Looks,
}

impl MrzFrames {
    /// How many frames are summed.
    #[must_use]
    pub fn count(&self) -> usize {
        self.looks.frames()
    }
}

impl std::fmt::Debug for MrzFrames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MrzFrames")
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

/// The picture at working size, and that size over its own.
fn working(picture: &Picture) -> Result<(Mat, f32), Error> {
    let mat = picture.as_mat()?;
    let longer = picture.width().max(picture.height());
    if longer <= WORKING_SIDE {
        return Ok((mat.try_clone()?, 1.0));
    }
    let scale = f64::from(WORKING_SIDE) / f64::from(longer);
    let side = |pixels: u32| ((f64::from(pixels) * scale).round() as i32).max(1);
    let mut work = Mat::default();
    let size = Size::new(side(picture.width()), side(picture.height()));
    imgproc::resize(&mat, &mut work, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    Ok((work, scale as f32))
}

/// The document cut out of the picture at its own resolution, upright, at most as large as the
/// working picture.
fn page(picture: &Picture, outline: &Outline, scale: f32) -> Result<Picture, Error> {
    let corners = on_picture(&outline.corners, scale);
    let (mut width, mut height) = outline.extent();
    let fit = (1.0 / scale).min(WORKING_SIDE as f32 / width.max(height).max(1.0));
    (width, height) = (width * fit, height * fit);
    let pixels = |side: f32| (side.round() as i32).clamp(16, WORKING_SIDE as i32);
    let mat = straighten(&picture.as_mat()?, &corners, pixels(width), pixels(height))?;
    Ok(Picture::from_mat(&mat)?)
}

fn reading(found: Found, scale: f32) -> MrzReading {
    let differing = |(line, seen): (&String, &String)| {
        line.chars()
            .zip(seen.chars())
            .filter(|(a, b)| a != b)
            .count()
    };
    MrzReading {
        format: found.mrz.format,
        repaired: found
            .decoded
            .lines
            .iter()
            .zip(&found.decoded.seen)
            .map(differing)
            .sum(),
        lines: found.decoded.lines,
        seen: found.decoded.seen,
        certainty: found.decoded.certainty,
        check_digits: found.mrz.check_digits,
        valid: found.valid,
        fields: found.mrz.fields,
        confidence: found.decoded.confidence,
        doubts: found.decoded.doubts,
        line_boxes: found
            .boxes
            .iter()
            .map(|quad| quad.map(|[x, y]| [x / scale, y / scale]))
            .collect(),
        character_px: found.pitch * CAPITAL_IN_PITCHES / scale,
    }
}

/// Stages of one name added up.
fn merged_stages(stages: StageTimes) -> StageTimes {
    let mut sums = StageTimes::new();
    for (name, time) in stages {
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += time,
            None => sums.push((name, time)),
        }
    }
    sums
}
