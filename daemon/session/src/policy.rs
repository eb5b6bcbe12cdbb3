//! The numbers that decide. They stand in one policy file, each with its source; none stands in code.
// long file: every number of the policy with its bounds, so that none is added without

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Gesture;
use crate::prompts::RETURN_MS;

/// A versioned policy, as read from its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Name and version, kept with every decision made by it.
    pub name: String,
    /// Accept documents of ICAO's Utopia (`UTO`): only for demonstrations and tests.
    pub specimens: bool,
    /// How long things may take.
    pub session: SessionPolicy,
    /// When two faces are one person's.
    pub face_match: FaceMatchPolicy,
    /// When a clip shows the selfie's person.
    pub same_face: SameFacePolicy,
    /// When a clip is doubted.
    pub passive_pad: PassivePadPolicy,
    /// When passive detection's signals together are too loud.
    pub presentation: PresentationPolicy,
    /// When a clip is suspected of having been put in a camera's place.
    pub injection: InjectionPolicy,
    /// What a person is asked to do.
    pub active_liveness: ActiveLiveness,
    /// What follows when the kiosk knows the face.
    pub known_faces: KnownFacesPolicy,
    /// Which faces are fit to be compared and judged.
    pub usable_face: UsableFace,
    /// What follows when no watch list was consulted.
    pub unscreened: Unscreened,
    /// Which names on watch lists a person has to look at.
    pub screening: ScreeningPolicy,
    /// What follows when parts of a document differ.
    pub crosscheck: CrosscheckPolicy,
    /// From which score on a signal of a document's authenticity needs a person, by the signal's name.
    pub signals: BTreeMap<String, SignalPolicy>,
    /// Where risk turns from low to medium to high.
    pub risk: RiskPolicy,
}

/// How long a session lives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionPolicy {
    /// Seconds from creation to expiry.
    pub lifetime_s: u32,
}

/// The operating point of the face match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceMatchPolicy {
    /// Largest distance of one person's two embeddings, by the network's own measure.
    pub max_distance: f32,
    /// Where that number comes from.
    pub operating_point: OperatingPoint,
    /// The same in words: who published it, or which calibration gave it.
    pub source: String,
    /// Pairs of two people that were measured at it; 0 where none were.
    pub impostor_pairs: u32,
    /// Those of them that it takes for one person's.
    pub false_matches: u32,
    /// Whether pairs of documents' portraits and selfies made it too: these differ more than two selfies do.
    pub document_to_selfie: DocumentToSelfie,
}

/// When a clip's face is the selfie's: both were taken before one camera within minutes, so that the limit is its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SameFacePolicy {
    /// Largest distance of any of the clip's samples from the selfie, by the network's own measure; the face match's where that is less.
    pub max_distance: f32,
    /// Where that number comes from.
    pub source: String,
}

/// Where a threshold comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatingPoint {
    /// The network's makers published it.
    Published,
    /// A calibration of at least [`LEAST_IMPOSTOR_PAIRS`] pairs gave it.
    Calibrated,
}

/// Whether the threshold was measured on documents' portraits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentToSelfie {
    /// On no such pair: its error rates there are unknown.
    NotCalibrated,
    /// A calibration of such pairs gave it.
    Calibrated,
}

/// Pairs of two people from which a threshold may be called calibrated: with none accepted of so many, the true false
/// match rate is below 0.1 % in 95 of 100 such runs (the rule of three).
pub const LEAST_IMPOSTOR_PAIRS: u32 = 3_000;

/// The operating point of passive presentation attack detection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassivePadPolicy {
    /// Least score, 0 attack to 1 bona fide, that is not doubted.
    pub min_score: f32,
    /// Fewest judged frames on which a clip is judged at all.
    pub min_frames: u32,
}

/// When passive detection's networks and signals together are too loud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresentationPolicy {
    /// Least sum of them, 0 to 1, from which a person has to look and liveness has not passed.
    pub review_from: f32,
}

/// When a clip is suspected of having been put in a camera's place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InjectionPolicy {
    /// Least score of a sign, 0 to 1, from which a person has to look.
    pub review_from: f32,
    /// Least score of a clip seen before from which its answer to a challenge is rejected.
    pub reject_seen_from: f32,
    /// What a recording leads to that answers a challenge in a camera's place.
    pub recordings: OnRecording,
}

