//! Captures that come to nothing: what the session's log keeps of each, over drawn faces that are nobody's.

use bytes::Bytes;
use kiosk_api::service::ClipUpload;
use kiosk_inference::gate::face::DrawnFace;
use kiosk_inference::picture::Picture;
use kiosk_session::{Assessment, AttemptedStep, FailedAttempt, Reason, Unassessed, living_reasons};

use super::*;

const SIDE: u32 = 480;

/// A drawn face, as high as half of the picture, every level times `gain`.
fn face(number: usize, gain: f32) -> Bytes {
    let face = DrawnFace::of(number);
    let place = |pixel: u32| (f64::from(pixel) / f64::from(SIDE) - 0.5) as f32 * 2.0;
    let bgr = (0..SIDE * SIDE).flat_map(|pixel| {
        let [red, green, blue] = face.at(place(pixel % SIDE), place(pixel / SIDE));
        [blue, green, red].map(|level| (level * gain).round() as u8)
    });
    let picture = Picture::from_bgr(SIDE, SIDE, bgr.collect()).unwrap();
    picture.encode_jpeg(92).unwrap().into()
}

fn nobody() -> Bytes {
    let grey = Picture::from_bgr(SIDE, SIDE, vec![128; (SIDE * SIDE * 3) as usize]).unwrap();
    grey.encode_jpeg(92).unwrap().into()
}

fn clip(challenge_id: Option<uuid::Uuid>, files: Vec<Bytes>) -> ClipUpload {
    ClipUpload {
        challenge_id,
        files,
    }
}

/// A session that asks for a living person alone, agreed to.
async fn begun(kiosk: &Kiosk) -> SessionId {
    let request = NewSession {
        external_user_id: Redacted::new("somebody".into()),
        webhook_url: None,
        redirect_url: None,
        metadata: None,
        consent: Some(Consent {
            source: ConsentSource::Person,
            text_version: "1".into(),
        }),
    };
    let bank = caller("bank");
    let begun = kiosk.service.open_for_liveness(&bank, request).await;
    begun.unwrap().id
}

fn failed(kiosk: &Kiosk, id: SessionId) -> Vec<FailedAttempt> {
    let entries = kiosk.service.journal().entries(id).unwrap();
    let failed = entries
        .into_iter()
        .filter_map(|(_, entry)| match entry.event {
            Event::AttemptFailed { attempt } => Some(*attempt),
            _ => None,
        });
    failed.collect()
}

