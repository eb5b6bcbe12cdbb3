//! Simulated attacks on a face camera beside bona fide clips, through the daemon's own judge, as one table.
//!
//! `KIOSK_ATTACKS=50` makes fifty of each instead of a few. Where `KIOSK_TESTDATA` is set, real people's clips are used
//! beside the project's synthetic people. Simulations: see `kiosk_tests::attack::face`.
// long file: every attack beside its bona fide clip in one table; split, a kind could be left out unseen

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kiosk_inference::face::FaceReader;
use kiosk_inference::liveness::injection::{Origin, SeenClips, Sign};
use kiosk_session::{
    Assessment, Challenge, Gesture, LivenessEvidence, Policy, Prompted, Unassessed, draw,
    liveness_passed, met_in_order, passive_pad_passed, presentation_suspected,
};
use kiosk_tests::attack::face::{
    Clip, as_filmed, cut_out_eyes, displayed, injected, masked, screen_replay, waved_print,
};
use kiosk_tests::material::Material;
use kiosk_tests::people::{Gesture as Asked, Person};
use kioskd::analysis::{ClipFindings, ClipJudge, Models, load_from};
use kioskd::service::injection::injection;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use statrs::distribution::{Beta, ContinuousCDF};
use time::OffsetDateTime;
use uuid::Uuid;

/// Height of the simulated frames: the face is 150 px high.
const ROWS: i32 = 360;
/// Frames of a waved print.
const WAVED: usize = 125;
const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// What the daemon made of one clip.
struct Judged {
    passive: Option<bool>,
    shown: bool,
    active: bool,
    whole: Option<bool>,
    seen: Option<f32>,
    suspected: bool,
    gestures: Vec<Gesture>,
}

struct Stage {
    models: Models,
    policy: Policy,
    reader: FaceReader,
}

impl Stage {
    fn set() -> Self {
        let root = kiosk_tests::root();
        let text = std::fs::read_to_string(root.join("daemon/session/policies/default.toml"));
        Self {
            models: load_from(&root.join("models")).unwrap(),
            policy: toml::from_str(&text.unwrap()).unwrap(),
            reader: material().reader().unwrap(),
        }
    }

    fn judge(&mut self, clip: &Clip, asked: &[Gesture]) -> Judged {
        let mut judge =
            ClipJudge::new(self.policy.usable_face.clone()).from_origin(Origin::Upload { at: NOW });
        for (number, frame) in clip.frames.iter().enumerate() {
            judge
                .look(&mut self.models, frame, clip.t_ms(number))
                .unwrap();
        }
        let findings = judge.finish(&mut self.models, None).unwrap();
        let evidence = evidence(&findings, asked);
        let active = evidence.active.assessed().is_some_and(Prompted::passed);
        let score = |sign: &Sign| {
            let found = findings.injection.iter().find(|(known, _)| known == sign);
            found.and_then(|(_, judged)| judged.score())
        };
        let limit = self.policy.injection.review_from;
        Judged {
            passive: passive_pad_passed(&evidence.passive, &self.policy),
            shown: presentation_suspected(&evidence, &self.policy),
            active,
            whole: liveness_passed(&evidence, &self.policy),
            seen: score(&Sign::Seen),
            suspected: evidence
                .injection
                .iter()
                .any(|signal| signal.score.is_some_and(|score| score >= limit)),
            gestures: findings.gestures.iter().map(|seen| seen.kind).collect(),
        }
    }

    fn challenge(&self, rng: &mut impl Rng) -> Challenge {
        draw(&self.policy.active_liveness, Uuid::nil(), NOW, |choices| {
            rng.random_range(0..choices)
        })
    }
}

fn evidence(findings: &ClipFindings, asked: &[Gesture]) -> LivenessEvidence {
    LivenessEvidence {
        check_id: Uuid::nil(),
        verification_id: Uuid::nil(),
        assessed_at: NOW,
        passive: findings.passive.clone(),
        active: Assessment::Assessed(Prompted {
            challenge_id: Uuid::nil(),
            answered_at: NOW,
            met: met_in_order(asked, &findings.gestures),
            asked: u32::try_from(asked.len()).unwrap(),
        }),
        same_face: Assessment::NotAssessed(Unassessed::NoFace),
        gestures: findings.gestures.clone(),
        frames: findings.frames,
        most_faces: findings.most_faces,
        picture: None,
        quality: None,
        injection: injection(findings, None),
        presentation: Some(findings.presentation.clone()),
        models: vec![],
    }
}

fn material() -> Material {
    Material::below(&kiosk_tests::root()).unwrap()
}

