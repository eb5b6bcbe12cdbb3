//! One side of a document, as it is told.

use std::collections::BTreeMap;
use std::path::Path;

use kiosk_inference::document::authenticity::{Dates, Signal, dates};
use kiosk_inference::document::{
    Candidate, DocumentReading, Finding, Guidance, PortraitQuality, Quality,
};
use kiosk_inference::picture::{Picture, Region};
use serde::Serialize;
use time::Date;

use super::super::readers::ms_rounded;
use super::super::told::{MrzTold, kind_name};
use super::licence::LicenceTold;
use super::print::VizTold;

/// Corners: upper left, upper right, lower right, lower left as it is read.
pub(super) type Quad = [[f32; 2]; 4];

/// One side. Places are pixels of the picture as it stands upright by its EXIF orientation.
#[derive(Serialize)]
pub(super) struct SideTold {
    file: String,
    /// From opening the file to all that stands here, decoding included.
    ms: f64,
    /// Width and height.
    size: [u32; 2],
    /// By its licence's barcode, else by its zone.
    kind: Option<&'static str>,
    /// The document's corners.
    outline: Option<Quad>,
    /// All that may be the document, the one that was read first.
    candidates: Vec<Candidate>,
    /// Width and height of the document cut out and straightened.
    straightened: Option<[u32; 2]>,
    mrz: Option<ZoneTold>,
    /// The visual zone; null where no page was straightened.
    viz: Option<VizTold>,
    barcodes: Vec<BarcodeTold>,
    /// Null where no barcode looks like one.
    licence: Option<LicenceTold>,
    /// Where the portrait lies in the straightened document: x, y, width, height.
    portrait_box: Option<[f32; 4]>,
    /// Width and height of the portrait.
    portrait: Option<[u32; 2]>,
    /// How good the portrait is for matching.
    portrait_quality: Option<PortraitQuality>,
    /// What is lacking.
    findings: Vec<Finding>,
    /// How well the picture shows the document, and what to do about it.
    quality: Quality,
    /// Signs that the document is not what it seems, those of its dates as of today with them.
    authenticity: Vec<Signal>,
    /// Milliseconds by stage.
    stages_ms: BTreeMap<&'static str, f64>,
}

/// The zone, and where it was read.
#[derive(Serialize)]
struct ZoneTold {
    #[serde(flatten)]
    mrz: MrzTold,
    /// Each character's probability, 0 to 1.
    certainty: Vec<Vec<f32>>,
    /// Each line's corners.
    line_boxes: Vec<Quad>,
    /// Height of its characters.
    character_px: f32,
}

#[derive(Serialize)]
struct BarcodeTold {
    /// Plain text, control characters as they are.
    text: String,
    corners: Quad,
}

impl SideTold {
    pub(super) fn new(
        file: &Path,
        ms: f64,
        picture: &Picture,
        read: &DocumentReading,
        today: Date,
    ) -> Self {
        Self {
            file: file.to_string_lossy().into_owned(),
            ms,
            size: size(picture),
            kind: read.kind().map(kind_name),
            outline: read.outline,
            candidates: read.candidates.clone(),
            straightened: read.straightened.as_ref().map(size),
            mrz: read.mrz.as_ref().map(|mrz| ZoneTold {
                mrz: MrzTold::new(Some(mrz), today),
                certainty: mrz.certainty.clone(),
                line_boxes: mrz.line_boxes.clone(),
                character_px: mrz.character_px,
            }),
            viz: read.viz.as_ref().map(VizTold::new),
            barcodes: read
                .barcodes
                .iter()
                .map(|barcode| BarcodeTold {
                    text: barcode.text.clone(),
                    corners: barcode.corners,
                })
                .collect(),
            licence: read.licence.as_ref().map(LicenceTold::new),
            portrait_box: read.portrait_box.map(region),
            portrait: read.portrait.as_ref().map(size),
            portrait_quality: read.portrait_quality,
            findings: read.findings.clone(),
            quality: read.quality.clone(),
            authenticity: signals(read, today),
            stages_ms: read
                .stages
                .iter()
                .map(|(stage, time)| (*stage, ms_rounded(time.as_secs_f64() * 1e3)))
                .collect(),
        }
    }

    /// For a reader's eyes.
    pub(super) fn text(&self) -> String {
        let [width, height] = self.size;
        let mut rows = vec![format!(
            "{}: {width}x{height}, {:.0} ms",
            self.file, self.ms
        )];
        rows.push(match &self.mrz {
            Some(zone) => zone.mrz.text(),
            None => "no machine readable zone".to_owned(),
        });
        rows.extend(self.mrz.iter().flat_map(|zone| zone.mrz.lines.clone()));
        rows.extend(self.viz.iter().flat_map(VizTold::rows));
        rows.extend(
            self.barcodes
                .iter()
                .map(|barcode| format!("barcode   {}", barcode.text.escape_debug())),
        );
        rows.extend(self.licence.iter().flat_map(LicenceTold::rows));
        rows.push(match self.portrait {
            Some([width, height]) => format!("portrait  {width}x{height}"),
            None => "no portrait".to_owned(),
        });
        rows.extend(
            self.findings
                .iter()
                .map(|finding| format!("lacking   {finding:?}")),
        );
        let sentence = |asked: &Guidance| format!("guidance  {}", asked.code.sentence());
        rows.extend(self.quality.guidance.iter().map(sentence));
        let raised = self.authenticity.iter().filter(|signal| signal.is_raised());
        rows.extend(raised.map(|signal| format!("signal    {}", signal.kind.name())));
        rows.join("\n    ")
    }
}

/// The signals of the picture, and those of its dates; none where there is no document.
fn signals(read: &DocumentReading, today: Date) -> Vec<Signal> {
    let mut signals = read.authenticity.clone();
    if read.outline.is_some() {
        signals.extend(dates(&Dates::of_reading(read, today), today));
    }
    signals
}

fn size(picture: &Picture) -> [u32; 2] {
    [picture.width(), picture.height()]
}

const fn region(region: Region) -> [f32; 4] {
    [region.x, region.y, region.width, region.height]
}
