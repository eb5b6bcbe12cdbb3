//! `eval liveness`: frames, gestures, stages.

use kiosk_tests::people::{Gesture, Pose};

use super::{kioskctl, lines, material, path, write};

#[test]
fn a_clip_is_told_frame_by_frame_with_the_gestures_in_it() {
    let clip = material()
        .performance("traveller", &[Gesture::TurnLeft, Gesture::Blink])
        .unwrap();
    let (frames, summary) = lines(&kioskctl(["liveness", "--clip", path(&clip), "--json"]));
    let keys = [
        "t_ms",
        "faces",
        "yaw_deg",
        "pitch_deg",
        "roll_deg",
        "eye_openness",
        "mouth_openness",
        "pad_score",
        "quality",
    ];
    let mut before = -1.0;
    for frame in &frames {
        let told = frame.as_object().unwrap();
        assert!(keys.iter().all(|key| told.contains_key(*key)), "{frame}");
        let t_ms = frame["t_ms"].as_f64().unwrap();
        assert!(t_ms > before, "{frame}");
        before = t_ms;
        assert_eq!(frame["faces"], 1);
        assert!(
            frame["pad_score"].is_null()
                || (0.0..=1.0).contains(&frame["pad_score"].as_f64().unwrap())
        );
    }
    let most = frames
        .iter()
        .map(|frame| frame["yaw_deg"].as_f64().unwrap())
        .fold(f64::MIN, f64::max);
    assert!(most > 12.0, "turned left is positive: {most}");
    let gestures = summary["gestures"].as_array().unwrap();
    for kind in ["turn_left", "blink"] {
        let found = gestures
            .iter()
            .find(|gesture| gesture["kind"] == kind)
            .expect(kind);
        let [start, peak, end] =
            ["start_ms", "peak_ms", "end_ms"].map(|at| found[at].as_f64().unwrap());
        assert!(start < peak && peak < end, "{found}");
    }
    assert_eq!(summary["frames"], frames.len());
    assert!(summary["fps"].as_f64().unwrap() > 0.0);
    assert!(
        summary["stages_ms"]["detect.run"]["p50"].as_f64().unwrap() > 0.0,
        "{summary}"
    );
    assert!(summary["error"].is_null());
    let shown = &summary["presentation"];
    assert_eq!(shown["signals"].as_array().unwrap().len(), 7, "{shown}");
    assert!(
        (0.0..0.5).contains(&shown["attack"].as_f64().unwrap()),
        "{shown}"
    );
}

#[test]
fn a_folder_of_pictures_is_a_clip() {
    let folder = tempfile::tempdir().unwrap();
    let mut reader = material().reader().unwrap();
    let person = material().person("stranger", &mut reader).unwrap();
    for (place, yaw_deg) in [0.0, 4.0].into_iter().enumerate() {
        let pose = Pose {
            yaw_deg,
            ..Pose::default()
        };
        write(
            &folder,
            &format!("{place}.jpg"),
            &person.show(&pose).unwrap(),
        );
    }
    let (frames, summary) = lines(&kioskctl([
        "liveness",
        "--clip",
        path(folder.path()),
        "--json",
    ]));
    assert_eq!(
        (frames.len(), &summary["gestures"]),
        (2, &serde_json::json!([]))
    );
    assert_eq!(frames[1]["t_ms"], 100.0);
}