/// What a recording leads to that answers a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRecording {
    /// The decision says so and stands: for demonstrations and tests, whose cameras are recordings.
    Warn,
    /// A person has to look.
    Review,
}

/// What a challenge asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActiveLiveness {
    /// Gestures a challenge: some of the head, some of the face, none right after itself.
    pub gestures: usize,
    /// Movements of the head that may be asked for.
    pub head: Vec<Gesture>,
    /// Movements of the face that may be asked for.
    pub face: Vec<Gesture>,
    /// Whether when a gesture comes counts beside its order.
    pub timing: Timing,
    /// Least and most from the clip's first frame to the first gesture's moment, and from a failed try to its only
    /// repetition, ms.
    pub first_ms: [u32; 2],
    /// Least and most from one gesture's moment to the next one's, ms.
    pub gap_ms: [u32; 2],
    /// How long after its moment a gesture may begin, ms.
    pub answer_within_ms: u32,
    /// Whether a kiosk with a screen has a dot followed before.
    pub dot: bool,
    /// Whether a kiosk with a screen lights the face with secret colours before: people who are sensitive to light can be
    /// harmed.
    pub flash: bool,
    /// Seconds to perform them in; the station adds what asking for each once more takes.
    pub timeout_s: u32,
    /// Challenges that one session may be given: the first, and another for each that was not met.
    pub most_challenges: u32,
}

/// What of a challenge's answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// Each gesture comes when it is asked for.
    Binding,
    /// They come in order: for capturing clients that don't know of moments. A clip of before has to guess less.
    OrderOnly,
}

/// Which faces are fit to be compared and judged: near, facing the camera, lit, sharp and bare. Qualities are components of ISO/IEC
/// 29794-5, 0 to 100, by OFIQ's names; what was not assessed is no fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsableFace {
    /// Least height of the face's box, in px.
    pub min_height_px: f32,
    /// Largest yaw and pitch to either side, in degrees.
    pub max_turn_deg: f32,
    /// Least `Sharpness`.
    pub min_sharpness: u8,
    /// Least `UnderExposurePrevention`.
    pub min_under_exposure_prevention: u8,
    /// Least `OverExposurePrevention`.
    pub min_over_exposure_prevention: u8,
    /// Least `FaceOcclusionPrevention`.
    pub min_face_occlusion_prevention: u8,
}

impl UsableFace {
    /// Every face, however small, turned or poor: for single pictures that have to do.
    pub const ANY: Self = Self {
        min_height_px: 0.0,
        max_turn_deg: 180.0,
        min_sharpness: 0,
        min_under_exposure_prevention: 0,
        min_over_exposure_prevention: 0,
        min_face_occlusion_prevention: 0,
    };
}

/// What follows when the kiosk knows a face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFacesPolicy {
    /// Largest distance at which a face among many is taken for a known one.
    pub max_distance: f32,
    /// What a face on the block list leads to.
    pub block_listed: OnKnownFace,
    /// What a face leads to that was approved under another name. Where it is off, nobody is enrolled.
    pub duplicate: OnKnownFace,
}

/// What a known face leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnKnownFace {
    /// It is not looked for.
    Off,
    /// A person has to look.
    Review,
    /// The session is rejected.
    Reject,
}

/// What follows when no watch list was consulted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unscreened {
    /// The decision says so and stands.
    Warn,
    /// A person has to look.
    Review,
}

/// When a name on a watch list is near enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreeningPolicy {
    /// Least score, 0 to 100, of a hit.
    pub review_from: f32,
}

/// What follows when parts of a document state different things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrosscheckPolicy {
    /// What a difference leads to.
    pub differs: OnDifference,
}

/// What a difference between a document's parts leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDifference {
    /// The decision says so and stands.
    Warn,
    /// A person has to look.
    Review,
}

/// The threshold of one signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalPolicy {
    /// What it leads to.
    pub leads_to: OnSignal,
    /// Least score, 0 to 1, from which a person has to look. A signal without a score counts by what it
    /// says.
    pub review_from: f32,
}

