//! Each code is given where its fault is, and none where there is none.
// long file: every condition of quality has its test here.

use std::time::Duration;

use kiosk_inference::document::quality::{Quality, Watch};
use kiosk_inference::document::{DocumentReading, GuidanceCode};
use kiosk_inference::picture::Picture;
use kiosk_tests::attack::{Pictured, any_shot, darkened, finger, glare, pictured, second_document};
use kiosk_tests::specimen::{Background, Photograph, Shot, photograph};

use super::support::{bona_fide, full, passport, quantiles, random, read, sides};

/// Light, olive, brown and dark skin: blue, green, red.
const SKINS: [[u8; 3]; 4] = [
    [150, 175, 225],
    [105, 140, 190],
    [75, 105, 160],
    [45, 65, 105],
];

/// What a zone that was read validly says against.
const FALSE_ON_A_VALID_ZONE: [GuidanceCode; 5] = [
    GuidanceCode::TooDark,
    GuidanceCode::TooBright,
    GuidanceCode::GlareOnMrz,
    GuidanceCode::Smeared,
    GuidanceCode::Blurred,
];

fn plain() -> Shot {
    Shot {
        scale: 0.68,
        ..Shot::default()
    }
}

fn taken(shot: &Shot, seed: u64) -> Photograph {
    photograph(passport(), shot, &mut random(seed)).unwrap()
}

fn asks(picture: &Picture, code: GuidanceCode) -> bool {
    read(picture).quality.asks(code)
}

#[test]
fn clean_pictures_of_every_kind_get_no_guidance() {
    let count = if full() { 132 } else { 11 };
    let mut wrong = Vec::new();
    let (mut blur, mut clipped, mut paper) = (Vec::new(), Vec::new(), Vec::new());
    let mut cut = Vec::new();
    let mut dots_off: Vec<f32> = Vec::new();
    for (name, page, taken) in bona_fide(count, 11) {
        let reading = read(&taken.picture);
        let Quality {
            light,
            blur_mm,
            dots_per_mm,
            cut_off,
            guidance,
            ..
        } = &reading.quality;
        blur.extend(blur_mm.measured());
        cut.extend(cut_off.measured());
        if let Some(light) = light.measured() {
            clipped.push(light.clipped);
            paper.push(light.paper);
        }
        let [a, b, ..] = taken.corners;
        let truth = (b[0] - a[0]).hypot(b[1] - a[1]) / page.size_mm[0];
        if reading.mrz.is_some() {
            dots_off.extend(
                dots_per_mm
                    .measured()
                    .map(|dots| (dots / truth - 1.0).abs()),
            );
        }
        if !guidance.is_empty() {
            wrong.push(format!("{name}: {guidance:?}"));
        }
    }
    println!("blur mm: {}", quantiles(&blur));
    println!("clipped: {}", quantiles(&clipped));
    println!("paper: {}", quantiles(&paper));
    println!("cut off: {}", quantiles(&cut));
    println!("dots a mm, off by: {}", quantiles(&dots_off));
    println!("{} of {count} with false guidance: {wrong:#?}", wrong.len());
    assert!(wrong.len() * 50 <= count, "{wrong:#?}");
    assert!(dots_off.iter().all(|off| *off < 0.06));
}

#[test]
fn a_reflection_is_named_by_what_it_hides_and_measured() {
    let taken = taken(&plain(), 3);
    // Places of a passport's page in shares of its width and height.
    for (at, code) in [
        ([0.5, 0.84], GuidanceCode::GlareOnMrz),
        ([0.18, 0.42], GuidanceCode::GlareOnPortrait),
        ([0.55, 0.33], GuidanceCode::GlareOnText),
    ] {
        let reading = read(&glare(&taken, at, 0.05).unwrap());
        assert!(
            reading.quality.asks(code),
            "{code:?}: {:?}",
            reading.quality
        );
        let given = reading
            .quality
            .guidance
            .iter()
            .find(|given| given.code == code)
            .unwrap();
        assert!(given.value > given.limit && given.value <= 1.0, "{given:?}");
    }
    let empty = read(&glare(&taken, [0.93, 0.62], 0.012).unwrap());
    assert!(empty.quality.guidance.is_empty(), "{:?}", empty.quality);
    assert!(!asks(&taken.picture, GuidanceCode::Glare));
}

