//! What a step found, as the station's screen and reports draw it. Local and for the person's own
//! session: it holds pictures, and goes over the control socket only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kiosk_inference::document::mrz::MrzDate;
use kiosk_inference::document::{DocumentReading, MrzReading};
use kiosk_inference::face::Subject;
use kiosk_session::{
    Assessment, FaceMatch, GestureSeen, MatchCalibration, PassivePad, Presentation, SessionId,
};
use serde::Serialize;

use crate::analysis::{ClipFindings, DocumentFindings, Moment, SelfieFindings};

/// A step's answer.
#[derive(Serialize)]
pub struct Step<V> {
    /// The session.
    pub session_id: SessionId,
    /// The name of its state now.
    pub state: &'static str,
    /// From the call to the durable record.
    pub ms: f64,
    /// What was found.
    pub found: V,
}

/// A face in a picture: px from its top left.
#[derive(Serialize)]
pub struct FaceView {
    /// x, y, width, height.
    pub bounds: [f32; 4],
    /// 468 points of the mesh.
    pub landmarks: Vec<[f32; 2]>,
    /// Yaw, pitch, roll in degrees.
    pub pose_deg: [f32; 3],
}

impl FaceView {
    fn of(subject: &Subject) -> Self {
        let bounds = &subject.bounds;
        Self {
            bounds: [bounds.x, bounds.y, bounds.width, bounds.height],
            landmarks: subject
                .landmarks
                .iter()
                .map(|point| [point[0], point[1]])
                .collect(),
            pose_deg: [
                subject.pose.yaw_deg,
                subject.pose.pitch_deg,
                subject.pose.roll_deg,
            ],
        }
    }
}

