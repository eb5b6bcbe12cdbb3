//! PDF417 as cameras see it: symbols that zxing-cpp writes are drawn onto a card in every rotation,
//! tilted, in perspective, blurred and noisy, and read back; pictures without one give nothing.
//!
//! Samples that others made are named by `KIOSK_TESTDATA`; without it, the drawn ones alone are read.
// long file: the scenes that are drawn belong to the sentences that read them

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has to end, and prints the times it took"
)]

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::support;
use kiosk_inference::document::aamva::Field;
use kiosk_inference::document::barcode::{self, Barcode};
use kiosk_inference::document::{DocumentKind, DocumentReader, Finding};
use kiosk_inference::picture::Picture;
use opencv::core::{
    self, BORDER_CONSTANT, CV_8UC1, CV_8UC3, Mat, MatTraitConst, Point, Point2f, Rect, Scalar, Size,
};
use opencv::imgproc;

/// As long as a licence's, with its control characters.
const TEXT: &str = "@\n\x1e\rANSI 636000100102DL00410278ZV03190008DLDAQX98765432\nDCSSPECIMEN\nDDEN\n\
    DACPAULA\nDDFN\nDADMAY\nDDGN\nDCUNONE\nDCAD\nDCBK\nDCDPH\nDBD06062021\nDBB02291984\nDBA12102031\n\
    DBC2\nDAU068 in\nDAYBRO\nDAG1 EXAMPLE STREET\nDAISAMPLETOWN\nDAJVA\nDAK232690000  \n\
    DCF2424244747474786102204\nDCGUSA\nDCK123456789\nDDAF\nDDB06062018\rZVZVA01\r";
const WIDTH: i32 = 1600;
const HEIGHT: i32 = 1200;

/// The symbol at four pixels a module, black on white.
fn symbol(text: &str) -> Mat {
    let code = zxingcpp::create(zxingcpp::BarcodeFormat::PDF417)
        .from_str(text)
        .unwrap();
    let image = code.to_image_with(&zxingcpp::write().scale(4)).unwrap();
    Mat::new_rows_cols_with_data(image.height(), image.width(), &image.data())
        .unwrap()
        .try_clone()
        .unwrap()
}

/// How a symbol lies in the picture.
#[derive(Clone, Copy, Debug)]
struct Pose {
    /// Pixels a module.
    module: f32,
    /// Clockwise, in degrees.
    tilt: f32,
    /// Turned about its upright axis by so many degrees, seen from 1,800 pixels away.
    yaw: f32,
    /// Standard deviation of the blur, in pixels.
    blur: f64,
    /// Standard deviation of the noise, in grey levels.
    noise: f64,
    centre: [f32; 2],
}

const PLAIN: Pose = Pose {
    module: 3.0,
    tilt: 0.0,
    yaw: 0.0,
    blur: 0.6,
    noise: 4.0,
    centre: [WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0],
};

impl Pose {
    /// Where a point of the symbol's plane, in pixels from its middle, lies in the picture.
    fn place(&self, [x, y]: [f32; 2]) -> Point2f {
        let (sin, cos) = self.yaw.to_radians().sin_cos();
        let nearer = 1800.0 / (1800.0 + x * sin);
        let (x, y) = (x * cos * nearer, y * nearer);
        let (sin, cos) = self.tilt.to_radians().sin_cos();
        Point2f::new(
            self.centre[0] + x * cos - y * sin,
            self.centre[1] + x * sin + y * cos,
        )
    }

    fn corners(&self, wide: f32, tall: f32) -> [Point2f; 4] {
        let (w, t) = (wide / 2.0, tall / 2.0);
        [[-w, -t], [w, -t], [w, t], [-w, t]].map(|point| self.place(point))
    }
}

