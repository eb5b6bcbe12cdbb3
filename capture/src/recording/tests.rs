//! Recordings that the tests write themselves, and bad input of every kind.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use opencv::core::{CV_8UC3, Mat, Scalar, Size, Vector};
use opencv::imgcodecs::{IMWRITE_JPEG_QUALITY, imencode, imwrite_def};
use opencv::prelude::{VectorToVec, VideoWriterTrait, VideoWriterTraitConst};
use opencv::videoio::VideoWriter;
use tempfile::TempDir;

use super::*;

const FPS: f64 = 25.0;

/// A clock that stands still but for the sleeps on it.
#[derive(Default)]
struct Held {
    now: Mutex<Duration>,
}

impl Clock for Held {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn sleep(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }
}

fn plain(width: i32, height: i32, level: u8) -> Mat {
    let level = f64::from(level);
    Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(level)).unwrap()
}

/// A clip whose every frame is a little brighter than the one before.
fn clip(folder: &TempDir, frames: u8) -> PathBuf {
    let path = folder.path().join("clip.avi");
    let fourcc = VideoWriter::fourcc('M', 'J', 'P', 'G').unwrap();
    let name = path.to_str().unwrap();
    let mut writer = VideoWriter::new(name, fourcc, FPS, Size::new(64, 48), true).unwrap();
    assert!(writer.is_opened().unwrap());
    for number in 0..frames {
        writer.write(&plain(64, 48, 20 + number * 4)).unwrap();
    }
    writer.release().unwrap();
    path
}

fn jpeg_bytes(picture: &Mat) -> Vec<u8> {
    let mut out = Vector::<u8>::new();
    let options = Vector::from_slice(&[IMWRITE_JPEG_QUALITY, 90]);
    imencode(".jpg", picture, &mut out, &options).unwrap();
    out.to_vec()
}

fn folder_with(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn open(path: &Path) -> Result<Recording, CaptureError> {
    Recording::open(path, Pacing::AsFastAsAsked)
}

fn refusal(name: &str, bytes: &[u8]) -> CaptureError {
    let folder = folder_with(&[(name, bytes)]);
    open(&folder.path().join(name))
        .err()
        .expect("it was let in")
}

fn all_frames(recording: &mut Recording) -> Vec<(u64, Duration, u8)> {
    let mut seen = Vec::new();
    while let Some(frame) = recording.next_frame().unwrap() {
        seen.push((frame.sequence(), frame.captured_at(), frame.bytes()[0]));
    }
    seen
}

#[test]
fn a_clip_gives_every_frame_in_order_at_its_own_time_and_then_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut recording = open(&clip(&folder, 40)).unwrap();
    assert_eq!(recording.facts().fps, Some(FPS));
    assert_eq!(
        (recording.facts().width, recording.facts().height),
        (64, 48)
    );
    assert_eq!(recording.stated_frames(), Some(40));
    let seen = all_frames(&mut recording);
    assert_eq!(seen.len(), 40);
    for (place, (sequence, time, level)) in seen.into_iter().enumerate() {
        assert_eq!(sequence, place as u64);
        let expected = place as f64 / FPS;
        assert!(
            (time.as_secs_f64() - expected).abs() < 1e-3,
            "{place}: {time:?}"
        );
        assert!(level.abs_diff(20 + place as u8 * 4) < 6, "{place}: {level}");
    }
    assert!(recording.next_frame().unwrap().is_none());
}

#[test]
fn a_running_clip_allocates_no_buffer_after_the_first_frames() {
    let folder = tempfile::tempdir().unwrap();
    let mut recording = open(&clip(&folder, 40)).unwrap();
    let mut held = None;
    while let Some(frame) = recording.next_frame().unwrap() {
        held = Some(frame);
    }
    drop(held);
    assert_eq!((recording.pool().grown(), recording.pool().out()), (2, 0));
}

