//! How well visual zones are read and compared with the MRZ: specimens of every kind through the camera
//! model, as they are and altered. Figures are printed; each has a floor.
//!
//! `KIOSK_VIZ_OF_EACH` sets how many of each kind are made; the figures in the project's documents are
//! of 12, which makes 60.
// long file: one measurement, with the tables of what is compared and altered.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use kiosk_inference::document::crosscheck::{self, Crosscheck, Crosschecks};
use kiosk_inference::document::mrz::{MrzFormat, Sex};
use kiosk_inference::document::viz::{FieldName, Viz};
use kiosk_inference::document::{DocumentReader, DocumentReading};
use kiosk_inference::engine::{Engine, EngineConfig};
use kiosk_inference::pack::Pack;
use kiosk_inference::picture::Picture;
use kiosk_tests::material::Material;
use kiosk_tests::specimen::{Background, Fonts, Holder, Kind, Pages, Shot, Specimen, photograph};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use time::{Date, Month};

/// Pictures of each kind of document, where the environment says nothing.
const OF_EACH: usize = 3;
/// Least share of a field's values that are read exactly, marks apart.
const LEAST_EXACT: f64 = 0.85;
/// Least share of compared fields that agree on bona fide documents.
const LEAST_AGREEING: f64 = 0.95;
/// Least share of altered documents that are told.
const LEAST_TOLD: f64 = 0.85;

const SURNAMES: [&str; 12] = [
    "ERIKSSON",
    "ÅLMQVIST-JØRGENSEN",
    "MUSTERMANN",
    "O’CONNOR",
    "VAN DER MUELLEN",
    "NOWAK",
    "MÜLLER",
    "GARCÍA LÓPEZ",
    "DUPONT",
    "ÞORSTEINSSON",
    "STEVENSON",
    "KOVÁCS",
];
const GIVEN: [&str; 12] = [
    "ANNA MARIA",
    "BJÖRN ÉMILE",
    "ERIKA",
    "SEAN PATRICK",
    "JAN",
    "KATARZYNA",
    "JÜRGEN",
    "MARÍA JOSÉ",
    "CHLOÉ",
    "GUÐRÚN",
    "PETER GEORGE",
    "ZOLTÁN",
];

fn of_each() -> usize {
    let set = std::env::var("KIOSK_VIZ_OF_EACH").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(OF_EACH)
}

/// What every test here needs.
struct Bench {
    reader: DocumentReader,
    portrait: Picture,
    fonts: Fonts,
    random: StdRng,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let root = kiosk_tests::root();
        let models = root.join("models");
        let pack =
            Pack::open(&models.join("manifest.toml"), &models.join("packs/default")).unwrap();
        let library = models.join("runtime/libonnxruntime.so");
        let engine = Engine::start(&EngineConfig::with_library(library)).unwrap();
        Self {
            reader: DocumentReader::load(&engine, &pack).unwrap(),
            portrait: Material::below(&root)
                .unwrap()
                .document_portrait("traveller")
                .unwrap(),
            fonts: Fonts::installed().unwrap(),
            random: StdRng::seed_from_u64(seed),
        }
    }

    fn specimen(&mut self, kind: Kind) -> Specimen {
        let random = &mut self.random;
        let holder = Holder {
            surname: SURNAMES[random.random_range(0..SURNAMES.len())].into(),
            given_names: GIVEN[random.random_range(0..GIVEN.len())].into(),
            birth: any_day(random, 1940..2008),
            sex: [Sex::Female, Sex::Male][random.random_range(0..2)],
            birthplace: "ZENITH".into(),
        };
        let number = format!("L{:08}", random.random_range(0..100_000_000));
        Specimen::bona_fide(kind, holder, kiosk_tests::now().date()).numbered(&number)
    }

    /// The document's sides as a camera sees them, read.
    fn read(&mut self, pages: &Pages) -> Vec<DocumentReading> {
        let mut readings = Vec::new();
        for page in std::iter::once(&pages.front).chain(&pages.back) {
            let shot = any_shot(&mut self.random);
            let taken = photograph(page, &shot, &mut self.random).unwrap();
            readings.push(self.reader.read(&taken.picture).unwrap());
        }
        readings
    }

    fn pages(&self, specimen: &Specimen, lines: Vec<String>) -> Pages {
        specimen
            .render_with_zone(lines, &self.portrait, &self.fonts, 14.0)
            .unwrap()
    }
}

fn any_day(random: &mut StdRng, years: std::ops::Range<i32>) -> Date {
    let month = Month::try_from(random.random_range(1..=12_u8)).unwrap();
    Date::from_calendar_date(
        random.random_range(years),
        month,
        random.random_range(1..=28),
    )
    .unwrap()
}

