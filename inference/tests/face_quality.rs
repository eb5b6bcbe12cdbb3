//! Quality of face pictures: each fault that is drawn shows in its own measure, and what was measured is printed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, prints what it measured, and reads the clock to measure"
)]

use crate::spoil::{blurred, relit, smeared};
use crate::support::{astronaut, beside, files, frames, hopper, models, name, placed, testdata};
use kiosk_inference::face::quality::{Measure, Method};
use kiosk_inference::face::{BestShot, FaceQuality, FaceReader};
use kiosk_inference::picture::{DecodeLimits, Picture};

fn reader() -> FaceReader {
    let (engine, pack) = models();
    FaceReader::load(&engine, &pack).unwrap()
}

/// The portrait as a kiosk's camera would see it.
fn portrait() -> Picture {
    placed(&astronaut(), [225.0, 115.0], 2.2, 0.0, [1280, 720])
}

fn assess(reader: &mut FaceReader, picture: &Picture) -> FaceQuality {
    let seen = reader.observe(picture).unwrap();
    let subject = seen.subject.as_ref().unwrap();
    FaceQuality::assess(picture, subject, &seen).unwrap()
}

fn compressed(picture: &Picture, quality: u8) -> Picture {
    let bytes = picture.encode_jpeg(quality).unwrap();
    Picture::decode(&bytes, &DecodeLimits::default()).unwrap()
}

fn show(label: &str, quality: &FaceQuality) {
    let values: Vec<String> = quality
        .by_name()
        .map(|(name, native, component)| format!("{name} {native:.3} -> {component}"))
        .collect();
    println!(
        "{label}: own score {:.1?}; {}",
        quality.own_score(),
        values.join(", ")
    );
}

#[test]
fn a_good_portrait_is_good_in_every_measure_that_is_assessed() {
    let mut reader = reader();
    let quality = assess(&mut reader, &portrait());
    show("portrait", &quality);
    for measure in Measure::ALL {
        let component = quality.component(measure);
        if measure.method() == Method::Absent {
            assert_eq!(component, -1, "{} is never assessed", measure.name());
        } else {
            assert!(
                (0..=100).contains(&component),
                "{}: {component}",
                measure.name()
            );
        }
    }
    for good in [
        Measure::Sharpness,
        Measure::CompressionArtifacts,
        Measure::UnderExposurePrevention,
        Measure::OverExposurePrevention,
        Measure::EyesOpen,
        Measure::EyesVisible,
        Measure::MouthOcclusionPrevention,
        Measure::FaceOcclusionPrevention,
        Measure::SingleFacePresent,
        Measure::HeadPoseYaw,
        Measure::LeftwardCropOfTheFaceImage,
    ] {
        let component = quality.component(good);
        assert!(component > 80, "{}: {component}", good.name());
    }
    assert_eq!(quality.by_name().count(), 28);
}

#[test]
fn sharpness_falls_with_every_step_of_blur_whatever_its_direction() {
    let mut reader = reader();
    let clean = portrait();
    let mut last = f32::INFINITY;
    for sigma in [0.0, 1.5, 3.0, 4.5, 6.0] {
        let picture = if sigma > 0.0 {
            blurred(&clean, sigma)
        } else {
            clean.clone()
        };
        let quality = assess(&mut reader, &picture);
        let value = quality.get(Measure::Sharpness).unwrap();
        println!(
            "blur of sigma {sigma} px at {:.0} px from eye to eye: {value:?}",
            quality.get(Measure::InterEyeDistance).unwrap().native
        );
        assert!(value.native < last, "{sigma}: {value:?}");
        last = value.native;
    }
    let moved = assess(&mut reader, &smeared(&clean, 15))
        .get(Measure::Sharpness)
        .unwrap();
    println!("moved by 15 px: {moved:?}");
    assert!(moved.component < 50, "{moved:?}");
    let noisy = relit(&clean, |column, channel, level| {
        level + ((column * 7919 + channel * 104_729) % 13) as f32 - 6.0
    });
    println!(
        "noise: {:?}",
        assess(&mut reader, &noisy).get(Measure::Sharpness)
    );
}