fn code(answer: Result<kiosk_session::Session, ServiceError>) -> String {
    match answer.map(|session| session.state.name()) {
        Err(ServiceError::Unusable { code, .. }) => code.to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_no_selfie_is_answered_with_why_and_what_was_measured_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let (bank, id) = (caller("bank"), begun(&kiosk).await);
    let add = |picture| kiosk.service.add_selfie(&bank, id, picture);

    assert_eq!(code(add(nobody()).await), "NO_FACE");
    assert_eq!(code(add(face(2, 0.15)).await), "TOO_DARK");
    assert_eq!(
        code(add(Bytes::from_static(b"no picture")).await),
        "PICTURE_FORMAT_UNKNOWN"
    );
    let taken = add(face(2, 1.0)).await.unwrap();
    assert_eq!(taken.state.name(), "pictured");

    let failed = failed(&kiosk, id);
    let codes: Vec<&str> = failed.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["NO_FACE", "TOO_DARK", "PICTURE_FORMAT_UNKNOWN"]);
    assert!(failed.iter().all(|one| one.step == AttemptedStep::Selfie));
    let [empty, dark, unread] = failed.as_slice() else {
        panic!("three failed");
    };
    let measured = empty.selfie.as_ref().unwrap();
    assert_eq!((measured.faces, &measured.quality), (0, &None));
    let quality = dark.selfie.as_ref().unwrap().quality.as_ref().unwrap();
    assert!(
        quality.components["UnderExposurePrevention"] < 51,
        "{quality:?}"
    );
    assert!(dark.models.iter().any(|(name, _)| name == "face_detector"));
    assert_eq!(unread.selfie, None, "nothing was measured");
    let names: Vec<_> = kiosk.service.history(&bank, id).await.unwrap();
    let named = names.iter().filter(|one| one.event == "attempt_failed");
    assert_eq!(named.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_that_comes_late_or_breaks_off_or_lost_its_selfie_leaves_a_record_and_no_state() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let (bank, id) = (caller("bank"), begun(&kiosk).await);
    let service = &kiosk.service;
    service.add_selfie(&bank, id, face(2, 1.0)).await.unwrap();
    let empty = service.add_clip(&bank, id, clip(None, vec![]));
    assert_eq!(code(empty.await), "CLIP_EMPTY");

    // A selfie is replaced while the clip is judged: the clip was compared with the one before.
    let (selfie, files) = (face(2, 1.0), vec![face(2, 1.0); 12]);
    let replacing = service.add_selfie(&bank, id, selfie);
    let judging = service.add_clip(&bank, id, clip(None, files));
    let (replaced, judged) = tokio::join!(replacing, judging);
    assert_eq!(replaced.unwrap().state.name(), "pictured");
    let refused = ServiceError::Refused(Refused::SelfieReplaced).to_string();
    assert_eq!(judged.unwrap_err().to_string(), refused);

    let asked = service.draw_challenge(&bank, id).await.unwrap();
    kiosk.clock.0.fetch_add(31, Ordering::SeqCst);
    let named = Some(asked.challenge_id);
    let late = service.add_clip(&bank, id, clip(named, vec![face(2, 1.0)]));
    let refused = ServiceError::Refused(Refused::ChallengeLate).to_string();
    assert_eq!(late.await.unwrap_err().to_string(), refused);

    let failed = failed(&kiosk, id);
    let codes: Vec<&str> = failed.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["CLIP_EMPTY", "SELFIE_REPLACED", "CHALLENGE_LATE"]);
    assert_eq!(failed[2].challenge_id, named);
    let judged = failed[1].liveness.as_ref().unwrap();
    assert_eq!((judged.frames, judged.picture.as_ref()), (12, None));
    assert!(judged.passive.assessed().is_some() || failed[1].models.len() < 6);
    let policy = &failed[1].policy_sha256;
    assert_eq!(policy.len(), 64);
    let stands = service.session(&bank, id).await.unwrap();
    assert_eq!(stands.state.name(), "challenged");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_what_is_no_picture_is_answered_each_time_and_leaves_room_for_what_says_something()
 {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let (bank, id) = (caller("bank"), begun(&kiosk).await);
    for _ in 0..28 {
        let spoilt = Bytes::from_static(b"no picture");
        let answer = kiosk.service.add_selfie(&bank, id, spoilt).await;
        assert_eq!(code(answer), "PICTURE_FORMAT_UNKNOWN");
    }
    assert_eq!(failed(&kiosk, id).len(), 25);
    let answer = kiosk.service.add_selfie(&bank, id, nobody()).await;
    assert_eq!(code(answer), "NO_FACE");
    assert_eq!(failed(&kiosk, id).len(), 26);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_do_no_better_than_a_dark_selfie_is_not_sent_away_and_a_person_has_to_look() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let (bank, id) = (caller("bank"), begun(&kiosk).await);
    let (service, dark) = (&kiosk.service, face(2, 0.15));
    for _ in 0..2 {
        let answer = service.add_selfie(&bank, id, dark.clone()).await;
        assert_eq!(code(answer), "TOO_DARK");
    }
    let taken = service.add_selfie(&bank, id, dark).await.unwrap();
    let selfie = taken.state.selfie().unwrap();
    assert!(selfie.is_poor);
    let unfit = Assessment::NotAssessed(Unassessed::FaceNotUsable);
    assert_eq!(selfie.face_match, unfit);
    let files = vec![face(2, 1.0); 6];
    let judged = service
        .add_clip(&bank, id, clip(None, files))
        .await
        .unwrap();
    let liveness = judged.state.liveness().unwrap();
    let unfit = Assessment::NotAssessed(Unassessed::FaceNotUsable);
    assert_eq!(liveness.same_face, unfit);
    let reasons = living_reasons(selfie, liveness, service.policy());
    assert!(
        reasons.contains(&Reason::SameFaceNotAssessed),
        "{reasons:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_in_the_dark_counts_for_nothing_and_leaves_a_picture_to_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let (bank, id) = (caller("bank"), begun(&kiosk).await);
    let service = &kiosk.service;
    service.add_selfie(&bank, id, face(2, 1.0)).await.unwrap();
    let files = vec![face(2, 0.15); 6];
    let judged = service
        .add_clip(&bank, id, clip(None, files))
        .await
        .unwrap();
    let liveness = judged.state.liveness().unwrap();
    assert_eq!(liveness.passive.assessed(), None);
    assert_eq!(liveness.same_face.assessed(), None);
    assert!(liveness.picture.is_some());
    let quality = liveness.quality.as_ref().unwrap();
    assert!(quality.components["UnderExposurePrevention"] < 51);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_tried_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let kiosk = kiosk(folder.path());
    let (bank, unasked) = (caller("bank"), begin(&kiosk, "bank").await);
    let answer = kiosk.service.add_selfie(&bank, unasked, nobody()).await;
    let refused = ServiceError::Refused(Refused::ConsentMissing).to_string();
    assert_eq!(answer.unwrap_err().to_string(), refused);
    let id = begun(&kiosk).await;
    let stranger = kiosk
        .service
        .add_selfie(&caller("shop"), id, nobody())
        .await;
    assert!(matches!(stranger, Err(ServiceError::NotFound)));
    assert!(failed(&kiosk, unasked).is_empty() && failed(&kiosk, id).is_empty());
}
