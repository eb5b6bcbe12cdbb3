//! Documents that this test draws: every layout, turned, tilted and small; and pictures that are
//! none, or hostile. No reference material is needed.
//!
//! The characters are Debian's OCR-B at equal pitch, sharp and clean: what blur, noise and light do is
//! shown by the workspace's specimens, and real documents by `document.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use crate::support;
use ab_glyph::{Font, FontVec, PxScale, point};
use kiosk_inference::document::mrz::{MrzDate, MrzFields, MrzFormat, Names, Sex, encode};
use kiosk_inference::document::{DocumentKind, DocumentReader, DocumentReading, Finding};
use kiosk_inference::picture::Picture;
use opencv::core::{CV_8UC3, Mat, MatTrait, Point, Rect, Scalar, Vec3b};
use opencv::imgproc;

/// Pixels a character.
const PITCH: i32 = 22;
const SPACING: i32 = 55;

fn reader() -> DocumentReader {
    let (engine, pack) = support::models();
    DocumentReader::load(&engine, &pack).unwrap()
}

fn fields(format: MrzFormat) -> MrzFields {
    let (code, number) = match format {
        MrzFormat::Td1 | MrzFormat::Td2 => ("I", "D23145897"),
        MrzFormat::Td3 => ("P", "L89872CX3"),
        MrzFormat::MrvA | MrzFormat::MrvB => ("V", "L8988961C"),
        MrzFormat::FrenchId => ("ID", "886692312285"),
    };
    let french = format == MrzFormat::FrenchId;
    let state = if french { "FRA" } else { "UTO" };
    MrzFields {
        document_code: code.into(),
        issuing_state: state.into(),
        names: Names::new("MEYERFELD", "ANNA"),
        document_number: number.into(),
        nationality: state.into(),
        birth: MrzDate::parse("740812"),
        sex: Some(Sex::Female),
        expiry: if french {
            None
        } else {
            MrzDate::parse("320415")
        },
        optional: String::new(),
        second_optional: String::new(),
    }
}

/// A light sheet on a dark table with the zone in its lower part.
fn drawn(lines: &[String]) -> Picture {
    let width = lines[0].len() as i32 * PITCH;
    let (sheet_width, sheet_height) = (width + 120, (width + 120) * 7 / 10);
    let (table_width, table_height) = (sheet_width + 240, sheet_height + 240);
    let dark = Scalar::new(50.0, 60.0, 70.0, 0.0);
    let mut table =
        Mat::new_rows_cols_with_default(table_height, table_width, CV_8UC3, dark).unwrap();
    let sheet = Rect::new(120, 120, sheet_width, sheet_height);
    let light = Scalar::new(225.0, 230.0, 228.0, 0.0);
    imgproc::rectangle(&mut table, sheet, light, -1, imgproc::LINE_8, 0).unwrap();
    let font = ocr_b();
    for (row, line) in lines.iter().enumerate() {
        let below = (lines.len() - 1 - row) as i32 * SPACING;
        let y = 120 + sheet_height - 60 - below;
        for (column, character) in line.chars().enumerate() {
            let place = Point::new(180 + column as i32 * PITCH, y);
            write(&font, &mut table, character, place);
        }
    }
    Picture::from_mat(&table).unwrap()
}

/// Prints one character, its left end at `place` and standing on it.
fn write(font: &FontVec, table: &mut Mat, character: char, place: Point) {
    let scale = PxScale::from(PITCH as f32 * font.height_unscaled() / advance(font));
    let at = point(place.x as f32, place.y as f32);
    let glyph = font.glyph_id(character).with_scale_and_position(scale, at);
    let Some(outline) = font.outline_glyph(glyph) else {
        return;
    };
    let corner = outline.px_bounds().min;
    outline.draw(|x, y, ink| {
        let (row, column) = (corner.y as i32 + y as i32, corner.x as i32 + x as i32);
        let pixel = table.at_2d_mut::<Vec3b>(row, column).unwrap();
        for value in pixel.iter_mut() {
            *value = (f32::from(*value) * (1.0 - ink) + 22.0 * ink) as u8;
        }
    });
}

fn advance(font: &FontVec) -> f32 {
    font.h_advance_unscaled(font.glyph_id('0'))
}

fn ocr_b() -> FontVec {
    let path = "/usr/share/fonts/opentype/ocr-b/OCRB.otf";
    FontVec::try_from_vec(std::fs::read(path).expect("apt install fonts-ocr-b")).unwrap()
}

fn lines(format: MrzFormat) -> Vec<String> {
    encode(format, &fields(format)).unwrap()
}

fn middle(picture: &Picture) -> [f32; 2] {
    [picture.width() as f32 / 2.0, picture.height() as f32 / 2.0]
}

fn assert_read(reading: &DocumentReading, lines: &[String], what: &str) {
    let mrz = reading
        .mrz
        .as_ref()
        .unwrap_or_else(|| panic!("{what}: no reading, {:?}", reading.findings));
    assert_eq!(mrz.lines, lines, "{what}");
    assert!(mrz.check_digits.all_right(), "{what}");
    assert_eq!(mrz.line_boxes.len(), lines.len());
}

