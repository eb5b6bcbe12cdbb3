//! How far a clip's samples lie from its selfie: real people's clips, where `KIOSK_TESTDATA` names them, every counted frame as
//! selfie and as sample. Who moves as asked must not become another person by it.

use std::path::Path;

use kiosk_capture::{FrameSource, Pacing, Recording};
use kiosk_inference::face::Template;
use kiosk_inference::picture::Picture;
use kiosk_session::Policy;
use kiosk_tests::people::Gesture;
use kioskd::analysis::{ClipJudge, Models, load_from};

use super::reference::reference_clips;

/// How long after a gesture's end its sample may be taken, ms.
const SAMPLED_WITHIN_MS: f64 = 300.0;

/// The counted frames of a clip: their faces, and whether each lies in a gesture or right after it.
fn counted(clip: &Path, models: &mut Models, policy: &Policy) -> Vec<(Template, bool)> {
    let mut recording = Recording::open(clip, Pacing::AsFastAsAsked).unwrap();
    let mut judge = ClipJudge::new(policy.usable_face.clone());
    let mut faces = Vec::new();
    while let Some(frame) = recording.next_frame().unwrap() {
        let picture = Picture::from_frame(&frame).unwrap();
        let t_ms = frame.captured_at().as_secs_f64() * 1e3;
        let before = judge.judged();
        let subject = judge.look(models, &picture, t_ms).unwrap();
        if let Some(subject) = subject.filter(|_| judge.judged() > before) {
            faces.push((t_ms, models.embedder.embed(&picture, &subject).unwrap()));
        }
    }
    let gestures = judge.every_gesture();
    let moves = |t_ms: f64| {
        let mut each = gestures.iter();
        each.any(|one| (one.start_ms..=one.end_ms + SAMPLED_WITHIN_MS).contains(&t_ms))
    };
    let marked = faces.into_iter().map(|(t_ms, face)| (face, moves(t_ms)));
    marked.collect()
}

#[test]
fn nobody_of_the_reference_clips_becomes_another_person_by_moving() {
    let Some(clips) = reference_clips() else {
        return;
    };
    let policy = kioskd::config::policy_over_shipped(&[]).unwrap();
    let mut models = load_from(&kiosk_tests::root().join("models")).unwrap();
    let limit = policy.same_face_distance();
    for clip in clips {
        let faces = counted(&clip, &mut models, &policy);
        let far = |of_gesture: bool| {
            let samples = faces.iter().filter(|(_, moving)| *moving == of_gesture);
            let each = samples.flat_map(|(sample, _)| {
                let selfies = faces.iter().filter(|(_, moving)| !moving);
                selfies.map(|(selfie, _)| sample.distance(selfie))
            });
            let mut distances: Vec<f32> = each.collect();
            distances.sort_by(f32::total_cmp);
            distances
        };
        for (of_gesture, word) in [(true, "in gestures"), (false, "else")] {
            let distances = far(of_gesture);
            let at = |share: f64| {
                let place = (distances.len() as f64 * share) as usize;
                distances.get(place.min(distances.len().saturating_sub(1)))
            };
            println!(
                "{}: {word}: {} pairs, median {:?}, 99th {:?}, farthest {:?}, beyond the limit {}",
                clip.file_stem().unwrap().display(),
                distances.len(),
                at(0.5),
                at(0.99),
                distances.last(),
                distances
                    .iter()
                    .filter(|distance| **distance > limit)
                    .count(),
            );
            assert!(distances.iter().all(|distance| *distance <= limit));
        }
    }
}

/// A performance of the synthetic traveller, every level times `gain`: gestures that count, and all that were seen.
fn performed(models: &mut Models, policy: &Policy, gain: f32) -> [usize; 2] {
    let film = super::material()
        .performance("traveller", &[Gesture::TurnLeft, Gesture::Blink])
        .unwrap();
    let mut recording = Recording::open(&film, Pacing::AsFastAsAsked).unwrap();
    let mut judge = ClipJudge::new(policy.usable_face.clone());
    while let Some(frame) = recording.next_frame().unwrap() {
        let picture = Picture::from_frame(&frame).unwrap();
        let lit = picture.bgr().iter();
        let lit = lit.map(|level| (f32::from(*level) * gain) as u8).collect();
        let picture = Picture::from_bgr(picture.width(), picture.height(), lit).unwrap();
        let t_ms = frame.captured_at().as_secs_f64() * 1e3;
        judge.look(models, &picture, t_ms).unwrap();
    }
    [judge.seen().len(), judge.every_gesture().len()]
}

#[test]
fn what_is_done_in_the_dark_is_seen_and_counts_for_nobody() {
    let policy = kioskd::config::policy_over_shipped(&[]).unwrap();
    let mut models = load_from(&kiosk_tests::root().join("models")).unwrap();
    let [counts, seen] = performed(&mut models, &policy, 1.0);
    println!("in the light {counts} of {seen}");
    assert!(counts >= 2 && counts == seen);
    let [counts, seen] = performed(&mut models, &policy, 0.25);
    println!("in the dark {counts} of {seen}");
    assert!(seen >= 1, "the landmarks are still there");
    assert_eq!(counts, 0);
}