/// A document as it was found.
#[derive(Serialize)]
pub struct DocumentView {
    /// The picture, JPEG in base64.
    pub picture: String,
    /// Corners of the page, px.
    pub outline: Option<[[f32; 2]; 4]>,
    /// Corners of each line of the machine-readable zone, px.
    pub line_boxes: Vec<[[f32; 2]; 4]>,
    /// Width of the picture, px.
    pub width: u32,
    /// Height of the picture, px.
    pub height: u32,
    /// Corners of the portrait, px.
    pub portrait_box: Option<[[f32; 2]; 4]>,
    /// Layout of the zone.
    pub layout: Option<String>,
    /// Every check digit is right.
    pub valid: Option<bool>,
    /// What the zone says, label by label, as the screen shows it to the person.
    pub fields: Vec<(&'static str, String)>,
}

impl DocumentView {
    /// The view of some findings.
    pub fn of(findings: &DocumentFindings) -> Self {
        let zone = findings.reading.mrz.as_ref();
        Self {
            picture: STANDARD.encode(&findings.picture),
            outline: findings.reading.outline,
            line_boxes: zone.map(|mrz| mrz.line_boxes.clone()).unwrap_or_default(),
            width: findings.size[0],
            height: findings.size[1],
            portrait_box: portrait_box(&findings.reading),
            layout: zone.map(|mrz| mrz.format.name().to_owned()),
            valid: zone.map(|mrz| mrz.valid),
            fields: zone.map(fields).unwrap_or_default(),
        }
    }
}

/// The zone's fields with their labels.
fn fields(mrz: &MrzReading) -> Vec<(&'static str, String)> {
    let read = &mrz.fields;
    let date = |date: Option<MrzDate>| date.map(MrzDate::to_mrz).unwrap_or_default();
    vec![
        ("Document code", read.document_code.clone()),
        ("Issuing state", read.issuing_state.clone()),
        ("Document number", read.document_number.clone()),
        ("Primary identifier", read.names.primary.clone()),
        ("Secondary identifier", read.names.secondary.clone()),
        ("Nationality", read.nationality.clone()),
        ("Birth (YYMMDD)", date(read.birth)),
        ("Expiry (YYMMDD)", date(read.expiry)),
    ]
}

/// The portrait's corners in the picture: its place on the straightened page, seen through the page's perspective.
fn portrait_box(reading: &DocumentReading) -> Option<[[f32; 2]; 4]> {
    let (corners, page, region) = (
        reading.outline?,
        reading.straightened.as_ref()?,
        reading.portrait_box.as_ref()?,
    );
    let (width, height) = (page.width() as f32, page.height() as f32);
    let (left, top) = (region.x / width, region.y / height);
    let (right, bottom) = (left + region.width / width, top + region.height / height);
    Some(
        [[left, top], [right, top], [right, bottom], [left, bottom]].map(|at| through(corners, at)),
    )
}

/// A place on the unit square, seen through the perspective that maps it to four corners (upper left, upper right,
/// lower right, lower left). Heckbert, Fundamentals of Texture Mapping (1989), section 2.2.3.
fn through(corners: [[f32; 2]; 4], [u, v]: [f32; 2]) -> [f32; 2] {
    let [a, b, c, d] = corners;
    let sum = [a[0] - b[0] + c[0] - d[0], a[1] - b[1] + c[1] - d[1]];
    let one = [b[0] - c[0], b[1] - c[1]];
    let two = [d[0] - c[0], d[1] - c[1]];
    let whole = one[0] * two[1] - two[0] * one[1];
    let (g, h) = if whole.abs() < f32::EPSILON {
        (0.0, 0.0)
    } else {
        (
            (sum[0] * two[1] - two[0] * sum[1]) / whole,
            (one[0] * sum[1] - sum[0] * one[1]) / whole,
        )
    };
    let depth = g * u + h * v + 1.0;
    std::array::from_fn(|axis| {
        let along_u = b[axis] - a[axis] + g * b[axis];
        let along_v = d[axis] - a[axis] + h * d[axis];
        (along_u * u + along_v * v + a[axis]) / depth
    })
}

/// A selfie as it was taken.
#[derive(Serialize)]
pub struct SelfieView {
    /// The picture, JPEG in base64.
    pub picture: String,
    /// Its width, px.
    pub width: u32,
    /// Its height, px.
    pub height: u32,
    /// The person's face.
    pub face: FaceView,
    /// Against the document's portrait.
    pub face_match: Assessment<FaceMatch>,
    /// What that distance stands on: `not_calibrated` without a calibration of documents' portraits.
    pub calibration: MatchCalibration,
}

impl SelfieView {
    /// The view of some findings.
    pub fn of(findings: &SelfieFindings) -> Self {
        Self {
            picture: STANDARD.encode(&findings.picture),
            width: findings.size[0],
            height: findings.size[1],
            face: FaceView::of(&findings.subject),
            face_match: findings.face_match.clone(),
            calibration: findings
                .face_match
                .assessed()
                .map(|found| found.calibration)
                .unwrap_or_default(),
        }
    }
}

/// A clip as it was judged.
#[derive(Serialize)]
pub struct ClipView {
    /// The best frame, JPEG in base64.
    pub picture: Option<String>,
    /// Its width, px.
    pub width: Option<u32>,
    /// Its height, px.
    pub height: Option<u32>,
    /// The face in it.
    pub face: Option<FaceView>,
    /// Passive detection.
    pub passive: Assessment<PassivePad>,
    /// Passive detection's own signals, and all of it as one.
    pub presentation: Presentation,
    /// The clip's face against the selfie's.
    pub same_face: Assessment<FaceMatch>,
    /// What moved.
    pub gestures: Vec<GestureSeen>,
    /// Every frame's measurements.
    pub timeline: Vec<Moment>,
}

impl ClipView {
    /// The view of some findings.
    pub fn of(findings: &ClipFindings) -> Self {
        Self {
            picture: findings
                .best
                .as_ref()
                .map(|best| STANDARD.encode(&best.picture)),
            width: findings.best.as_ref().map(|best| best.size[0]),
            height: findings.best.as_ref().map(|best| best.size[1]),
            face: findings
                .best
                .as_ref()
                .map(|best| FaceView::of(&best.subject)),
            passive: findings.passive.clone(),
            presentation: findings.presentation.clone(),
            same_face: findings.same_face.clone(),
            gestures: findings.gestures.clone(),
            timeline: findings.timeline.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_the_unit_square_are_seen_at_the_four_corners() {
        let corners = [[10.0, 20.0], [210.0, 30.0], [190.0, 150.0], [5.0, 120.0]];
        for (place, at) in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
            .into_iter()
            .enumerate()
        {
            let seen = through(corners, at);
            for axis in 0..2 {
                assert!((seen[axis] - corners[place][axis]).abs() < 1e-3, "{seen:?}");
            }
        }
    }
}
