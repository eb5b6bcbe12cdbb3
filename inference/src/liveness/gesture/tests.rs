//! Movements with start, peak and return are found; drift, steps and noise are not.

use super::*;

const REST: [f32; 4] = [0.0, -3.0, 0.7, 0.0];

/// Yaw, pitch, eyes, mouth of a face whose mouth is at rest otherwise and whose head keeps its width.
fn sample([yaw, pitch, eyes, mouth]: [f32; 4]) -> Sample {
    Sample {
        yaw,
        pitch,
        eyes,
        mouth,
        width: 0.55,
        proportion: 1.0,
        shape: Shape::NONE,
    }
}

/// Pushes `seconds` of 30 frames a second.
fn run(seconds: f64, values: impl Fn(f64) -> [f32; 4]) -> Vec<Gesture> {
    let mut detector = GestureDetector::new();
    for frame in 0..(seconds * 30.0) as usize {
        let t_ms = frame as f64 * 1000.0 / 30.0;
        detector.take(t_ms, sample(values(t_ms)));
    }
    detector.finish()
}

/// A hump of `height` between two times.
fn hump(t_ms: f64, from: f64, to: f64, height: f32) -> f32 {
    let phase = ((t_ms - from) / (to - from)).clamp(0.0, 1.0);
    height * (phase * std::f64::consts::PI).sin() as f32
}

#[test]
fn a_turn_to_each_side_is_found_with_its_peak() {
    for (height, kind) in [
        (25.0, GestureKind::TurnLeft),
        (-25.0, GestureKind::TurnRight),
    ] {
        let found = run(4.0, |t| {
            [hump(t, 1000.0, 2000.0, height), REST[1], REST[2], REST[3]]
        });
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].kind, kind);
        assert!((found[0].peak_ms - 1500.0).abs() < 40.0, "{found:?}");
        assert!((900.0..1200.0).contains(&found[0].start_ms), "{found:?}");
        assert!((1750.0..2100.0).contains(&found[0].end_ms), "{found:?}");
    }
}

/// As a reference clip shows: the head swings past straight ahead, so that its rest is read on the side to which it turns.
#[test]
fn a_turn_over_12_degrees_is_found_from_a_rest_that_leans_the_same_way() {
    let turned = |rest: f32, peak: f32| {
        run(6.0, |t| {
            [
                rest + hump(t, 3000.0, 4000.0, peak - rest),
                REST[1],
                REST[2],
                REST[3],
            ]
        })
    };
    assert_eq!(turned(-3.5, -13.0).len(), 1);
    assert!(turned(-3.5, -11.0).is_empty(), "not 12 from straight ahead");
    assert!(turned(3.5, 10.0).is_empty());
    assert!(turned(-8.0, -15.0).is_empty(), "too little from rest");
}

/// The lids are down in one frame of a reference clip, and half down in the next.
#[test]
fn a_blink_that_one_frame_shows_is_found_and_the_iris_networks_flicker_is_none() {
    let lids = |shut: f32, half: f32| {
        run(3.0, |t| {
            let eyes = match (t * 0.03).round() as usize {
                45 => shut,
                46 => half,
                _ => 0.88,
            };
            [0.0, REST[1], eyes, 0.0]
        })
    };
    let found = lids(0.09, 0.69);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!((found[0].peak_ms - 1500.0).abs() <= 40.0, "{found:?}");
    // The largest flicker of that clip.
    assert!(lids(0.36, 0.71).is_empty());
}

#[test]
fn nods_blinks_and_an_open_mouth_are_told_apart() {
    let found = run(8.0, |t| {
        [
            0.0,
            REST[1] + hump(t, 1000.0, 2000.0, 15.0) - hump(t, 2500.0, 3500.0, 15.0),
            REST[2] - hump(t, 4000.0, 4250.0, 0.6),
            hump(t, 5000.0, 6500.0, 0.6),
        ]
    });
    let kinds: Vec<GestureKind> = found.iter().map(|gesture| gesture.kind).collect();
    use GestureKind::{Blink, LookDown, LookUp, OpenMouth};
    assert_eq!(kinds, [LookUp, LookDown, Blink, OpenMouth]);
}

