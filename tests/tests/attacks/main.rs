//! Simulated attacks on a face camera beside bona fide clips, judged as the daemon judges: error rates a kind, with
//! intervals. Stills and replays of an earlier session do not meet a challenge.
//!
//! A few of each kind; `KIOSK_ATTACKS` says how many, `KIOSK_ATTACKS_MINUTES` after how long no further is begun,
//! `KIOSK_ATTACKS_TALLY` names a folder (below the checkout's root) where what ran is kept, so that the next run goes on, and
//! `KIOSK_ATTACKS_REPORT` names the report to fill. Real people are taken from `KIOSK_TESTDATA`, where it is set.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

mod flash;
mod stage;
mod table;
mod tally;

use std::path::{Path, PathBuf};

use kiosk_inference::liveness::injection::SeenClips;
use kiosk_session::{Challenge, Gesture};
use kiosk_tests::attack::face::{
    Clip, as_filmed, cut_out_eyes, displayed, enlarged, injected, masked, screen_replay,
    waved_print,
};
use kiosk_tests::people::{Gesture as Asked, Manner, Reel, acted};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use stage::{Judged, Stage, material};
use table::{Outcome, Table, report};
use tally::Tally;
use time::{Duration, OffsetDateTime};

/// Height of the simulated frames: the face is 150 px high.
const ROWS: i32 = 360;
/// Frames a second of synthetic people's films.
const FPS: f32 = 12.5;
/// Frames of a waved print.
const WAVED: usize = 63;
/// What is held before the camera and can't do what is asked.
const PRINTS: [&str; 2] = ["print, waved", "print, brought closer"];

fn how_many() -> usize {
    let wanted = std::env::var("KIOSK_ATTACKS").ok();
    wanted.and_then(|wanted| wanted.parse().ok()).unwrap_or(2)
}

/// Ends a run that takes too long; what ran is told.
struct Until(Option<OffsetDateTime>);

impl Until {
    fn set() -> Self {
        let minutes = std::env::var("KIOSK_ATTACKS_MINUTES").ok();
        let minutes: Option<i64> = minutes.and_then(|minutes| minutes.parse().ok());
        Self(minutes.map(|minutes| kiosk_tests::now() + Duration::minutes(minutes)))
    }

    fn is_over(&self) -> bool {
        self.0.is_some_and(|end| kiosk_tests::now() >= end)
    }
}

fn real_clips() -> Vec<PathBuf> {
    let Some(data) = std::env::var_os("KIOSK_TESTDATA") else {
        println!("KIOSK_TESTDATA is not set: synthetic people only");
        return Vec::new();
    };
    let folder = std::fs::read_dir(Path::new(&data).join("faces/clips")).unwrap();
    let mut clips: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    clips.retain(|path| path.extension().is_some_and(|end| end == "mp4"));
    clips.sort();
    clips
}

/// What went wrong: an attack that passed, a bona fide clip that did not.
fn outcome(kind: &str, judged: &Judged, bona_fide: bool, was_asked: bool) -> Outcome {
    let wrong = |passed: bool| passed != bona_fide;
    Outcome {
        kind: kind.into(),
        passive: judged.passive.map(wrong),
        own: Some(wrong(!judged.shown)),
        active: was_asked.then(|| wrong(judged.active)),
        signs: Some(wrong(!judged.suspected)),
        whole: judged.whole.filter(|_| was_asked).map(wrong),
    }
}

/// Who attacks, whom, with what they were asked for.
struct Scene<'a> {
    bona_fide: &'a Clip,
    living: &'a Clip,
    asked: &'a Challenge,
}

/// Every attack on the person of a bona fide clip that was just judged. Masks and cut-outs are worn by one who does what is
/// asked when it is asked; replays meet the challenge of before, its sequence at other moments, and a new one.
fn attacks(stage: &mut Stage, scene: &Scene<'_>, rng: &mut StdRng) -> Vec<Outcome> {
    let Scene {
        bona_fide,
        living,
        asked,
    } = scene;
    let policy = stage.policy.clone();
    let still = &bona_fide.frames[0];
    let mut outcomes = Vec::new();
    for (kind, film) in [
        (PRINTS[0], waved_print(still, WAVED, rng).unwrap()),
        (PRINTS[1], enlarged(still, WAVED, rng).unwrap()),
    ] {
        let judged = stage.look(&film).replays(asked, &policy);
        outcomes.push(outcome(kind, &judged, false, true));
    }
    let new = stage.challenge(std::slice::from_ref(&asked.gestures), rng);
    let moments = Challenge {
        gestures: asked.gestures.clone(),
        ..new.clone()
    };
    for (kind, film) in [
        ("injected clip", injected(bona_fide, rng).unwrap()),
        ("screen replay", screen_replay(bona_fide, rng).unwrap()),
        ("tablet replay", displayed(bona_fide, rng).unwrap()),
    ] {
        // The same film may be made again, and is to be new each time.
        let before = stage.models.seen.lock().clone();
        let seen = stage.look(&film);
        *stage.models.seen.lock() = before;
        let mut challenges = vec![
            ("the very challenge again", *asked),
            ("a new challenge", &new),
        ];
        // One gesture alone has no other moments: a replay may begin at any.
        if asked.gestures.len() > 1 {
            challenges.push(("its sequence, other moments", &moments));
        }
        for (which, challenge) in challenges {
            let judged = seen.replays(challenge, &policy);
            outcomes.push(outcome(&format!("{kind}: {which}"), &judged, false, true));
        }
    }
    let worn = cut_out_eyes(still, living, &mut stage.reader, rng).unwrap();
    let judged = stage.look(&worn).answers(asked, &policy);
    outcomes.push(outcome("cut-out eyes, worn", &judged, false, true));
    let mask = masked(still, living, &mut stage.reader, rng).unwrap();
    let judged = stage.look(&mask).answers(asked, &policy);
    outcomes.push(outcome("mask, worn", &judged, false, true));
    outcomes
}

