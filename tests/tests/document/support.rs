//! What the tests share: one reader, specimens of every kind, figures.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use kiosk_inference::document::{DocumentReader, DocumentReading};
use kiosk_inference::picture::Picture;
use kiosk_tests::attack::{Pictured, pictured};
use kiosk_tests::material::Material;
use kiosk_tests::models::document_reader;
use kiosk_tests::specimen::{Fonts, Holder, Kind, Page, Pages, Photograph, Specimen};
use rand::SeedableRng;
use rand::rngs::StdRng;
use time::Date;
use time::macros::date;

pub const TODAY: Date = date!(2026 - 11 - 21);
/// 300 dpi and a little.
const DOTS: f32 = 13.0;

/// Whether rates are measured on many pictures.
pub fn full() -> bool {
    std::env::var_os("KIOSK_FULL").is_some()
}

pub fn random(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// One reader for all tests: loading it takes longer than reading.
pub fn reader() -> MutexGuard<'static, DocumentReader> {
    static READER: OnceLock<Mutex<DocumentReader>> = OnceLock::new();
    let reader = READER.get_or_init(|| Mutex::new(document_reader().unwrap()));
    reader.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn read(picture: &Picture) -> DocumentReading {
    reader().read(picture).unwrap()
}

/// Both people's portraits.
pub fn portraits() -> &'static [Picture; 2] {
    static PORTRAITS: OnceLock<[Picture; 2]> = OnceLock::new();
    PORTRAITS.get_or_init(|| {
        let material = Material::below(&kiosk_tests::root()).unwrap();
        ["traveller", "stranger"].map(|person| material.document_portrait(person).unwrap())
    })
}

/// Every side of every kind for both people: name and page.
pub fn sides() -> &'static Vec<(String, Page)> {
    static SIDES: OnceLock<Vec<(String, Page)>> = OnceLock::new();
    SIDES.get_or_init(|| {
        let fonts = Fonts::installed().unwrap();
        let people = [Holder::eriksson(), Holder::almqvist()];
        let mut sides = Vec::new();
        for (holder, portrait) in people.into_iter().zip(portraits()) {
            for kind in Kind::ALL {
                let specimen = Specimen::bona_fide(kind, holder.clone(), TODAY);
                let Pages { front, back } = specimen.render(portrait, &fonts, DOTS).unwrap();
                sides.push((format!("{kind:?}"), front));
                sides.extend(back.map(|back| (format!("{kind:?}, back"), back)));
            }
        }
        sides
    })
}

/// A passport's page.
pub fn passport() -> &'static Page {
    &sides()[0].1
}

/// `count` bona fide pictures over all sides, photographed and scanned in turn.
pub fn bona_fide(
    count: usize,
    seed: u64,
) -> impl Iterator<Item = (String, &'static Page, Photograph)> {
    let mut random = random(seed);
    (0..count).map(move |index| {
        let (name, page) = &sides()[index % sides().len()];
        let how = if (index / sides().len()).is_multiple_of(2) {
            Pictured::Photographed
        } else {
            Pictured::Scanned
        };
        let taken = pictured(page, how, &mut random).unwrap();
        (format!("{name}, {how:?} {index}"), page, taken)
    })
}

/// Least, tenth, half, nine tenths, most.
pub fn quantiles(values: &[f32]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let at = |share: f32| sorted.get(((sorted.len().max(1) - 1) as f32 * share).round() as usize);
    let shown: Vec<String> = [0.0, 0.1, 0.5, 0.9, 1.0]
        .into_iter()
        .filter_map(at)
        .map(|value| format!("{value:.3}"))
        .collect();
    format!("{} values: {}", sorted.len(), shown.join(" "))
}
