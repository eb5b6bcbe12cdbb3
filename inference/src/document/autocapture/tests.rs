//! The machine over made-up reports: no pictures, time as it is said.

use proptest::prelude::*;

use super::*;

const CORNERS: [[f32; 2]; 4] = [
    [100.0, 100.0],
    [900.0, 100.0],
    [900.0, 660.0],
    [100.0, 660.0],
];

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn good(frame: u64, at: u64, score: f32) -> FrameReport {
    FrameReport {
        frame,
        at: ms(at),
        outline: Some(CORNERS),
        guidance: Vec::new(),
        score,
    }
}

fn bad(frame: u64, at: u64, code: GuidanceCode) -> FrameReport {
    FrameReport {
        guidance: vec![Guidance::new(code, 1.0, 0.1)],
        score: 1.0,
        ..good(frame, at, 1.0)
    }
}

fn captured(advice: &Advice) -> Option<u64> {
    match advice {
        Advice::Captured { frame, .. } => Some(*frame),
        Advice::Searching { .. } | Advice::HoldStill { .. } => None,
    }
}

#[test]
fn a_steady_good_view_is_held_and_then_its_best_frame_captured() {
    let mut machine = AutoCapture::new();
    let scores = [0.2, 0.5, 0.9, 0.4, 0.3, 0.3, 0.3, 0.3, 0.3];
    let mut last = None;
    for (frame, score) in (0..).zip(scores) {
        last = Some(machine.step(&good(frame, frame * 100, score)));
    }
    assert_eq!(
        last,
        Some(Advice::Captured {
            frame: 2,
            keep: false
        })
    );
    assert_eq!(
        captured(&machine.step(&good(9, 900, 1.0))),
        Some(2),
        "it stays captured"
    );
    machine.again();
    assert_eq!(captured(&machine.step(&good(10, 1000, 1.0))), None);
}

#[test]
fn frames_to_keep_are_named_as_they_come() {
    let mut machine = AutoCapture::new();
    let keeps: Vec<bool> = [0.3, 0.2, 0.6]
        .into_iter()
        .zip(0..)
        .map(|(score, frame)| {
            matches!(
                machine.step(&good(frame, frame * 50, score)),
                Advice::HoldStill { keep: true, .. }
            )
        })
        .collect();
    assert_eq!(keeps, [true, false, true]);
}

#[test]
fn every_code_keeps_a_view_from_being_captured() {
    for code in GuidanceCode::ALL {
        let mut machine = AutoCapture::new();
        for frame in 0..100 {
            let advice = machine.step(&bad(frame, frame * 40, code));
            let Advice::Searching { guidance } = advice else {
                panic!("{code:?}: {advice:?}");
            };
            assert_eq!(guidance[0].code, code);
        }
    }
}

#[test]
fn a_single_bad_frame_ends_no_hold_and_is_not_captured() {
    let mut machine = AutoCapture::new();
    let mut taken = None;
    for frame in 0..12 {
        let report = if frame % 4 == 2 {
            bad(frame, frame * 100, GuidanceCode::GlareOnMrz)
        } else {
            good(frame, frame * 100, 0.5)
        };
        let advice = machine.step(&report);
        if let Advice::HoldStill { guidance, .. } = &advice {
            assert_eq!(guidance.is_empty(), frame % 4 != 2);
        }
        taken = taken.or_else(|| captured(&advice).map(|best| (best, frame)));
    }
    let (best, at) = taken.expect("captured");
    assert!(best % 4 != 2 && at == 8, "{best} at {at}");
}

#[test]
fn a_view_that_goes_bad_is_searched_for_again() {
    let mut machine = AutoCapture::new();
    for frame in 0..6 {
        machine.step(&good(frame, frame * 100, 0.5));
    }
    let mut searching = false;
    for frame in 6..12 {
        let advice = machine.step(&bad(frame, frame * 100, GuidanceCode::CutOff));
        searching |= matches!(advice, Advice::Searching { .. });
    }
    assert!(searching);
    let advice = machine.step(&good(12, 1200, 0.5));
    assert!(matches!(advice, Advice::HoldStill { progress, keep: true, .. } if progress == 0.0));
}

#[test]
fn a_document_laid_elsewhere_begins_a_new_hold() {
    let mut machine = AutoCapture::new();
    for frame in 0..7 {
        machine.step(&good(frame, frame * 100, 0.5));
    }
    let mut moved = good(7, 700, 0.5);
    moved.outline = Some(CORNERS.map(|[x, y]| [x + 90.0, y]));
    assert!(matches!(machine.step(&moved), Advice::HoldStill { progress, .. } if progress == 0.0));
    assert!(jump(&CORNERS, &[CORNERS[1], CORNERS[2], CORNERS[3], CORNERS[0]]) < 1e-6);
}

#[test]
fn frames_far_apart_and_frames_out_of_order_count_for_nothing() {
    let mut machine = AutoCapture::new();
    for frame in 0..20 {
        assert_eq!(
            captured(&machine.step(&good(frame, frame * 700, 0.5))),
            None
        );
    }
    let mut machine = AutoCapture::new();
    for frame in 0..20 {
        assert_eq!(
            captured(&machine.step(&good(frame, 1000, 0.5))),
            None,
            "time stands still"
        );
    }
}

#[test]
fn no_document_is_said_where_nothing_else_is() {
    let report = FrameReport {
        outline: None,
        ..good(0, 0, 0.0)
    };
    let Advice::Searching { guidance } = AutoCapture::new().step(&report) else {
        panic!("nothing to hold");
    };
    assert_eq!(guidance[0].code, GuidanceCode::NoDocument);
}

proptest! {
    #[test]
    fn a_steady_good_view_is_captured_within_two_seconds_at_any_frame_rate(
        before in prop::collection::vec((any::<bool>(), 20_u64..900), 0..40),
        gaps in prop::collection::vec(20_u64..=600, 120),
    ) {
        let mut machine = AutoCapture::new();
        let (mut at, mut frame) = (0, 0);
        for (fine, gap) in before {
            at += gap;
            frame += 1;
            let report = if fine { good(frame, at, 0.5) } else { bad(frame, at, GuidanceCode::Moving) };
            machine.step(&report);
        }
        let begin = at;
        let mut taken = None;
        for gap in gaps {
            at += gap;
            frame += 1;
            if captured(&machine.step(&good(frame, at, 0.5))).is_some() {
                taken = Some(at);
                break;
            }
        }
        // The first good frame is itself up to one gap after the view became good.
        prop_assert!(taken.is_some_and(|at| at - begin <= 2_000 + 600));
    }

    #[test]
    fn what_is_captured_was_a_good_frame(
        frames in prop::collection::vec((0_u8..4, 10_u64..400, 0.0_f32..1.0), 1..200),
    ) {
        let mut machine = AutoCapture::new();
        let mut fine = Vec::new();
        let mut at = 0;
        for (frame, (kind, gap, score)) in (0..).zip(frames) {
            at += gap;
            let report = match kind {
                0 => bad(frame, at, GuidanceCode::Moving),
                1 => FrameReport { outline: None, ..good(frame, at, score) },
                _ => good(frame, at, score),
            };
            if kind > 1 {
                fine.push(frame);
            }
            if let Some(best) = captured(&machine.step(&report)) {
                prop_assert!(fine.contains(&best));
                break;
            }
        }
    }
}