#[test]
fn too_dark_and_too_bright_are_told_from_well_lit() {
    let taken = taken(&plain(), 4);
    for factor in [0.08, 0.12, 0.18] {
        let dark = read(&darkened(&taken.picture, factor).unwrap());
        let said = dark.quality.asks(GuidanceCode::TooDark);
        assert!(
            said || dark.outline.is_none(),
            "{factor}: {:?}",
            dark.quality
        );
    }
    for factor in [0.5, 0.8, 1.0] {
        assert!(!asks(
            &darkened(&taken.picture, factor).unwrap(),
            GuidanceCode::TooDark
        ));
    }
    assert!(asks(
        &darkened(&taken.picture, 6.0).unwrap(),
        GuidanceCode::TooBright
    ));
    assert!(!asks(
        &darkened(&taken.picture, 1.3).unwrap(),
        GuidanceCode::TooBright
    ));
}

#[test]
fn reference_pictures_that_are_read_validly_get_hardly_any_guidance() {
    let Some(folder) = std::env::var_os("KIOSK_TESTDATA").map(std::path::PathBuf::from) else {
        println!("KIOSK_TESTDATA is not set: only specimens were looked at");
        return;
    };
    let files = std::fs::read_dir(folder.join("documents")).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind != "json"));
    paths.sort();
    let (mut valid, mut told) = (0, 0);
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let limits = kiosk_inference::picture::DecodeLimits::default();
        let reading = read(&Picture::decode(&bytes, &limits).unwrap());
        if !reading.mrz.as_ref().is_some_and(|mrz| mrz.valid) {
            continue;
        }
        valid += 1;
        // They are small scans and pictures of the web: that they are coarse, cut and glossy is true of them.
        let false_alarms: Vec<_> = reading
            .quality
            .guidance
            .iter()
            .filter(|given| FALSE_ON_A_VALID_ZONE.contains(&given.code))
            .collect();
        println!(
            "{}: {:?}, smear {:?}, light {:?}",
            path.file_name().unwrap().display(),
            reading.quality.guidance,
            reading.quality.smear,
            reading.quality.light
        );
        told += usize::from(!false_alarms.is_empty());
    }
    println!("{told} of {valid} valid reference readings with guidance that their zone belies");
    assert!(told * 5 <= valid, "{told} of {valid}");
}

/// Prints how reading goes with blur, which the limit rests on.
#[test]
fn blur_is_told_where_reading_begins_to_fail() {
    let frames = if full() { 4 } else { 1 };
    let mut rows = Vec::new();
    for step in 0..9 {
        let sigma = 0.4 + 0.45 * step as f32;
        let (mut valid, mut told, mut values) = (0, 0, Vec::new());
        for seed in 0..frames {
            let shot = Shot {
                blur: sigma,
                ..plain()
            };
            let reading = read(&taken(&shot, 20 + seed).picture);
            valid += usize::from(reading.mrz.as_ref().is_some_and(|mrz| mrz.valid));
            told += usize::from(reading.quality.asks(GuidanceCode::Blurred));
            values.extend(reading.quality.blur_mm.measured());
        }
        println!(
            "sigma {sigma:.2} px: valid {valid}, told {told} of {frames}; mm {}",
            quantiles(&values)
        );
        rows.push((sigma, valid, told));
    }
    let sharp = rows.iter().filter(|(sigma, ..)| *sigma < 1.2);
    assert!(sharp.into_iter().all(|(_, _, told)| *told == 0), "{rows:?}");
    let (_, _, told) = rows.last().unwrap();
    assert!(*told > 0, "{rows:?}");
}

#[test]
fn a_small_document_is_too_far_or_too_coarse_by_how_much_of_the_picture_it_fills() {
    let far = Shot {
        frame: (1280, 960),
        scale: 0.26,
        perspective: 0.0,
        ..plain()
    };
    let reading = read(&taken(&far, 5).picture);
    assert!(
        reading.quality.asks(GuidanceCode::TooFar),
        "{:?}",
        reading.quality
    );
    let coarse = Shot {
        frame: (400, 300),
        scale: 0.8,
        blur: 0.3,
        perspective: 0.0,
        ..plain()
    };
    let reading = read(&taken(&coarse, 5).picture);
    assert!(
        reading.quality.asks(GuidanceCode::LowResolution),
        "{:?}",
        reading.quality
    );
    let near = read(&taken(&plain(), 5).picture);
    assert!(
        !near.quality.asks(GuidanceCode::TooFar) && !near.quality.asks(GuidanceCode::LowResolution)
    );
}

#[test]
fn a_document_that_leaves_the_picture_is_cut_off() {
    for offset in [(0.26, 0.0), (-0.26, 0.0), (0.0, 0.22)] {
        let reading = read(&taken(&Shot { offset, ..plain() }, 6).picture);
        let quality = &reading.quality;
        assert!(
            quality.asks(GuidanceCode::CutOff),
            "{offset:?}: {quality:?}"
        );
    }
    for offset in [(0.1, 0.0), (-0.1, 0.05)] {
        assert!(!asks(
            &taken(&Shot { offset, ..plain() }, 6).picture,
            GuidanceCode::CutOff
        ));
    }
}

