//! Files with EXIF that this test writes itself, before a drawn picture.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use exif::experimental::Writer;
use exif::{Field, In, Tag, Value};
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);
const ASKED: Upload = Upload {
    at: NOW,
    asked_now: true,
};

/// Something with shapes of its own: a bright and a dark disc before a slope.
fn scene(width: u32, height: u32, seed: u32) -> Picture {
    let (w, h) = (width as f32, height as f32);
    let place = |k: u32| (seed.wrapping_mul(2_654_435_761) >> (8 * k) & 0xFF) as f32 / 255.0;
    let mut bgr = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (x as f32 / w, y as f32 / h);
            let near = |cx: f32, cy: f32| (x - cx).hypot(y - cy) < 0.22;
            let light = match () {
                () if near(place(0), place(1)) => 240.0,
                () if near(place(2), place(3)) => 20.0,
                () => 90.0 + 70.0 * x * place(1) + 40.0 * y,
            };
            bgr.extend([light as u8; 3]);
        }
    }
    Picture::from_bgr(width, height, bgr).unwrap()
}

fn text(tag: Tag, said: &str) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Ascii(vec![said.as_bytes().to_vec()]),
    }
}

fn number(tag: Tag, said: u32) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value: match tag {
            Tag::Orientation => Value::Short(vec![said as u16]),
            _ => Value::Long(vec![said]),
        },
    }
}

/// A JPEG of the picture with these fields and that thumbnail before it.
fn file(picture: &Picture, fields: &[Field], thumbnail: Option<&Picture>) -> Vec<u8> {
    let small = thumbnail.map(|small| small.encode_jpeg(80).unwrap());
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    if let Some(small) = &small {
        writer.set_jpeg(small, In::THUMBNAIL);
    }
    let mut tiff = std::io::Cursor::new(Vec::new());
    writer.write(&mut tiff, false).unwrap();
    let tiff = tiff.into_inner();
    let jpeg = picture.encode_jpeg(90).unwrap();
    let length = u16::try_from(tiff.len() + 8).unwrap().to_be_bytes();
    let mut file = vec![0xFF, 0xD8, 0xFF, 0xE1, length[0], length[1]];
    file.extend(b"Exif\0\0");
    file.extend(tiff);
    file.extend(&jpeg[2..]);
    file
}

fn judged(picture: &Picture, fields: &[Field], thumbnail: Option<&Picture>) -> Judgement {
    let file = file(picture, fields, thumbnail);
    let decoded = Picture::decode(&file, &DecodeLimits::default()).unwrap();
    judge_words(&file, &decoded, ASKED).unwrap()
}

/// What a phone writes of a picture that was taken a minute ago.
fn phone(picture: &Picture) -> Vec<Field> {
    vec![
        text(Tag::Make, "Phone"),
        text(Tag::Software, "17.4.1"),
        text(Tag::DateTime, "2026:11:21 13:59:00"),
        text(Tag::DateTimeOriginal, "2026:11:21 13:59:00"),
        text(Tag::OffsetTimeOriginal, "+02:00"),
        number(Tag::PixelXDimension, picture.width()),
        number(Tag::PixelYDimension, picture.height()),
        number(Tag::Orientation, 1),
    ]
}

fn with(mut fields: Vec<Field>, changed: Field) -> Vec<Field> {
    fields.retain(|field| field.tag != changed.tag);
    fields.push(changed);
    fields
}

#[test]
fn what_a_phone_writes_of_a_picture_of_now_is_clear() {
    let picture = scene(640, 480, 5);
    let small = scene(160, 120, 5);
    let found = judged(&picture, &phone(&picture), Some(&small));
    assert!(found.score().is_some_and(|score| score < 0.5), "{found:?}");
    assert_eq!(found.reason(), Some(Reason::Clear));
}

#[test]
fn a_turned_phone_s_picture_is_clear_whichever_way_its_thumbnail_lies() {
    let picture = scene(640, 480, 9);
    let fields = with(phone(&picture), number(Tag::Orientation, 6));
    let small = scene(160, 120, 9);
    for small in turns(small).unwrap() {
        let found = judged(&picture, &fields, Some(&small));
        assert_eq!(found.reason(), Some(Reason::Clear), "{found:?}");
    }
}