#[test]
fn a_clip_on_its_own_clock_waits_for_each_frames_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Held::default());
    let held: Arc<dyn Clock> = clock.clone();
    let limits = Limits::default();
    let path = clip(&folder, 10);
    let mut recording = Recording::open_with(&path, Pacing::OwnClock, &limits, held).unwrap();
    clock.sleep(Duration::from_secs(5));
    while let Some(frame) = recording.next_frame().unwrap() {
        assert_eq!(clock.now(), Duration::from_secs(5) + frame.captured_at());
    }
    assert_eq!(clock.now(), Duration::from_millis(5360));
}

#[test]
fn a_picture_is_one_frame() {
    let folder = folder_with(&[("face.jpg", &jpeg_bytes(&plain(32, 16, 200)))]);
    let mut recording = open(&folder.path().join("face.jpg")).unwrap();
    let frame = recording.next_frame().unwrap().unwrap();
    assert_eq!(
        (frame.width(), frame.height(), frame.stride()),
        (32, 16, 96)
    );
    assert!(recording.next_frame().unwrap().is_none());
}

#[test]
fn a_folder_gives_its_pictures_in_name_order_whatever_their_size() {
    let folder = tempfile::tempdir().unwrap();
    for (name, side, level) in [("b.png", 20, 50), ("a.png", 40, 100), ("c.png", 30, 150)] {
        let path = folder.path().join(name);
        imwrite_def(path.to_str().unwrap(), &plain(side, side, level)).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
    std::fs::write(folder.path().join(".hidden.png"), "no picture").unwrap();
    let mut recording = open(folder.path()).unwrap();
    assert_eq!(recording.stated_frames(), Some(3));
    let levels: Vec<_> = all_frames(&mut recording)
        .iter()
        .map(|seen| seen.2)
        .collect();
    assert_eq!(levels, [100, 50, 150]);
}

#[test]
fn held_frames_stop_a_recording_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut recording = open(&clip(&folder, 40)).unwrap();
    let mut held = Vec::new();
    let refused = loop {
        match recording.next_frame() {
            Ok(frame) => held.push(frame.unwrap()),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, CaptureError::FramesHeld { limit: FRAMES_OUT });
    let last = held.last().unwrap().sequence();
    held.clear();
    assert_eq!(
        recording.next_frame().unwrap().unwrap().sequence(),
        last + 1
    );
}

#[test]
fn a_missing_file_an_empty_file_and_an_empty_folder_are_told_apart() {
    let folder = folder_with(&[("empty.avi", b""), ("empty.jpg", b"")]);
    let refused = |name: &str| open(&folder.path().join(name)).err().unwrap();
    assert_eq!(refused("none.avi"), CaptureError::Missing);
    assert_eq!(refused("empty.avi"), CaptureError::Empty);
    assert_eq!(refused("empty.jpg"), CaptureError::Empty);
    let bare = tempfile::tempdir().unwrap();
    assert_eq!(open(bare.path()).err(), Some(CaptureError::NoPictures));
}

#[test]
fn a_truncated_jpeg_is_refused_wherever_it_was_cut() {
    let whole = jpeg_bytes(&plain(300, 200, 120));
    for end in [4, 20, whole.len() / 2, whole.len() - 2] {
        assert_eq!(
            refusal("cut.jpg", &whole[..end]),
            CaptureError::Truncated,
            "cut at {end}"
        );
    }
}

#[test]
fn a_truncated_png_is_refused() {
    let mut out = Vector::<u8>::new();
    imencode(".png", &plain(300, 200, 120), &mut out, &Vector::new()).unwrap();
    let whole = out.to_vec();
    assert_eq!(
        refusal("cut.png", &whole[..whole.len() - 9]),
        CaptureError::Truncated
    );
}

#[test]
fn a_clip_cut_in_half_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(clip(&folder, 40)).unwrap();
    assert_eq!(
        refusal("cut.avi", &whole[..whole.len() / 2]),
        CaptureError::Truncated
    );
}