/// Draws the symbol on a light card that is a third wider than it.
fn draw(onto: &mut Mat, symbol: &Mat, pose: &Pose) {
    let (wide, tall) = (symbol.cols() as f32, symbol.rows() as f32);
    let scale = pose.module / 4.0;
    let card: core::Vector<Point> = pose
        .corners(wide * scale * 1.15, tall * scale * 1.6)
        .iter()
        .map(|point| Point::new(point.x as i32, point.y as i32))
        .collect();
    imgproc::fill_convex_poly_def(onto, &card, Scalar::all(225.0)).unwrap();
    let from =
        [[0.0, 0.0], [wide, 0.0], [wide, tall], [0.0, tall]].map(|[x, y]| Point2f::new(x, y));
    let to = pose.corners(wide * scale, tall * scale);
    let points = |corners: &[Point2f]| Mat::from_slice(corners).unwrap().try_clone().unwrap();
    let map = imgproc::get_perspective_transform(&points(&from), &points(&to), 0).unwrap();
    let warp = |source: &Mat, how: i32| {
        let mut out = Mat::default();
        let size = onto.size().unwrap();
        imgproc::warp_perspective(
            source,
            &mut out,
            &map,
            size,
            how,
            BORDER_CONSTANT,
            Scalar::all(0.0),
        )
        .unwrap();
        out
    };
    let mut ink = Mat::default();
    symbol.convert_to(&mut ink, CV_8UC1, 0.8, 25.0).unwrap();
    let ink = warp(&ink, imgproc::INTER_AREA);
    let full =
        Mat::new_size_with_default(symbol.size().unwrap(), CV_8UC1, Scalar::all(255.0)).unwrap();
    let mask = warp(&full, imgproc::INTER_NEAREST);
    ink.copy_to_masked(onto, &mask).unwrap();
}

fn table() -> Mat {
    Mat::new_rows_cols_with_default(HEIGHT, WIDTH, CV_8UC1, Scalar::all(90.0)).unwrap()
}

fn photographed(scene: &Mat, pose: &Pose, seed: i32) -> Picture {
    let mut blurred = Mat::default();
    imgproc::gaussian_blur_def(scene, &mut blurred, Size::new(0, 0), pose.blur).unwrap();
    let mut noise =
        Mat::new_size_with_default(scene.size().unwrap(), core::CV_16SC1, Scalar::all(0.0))
            .unwrap();
    core::set_rng_seed(seed).unwrap();
    core::randn(&mut noise, &Scalar::all(0.0), &Scalar::all(pose.noise)).unwrap();
    let mut noisy = Mat::default();
    core::add(&blurred, &noise, &mut noisy, &core::no_array(), CV_8UC1).unwrap();
    bgr(&noisy)
}

fn bgr(grey: &Mat) -> Picture {
    let mut colour = Mat::default();
    imgproc::cvt_color_def(grey, &mut colour, imgproc::COLOR_GRAY2BGR).unwrap();
    Picture::from_mat(&colour).unwrap()
}

fn scene(pose: &Pose, seed: i32) -> Picture {
    let mut scene = table();
    draw(&mut scene, &symbol(TEXT), pose);
    photographed(&scene, pose, seed)
}

fn texts(found: &[Barcode]) -> Vec<&str> {
    found.iter().map(|barcode| barcode.text.as_str()).collect()
}

fn turned(picture: &Picture, quarters: u32) -> Picture {
    let mut mat = picture.as_mat().unwrap().try_clone().unwrap();
    for _ in 0..quarters {
        let mut next = Mat::default();
        core::rotate(&mat, &mut next, core::ROTATE_90_CLOCKWISE).unwrap();
        mat = next;
    }
    Picture::from_mat(&mat).unwrap()
}

#[test]
fn a_symbol_reads_in_every_quarter_turn_with_its_control_characters() {
    let upright = scene(&PLAIN, 1);
    for quarters in 0..4 {
        let found = barcode::read(&turned(&upright, quarters)).unwrap();
        assert_eq!(texts(&found), [TEXT], "{quarters} quarter turns");
        assert_eq!(found[0].bytes, TEXT.as_bytes());
    }
}

#[test]
fn a_symbol_reads_at_any_tilt_and_its_corners_are_where_it_lies() {
    let symbol = symbol(TEXT);
    let mut times = Vec::new();
    for (seed, tilt) in [
        1.0, 3.0, 8.0, 17.0, 33.0, 45.0, 77.0, 101.0, 180.0, 203.0, 290.0, 358.0,
    ]
    .into_iter()
    .enumerate()
    {
        let pose = Pose { tilt, ..PLAIN };
        let (found, time) = timed(&scene(&pose, seed as i32));
        times.push(time);
        assert_eq!(texts(&found), [TEXT], "tilted by {tilt} degrees");
        let scale = pose.module / 4.0;
        let true_corners = pose.corners(symbol.cols() as f32 * scale, symbol.rows() as f32 * scale);
        for (corner, truth) in found[0].corners.iter().zip(true_corners) {
            // The picture that the writer makes has a quiet zone around its symbol.
            let off = (corner[0] - truth.x).hypot(corner[1] - truth.y);
            assert!(
                off < 30.0,
                "corner off by {off} pixels, tilted by {tilt} degrees"
            );
        }
    }
    print_times("tilted symbols", times);
}