#[test]
fn a_thumbnail_with_black_beside_it_is_its_picture_s() {
    let picture = scene(1280, 720, 11);
    let small = scene(160, 90, 11);
    let mut bars = vec![0; 160 * 15 * 3];
    bars.extend_from_slice(small.bgr());
    bars.extend(vec![0; 160 * 15 * 3]);
    let small = Picture::from_bgr(160, 120, bars).unwrap();
    let found = judged(&picture, &phone(&picture), Some(&small));
    assert_eq!(found.reason(), Some(Reason::Clear), "{found:?}");
}

#[test]
fn another_picture_s_thumbnail_is_told() {
    let mut told = 0;
    for seed in 1..=20 {
        let picture = scene(640, 480, seed);
        let other = scene(160, 120, seed + 1_000);
        let found = judged(&picture, &phone(&picture), Some(&other));
        told += u32::from(found.reason() == Some(Reason::ThumbnailDiffers));
        let own = judged(&picture, &phone(&picture), Some(&scene(160, 120, seed)));
        assert_eq!(own.reason(), Some(Reason::Clear), "{seed}: {own:?}");
    }
    assert!(told >= 12, "{told} of 20");
}

#[test]
fn dates_that_cannot_be_are_told_and_zones_that_are_not_said_are_allowed_for() {
    let picture = scene(320, 240, 3);
    let reason = |fields: Vec<Field>| judged(&picture, &fields, None).reason();
    let at = |said: &str| with(phone(&picture), text(Tag::DateTimeOriginal, said));
    assert_eq!(
        reason(at("2026:11:22 13:59:00")),
        Some(Reason::TakenInFuture)
    );
    assert_eq!(
        reason(at("2024:05:01 10:00:00")),
        Some(Reason::TakenLongBefore)
    );
    let changed = with(phone(&picture), text(Tag::DateTime, "2026:11:19 09:00:00"));
    assert_eq!(reason(changed), Some(Reason::ChangedBeforeTaken));
    // Late in the evening in Auckland, and no zone said.
    let far = vec![text(Tag::DateTimeOriginal, "2026:11:22 00:59:00")];
    assert_eq!(reason(far), Some(Reason::Clear));
}

#[test]
fn a_document_may_have_been_photographed_long_ago() {
    let picture = scene(320, 240, 3);
    let fields = vec![text(Tag::DateTimeOriginal, "2021:05:01 10:00:00")];
    let file = file(&picture, &fields, None);
    let of = |asked_now| judge_words(&file, &picture, Upload { at: NOW, asked_now }).unwrap();
    assert_eq!(of(false).reason(), Some(Reason::Clear));
    assert_eq!(of(true).reason(), Some(Reason::TakenLongBefore));
}

#[test]
fn an_editor_other_sides_and_a_turn_that_was_made_are_told_and_a_smaller_copy_is_not() {
    let picture = scene(640, 480, 7);
    let reason = |fields: Vec<Field>| judged(&picture, &fields, None).reason();
    let editor = text(Tag::Software, "Adobe Photoshop 25.3 (Macintosh)");
    assert_eq!(
        reason(with(phone(&picture), editor)),
        Some(Reason::EditingSoftware)
    );
    let sides = |width: u32, height: u32, turn: u32| {
        let fields = with(phone(&picture), number(Tag::PixelXDimension, width));
        let fields = with(fields, number(Tag::PixelYDimension, height));
        with(fields, number(Tag::Orientation, turn))
    };
    assert_eq!(reason(sides(4032, 3024, 1)), Some(Reason::Clear));
    assert_eq!(reason(sides(4032, 2268, 1)), Some(Reason::SidesDiffer));
    assert_eq!(reason(sides(3024, 4032, 6)), Some(Reason::TurnedTwice));
    assert_eq!(reason(sides(3024, 4032, 1)), Some(Reason::Clear));
}

#[test]
fn a_file_that_says_nothing_and_one_whose_words_are_damaged_are_not_assessed() {
    let picture = scene(320, 240, 3);
    for silent in [picture.encode_jpeg(90).unwrap(), b"BM0000".to_vec()] {
        let found = judge_words(&silent, &picture, ASKED).unwrap();
        assert_eq!(found, Judgement::NotAssessed(WhyNot::NotStated));
    }
    let mut damaged = file(&picture, &phone(&picture), None);
    damaged[12..20].fill(0xAA);
    let found = judge_words(&damaged, &picture, ASKED).unwrap();
    assert_eq!(found, Judgement::NotAssessed(WhyNot::Unreadable));
}
