//! What is decided, and why: each reason alone, and how they go together.
// long file: one list of sentences, a reason each; split, a missing reason would not be seen

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use crate::common::{TODAY, answer, decision, document, judged, liveness, policy, selfie};
use kiosk_session::{
    Assessment, CheckDigits, Decision, DocumentEvidence, DocumentKind, FaceMatch, InjectionSign,
    InjectionSignal, KnownFaces, LivenessEvidence, OnKnownFace, OnRecording, PassivePad, Policy,
    Presentation, Prompted, Reason, RiskLevel, SelfieEvidence, Status, Unassessed, Unscreened,
    Warning,
};
use time::Duration;

fn with_document(spoil: impl FnOnce(&mut DocumentEvidence)) -> Decision {
    let mut document = document();
    spoil(&mut document);
    judged(&document, &selfie(), &liveness(), &policy())
}

fn with_selfie(spoil: impl FnOnce(&mut SelfieEvidence)) -> Decision {
    let mut selfie = selfie();
    spoil(&mut selfie);
    judged(&document(), &selfie, &liveness(), &policy())
}

fn with_liveness(spoil: impl FnOnce(&mut LivenessEvidence)) -> Decision {
    let mut liveness = liveness();
    spoil(&mut liveness);
    judged(&document(), &selfie(), &liveness, &policy())
}

fn with_policy(change: impl FnOnce(&mut Policy)) -> Decision {
    let mut policy = policy();
    change(&mut policy);
    judged(&document(), &selfie(), &liveness(), &policy)
}

fn outcome(decision: &Decision) -> (Status, &[Reason]) {
    (decision.status, &decision.reasons)
}

fn at(distance: f32) -> Assessment<FaceMatch> {
    Assessment::Assessed(FaceMatch::uncalibrated(distance))
}

fn unassessed<T>() -> Assessment<T> {
    Assessment::NotAssessed(Unassessed::ModelAbsent)
}

#[test]
fn what_is_right_in_everything_is_approved_by_the_policy_that_is_named() {
    let decided = decision();
    assert_eq!(outcome(&decided), (Status::Approved, [].as_slice()));
    assert_eq!(decided.warnings, [Warning::ScreeningNotAssessed]);
    assert_eq!(decided.checks.document_verified, Some(true));
    assert_eq!(decided.checks.face_match_passed, Some(true));
    assert_eq!(decided.checks.liveness_passed, Some(true));
    assert_eq!(decided.checks.sanctions_clear, None);
    assert_eq!(decided.policy, policy().name);
    assert_eq!(decided.risk_level, RiskLevel::Low);
}

#[test]
fn a_document_is_valid_on_its_last_day_and_expired_on_the_next() {
    let until = |last| with_document(|read| read.fields.as_mut().unwrap().expiry_date = Some(last));
    assert_eq!(outcome(&until(TODAY)), (Status::Approved, [].as_slice()));
    let expired = until(TODAY - Duration::DAY);
    assert_eq!(
        outcome(&expired),
        (Status::Rejected, [Reason::DocumentExpired].as_slice())
    );
    assert_eq!(expired.checks.document_verified, Some(false));
    assert_eq!(expired.risk_level, RiskLevel::High);
}

#[test]
fn a_document_whose_last_day_was_not_read_goes_to_review() {
    let decided = with_document(|read| read.fields.as_mut().unwrap().expiry_date = None);
    assert_eq!(
        outcome(&decided),
        (Status::ManualReview, [Reason::ExpiryNotRead].as_slice())
    );
}

#[test]
fn a_document_that_was_not_read_goes_to_review_and_is_neither_verified_nor_not() {
    let decided = with_document(|read| read.fields = None);
    assert_eq!(
        outcome(&decided),
        (
            Status::ManualReview,
            [Reason::DocumentUnreadable].as_slice()
        )
    );
    assert_eq!(decided.checks.document_verified, None);
}

fn specimen(policy: &Policy) -> Decision {
    let mut document = document();
    document.declared_country = Some("UTO".into());
    document.fields.as_mut().unwrap().issuing_state = "UTO".into();
    judged(&document, &selfie(), &liveness(), policy)
}

