//! The daemon's own judgement of a clip, and of what its movements answer.

use kiosk_inference::face::FaceReader;
use kiosk_inference::liveness::injection::{Origin, Sign};
use kiosk_session::{
    Assessment, Challenge, Gesture, GestureSeen, LivenessEvidence, Moment, Policy, Prompted,
    Schedule, Unassessed, draw, liveness_passed, passive_pad_passed, presentation_suspected,
};
use kiosk_tests::attack::face::Clip;
use kiosk_tests::material::Material;
use kioskd::analysis::{ClipFindings, ClipJudge, Models, load_from};
use kioskd::service::Answer;
use kioskd::service::injection::injection;
use rand::Rng;
use time::OffsetDateTime;
use uuid::Uuid;

use super::tally::Identity;

/// When everything happens.
pub const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
/// A replay may be started at its best moment: shifts that are tried, in steps of 100 ms.
const SHIFTS: std::ops::Range<i32> = -60..61;

/// Rises when films of the same number come out otherwise, so that scenes of before are not counted beside those of now.
const SIMULATION: u32 = 1;
/// The networks that have a part in the judgement of a clip.
const NETWORKS: [&str; 6] = [
    "face_detector",
    "face_mesh",
    "iris",
    "face_embedding",
    "pad_v2",
    "pad_v1se",
];

/// Models, policy, and a reader for who makes attacks.
pub struct Stage {
    /// Of its values: its comments decide nothing.
    policy_sha256: String,
    /// The daemon's.
    pub models: Models,
    /// The shipped policy.
    pub policy: Policy,
    /// For masks and cut-outs.
    pub reader: FaceReader,
}

/// What the daemon made of one clip.
pub struct Seen {
    findings: ClipFindings,
}

/// What that means as an answer to a challenge.
pub struct Judged {
    pub passive: Option<bool>,
    pub shown: bool,
    pub active: bool,
    pub whole: Option<bool>,
    pub suspected: bool,
}

/// The project's own material.
pub fn material() -> Material {
    Material::below(&kiosk_tests::root()).unwrap()
}

impl Stage {
    pub fn set() -> Self {
        let root = kiosk_tests::root();
        let path = root.join("daemon/session/policies/default.toml");
        let text = std::fs::read_to_string(path).unwrap();
        let policy: Policy = toml::from_str(&text).unwrap();
        let values = serde_json::to_vec(&policy).unwrap();
        Self {
            policy_sha256: kiosk_tests::sha256_hex(&values),
            models: load_from(&root.join("models")).unwrap(),
            policy,
            reader: material().reader().unwrap(),
        }
    }

    /// What scenes of one tally have in common.
    pub fn identity(&self) -> Identity {
        let pack: String = self
            .models
            .hashes_of(&NETWORKS)
            .into_iter()
            .map(|(name, sha256)| format!("{name} {sha256}\n"))
            .collect();
        Identity {
            policy_sha256: self.policy_sha256.clone(),
            pack_sha256: kiosk_tests::sha256_hex(pack.as_bytes()),
            simulation: SIMULATION,
        }
    }

    /// Looks at a clip.
    pub fn look(&mut self, clip: &Clip) -> Seen {
        let mut judge =
            ClipJudge::new(self.policy.usable_face.clone()).from_origin(Origin::Upload { at: NOW });
        for (number, frame) in clip.frames.iter().enumerate() {
            judge
                .look(&mut self.models, frame, clip.t_ms(number))
                .unwrap();
        }
        let findings = judge.finish(&mut self.models, None).unwrap();
        Seen { findings }
    }

    /// A challenge whose sequence is not this one.
    pub fn challenge(&self, not: &[Vec<Gesture>], rng: &mut impl Rng) -> Challenge {
        draw(
            &self.policy.active_liveness,
            not,
            Uuid::nil(),
            NOW,
            |choices| rng.random_range(0..choices),
        )
    }
}

impl Seen {
    pub fn gestures(&self) -> &[GestureSeen] {
        &self.findings.gestures
    }