/// A way in which a page may lie under the kiosk's camera.
fn any_shot(random: &mut StdRng) -> Shot {
    let backgrounds = [
        Background::Wood,
        Background::Cloth,
        Background::Plain([200, 205, 210]),
    ];
    Shot {
        frame: (1600, 1200),
        scale: random.random_range(0.72..0.88),
        rotation_deg: random.random_range(-12.0..12.0),
        perspective: random.random_range(0.0..0.03),
        blur: random.random_range(0.0..1.0),
        noise: random.random_range(0.0..5.0),
        shade: random.random_range(0.0..0.3),
        background: backgrounds[random.random_range(0..backgrounds.len())],
        ..Shot::default()
    }
}

fn checks(readings: &[DocumentReading]) -> Crosschecks {
    let zone = readings.iter().find_map(|reading| reading.mrz.as_ref());
    let sides: Vec<&Viz> = readings
        .iter()
        .filter_map(|reading| reading.viz.as_ref())
        .collect();
    crosscheck::of_reading(zone, &sides, None)
}

/// What the page prints, by field.
fn printed(specimen: &Specimen) -> Vec<(FieldName, String)> {
    let day = |date: Date| {
        let month = date.month().to_string().to_uppercase();
        format!("{:02} {} {}", date.day(), &month[..3], date.year())
    };
    let holder = &specimen.holder;
    let sex = if holder.sex == Sex::Female { "F" } else { "M" };
    vec![
        (FieldName::DocumentNumber, specimen.number.clone()),
        (FieldName::Surname, holder.surname.clone()),
        (FieldName::GivenNames, holder.given_names.clone()),
        (FieldName::Nationality, "UTOPIAN".into()),
        (FieldName::BirthDate, day(holder.birth)),
        (FieldName::Sex, sex.into()),
        (FieldName::BirthPlace, holder.birthplace.clone()),
        (FieldName::IssueDate, day(specimen.issued)),
        (FieldName::ExpiryDate, day(specimen.expires)),
    ]
}

/// Without marks, which the network does not know of capitals.
fn unmarked(text: &str) -> String {
    let plain = |c: char| match c {
        'Å' | 'Á' => 'A',
        'Ø' | 'Ö' | 'Ó' => 'O',
        'Ü' | 'Ú' => 'U',
        'É' => 'E',
        'Í' => 'I',
        'Þ' => 'P',
        'Ð' => 'D',
        '’' => '\'',
        other => other,
    };
    text.chars().map(plain).collect()
}

#[derive(Default)]
struct Rate {
    all: usize,
    letter_for_letter: usize,
    unmarked: usize,
    spaces_apart: usize,
}

fn found(readings: &[DocumentReading], name: FieldName) -> Option<String> {
    let mut fields = readings
        .iter()
        .filter_map(|reading| reading.viz.as_ref()?.field(name));
    fields.next().map(|field| field.text.clone())
}

#[test]
fn visual_zones_are_read_exactly_and_agree_with_their_zones() {
    let mut bench = Bench::new(0x7669_7a00);
    let mut rates: BTreeMap<FieldName, Rate> = BTreeMap::new();
    let mut results: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut took: Vec<Duration> = Vec::new();
    for kind in Kind::ALL {
        for _ in 0..of_each() {
            let specimen = bench.specimen(kind);
            let pages = bench.pages(&specimen, specimen.mrz().unwrap());
            let readings = bench.read(&pages);
            for (name, truth) in printed(&specimen) {
                let read = found(&readings, name).map(|text| unmarked(&text));
                let rate = rates.entry(name).or_default();
                rate.all += 1;
                let bare = |text: &str| text.replace(' ', "");
                rate.letter_for_letter +=
                    usize::from(found(&readings, name) == Some(truth.clone()));
                rate.unmarked += usize::from(read == Some(unmarked(&truth)));
                let same = read.as_deref().map(bare) == Some(bare(&unmarked(&truth)));
                rate.spaces_apart += usize::from(same);
                if !same {
                    println!("{kind:?} {name:?}: {truth} read as {read:?}");
                }
            }
            for (field, check) in checks(&readings).named() {
                let place = match check {
                    Crosscheck::Agrees { .. } => 0,
                    Crosscheck::Differs { .. } => 1,
                    Crosscheck::NotAssessed(_) => 2,
                };
                let unstated = kind.format() == MrzFormat::FrenchId
                    && matches!(field, "expiry_date" | "nationality");
                if unstated {
                    assert_eq!(place, 2, "the French card's zone has no place for it");
                    continue;
                }
                results.entry(field).or_default()[place] += 1;
                if place != 0 && field != "address_crosscheck" {
                    println!("{kind:?} {field}: {check:?}");
                }
            }
            took.extend(readings.iter().map(viz_time));
        }
    }
    report(&rates, &results, took);
    for (name, rate) in &rates {
        assert!(
            rate.unmarked as f64 >= LEAST_EXACT * rate.all as f64,
            "{name:?}"
        );
    }
    let of = |place: usize| -> usize {
        let assessed = results
            .iter()
            .filter(|(field, _)| **field != "address_crosscheck");
        assessed.map(|(_, counts)| counts[place]).sum()
    };
    assert_eq!(of(1), 0, "a bona fide document is called different");
    assert!(of(0) as f64 >= LEAST_AGREEING * (of(0) + of(2)) as f64);
    let all = Kind::ALL.len() * of_each();
    assert_eq!(results["address_crosscheck"][2], all);
}