#[test]
fn compression_shows_only_where_there_is_some() {
    let mut reader = reader();
    let clean = portrait();
    let mut values = Vec::new();
    for quality in [95, 85, 70, 50, 30, 15, 5] {
        let value = assess(&mut reader, &compressed(&clean, quality))
            .get(Measure::CompressionArtifacts)
            .unwrap();
        println!("JPEG of quality {quality}: {value:?}");
        values.push(value.component);
    }
    assert!(values[0] > 90 && values[1] > 90, "{values:?}");
    assert!(values[6] < 20, "{values:?}");
    assert!(
        values.windows(2).all(|pair| pair[0] >= pair[1]),
        "{values:?}"
    );
}

#[test]
fn light_shows_in_the_measures_of_light() {
    let mut reader = reader();
    let clean = portrait();
    let base = assess(&mut reader, &clean);
    let drops = |changed: &FaceQuality, measure: Measure, by: i8| {
        let (was, is) = (base.component(measure), changed.component(measure));
        println!("{}: {was} then {is}", measure.name());
        assert!(
            is >= 0 && was - is >= by,
            "{}: {was} then {is}",
            measure.name()
        );
    };
    let dark = assess(&mut reader, &relit(&clean, |_, _, level| 0.12 * level));
    drops(&dark, Measure::LuminanceMean, 40);
    drops(&dark, Measure::UnderExposurePrevention, 40);
    drops(&dark, Measure::DynamicRange, 15);
    let bright = assess(&mut reader, &relit(&clean, |_, _, level| 1.6 * level));
    drops(&bright, Measure::OverExposurePrevention, 60);
    let aside = assess(
        &mut reader,
        &relit(
            &clean,
            |column, _, level| if column < 640 { 0.5 * level } else { level },
        ),
    );
    drops(&aside, Measure::IlluminationUniformity, 20);
    let blue = assess(
        &mut reader,
        &relit(&clean, |_, channel, level| [1.3, 1.0, 0.6][channel] * level),
    );
    drops(&blue, Measure::NaturalColour, 60);
}

#[test]
fn place_and_company_show_in_theirs() {
    let mut reader = reader();
    let far = placed(&astronaut(), [225.0, 115.0], 0.7, 0.0, [1280, 720]);
    let far = assess(&mut reader, &far);
    println!("far: {:?}", far.get(Measure::InterEyeDistance));
    assert!(far.component(Measure::InterEyeDistance) < 20);
    // The face against the left edge, then the upper one.
    let left = assess(
        &mut reader,
        &placed(&astronaut(), [440.0, 115.0], 2.2, 0.0, [1000, 720]),
    );
    println!("left: {:?}", left.get(Measure::LeftwardCropOfTheFaceImage));
    assert!(left.component(Measure::LeftwardCropOfTheFaceImage) < 20);
    assert!(left.component(Measure::RightwardCropOfTheFaceImage) > 95);
    let high = assess(
        &mut reader,
        &placed(&astronaut(), [225.0, 230.0], 2.2, 0.0, [1280, 720]),
    );
    println!("high: {:?}", high.get(Measure::MarginAboveOfTheFaceImage));
    assert!(high.component(Measure::MarginAboveOfTheFaceImage) < 20);
    let two = assess(&mut reader, &beside(&astronaut(), &hopper()));
    assert!(two.component(Measure::SingleFacePresent) < 60);
    let tilted = assess(
        &mut reader,
        &placed(&astronaut(), [225.0, 115.0], 2.2, 30.0, [1280, 720]),
    );
    assert!((60..90).contains(&tilted.component(Measure::HeadPoseRoll)));
    // Pixels are looked at upright: a tilt alone changes nothing of sharpness and light.
    let upright = assess(&mut reader, &portrait());
    for measure in [
        Measure::Sharpness,
        Measure::LuminanceMean,
        Measure::NaturalColour,
    ] {
        let apart = (upright.component(measure) - tilted.component(measure)).abs();
        assert!(apart <= 12, "{} {apart}", measure.name());
    }
}