    pub fn findings(&self) -> &ClipFindings {
        &self.findings
    }

    /// How much of a clip of before it is.
    pub fn again(&self) -> Option<f32> {
        let signs = &self.findings.injection;
        let found = signs.iter().find(|(sign, _)| *sign == Sign::Seen);
        found.and_then(|(_, judged)| judged.score())
    }

    /// As an answer.
    pub fn answers(&self, challenge: &Challenge, policy: &Policy) -> Judged {
        self.moved(challenge, policy, &self.findings.gestures)
    }

    /// As a replay that is started at its best moment.
    pub fn replays(&self, challenge: &Challenge, policy: &Policy) -> Judged {
        let shifted = |steps: i32| -> Vec<GestureSeen> {
            let by_ms = f64::from(steps) * 100.0;
            let moved = self.findings.gestures.iter().map(|one| GestureSeen {
                start_ms: one.start_ms + by_ms,
                peak_ms: one.peak_ms + by_ms,
                end_ms: one.end_ms + by_ms,
                ..*one
            });
            moved.filter(|one| one.start_ms >= 0.0).collect()
        };
        let met = |steps: &i32| {
            let seen = shifted(*steps);
            answer(challenge, &seen).passed()
        };
        let best = SHIFTS.into_iter().find(met).unwrap_or(0);
        self.moved(challenge, policy, &shifted(best))
    }

    fn moved(&self, challenge: &Challenge, policy: &Policy, seen: &[GestureSeen]) -> Judged {
        let prompted = answer(challenge, seen);
        let active = prompted.passed();
        let evidence = evidence(&self.findings, prompted);
        let limit = policy.injection.review_from;
        let loud = |score: Option<f32>| score.is_some_and(|score| score >= limit);
        Judged {
            passive: passive_pad_passed(&evidence.passive, policy),
            shown: presentation_suspected(&evidence, policy),
            active,
            whole: liveness_passed(&evidence, policy),
            suspected: evidence.injection.iter().any(|signal| loud(signal.score)),
        }
    }

    /// A challenge that asks for what was done, when it was done: of people who were asked for nothing.
    pub fn as_asked(&self, like: &Challenge) -> Option<Challenge> {
        let schedule = like.schedule.as_ref()?;
        let mut done: Vec<&GestureSeen> = Vec::new();
        for one in &self.findings.gestures {
            let follows = |last: &&GestureSeen| one.start_ms > last.end_ms + 300.0;
            if done.last().is_none_or(follows) {
                done.push(one);
            }
        }
        done.truncate(3);
        let moment = |one: &&GestureSeen| Moment {
            at_ms: (one.start_ms - 100.0).max(0.0) as u32,
            again_after_ms: 0,
        };
        let asked = Challenge {
            gestures: done.iter().map(|one| one.kind).collect(),
            schedule: Some(Schedule {
                moments: done.iter().map(moment).collect(),
                ..schedule.clone()
            }),
            ..like.clone()
        };
        (!done.is_empty()).then_some(asked)
    }
}

fn answer(challenge: &Challenge, seen: &[GestureSeen]) -> Prompted {
    let answer = Answer {
        challenge,
        answered_at: NOW,
        again_until_ms: None,
    };
    answer.judged(seen)
}

fn evidence(findings: &ClipFindings, prompted: Prompted) -> LivenessEvidence {
    LivenessEvidence {
        check_id: Uuid::nil(),
        verification_id: Uuid::nil(),
        assessed_at: NOW,
        passive: findings.passive.clone(),
        active: Assessment::Assessed(prompted),
        flash: None,
        dot: None,
        colours_declined: false,
        same_face: Assessment::NotAssessed(Unassessed::NoFace),
        gestures: findings.gestures.clone(),
        frames: findings.frames,
        most_faces: findings.most_faces,
        picture: None,
        quality: None,
        injection: injection(findings, None),
        presentation: Some(findings.presentation.clone()),
        models: vec![],
    }
}