#[test]
fn a_symbol_reads_in_perspective_small_blurred_and_noisy() {
    let mut seed = 100;
    for (module, blur) in [(2.0, 0.6), (2.5, 0.8), (3.0, 1.2), (4.0, 1.5)] {
        for (yaw, tilt) in [(12.0, 0.0), (25.0, 5.0), (-25.0, 64.0), (18.0, 250.0)] {
            let pose = Pose {
                module,
                tilt,
                yaw,
                blur,
                noise: 6.0,
                ..PLAIN
            };
            seed += 1;
            let found = barcode::read(&scene(&pose, seed)).unwrap();
            assert_eq!(texts(&found), [TEXT], "{pose:?}");
        }
    }
}

#[test]
fn several_symbols_in_one_picture_all_read() {
    for tilt in [0.0, 21.0] {
        let mut scene = table();
        let upper = Pose {
            tilt,
            module: 2.5,
            centre: [500.0, 300.0],
            ..PLAIN
        };
        let lower = Pose {
            centre: [1100.0, 900.0],
            ..upper
        };
        draw(&mut scene, &symbol(TEXT), &upper);
        draw(
            &mut scene,
            &symbol("The other one, with more than a few words in it."),
            &lower,
        );
        let found = barcode::read(&photographed(&scene, &upper, 7)).unwrap();
        assert_eq!(
            texts(&found),
            [TEXT, "The other one, with more than a few words in it."],
            "tilted by {tilt} degrees"
        );
    }
}

#[test]
fn a_symbol_too_damaged_to_read_gives_nothing_rather_than_another_text() {
    for seed in 0..12 {
        let pose = Pose {
            module: 1.9,
            tilt: 3.0 * seed as f32,
            yaw: 12.0,
            blur: 1.3,
            noise: 9.0,
            ..PLAIN
        };
        for found in barcode::read(&scene(&pose, seed)).unwrap() {
            assert_eq!(found.text, TEXT, "misread at {pose:?}");
        }
    }
}

#[test]
fn a_photographed_licence_is_read_as_one() {
    let (engine, pack) = support::models();
    let mut reader = DocumentReader::load(&engine, &pack).unwrap();
    let pose = Pose { tilt: 4.0, ..PLAIN };
    let reading = reader.read(&scene(&pose, 5)).unwrap();
    assert_eq!(texts(&reading.barcodes), [TEXT]);
    assert_eq!(reading.kind(), Some(DocumentKind::DrivingLicence));
    let licence = reading.read_licence().unwrap();
    assert_eq!(licence.fields.text(Field::LicenceNumber), Some("X98765432"));
    assert_eq!(licence.issuer().map(|issuer| issuer.code), Some("VA"));
    let lacking = |finding: &Finding| matches!(finding, Finding::NoMrz | Finding::NoDocument);
    assert!(
        !reading.findings.iter().any(lacking),
        "{:?}",
        reading.findings
    );
    let none = reader.read(&photographed(&table(), &pose, 6)).unwrap();
    assert!(none.barcodes.is_empty() && none.licence.is_none() && none.kind().is_none());
}

/// Covers parts of an upright symbol until its error correction is driven to its end.
#[test]
fn a_wrong_text_of_a_covered_symbol_is_never_confirmed() {
    let upright = Pose {
        noise: 18.0,
        ..PLAIN
    };
    let (mut right, mut wrong) = (0, 0);
    for seed in 0..40 {
        let mut scene = table();
        draw(&mut scene, &symbol(TEXT), &upright);
        for patch in 0..3 {
            let (x, y) = (
                (seed * 97 + patch * 211) % 560,
                (seed * 53 + patch * 71) % 200,
            );
            let part = Rect::new(520 + x, 680 - y, 60 + seed % 50, 30 + seed % 40);
            let colour = Scalar::all(f64::from(seed * 7 % 256));
            imgproc::rectangle(&mut scene, part, colour, imgproc::FILLED, 8, 0).unwrap();
        }
        for found in barcode::read(&photographed(&scene, &upright, seed)).unwrap() {
            assert!(
                found.text == TEXT || !found.confirmed,
                "wrong and confirmed, {seed}"
            );
            right += usize::from(found.text == TEXT && found.confirmed);
            wrong += usize::from(found.text != TEXT);
        }
    }
    println!("of 40 covered symbols {right} read and confirmed, {wrong} wrong and not confirmed");
    assert!(right > 0);
}