#[test]
fn a_specimen_is_rejected() {
    let decided = specimen(&policy());
    assert_eq!(
        outcome(&decided),
        (Status::Rejected, [Reason::SpecimenDocument].as_slice())
    );
}

#[test]
fn where_the_policy_accepts_specimens_one_is_approved_and_the_decision_says_so() {
    let mut policy = policy();
    policy.specimens = true;
    let decided = specimen(&policy);
    assert_eq!(decided.status, Status::Approved);
    assert_eq!(
        decided.warnings,
        [Warning::SpecimenAccepted, Warning::ScreeningNotAssessed]
    );
}

#[test]
fn one_wrong_check_digit_of_any_field_goes_to_review() {
    let spoils: [fn(&mut CheckDigits); 5] = [
        |digits| digits.number = Some(false),
        |digits| digits.birth = Some(false),
        |digits| digits.expiry = Some(false),
        |digits| digits.personal = Some(false),
        |digits| digits.composite = Some(false),
    ];
    for spoil in spoils {
        let decided = with_document(|read| spoil(&mut read.check_digits));
        assert_eq!(
            outcome(&decided),
            (Status::ManualReview, [Reason::CheckDigitFailed].as_slice())
        );
    }
}

#[test]
fn a_layout_without_some_check_digits_is_judged_by_those_that_it_has() {
    let visa = CheckDigits {
        personal: None,
        composite: None,
        ..document().check_digits
    };
    let decided = with_document(|read| read.check_digits = visa);
    assert_eq!(decided.status, Status::Approved);
    let none = with_document(|read| read.check_digits = CheckDigits::default());
    assert_eq!(
        outcome(&none),
        (Status::ManualReview, [Reason::CheckDigitFailed].as_slice())
    );
}

#[test]
fn a_document_that_is_not_what_was_declared_goes_to_review() {
    let decided = with_document(|read| read.declared_kind = Some(DocumentKind::Visa));
    let expected = (
        Status::ManualReview,
        [Reason::DocumentKindMismatch].as_slice(),
    );
    assert_eq!(outcome(&decided), expected);
    let decided = with_document(|read| read.declared_country = Some("SWE".into()));
    assert_eq!(
        outcome(&decided),
        (Status::ManualReview, [Reason::CountryMismatch].as_slice())
    );
}

#[test]
fn nothing_declared_is_nothing_to_disagree_with() {
    let decided = with_document(|read| {
        read.declared_kind = None;
        read.declared_country = None;
    });
    assert_eq!(decided.status, Status::Approved);
}

#[test]
fn two_faces_are_one_person_s_up_to_the_policy_s_distance() {
    let boundary = policy().face_match.max_distance;
    assert_eq!(
        with_selfie(|taken| taken.face_match = at(boundary)).status,
        Status::Approved
    );
    let beyond = with_selfie(|taken| taken.face_match = at(boundary + 1e-4));
    assert_eq!(
        outcome(&beyond),
        (Status::Rejected, [Reason::FailedFaceMatch].as_slice())
    );
    assert_eq!(beyond.checks.face_match_passed, Some(false));
}

#[test]
fn a_face_that_was_not_compared_goes_to_review_with_no_score() {
    let decided = with_selfie(|taken| taken.face_match = unassessed());
    let expected = (
        Status::ManualReview,
        [Reason::FaceMatchNotAssessed].as_slice(),
    );
    assert_eq!(outcome(&decided), expected);
    assert_eq!(decided.checks.face_match_passed, None);
    assert_eq!(decided.checks.face_match_score, None);
}

#[test]
fn several_faces_go_to_review_and_are_told_once() {
    let expected = (Status::ManualReview, [Reason::SeveralFaces].as_slice());
    assert_eq!(outcome(&with_selfie(|taken| taken.faces = 2)), expected);
    assert_eq!(
        outcome(&with_liveness(|judged| judged.most_faces = 3)),
        expected
    );
    let mut crowd = selfie();
    crowd.faces = 2;
    let mut clip = liveness();
    clip.most_faces = 2;
    assert_eq!(
        outcome(&judged(&document(), &crowd, &clip, &policy())),
        expected
    );
}