#[test]
fn a_plain_background_is_told_from_a_busy_one() {
    let mut reader = reader();
    let clean = portrait();
    let subject = reader.observe(&clean).unwrap().subject.unwrap();
    let (middle, half) = (
        subject.bounds.x + subject.bounds.width / 2.0,
        0.85 * subject.bounds.width,
    );
    let behind = |paint: fn(usize, f32) -> f32| {
        relit(&clean, |column, _, level| {
            if (column as f32 - middle).abs() > half {
                paint(column, level)
            } else {
                level
            }
        })
    };
    let plain = assess(&mut reader, &behind(|_, _| 180.0));
    let busy = assess(
        &mut reader,
        &behind(|column, _| if column / 6 % 2 == 0 { 240.0 } else { 20.0 }),
    );
    let [plain, busy] =
        [plain, busy].map(|quality| quality.get(Measure::BackgroundUniformity).unwrap());
    println!("plain {plain:?}, busy {busy:?}");
    assert!(
        plain.component > 80 && busy.component < 30,
        "{plain:?} {busy:?}"
    );
    let close = placed(&astronaut(), [225.0, 115.0], 9.0, 0.0, [1280, 720]);
    let close = assess(&mut reader, &close);
    assert_eq!(
        close.component(Measure::BackgroundUniformity),
        -1,
        "nothing of it is seen"
    );
}

#[test]
fn the_best_shot_is_the_good_one_and_only_one_is_kept() {
    let mut reader = reader();
    let clean = portrait();
    let turned = |picture: &Picture, reader: &mut FaceReader| assess(reader, picture);
    let mut best = BestShot::default();
    let offers = [
        ("blurred", blurred(&clean, 5.0)),
        ("dark", relit(&clean, |_, _, level| 0.1 * level)),
        ("clean", clean.clone()),
        ("again", clean.clone()),
        ("smeared", smeared(&clean, 25)),
    ];
    let mut kept = Vec::new();
    for (label, picture) in &offers {
        let seen = reader.observe(picture).unwrap();
        let quality = turned(picture, &mut reader);
        println!("{label}: {:?}", quality.own_score());
        if best.offer(picture, seen.subject.as_ref().unwrap(), &quality) {
            kept.push(*label);
        }
    }
    assert!(
        kept.contains(&"clean") && !kept.contains(&"again") && !kept.contains(&"smeared"),
        "{kept:?}"
    );
    assert!(best.into_best().unwrap().picture == clean);
}

#[test]
fn real_clips_are_measured() {
    let Some(folder) = testdata("faces/clips") else {
        return;
    };
    let mut reader = reader();
    for clip in files(&folder, "mp4") {
        let mut best = BestShot::default();
        let mut sums = vec![(0.0_f32, 0_u32, f32::INFINITY); 28];
        let (mut scores, mut sharp) = (Vec::new(), Vec::new());
        for (_, picture) in frames(&clip, 5) {
            let seen = reader.observe(&picture).unwrap();
            let subject = seen.only_face().unwrap();
            let quality = FaceQuality::assess(&picture, subject, &seen).unwrap();
            for (sum, (_, _, component)) in sums.iter_mut().zip(quality.by_name()) {
                if component >= 0 {
                    sum.0 += f32::from(component);
                    sum.1 += 1;
                    sum.2 = sum.2.min(f32::from(component));
                }
            }
            sharp.push(quality.get(Measure::Sharpness).unwrap().native);
            scores.push(quality.own_score().unwrap());
            best.offer(&picture, subject, &quality);
        }
        let means: Vec<String> = Measure::ALL
            .iter()
            .zip(&sums)
            .filter(|(_, sum)| sum.1 > 0)
            .map(|(measure, sum)| {
                format!(
                    "{} {:.0} (least {:.0})",
                    measure.name(),
                    sum.0 / sum.1 as f32,
                    sum.2
                )
            })
            .collect();
        let shot = best.into_best().unwrap();
        println!(
            "{}: best {:.1}, {}",
            name(&clip),
            shot.score,
            means.join(", ")
        );
        let top = scores.iter().copied().fold(0.0, f32::max);
        assert!(top - shot.score <= 0.5, "{}", name(&clip));
        assert!(shot.subject.eye_openness > 0.35, "{}: eyes", name(&clip));
    }
}
