//! Specimens are what they say: in ICAO's proportions, by the MRZ's own rules, and read back by the
//! kiosk's own document reader, flat and under a camera.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use kiosk_capture::{FrameSource, Pacing, Recording};
use kiosk_inference::document::mrz::{MrzDate, parse};
use kiosk_inference::document::{DocumentReader, DocumentReading};
use kiosk_inference::picture::{Picture, Region};
use kiosk_tests::material::Material;
use kiosk_tests::models::document_reader;
use kiosk_tests::specimen::{
    Background, Fonts, Holder, Kind, Page, Pages, Photograph, Shot, Specimen, head_and_shoulders,
    hold, photograph,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use time::Date;
use time::macros::date;

const TODAY: Date = date!(2026 - 11 - 21);
/// 300 dpi.
const DOTS: f32 = 11.8;
/// Of everything that is drawn at random.
const SEED: u64 = 9303;
/// How far a found corner may lie from the page's own, over the page's width.
const CORNER_TOLERANCE: f32 = 0.03;

fn specimen(kind: Kind) -> Specimen {
    Specimen::bona_fide(kind, Holder::eriksson(), TODAY)
}

fn rendered(specimen: &Specimen) -> Pages {
    let fonts = Fonts::installed().unwrap();
    specimen.render(portrait(), &fonts, DOTS).unwrap()
}

/// The traveller's portrait, cut as a passport office would.
fn portrait() -> &'static Picture {
    static PORTRAIT: OnceLock<Picture> = OnceLock::new();
    PORTRAIT.get_or_init(|| {
        let material = Material::below(&kiosk_tests::root()).unwrap();
        let picture = material.portrait("traveller").unwrap();
        let seen = material.reader().unwrap().observe(&picture).unwrap();
        let face = seen.subject.expect("the portrait shows a face").bounds;
        let region = Region {
            x: face.x,
            y: face.y,
            width: face.width,
            height: face.height,
        };
        head_and_shoulders(&picture, region).unwrap()
    })
}

/// One reader for all tests: loading it takes longer than reading.
fn reader() -> MutexGuard<'static, DocumentReader> {
    static READER: OnceLock<Mutex<DocumentReader>> = OnceLock::new();
    let reader = READER.get_or_init(|| Mutex::new(document_reader().unwrap()));
    reader.lock().unwrap_or_else(PoisonError::into_inner)
}

fn taken(page: &Page, shot: &Shot) -> Photograph {
    photograph(page, shot, &mut StdRng::seed_from_u64(SEED)).unwrap()
}

fn one_of_each() -> impl Iterator<Item = (Specimen, Pages)> {
    Kind::ALL.into_iter().map(|kind| {
        let specimen = specimen(kind);
        let pages = rendered(&specimen);
        (specimen, pages)
    })
}

fn second_passport() -> (Specimen, Page) {
    let specimen = Specimen::bona_fide(Kind::Passport, Holder::almqvist(), TODAY)
        .numbered("XK4071925")
        .with_optional("ZE184226B");
    let page = rendered(&specimen).front;
    (specimen, page)
}

/// Turned, upside down, tilted, in poor light, small and off the middle.
fn hard_shots() -> [Shot; 5] {
    let plain = Shot::default();
    [
        Shot {
            scale: 0.75,
            rotation_deg: -14.0,
            background: Background::Cloth,
            ..plain
        },
        Shot {
            rotation_deg: 180.0,
            ..plain
        },
        Shot {
            perspective: 0.05,
            background: Background::Plain([40, 40, 40]),
            ..plain
        },
        Shot {
            blur: 1.2,
            noise: 6.0,
            shade: 0.4,
            jpeg_quality: Some(60),
            ..plain
        },
        Shot {
            frame: (1920, 1080),
            scale: 0.55,
            offset: (0.1, -0.04),
            ..plain
        },
    ]
}

