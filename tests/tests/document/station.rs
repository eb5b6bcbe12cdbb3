//! The station's document step over films: held still, its best frame taken, evidence summed.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kiosk_api::service::ServiceError;
use kiosk_capture::{Frame, Pacing, Recording};
use kiosk_inference::convert::Plan;
use kiosk_inference::picture::Picture;
use kiosk_tests::film;
use kiosk_tests::specimen::{Kind, Shot, Studio, hold, photograph};
use kioskd::analysis::{Analyst, DocumentFindings, load_from};
use kioskd::metrics::Metrics;
use kioskd::preview::Observation;
use kioskd::station::{Conversion, EveryFrame, FrameFeed, watch_document};

use super::support::{passport, random, reader};

/// Frames a second of the films.
const FPS: u32 = 12;
/// How long a document takes to come in.
const COMING: u32 = 12;

fn analyst() -> &'static Analyst {
    static ANALYST: OnceLock<Analyst> = OnceLock::new();
    ANALYST.get_or_init(|| {
        let models = load_from(&kiosk_tests::root().join("models")).unwrap();
        Analyst::start(models).unwrap().0
    })
}

/// A film as a feed that keeps what is shown beside the preview, and how far it was watched.
struct Film {
    frames: EveryFrame,
    shown: RefCell<Vec<(Duration, Observation)>>,
    now: Duration,
}

impl Film {
    fn open(path: &Path) -> Self {
        let recording = Recording::open(path, Pacing::AsFastAsAsked).unwrap();
        Self {
            frames: EveryFrame {
                source: Box::new(recording),
                conversion: Conversion::new(&Plan::cpu(), Metrics::new()),
            },
            shown: RefCell::default(),
            now: Duration::ZERO,
        }
    }
}

impl FrameFeed for Film {
    fn conversion(&self) -> Arc<Conversion> {
        self.frames.conversion()
    }

    fn next(&mut self) -> Result<Option<Arc<Frame>>, ServiceError> {
        let frame = self.frames.next()?;
        self.now = frame.as_ref().map_or(self.now, |frame| frame.captured_at());
        Ok(frame)
    }

    fn show(&self, seen: Observation) {
        self.shown.borrow_mut().push((self.now, seen));
    }
}

fn watched(path: &Path) -> (Film, DocumentFindings) {
    let mut film = Film::open(path);
    let found = watch_document(analyst(), &mut film, Duration::from_secs(30)).unwrap();
    (film, found)
}

/// A passport that comes in from the right within a second and then is held for three.
fn coming_in(folder: &Path) -> std::path::PathBuf {
    let held = folder.join("held.avi");
    let shot = Shot::default();
    let frames = 3 * FPS as usize;
    hold(
        passport(),
        &shot,
        frames,
        f64::from(FPS),
        &held,
        &mut random(60),
    )
    .unwrap();
    let coming = (0..COMING).map(|step| {
        let offset = 0.36 * (COMING - step) as f32 / COMING as f32;
        let shot = Shot {
            offset: (offset, 0.0),
            ..shot
        };
        Ok(photograph(passport(), &shot, &mut random(61))?.picture)
    });
    let mut rest = Recording::open(&held, Pacing::AsFastAsAsked).unwrap();
    let rest = std::iter::from_fn(move || {
        let frame = kiosk_capture::FrameSource::next_frame(&mut rest).unwrap()?;
        Some(Ok(Picture::from_frame(&frame).unwrap()))
    });
    let path = folder.join("coming.avi");
    film::write(&path, f64::from(FPS), coming.chain(rest)).unwrap();
    path
}

#[test]
fn a_document_that_comes_in_is_taken_within_two_seconds_of_its_rest_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let (film, found) = watched(&coming_in(folder.path()));
    let shown = film.shown.borrow();
    for (at, seen) in shown.iter() {
        println!(
            "{at:?}: {:?} {:?} {:?}",
            seen.zone, seen.hold, seen.guidance
        );
    }
    let rest = Duration::from_secs(1);
    let zone = found.reading.mrz.as_ref().expect("a zone");
    assert!(
        zone.valid && zone.lines == passport().mrz,
        "{:?}",
        zone.lines
    );
    assert!(found.portrait.is_some() && found.reading.quality.guidance.is_empty());
    let taken = shown.iter().find(|(_, seen)| seen.hold == Some(1.0));
    let (taken, _) = taken.expect("taken by auto-capture");
    println!("at rest from {rest:?} on, taken at {taken:?}");
    assert!(*taken >= rest + Duration::from_millis(500) && *taken <= rest + Duration::from_secs(2));
    assert_eq!(film.now, *taken, "nothing is waited for once it is taken");
    let coming: Vec<_> = shown.iter().take_while(|(at, _)| *at < rest).collect();
    assert!(
        coming.iter().all(|(_, seen)| seen.guidance.is_some()),
        "nobody is left without guidance"
    );
    let moving = coming
        .iter()
        .filter(|(_, seen)| seen.guidance == Some("moving"));
    assert!(moving.count() > 0);
    assert!(
        shown
            .iter()
            .any(|(_, seen)| seen.hold.is_some_and(|hold| 0.0 < hold && hold < 1.0)),
        "the hold is shown as it goes on"
    );
}

#[test]
fn frames_that_leave_a_zone_in_doubt_one_by_one_are_summed() {
    let folder = tempfile::tempdir().unwrap();
    let studio = Studio::open(&kiosk_tests::root()).unwrap();
    let (mut alone, mut summed, mut wrong) = (0, 0, 0);
    for seed in 300..306 {
        let (lines, frames) = studio.film(Kind::Passport, seed, 10).unwrap();
        let first = reader().read_mrz(&frames[0]).unwrap();
        alone += usize::from(first.is_some_and(|zone| zone.valid && zone.lines == lines));
        let path = folder.path().join(format!("{seed}.avi"));
        film::write(&path, 12.0, frames.into_iter().map(Ok)).unwrap();
        let zone = watched(&path).1.reading.mrz.filter(|zone| zone.valid);
        wrong += usize::from(zone.as_ref().is_some_and(|zone| zone.lines != lines));
        summed += usize::from(zone.is_some_and(|zone| zone.lines == lines));
    }
    println!("valid and exact of 6: {alone} by one frame, {summed} by the step; {wrong} wrong");
    assert!(summed > alone && wrong == 0);
}
