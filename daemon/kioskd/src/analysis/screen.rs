//! What a face answers to the kiosk's own screen: its colours given back, its dot followed. Samples while it shows
//! something, judged at the clip's end.

use kiosk_inference::face::{Gaze, Reading, Subject};
use kiosk_inference::liveness::dot::{self, DotPoint, Look};
use kiosk_inference::liveness::flash::{self, NotFlashed, REGIONS, Reflection, Sample, Verdict};
use kiosk_inference::picture::Picture;
use kiosk_session::{
    Assessment, DotAnswer, DotShow, FlashAnswer, FlashShow, FlashVerdict, ScreenShow, Unassessed,
};

/// Samples go on so long after what was shown, ms: light and eyes come late.
const AFTER_MS: f64 = 1_000.0;
/// Samples kept of either: ten seconds at 60 frames a second.
const MOST: usize = 600;

/// What was sampled so far.
#[derive(Default)]
pub(super) struct ScreenWatch {
    show: Option<ScreenShow>,
    samples: Vec<Sample>,
    looks: Vec<Look>,
}

/// What came of what was shown; absent where nothing was.
#[derive(Debug, Clone, Default)]
pub struct ScreenFindings {
    /// The colours.
    pub flash: Option<Assessment<FlashAnswer>>,
    /// The dot.
    pub dot: Option<Assessment<DotAnswer>>,
}

impl ScreenWatch {
    /// Watches for the answer to what is shown.
    pub(super) fn of(show: Option<ScreenShow>) -> Self {
        Self {
            show,
            ..Self::default()
        }
    }

    /// Takes the next frame's face.
    pub(super) fn look(&mut self, picture: &Picture, subject: &Subject, t_ms: f64) {
        let Some(show) = &self.show else {
            return;
        };
        if t_ms > f64::from(show.length_ms) + AFTER_MS {
            return;
        }
        if show.flash.is_some() && self.samples.len() < MOST {
            self.samples.extend(Sample::of(picture, subject, t_ms));
        }
        if show.dot.is_some()
            && self.looks.len() < MOST
            && let Reading::Measured { value, .. } = Gaze::of(subject)
        {
            self.looks.push(Look {
                t_ms,
                yaw_deg: value.yaw_deg,
                pitch_deg: value.pitch_deg,
            });
        }
    }

    /// Judges what was sampled.
    pub(super) fn finish(&self) -> ScreenFindings {
        let show = self.show.as_ref();
        ScreenFindings {
            flash: show
                .and_then(|show| show.flash.as_ref())
                .map(|flash| self.reflected(flash)),
            dot: show
                .and_then(|show| show.dot.as_ref())
                .map(|dot| self.followed(dot)),
        }
    }

    fn reflected(&self, shown: &FlashShow) -> Assessment<FlashAnswer> {
        match flash::judge(&shown.colours, shown.begun_ms, &self.samples) {
            Ok(found) => Assessment::Assessed(answer(&found)),
            Err(NotFlashed::TooFewFrames) => Assessment::NotAssessed(Unassessed::FaceNotUsable),
            Err(NotFlashed::NoSignal) => Assessment::NotAssessed(Unassessed::NotAvailable),
        }
    }

    fn followed(&self, shown: &DotShow) -> Assessment<DotAnswer> {
        let path: Vec<DotPoint> = points(shown);
        match dot::follow(&path, shown.begun_ms, &self.looks) {
            Some(found) => Assessment::Assessed(DotAnswer {
                across: found.across,
                up: found.up,
                lag_ms: found.lag_ms,
                followed: found.passed(),
            }),
            None => Assessment::NotAssessed(Unassessed::FaceNotUsable),
        }
    }
}

/// A path in inference's own terms.
pub(crate) fn points(shown: &DotShow) -> Vec<DotPoint> {
    let point = |place: &kiosk_session::DotPlace| DotPoint {
        t_ms: place.t_ms,
        x: place.x,
        y: place.y,
    };
    shown.path.iter().map(point).collect()
}

fn answer(found: &Reflection) -> FlashAnswer {
    let named = |values: [f32; REGIONS.len()]| {
        let regions = REGIONS.iter().zip(values);
        regions
            .map(|((name, _), value)| ((*name).to_owned(), value))
            .collect()
    };
    FlashAnswer {
        correlations: named(found.correlations),
        strengths: named(found.strengths),
        background: found.background,
        lag_ms: found.lag_ms,
        verdict: match found.verdict() {
            Verdict::Reflects => FlashVerdict::Reflects,
            Verdict::NoAnswer => FlashVerdict::NoAnswer,
            Verdict::Even => FlashVerdict::Even,
            Verdict::Everywhere => FlashVerdict::Everywhere,
        },
    }
}