fn assert_reads(specimen: &Specimen, picture: &Picture, what: &str) -> DocumentReading {
    let reading = reader().read(picture).unwrap();
    let zone = reading
        .mrz
        .as_ref()
        .unwrap_or_else(|| panic!("{what}: no zone, {:?}", reading.findings));
    assert_eq!(zone.format, specimen.kind.format(), "{what}");
    assert_eq!(zone.lines, specimen.mrz().unwrap(), "{what}");
    let lines: Vec<&str> = zone.lines.iter().map(String::as_str).collect();
    assert!(zone.fields == parse(&lines).unwrap().fields, "{what}");
    assert_eq!(zone.fields.document_number, specimen.number, "{what}");
    assert!(zone.valid && zone.check_digits.all_right(), "{what}");
    reading
}

fn assert_corners(reading: &DocumentReading, truth: [[f32; 2]; 4], what: &str) {
    let found = reading
        .outline
        .unwrap_or_else(|| panic!("{what}: no outline"));
    let width = (truth[1][0] - truth[0][0]).hypot(truth[1][1] - truth[0][1]);
    for (found, truth) in found.iter().zip(truth) {
        let off = (found[0] - truth[0]).hypot(found[1] - truth[1]) / width;
        assert!(
            off < CORNER_TOLERANCE,
            "{what}: a corner is {off:.3} page widths off"
        );
    }
}

#[test]
fn every_kind_has_a_zone_that_parses_back_to_its_fields() {
    for kind in Kind::ALL {
        for holder in [Holder::eriksson(), Holder::almqvist()] {
            let specimen = Specimen::bona_fide(kind, holder, TODAY);
            let lines = specimen.mrz().unwrap();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let parsed = parse(&lines).unwrap();
            assert_eq!(parsed.format, kind.format());
            assert!(parsed.check_digits.all_right(), "{kind:?}");
            let state = if kind == Kind::FrenchCard {
                "FRA"
            } else {
                "UTO"
            };
            assert_eq!(parsed.fields.issuing_state, state);
            assert_eq!(parsed.fields.document_number, specimen.number);
            assert_eq!(
                parsed.fields.birth,
                Some(MrzDate::from_date(specimen.holder.birth))
            );
            let expiry = (kind != Kind::FrenchCard).then(|| MrzDate::from_date(specimen.expires));
            assert_eq!(parsed.fields.expiry, expiry);
        }
    }
}

#[test]
fn accented_names_stand_transliterated_in_the_zone() {
    let specimen = Specimen::bona_fide(Kind::Passport, Holder::almqvist(), TODAY);
    let lines = specimen.mrz().unwrap();
    assert_eq!(lines[0], "P<UTOAALMQVIST<JOERGENSEN<<BJOERN<EMILE<<<<<");
}

#[test]
fn a_bona_fide_specimen_is_valid_today_and_an_expired_one_no_longer() {
    let valid = specimen(Kind::Passport);
    assert!(valid.issued < TODAY && TODAY < valid.expires);
    let expired = Specimen::expired(Kind::Passport, Holder::eriksson(), TODAY);
    assert!(expired.issued < expired.expires && expired.expires < TODAY);
    let impossible = Specimen {
        issued: TODAY,
        expires: TODAY - time::Duration::DAY,
        ..valid
    };
    assert!(impossible.mrz().is_err());
}

#[test]
fn a_card_in_the_french_layout_has_a_month_of_issue_that_no_card_has() {
    for seed in 0..100 {
        let drawn = Specimen::drawn(Kind::FrenchCard, seed);
        for number in [drawn.number, specimen(Kind::FrenchCard).number] {
            let month: u8 = number[2..4].parse().unwrap();
            assert!(month > 12, "{number}");
        }
    }
}

