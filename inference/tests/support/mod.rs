//! What the integration tests share: the engine, the pack, pictures and clips.
//!
//! Portraits are the two public-domain pictures that set-up takes out of Python packages. Real
//! clips are named by `KIOSK_TESTDATA`; without it a test says so and runs on the portraits alone.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails, and says what it leaves out"
)]

use std::path::{Path, PathBuf};

use kiosk_capture::{FrameSource, Pacing, Recording};
use kiosk_inference::engine::{Engine, EngineConfig};
use kiosk_inference::pack::Pack;
use kiosk_inference::picture::{DecodeLimits, Picture};
use opencv::core::{BORDER_REPLICATE, Mat, MatTraitConst, Point2f, Scalar, Size, Vector};
use opencv::imgproc;
use opencv::prelude::MatTrait;

/// The checkout's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The library that set-up puts in place.
pub fn library() -> PathBuf {
    root().join("models/runtime/libonnxruntime.so")
}

/// An engine on the CPU and the default pack.
pub fn models() -> (Engine, Pack) {
    let engine = Engine::start(&EngineConfig::with_library(library())).unwrap();
    let models = root().join("models");
    let pack = Pack::open(&models.join("manifest.toml"), &models.join("packs/default")).unwrap();
    (engine, pack)
}

/// A picture of any file.
pub fn picture(path: &Path) -> Picture {
    let bytes = std::fs::read(path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask setup`", path.display()));
    Picture::decode(&bytes, &DecodeLimits::for_own_files()).unwrap()
}

/// The bona fide portrait.
pub fn astronaut() -> Picture {
    picture(&root().join("tests/.portraits/astronaut.png"))
}

/// The other person.
pub fn hopper() -> Picture {
    picture(&root().join("tests/.portraits/grace_hopper.jpg"))
}

/// A folder or file of the reference data; `None`, said so, where it is not there.
pub fn testdata(below: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("KIOSK_TESTDATA") else {
        println!("KIOSK_TESTDATA is not set: no real {below}, only what the project has itself");
        return None;
    };
    let path = PathBuf::from(folder).join(below);
    assert!(path.exists(), "KIOSK_TESTDATA has no {below}");
    Some(path)
}

/// Files of a folder with that extension, in the order of names.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// A file's name.
pub fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Every `step`th frame of a clip with its time in ms.
pub fn frames(clip: &Path, step: usize) -> Vec<(f64, Picture)> {
    let mut recording = Recording::open(clip, Pacing::AsFastAsAsked).unwrap();
    let mut frames = Vec::new();
    let mut count = 0;
    while let Some(frame) = recording.next_frame().unwrap() {
        if count % step == 0 {
            let t_ms = frame.captured_at().as_secs_f64() * 1e3;
            frames.push((t_ms, Picture::from_frame(&frame).unwrap()));
        }
        count += 1;
    }
    frames
}

/// `picture` scaled by `scale`, turned clockwise by `degrees`, its point `at` laid on the middle of
/// a frame of `width` x `height`; the rest repeats the edge, softly.
pub fn placed(
    picture: &Picture,
    at: [f32; 2],
    scale: f64,
    degrees: f64,
    [width, height]: [i32; 2],
) -> Picture {
    let mut map =
        imgproc::get_rotation_matrix_2d(Point2f::new(at[0], at[1]), -degrees, scale).unwrap();
    *map.at_2d_mut::<f64>(0, 2).unwrap() += f64::from(width) / 2.0 - f64::from(at[0]);
    *map.at_2d_mut::<f64>(1, 2).unwrap() += f64::from(height) / 2.0 - f64::from(at[1]);
    let source = picture.as_mat().unwrap();
    let mut small = Mat::default();
    let mut mat = Mat::default();
    if scale < 0.5 {
        // Average first, as a lens would.
        let factor = (0.5 / scale).ceil().min(16.0);
        imgproc::resize(
            &source,
            &mut small,
            Size::default(),
            1.0 / factor,
            1.0 / factor,
            imgproc::INTER_AREA,
        )
        .unwrap();
        for row in 0..2 {
            for column in 0..2 {
                *map.at_2d_mut::<f64>(row, column).unwrap() *= factor;
            }
        }
    } else {
        small = source.try_clone().unwrap();
    }
    let size = Size::new(width, height);
    let none = Scalar::default();
    imgproc::warp_affine(
        &small,
        &mut mat,
        &map,
        size,
        imgproc::INTER_LINEAR,
        BORDER_REPLICATE,
        none,
    )
    .unwrap();
    Picture::from_mat(&mat).unwrap()
}

/// A print of the picture, as high as the frame, held before a camera of 1.2 times the frame's width focal length and
/// turned about its upright and its level axis by so many degrees.
pub fn tilted(picture: &Picture, upright: f64, level: f64, [width, height]: [i32; 2]) -> Picture {
    let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
    let (focal, scale) = (1.2 * f64::from(width), f64::from(height) / h);
    let ((sin_u, cos_u), (sin_l, cos_l)) =
        (upright.to_radians().sin_cos(), level.to_radians().sin_cos());
    let (mut from, mut to) = (Vector::<Point2f>::new(), Vector::<Point2f>::new());
    for [x, y] in [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]] {
        let [x_mm, y_mm] = [(x - w / 2.0) * scale, (y - h / 2.0) * scale];
        let [right, back] = [x_mm * cos_u, -x_mm * sin_u];
        let [down, back] = [y_mm * cos_l - back * sin_l, y_mm * sin_l + back * cos_l];
        let share = focal / (focal + back);
        let across = f64::from(width) / 2.0 + right * share;
        let along = f64::from(height) / 2.0 + down * share;
        from.push(Point2f::new(x as f32, y as f32));
        to.push(Point2f::new(across as f32, along as f32));
    }
    let map = imgproc::get_perspective_transform(&from, &to, 0).unwrap();
    let mut mat = Mat::default();
    let table = Scalar::new(90.0, 110.0, 100.0, 0.0);
    imgproc::warp_perspective(
        &picture.as_mat().unwrap(),
        &mut mat,
        &map,
        Size::new(width, height),
        imgproc::INTER_LINEAR,
        opencv::core::BORDER_CONSTANT,
        table,
    )
    .unwrap();
    Picture::from_mat(&mat).unwrap()
}

/// Two pictures side by side, the lower one padded with black.
pub fn beside(one: &Picture, two: &Picture) -> Picture {
    let height = one.height().max(two.height());
    let taller = |picture: &Picture| {
        let extra = i32::try_from(height - picture.height()).unwrap();
        let mut out = Mat::default();
        let mat = picture.as_mat().unwrap();
        opencv::core::copy_make_border(
            &mat,
            &mut out,
            0,
            extra,
            0,
            0,
            opencv::core::BORDER_CONSTANT,
            Scalar::default(),
        )
        .unwrap();
        out
    };
    let mut mat = Mat::default();
    opencv::core::hconcat(
        &Vector::<Mat>::from_iter([taller(one), taller(two)]),
        &mut mat,
    )
    .unwrap();
    Picture::from_mat(&mat).unwrap()
}

/// Left and right exchanged.
pub fn mirrored(picture: &Picture) -> Picture {
    let mut mat = Mat::default();
    opencv::core::flip(&picture.as_mat().unwrap(), &mut mat, 1).unwrap();
    Picture::from_mat(&mat).unwrap()
}