#[test]
fn a_finger_of_any_skin_over_the_border_is_seen() {
    let (mut seen, mut all) = (0, 0);
    for background in [
        Background::Cloth,
        Background::Plain([60, 60, 60]),
        Background::Wood,
    ] {
        let shot = Shot {
            background,
            ..plain()
        };
        for (skin, along) in SKINS.into_iter().zip([0.3, 0.45, 0.6, 0.75]) {
            for lower in [true, false] {
                let covered = finger(&taken(&shot, 7), lower, along, 0.16, skin).unwrap();
                let quality = read(&covered).quality;
                let told = quality.asks(GuidanceCode::FingerOver);
                println!(
                    "{background:?} {skin:?} lower {lower}: {told} {:?}",
                    quality.covered
                );
                seen += usize::from(told);
                all += 1;
            }
        }
        assert!(
            !asks(&taken(&shot, 7).picture, GuidanceCode::FingerOver),
            "{background:?}"
        );
    }
    println!("{seen} of {all} fingers seen");
    assert!(seen * 10 >= all * 7);
}

#[test]
fn a_second_document_in_the_picture_is_counted() {
    for seed in 0..3 {
        let frame = (1600, 1200);
        let small = Shot {
            frame,
            scale: 0.44,
            perspective: 0.01,
            ..plain()
        };
        let one = Shot {
            offset: (-0.25, -0.05),
            ..small
        };
        let two = Shot {
            offset: (0.25, 0.08),
            ..small
        };
        let mut random = random(40 + seed);
        let first = photograph(passport(), &one, &mut random).unwrap();
        let card = &sides()[1].1;
        let second = photograph(card, &two, &mut random).unwrap();
        let both = second_document(&first, &second).unwrap();
        let quality = read(&both).quality;
        assert!(
            quality.asks(GuidanceCode::TwoDocuments),
            "{seed}: {quality:?}"
        );
        assert!(!asks(&first.picture, GuidanceCode::TwoDocuments));
    }
}

#[test]
fn a_moving_document_is_told_from_a_steady_one() {
    let at = |offset: f32| {
        taken(
            &Shot {
                offset: (offset, 0.0),
                perspective: 0.0,
                ..plain()
            },
            8,
        )
        .picture
    };
    for (shift, moving) in [(0.0, false), (0.0012, false), (0.02, true), (0.05, true)] {
        let mut watch = Watch::new();
        let first = watch.look(&at(0.0), Duration::ZERO).unwrap();
        assert!(
            !first.quality.asks(GuidanceCode::Moving),
            "one frame tells nothing"
        );
        let next = watch.look(&at(shift), Duration::from_millis(100)).unwrap();
        let told = next.quality.asks(GuidanceCode::Moving);
        assert_eq!(told, moving, "{shift}: {:?}", next.quality.speed);
    }
}

#[test]
fn a_picture_without_a_document_says_so_and_nothing_else() {
    let empty = Picture::from_bgr(640, 480, vec![120; 640 * 480 * 3]).unwrap();
    let reading: DocumentReading = read(&empty);
    let codes: Vec<_> = reading
        .quality
        .guidance
        .iter()
        .map(|given| given.code)
        .collect();
    assert_eq!(codes, [GuidanceCode::NoDocument]);
    assert!(reading.authenticity.is_empty());
}

#[test]
fn quality_and_authenticity_cost_little_of_a_reading() {
    let mut random = random(9);
    let shot = Shot {
        frame: (1600, 1200),
        ..any_shot(&mut random)
    };
    let picture = photograph(passport(), &shot, &mut random).unwrap().picture;
    let mut sums: Vec<f32> = Vec::new();
    for _ in 0..5 {
        let stages = read(&picture).stages;
        let both = stages
            .iter()
            .filter(|(name, _)| ["quality", "authenticity"].contains(name));
        sums.push(both.map(|(_, time)| time.as_secs_f32() * 1e3).sum());
        println!("{stages:?}");
    }
    println!("quality and authenticity, ms: {}", quantiles(&sums));
}

#[test]
fn a_look_without_a_network_finds_the_page() {
    let mut random = random(10);
    for how in [Pictured::Photographed; 6] {
        let taken = pictured(passport(), how, &mut random).unwrap();
        let look = Watch::new().look(&taken.picture, Duration::ZERO).unwrap();
        assert!(look.outline.is_some());
        assert!(look.quality.guidance.is_empty(), "{:?}", look.quality);
    }
}