fn how_many() -> usize {
    let wanted = std::env::var("KIOSK_ATTACKS").ok();
    wanted.and_then(|wanted| wanted.parse().ok()).unwrap_or(3)
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

const fn asked_of(gesture: Gesture) -> Asked {
    match gesture {
        Gesture::TurnLeft => Asked::TurnLeft,
        Gesture::TurnRight => Asked::TurnRight,
        Gesture::LookUp => Asked::LookUp,
        Gesture::LookDown => Asked::LookDown,
        Gesture::Blink => Asked::Blink,
        Gesture::OpenMouth => Asked::OpenMouth,
        Gesture::Smile => Asked::Smile,
    }
}

/// Passed of how many, of one measure.
#[derive(Default, Clone, Copy)]
struct Rate {
    hits: u32,
    of: u32,
}

impl Rate {
    fn add(&mut self, hit: Option<bool>) {
        if let Some(hit) = hit {
            self.hits += u32::from(hit);
            self.of += 1;
        }
    }

    /// With the exact 95 % interval (Clopper and Pearson, 1934).
    fn text(self) -> String {
        if self.of == 0 {
            return "not assessed".into();
        }
        let (hits, misses) = (f64::from(self.hits), f64::from(self.of - self.hits));
        let low = match self.hits {
            0 => 0.0,
            _ => Beta::new(hits, misses + 1.0).unwrap().inverse_cdf(0.025),
        };
        let high = match self.of - self.hits {
            0 => 1.0,
            _ => Beta::new(hits + 1.0, misses).unwrap().inverse_cdf(0.975),
        };
        format!(
            "{:.2} ({}/{}; {low:.2} to {high:.2})",
            hits / f64::from(self.of),
            self.hits,
            self.of
        )
    }
}

/// What went wrong of one kind: attacks that passed (APCER), bona fide that did not (BPCER).
#[derive(Default)]
struct Row {
    passive: Rate,
    own: Rate,
    active: Rate,
    signs: Rate,
    whole: Rate,
}

#[derive(Default)]
struct Table(BTreeMap<String, Row>);

impl Table {
    fn add(&mut self, kind: &str, judged: &Judged, bona_fide: bool, was_asked: bool) {
        let row = self.0.entry(kind.into()).or_default();
        let wrong = |passed: bool| passed != bona_fide;
        row.passive.add(judged.passive.map(wrong));
        row.own.add(Some(wrong(!judged.shown)));
        row.signs.add(Some(wrong(!judged.suspected)));
        if was_asked {
            row.active.add(Some(wrong(judged.active)));
            row.whole.add(judged.whole.map(wrong));
        }
    }

    fn print(&self) {
        println!(
            "simulated; bona fide rows are BPCER, the others APCER: share (count; 95 % interval)"
        );
        println!("| kind | passive | with own signals | active | signs of injection | whole |");
        println!("|---|---|---|---|---|---|");
        for (kind, row) in &self.0 {
            println!(
                "| {kind} | {} | {} | {} | {} | {} |",
                row.passive.text(),
                row.own.text(),
                row.active.text(),
                row.signs.text(),
                row.whole.text()
            );
        }
    }
}

/// Who attacks, whom, with what they were asked for.
struct Scene<'a> {
    who: &'a str,
    bona_fide: &'a Clip,
    living: &'a Clip,
    asked: &'a [Gesture],
}

/// Every attack on the person of a bona fide clip that was just judged, each in answer to what was asked then: the
/// worst case for a replay.
fn attacks(stage: &mut Stage, scene: &Scene<'_>, table: &mut Table, rng: &mut StdRng) {
    let Scene {
        who,
        bona_fide,
        living,
        asked,
    } = scene;
    let still = &bona_fide.frames[0];
    let name = |kind: &str| format!("{who}: {kind}");
    let print = waved_print(still, WAVED, rng).unwrap();
    let judged = stage.judge(&print, asked);
    assert!(!judged.active, "a print passed: {:?}", judged.gestures);
    table.add(&name("print"), &judged, false, true);

    let again = injected(bona_fide, rng).unwrap();
    let judged = stage.judge(&again, asked);
    assert!(
        !judged.active || judged.whole == Some(false),
        "a replay passed: {:?}",
        judged.seen
    );
    table.add(&name("injected clip"), &judged, false, true);

    let screen = screen_replay(bona_fide, rng).unwrap();
    // The same film is judged twice, and is to be new each time.
    let seen = stage.models.seen.clone();
    let judged = stage.judge(&screen, asked);
    stage.models.seen = seen;
    assert_ne!(judged.whole, Some(true), "a screen passed");
    table.add(&name("screen replay, same challenge"), &judged, false, true);
    let tablet = displayed(bona_fide, rng).unwrap();
    let judged = stage.judge(&tablet, asked);
    assert_ne!(judged.whole, Some(true), "a tablet passed");
    table.add(&name("tablet, same challenge"), &judged, false, true);
    let mut drawn = stage.challenge(rng).gestures;
    while drawn == **asked {
        drawn = stage.challenge(rng).gestures;
    }
    let judged = stage.judge(&screen, &drawn);
    assert!(
        !judged.active,
        "a replay met {drawn:?}: {:?}",
        judged.gestures
    );
    table.add(&name("screen replay"), &judged, false, true);

    let worn = cut_out_eyes(still, living, &mut stage.reader, rng).unwrap();
    let judged = stage.judge(&worn, asked);
    table.add(&name("cut-out eyes"), &judged, false, true);

    let mask = masked(still, living, &mut stage.reader, rng).unwrap();
    let judged = stage.judge(&mask, asked);
    table.add(&name("mask"), &judged, false, true);
}

