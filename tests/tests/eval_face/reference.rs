//! `eval match` on real people's clips, where `KIOSK_TESTDATA` names them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use kiosk_inference::face::FaceReader;
use kiosk_inference::picture::Picture;

use super::{lines, matched, material, write};

/// Real people's clips in the order of their names; `None`, and said so, where there are none.
pub(super) fn reference_clips() -> Option<Vec<PathBuf>> {
    let Some(data) = std::env::var_os("KIOSK_TESTDATA") else {
        println!("KIOSK_TESTDATA is not set: no real people's clip, only the project's own people");
        return None;
    };
    let mut clips: Vec<_> = std::fs::read_dir(Path::new(&data).join("faces/clips"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension() == Some(OsStr::new("mp4")))
        .collect();
    clips.sort();
    Some(clips)
}

#[test]
fn every_pair_of_the_reference_clips_usable_frames_is_decided_rightly() {
    let Some(clips) = reference_clips() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut reader = material().reader().unwrap();
    let mut files: Vec<(String, String)> = Vec::new();
    for (who, clip) in clips.iter().enumerate() {
        for (number, frame) in usable_frames(clip, &mut reader).into_iter().enumerate() {
            let file = format!("{who}-{number}.jpg");
            write(&folder, &file, &frame);
            files.push((who.to_string(), file));
        }
    }
    let mut pairs = Vec::new();
    for (place, (who, file)) in files.iter().enumerate() {
        for (whom, other) in &files[place + 1..] {
            pairs.push((
                file.as_str(),
                other.as_str(),
                if who == whom { "Yes" } else { "No" },
            ));
        }
    }
    let (told, summary) = lines(&matched(&folder, &pairs, &[]));
    println!("{summary}");
    for line in told {
        assert_eq!(line["decision"], line["same"], "{line}");
    }
    assert_eq!(summary["failures_to_enrol"], 0);
}

/// Every 30th frame that the policy calls usable, twelve at most.
fn usable_frames(clip: &Path, reader: &mut FaceReader) -> Vec<Picture> {
    use kiosk_capture::{FrameSource, Pacing, Recording};
    let mut recording = Recording::open(clip, Pacing::AsFastAsAsked).unwrap();
    let (mut found, mut number) = (Vec::new(), 0_u32);
    while let Some(frame) = recording.next_frame().unwrap() {
        number += 1;
        if number % 30 != 1 || found.len() == 12 {
            continue;
        }
        let picture = Picture::from_frame(&frame).unwrap();
        let pose = reader.observe(&picture).unwrap().subject.unwrap().pose;
        if pose.yaw_deg.abs() <= 20.0 && pose.pitch_deg.abs() <= 20.0 {
            found.push(picture);
        }
    }
    found
}