#[test]
fn who_shows_teeth_at_rest_has_opened_no_mouth_until_it_opens() {
    let found = run(8.0, |t| {
        let mouth = 0.28 + hump(t, 5000.0, 6500.0, 0.3);
        [0.0, REST[1], REST[2], mouth]
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, GestureKind::OpenMouth);
    assert!(found[0].start_ms > 4_500.0, "{found:?}");
}

/// As two prints of a talker were read, whose paper alone moved: one now and then as a mouth at rest, one never.
#[test]
fn a_mouth_that_is_held_open_and_read_unsteadily_opens_none() {
    let now_and_then = |t: f64| 0.43 - hump(t, 1500.0, 2200.0, 0.1) + hump(t, 3000.0, 4500.0, 0.2);
    let never = |t: f64| 0.7 - hump(t, 1500.0, 2200.0, 0.3) - hump(t, 4200.0, 4400.0, 0.3);
    for mouth in [&now_and_then as &dyn Fn(f64) -> f32, &never] {
        let found = run(6.0, |t| [0.0, REST[1], REST[2], mouth(t)]);
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn a_movement_that_was_under_way_when_the_clip_began_is_none() {
    let found = run(4.0, |t| {
        [0.0, REST[1], REST[2], 0.6 - hump(t, 500.0, 3000.0, 0.6)]
    });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn who_rests_with_parted_lips_for_long_can_still_open_the_mouth() {
    let found = run(18.0, |t| {
        let lips = if t < 500.0 { 0.34 } else { 0.38 };
        let mouth = lips + hump(t, 14_000.0, 15_500.0, 0.5);
        [0.0, REST[1], REST[2], mouth]
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, GestureKind::OpenMouth);
}

#[test]
fn a_turn_that_goes_out_of_sight_counts_once_it_is_back() {
    let mut detector = GestureDetector::new();
    for frame in 0..120 {
        let t_ms = f64::from(frame) * 1000.0 / 30.0;
        let yaw = hump(t_ms, 1000.0, 3000.0, 60.0);
        if yaw > 40.0 {
            detector.interrupt();
        } else {
            detector.take(t_ms, sample([yaw, REST[1], REST[2], REST[3]]));
        }
    }
    let found = detector.finish();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, GestureKind::TurnLeft);
}

#[test]
fn a_picture_that_was_tilted_out_of_sight_turns_nothing_when_it_is_straightened() {
    let mut detector = GestureDetector::new();
    for frame in 0..120 {
        let t_ms = f64::from(frame) * 1000.0 / 30.0;
        // Upright, then covered, then uncovered at a slant that reads as a turn, then upright again.
        let tilted = hump(t_ms, 1000.0, 3000.0, 20.0);
        let slant = Sample {
            proportion: 1.0 - 0.015 * tilted,
            ..sample([tilted, REST[1], REST[2], REST[3]])
        };
        if (1000.0..2000.0).contains(&t_ms) {
            detector.interrupt();
        } else {
            detector.take(t_ms, slant);
        }
    }
    assert_eq!(detector.finish(), []);
}

#[test]
fn a_bystander_s_rest_is_not_the_rest_of_who_comes_after_him() {
    let turned = |forgotten: bool| {
        let mut detector = GestureDetector::new();
        for frame in 0..240 {
            let t_ms = f64::from(frame) * 1000.0 / 30.0;
            // He looks aside for two seconds; she faces the camera and turns to where he looked.
            let yaw = match t_ms < 2000.0 {
                true => -25.0,
                false => -hump(t_ms, 4000.0, 5500.0, 25.0),
            };
            if frame == 60 && forgotten {
                detector.forget();
            } else if frame == 60 {
                detector.interrupt();
            }
            detector.take(t_ms, sample([yaw, REST[1], REST[2], REST[3]]));
        }
        detector.finish()
    };
    let found = turned(true);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, GestureKind::TurnRight);
    assert_ne!(turned(false), found);
}

#[test]
fn who_faces_a_screen_beside_the_camera_is_at_rest_after_a_while_and_can_turn_further() {
    let found = run(18.0, |t| {
        let yaw = 10.0 + hump(t, 15_000.0, 16_500.0, 25.0);
        [yaw, REST[1], REST[2], REST[3]]
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, GestureKind::TurnLeft);
}

#[test]
fn a_smile_is_found_and_speech_is_none() {
    let widened = |by: f32| {
        let mut detector = GestureDetector::new();
        for frame in 0..120 {
            let t_ms = f64::from(frame) * 1000.0 / 30.0;
            let width = 0.55 * (1.0 + hump(t_ms, 1000.0, 2500.0, by));
            detector.take(
                t_ms,
                Sample {
                    width,
                    ..sample(REST)
                },
            );
        }
        detector.finish()
    };
    let found = widened(0.35);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, GestureKind::Smile);
    assert!(widened(0.12).is_empty());
}

#[test]
fn a_turn_that_narrows_the_face_as_a_plane_is_narrowed_is_none() {
    let turned = |narrowed: f32| {
        let mut detector = GestureDetector::new();
        for frame in 0..120 {
            let t_ms = f64::from(frame) * 1000.0 / 30.0;
            let turned = hump(t_ms, 1000.0, 2500.0, 1.0);
            let sample = Sample {
                yaw: 18.0 * turned,
                proportion: 1.0 - narrowed * turned,
                ..sample(REST)
            };
            detector.take(t_ms, sample);
        }
        detector.finish()
    };
    assert_eq!(turned(0.05).len(), 1);
    assert!(turned(0.25).is_empty());
}

#[test]
fn a_head_that_turns_and_stays_has_made_no_gesture() {
    let found = run(4.0, |t| {
        [
            if t < 1000.0 { 0.0 } else { 20.0 },
            REST[1],
            REST[2],
            REST[3],
        ]
    });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn closing_the_eyes_for_long_is_no_blink() {
    let closed = |t: f64| {
        if (1000.0..3500.0).contains(&t) {
            0.0
        } else {
            0.7
        }
    };
    let found = run(5.0, |t| [REST[0], REST[1], closed(t), REST[3]]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn small_movements_and_slow_drift_are_no_gesture() {
    let found = run(20.0, |t| {
        let sway = (t / 700.0).sin() as f32;
        [
            6.0 * sway,
            REST[1] + 4.0 * sway,
            0.7 + 0.1 * sway,
            0.05 + 0.05 * sway,
        ]
    });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_clip_that_begins_turned_away_counts_the_way_back_as_nothing() {
    let found = run(4.0, |t| {
        [
            if t < 1000.0 { 30.0 } else { 0.0 },
            REST[1],
            REST[2],
            REST[3],
        ]
    });
    assert!(
        found
            .iter()
            .all(|gesture| gesture.kind != GestureKind::TurnRight),
        "{found:?}"
    );
}

#[test]
fn a_gap_in_the_frames_ends_what_was_under_way() {
    let mut detector = GestureDetector::new();
    for (t_ms, yaw) in [
        (0.0, 0.0),
        (33.0, 0.0),
        (66.0, 20.0),
        (2066.0, 0.0),
        (2100.0, 0.0),
    ] {
        detector.take(t_ms, sample([yaw, REST[1], REST[2], REST[3]]));
    }
    assert!(detector.seen().is_empty(), "{:?}", detector.seen());
}

#[test]
fn frames_out_of_order_or_without_numbers_are_left_out() {
    let mut detector = GestureDetector::new();
    detector.take(100.0, sample(REST));
    detector.take(50.0, sample([40.0; 4]));
    detector.take(150.0, sample([f32::NAN; 4]));
    detector.take(200.0, sample(REST));
    assert!(detector.finish().is_empty());
}