#[test]
fn pages_have_the_proportions_of_their_format_and_the_zone_on_the_right_side() {
    let sizes = [
        (125.0, 88.0),
        (85.6, 53.98),
        (105.0, 74.0),
        (120.0, 80.0),
        (105.0, 74.0),
        (105.0, 74.0),
    ];
    for (kind, (width, height)) in Kind::ALL.into_iter().zip(sizes) {
        let pages = rendered(&specimen(kind));
        assert_eq!(pages.front.size_mm, [width, height]);
        assert_eq!(pages.front.picture.width(), (width * DOTS).round() as u32);
        assert_eq!(pages.front.picture.height(), (height * DOTS).round() as u32);
        assert!(pages.front.portrait.is_some());
        assert_eq!(pages.back.is_some(), kind == Kind::IdentityCard);
        assert_eq!(pages.mrz_side().mrz, specimen(kind).mrz().unwrap());
    }
}

#[test]
fn the_same_seed_takes_the_same_photograph_and_another_seed_another() {
    let page = rendered(&specimen(Kind::IdentityCard)).front;
    let taken = |seed| {
        let mut random = StdRng::seed_from_u64(seed);
        photograph(&page, &Shot::default(), &mut random).unwrap()
    };
    let (first, again, other) = (taken(1), taken(1), taken(2));
    assert!(first.picture == again.picture);
    assert_eq!(first.corners, again.corners);
    assert!(first.picture != other.picture);
}

#[test]
fn the_kiosk_reads_every_kind_as_it_was_rendered() {
    for kind in Kind::ALL {
        let specimen = specimen(kind);
        let pages = rendered(&specimen);
        assert_reads(
            &specimen,
            &pages.mrz_side().picture,
            &format!("{kind:?}, flat"),
        );
    }
}

#[test]
fn the_kiosk_reads_every_kind_under_its_document_camera() {
    for (specimen, pages) in one_of_each() {
        let taken = taken(pages.mrz_side(), &Shot::default());
        assert_reads(
            &specimen,
            &taken.picture,
            &format!("{:?} under the camera", specimen.kind),
        );
    }
}

#[test]
fn the_kiosk_finds_page_and_portrait_of_every_kind_under_its_document_camera() {
    for (specimen, pages) in one_of_each() {
        let what = format!("{:?} under the camera", specimen.kind);
        let page = pages.mrz_side();
        let taken = taken(page, &Shot::default());
        let reading = assert_reads(&specimen, &taken.picture, &what);
        assert_corners(&reading, taken.corners, &what);
        assert_eq!(
            reading.portrait.is_some(),
            page.portrait.is_some(),
            "{what}"
        );
    }
}

#[test]
fn the_kiosk_reads_passports_askew_on_any_table_in_poor_light() {
    let (specimen, page) = second_passport();
    for shot in hard_shots() {
        assert_reads(
            &specimen,
            &taken(&page, &shot).picture,
            &format!("{shot:?}"),
        );
    }
}

#[test]
fn the_kiosk_finds_passports_askew_on_any_table_in_poor_light() {
    let (specimen, page) = second_passport();
    for shot in hard_shots() {
        let taken = taken(&page, &shot);
        let reading = assert_reads(&specimen, &taken.picture, &format!("{shot:?}"));
        assert_corners(&reading, taken.corners, &format!("{shot:?}"));
    }
}

#[test]
fn a_film_of_a_held_document_plays_back_and_is_read_in_every_frame_looked_at() {
    const FRAMES: usize = 30;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document.avi");
    let specimen = specimen(Kind::Passport);
    let page: Page = rendered(&specimen).front;
    let mut random = StdRng::seed_from_u64(SEED);
    hold(&page, &Shot::default(), FRAMES, 25.0, &path, &mut random).unwrap();
    let mut recording = Recording::open(&path, Pacing::AsFastAsAsked).unwrap();
    let mut played = 0;
    let mut before: Option<Vec<u8>> = None;
    while let Some(frame) = recording.next_frame().unwrap() {
        assert_eq!((frame.width(), frame.height()), Shot::default().frame);
        assert!(
            before.as_deref() != Some(frame.bytes()),
            "the hand never rests"
        );
        if played % 10 == 0 {
            let picture = Picture::from_frame(&frame).unwrap();
            assert_reads(&specimen, &picture, &format!("frame {played}"));
        }
        before = Some(frame.bytes().to_vec());
        played += 1;
    }
    assert_eq!(played, FRAMES);
}