fn synthetic(stage: &mut Stage, table: &mut Table, each: usize) {
    let material = material();
    let people: Vec<Person> = ["traveller", "stranger"]
        .map(|name| material.person(name, &mut stage.reader).unwrap())
        .into();
    for number in 0..each {
        let mut rng = StdRng::seed_from_u64(number as u64);
        let asked = stage.challenge(&mut rng).gestures;
        let gestures: Vec<Asked> = asked.iter().copied().map(asked_of).collect();
        let perform = |who: usize, rng: &mut StdRng| {
            let clip = Clip::performed(&people[who % 2], &gestures, ROWS, rng).unwrap();
            as_filmed(&clip, rng).unwrap()
        };
        let bona_fide = perform(number, &mut rng);
        let living = perform(number + 1, &mut rng);
        let judged = stage.judge(&bona_fide, &asked);
        table.add("synthetic: bona fide", &judged, true, true);
        let scene = Scene {
            who: "synthetic",
            bona_fide: &bona_fide,
            living: &living,
            asked: &asked,
        };
        attacks(stage, &scene, table, &mut rng);
    }
}

/// Real people were not asked for anything: what they did is taken for what was asked, so that their active check says
/// nothing and is not counted. Their clips overlap, so that each scene begins with no clip seen.
fn real(stage: &mut Stage, table: &mut Table, each: usize) {
    let clips = real_clips();
    for number in 0..if clips.is_empty() { 0 } else { each } {
        stage.models.seen = SeenClips::default();
        let mut rng = StdRng::seed_from_u64(1_000 + number as u64);
        let part = |which: usize, rng: &mut StdRng| {
            Clip::part_of(&clips[which % clips.len()], 5.0, ROWS, rng).unwrap()
        };
        let bona_fide = part(number, &mut rng);
        let living = part(number + 1, &mut rng);
        let judged = stage.judge(&bona_fide, &[]);
        table.add("real: bona fide", &judged, true, false);
        let mut asked = judged.gestures;
        asked.truncate(3);
        if asked.is_empty() {
            asked = stage.challenge(&mut rng).gestures;
        }
        let scene = Scene {
            who: "real",
            bona_fide: &bona_fide,
            living: &living,
            asked: &asked,
        };
        attacks(stage, &scene, table, &mut rng);
    }
}

#[test]
fn of_synthetic_people_stills_and_replays_never_pass() {
    let (mut stage, mut table) = (Stage::set(), Table::default());
    synthetic(&mut stage, &mut table, how_many());
    table.print();
}

#[test]
fn of_real_people_stills_and_replays_never_pass() {
    let (mut stage, mut table) = (Stage::set(), Table::default());
    real(&mut stage, &mut table, how_many());
    table.print();
}

#[test]
fn parts_of_one_persons_clip_that_do_not_overlap_are_not_taken_for_each_other() {
    let mut stage = Stage::set();
    for clip in real_clips() {
        stage.models.seen = SeenClips::default();
        let mut rng = StdRng::seed_from_u64(7);
        let whole = Clip::part_of(&clip, 60.0, ROWS, &mut rng).unwrap();
        let size = (4.0 * whole.fps) as usize;
        for part in whole.frames.chunks(size).filter(|part| part.len() == size) {
            let part = Clip {
                frames: part.to_vec(),
                fps: whole.fps,
            };
            let judged = stage.judge(&part, &[]);
            let evidence_free = judged.seen.is_none_or(|score| score < 0.5);
            println!("{}: seen {:?}", clip.display(), judged.seen);
            assert!(evidence_free && !judged.suspected, "{:?}", judged.seen);
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
    let judged = stage.judge(&clip, &[Gesture::TurnLeft, Gesture::Blink]);
    assert!(judged.active && !judged.suspected, "{:?}", judged.gestures);
}