#[test]
fn without_passive_detection_nobody_is_approved() {
    let decided = with_liveness(|judged| judged.passive = unassessed());
    let expected = (
        Status::ManualReview,
        [Reason::PassivePadNotAssessed].as_slice(),
    );
    assert_eq!(outcome(&decided), expected);
    assert_eq!(decided.checks.liveness_passed, None);
}

#[test]
fn passive_detection_of_too_few_frames_is_none() {
    let few = PassivePad {
        score: 1.0,
        frames: policy().passive_pad.min_frames - 1,
    };
    let decided = with_liveness(|judged| judged.passive = Assessment::Assessed(few));
    let expected = (
        Status::ManualReview,
        [Reason::PassivePadNotAssessed].as_slice(),
    );
    assert_eq!(outcome(&decided), expected);
}

fn doubted() -> Assessment<PassivePad> {
    Assessment::Assessed(PassivePad {
        score: policy().passive_pad.min_score - 0.01,
        frames: 24,
    })
}

#[test]
fn a_clip_that_is_doubted_goes_to_review() {
    let decided = with_liveness(|judged| judged.passive = doubted());
    assert_eq!(
        outcome(&decided),
        (Status::ManualReview, [Reason::PassivePadDoubt].as_slice())
    );
    assert_eq!(decided.checks.liveness_passed, Some(false));
}

#[test]
fn a_challenge_that_was_not_met_goes_to_review() {
    let part = Prompted { met: 1, ..answer() };
    let decided = with_liveness(|judged| judged.active = Assessment::Assessed(part));
    assert_eq!(
        outcome(&decided),
        (Status::ManualReview, [Reason::ChallengeNotMet].as_slice())
    );
    assert_eq!(decided.checks.liveness_passed, Some(false));
}

#[test]
fn a_challenge_that_asked_for_nothing_is_not_met() {
    let nothing = Prompted {
        met: 0,
        asked: 0,
        ..answer()
    };
    let decided = with_liveness(|judged| judged.active = Assessment::Assessed(nothing));
    assert_eq!(
        outcome(&decided),
        (Status::ManualReview, [Reason::ChallengeNotMet].as_slice())
    );
}

#[test]
fn a_clip_that_is_doubted_and_meets_no_challenge_is_an_attack() {
    let decided = with_liveness(|judged| {
        judged.passive = doubted();
        judged.active = Assessment::Assessed(Prompted { met: 0, ..answer() });
    });
    let expected = [Reason::PresentationAttack, Reason::ChallengeNotMet];
    assert_eq!(outcome(&decided), (Status::Rejected, expected.as_slice()));
}

fn sign(sign: InjectionSign, score: Option<f32>) -> InjectionSignal {
    InjectionSignal {
        sign,
        score,
        reason: "a_word".into(),
    }
}

#[test]
fn a_sign_of_an_injection_needs_a_person_from_the_policys_score_on() {
    let limit = policy().injection.review_from;
    let with =
        |score| with_liveness(|judged| judged.injection = vec![sign(InjectionSign::Timing, score)]);
    for quiet in [None, Some(limit - 0.01)] {
        assert_eq!(outcome(&with(quiet)), (Status::Approved, [].as_slice()));
    }
    let loud = with(Some(limit));
    let expected = [Reason::InjectionSuspected];
    assert_eq!(outcome(&loud), (Status::ManualReview, expected.as_slice()));
    assert_eq!(loud.checks.liveness_passed, Some(false));
}

#[test]
fn a_selfie_whose_file_contradicts_it_needs_a_person_and_one_that_says_nothing_does_not() {
    let limit = policy().injection.review_from;
    let with =
        |score| with_selfie(|taken| taken.metadata = Some(sign(InjectionSign::Metadata, score)));
    for quiet in [None, Some(limit - 0.01)] {
        assert_eq!(outcome(&with(quiet)), (Status::Approved, [].as_slice()));
    }
    let expected = [Reason::UploadMetadata];
    let loud = with(Some(limit));
    assert_eq!(outcome(&loud), (Status::ManualReview, expected.as_slice()));
}

