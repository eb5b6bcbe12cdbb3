//! A clip through the face pipeline, frame by frame: how long from a frame's arrival to its
//! observation, and which stage takes it.
//!
//! ```text
//! bench-pipeline [--threads N] [--rounds N] [CLIP]
//! ```
//!
//! Decoding the recording is not counted: a camera's frame arrives decoded. Without a clip the
//! synthetic person of `target/material` is looked at. Prints one line a stage, then a summary.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use kiosk_capture::{FrameSource, Pacing, Recording};
use kiosk_inference::engine::{Engine, EngineConfig};
use kiosk_inference::face::{FaceEmbedder, FaceReader, Subject, Track};
use kiosk_inference::liveness::{GestureDetector, PassivePad};
use kiosk_inference::pack::Pack;
use kiosk_inference::picture::Picture;
use kiosk_inference::stages::{StageTimes, Stopwatch};
use kiosk_tests::bench::figures::{ms, peak_memory_mb, percentile};
use kiosk_tests::material::Material;

/// Frames at the start that warm caches and are not counted.
const WARM_UP: usize = 5;

struct Options {
    clip: Option<PathBuf>,
    threads: usize,
    rounds: usize,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            clip: None,
            threads: 1,
            rounds: 1,
        };
        while let Some(arg) = args.next() {
            let mut number = || -> anyhow::Result<usize> {
                let value = args
                    .next()
                    .with_context(|| format!("{arg} needs a number"))?;
                value
                    .parse()
                    .with_context(|| format!("{arg} {value} is no number"))
            };
            match arg.as_str() {
                "--threads" => options.threads = number()?,
                "--rounds" => options.rounds = number()?,
                flag if flag.starts_with("--") => {
                    bail!("unknown option {flag}: bench-pipeline [--threads N] [--rounds N] [CLIP]")
                }
                clip => options.clip = Some(clip.into()),
            }
        }
        Ok(options)
    }
}

/// The networks of the pipeline.
struct Pipeline {
    reader: FaceReader,
    embedder: FaceEmbedder,
    pad: Option<PassivePad>,
    gestures: GestureDetector,
    track: Track,
}

impl Pipeline {
    fn load(threads: usize) -> anyhow::Result<Self> {
        let models = kiosk_tests::root().join("models");
        let config = EngineConfig {
            intra_threads: threads,
            ..EngineConfig::with_library(models.join("runtime/libonnxruntime.so"))
        };
        let engine = Engine::start(&config)?;
        say(&format!(
            "engine: {} with {threads} threads a network",
            engine.report().in_use
        ));
        for (provider, reason) in &engine.report().passed_over {
            say(&format!("passed over: {provider}: {reason}"));
        }
        let pack = Pack::open(&models.join("manifest.toml"), &models.join("packs/default"))?;
        Ok(Self {
            reader: FaceReader::load(&engine, &pack)?,
            embedder: FaceEmbedder::load(&engine, &pack)?,
            pad: PassivePad::load(&engine, &pack)?,
            gestures: GestureDetector::new(),
            track: Track::new(),
        })
    }

    /// One frame to its observation, with passive detection where its networks are there.
    fn look(&mut self, frame: &kiosk_capture::Frame) -> anyhow::Result<(StageTimes, Seen)> {
        let mut watch = Stopwatch::start();
        let picture = Picture::from_frame(frame)?;
        watch.lap("convert");
        let mut stages = watch.finish();
        let seen = self.reader.follow(&picture, &mut self.track)?;
        stages.extend(seen.stages);
        if let Some(subject) = &seen.subject {
            let mut watch = Stopwatch::start();
            self.gestures
                .push(frame.captured_at().as_secs_f64() * 1e3, subject);
            watch.lap("gestures");
            stages.extend(watch.finish());
            if let Some(pad) = &mut self.pad {
                stages.extend(pad.score(&picture, &subject.bounds)?.stages);
            }
        }
        Ok((
            stages,
            Seen {
                picture,
                subject: seen.subject,
            },
        ))
    }