/// What a signal leads to. None rejects by itself: what was measured of false alarms does not bear that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnSignal {
    /// The decision says so where the signal is raised, and stands.
    Warn,
    /// A person has to look from the score on.
    Review,
}

/// Bounds of the risk levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskPolicy {
    /// Largest score that is low.
    pub low_up_to: f32,
    /// Largest score that is medium.
    pub medium_up_to: f32,
}

/// A policy that cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PolicyError {
    /// A number lies outside what it can mean.
    #[error("policy: {field} is {value}; set it {remedy}")]
    OutOfRange {
        /// Path of the value in the file.
        field: &'static str,
        /// What it says.
        value: String,
        /// What it may be.
        remedy: &'static str,
    },
}

impl Policy {
    /// All faults of the values, so that they are told at once.
    pub fn faults(&self) -> Vec<PolicyError> {
        let mut faults = Vec::new();
        let mut hold = |holds: bool, field, value: String, remedy| {
            if !holds {
                faults.push(PolicyError::OutOfRange {
                    field,
                    value,
                    remedy,
                });
            }
        };
        let unit = |value: f32| (0.0..=1.0).contains(&value);
        let face = self.face_match.max_distance;
        hold(
            face > 0.0 && face < 2.0,
            "face_match.max_distance",
            face.to_string(),
            "between 0 and 2",
        );
        let FaceMatchPolicy {
            operating_point,
            impostor_pairs: pairs,
            false_matches,
            ..
        } = self.face_match;
        hold(
            !self.face_match.source.trim().is_empty(),
            "face_match.source",
            "empty".to_owned(),
            "to who published the threshold, or which calibration gave it",
        );
        hold(
            operating_point == OperatingPoint::Published || pairs >= LEAST_IMPOSTOR_PAIRS,
            "face_match.impostor_pairs",
            pairs.to_string(),
            "to the calibration's own, at least 3000, or operating_point to \"published\"",
        );
        hold(
            false_matches <= pairs,
            "face_match.false_matches",
            false_matches.to_string(),
            "to at most impostor_pairs",
        );
        hold(
            operating_point == OperatingPoint::Calibrated
                || self.face_match.document_to_selfie == DocumentToSelfie::NotCalibrated,
            "face_match.document_to_selfie",
            "calibrated".to_owned(),
            "to \"not_calibrated\" as long as operating_point is \"published\"",
        );
        let same = &self.same_face;
        hold(
            same.max_distance > 0.0 && same.max_distance < 2.0,
            "same_face.max_distance",
            same.max_distance.to_string(),
            "between 0 and 2",
        );
        hold(
            !same.source.trim().is_empty(),
            "same_face.source",
            "empty".to_owned(),
            "to where the number comes from",
        );
        let pad = self.passive_pad.min_score;
        hold(
            unit(pad),
            "passive_pad.min_score",
            pad.to_string(),
            "from 0 to 1",
        );
        let frames = self.passive_pad.min_frames;
        hold(
            frames > 0,
            "passive_pad.min_frames",
            frames.to_string(),
            "to 1 or more",
        );
        let loud = self.presentation.review_from;
        hold(
            loud > 0.0 && loud <= 1.0,
            "presentation.review_from",
            loud.to_string(),
            "above 0 up to 1",
        );
        let InjectionPolicy {
            review_from,
            reject_seen_from,
            recordings: _,
        } = self.injection;
        hold(
            review_from > 0.0 && review_from <= reject_seen_from && reject_seen_from <= 1.0,
            "injection",
            format!("{review_from} and {reject_seen_from}"),
            "to two values above 0 up to 1, reject_seen_from not below review_from",
        );
        let hit = self.screening.review_from;
        hold(
            (50.0..=100.0).contains(&hit),
            "screening.review_from",
            hit.to_string(),
            "from 50 to 100",
        );
        let known = self.known_faces.max_distance;
        hold(
            // Where the face match's own is a fault, there is nothing to hold this one against.
            known > 0.0 && (known <= face || face <= 0.0),
            "known_faces.max_distance",
            known.to_string(),
            "above 0 and not above face_match.max_distance: among many faces one is soon like another",
        );
        let near = self.usable_face.min_height_px;
        hold(
            near >= 20.0,
            "usable_face.min_height_px",
            near.to_string(),
            "to 20 or more",
        );
        let turn = self.usable_face.max_turn_deg;
        hold(
            (1.0..=60.0).contains(&turn),
            "usable_face.max_turn_deg",
            turn.to_string(),
            "from 1 to 60",
        );
        let least = &self.usable_face;
        for (field, component) in [
            ("usable_face.min_sharpness", least.min_sharpness),
            (
                "usable_face.min_under_exposure_prevention",
                least.min_under_exposure_prevention,
            ),
            (
                "usable_face.min_over_exposure_prevention",
                least.min_over_exposure_prevention,
            ),
            (
                "usable_face.min_face_occlusion_prevention",
                least.min_face_occlusion_prevention,
            ),
        ] {
            hold(
                component <= 100,
                field,
                component.to_string(),
                "from 0 to 100",
            );
        }
        let asked = self.active_liveness.gestures;
        hold(
            (1..=6).contains(&asked),
            "active_liveness.gestures",
            asked.to_string(),
            "from 1 to 6",
        );
        let tries = self.active_liveness.most_challenges;
        hold(
            (1..=10).contains(&tries),
            "active_liveness.most_challenges",
            tries.to_string(),
            "from 1 to 10",
        );
        let (head, face) = (&self.active_liveness.head, &self.active_liveness.face);
        hold(
            head.len() >= 2 && are_all(head, true),
            "active_liveness.head",
            format!("{head:?}"),
            "to two or more of turn_left, turn_right, look_up, look_down and come_closer, each once",
        );
        hold(
            face.len() >= 2 && are_all(face, false),
            "active_liveness.face",
            format!("{face:?}"),
            "to two or more of blink, open_mouth and smile, each once",
        );
        let pauses = &self.active_liveness;
        let rising = |[least, most]: [u32; 2]| least <= most;
        hold(
            rising(pauses.first_ms) && rising(pauses.gap_ms) && pauses.gap_ms[0] >= 1_000,
            "active_liveness.first_ms and gap_ms",
            format!("{:?} and {:?}", pauses.first_ms, pauses.gap_ms),
            "to a least and a most each, the least gap 1000 or more",
        );
        let within = pauses.answer_within_ms;
        hold(
            (1_000..=10_000).contains(&within),
            "active_liveness.answer_within_ms",
            within.to_string(),
            "from 1000 to 10000",
        );
        let gaps = u64::try_from(asked.saturating_sub(1)).unwrap_or(u64::MAX);
        // A slow person's movement comes back late, and is waited for before the next is asked for.
        let answer = u64::from(within) + RETURN_MS as u64;
        let longest = gaps
            .saturating_mul(u64::from(pauses.gap_ms[1]).max(answer))
            .saturating_add(u64::from(pauses.first_ms[1]) + answer);
        hold(
            longest <= u64::from(pauses.timeout_s) * 1_000,
            "active_liveness.timeout_s",
            pauses.timeout_s.to_string(),
            "to no less than the longest schedule takes: first, gaps, and for each answer answer_within_ms and 3 s to come back",
        );
        let wait = self.active_liveness.timeout_s;
        hold(
            (5..=300).contains(&wait),
            "active_liveness.timeout_s",
            wait.to_string(),
            "from 5 to 300",
        );
        let life = self.session.lifetime_s;
        hold(
            life >= 60,
            "session.lifetime_s",
            life.to_string(),
            "to 60 or more",
        );
        let RiskPolicy {
            low_up_to: low,
            medium_up_to: medium,
        } = self.risk;
        hold(
            unit(low) && unit(medium) && low < medium,
            "risk",
            format!("{low} and {medium}"),
            "to two rising values from 0 to 1",
        );
        for limit in self.signals.values() {
            let from = limit.review_from;
            hold(
                unit(from),
                "signals",
                from.to_string(),
                "to thresholds from 0 to 1",
            );
        }
        faults
    }

