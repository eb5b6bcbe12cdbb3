//! What an uploaded file says of itself, against what it holds.
//!
//! Only what is measured: the container's number of frames and its rate against the decoded frames and their times. A
//! file with all numbers right proves nothing.

use super::{Judgement, Reason, WhyNot, by_limit};

/// Decoders drop a few frames at the ends of whole files.
const FRAMES_OFF: f32 = 0.15;
/// A stated rate against the mean of the frames' times. Phones' rates waver with the light.
const RATE_OFF: f32 = 0.5;
/// Fewest frames on which a container is judged.
const LEAST_FRAMES: u64 = 10;

/// What a container states and what was decoded of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ContainerFacts {
    /// Frames that it states; `None` where it states none that can be relied on.
    pub stated_frames: Option<u64>,
    /// Frames a second that it states.
    pub stated_fps: Option<f64>,
    /// Frames that were decoded of it, to its end.
    pub frames: u64,
    /// Time of the last since the first, in ms.
    pub length_ms: f64,
    /// Whether it was left before its end.
    pub cut: bool,
}

/// Judges a video's container.
#[must_use]
pub fn judge_container(facts: &ContainerFacts) -> Judgement {
    if facts.cut {
        return Judgement::NotAssessed(WhyNot::TooLong);
    }
    if facts.frames < LEAST_FRAMES {
        return Judgement::NotAssessed(WhyNot::TooShort);
    }
    let off = |one: f64, two: f64| (one - two).abs() / one.max(two).max(f64::EPSILON);
    let count = facts.stated_frames.map(|stated| {
        let off = off(stated as f64, facts.frames as f64);
        Judgement::of(by_limit(off as f32, 0.0, FRAMES_OFF), Reason::FrameCount)
    });
    let rate = facts
        .stated_fps
        .filter(|_| facts.length_ms > 0.0)
        .map(|stated| {
            let real = (facts.frames - 1) as f64 * 1000.0 / facts.length_ms;
            Judgement::of(
                by_limit(off(stated, real) as f32, 0.0, RATE_OFF),
                Reason::FrameRate,
            )
        });
    let found = [count, rate].into_iter().flatten();
    found
        .reduce(Judgement::louder)
        .unwrap_or(Judgement::NotAssessed(WhyNot::NotStated))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: ContainerFacts = ContainerFacts {
        stated_frames: Some(200),
        stated_fps: Some(25.0),
        frames: 199,
        length_ms: 7_920.0,
        cut: false,
    };

    #[test]
    fn a_container_that_fits_its_frames_is_clear() {
        assert!(judge_container(&WHOLE).score() < Some(0.1));
        // A phone that slowed down in the dark.
        let slower = ContainerFacts {
            stated_fps: Some(30.0),
            length_ms: 9_000.0,
            ..WHOLE
        };
        assert!(judge_container(&slower).score() < Some(0.5));
    }

    #[test]
    fn a_container_that_states_other_frames_or_another_rate_is_told() {
        let frames = ContainerFacts {
            stated_frames: Some(400),
            ..WHOLE
        };
        assert_eq!(judge_container(&frames).reason(), Some(Reason::FrameCount));
        let rate = ContainerFacts {
            stated_fps: Some(90.0),
            ..WHOLE
        };
        assert_eq!(judge_container(&rate).reason(), Some(Reason::FrameRate));
    }

    #[test]
    fn what_is_cut_short_or_states_nothing_is_not_assessed() {
        let judged = |facts| judge_container(&facts);
        let cut = ContainerFacts { cut: true, ..WHOLE };
        assert_eq!(judged(cut), Judgement::NotAssessed(WhyNot::TooLong));
        let short = ContainerFacts { frames: 4, ..WHOLE };
        assert_eq!(judged(short), Judgement::NotAssessed(WhyNot::TooShort));
        let silent = ContainerFacts {
            stated_frames: None,
            stated_fps: None,
            ..WHOLE
        };
        assert_eq!(judged(silent), Judgement::NotAssessed(WhyNot::NotStated));
    }
}
