//! All signs of one clip, gathered as its frames come.

use std::time::Duration;

use time::OffsetDateTime;

use super::metadata::{ContainerFacts, judge_container};
use super::repeat::Repeats;
use super::source::{DeviceFacts, judge as judge_source};
use super::timing::judge as judge_times;
use super::{ClipTrace, Judgement, SeenClips, Sign, WhyNot};
use crate::Error;
use crate::face::FaceBox;
use crate::picture::Picture;

/// Times kept of a camera: two minutes at 30 frames a second.
const MOST_TIMES: usize = 3_600;

/// Where a clip comes from, by its own label.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Origin {
    /// A recording that the kiosk's operator named: it stands for no camera, and nobody was before it now.
    #[default]
    Recording,
    /// A camera of the kiosk.
    Camera {
        /// What it says of itself.
        device: DeviceFacts,
        /// When the clip began.
        at: OffsetDateTime,
    },
    /// Uploaded: pictures, or a video.
    Upload {
        /// When it came.
        at: OffsetDateTime,
    },
}

/// Gathers the signs of one clip.
#[derive(Debug, Default)]
pub struct InjectionWatch {
    origin: Origin,
    times: Vec<Duration>,
    repeats: Repeats,
    trace: ClipTrace,
    container: Option<ContainerFacts>,
    words: Option<Judgement>,
}

impl InjectionWatch {
    /// A watch over a clip of this origin.
    #[must_use]
    pub fn of(origin: Origin) -> Self {
        Self {
            origin,
            ..Self::default()
        }
    }

    /// The same, of a clip that answers this: sent again for the same it is none of before.
    #[must_use]
    pub fn of_attempt(mut self, attempt: u128) -> Self {
        self.trace.attempts(attempt);
        self
    }

    /// Whether the clip's own times can be laid beside the kiosk's clock, or why not.
    ///
    /// # Errors
    /// Pictures without times, and recordings.
    pub fn timed(&self) -> Result<(), WhyNot> {
        match (&self.origin, &self.container) {
            (Origin::Recording, _) => Err(WhyNot::Recording),
            (Origin::Upload { .. }, None) => Err(WhyNot::NoTimes),
            _ => Ok(()),
        }
    }

    /// Takes the next frame and the subject's place in it.
    ///
    /// # Errors
    /// Where an image operation fails.
    pub fn look(
        &mut self,
        picture: &Picture,
        face: Option<&FaceBox>,
        t_ms: f64,
    ) -> Result<(), Error> {
        if self.times.len() < MOST_TIMES
            && let Ok(time) = Duration::try_from_secs_f64(t_ms / 1e3)
        {
            self.times.push(time);
        }
        self.repeats.look(picture);
        self.trace.look(picture, face, t_ms)
    }

    /// What the clip's container states, and what was decoded of it.
    pub fn contained(&mut self, facts: ContainerFacts) {
        self.container = Some(facts);
    }

    /// What one picture of the clip says of itself, judged; the loudest counts.
    pub fn worded(&mut self, judged: Judgement) {
        self.words = Some(self.words.map_or(judged, |before| before.louder(judged)));
    }

    /// Every sign that a clip alone gives; its hashes are kept for the clips that follow, where it was no recording.
    pub fn finish(self, seen: &mut SeenClips) -> Vec<(Sign, Judgement)> {
        let not = Judgement::NotAssessed;
        let repeat = self.repeats.judge(self.trace.faces());
        let metadata = self
            .container
            .as_ref()
            .map(judge_container)
            .into_iter()
            .chain(self.words)
            .reduce(Judgement::louder)
            .unwrap_or(not(WhyNot::NotStated));
        let (source, timing, at) = match &self.origin {
            Origin::Recording => (not(WhyNot::Recording), not(WhyNot::Recording), None),
            Origin::Upload { at } => (not(WhyNot::Uploaded), not(WhyNot::Uploaded), Some(*at)),
            Origin::Camera { device, at } => {
                (judge_source(device), judge_times(&self.times), Some(*at))
            }
        };
        let before = match at {
            Some(at) => {
                let before = seen.judge(&self.trace, at);
                seen.keep(self.trace, at);
                before
            }
            None => not(WhyNot::Recording),
        };
        vec![
            (Sign::Source, source),
            (Sign::Timing, timing),
            (Sign::Repeat, repeat),
            (Sign::Seen, before),
            (Sign::Metadata, metadata),
        ]
    }
}