    /// The embedding of one face, timed apart: it runs on a session's best shot only.
    fn embed(&mut self, seen: &Seen) -> anyhow::Result<Option<Duration>> {
        let Some(subject) = &seen.subject else {
            return Ok(None);
        };
        let mut watch = Stopwatch::start();
        self.embedder.embed(&seen.picture, subject)?;
        watch.lap("embed");
        Ok(watch.finish().first().map(|(_, time)| *time))
    }
}

struct Seen {
    picture: Picture,
    subject: Option<Subject>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    // Conversion and warping share two cores with the networks: one thread each, as in the daemon.
    opencv::core::set_num_threads(1)?;
    let clip = match &options.clip {
        Some(clip) => clip.clone(),
        None => {
            let material = Material::below(&kiosk_tests::root())?;
            material.calm("traveller").context("the synthetic clip")?
        }
    };
    let mut pipeline = Pipeline::load(options.threads)?;
    let mut totals = Vec::new();
    let mut stages: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    let mut embeddings = Vec::new();
    let (mut faces, mut size) = (0_usize, (0, 0));
    for _ in 0..options.rounds.max(1) {
        let mut recording = Recording::open(&clip, Pacing::AsFastAsAsked)?;
        let mut count = 0;
        while let Some(frame) = recording.next_frame()? {
            size = (frame.width(), frame.height());
            let (times, seen) = pipeline.look(&frame)?;
            count += 1;
            if count <= WARM_UP {
                continue;
            }
            faces += usize::from(seen.subject.is_some());
            totals.push(times.iter().map(|(_, time)| ms(*time)).sum::<f64>());
            for (name, time) in by_name(&times) {
                stages.entry(name).or_default().push(time);
            }
            if count % 25 == 0 {
                embeddings.extend(pipeline.embed(&seen)?.map(ms));
            }
        }
    }
    ensure!(
        !totals.is_empty(),
        "{} has too few frames to measure",
        clip.display()
    );
    report(size, faces, &totals, stages, embeddings)
}

/// Times of one frame, summed by name.
fn by_name(times: &StageTimes) -> BTreeMap<&'static str, f64> {
    let mut sums = BTreeMap::new();
    for (name, time) in times {
        *sums.entry(*name).or_default() += ms(*time);
    }
    sums
}

fn report(
    (width, height): (u32, u32),
    faces: usize,
    totals: &[f64],
    stages: BTreeMap<&'static str, Vec<f64>>,
    embeddings: Vec<f64>,
) -> anyhow::Result<()> {
    let whole: f64 = totals.iter().sum();
    let frames = totals.len();
    say(&format!(
        "clip: {frames} frames of {width}x{height}, a face in {faces}"
    ));
    say(&format!(
        "{:<20} {:>8} {:>8} {:>7}",
        "stage", "p50 ms", "p99 ms", "share"
    ));
    let mut rows: Vec<(&str, Vec<f64>)> = stages.into_iter().collect();
    let sum = |times: &[f64]| times.iter().sum::<f64>();
    rows.sort_by(|one, two| sum(&two.1).total_cmp(&sum(&one.1)));
    for (name, times) in rows {
        let share = 100.0 * sum(&times) / whole;
        let (p50, p99) = both(&times)?;
        say(&format!("{name:<20} {p50:>8.3} {p99:>8.3} {share:>6.1}%"));
    }
    let (p50, p99) = both(totals)?;
    say(&format!(
        "frame to observation: p50 {p50:.2} ms, p99 {p99:.2} ms"
    ));
    say(&format!(
        "throughput: {:.1} frames a second on one thread",
        1e3 * frames as f64 / whole
    ));
    match percentile(&embeddings, 0.5) {
        None => say("embedding: not measured, no face"),
        Some(p50) => say(&format!("embedding, a best shot only: p50 {p50:.2} ms")),
    }
    say(&format!("peak memory: {} MB", peak_memory_mb()?));
    Ok(())
}

/// p50 and p99.
fn both(times: &[f64]) -> anyhow::Result<(f64, f64)> {
    percentile(times, 0.5)
        .zip(percentile(times, 0.99))
        .context("nothing was measured")
}

#[expect(clippy::print_stdout, reason = "a bench answers on standard output")]
fn say(line: &str) {
    println!("{line}");
}
