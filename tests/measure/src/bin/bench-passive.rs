//! What each passive signal tells: bona fide clips beside simulated attacks on the same people, a line a film.
//!
//! ```text
//! bench-passive [--each N] [--rows N] [--seconds S] [--only KIND] [--people real|synthetic]
//! ```
//!
//! Columns: kind, number, and of each signal its value, score and reason; last the sum. The camera is taken for one that is
//! built in. `docs/benchmarks/passive.md` is made from these lines.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use kiosk_inference::face::{FaceReader, Track};
use kiosk_inference::liveness::PassivePad;
use kiosk_inference::liveness::passive::{Finding, PassiveWatch, Report, WhyNot};
use kiosk_measure::say;
use kiosk_tests::attack::face::{
    Clip, as_filmed, cut_out_eyes, displayed, injected, masked, screen_replay, waved_print,
};
use kiosk_tests::material::Material;
use kiosk_tests::people::{Gesture, Manner, Reel, acted};
use kioskd::analysis::load_from;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Frames from one look of the networks to the next.
const NETWORKS_EVERY: usize = 4;
/// Frames a second of synthetic people.
const FPS: f32 = 25.0;
/// What a person may be asked for.
const HEAD: [Gesture; 4] = [
    Gesture::TurnLeft,
    Gesture::TurnRight,
    Gesture::LookUp,
    Gesture::LookDown,
];
const FACE: [Gesture; 3] = [Gesture::Blink, Gesture::OpenMouth, Gesture::Smile];

/// Measures the passive signals.
#[derive(Debug, Parser)]
#[command(name = "bench-passive")]
struct Options {
    /// People, and films of each kind.
    #[arg(long, default_value_t = 6)]
    each: usize,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: usize,
    /// Height of the frames.
    #[arg(long, default_value_t = 360)]
    rows: i32,
    /// Length of a real person's film.
    #[arg(long, default_value_t = 7.0)]
    seconds: f64,
    /// One kind alone.
    #[arg(long)]
    only: Option<String>,
    /// `real` or `synthetic` alone.
    #[arg(long)]
    people: Option<String>,
}

struct Bench {
    options: Options,
    reader: FaceReader,
    pad: Option<PassivePad>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    opencv::core::set_num_threads(1)?;
    let models = load_from(&kiosk_tests::root().join("models"))?;
    let mut bench = Bench {
        options,
        reader: models.faces,
        pad: models.pad,
    };
    let wanted = |people: &str, bench: &Bench| {
        let only = bench.options.people.as_deref();
        only.is_none_or(|only| only == people)
    };
    if wanted("real", &bench) {
        bench.real()?;
    }
    if wanted("synthetic", &bench) {
        bench.synthetic()?;
    }
    Ok(())
}

impl Bench {
    fn real(&mut self) -> anyhow::Result<()> {
        let Some(data) = std::env::var_os("KIOSK_TESTDATA") else {
            say("KIOSK_TESTDATA is not set: synthetic people only");
            return Ok(());
        };
        let folder = std::fs::read_dir(Path::new(&data).join("faces/clips"))?;
        let mut clips: Vec<PathBuf> = folder
            .map(|one| Ok(one?.path()))
            .collect::<std::io::Result<_>>()?;
        clips.retain(|path| path.extension().is_some_and(|end| end == "mp4"));
        clips.sort();
        let (rows, seconds) = (self.options.rows, self.options.seconds);
        for number in self.numbers() {
            let mut rng = StdRng::seed_from_u64(5_000 + number as u64);
            let part = |which: usize, rng: &mut StdRng| {
                Clip::part_of(&clips[which % clips.len()], seconds, rows, rng)
            };
            let (own, other) = (part(number, &mut rng)?, part(number + 1, &mut rng)?);
            self.scene(("real", number), &own, &other, &mut rng)?;
        }
        Ok(())
    }

    fn synthetic(&mut self) -> anyhow::Result<()> {
        let material = Material::below(&kiosk_tests::root())?;
        let rows = self.options.rows;
        let mut reels = [
            material.reel("traveller", rows)?,
            material.reel("stranger", rows)?,
        ];
        for number in self.numbers() {
            let mut rng = StdRng::seed_from_u64(9_000 + number as u64);
            let mut perform = |who: usize, rng: &mut StdRng| performed(&mut reels[who % 2], rng);
            let (own, other) = (perform(number, &mut rng)?, perform(number + 1, &mut rng)?);
            self.scene(("synthetic", number), &own, &other, &mut rng)?;
        }
        Ok(())
    }