fn shown(attack: f32) -> Presentation {
    Presentation {
        weights: "passive-1".into(),
        log_odds: (attack / (1.0 - attack)).ln(),
        attack,
        strongest: Some("banding".into()),
        signals: vec![],
    }
}

#[test]
fn a_screen_that_answers_the_challenge_is_never_passed_and_needs_a_person() {
    let limit = policy().presentation.review_from;
    let quiet = with_liveness(|judged| judged.presentation = Some(shown(limit - 0.01)));
    assert_eq!(outcome(&quiet), (Status::Approved, [].as_slice()));
    let loud = with_liveness(|judged| judged.presentation = Some(shown(0.9)));
    let expected = [Reason::PresentationSuspected];
    assert_eq!(outcome(&loud), (Status::ManualReview, expected.as_slice()));
    assert_eq!(loud.checks.liveness_passed, Some(false));
    assert!(loud.risk_score >= 0.9);
}

#[test]
fn a_screen_that_misses_the_challenge_is_an_attack() {
    let missed = with_liveness(|judged| {
        judged.presentation = Some(shown(0.9));
        judged.active = Assessment::Assessed(Prompted { met: 0, ..answer() });
    });
    let expected = [Reason::PresentationAttack, Reason::ChallengeNotMet];
    assert_eq!(outcome(&missed), (Status::Rejected, expected.as_slice()));
}

fn recorded(judged: &mut LivenessEvidence) {
    judged.injection = vec![InjectionSignal {
        sign: InjectionSign::Source,
        score: None,
        reason: InjectionSignal::RECORDING.into(),
    }];
}

#[test]
fn a_recording_that_answers_a_challenge_is_never_passed_and_needs_a_person() {
    let answered = with_liveness(recorded);
    let expected = [Reason::RecordedAnswer];
    let expected = (Status::ManualReview, expected.as_slice());
    assert_eq!(outcome(&answered), expected);
    assert_eq!(answered.checks.liveness_passed, None);
    let unasked = with_liveness(|judged| {
        recorded(judged);
        judged.active = unassessed();
    });
    assert_eq!(unasked.reasons, [Reason::LivenessNotChallenged]);
}

#[test]
fn where_the_policy_takes_recordings_the_decision_says_so_and_stands() {
    let mut accepting = policy();
    accepting.injection.recordings = OnRecording::Warn;
    let mut shown = liveness();
    recorded(&mut shown);
    let made = judged(&document(), &selfie(), &shown, &accepting);
    assert_eq!(outcome(&made), (Status::Approved, [].as_slice()));
    assert!(made.warnings.contains(&Warning::RecordedAnswer));
    assert_eq!(made.checks.liveness_passed, Some(true));
}

#[test]
fn who_declined_the_colours_is_decided_like_everybody_and_the_decision_says_so() {
    let declined = with_liveness(|judged| judged.colours_declined = true);
    assert_eq!(outcome(&declined), (Status::Approved, [].as_slice()));
    assert!(declined.warnings.contains(&Warning::ColoursDeclined));
}

#[test]
fn the_clips_face_is_held_to_the_selfie_by_a_limit_of_its_own_and_never_a_looser_one() {
    let mut strict = policy();
    strict.same_face.max_distance = 0.2;
    let made = judged(&document(), &selfie(), &liveness(), &strict);
    assert_eq!(made.reasons, [Reason::FaceChanged]);
    let mut documents = policy();
    documents.face_match.max_distance = 0.1;
    let made = judged(&document(), &selfie(), &liveness(), &documents);
    let both = [Reason::FailedFaceMatch, Reason::FaceChanged];
    assert_eq!(
        made.reasons, both,
        "a stricter face match is one of the clip's too"
    );
}