/// Of so many replays against new challenges, one in fifty may meet by chance: a test that draws fewer sees none. No print does.
fn stills_and_replays_do_not_pass(table: &Table) {
    for (kind, row) in &table.0 {
        let (hits, of) = row.active.counts();
        let allowed = match kind.as_str() {
            print if PRINTS.contains(&print) => 0,
            replay if replay.ends_with("a new challenge") => of / 50,
            _ => continue,
        };
        assert!(hits <= allowed, "{kind}: {hits} of {of} passed");
    }
}

/// Runs the scenes that the tally has not, until the time is over, and judges all that it has.
fn run(section: &str, of: usize, mut scene: impl FnMut(&mut Stage, usize) -> Vec<Outcome>) {
    let (mut stage, until) = (Stage::set(), Until::set());
    let mut tally = Tally::open(section, stage.identity()).unwrap();
    for number in tally.missing(of) {
        if until.is_over() {
            break;
        }
        // Hashes of other people's clips would only cost time.
        *stage.models.seen.lock() = SeenClips::default();
        let outcomes = scene(&mut stage, number);
        tally.add(number, outcomes).unwrap();
        report(section, &tally.text(of));
    }
    println!("{}", tally.text(of));
    stills_and_replays_do_not_pass(&tally.table());
}

/// A synthetic person who answers a challenge, never twice the same way.
fn performed(reel: &mut Reel, asked: &Challenge, rng: &mut StdRng) -> Clip {
    let moments = &asked.schedule.as_ref().unwrap().moments;
    let acts: Vec<(Asked, f32)> = asked
        .gestures
        .iter()
        .zip(moments)
        .map(|(gesture, moment)| {
            let reaction_s = rng.random_range(0.4_f32..1.5);
            (
                asked_of(*gesture),
                moment.at_ms as f32 / 1_000.0 + reaction_s,
            )
        })
        .collect();
    let manner = Manner {
        pace: rng.random_range(0.8..1.2),
        size: rng.random_range(0.9..1.1),
        phases: std::array::from_fn(|_| rng.random_range(0.0..6.0)),
    };
    let length_s = acts.last().unwrap().1 + 3.0;
    let clip = Clip {
        frames: reel.frames(&acted(&acts, length_s, FPS, manner)).unwrap(),
        fps: FPS.into(),
    };
    as_filmed(&clip, rng).unwrap()
}

const fn asked_of(gesture: Gesture) -> Asked {
    match gesture {
        Gesture::TurnLeft => Asked::TurnLeft,
        Gesture::TurnRight => Asked::TurnRight,
        Gesture::LookUp => Asked::LookUp,
        Gesture::LookDown => Asked::LookDown,
        Gesture::Blink => Asked::Blink,
        Gesture::OpenMouth => Asked::OpenMouth,
        Gesture::Smile => Asked::Smile,
        Gesture::ComeCloser => Asked::ComeCloser,
    }
}

#[test]
fn of_synthetic_people_stills_and_replays_do_not_pass() {
    let mut reels: Vec<Reel> = ["traveller", "stranger"]
        .map(|name| material().reel(name, ROWS).unwrap())
        .into();
    run("synthetic", how_many(), |stage, number| {
        let mut rng = StdRng::seed_from_u64(number as u64);
        let asked = stage.challenge(&[], &mut rng);
        let bona_fide = performed(&mut reels[number % 2], &asked, &mut rng);
        let living = performed(&mut reels[(number + 1) % 2], &asked, &mut rng);
        let seen = stage.look(&bona_fide);
        let judged = seen.answers(&asked, &stage.policy);
        if !judged.active {
            println!("asked {:?}, seen {:?}", asked, seen.gestures());
        }
        let scene = Scene {
            bona_fide: &bona_fide,
            living: &living,
            asked: &asked,
        };
        let mut outcomes = vec![outcome("bona fide", &judged, true, true)];
        outcomes.extend(attacks(stage, &scene, &mut rng));
        outcomes
    });
}