    fn numbers(&self) -> std::ops::Range<usize> {
        self.options.from..self.options.from + self.options.each
    }

    /// A person's own film, and every attack with it.
    fn scene(
        &mut self,
        who: (&str, usize),
        own: &Clip,
        other: &Clip,
        rng: &mut StdRng,
    ) -> anyhow::Result<()> {
        let still = own.frames.first().context("an empty clip")?;
        let wanted = |kind: &str, bench: &Self| {
            bench
                .options
                .only
                .as_deref()
                .is_none_or(|only| only == kind)
        };
        if who.0 == "real" && wanted("as it is", self) {
            self.tell(who, "as it is", own)?;
        }
        if wanted("filmed", self) {
            self.tell(who, "filmed", &as_filmed(own, rng)?)?;
        }
        if wanted("injected", self) {
            self.tell(who, "injected", &injected(own, rng)?)?;
        }
        if wanted("print", self) {
            self.tell(who, "print", &waved_print(still, own.frames.len(), rng)?)?;
        }
        if wanted("screen", self) {
            self.tell(who, "screen", &screen_replay(own, rng)?)?;
        }
        if wanted("display", self) {
            self.tell(who, "display", &displayed(own, rng)?)?;
        }
        if wanted("cut-out", self) {
            let worn = cut_out_eyes(still, other, &mut self.reader, rng)?;
            self.tell(who, "cut-out", &worn)?;
        }
        if wanted("mask", self) {
            let worn = masked(still, other, &mut self.reader, rng)?;
            self.tell(who, "mask", &worn)?;
        }
        Ok(())
    }

    fn tell(
        &mut self,
        (who, number): (&str, usize),
        kind: &str,
        clip: &Clip,
    ) -> anyhow::Result<()> {
        let report = self.judge(clip)?;
        let mut line = format!("{who},{kind},{number}");
        for one in &report.signals {
            let name = serde_json::to_value(one.signal)?;
            let name = name.as_str().unwrap_or_default();
            line += &match &one.finding {
                Finding::Measured { score, value, .. } => format!(",{name},{value:.3},{score:.3}"),
                Finding::NotAssessed(why) => {
                    format!(
                        ",{name},,{}",
                        serde_json::to_value(why)?.as_str().unwrap_or_default()
                    )
                }
            };
        }
        say(&format!(
            "{line},sum,{:.2},{:.3}",
            report.log_odds, report.attack
        ));
        Ok(())
    }

    fn judge(&mut self, clip: &Clip) -> anyhow::Result<Report> {
        let (mut track, mut watch) = (Track::new(), PassiveWatch::new(true));
        let mut scores = Vec::new();
        for (number, frame) in clip.frames.iter().enumerate() {
            let seen = self.reader.follow(frame, &mut track)?;
            let subject = seen.subject.as_ref();
            watch.look(frame, subject.zip(seen.track), clip.t_ms(number))?;
            let Some(subject) = subject else { continue };
            let turn = subject.pose.yaw_deg.abs().max(subject.pose.pitch_deg.abs());
            if let Some(pad) = &mut self.pad
                && number % NETWORKS_EVERY == 0
                && turn < 20.0
            {
                scores.push(pad.score(frame, &subject.bounds)?.score);
            }
        }
        scores.sort_by(f32::total_cmp);
        let networks = scores.get(scores.len() / 2).copied();
        Ok(watch.finish(networks.ok_or(WhyNot::FaceNotUsable)))
    }
}

/// A person who moves the head, the face and the head again, never twice the same way.
fn performed(reel: &mut Reel, rng: &mut StdRng) -> anyhow::Result<Clip> {
    let asked = [
        HEAD[rng.random_range(0..HEAD.len())],
        FACE[rng.random_range(0..FACE.len())],
        HEAD[rng.random_range(0..HEAD.len())],
    ];
    let mut at_s = 1.0;
    let mut acts = Vec::new();
    for gesture in asked {
        acts.push((gesture, at_s));
        at_s += gesture.length_s() + rng.random_range(0.3..1.0);
    }
    let manner = Manner {
        pace: rng.random_range(0.8..1.2),
        size: rng.random_range(0.9..1.1),
        phases: std::array::from_fn(|_| rng.random_range(0.0..6.0)),
    };
    Ok(Clip {
        frames: reel.frames(&acted(&acts, at_s + 1.0, FPS, manner))?,
        fps: FPS.into(),
    })
}