#[test]
fn a_clip_of_before_is_rejected_where_it_meets_the_challenge_and_reviewed_where_not() {
    let replayed = vec![sign(InjectionSign::Seen, Some(0.9))];
    let answered = with_liveness(|judged| judged.injection = replayed.clone());
    let expected = [Reason::ClipSeenBefore];
    assert_eq!(outcome(&answered), (Status::Rejected, expected.as_slice()));
    let missed = with_liveness(|judged| {
        judged.injection = replayed;
        judged.active = Assessment::Assessed(Prompted { met: 0, ..answer() });
    });
    let expected = [Reason::InjectionSuspected, Reason::ChallengeNotMet];
    assert_eq!(missed.status, Status::ManualReview);
    assert!(
        expected
            .iter()
            .all(|reason| missed.reasons.contains(reason))
    );
}

#[test]
fn a_record_of_before_there_were_signs_is_read_and_decided_as_it_was() {
    let mut old = serde_json::to_value(liveness()).unwrap();
    assert!(
        old.get("injection").is_none(),
        "none is written where there is none"
    );
    let read: LivenessEvidence = serde_json::from_value(old.take()).unwrap();
    assert_eq!(read.injection, []);
    let unknown = serde_json::json!({ "sign": "of_tomorrow", "score": null, "reason": "x" });
    let kept: InjectionSignal = serde_json::from_value(unknown.clone()).unwrap();
    assert_eq!(kept.sign, InjectionSign::Other("of_tomorrow".into()));
    assert_eq!(serde_json::to_value(kept).unwrap(), unknown);
}

#[test]
fn a_person_who_was_asked_nothing_goes_to_review() {
    let decided = with_liveness(|judged| judged.active = unassessed());
    let expected = (
        Status::ManualReview,
        [Reason::LivenessNotChallenged].as_slice(),
    );
    assert_eq!(outcome(&decided), expected);
    assert_eq!(decided.checks.liveness_passed, None);
}

#[test]
fn a_face_that_changes_between_selfie_and_clip_is_rejected() {
    let decided = with_liveness(|judged| judged.same_face = at(0.9));
    assert_eq!(
        outcome(&decided),
        (Status::Rejected, [Reason::FaceChanged].as_slice())
    );
    assert_eq!(decided.checks.liveness_passed, Some(false));
    let unknown = with_liveness(|judged| judged.same_face = unassessed());
    let expected = (
        Status::ManualReview,
        [Reason::SameFaceNotAssessed].as_slice(),
    );
    assert_eq!(outcome(&unknown), expected);
}

#[test]
fn where_the_policy_demands_screening_nobody_is_approved_without_it() {
    let decided = with_policy(|policy| policy.unscreened = Unscreened::Review);
    let expected = (
        Status::ManualReview,
        [Reason::ScreeningNotAssessed].as_slice(),
    );
    assert_eq!(outcome(&decided), expected);
    assert_eq!(decided.warnings, []);
}

#[test]
fn a_face_that_the_kiosk_knows_leads_to_what_the_policy_says_of_it() {
    let judge = |known: KnownFaces, what: OnKnownFace| {
        let mut policy = policy();
        policy.known_faces.block_listed = what;
        policy.known_faces.duplicate = what;
        let mut selfie = selfie();
        selfie.known = Some(known);
        let decided = judged(&document(), &selfie, &liveness(), &policy);
        (decided.status, decided.reasons, decided.risk_score)
    };
    let limit = policy().known_faces.max_distance;
    let listed = KnownFaces {
        listed: 3,
        nearest_listed: Some(limit),
        ..KnownFaces::default()
    };
    let twice = KnownFaces {
        enrolled: 9,
        nearest_enrolled: Some(limit - 0.1),
        ..KnownFaces::default()
    };
    for (known, reason) in [
        (listed, Reason::BlockListed),
        (twice, Reason::DuplicateIdentity),
    ] {
        let (status, reasons, _) = judge(known, OnKnownFace::Review);
        assert_eq!((status, reasons), (Status::ManualReview, vec![reason]));
        let (status, _, risk) = judge(known, OnKnownFace::Reject);
        assert_eq!((status, risk), (Status::Rejected, 1.0));
        assert_eq!(judge(known, OnKnownFace::Off).0, Status::Approved);
    }
    let farther = KnownFaces {
        nearest_listed: Some(limit + 0.01),
        nearest_enrolled: Some(limit + 0.01),
        ..listed
    };
    assert_eq!(judge(farther, OnKnownFace::Reject).0, Status::Approved);
}

