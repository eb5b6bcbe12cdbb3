//! `kioskctl eval` and `kioskctl document read` as they are called: by the built binary, over folders made here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kiosk_tests::material::Material;
use kiosk_tests::rig::built_binary;
use kiosk_tests::specimen::{Holder, Kind, Specimen};
use serde_json::Value;
use tempfile::TempDir;

fn kioskctl<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(built_binary("kioskctl").unwrap())
        .current_dir(kiosk_tests::root())
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

/// The lines of the passport that [`Material::passport_picture`] shows.
fn passport_lines() -> Vec<String> {
    Specimen::bona_fide(
        Kind::Passport,
        Holder::eriksson(),
        kiosk_tests::now().date(),
    )
    .mrz()
    .unwrap()
}

fn passport() -> PathBuf {
    material()
        .passport_picture("traveller", kiosk_tests::now().date())
        .unwrap()
}

/// A folder with a passport and its truth, a blank picture in a folder of its own, and what is to be skipped or refused.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("below")).unwrap();
    std::fs::copy(passport(), at("passport.JPG")).unwrap();
    std::fs::write(at("passport.txt"), passport_lines().join("\n")).unwrap();
    std::fs::write(at("below/blank.jpg"), material().blank_picture().unwrap()).unwrap();
    std::fs::write(at("damaged.png"), b"\x89PNG\r\n\x1a\nIHDR").unwrap();
    std::fs::write(at("notes.md"), b"no picture").unwrap();
    folder
}

fn file(folder: &TempDir, below: &str) -> String {
    folder.path().join(below).to_str().unwrap().to_owned()
}

#[test]
fn every_picture_of_a_folder_gives_a_line_and_the_folder_a_summary() {
    let folder = folder();
    let (lines, summary) = lines(&kioskctl([
        Path::new("eval"),
        Path::new("mrz"),
        folder.path(),
        Path::new("--json"),
    ]));
    let files: Vec<&str> = lines
        .iter()
        .map(|line| line["file"].as_str().unwrap())
        .collect();
    let all = ["below/blank.jpg", "damaged.png", "passport.JPG"].map(|name| file(&folder, name));
    assert_eq!(files, all);

    let [blank, damaged, passport] = &lines[..] else {
        panic!("three lines");
    };
    assert_eq!(blank["lines"], serde_json::json!([]));
    assert!(blank["format"].is_null() && blank["fields"].is_null() && blank["error"].is_null());
    assert_eq!(blank["valid"], false);
    assert_eq!(damaged["lines"], serde_json::json!([]));
    assert!(damaged["error"].as_str().unwrap().contains("cut off"));

    assert_eq!(passport["format"], "TD3");
    assert_eq!(passport["lines"], serde_json::json!(passport_lines()));
    assert_eq!(passport["valid"], true);
    assert_eq!(passport["exact"], true);
    for digit in ["number", "birth", "expiry", "personal", "composite"] {
        assert_eq!(passport["check_digits"][digit], true, "{digit}");
    }
    assert_eq!(passport["fields"]["surname"], "ERIKSSON");
    assert_eq!(passport["fields"]["birth_date"], "1974-08-12");
    assert!(passport["confidence"].as_f64().unwrap() > 0.0);
    assert!(passport["ms"].as_f64().unwrap() > 0.0);

    for (name, count) in [("files", 3), ("found", 1), ("valid", 1), ("errors", 1)] {
        assert_eq!(summary[name], count, "{name}: {summary}");
    }
    assert_eq!(
        (&summary["truths"], &summary["exact"]),
        (&1.into(), &1.into())
    );
    assert!(summary["p50_ms"].as_f64().unwrap() <= summary["p99_ms"].as_f64().unwrap());
}

#[test]
fn a_card_s_check_digits_are_null_where_its_layout_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let (_, back) = material()
        .identity_card("traveller", kiosk_tests::now().date())
        .unwrap();
    std::fs::copy(back, folder.path().join("back.jpg")).unwrap();
    let (lines, summary) = lines(&kioskctl([
        Path::new("eval"),
        Path::new("mrz"),
        folder.path(),
        Path::new("--json"),
    ]));
    assert_eq!(lines[0]["format"], "TD1");
    assert!(lines[0]["check_digits"]["personal"].is_null());
    assert_eq!(lines[0]["check_digits"]["composite"], true);
    assert!(lines[0].get("exact").is_none(), "no truth lies beside it");
    assert!(summary["exact"].is_null());
}