#[test]
fn every_layout_is_read_and_named() {
    let mut reader = reader();
    for format in MrzFormat::ALL {
        let lines = lines(format);
        let reading = reader.read(&drawn(&lines)).unwrap();
        assert_read(&reading, &lines, &format!("{format:?}"));
        let mrz = reading.mrz.unwrap();
        assert_eq!(mrz.format, format);
        let kind = match format {
            MrzFormat::Td3 => DocumentKind::Passport,
            MrzFormat::MrvA | MrzFormat::MrvB => DocumentKind::Visa,
            _ => DocumentKind::IdentityCard,
        };
        assert_eq!(mrz.kind(), kind);
        assert!(
            reading.findings.contains(&Finding::NoPortrait),
            "nobody is drawn"
        );
    }
}

#[test]
fn a_document_is_read_at_every_rotation_and_stands_upright_when_straightened() {
    let lines = lines(MrzFormat::Td3);
    let sheet = drawn(&lines);
    let mut reader = reader();
    for degrees in [0.0, 20.0, 65.0, 90.0, 135.0, 180.0, 250.0, 270.0, 340.0] {
        let turned = support::placed(&sheet, middle(&sheet), 0.85, degrees, [1500, 1500]);
        let reading = reader.read(&turned).unwrap();
        assert_read(&reading, &lines, &format!("{degrees} degrees"));
        let upright = reading.straightened.unwrap();
        assert!(upright.width() > upright.height());
        let again = reader.read(&upright).unwrap();
        assert_read(&again, &lines, &format!("{degrees} degrees, straightened"));
        let [start, end, ..] = again.mrz.unwrap().line_boxes[0];
        assert!(end[0] > start[0] + 500.0, "read from left to right");
    }
}

#[test]
fn a_zone_cut_off_at_the_pictures_edge_is_not_completed() {
    let sheet = drawn(&lines(MrzFormat::Td3));
    let mut reader = reader();
    let half = support::placed(
        &sheet,
        [sheet.width() as f32 * 0.75, middle(&sheet)[1]],
        1.0,
        0.0,
        [620, 900],
    );
    let reading = reader.read(&half).unwrap();
    assert!(!reading.mrz.is_some_and(|mrz| mrz.valid));
}

#[test]
fn a_wrong_check_digit_is_reported_beside_the_right_ones() {
    let mut lines = lines(MrzFormat::Td3);
    let digit = lines[1].as_bytes()[19];
    let other = if digit == b'7' { '4' } else { '7' };
    lines[1].replace_range(19..20, &other.to_string());
    let reading = reader().read(&drawn(&lines)).unwrap();
    let mrz = reading.mrz.unwrap();
    assert_eq!(mrz.lines, lines);
    assert!(!mrz.valid);
    assert_eq!(mrz.check_digits.birth, Some(false));
    assert_eq!(mrz.check_digits.number, Some(true));
    assert_eq!(mrz.check_digits.expiry, Some(true));
}

#[test]
fn text_that_is_no_zone_gives_no_reading() {
    let text: Vec<String> = [
        "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOGS",
        "1234567890 1234567890 1234567890 1234567890 ",
        "A << B << C >> D >> E << F << G >> H >> I <<",
    ]
    .map(str::to_owned)
    .to_vec();
    let reading = reader().read(&drawn(&text)).unwrap();
    assert!(reading.mrz.is_none());
}

#[test]
fn empty_noisy_and_oddly_shaped_pictures_end_in_a_finding() {
    let mut reader = reader();
    let mut state = 1u32;
    let mut noise = |bytes: usize| -> Vec<u8> {
        let next = |state: &mut u32| {
            *state ^= *state << 13;
            *state ^= *state >> 17;
            *state ^= *state << 5;
            (*state >> 24) as u8
        };
        (0..bytes).map(|_| next(&mut state)).collect()
    };
    let shapes = [
        (1, 1),
        (1, 4000),
        (4000, 1),
        (3, 900),
        (64, 64),
        (900, 700),
        (4200, 40),
    ];
    for (width, height) in shapes {
        let bytes = (width * height * 3) as usize;
        for pixels in [vec![0; bytes], vec![255; bytes], noise(bytes)] {
            let picture = Picture::from_bgr(width, height, pixels).unwrap();
            let reading = reader.read(&picture).unwrap();
            assert!(reading.mrz.is_none(), "{width}x{height}");
            assert!(!reading.findings.is_empty());
        }
    }
}

#[test]
fn a_reading_prints_nothing_of_what_it_read() {
    let lines = lines(MrzFormat::Td3);
    let reading = reader().read(&drawn(&lines)).unwrap();
    let shown = format!("{reading:?}");
    for secret in [
        "MEYERFELD",
        "ANNA",
        "L89872CX3",
        "740812",
        &lines[0],
        &lines[1],
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