fn viz_time(reading: &DocumentReading) -> Duration {
    let stages = reading.stages.iter();
    stages
        .filter(|(stage, _)| stage.starts_with("viz"))
        .map(|(_, took)| *took)
        .sum()
}

fn report(
    rates: &BTreeMap<FieldName, Rate>,
    results: &BTreeMap<&str, [usize; 3]>,
    mut took: Vec<Duration>,
) {
    for (name, rate) in rates {
        println!(
            "{name:?}: of {} exact {}, but for marks {}, but for marks and spaces {}",
            rate.all, rate.letter_for_letter, rate.unmarked, rate.spaces_apart
        );
    }
    for (field, [agrees, differs, open]) in results {
        println!("{field}: {agrees} agree, {differs} differ, {open} not assessed");
    }
    took.sort();
    println!(
        "the visual zone took {} ms at the median, {} ms at most",
        took[took.len() / 2].as_millis(),
        took[took.len() - 1].as_millis()
    );
}

/// What a forger changes on the page, and which check has to tell it.
#[derive(Debug, Clone, Copy)]
enum Altered {
    Surname,
    GivenNames,
    Number,
    OneDigit,
    Birth,
    Expiry,
}

impl Altered {
    const ALL: [Self; 6] = [
        Self::Surname,
        Self::GivenNames,
        Self::Number,
        Self::OneDigit,
        Self::Birth,
        Self::Expiry,
    ];

    fn apply(self, specimen: &mut Specimen) {
        let holder = &mut specimen.holder;
        match self {
            Self::Surname => holder.surname = "LINDQVIST".into(),
            Self::GivenNames => holder.given_names = "TORBEN".into(),
            Self::Number => specimen.number = "K74120993".into(),
            // No look-alike of any other: 3 and 4, 7 and 9 are not mistaken for one another.
            Self::OneDigit => {
                let last = if specimen.number.ends_with('4') {
                    "3"
                } else {
                    "4"
                };
                specimen.number.replace_range(8..9, last);
            }
            Self::Birth => {
                holder.birth = holder.birth.replace_year(holder.birth.year() - 3).unwrap()
            }
            Self::Expiry => {
                specimen.expires = specimen
                    .expires
                    .replace_year(specimen.expires.year() + 1)
                    .unwrap();
            }
        }
    }

    const fn check(self, checks: &Crosschecks) -> Crosscheck {
        match self {
            Self::Surname | Self::GivenNames => checks.name,
            Self::Number | Self::OneDigit => checks.document_number,
            Self::Birth => checks.birth_date,
            Self::Expiry => checks.expiry_date,
        }
    }
}

#[test]
fn a_visual_zone_altered_against_its_mrz_is_told() {
    let mut bench = Bench::new(0x666f_7267);
    let (mut told, mut passed, mut all, mut others) = (0, 0, 0, 0);
    let mut by: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for kind in Kind::ALL {
        for altered in Altered::ALL
            .into_iter()
            .cycle()
            .take(of_each().max(Altered::ALL.len()))
        {
            if kind.format() == MrzFormat::FrenchId && matches!(altered, Altered::Expiry) {
                continue;
            }
            let genuine = bench.specimen(kind);
            let lines = genuine.mrz().unwrap();
            let mut forged = genuine.clone();
            altered.apply(&mut forged);
            let pages = bench.pages(&forged, lines);
            let readings = bench.read(&pages);
            let checks = checks(&readings);
            all += 1;
            let counts = by.entry(format!("{altered:?}")).or_default();
            counts[2] += 1;
            match altered.check(&checks) {
                Crosscheck::Differs { .. } => {
                    told += 1;
                    counts[0] += 1;
                }
                Crosscheck::Agrees { .. } => {
                    passed += 1;
                    counts[1] += 1;
                    println!("{kind:?} {altered:?} agrees");
                }
                Crosscheck::NotAssessed(why) => println!("{kind:?} {altered:?}: {why:?}"),
            }
            let differing = checks
                .named()
                .iter()
                .filter(|(_, check)| matches!(check, Crosscheck::Differs { .. }))
                .count();
            let expected =
                usize::from(matches!(altered.check(&checks), Crosscheck::Differs { .. }));
            others += differing - expected;
        }
    }
    for (altered, [told, passed, all]) in &by {
        println!("{altered}: {told} of {all} told, {passed} taken for the same");
    }
    println!(
        "altered documents: {told} of {all} told, {passed} taken for the same, {others} other fields called different"
    );
    assert_eq!((passed, others), (0, 0));
    assert!(told as f64 >= LEAST_TOLD * f64::from(all));
}
