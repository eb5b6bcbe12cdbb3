//! The portrait is cut at the standard's proportions; a ghost beside it is none.

use kiosk_inference::document::Assessment;
use kiosk_inference::picture::{Picture, Region};
use kiosk_tests::specimen::{Page, Photograph, Shot, photograph};
use opencv::core::{Mat, MatTraitConst, Rect, Size};
use opencv::imgproc;

use super::support::{passport, portraits, random, read};

fn taken(page: &Page) -> Photograph {
    photograph(
        page,
        &Shot {
            frame: (1600, 1200),
            ..Shot::default()
        },
        &mut random(50),
    )
    .unwrap()
}

/// The page with a pale grey copy of its portrait of that width (shares of the page) at a place.
fn with_ghost(page: &Page, at: [f32; 2], width: f32, strength: f64) -> Page {
    let mut out = page.picture.as_mat().unwrap().try_clone().unwrap();
    let wide = (width * out.cols() as f32) as i32;
    let size = Size::new(wide, wide * 45 / 35);
    let (mut small, mut grey, mut flat) = (Mat::default(), Mat::default(), Mat::default());
    imgproc::resize(
        &portraits()[0].as_mat().unwrap(),
        &mut small,
        size,
        0.0,
        0.0,
        imgproc::INTER_AREA,
    )
    .unwrap();
    imgproc::cvt_color_def(&small, &mut grey, imgproc::COLOR_BGR2GRAY).unwrap();
    imgproc::cvt_color_def(&grey, &mut flat, imgproc::COLOR_GRAY2BGR).unwrap();
    let place = Rect::new(
        (at[0] * out.cols() as f32) as i32,
        (at[1] * out.rows() as f32) as i32,
        size.width,
        size.height,
    );
    let mut target = Mat::roi_mut(&mut out, place).unwrap();
    let mut mixed = Mat::default();
    // Paper where the ghost is white: a copy of low contrast.
    let under = target.try_clone().unwrap();
    opencv::core::add_weighted(&flat, strength, &under, 1.0 - strength, 0.0, &mut mixed, -1)
        .unwrap();
    mixed.copy_to(&mut target).unwrap();
    Page {
        picture: Picture::from_mat(&out).unwrap(),
        mrz: page.mrz.clone(),
        ..*page
    }
}

/// The page without its portrait.
fn without_portrait(page: &Page) -> Page {
    let mut out = page.picture.as_mat().unwrap().try_clone().unwrap();
    let [x, y, width, height] = page.portrait.unwrap().map(|px| px as i32);
    let frame = Rect::new(x - 4, y - 4, width + 8, height + 8);
    imgproc::rectangle(
        &mut out,
        frame,
        opencv::core::Scalar::all(235.0),
        -1,
        imgproc::LINE_8,
        0,
    )
    .unwrap();
    Page {
        picture: Picture::from_mat(&out).unwrap(),
        mrz: page.mrz.clone(),
        ..*page
    }
}

fn middle(region: Region) -> [f32; 2] {
    [
        region.x + region.width / 2.0,
        region.y + region.height / 2.0,
    ]
}

/// Whether the portrait found lies where the page's own is printed.
fn is_the_printed_one(page: &Page, region: Region, straightened: &Picture) -> bool {
    let [x, y, width, height] = page.portrait.unwrap();
    let scale = straightened.width() as f32 / page.picture.width() as f32;
    let [mx, my] = middle(region).map(|place| place / scale);
    (x..x + width).contains(&mx) && (y..y + height).contains(&my)
}

#[test]
fn the_portrait_has_the_standards_proportions_and_its_quality() {
    let reading = read(&taken(passport()).picture);
    let region = reading.portrait_box.unwrap();
    assert!((region.width / region.height - 35.0 / 45.0).abs() < 0.02);
    assert!(is_the_printed_one(
        passport(),
        region,
        reading.straightened.as_ref().unwrap()
    ));
    let quality = reading.portrait_quality.unwrap();
    println!("{quality:?}");
    let Assessment::Measured(eyes) = quality.eye_distance_px else {
        panic!("{quality:?}");
    };
    // ISO/IEC 39794-5: the eyes stand about a quarter of the portrait's width apart.
    let share = eyes / region.width;
    assert!((0.18..0.36).contains(&share), "{share}");
    assert!((0.65..0.85).contains(&quality.head_share), "{quality:?}");
    assert!((60.0..220.0).contains(&quality.brightness) && quality.clipped < 0.05);
    let blurred = read(
        &photograph(
            passport(),
            &Shot {
                frame: (1600, 1200),
                blur: 2.4,
                ..Shot::default()
            },
            &mut random(50),
        )
        .unwrap()
        .picture,
    );
    let [sharp, soft] = [quality, blurred.portrait_quality.unwrap()]
        .map(|quality| quality.blur_px.measured().unwrap());
    assert!(soft > sharp + 0.5, "{soft} {sharp}");
}

#[test]
fn ghost_portraits_of_any_place_and_size_are_ignored() {
    for (at, width, strength) in [
        ([0.80, 0.55], 0.10, 0.3),
        ([0.70, 0.20], 0.16, 0.3),
        ([0.68, 0.15], 0.24, 0.35),
    ] {
        let page = with_ghost(passport(), at, width, strength);
        let reading = read(&taken(&page).picture);
        let region = reading.portrait_box.expect("the printed portrait");
        assert!(
            is_the_printed_one(&page, region, reading.straightened.as_ref().unwrap()),
            "{width}"
        );
    }
}

#[test]
fn a_ghost_without_its_portrait_is_no_portrait() {
    // The specimen bears a ghost of its own, at its lower right.
    let page = without_portrait(passport());
    let reading = read(&taken(&page).picture);
    assert!(reading.portrait.is_none(), "{:?}", reading.portrait_quality);
}