/// Real people were not asked for anything: what they did is taken for what was asked, so that their own active check says
/// nothing and is not counted. Their clips overlap, so that each scene begins with no clip seen.
#[test]
fn of_real_people_stills_and_replays_do_not_pass() {
    let clips = real_clips();
    let of = if clips.is_empty() { 0 } else { how_many() };
    run("real", of, |stage, number| {
        let mut rng = StdRng::seed_from_u64(1_000 + number as u64);
        let part = |which: usize, rng: &mut StdRng| {
            let clip = Clip::part_of(&clips[which % clips.len()], 5.0, ROWS, rng);
            clip.unwrap().every_other_frame()
        };
        let bona_fide = part(number, &mut rng);
        let living = part(number + 1, &mut rng);
        let seen = stage.look(&bona_fide);
        let drawn = stage.challenge(&[], &mut rng);
        let asked = seen.as_asked(&drawn).unwrap_or(drawn);
        let judged = seen.answers(&asked, &stage.policy);
        let scene = Scene {
            bona_fide: &bona_fide,
            living: &living,
            asked: &asked,
        };
        let mut outcomes = vec![outcome("bona fide", &judged, true, false)];
        outcomes.extend(attacks(stage, &scene, &mut rng));
        outcomes
    });
}

#[test]
fn parts_of_one_persons_clip_that_do_not_overlap_are_not_taken_for_each_other() {
    let mut stage = Stage::set();
    let drawn = stage.challenge(&[], &mut StdRng::seed_from_u64(7));
    for clip in real_clips() {
        *stage.models.seen.lock() = SeenClips::default();
        let mut rng = StdRng::seed_from_u64(7);
        let whole = Clip::part_of(&clip, 60.0, ROWS, &mut rng).unwrap();
        let size = (4.0 * whole.fps) as usize;
        for part in whole.frames.chunks(size).filter(|part| part.len() == size) {
            let part = Clip {
                frames: part.to_vec(),
                fps: whole.fps,
            };
            let seen = stage.look(&part);
            let again = seen.again();
            println!("{}: seen {again:?}", clip.display());
            let suspected = seen.answers(&drawn, &stage.policy).suspected;
            assert!(
                again.is_none_or(|score| score < 0.5) && !suspected,
                "{again:?}"
            );
        }
    }
}

#[test]
fn a_film_of_the_projects_own_people_shows_no_sign_though_it_has_no_noise() {
    let mut stage = Stage::set();
    let film = material()
        .performance("traveller", &[Asked::TurnLeft, Asked::Blink])
        .unwrap();
    let clip = Clip::part_of(&film, 60.0, ROWS, &mut StdRng::seed_from_u64(1)).unwrap();
    let seen = stage.look(&clip);
    let drawn = stage.challenge(&[], &mut StdRng::seed_from_u64(1));
    let kinds: Vec<Gesture> = seen.gestures().iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Gesture::TurnLeft, Gesture::Blink]);
    assert!(!seen.answers(&drawn, &stage.policy).suspected);
    assert!(seen.findings().frames > 0);
}

/// Every gesture that the shipped policy asks for is found in a synthetic person at its moment; a real still that is enlarged is no
/// head that comes closer.
#[test]
fn every_gesture_is_found_at_its_moment_and_an_enlarged_still_makes_none() {
    let mut stage = Stage::set();
    let mut rng = StdRng::seed_from_u64(5);
    let mut reel = material().reel("traveller", ROWS).unwrap();
    let kinds: Vec<Asked> = [
        Asked::TurnLeft,
        Asked::TurnRight,
        Asked::LookUp,
        Asked::LookDown,
        Asked::Blink,
        Asked::OpenMouth,
        Asked::Smile,
    ]
    .into();
    let acts: Vec<(Asked, f32)> = kinds
        .iter()
        .enumerate()
        .map(|(number, kind)| (*kind, 1.0 + 2.5 * number as f32))
        .collect();
    let frames = reel.frames(&acted(&acts, 19.0, FPS, Manner::default()));
    let clip = Clip {
        frames: frames.unwrap(),
        fps: FPS.into(),
    };
    let seen = stage.look(&as_filmed(&clip, &mut rng).unwrap());
    for (kind, at_s) in &acts {
        let found = seen.gestures().iter().find(|one| {
            let peak_s = f64::from(at_s + kind.length_s() / 2.0);
            asked_of(one.kind) == *kind && (one.peak_ms / 1e3 - peak_s).abs() < 0.35
        });
        assert!(found.is_some(), "{kind:?} of {:?}", seen.gestures());
    }
    for path in real_clips() {
        let clip = Clip::part_of(&path, 0.2, ROWS, &mut rng).unwrap();
        let film = enlarged(&clip.frames[0], WAVED, &mut rng).unwrap();
        let seen = stage.look(&film);
        let made = seen.gestures();
        assert!(made.is_empty(), "{}: {made:?}", path.display());
    }
}
