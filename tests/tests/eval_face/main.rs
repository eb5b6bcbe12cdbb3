//! `kioskctl eval match`, `liveness` and `pad` as they are called: by the built binary, on the project's own synthetic
//! people.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and says what it left out"
)]

mod liveness;
mod matching;
mod pad;
mod reference;
mod same_face;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use kiosk_inference::face::FaceReader;
use kiosk_inference::picture::Picture;
use kiosk_tests::material::Material;
use kiosk_tests::people::Pose;
use kiosk_tests::rig::built_binary;
use serde_json::Value;
use tempfile::TempDir;

fn kioskctl<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(built_binary("kioskctl").unwrap())
        .current_dir(kiosk_tests::root())
        .arg("eval")
        .args(arguments)
        .output()
        .unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

/// What was printed, one object a line; the last one a summary.
fn lines(output: &Output) -> (Vec<Value>, Value) {
    assert_eq!(status(output), 0, "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object a line"))
        .collect();
    let last = lines.pop().expect("a summary");
    assert!(last.as_object().unwrap().keys().eq(["summary"]), "{last}");
    (lines, last["summary"].clone())
}

fn material() -> Material {
    Material::below(&kiosk_tests::root()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn write(folder: &TempDir, name: &str, picture: &Picture) {
    let bytes = picture.encode_jpeg(92).unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
}

/// Two pictures of each of two people, one with the head turned a little.
fn people(folder: &TempDir, reader: &mut FaceReader) {
    for name in ["traveller", "stranger"] {
        let person = material().person(name, reader).unwrap();
        let turned = Pose {
            yaw_deg: 10.0,
            ..Pose::default()
        };
        write(
            folder,
            &format!("{name}-a.jpg"),
            &person.show(&Pose::default()).unwrap(),
        );
        write(
            folder,
            &format!("{name}-b.jpg"),
            &person.show(&turned).unwrap(),
        );
    }
}

fn matched(folder: &TempDir, pairs: &[(&str, &str, &str)], more: &[&str]) -> Output {
    let csv = folder.path().join("pairs.csv");
    let rows: Vec<String> = pairs
        .iter()
        .map(|(x, y, same)| format!("{x},{y},{same}\n"))
        .collect();
    std::fs::write(&csv, format!("file_x,file_y,Decision\n{}", rows.concat())).unwrap();
    let root = path(folder.path());
    kioskctl(
        [
            &["match", "--pairs", path(&csv), "--root", root, "--json"],
            more,
        ]
        .concat(),
    )
}

#[test]
fn unusable_arguments_end_with_two_and_say_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    let folder = path(empty.path());
    let csv = empty.path().join("pairs.csv");
    std::fs::write(&csv, "file_x,file_y,Decision\na.jpg,b.jpg,Yes\n").unwrap();
    let wrong = empty.path().join("wrong.csv");
    std::fs::write(&wrong, "file_x,file_y,Decision\na.jpg,b.jpg,perhaps\n").unwrap();
    let said = |arguments: &[&str], what: &str| {
        let output = kioskctl(arguments);
        assert_eq!(status(&output), 2, "{arguments:?}: {output:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(what), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    };
    let (csv, wrong) = (path(&csv), path(&wrong));
    said(
        &["match", "--pairs", "absent.csv", "--root", folder],
        "columns file_x",
    );
    said(&["match", "--pairs", wrong, "--root", folder], "line 2");
    said(
        &["match", "--pairs", csv, "--root", "no/such/folder"],
        "is no folder",
    );
    said(
        &[
            "match", "--pairs", csv, "--root", folder, "--models", folder,
        ],
        "cargo xtask setup",
    );
    said(
        &["match", "--pairs", csv, "--root", folder, "--policy", csv],
        "pairs.csv",
    );
    said(
        &["liveness", "--clip", "no-such-clip.mp4"],
        "check the path",
    );
    said(&["liveness", "--clip", csv], "can't be opened");
    said(
        &["pad", "--bona-fide", folder, "--attacks", "no/such/folder"],
        "is no folder",
    );
    let calm = material().calm("traveller").unwrap();
    said(
        &["liveness", "--clip", path(&calm), "--models", folder],
        "cargo xtask setup",
    );
    said(
        &[
            "pad",
            "--bona-fide",
            folder,
            "--attacks",
            folder,
            "--models",
            folder,
        ],
        "cargo xtask setup",
    );
}