#[test]
fn of_several_reasons_those_that_reject_come_first() {
    let mut document = document();
    document.check_digits.number = Some(false);
    let mut selfie = selfie();
    selfie.face_match = at(1.2);
    let decided = judged(&document, &selfie, &liveness(), &policy());
    let expected = [Reason::FailedFaceMatch, Reason::CheckDigitFailed];
    assert_eq!(outcome(&decided), (Status::Rejected, expected.as_slice()));
}

#[test]
fn every_reason_leads_away_from_approval_and_has_its_sentence() {
    let all = [
        Reason::DocumentExpired,
        Reason::SpecimenDocument,
        Reason::FailedFaceMatch,
        Reason::FaceChanged,
        Reason::PresentationAttack,
        Reason::ClipSeenBefore,
        Reason::BlockListed,
        Reason::DuplicateIdentity,
        Reason::DocumentUnreadable,
        Reason::CheckDigitFailed,
        Reason::ExpiryNotRead,
        Reason::DocumentKindMismatch,
        Reason::CountryMismatch,
        Reason::DocumentNumberMismatch,
        Reason::NameMismatch,
        Reason::AddressMismatch,
        Reason::BirthDateMismatch,
        Reason::ExpiryDateMismatch,
        Reason::SexMismatch,
        Reason::NationalityMismatch,
        Reason::ScreenRecapture,
        Reason::Photocopy,
        Reason::PortraitPasted,
        Reason::MrzPrint,
        Reason::SuspiciousWords,
        Reason::NotYetValid,
        Reason::ImplausibleDates,
        Reason::DataInconsistent,
        Reason::UploadMetadata,
        Reason::DocumentAuthenticityDoubt,
        Reason::FaceMatchNotAssessed,
        Reason::SeveralFaces,
        Reason::PassivePadNotAssessed,
        Reason::PassivePadDoubt,
        Reason::PresentationSuspected,
        Reason::InjectionSuspected,
        Reason::RecordedAnswer,
        Reason::ChallengeNotMet,
        Reason::LivenessNotChallenged,
        Reason::SameFaceNotAssessed,
        Reason::ScreeningNotAssessed,
    ];
    for reason in all {
        assert_ne!(reason.leads_to(), Status::Approved);
        assert!(reason.sentence().len() > 10);
    }
}

#[test]
fn risk_is_the_largest_that_any_check_leaves() {
    let near = with_selfie(|taken| taken.face_match = at(0.0)).risk_score;
    assert!(
        (near - 0.125).abs() < 1e-6,
        "what passive detection leaves: {near}"
    );
    let far = with_selfie(|taken| taken.face_match = at(0.5)).risk_score;
    assert!(
        (far - 0.5 / 1.2).abs() < 1e-6,
        "half of the distance over its bound: {far}"
    );
    let open = with_liveness(|judged| judged.passive = unassessed());
    assert_eq!((open.risk_score, open.risk_level), (0.5, RiskLevel::Medium));
    let rejected = with_selfie(|taken| taken.face_match = at(1.0));
    assert_eq!(
        (rejected.risk_score, rejected.risk_level),
        (1.0, RiskLevel::High)
    );
}

#[test]
fn evidence_and_policy_as_they_are_kept_give_the_same_decision_again() {
    let mut strict = policy();
    strict.face_match.max_distance = 0.31;
    strict.passive_pad.min_score = 0.875;
    for (policy, doubted) in [(policy(), false), (policy(), true), (strict, false)] {
        let (document, selfie, mut liveness) = (document(), selfie(), liveness());
        if doubted {
            liveness.same_face = at(0.9);
        }
        let made = judged(&document, &selfie, &liveness, &policy);
        let again = judged(
            &kept(&document),
            &kept(&selfie),
            &kept(&liveness),
            &kept(&policy),
        );
        assert_eq!(again, made);
    }
}

/// As it is written down and read again.
fn kept<T: serde::Serialize + serde::de::DeserializeOwned>(what: &T) -> T {
    serde_json::from_str(&serde_json::to_string(what).unwrap()).unwrap()
}