/// Lines of writing, a grid, and noise.
fn without_symbols() -> Vec<Picture> {
    let mut page = table();
    for line in 0..24 {
        let text = "the quick brown fox 0123456789 jumps <<<<<<<< IIIIIIIII |||||||| HHHH";
        imgproc::put_text_def(
            &mut page,
            text,
            Point::new(40, 60 + line * 46),
            imgproc::FONT_HERSHEY_DUPLEX,
            1.0,
            Scalar::all(f64::from(line % 3) * 110.0),
        )
        .unwrap();
    }
    let mut stripes = table();
    for x in (0..WIDTH).step_by(9) {
        let colour = Scalar::all(f64::from(x % 200));
        imgproc::line(
            &mut stripes,
            Point::new(x, 200),
            Point::new(x + 60, 1000),
            colour,
            4,
            8,
            0,
        )
        .unwrap();
    }
    let mut noise =
        Mat::new_rows_cols_with_default(HEIGHT, WIDTH, CV_8UC3, Scalar::all(0.0)).unwrap();
    core::randu(&mut noise, &Scalar::all(0.0), &Scalar::all(255.0)).unwrap();
    vec![
        bgr(&page),
        bgr(&stripes),
        Picture::from_mat(&noise).unwrap(),
        bgr(&table()),
    ]
}

#[test]
fn pictures_without_a_symbol_give_nothing() {
    for (index, picture) in without_symbols().iter().enumerate() {
        assert_eq!(
            barcode::read(picture).unwrap(),
            Vec::new(),
            "picture {index}"
        );
    }
}

/// Time that this thread has spent on the processor, which a busy machine does not stretch; by the
/// clock where the system does not tell.
fn spent() -> Duration {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(
        || BEGIN.get_or_init(Instant::now).elapsed(),
        Duration::from_nanos,
    )
}

fn timed(picture: &Picture) -> (Vec<Barcode>, Duration) {
    let begin = spent();
    let found = barcode::read(picture).unwrap();
    (found, spent() - begin)
}

fn print_times(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let (middle, last) = (times[times.len() / 2], times[times.len() - 1]);
    println!(
        "{what}: {} pictures, p50 {middle:.1?}, max {last:.1?}",
        times.len()
    );
}

/// Pictures of a folder with the truth beside each.
fn samples(folder: &Path) -> Vec<(String, Picture, String)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let truth = path.with_extension("txt");
        if path.extension().is_some_and(|e| e == "png" || e == "webp") && truth.exists() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            all.push((
                name,
                support::picture(&path),
                std::fs::read_to_string(&truth).unwrap(),
            ));
        }
    }
    assert!(!all.is_empty());
    all
}

#[test]
fn every_sample_reads_exactly_in_every_quarter_turn() {
    let Some(folder) = support::testdata("barcodes") else {
        return;
    };
    let (mut times, mut confirmed) = (Vec::new(), 0);
    for (name, picture, truth) in samples(&folder) {
        for quarters in 0..4 {
            let (found, time) = timed(&turned(&picture, quarters));
            times.push(time);
            assert_eq!(
                texts(&found),
                [truth.as_str()],
                "{name}, {quarters} quarter turns"
            );
            confirmed += usize::from(found[0].confirmed);
        }
    }
    println!("{confirmed} of {} readings confirmed", times.len());
    print_times("samples", times);
}

#[test]
fn a_picture_without_a_symbol_is_soon_done_with() {
    let mut times: Vec<Duration> = without_symbols().iter().map(|p| timed(p).1).collect();
    if let Some(folder) = support::testdata("documents") {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|e| e == "jpg" || e == "png" || e == "jpeg")
            {
                let mut sized = Mat::default();
                let size = Size::new(WIDTH, HEIGHT);
                let mat = support::picture(&path)
                    .as_mat()
                    .unwrap()
                    .try_clone()
                    .unwrap();
                imgproc::resize_def(&mat, &mut sized, size).unwrap();
                let (found, time) = timed(&Picture::from_mat(&sized).unwrap());
                assert!(found.is_empty(), "{}", path.display());
                times.push(time);
            }
        }
    }
    print_times("1600x1200 without a symbol", times);
}