    /// How far a clip's face may lie from its selfie: its own limit, and never farther than a document's portrait may. One camera's
    /// pictures differ less than a document and its holder, and who makes the face match stricter means both.
    pub const fn same_face_distance(&self) -> f32 {
        self.same_face
            .max_distance
            .min(self.face_match.max_distance)
    }

    /// The policy file that is shipped, for tests of this crate.
    #[cfg(test)]
    #[allow(
        clippy::unwrap_used,
        reason = "a fixture that cannot be read has to end the test"
    )]
    pub(crate) fn default_for_tests() -> Self {
        toml::from_str(include_str!("../policies/default.toml")).unwrap()
    }
}

/// Whether all gestures are of the head (or all of the face), and none stands there twice.
fn are_all(gestures: &[Gesture], of_head: bool) -> bool {
    let first = |(place, gesture): (usize, &Gesture)| !gestures[..place].contains(gesture);
    gestures
        .iter()
        .enumerate()
        .all(|(place, gesture)| gesture.is_of_head() == of_head && first((place, gesture)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_policy_has_no_fault_and_accepts_no_specimens() {
        let policy = Policy::default_for_tests();
        assert_eq!(policy.faults(), []);
        assert!(!policy.specimens);
    }

    #[test]
    fn the_shipped_policy_has_a_threshold_for_every_signal_that_is_known() {
        let policy = Policy::default_for_tests();
        let mut known = crate::SignalName::KNOWN.map(|signal| signal.as_str().to_owned());
        known.sort();
        let named: Vec<String> = policy.signals.into_keys().collect();
        assert_eq!(named, known);
    }

    #[test]
    fn a_clip_made_before_has_to_guess_among_hundreds_of_sequences() {
        let policy = Policy::default_for_tests().active_liveness;
        assert_eq!(crate::sequences(&policy).len(), 172);
    }

    #[test]
    fn pauses_that_fall_or_outlast_the_challenge_are_faults() {
        let mut policy = Policy::default_for_tests();
        policy.active_liveness.first_ms = [2_000, 1_000];
        policy.active_liveness.answer_within_ms = 500;
        policy.active_liveness.gap_ms = [3_000, 20_000];
        assert_eq!(policy.faults().len(), 3);
    }

    #[test]
    fn a_challenge_has_the_time_in_which_slow_answers_come_back() {
        let mut policy = Policy::default_for_tests();
        let pauses = &mut policy.active_liveness;
        (pauses.first_ms, pauses.gap_ms) = ([500, 2_000], [1_000, 3_000]);
        (pauses.answer_within_ms, pauses.timeout_s) = (10_000, 30);
        let faults = policy.faults();
        assert_eq!(faults.len(), 1);
        assert!(
            faults[0].to_string().contains("timeout_s is 30"),
            "{faults:?}"
        );
        policy.active_liveness.timeout_s = 41;
        assert_eq!(policy.faults(), []);
    }

    #[test]
    fn gestures_of_the_wrong_part_or_named_twice_are_faults() {
        let mut policy = Policy::default_for_tests();
        policy.active_liveness.head = vec![Gesture::TurnLeft, Gesture::Blink];
        policy.active_liveness.face = vec![Gesture::Smile, Gesture::Smile];
        policy.active_liveness.most_challenges = 0;
        assert_eq!(policy.faults().len(), 3);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let mut policy = Policy::default_for_tests();
        policy.passive_pad.min_score = 1.5;
        policy.face_match.max_distance = 0.0;
        policy.injection.reject_seen_from = 0.1;
        policy.presentation.review_from = 0.0;
        policy.same_face.source = String::new();
        policy.usable_face.min_sharpness = 101;
        assert_eq!(policy.faults().len(), 6);
    }

    #[test]
    fn a_threshold_is_called_calibrated_only_from_three_thousand_impostor_pairs_on() {
        let mut policy = Policy::default_for_tests();
        policy.face_match.operating_point = OperatingPoint::Calibrated;
        policy.face_match.impostor_pairs = 2_999;
        assert_eq!(policy.faults().len(), 1);
        policy.face_match.impostor_pairs = 3_000;
        policy.face_match.document_to_selfie = DocumentToSelfie::Calibrated;
        assert_eq!(policy.faults(), []);
        policy.face_match.operating_point = OperatingPoint::Published;
        policy.face_match.false_matches = 3_001;
        policy.face_match.source = " ".into();
        assert_eq!(policy.faults().len(), 3);
    }
}
