//! What decoding a picture really holds at once, measured by the kernel in a process of its own: its peak of resident
//! memory (`VmHWM` of `/proc/self/status`, set back by `/proc/self/clear_refs`) over what was resident before.
//!
//! The test starts itself again with a file to decode; the child writes one line.

use std::io::Write;
use std::process::Command;

use kiosk_inference::picture::{DecodeLimits, Picture};
use opencv::core::{Mat, MatTraitConst, Rect, Vector};
use opencv::imgcodecs;
use opencv::prelude::VectorToVec;

/// The file that the child decodes.
const FILE: &str = "KIOSK_DECODE_FILE";
/// The test that the child runs.
const CHILD: &str = "memory::decodes_one_file_where_it_is_named";
/// The most that decoding may hold, the file itself apart.
const MOST: u64 = 64 << 20;

/// kB of a line of `/proc/self/status`, in bytes.
fn status(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let found = status.lines().find(|text| text.starts_with(line)).unwrap();
    let number = found.split_whitespace().nth(1).unwrap();
    number.parse::<u64>().unwrap() * 1024
}

#[test]
fn decodes_one_file_where_it_is_named() {
    let Some(file) = std::env::var_os(FILE) else {
        return; // not started by the test below
    };
    let bytes = std::fs::read(file).unwrap();
    // What the libraries set up once is not this picture's.
    let small = Picture::from_bgr(8, 8, vec![7; 192]).unwrap();
    Picture::decode(&small.encode_jpeg(90).unwrap(), &DecodeLimits::default()).unwrap();
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let decoded = Picture::decode(&bytes, &DecodeLimits::default());
    let peak = status("VmHWM:").saturating_sub(before);
    match decoded {
        Ok(picture) => println!("decoded {} {} {peak}", picture.width(), picture.height()),
        Err(error) => println!("refused {} 0 {peak}", error.code()),
    }
}

/// What the child said: "decoded" and its size or "refused" and its code, and the peak in bytes.
fn decoded_apart(bytes: &[u8]) -> (String, u64) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, "--exact", "--nocapture"])
        .env(FILE, file.path())
        .output()
        .unwrap();
    let said = String::from_utf8(child.stdout).unwrap();
    let line = said
        .lines()
        .find_map(|line| {
            line.find("decoded ")
                .or(line.find("refused "))
                .map(|at| &line[at..])
        })
        .unwrap_or_else(|| panic!("{said}"));
    let (what, peak) = line.rsplit_once(' ').unwrap();
    (what.to_owned(), peak.parse().unwrap())
}

/// Tiles of slopes: not all one colour, so that a lossy file has something to say.
fn drawn(width: i32, height: i32) -> Mat {
    let pixel = |at: u32| {
        let (x, y) = (at % 64, at / 64);
        [x * 4, y * 4, x + y].map(|level| level as u8)
    };
    let tile: Vec<u8> = (0..64 * 64).flat_map(pixel).collect();
    let tile = Picture::from_bgr(64, 64, tile).unwrap();
    let (down, across) = (height / 64 + 1, width / 64 + 1);
    let out = opencv::core::repeat(&tile.as_mat().unwrap(), down, across).unwrap();
    let part = Mat::roi(&out, Rect::new(0, 0, width, height)).unwrap();
    part.try_clone().unwrap()
}

fn encoded(end: &str, (width, height): (i32, i32), options: &[i32]) -> Vec<u8> {
    let mut out = Vector::<u8>::new();
    let picture = drawn(width, height);
    imgcodecs::imencode(end, &picture, &mut out, &Vector::from_slice(options)).unwrap();
    out.to_vec()
}

/// A JPEG that says it lies on its side.
fn on_its_side(jpeg: &[u8]) -> Vec<u8> {
    let exif =
        b"\xFF\xE1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    [&jpeg[..2], exif, &jpeg[2..]].concat()
}

#[test]
fn no_accepted_picture_holds_more_than_64_mib_while_it_is_decoded() {
    let progressive = [imgcodecs::IMWRITE_JPEG_PROGRESSIVE, 1];
    let lossy = [imgcodecs::IMWRITE_WEBP_QUALITY, 50];
    let fast = [imgcodecs::IMWRITE_PNG_COMPRESSION, 1];
    let phone = encoded(".jpg", (4032, 3024), &[]);
    let cases = [
        (
            "a phone's picture on its side",
            on_its_side(&phone),
            "decoded 3024 4032",
        ),
        (
            "20 megapixels on their side",
            on_its_side(&encoded(".jpg", (5227, 3989), &[])),
            "decoded 3989 5227",
        ),
        (
            "40 megapixels",
            encoded(".jpg", (7300, 5479), &[]),
            "decoded 3650 2740",
        ),
        (
            "16 megapixels, progressive",
            encoded(".jpg", (4618, 3464), &progressive),
            "decoded 2309 1732",
        ),
        (
            "20 megapixels, PNG",
            encoded(".png", (5200, 4000), &fast),
            "decoded 5200 4000",
        ),
        (
            "10 megapixels, BMP",
            encoded(".bmp", (3600, 2800), &[]),
            "decoded 3600 2800",
        ),
        (
            "8 megapixels, WebP",
            encoded(".webp", (3264, 2448), &lossy),
            "decoded 3264 2448",
        ),
    ];
    let mut held = Vec::new();
    for (what, bytes, wanted) in &cases {
        let (said, peak) = decoded_apart(bytes);
        println!(
            "{what}: {said}, {:.1} MiB at once",
            peak as f64 / f64::from(1 << 20)
        );
        assert_eq!(&said, wanted, "{what}");
        held.push((what, peak));
    }
    for (what, peak) in held {
        assert!(peak <= MOST, "{what}: {peak} bytes");
    }
}
