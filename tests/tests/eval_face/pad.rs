//! `eval pad`: rates by kind, and what has no response.

use std::process::Output;

use tempfile::TempDir;

use super::{kioskctl, lines, material, path, status};

/// Bona fide and attack folders made of synthetic people: labels for counting, not presentations worth a rate.
fn presentations() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for kind in ["real", "attacks/print", "attacks/screen", "attacks/none"] {
        std::fs::create_dir_all(at(kind)).unwrap();
    }
    std::fs::copy(material().calm("traveller").unwrap(), at("real/calm.avi")).unwrap();
    std::fs::write(at("real/blank.jpg"), material().blank_picture().unwrap()).unwrap();
    std::fs::write(
        at("attacks/print/one.jpg"),
        material().selfie("stranger").unwrap(),
    )
    .unwrap();
    std::fs::write(at("attacks/print/damaged.mp4"), b"no clip").unwrap();
    std::fs::write(
        at("attacks/screen/one.jpg"),
        material().selfie("traveller").unwrap(),
    )
    .unwrap();
    std::fs::write(at("attacks/notes.txt"), b"skipped").unwrap();
    folder
}

fn pad(folder: &TempDir) -> Output {
    let at = |name: &str| folder.path().join(name);
    let (real, attacks) = (at("real"), at("attacks"));
    kioskctl([
        "pad",
        "--bona-fide",
        path(&real),
        "--attacks",
        path(&attacks),
        "--json",
    ])
}

#[test]
fn attacks_are_counted_by_kind_and_what_has_no_response_apart() {
    let folder = presentations();
    let output = pad(&folder);
    if !kiosk_tests::root()
        .join("models/packs/default/pad_v2.onnx")
        .exists()
    {
        println!("the pack has no PAD networks: only their absence is looked at");
        assert_eq!(status(&output), 2);
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("cargo xtask setup"),
            "{output:?}"
        );
        return;
    }
    let (told, summary) = lines(&output);
    let of = |name: &str| {
        let found = told
            .iter()
            .find(|line| line["file"].as_str().unwrap().ends_with(name));
        found.unwrap_or_else(|| panic!("no line for {name}"))
    };
    assert_eq!(told.len(), 5);
    assert!(of("real/calm.avi")["attack"].is_null());
    assert!(of("real/calm.avi")["judged"].as_u64().unwrap() >= 3);
    assert!((0.0..=1.0).contains(&of("print/one.jpg")["pad_score"].as_f64().unwrap()));
    for (silent, reason) in [
        ("real/blank.jpg", "no_face"),
        ("print/damaged.mp4", "unreadable"),
    ] {
        let line = of(silent);
        assert!(
            line["pad_score"].is_null() && line["decision"].is_null(),
            "{line}"
        );
        assert_eq!(line["reason"], reason);
    }
    assert_eq!(summary["files"], 5);
    assert_eq!(summary["non_response"]["bona_fide"], 0.5);
    assert_eq!(summary["non_response"]["attacks"]["print"], 0.5);
    assert!(
        summary["apcer"]["none"].is_null() && summary["acer"].is_null(),
        "{summary}"
    );
    let screen = &of("screen/one.jpg")["decision"];
    assert_eq!(
        summary["apcer"]["screen"],
        f64::from(u8::from(screen.as_bool().unwrap()))
    );
    let calm = &of("real/calm.avi")["decision"];
    assert_eq!(
        summary["bpcer"],
        f64::from(u8::from(!calm.as_bool().unwrap()))
    );
    let [low, high] = [0, 1].map(|end| summary["intervals_95"]["bpcer"][end].as_f64().unwrap());
    assert!(
        high - low > 0.9,
        "one presentation says little: {low} to {high}"
    );
    assert_eq!(summary["models"]["pad_v2"].as_str().unwrap().len(), 64);
}
