//! Several things in a picture that may be the document, and documents whose edges are not in it.

use kiosk_inference::document::PageSize;
use kiosk_inference::document::viz::{FieldName, Viz};
use kiosk_inference::picture::Picture;
use kiosk_tests::attack::second_document;
use kiosk_tests::specimen::{Page, Photograph, Shot, photograph, photograph_at};
use opencv::core::{Mat, Size};
use opencv::imgproc;
use rand::Rng;

use super::support::{full, passport, random, read, sides};

/// A coloured heading may be left out of a card's outline where no zone tells that it belongs to it, px.
const HEADING: f32 = 75.0;

fn shot() -> Shot {
    Shot {
        frame: (1600, 1200),
        perspective: 0.01,
        ..Shot::default()
    }
}

/// A page whose print is so blurred that nothing of it can be read.
fn illegible(page: &Page) -> Page {
    let mut out = Mat::default();
    let sigma = 0.45 * page.picture.width() as f64 / f64::from(page.size_mm[0]);
    imgproc::gaussian_blur_def(
        &page.picture.as_mat().unwrap(),
        &mut out,
        Size::default(),
        sigma,
    )
    .unwrap();
    Page {
        picture: Picture::from_mat(&out).unwrap(),
        mrz: Vec::new(),
        ..*page
    }
}

/// Two pages side by side, the first larger.
fn both(first: &Page, second: &Page, seed: u64) -> (Photograph, Photograph, Picture) {
    let mut random = random(seed);
    let left = Shot {
        scale: 0.50,
        offset: (-0.24, -0.03),
        ..shot()
    };
    let right = Shot {
        scale: 0.38,
        offset: (0.27, 0.05),
        ..shot()
    };
    let one = photograph(first, &left, &mut random).unwrap();
    let two = photograph(second, &right, &mut random).unwrap();
    let picture = second_document(&one, &two).unwrap();
    (one, two, picture)
}

fn off(one: &[[f32; 2]; 4], two: &[[f32; 2]; 4]) -> f32 {
    let far = one.iter().map(|a| {
        let apart = two.iter().map(|b| (a[0] - b[0]).hypot(a[1] - b[1]));
        apart.fold(f32::INFINITY, f32::min)
    });
    far.fold(0.0, f32::max)
}

#[test]
fn every_document_in_a_picture_is_a_candidate_and_the_one_that_was_read_comes_first() {
    let card = &sides()[1].1;
    for seed in 0..3 {
        let (page, other, picture) = both(passport(), card, 100 + seed);
        let reading = read(&picture);
        let candidates = &reading.candidates;
        assert_eq!(Some(candidates[0].corners), reading.outline);
        assert_eq!(
            (candidates[0].size, candidates[0].score),
            (PageSize::Id3, 1.0)
        );
        assert!(off(&page.corners, &candidates[0].corners) < 30.0);
        let second = candidates[1..]
            .iter()
            .find(|candidate| off(&other.corners, &candidate.corners) < HEADING);
        assert_eq!(second.expect("the card").size, PageSize::Id1);
        let scores: Vec<f32> = candidates.iter().map(|candidate| candidate.score).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    }
}

#[test]
fn a_card_beside_a_larger_one_that_cannot_be_read_is_the_one_that_is_read() {
    let card = &sides()[1].1;
    assert!(card.mrz.is_empty(), "the card's front, without a zone");
    let (blurred, other, picture) = both(&illegible(card), card, 110);
    let alone = read(&blurred.picture);
    let first = alone.outline.expect("the page that can't be read");
    assert!(off(&blurred.corners, &first) < HEADING);
    let number = |viz: &Viz| viz.field(FieldName::DocumentNumber).is_some();
    assert!(!alone.viz.as_ref().is_some_and(number));
    let reading = read(&picture);
    let outline = reading.outline.expect("an outline");
    println!("{:?}", reading.candidates);
    assert!(off(&other.corners, &outline) < HEADING, "{outline:?}");
    assert_eq!(reading.candidates[0].corners, outline);
    assert!(reading.candidates.len() >= 2);
    let number = reading
        .viz
        .as_ref()
        .and_then(|viz| viz.field(FieldName::DocumentNumber));
    assert_eq!(number.map(|field| field.text.as_str()), Some("L898902C3"));
}

/// The page seen so near that the picture ends within it: of each side this share of the page's width is missing,
/// give or take a tenth of a degree.
fn filling(page: &Page, missing: f32, random: &mut impl Rng) -> Picture {
    let width = 1600.0;
    let height = (width * page.size_mm[1] / page.size_mm[0]).round();
    let frame = Shot {
        frame: (width as u32, height as u32),
        ..shot()
    };
    let mut out = || width * (missing + random.random_range(0.0..0.006));
    let corners = [
        [-out(), -out()],
        [width + out(), -out()],
        [width + out(), height + out()],
        [-out(), height + out()],
    ];
    photograph_at(page, &frame, corners, random)
        .unwrap()
        .picture
}

#[test]
fn pages_that_fill_the_picture_are_read_without_an_edge_to_be_seen() {
    let rounds = if full() { 4 } else { 1 };
    let mut random = random(120);
    for missing in [0.0, 0.01, 0.02, 0.03, 0.04] {
        let (mut zones, mut exact, mut fronts, mut numbers, mut outlines, mut all) =
            (0, 0, 0, 0, 0, 0);
        for _ in 0..rounds {
            for (_, page) in sides() {
                let reading = read(&filling(page, missing, &mut random));
                all += 1;
                outlines += usize::from(reading.outline.is_some());
                let lines = reading.mrz.as_ref().map(|mrz| mrz.lines.clone());
                if !page.mrz.is_empty() {
                    zones += 1;
                    exact += usize::from(lines.as_ref() == Some(&page.mrz));
                }
                if page.portrait.is_some() {
                    fronts += 1;
                    let viz = reading.viz.as_ref();
                    let number = viz.and_then(|viz| viz.field(FieldName::DocumentNumber));
                    let text = number.map(|field| field.text.replace(' ', ""));
                    numbers += usize::from(
                        text.is_some_and(|text| ["L898902C3", "001302198765"].contains(&&*text)),
                    );
                }
            }
        }
        println!(
            "{:.0} % of each side missing: outline {outlines} of {all}, zone exact {exact} of {zones}, printed number {numbers} of {fronts}",
            missing * 100.0
        );
        assert!(exact * 10 >= zones * 9, "{missing}: {exact} of {zones}");
        assert!(
            numbers * 10 >= fronts * 8,
            "{missing}: {numbers} of {fronts}"
        );
        assert_eq!(outlines, all);
    }
}