#[test]
fn barcodes_are_told_with_their_control_characters_as_they_are() {
    let text = "@\n\u{1e}\rANSI 636000080002DL00410278ZV03190008DLDAQT64235789\nDCSSAMPLE\r";
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let code = zxingcpp::create(zxingcpp::BarcodeFormat::PDF417)
        .from_str(text)
        .unwrap();
    let image = code.to_image_with(&zxingcpp::write().scale(4)).unwrap();
    let bgr = image.data().iter().flat_map(|level| [*level; 3]).collect();
    let (width, height) = (image.width() as u32, image.height() as u32);
    let picture = kiosk_inference::picture::Picture::from_bgr(width, height, bgr).unwrap();
    for name in ["one.jpg", "two.jpg"] {
        std::fs::write(at(name), picture.encode_jpeg(95).unwrap()).unwrap();
    }
    std::fs::write(at("one.txt"), text).unwrap();
    std::fs::write(at("two.bin"), b"another one").unwrap();
    std::fs::write(at("three.jpg"), material().blank_picture().unwrap()).unwrap();

    let (lines, summary) = lines(&kioskctl([
        Path::new("eval"),
        Path::new("barcode"),
        folder.path(),
        Path::new("--json"),
    ]));
    let [one, three, two] = &lines[..] else {
        panic!("three lines");
    };
    assert_eq!((&one["text"], &one["exact"]), (&text.into(), &true.into()));
    assert_eq!(two["exact"], false);
    assert!(three["text"].is_null() && three.get("exact").is_none());
    assert_eq!(
        (&summary["found"], &summary["exact"], &summary["misread"]),
        (&2.into(), &1.into(), &1.into())
    );
}

#[test]
fn one_document_is_told_with_both_of_its_sides() {
    let (front, back) = material()
        .identity_card("traveller", kiosk_tests::now().date())
        .unwrap();
    let output = kioskctl([
        Path::new("document"),
        Path::new("read"),
        &front,
        Path::new("--back"),
        &back,
        Path::new("--json"),
    ]);
    assert_eq!(status(&output), 0, "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(told["front"]["mrz"].is_null(), "the zone is on the back");
    assert!(told["front"]["portrait"].is_array());
    assert_eq!(told["back"]["mrz"]["format"], "TD1");
    assert_eq!(told["back"]["mrz"]["valid"], true);
    assert_eq!(
        told["back"]["mrz"]["line_boxes"].as_array().unwrap().len(),
        3
    );
    assert_eq!(told["back"]["outline"].as_array().unwrap().len(), 4);
}

#[test]
fn without_json_a_person_can_read_it() {
    let folder = folder();
    let output = kioskctl([Path::new("eval"), Path::new("mrz"), folder.path()]);
    assert_eq!(status(&output), 0);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("TD3"), "{text}");
    assert!(text.contains("no machine readable zone"), "{text}");
    assert!(text.contains("error: the picture is cut off"), "{text}");
    assert!(
        text.trim_end()
            .lines()
            .last()
            .unwrap()
            .starts_with("3 pictures")
    );
}

#[test]
fn unusable_arguments_end_with_two_and_say_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let said = |arguments: &[&str], what: &str| {
        let output = kioskctl(arguments);
        assert_eq!(status(&output), 2, "{arguments:?}: {output:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(what), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    };
    said(&["eval"], "mrz");
    said(&["eval", "mrz", "no/such/folder", "--json"], "is no folder");
    said(&["eval", "barcode", "Cargo.toml"], "is no folder");
    said(&["document", "read", "no-such-file.jpg"], "is no file");
    said(
        &["eval", "mrz", &path(empty.path()), "--threads", "0"],
        "threads",
    );
    let models = path(empty.path());
    said(
        &["eval", "mrz", &models, "--models", &models],
        "cargo xtask setup",
    );
}

#[test]
fn an_empty_folder_gives_a_summary_alone() {
    let empty = tempfile::tempdir().unwrap();
    for what in ["mrz", "barcode"] {
        let (lines, summary) = lines(&kioskctl([
            Path::new("eval"),
            Path::new(what),
            empty.path(),
            Path::new("--json"),
        ]));
        assert!(lines.is_empty());
        assert_eq!(summary["files"], 0);
        assert!(summary["p50_ms"].is_null() && summary["exact"].is_null());
    }
}