#[test]
fn a_clip_whose_frames_are_damaged_breaks_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(clip(&folder, 40)).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0);
    let path = folder.path().join("damaged.avi");
    std::fs::write(&path, bytes).unwrap();
    let mut recording = open(&path).unwrap();
    let error = std::iter::repeat_with(|| recording.next_frame()).find_map(Result::err);
    assert!(
        matches!(error, Some(CaptureError::BreaksOff { stated: 40, .. })),
        "{error:?}"
    );
}

#[test]
fn a_picture_of_100_megapixels_is_refused_by_its_header_alone() {
    // IHDR of a 10000x10000 PNG with nothing but an end after it: decoding it could not work.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 8, 2, 0, 0, 0]);
    png.extend(b"\0\0\0\0\0\0\0\0IEND\0\0\0\0");
    let expected = CaptureError::TooManyPixels {
        width: 10_000,
        height: 10_000,
        limit: 40_000_000,
    };
    assert_eq!(refusal("large.png", &png), expected);
}

#[test]
fn a_clip_with_more_pixels_than_the_limit_is_refused_before_a_frame_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        max_pixels: 64 * 47,
        ..Limits::default()
    };
    let clock = Arc::new(Held::default());
    let path = clip(&folder, 3);
    let refused = Recording::open_with(&path, Pacing::AsFastAsAsked, &limits, clock).err();
    assert!(
        matches!(refused, Some(CaptureError::TooManyPixels { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_file_of_too_many_bytes_is_refused_unread() {
    let folder = folder_with(&[("large.jpg", &jpeg_bytes(&plain(64, 64, 1)))]);
    let limits = Limits {
        max_picture_bytes: 100,
        ..Limits::default()
    };
    let clock = Arc::new(Held::default());
    let path = folder.path().join("large.jpg");
    let refused = Recording::open_with(&path, Pacing::AsFastAsAsked, &limits, clock).err();
    assert!(
        matches!(refused, Some(CaptureError::TooManyBytes { limit: 100, .. })),
        "{refused:?}"
    );
}

#[test]
fn text_playlists_and_noise_are_no_recording() {
    for bytes in [
        &b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"[..],
        b"ffconcat version 1.0\nfile other.avi\n",
        b"just some text",
        &[0x5A; 4096],
    ] {
        assert_eq!(refusal("list.avi", bytes), CaptureError::UnknownFormat);
    }
}

#[test]
fn a_container_without_content_is_undecodable() {
    let mut bytes = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2".to_vec();
    bytes.extend([0; 500]);
    assert_eq!(refusal("hollow.mp4", &bytes), CaptureError::Undecodable);
}

#[test]
fn no_refusal_quotes_the_files_name() {
    let folder = folder_with(&[("maria-eriksson.jpg", b"\xFF\xD8\xFF")]);
    let refused = open(&folder.path().join("maria-eriksson.jpg"))
        .err()
        .unwrap();
    let shown = format!("{refused} {refused:?} {}", refused.code());
    assert!(!shown.contains("eriksson"), "{shown}");
}

/// The reference clips are real people's; without them the clips above stand for them.
#[test]
fn the_reference_clips_play_whole() {
    let Ok(data) = std::env::var("KIOSK_TESTDATA") else {
        println!("KIOSK_TESTDATA is not set: only clips that the tests wrote were played");
        return;
    };
    let folder = Path::new(&data).join("faces/clips");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "mp4") {
            continue;
        }
        let mut recording = open(&path).unwrap();
        let fps = recording.facts().fps.unwrap();
        let seen = all_frames(&mut recording);
        let times: Vec<_> = seen.iter().map(|seen| seen.1).collect();
        assert!(
            times.windows(2).all(|pair| pair[0] < pair[1]),
            "times go forward"
        );
        let length = times.last().unwrap().as_secs_f64();
        assert!(
            (length - (times.len() - 1) as f64 / fps).abs() < 0.2,
            "{length} s at {fps}"
        );
        played += 1;
    }
    assert!(played > 0, "no clip was found");
}
